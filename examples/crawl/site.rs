//! What has been read, and what is wrong with it.

use crate::html::Page;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Component, Path, PathBuf};

/// A file, from the root, without `.` and `..`.
pub(crate) type Address = PathBuf;

/// A link that leads nowhere.
pub(crate) struct Broken {
    pub(crate) page: Address,
    pub(crate) link: String,
    pub(crate) why: String,
}

/// Where a link leads.
enum Target {
    /// To another server, or out of the web.
    Elsewhere,
    /// Above the root.
    Outside,
    /// To a file, and there to a place, if it has a name.
    File(Address, String),
}

pub(crate) struct Site {
    seen: HashSet<Address>,
    /// Where nothing is read.
    trusted: Vec<PathBuf>,
    read: BTreeMap<Address, Result<Page, io::Error>>,
}

impl Site {
    /// Nothing has been read; the first page has been seen.
    pub(crate) fn new(first: &Path, trusted: Vec<PathBuf>) -> Self {
        Site { seen: HashSet::from([first.to_owned()]), trusted, read: BTreeMap::new() }
    }

    /// Keeps a page, or why there is none, and returns the pages that it is the first to link to.
    pub(crate) fn add(&mut self, address: &Path, page: Result<Page, io::Error>) -> Vec<Address> {
        let links = page.as_ref().map_or(&BTreeSet::new(), |page| &page.links).clone();
        self.read.insert(address.to_owned(), page);
        let files = links.iter().filter_map(|link| match target(address, link) {
            Target::File(file, _) => Some(file),
            Target::Elsewhere | Target::Outside => None,
        });
        // Pictures and the like are only looked for, in the end.
        let is_trusted = |file: &PathBuf| self.trusted.iter().any(|path| file.starts_with(path));
        files.filter(|file| is_page(file) && !is_trusted(file) && self.seen.insert(file.clone())).collect()
    }

    pub(crate) fn pages(&self) -> usize {
        self.read.values().filter(|page| page.is_ok()).count()
    }

    /// How many links there are, and how many of them lead to other servers.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let elsewhere = self.links().filter(|(page, link)| matches!(target(page, link), Target::Elsewhere));
        (self.links().count(), elsewhere.count())
    }

    fn links(&self) -> impl Iterator<Item = (&Address, &String)> {
        let links =
            |page| Result::ok(page).map_or_else(Default::default, |page: &Page| page.links.iter().collect());
        self.read.iter().flat_map(move |(address, page)| {
            let links: Vec<_> = links(page.as_ref());
            links.into_iter().map(move |link| (address, link))
        })
    }

    /// The links that lead nowhere, when all pages have been read.
    pub(crate) fn broken(&self, root: &Path) -> Vec<Broken> {
        let broken = self.links().filter_map(|(page, link)| {
            let why = match target(page, link) {
                Target::Elsewhere => None,
                Target::Outside => Some("leaves the directory".to_owned()),
                Target::File(file, place) => self.wrong_with(root, &file, &place),
            };
            why.map(|why| Broken { page: page.clone(), link: link.clone(), why })
        });
        broken.collect()
    }

    fn wrong_with(&self, root: &Path, file: &Path, place: &str) -> Option<String> {
        match self.read.get(file) {
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => Some("no such file".to_owned()),
            Some(Err(error)) => Some(error.to_string()),
            // As browsers do: as it is written, and then what that stands for.
            Some(Ok(page)) if place.is_empty() || page.places.contains(place) => None,
            Some(Ok(page)) if page.places.contains(&decoded(place)) => None,
            Some(Ok(_)) => Some(format!("no such place in {}", file.display())),
            None if root.join(file).exists() => None,
            None => Some("no such file".to_owned()),
        }
    }
}

fn is_page(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "html" || extension == "htm")
}

/// Where a link of this page leads.
fn target(page: &Path, link: &str) -> Target {
    let scheme = link.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if link.starts_with("//") || scheme.is_some_and(is_scheme) {
        return Target::Elsewhere;
    }
    let (path, place) = link.split_once('#').unwrap_or((link, ""));
    let path = decoded(path.split('?').next().unwrap_or_default());
    let from = match path.strip_prefix('/') {
        Some(_) => Path::new(""),
        None if path.is_empty() => page,
        None => page.parent().unwrap_or(Path::new("")),
    };
    let mut file = from.to_owned();
    for component in Path::new(path.trim_start_matches('/')).components() {
        match component {
            Component::Normal(name) => file.push(name),
            Component::ParentDir if !file.pop() => return Target::Outside,
            _ => {}
        }
    }
    if path.ends_with('/') || file.as_os_str().is_empty() {
        file.push("index.html");
    }
    Target::File(file, place.to_owned())
}

/// With the bytes that `%41` and the like stand for.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let code =
            after.get(..2).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        rest = match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                &after[2..]
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
