//! The pages of the types: each shows the Python program beside the Rust one, and says what may be relied on. The Rust programs are
//! doctests; the Python ones run here. And everything public has an example that runs and makes the call.

mod common;

use common::rust_files;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose page has to have all of [`SECTIONS`], and where it is.
const PAGES: [(&str, &str); 12] = [
    ("Lock", "lock/mod.rs"),
    ("RawLock", "raw_lock.rs"),
    ("RLock", "rlock.rs"),
    ("Semaphore", "semaphore/mod.rs"),
    ("BoundedSemaphore", "semaphore/bounded.rs"),
    ("Condition", "condition.rs"),
    ("Event", "event.rs"),
    ("Barrier", "barrier/mod.rs"),
    ("Queue", "queue/fifo.rs"),
    ("LifoQueue", "queue/lifo.rs"),
    ("PriorityQueue", "queue/priority.rs"),
    ("SimpleQueue", "queue/simple.rs"),
];

const SECTIONS: [&str; 8] = [
    "Python and Rust",
    "Memory ordering",
    "Fairness",
    "Panics",
    "Errors",
    "Cancellation",
    "Poisoning",
    "Cost",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The documentation of the public struct of this name, without the slashes.
fn page(name: &str, file: &str) -> Vec<String> {
    let text = fs::read_to_string(source().join(file)).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let is_it = |line: &&str| {
        line.strip_prefix("pub struct ")
            .is_some_and(|rest| rest.split(|c: char| !c.is_alphanumeric()).next() == Some(name))
    };
    let at = lines.iter().position(is_it).unwrap_or_else(|| panic!("no struct {name} in {file}"));
    let above = lines[..at].iter().rev().skip_while(|line| line.starts_with("#["));
    let mut page: Vec<_> = above.map_while(|line| line.strip_prefix("///")).collect();
    page.reverse();
    page.into_iter().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect()
}

/// A fenced block: what stands behind the fence, and its lines.
fn blocks<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, Vec<&'a str>)> {
    let (mut found, mut open): (Vec<(String, Vec<&str>)>, bool) = (Vec::new(), false);
    for line in lines {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(language) => {
                found.push((language.to_owned(), Vec::new()));
                open = true;
            }
            None if open => found.last_mut().expect("it has begun").1.push(line),
            None => {}
        }
    }
    found
}

#[test]
fn each_type_shows_both_programs_and_says_what_may_be_relied_on() {
    for (name, file) in PAGES {
        let page = page(name, file);
        for section in SECTIONS {
            let heading = format!("# {section}");
            assert_eq!(page.iter().filter(|line| **line == heading).count(), 1, "{name}: {heading}");
        }
        assert!(!page.iter().any(|line| line.contains("<table")), "{name}: plain Markdown reads anywhere");
        let begin = page.iter().position(|line| line == "# Python and Rust").expect("asserted");
        let section = page[begin + 1..].iter().map(String::as_str).take_while(|line| !line.starts_with("# "));
        // A comment of the Python program looks like a heading.
        let section: Vec<_> = section.collect();
        let blocks = blocks(page[begin..].iter().map(String::as_str));
        assert_eq!(section.iter().find(|line| !line.is_empty()), Some(&"Python:"), "{name}");
        let [python, rust] = &blocks[..2] else { panic!("{name}: two programs") };
        assert_eq!((python.0.as_str(), rust.0.as_str()), ("python", ""), "{name}: Python, then Rust");
        assert!(python.1.iter().any(|line| line.contains("assert")), "{name}: the Python program asserts");
        assert!(rust.1.iter().any(|line| line.contains("assert")), "{name}: the Rust program asserts");
    }
}

