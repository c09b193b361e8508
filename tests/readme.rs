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
