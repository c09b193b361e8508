//! The port scanner, on listeners of our own.

use crate::program::{DEADLINE, Running, binary, run, within_deadline};
use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// One test at a time: the ports that one has closed again may be given to the listeners of another.
static PORTS: Mutex<()> = Mutex::new(());

fn one_at_a_time() -> MutexGuard<'static, ()> {
    PORTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listeners(count: usize) -> (Vec<TcpListener>, String) {
    let listeners: Vec<_> = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    let ports: Vec<_> = listeners.iter().map(|listener| port(listener).to_string()).collect();
    (listeners, ports.join(","))
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

/// What `scan` says last, without the time.
fn summary(stdout: &str) -> &str {
    stdout.lines().last().unwrap().rsplit_once(", in ").unwrap().0
}

#[test]
fn finds_the_open_ports_among_closed_ones() {
    let _alone = one_at_a_time();
    let (mut listeners, ports) = listeners(5);
    // These are closed now, and given to nobody else while their neighbours are open and the scan is fast.
    let (second, fourth) = (port(&listeners[1]), port(&listeners[3]));
    drop(listeners.remove(3));
    drop(listeners.remove(1));
    // Windows takes two seconds to say that nobody listens.
    let ended = run("portscan", &["--ports", &ports, "--at-once", "2", "--timeout", "30000"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let mut open: Vec<_> = listeners.iter().map(port).collect();
    open.sort_unstable();
    let expected: Vec<_> = open.iter().map(|port| format!("{port:>5}  open")).collect();
    let lines: Vec<_> = ended.stdout.lines().collect();
    let (last, shown) = lines.split_last().unwrap();
    assert_eq!(shown, expected, "closed: {second}, {fourth}");
    assert_eq!(summary(last), "3 open, 2 closed, 0 without an answer, 0 unknown, 0 not looked at");
}

#[test]
fn has_never_more_connections_open_than_permits() {
    let _alone = one_at_a_time();
    let (listeners, ports) = listeners(6);
    listeners.iter().for_each(|listener| listener.set_nonblocking(true).unwrap());
    // With so much time for its banner, a connection is open until we have said something.
    let running =
        Running::start("portscan", ["--ports", &ports, "--at-once", "2", "--banner", "--timeout", "60000"]);
    let (mut silent, mut greeted, started): (Vec<TcpStream>, _, _) = (Vec::new(), 0, Instant::now());
    while greeted < listeners.len() {
        assert!(started.elapsed() < DEADLINE, "{} wait, {greeted} greeted", silent.len());
        for listener in &listeners {
            match listener.accept() {
                Ok((stream, _)) => silent.push(stream),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
        }
        assert!(silent.len() <= 2, "{} connections at a time", silent.len());
        // The last ones come when the others have gone.
        if silent.len() == 2 || greeted + silent.len() == listeners.len() {
            let Some(mut stream) = silent.pop() else { continue };
            stream.write_all(b"welcome \x1b[31mhome\nand more").unwrap();
            greeted += 1;
        }
        thread::yield_now();
    }
    let ended = running.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    // Without what could play tricks on a terminal.
    assert_eq!(ended.stdout.matches("open  welcome [31mhome\n").count(), 6, "{}", ended.stdout);
}

#[test]
fn a_silent_service_is_open_when_its_time_is_up() {
    let _alone = one_at_a_time();
    let (listeners, ports) = listeners(1);
    let started = Instant::now();
    let ended = run("portscan", &["--ports", &ports, "--banner", "--timeout", "30"]);
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout.lines().next().unwrap(), format!("{:>5}  open", port(&listeners[0])));
}

#[test]
fn a_scan_that_is_out_of_time_says_what_it_has_not_looked_at() {
    let _alone = one_at_a_time();
    let (_listeners, ports) = listeners(3);
    let options = ["--ports", &ports, "--at-once", "1", "--within", "0", "--banner", "--timeout", "200"];
    let ended = run("portscan", &options);
    // One look: there is a permit at once, and another one only when the first port has been silent for 200 ms.
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), "portscan: out of time\n"));
    assert_eq!(summary(&ended.stdout), "1 open, 0 closed, 0 without an answer, 0 unknown, 2 not looked at");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_what_it_has_found() {
    let _alone = one_at_a_time();
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let (mut listeners, ports) = listeners(2);
    listeners.sort_by_key(port);
    let options = ["--ports", &ports, "--at-once", "1", "--banner", "--timeout", "60000"];
    let mut command = Command::new(binary("portscan"));
    let mut child = command.args(options).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = child.stderr.take().unwrap();
    let output = within_deadline("the scan", move || {
        // That it has come so far shows that it handles signals.
        let (mut stream, _) = listeners[0].accept().unwrap();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let mut complaint = String::new();
        BufReader::new(stderr).read_line(&mut complaint).unwrap();
        assert_eq!(complaint, "portscan: interrupted; what has begun is finished\n");
        stream.write_all(b"hello\n").unwrap();
        child.wait_with_output().unwrap()
    });
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    assert!(stdout.contains("open  hello"), "{stdout}");
    assert_eq!(summary(&stdout), "1 open, 0 closed, 0 without an answer, 0 unknown, 1 not looked at");
}

#[test]
fn other_machines_are_left_alone() {
    let ended = run("portscan", &["192.0.2.1"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(ended.stderr, "portscan: 192.0.2.1 is not an address of this machine alone: try 127.0.0.1\n");
}
