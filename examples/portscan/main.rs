//! Which ports of this machine somebody listens on: a `Semaphore` bounds how many connections are tried at a time.
//!
//! ```text
//! cargo run --release --example portscan -- --ports 1-1024,8080 --banner
//! ```
//!
//! The main thread takes a permit, then starts the thread that looks at one port, and hands the permit over: it comes back when
//! that thread ends, by a panic too. So there are never more threads, nor more open connections, than permits. Three
//! things end the wait for a permit, and each has its exit code: a permit; `--within`, by `acquire_deadline`; Ctrl-C, which closes
//! the semaphore. What has been begun is finished each time, and the report says what was not looked at.

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate::{AcquireError, Semaphore, SimpleQueue};

/// Out of time, or out of threads.
const CUT_SHORT: u8 = 1;
/// Nothing could be scanned. `clap` uses it for wrong options too.
const UNUSABLE: u8 = 2;
/// Ended by Ctrl-C: 128 + SIGINT, as in a shell.
const INTERRUPTED: u8 = 130;

/// Of what a service says first, so much is shown.
const BANNER: usize = 60;

/// Finds the TCP ports of this machine that somebody listens on.
///
/// Only loopback addresses are scanned: this is an example, and other machines are other people's.
#[derive(Parser)]
#[command(name = "portscan")]
struct Options {
    /// The address to scan: 127.0.0.0/8 or ::1
    #[arg(default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,

    /// Ports and ranges of ports, as in 22,80,8000-8080
    #[arg(long, value_name = "PORTS", default_value = "1-1024")]
    ports: Ports,

    /// How many connections may be tried at a time
    #[arg(long, value_name = "N", default_value = "64")]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=4096))]
    at_once: usize,

    /// How long one port may take to answer, and with --banner to say something, in milliseconds
    #[arg(long, value_name = "MS", default_value = "300", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,

    /// How long all of it may take, in milliseconds [default: as long as it takes]
    #[arg(long, value_name = "MS")]
    within: Option<u64>,

    /// Show the first line that each service says by itself
    #[arg(long)]
    banner: bool,
}

/// A set of ports.
#[derive(Clone)]
struct Ports(BTreeSet<u16>);

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = |text: &str| match text.trim().parse() {
            Ok(0) | Err(_) => Err(format!("{text:?} is not a port: a number from 1 to 65535")),
            Ok(port) => Ok(port),
        };
        let mut ports = BTreeSet::new();
        for piece in text.split(',') {
            let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
            let range = port(first)?..=port(last)?;
            if range.is_empty() {
                return Err(format!("{piece:?} is a range without ports"));
            }
            ports.extend(range);
        }
        Ok(Ports(ports))
    }
}

/// What is at a port.
enum Found {
    /// Somebody listens; and what it said first, if that was asked for and it did.
    Open(Option<String>),
    /// Nobody does.
    Closed,
    /// Neither yes nor no, until the time was up.
    Silent,
    /// This machine could not even ask.
    Unknown(io::Error),
}

