//! The library's source, and the orderings that it names, call by call: what the sites that models come by are held against.
//!
//! Read by a lexer, so that each ordering is known by the call it is an argument of, and the call by its line and column, as
//! the compiler gives them for a [`Site`](tollgate::model::Site).

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The path of a source file from the crate's root, however the compiler names it.
pub(crate) fn from_root(file: &str) -> &str {
    file.rfind("src/").map_or(file, |start| &file[start..])
}

fn root() -> PathBuf {
    // This file belongs to two packages, at two depths.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().find(|folder| folder.join("src/gate").is_dir()).expect("the crate's root").to_owned()
}

/// The library's files outside the platform, by their paths from the root.
pub(crate) fn texts() -> BTreeMap<String, String> {
    let root = root();
    let mut folders = vec![root.join("src")];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.to_string_lossy().ends_with("_tests.rs")
            {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, fs::read_to_string(path).unwrap());
            }
        }
        folders.retain(|folder| !folder.ends_with("platform"));
    }
    files
}

/// Line and column, both from 1 on, as the compiler counts.
pub(crate) type Place = (u32, u32);

/// The orderings above `Relaxed` that are named as arguments, by the place of their call. One that is neither an argument nor
/// imported is listed at its own place, where no call is.
pub(crate) fn orderings(text: &str) -> BTreeMap<Place, Vec<String>> {
    let mut found = BTreeMap::new();
    collect(text.parse().expect("Rust"), None, &mut found);
    found
}

fn collect(tokens: TokenStream, call: Option<Place>, found: &mut BTreeMap<Place, Vec<String>>) {
    let trees: Vec<_> = tokens.into_iter().collect();
    let mut importing = false;
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(name) if name == "use" => importing = true,
            TokenTree::Punct(punct) if punct.as_char() == ';' => importing = false,
            _ if importing => {}
            TokenTree::Ident(name) => {
                if ["Acquire", "Release", "AcqRel", "SeqCst"].iter().any(|ordering| name == ordering) {
                    found.entry(call.unwrap_or(place(tree))).or_default().push(name.to_string());
                }
                // The fence that it is in models.
                if name == "sc_handshake" {
                    found.entry(place(tree)).or_default().push("SeqCst".to_owned());
                }
            }
            TokenTree::Group(group) => {
                let called = (group.delimiter() == Delimiter::Parenthesis).then(|| callee(&trees[..at]));
                collect(group.stream(), called.flatten().map(place), found);
            }
            _ => {}
        }
    }
}

/// What is called by parentheses behind these tokens, from where on the compiler counts: the name of a method, the whole path
/// of a function.
fn callee(before: &[TokenTree]) -> Option<&TokenTree> {
    match before {
        [path @ .., TokenTree::Punct(colon), TokenTree::Punct(_), TokenTree::Ident(_)]
            if colon.as_char() == ':' && matches!(path, [.., TokenTree::Ident(_)]) =>
        {
            callee(path)
        }
        [.., name @ TokenTree::Ident(_)] => Some(name),
        _ => None,
    }
}

fn place(tree: &TokenTree) -> Place {
    let start = tree.span().start();
    (start.line as u32, start.column as u32 + 1)
}
