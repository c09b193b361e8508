//! The model that the README shows is one that is explored.

use std::path::Path;

/// The lines of a text, without indentation and empty lines.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_readme_shows_the_model_that_is_explored() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(explored) = std::fs::read_to_string(root.join("loom_tests/models/readme.rs")) else {
        return; // in the published package, where there are no models
    };
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shown = readme.split("loom::model(|| {").nth(1).expect("the README shows a model");
    let shown = shown.split("\n});").next().expect("the model ends");
    let explored = explored.split("fn the_model() {").nth(1).expect("the model has its name");
    let explored = explored.trim_end().trim_end_matches('}');
    assert!(lines(shown).len() > 5);
    assert_eq!(lines(shown), lines(explored));
}

/// Those that an ordinary build compiles. A third one is a decision, and a line in the README.
#[cfg(target_os = "linux")]
#[test]
fn the_readme_counts_the_dependencies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "tree",
        "--offline",
        "--locked",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--package",
        "tollgate",
    ];
    let tree = std::process::Command::new(cargo).args(arguments).current_dir(root).output().unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let names: Vec<_> = tree.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    let portable = if cfg!(tollgate_portable) { vec!["atomic-wait"] } else { vec![] };
    let compiled: Vec<_> = names.into_iter().filter(|name| !portable.contains(name)).collect();
    assert_eq!(compiled, ["crossbeam-utils", "libc"]);
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains("compiles two crates beside it, `crossbeam-utils` and `libc`"));
}