/// What `python3 --version` says, as in `(3, 13)`.
fn python() -> Option<(u32, u32)> {
    let output =
        Command::new("python3").arg("--version").output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.trim().strip_prefix("Python ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// A program that needs a newer Python than any that is around says so in its first line: `# Python 3.13`.
fn needs(program: &[&str]) -> Option<(u32, u32)> {
    let version = program.first()?.strip_prefix("# Python ")?;
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[test]
fn the_python_programs_run() {
    let python = python();
    let (mut found, mut run) = (0, 0);
    let guides = fs::read_dir(source().join("guide")).unwrap().map(|entry| entry.unwrap().path());
    let guides = guides.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    for file in rust_files(&source()).into_iter().chain(guides) {
        let text = fs::read_to_string(&file).unwrap();
        let is_guide = file.extension().is_some_and(|extension| extension == "md");
        let docs = text.lines().filter_map(|line| {
            if is_guide {
                return Some(line);
            }
            let line = line.trim_start();
            let line = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
            Some(line.strip_prefix(' ').unwrap_or(line))
        });
        for (language, program) in blocks(docs) {
            if language != "python" {
                continue;
            }
            found += 1;
            let what = format!("a Python program of {}", file.display());
            assert!(
                program.iter().any(|line| line.contains("assert")),
                "{what} asserts nothing: {program:#?}"
            );
            let Some(version) = python else { continue };
            if needs(&program).is_some_and(|needed| needed > version) {
                eprintln!("skipped: {what}, which needs a newer Python than {version:?}");
                continue;
            }
            // An assertion that fails in a thread only prints something; and a program that waits for ever is to end.
            let failing = "import faulthandler, os, sys, threading\n\
                faulthandler.dump_traceback_later(120, exit=True)\n\
                def failed(args):\n    sys.__excepthook__(*args[:3])\n    os._exit(3)\n\
                threading.excepthook = failed\n";
            let output = Command::new("python3")
                .args(["-c", &format!("{failing}{}", program.join("\n"))])
                .output()
                .expect("python3 has been found");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{what}: {}\n{errors}\n{}", output.status, program.join("\n"));
            run += 1;
        }
    }
    assert!(found > PAGES.len(), "the search looks in the wrong place: {found} programs");
    match python {
        Some(_) => eprintln!("{run} of {found} Python programs run"),
        None => eprintln!("SKIPPED: there is no python3 here to run the {found} Python programs of the docs"),
    }
}

/// The documentation above a line, with its slashes.
fn docs_above<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let above = lines.iter().rev().map(|line| line.trim_start());
    let is_doc = |line: &&str| line.starts_with("///") || line.starts_with("#[doc = concat!(");
    // Attributes, some of them on several lines, and the macro that makes a `const fn` of it; but nothing of another item.
    let docs = above.skip_while(|line| !is_doc(line) && !line.is_empty() && !line.starts_with('}'));
    let mut found: Vec<_> = docs.take_while(is_doc).collect();
    found.reverse();
    found
}

/// What of a documentation is compiled and run.
fn run_by_doctests(docs: &[&str], slashes: &str) -> String {
    let (mut code, mut fence) = (String::new(), None);
    for line in docs {
        let text = line.strip_prefix(slashes).unwrap_or(line).trim_start();
        match (text.strip_prefix("```"), fence) {
            (Some(_), Some(_)) => fence = None,
            (Some(language), None) => fence = Some(["", "rust"].contains(&language)),
            (None, Some(true)) => code.extend([text, "\n"]),
            (None, _) => {}
        }
    }
    code
}

/// Something that users see: where, and what shows it.
struct Public {
    file: PathBuf,
    line: usize,
    name: String,
    /// A function or a constant, which an example has to name. A type is often used without its name.
    is_call: bool,
    /// What the examples on its own page run.
    code: String,
    /// The page that is said to have its example.
    elsewhere: Option<String>,
}

/// The name of what a line declares, if that is public: a type, a trait, a function, a constant. And whether it is one of the latter.
fn declared(line: &str) -> Option<(&str, bool)> {
    let line = line.trim_start();
    let calls = ["pub fn ", "pub const fn ", "pub const "];
    let types = ["pub struct ", "pub enum ", "pub trait "];
    let call = calls.iter().find_map(|kind| line.strip_prefix(kind));
    let rest = call.or_else(|| types.iter().find_map(|kind| line.strip_prefix(kind)))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    // Of a macro that makes several: `pub struct $Permit`.
    (end > 0).then(|| (&rest[..end], call.is_some()))
}

/// Where "An example: [`text`](target)." leads.
fn link(docs: &[&str]) -> Option<String> {
    let line = docs.iter().find_map(|line| line.strip_prefix("/// An example: ["))?;
    let (text, rest) = line.split_once(']')?;
    let target = rest.strip_prefix('(').and_then(|rest| rest.split_once(").")).map(|(target, _)| target);
    Some(target.unwrap_or(text).trim_matches('`').trim_end_matches("()").to_owned())
}

fn public_items() -> Vec<Public> {
    // Settings of models are shown in the guide; candidates and the keys of sealed traits are nobody's.
    let elsewhere =
        ["platform", "guide", "queue/cores", "queue/lock_free"].map(|folder| source().join(folder));
    let hidden = ["Sealed", "Guarded", "Key"];
    let mut items = Vec::new();
    for file in rust_files(&source()) {
        if elsewhere.iter().any(|folder| file.starts_with(folder)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<_> = text.lines().collect();
        for (place, line) in lines.iter().enumerate() {
            let Some((name, is_call)) = declared(line).filter(|(name, _)| !hidden.contains(name)) else {
                continue;
            };
            let docs = docs_above(&lines[..place]);
            items.push(Public {
                file: file.clone(),
                line: place + 1,
                name: name.to_owned(),
                is_call,
                code: run_by_doctests(&docs, "///"),
                elsewhere: link(&docs),
            });
        }
    }
    items
}

fn names(code: &str, name: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

impl Public {
    fn is_shown_by(&self, code: &str) -> bool {
        if self.is_call { names(code, &self.name) } else { !code.is_empty() }
    }

    /// On its own page, or on the one that it names.
    fn is_shown(&self, all: &[Public]) -> bool {
        if self.is_shown_by(&self.code) {
            return true;
        }
        let Some(target) = self.elsewhere.as_deref() else { return false };
        if target == "super" {
            let module = fs::read_to_string(self.file.with_file_name("mod.rs")).unwrap();
            let docs: Vec<_> = module.lines().filter(|line| line.starts_with("//!")).collect();
            return self.is_shown_by(&run_by_doctests(&docs, "//!"));
        }
        let name = target.rsplit("::").next().unwrap_or(target);
        // Methods that several types have are written once, in a file beside those of the types.
        let here = target.starts_with("Self::");
        all.iter()
            .filter(|item| item.name == name && (!here || item.file.parent() == self.file.parent()))
            .any(|item| self.is_shown_by(&item.code))
    }
}

/// It runs, and it makes the call. (`BlockingQueue`'s methods are those of the queues.)
#[test]
fn everything_public_has_an_example() {
    let items = public_items();
    let missing: Vec<_> = items
        .iter()
        .filter(|item| !item.is_shown(&items))
        .map(|item| format!("{}:{}: {}, see {:?}", item.file.display(), item.line, item.name, item.elsewhere))
        .collect();
    assert!(missing.is_empty(), "no example that runs shows:\n{}", missing.join("\n"));
}

/// The search for examples sees every function that `docs/public-api.txt` lists, but for those of other people's traits.
#[test]
fn what_is_listed_is_searched_for_examples() {
    let items = public_items();
    let listing = fs::read_to_string(source().join("../docs/public-api.txt")).unwrap();
    let (mut of_a_trait, mut listed) = (false, 0);
    for line in listing.lines() {
        if line.starts_with("impl") {
            of_a_trait = line.contains(" for ");
        } else if line.contains("pub struct ") || line.contains("pub enum ") || line.contains("pub mod ") {
            of_a_trait = false;
        } else if line.contains("pub trait ") {
            of_a_trait = true; // `BlockingQueue`
        }
        let is_fn = line.starts_with("pub fn ") || line.starts_with("pub const fn ");
        if of_a_trait || !is_fn {
            continue;
        }
        // Up to the arguments, without what stands in angle brackets.
        let mut depth = 0;
        let path = line.chars().filter(|&c| {
            depth += i32::from(c == '<');
            let outside = depth == 0;
            depth -= i32::from(c == '>');
            outside
        });
        let path: String = path.take_while(|&c| c != '(').collect();
        let name = path.rsplit("::").next().unwrap_or(&path);
        assert!(items.iter().any(|item| item.is_call && item.name == name), "{name}: {line}");
        listed += 1;
    }
    assert!(listed > 200 && items.len() > 200, "{listed} of the listing, {} of the source", items.len());
}