fn look(address: SocketAddr, timeout: Duration, banner: bool) -> Found {
    match TcpStream::connect_timeout(&address, timeout) {
        // While nobody listens at a port of the range that outgoing connections are given theirs from, one may be given that very
        // port, and be connected to itself.
        Ok(stream) if stream.local_addr().is_ok_and(|own| own == address) => Found::Closed,
        Ok(stream) => Found::Open(banner.then(|| first_line(&stream, timeout)).flatten()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Found::Closed,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Found::Silent,
        Err(error) => Found::Unknown(error),
    }
}

/// What comes by itself, up to the end of its first line, in printable characters.
fn first_line(mut stream: &TcpStream, timeout: Duration) -> Option<String> {
    let (end, mut bytes) = (Instant::now() + timeout, Vec::new());
    let mut buffer = [0; BANNER];
    while bytes.len() < BANNER && !bytes.contains(&b'\n') {
        let left = end.saturating_duration_since(Instant::now());
        // A time-out of zero would be an error, and is one look too late anyway.
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            break;
        }
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => bytes.extend(&buffer[..count]),
            Ok(0) | Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let line: String = text.lines().next()?.chars().filter(|c| !c.is_control()).take(BANNER).collect();
    (!line.is_empty()).then_some(line)
}

/// Why a scan ended.
enum End {
    Complete,
    OutOfTime,
    Interrupted,
    OutOfThreads(io::Error),
}

struct Outcome {
    found: BTreeMap<u16, Found>,
    asked: usize,
    end: End,
}

fn scan(options: &Options, permits: &Semaphore) -> Outcome {
    let timeout = Duration::from_millis(options.timeout);
    let within = options.within.map(Duration::from_millis);
    // Time that cannot be counted is for ever, here as in the library.
    let deadline = within.and_then(|within| Instant::now().checked_add(within));
    // A put cannot fail and hardly waits: threads leave what they found, and end.
    let results = SimpleQueue::new();
    let mut end = End::Complete;
    std::thread::scope(|threads| {
        for &port in &options.ports.0 {
            let permit = match deadline {
                Some(deadline) => permits.acquire_deadline(deadline),
                None => permits.acquire().map_err(AcquireError::from),
            };
            let permit = match permit {
                Ok(permit) => permit,
                Err(AcquireError::Closed) => {
                    eprintln!("portscan: interrupted; what has begun is finished");
                    return end = End::Interrupted;
                }
                Err(AcquireError::TimedOut | AcquireError::NoPermits) => return end = End::OutOfTime,
            };
            let (address, results) = (SocketAddr::new(options.address, port), &results);
            let started = std::thread::Builder::new().spawn_scoped(threads, move || {
                let _permit = permit;
                results.put((port, look(address, timeout, options.banner)));
            });
            if let Err(error) = started {
                return end = End::OutOfThreads(error);
            }
        }
    });
    // All threads have ended: what there is, is there.
    let found = std::iter::from_fn(|| results.try_get()).collect();
    Outcome { found, asked: options.ports.0.len(), end }
}

fn print(outcome: &Outcome, took: Duration) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (mut open, mut closed, mut silent, mut unknown) = (0, 0, 0, 0);
    for (port, found) in &outcome.found {
        match found {
            Found::Open(Some(banner)) => writeln!(out, "{port:>5}  open  {banner}")?,
            Found::Open(None) => writeln!(out, "{port:>5}  open")?,
            Found::Silent => writeln!(out, "{port:>5}  no answer")?,
            Found::Unknown(error) => writeln!(out, "{port:>5}  {error}")?,
            Found::Closed => {}
        }
        *match found {
            Found::Open(_) => &mut open,
            Found::Closed => &mut closed,
            Found::Silent => &mut silent,
            Found::Unknown(_) => &mut unknown,
        } += 1;
    }
    let unasked = outcome.asked - outcome.found.len();
    writeln!(
        out,
        "{open} open, {closed} closed, {silent} without an answer, {unknown} unknown, {unasked} not looked at, in {took:.1?}"
    )
}

fn run(options: &Options) -> Result<u8, String> {
    if !options.address.is_loopback() {
        return Err(format!("{} is not an address of this machine alone: try 127.0.0.1", options.address));
    }
    let permits = Arc::new(Semaphore::new(options.at_once));
    let theirs = Arc::clone(&permits);
    ctrlc::set_handler(move || theirs.close()).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;

    let started = Instant::now();
    let outcome = scan(options, &permits);
    match print(&outcome, started.elapsed()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(format!("cannot write the result: {error}"));
        }
        _ => {}
    }
    Ok(match outcome.end {
        End::Complete => 0,
        End::OutOfTime => {
            eprintln!("portscan: out of time");
            CUT_SHORT
        }
        End::OutOfThreads(error) => {
            eprintln!("portscan: cannot start a thread: {error}; try a smaller --at-once");
            CUT_SHORT
        }
        End::Interrupted => INTERRUPTED,
    })
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            eprintln!("portscan: {trouble}");
            ExitCode::from(UNUSABLE)
        }
    }
}
