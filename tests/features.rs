//! `docs/features.md` names calls, tests and models: each of them exists, and no row is missing or without an answer.

mod common;

use common::rust_files;
use std::fs;
use std::path::Path;

/// Rows of the table, as in the list of features that it was made from.
const ROWS: u32 = 71;

/// What the column `tollgate` names though it is not ours: calls that we say we lack, other libraries', types of the language.
const NOT_OURS: [&str; 7] =
    ["try_map_or_err", "notify_last", "std::thread::scope", "Once", "OnceLock", "&T", "T: Sync"];

fn text_of(folder: &Path) -> String {
    rust_files(folder).iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Of a row of the table: number, feature, and what stands under `tollgate`.
fn row(line: &str) -> Option<(u32, &str, &str)> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    Some((cells.next()?.trim().parse().ok()?, cells.next()?, cells.next()?))
}

#[derive(Debug, PartialEq)]
enum Named<'a> {
    Call(&'a str),
    Test(&'a str),
    Model(&'a str),
}

/// What a cell names in backticks: tests follow the word "test", models the word "models", as long as commas join them.
fn named<'a>(cell: &'a str) -> Vec<Named<'a>> {
    let mut found = Vec::new();
    let mut kind: fn(&'a str) -> Named<'a> = Named::Call;
    for (place, piece) in cell.split('`').enumerate() {
        if place % 2 == 1 {
            found.push(kind(piece));
        } else if piece.trim_end().ends_with("test") || piece.trim_end().ends_with("tests") {
            kind = Named::Test;
        } else if piece.trim_end().ends_with("models") {
            kind = Named::Model;
        } else if piece != ", " {
            kind = Named::Call;
        }
    }
    found
}

/// The last name of a path, without arguments: `forget` of `acquire_many(n)?.forget()`.
fn last_name(call: &str) -> &str {
    let call = call.split('<').next().unwrap_or(call);
    let call = if call.ends_with(')') { call.rsplit_once('(').map_or(call, |(name, _)| name) } else { call };
    call.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(call)
}

#[test]
fn every_row_has_an_answer_and_what_it_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("docs/features.md")).unwrap();
    let rows: Vec<_> = table.lines().filter_map(row).collect();
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), (1..=ROWS).collect::<Vec<_>>());
    let source = text_of(&root.join("src"));
    let tests = source.clone() + &text_of(&root.join("tests"));
    let library = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let exported = library.split("\npub use ").skip(1).filter_map(|item| item.split(';').next());
    let exported: Vec<_> =
        exported.flat_map(|item| item.split(|c: char| !c.is_alphanumeric() && c != '_')).collect();
    // In the published package there are no models.
    let models =
        Some(root.join("loom_tests/models")).filter(|folder| folder.exists()).map(|folder| text_of(&folder));
    let mut wrong = Vec::new();
    for (number, feature, ours) in rows {
        let names = named(ours);
        let says_no = ours.starts_with("no: ") || ours.starts_with("no, ");
        if !says_no && names.is_empty() && !ours.starts_with("none, ") && !ours.starts_with("yes, ") {
            wrong.push(format!("{number}, {feature}: neither a call nor a reason"));
        }
        for name in names {
            let exists = match &name {
                Named::Call(call) if NOT_OURS.contains(call) => true,
                Named::Call(call) => {
                    let name = last_name(call);
                    let is_it = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                    let items = ["pub fn ", "pub const fn "].map(|item| format!("{item}{name}"));
                    items.iter().any(|item| source.split(item).skip(1).any(is_it)) || exported.contains(&name)
                }
                Named::Test(test) => {
                    let functions =
                        tests.split("#[test]\n").skip(1).filter_map(|rest| rest.split('(').next());
                    functions.into_iter().any(|function| function.contains(test))
                }
                Named::Model(filter) => models.as_ref().is_none_or(|models| {
                    models.split('"').skip(1).step_by(2).any(|name| name.contains(filter))
                }),
            };
            if !exists {
                wrong.push(format!("{number}, {feature}: {name:?} does not exist"));
            }
        }
    }
    assert!(wrong.is_empty(), "docs/features.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_check_reads_cells_as_people_do() {
    let cell =
        "`RLock<T>`: `Type::call(n)`; `acquire_many(n)?.forget()`; tests `a`, `b`, models `c`. See `d`";
    let expected = [
        Named::Call("RLock<T>"),
        Named::Call("Type::call(n)"),
        Named::Call("acquire_many(n)?.forget()"),
        Named::Test("a"),
        Named::Test("b"),
        Named::Model("c"),
        Named::Call("d"),
    ];
    assert_eq!(named(cell), expected);
    let names = ["RLock<T>", "Type::call(n)", "acquire_many(n)?.forget()", "BoundedSemaphore::new(1)", "x"]
        .map(last_name);
    assert_eq!(names, ["RLock", "call", "forget", "new", "x"]);
}
