//! Follows the links of a directory of HTML files, no faster than it may, and says which of them lead nowhere.
//!
//! ```text
//!                     ┌────────────────── pages not seen before ─────────────────┐
//!                     ▼                                                          │
//! the first page ─▶ Queue ─▶ crawlers ─▶ a permit of the ─▶ fetch ─▶ Lock<Site>: pages, links
//!                                        BoundedSemaphore
//!                                               ▲
//!                     every 1/rate s: release(1)│, unless it is full: Err(OverRelease)
//!                                         the clock, until an Event ends it
//! ```
//!
//! Three things of the library make the shape of it:
//!
//! * a **rate** is a `BoundedSemaphore` whose permits are never given back but by a clock: as many fetches may burst as there are
//!   permits, and a release beyond the bound, when nobody has used them, is an error that is ignored;
//! * the **end** is a `join`: a page is a task, and what it links to is put before the task is done;
//! * the clock's wait is an `Event`'s with a time-out, so that the end does not wait for its next tick.
//!
//! ```text
//! cargo run --release --example crawl -- target/doc/tollgate/index.html --root target/doc --trust src --rate 0
//! ```
//!
//! `html.rs` finds links and places in a page, `site.rs` keeps what was found and judges it.

mod html;
mod site;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use site::{Address, Site};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tollgate::{BoundedSemaphore, Event, Lock, Queue, Shutdown};

/// Some link leads nowhere.
const BROKEN: u8 = 1;
/// There is no first page. `clap` uses it for wrong options too.
const UNUSABLE: u8 = 2;

/// Follows the links of HTML files from page to page, and reports those that lead nowhere.
///
/// Links to other servers are counted and not followed. A link with a place, as in page.html#place, is broken too if the page has
/// no element of that id or name.
#[derive(Parser)]
#[command(name = "crawl")]
struct Options {
    /// The first page; or a directory, whose index.html that is
    start: PathBuf,

    /// The directory that no link may leave [default: the one that the first page is in]
    #[arg(long, value_name = "DIRECTORY")]
    root: Option<PathBuf>,

    /// How many pages may be fetched a second; 0 for as many as can be
    #[arg(long, value_name = "N", default_value = "200", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    rate: u32,

    /// How many pages may be fetched at once after a pause
    #[arg(long, value_name = "N", default_value = "10")]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    burst: usize,

    /// How many threads fetch
    #[arg(long, value_name = "N", default_value = "4")]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    crawlers: usize,

    /// Pages below this path of the root are not read: that they are there is enough. For those whose places a script makes, such as
    /// rustdoc's `src`
    #[arg(long, value_name = "PATH")]
    trust: Vec<PathBuf>,

    /// Name each page when it has been read
    #[arg(long)]
    verbose: bool,
}

/// What all threads share.
struct Crawl<'a> {
    root: &'a Path,
    /// Without a bound: those who put are those who get, and a bounded one could have them all wait for room.
    ahead: Queue<Address>,
    site: Lock<Site>,
    /// None: as fast as can be.
    rate: Option<BoundedSemaphore>,
    ended: Event,
    verbose: bool,
}

impl Crawl<'_> {
    fn put(&self, address: Address) {
        self.ahead.put(address).expect("shut down when nobody puts any more");
    }

    /// Fetches pages until there are no more.
    fn crawl(&self) {
        while let Ok(task) = self.ahead.get_task() {
            if let Some(rate) = &self.rate {
                // Never given back: the clock makes new ones.
                rate.acquire().expect("nobody closes it").forget();
            }
            let text = std::fs::read(self.root.join(&*task));
            let page = text.map(|text| html::read(&String::from_utf8_lossy(&text)));
            if self.verbose && page.is_ok() {
                _ = writeln!(io::stdout(), "read {}", task.display());
            }
            let unseen = self.site.lock().add(&task, page);
            unseen.into_iter().for_each(|address| self.put(address));
        }
    }

    /// A permit every `period`, until the end.
    fn tick(&self, period: Duration) {
        let Some(rate) = &self.rate else { return };
        while !self.ended.wait_timeout(period) {
            // Beyond the bound: nobody has used the last one yet, and an unused one is not saved up.
            _ = rate.release(1);
        }
    }
}

fn run(options: &Options) -> Result<u8, String> {
    let named = |path: &Path, error| format!("{}: {error}", path.display());
    let mut start = options.start.canonicalize().map_err(|error| named(&options.start, error))?;
    if start.is_dir() {
        start.push("index.html");
    }
    let root = match &options.root {
        Some(root) => root.canonicalize().map_err(|error| named(root, error))?,
        None => start.parent().expect("a file is in a directory").to_owned(),
    };
    let Ok(first) = start.strip_prefix(&root) else {
        return Err(format!("{} is not below {}", start.display(), root.display()));
    };
    std::fs::metadata(&start).map_err(|error| named(&start, error))?;

    let period = Duration::from_secs(1).checked_div(options.rate);
    let crawl = Crawl {
        root: &root,
        ahead: Queue::unbounded(),
        site: Lock::new(Site::new(first, options.trust.clone())),
        rate: period.map(|_| BoundedSemaphore::new(options.burst)),
        ended: Event::new(),
        verbose: options.verbose,
    };
    crawl.put(first.to_owned());
    std::thread::scope(|threads| {
        (0..options.crawlers).for_each(|_| drop(threads.spawn(|| crawl.crawl())));
        threads.spawn(|| period.map(|period| crawl.tick(period)));
        crawl.ahead.join();
        crawl.ahead.shutdown(Shutdown::Drain);
        crawl.ended.set();
    });

    let site = crawl.site.into_inner();
    let broken = site.broken(&root);
    report(&site, &broken).or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(format!("cannot write the result: {error}")),
    })?;
    Ok(if broken.is_empty() { 0 } else { BROKEN })
}

fn report(site: &Site, broken: &[site::Broken]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for site::Broken { page, link, why } in broken {
        writeln!(out, "{}: {link}: {why}", page.display())?;
    }
    let (links, external) = site.counts();
    writeln!(
        out,
        "{} pages, {links} links, {external} of them to elsewhere, {} broken",
        site.pages(),
        broken.len()
    )
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            eprintln!("crawl: {trouble}");
            ExitCode::from(UNUSABLE)
        }
    }
}
