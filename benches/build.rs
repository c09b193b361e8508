//! With the feature `cpp_peers`, builds the C++ peers whose headers are installed, and sets `cpp_shim` if there are any.
//!
//! Headers are looked for where compilers do (`CPLUS_INCLUDE_PATH`, `CPATH`, `/usr/local/include`, `/usr/include`) and in the
//! folders of `TOLLGATE_CPP_INCLUDE`; libraries are looked for by the linker, and in those of `TOLLGATE_CPP_LIB`.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(cpp_shim)");
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "cpp_peers")]
    cpp_peers::build();
}

#[cfg(feature = "cpp_peers")]
mod cpp_peers {
    use std::env;
    use std::path::PathBuf;

    /// Where moodycamel's headers lie: as they are installed, as Debian has them, as they come.
    const MOODYCAMEL: [&str; 4] = ["concurrentqueue/moodycamel/", "concurrentqueue/", "moodycamel/", ""];

    fn folders(variable: &str) -> Vec<PathBuf> {
        println!("cargo::rerun-if-env-changed={variable}");
        env::var_os(variable).map_or(Vec::new(), |value| env::split_paths(&value).collect())
    }

    pub(super) fn build() {
        println!("cargo::rerun-if-changed=cpp/peers.cc");
        let ours = folders("TOLLGATE_CPP_INCLUDE");
        let usual = ["CPLUS_INCLUDE_PATH", "CPATH"].into_iter().flat_map(folders);
        let system = ["/usr/local/include", "/usr/include"].map(PathBuf::from);
        let everywhere: Vec<_> = ours.iter().cloned().chain(usual).chain(system).collect();
        let has = |header: &str| everywhere.iter().any(|folder| folder.join(header).is_file());

        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").file("cpp/peers.cc").opt_level(3).includes(&ours).warnings(false);
        let mut found = false;
        let moodycamel =
            MOODYCAMEL.into_iter().find(|folder| has(&format!("{folder}blockingconcurrentqueue.h")));
        if let Some(folder) = moodycamel {
            found = true;
            build.define("TOLLGATE_MOODYCAMEL", &*format!("<{folder}concurrentqueue.h>"));
            build.define("TOLLGATE_MOODYCAMEL_BLOCKING", &*format!("<{folder}blockingconcurrentqueue.h>"));
        }
        let tbb = has("tbb/concurrent_priority_queue.h");
        if tbb {
            found = true;
            build.define("TOLLGATE_TBB", None);
        }
        if has("boost/lockfree/queue.hpp") {
            found = true;
            build.define("TOLLGATE_BOOST", None);
        }
        if !found {
            println!("cargo::warning=cpp_peers: no C++ peer's headers are installed; see benches/build.rs");
            return;
        }
        build.compile("tollgate_cpp_peers");
        if tbb {
            for folder in folders("TOLLGATE_CPP_LIB") {
                println!("cargo::rustc-link-search=native={}", folder.display());
            }
            println!("cargo::rustc-link-lib=tbb");
        }
        println!("cargo::rustc-cfg=cpp_shim");
    }
}
