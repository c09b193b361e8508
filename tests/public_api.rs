//! `docs/public-api.txt` is the API, item by item. `bash .ci/run tools` compares all of it, with a tool and a nightly; here, what needs neither: the
//! names that the crate exports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names in the `pub use` of a library file, but for those behind the cfgs of models and candidates.
fn exported(library: &str) -> BTreeSet<String> {
    let items = library.split("\npub use ").skip(1).filter_map(|item| item.split(';').next());
    let names = items.flat_map(|item| {
        let list = item.split_once("::").expect("from a module").1.trim_matches(['{', '}', '\n', ' ']);
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    });
    names.collect()
}

/// The names of the types, traits and functions at the crate's root.
fn listed(listing: &str) -> BTreeSet<String> {
    let kinds = ["pub struct ", "pub enum ", "pub trait ", "pub fn "];
    // `#[non_exhaustive] pub enum …`.
    let lines = listing
        .lines()
        .map(|line| if line.starts_with("#[") { &line[line.find("pub ").unwrap_or(0)..] } else { line });
    let items = lines.filter_map(|line| kinds.iter().find_map(|kind| line.strip_prefix(kind)));
    let names = items.filter_map(|item| {
        let path = item.strip_prefix("tollgate::")?;
        let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
        // A method, or an item of a module, goes on with `::`; in `Queue<T>::put` behind the parameters.
        let rest = &path[end..];
        let rest =
            rest.strip_prefix('<').map_or(rest, |rest| rest.split_once('>').map_or("", |(_, rest)| rest));
        (!rest.starts_with("::")).then(|| path[..end].to_owned())
    });
    names.collect()
}

#[test]
fn what_the_crate_exports_is_what_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let exported = exported(&fs::read_to_string(root.join("src/lib.rs")).unwrap());
    let listed = listed(&fs::read_to_string(root.join("docs/public-api.txt")).unwrap());
    assert!(exported.len() > 30, "{exported:?}");
    assert_eq!(exported, listed, "`bash .ci/public_api --bless` writes docs/public-api.txt anew");
}
