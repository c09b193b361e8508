//! Finds what is to be read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What the user named.
pub(crate) enum Root {
    Tree(PathBuf),
    One(Source),
}

impl Root {
    /// A symbolic link is followed here, since the user named it.
    pub(crate) fn of(path: &Path) -> io::Result<Root> {
        if path == Path::new("-") {
            return Ok(Root::One(Source::Stdin));
        }
        let kind = fs::metadata(path)?.file_type();
        let path = path.to_owned();
        Ok(match kind {
            _ if kind.is_dir() => Root::Tree(path),
            _ if kind.is_file() => Root::One(Source::File(path)),
            _ => Root::One(Source::Stream(path)),
        })
    }

    pub(crate) fn can_be_read_twice(&self) -> bool {
        matches!(self, Root::Tree(_) | Root::One(Source::File(_)))
    }

    /// Shows all there is to read to `visit`, until it says stop.
    ///
    /// Ends in any tree: directories are entered by their own name only, never through a symbolic link.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut ahead = match self {
            Root::One(source) => return visit(Found::Source(source.clone())),
            Root::Tree(top) => vec![top.clone()],
        };
        while let Some(directory) = ahead.pop() {
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) => {
                    visit(Found::Unreadable(directory, error))?;
                    continue;
                }
            };
            visit(Found::Directory)?;
            for entry in entries {
                // An entry that cannot be read has no name yet. Some systems then repeat the error for ever.
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        visit(Found::Unreadable(directory, error))?;
                        break;
                    }
                };
                match classify(&entry) {
                    Ok(Entry::Directory) => ahead.push(entry.path()),
                    Ok(Entry::Other(found)) => visit(found)?,
                    Err(error) => visit(Found::Unreadable(entry.path(), error))?,
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// What is met on a walk.
pub(crate) enum Found {
    Source(Source),
    /// Was entered.
    Directory,
    Unreadable(PathBuf, io::Error),
    /// A pipe, socket or device in the tree: reading one may block for ever, or never end.
    Special,
    LinkedDirectory,
}

enum Entry {
    Directory,
    Other(Found),
}

fn classify(entry: &fs::DirEntry) -> io::Result<Entry> {
    let kind = entry.file_type()?;
    if kind.is_dir() {
        return Ok(Entry::Directory);
    }
    // A link to a file is read like the file. One that leads nowhere is an error here.
    let target = if kind.is_symlink() { fs::metadata(entry.path())?.file_type() } else { kind };
    Ok(Entry::Other(match target {
        _ if target.is_file() => Found::Source(Source::File(entry.path())),
        _ if target.is_dir() => Found::LinkedDirectory,
        _ => Found::Special,
    }))
}

/// Something to read.
#[derive(Clone)]
pub(crate) enum Source {
    File(PathBuf),
    /// A pipe or device: opening and reading it may block for as long as its other end likes.
    Stream(PathBuf),
    /// As [`Source::Stream`].
    Stdin,
}

impl Source {
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Source::File(path) | Source::Stream(path) => Box::new(File::open(path)?),
            Source::Stdin => Box::new(io::stdin()),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Source::File(path) | Source::Stream(path) => path,
            Source::Stdin => Path::new("-"),
        }
    }
}
