//! `docs/ci/models.sh`, which dependents copy: that it runs models, and fails where a plain `cargo test` would pass without any.
//! (On a crate without dependencies: what it does for one that has them, `.ci/run` shows with `examples/own_models`.)

#![cfg(all(unix, not(any(loom, shuttle, miri))))]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn text_of(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Runs the script in a crate that consists of this file, with these variables set.
fn models(library: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"sample\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
        [lints.rust]\nunexpected_cfgs = { level = \"deny\", check-cfg = ['cfg(loom)', 'cfg(shuttle)'] }\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), library).unwrap();
    // As somebody else's crate has it: a copy.
    fs::write(folder.path().join("models.sh"), text_of("docs/ci/models.sh")).unwrap();
    let mut command = Command::new("bash");
    command.arg("models.sh").args(arguments).current_dir(folder.path());
    // Not those of the cargo that runs this test.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_") && name != "CARGO_HOME" || name.starts_with("LOOM_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUSTFLAGS").envs(variables.iter().copied()).output().unwrap()
}

#[track_caller]
fn assert_refused(output: &Output, code: i32, why: &str) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{complaint}");
    assert!(complaint.contains(why), "{complaint}");
}

const ONE_MODEL: &str = "#[cfg(all(test, loom))]\n#[test]\nfn a_model() {}\n/// ```\n/// assert!(!cfg!(loom));\n/// ```\npub fn documented() {}\n";

#[test]
fn models_run_whatever_flags_the_surroundings_have() {
    for variables in
        [vec![], vec![("RUSTFLAGS", "-D warnings")], vec![("CARGO_ENCODED_RUSTFLAGS", "-Dwarnings")]]
    {
        let output = models(ONE_MODEL, &["loom"], &variables);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("test a_model ... ok"), "{said}");
        assert_eq!(said.lines().last(), Some("models.sh: 1 tests with --cfg loom"));
    }
}

#[test]
fn a_run_without_a_test_fails() {
    assert_refused(
        &models(ONE_MODEL, &["shuttle"], &[]),
        1,
        "no test ran: is there one under #[cfg(shuttle)]",
    );
    assert_refused(&models(ONE_MODEL, &["loom", "--", "no_such_model"], &[]), 1, "no test ran");
}

#[test]
fn a_model_that_fails_is_a_failure() {
    let failing = "#[cfg(loom)]\n#[test]\nfn a_model() {\n    panic!(\"as it should\")\n}\n";
    let output = models(failing, &["loom"], &[]);
    assert!(!output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("models.sh: "));
}

#[test]
fn what_would_cut_models_short_is_refused() {
    let output = models(ONE_MODEL, &["loom"], &[("LOOM_MAX_PREEMPTIONS", "2"), ("LOOM_LOG", "info")]);
    assert_refused(&output, 2, "LOOM_LOG LOOM_MAX_PREEMPTIONS would cut the models short: unset it");
}

#[test]
fn something_else_than_an_explorer_is_refused() {
    for arguments in [&[][..], &["lom"], &["--release"]] {
        assert_refused(&models(ONE_MODEL, arguments, &[]), 2, "usage: models.sh loom|shuttle");
    }
}

#[test]
fn the_workflow_calls_the_script_for_both_explorers() {
    let workflow = text_of("docs/ci/models.yml");
    assert!(
        workflow.contains("explorer: [loom, shuttle]")
            && workflow.contains("- run: bash ci/models.sh ${{ matrix.explorer }}")
    );
    let guide = text_of("src/guide/ci.md");
    let shown =
        guide.split("```yaml\n# from docs/ci/models.yml\n").nth(1).expect("the guide shows a part of it");
    assert!(workflow.contains(shown.split("```").next().unwrap()), "the guide shows what is not there");
}
