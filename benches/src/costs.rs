//! `docs/costs.md` says what the library's tests assert, and what the compiler says of sizes; and `benches/INSTRUCTIONS.md`, which counts
//! the same from outside, agrees.

use std::fs;
use std::mem::size_of;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of the table below a heading, without those of its head.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let below = text.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    let lines =
        below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<_> = lines.skip(2).map(cells).collect();
    assert!(!rows.is_empty(), "{heading}: no table");
    rows
}

/// The body of a function of the tests, in one line.
fn body<'a>(tests: &'a str, function: &str) -> &'a str {
    let from =
        tests.split_once(&format!("fn {function}()")).unwrap_or_else(|| panic!("no test {function}")).1;
    from.split_once(" #[test] ").map_or(from, |(body, _)| body)
}

/// The parts of a cell between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Each row names a test, and what that asserts the row's numbers about: a label, or an expression that has them.
#[test]
fn the_tables_of_costs_say_what_the_tests_assert() {
    let page = read("docs/costs.md");
    let tests = ["src/cost_tests.rs", "src/cost_of_waiting_tests.rs"].map(read).join("\n");
    let tests = tests.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut wrong = Vec::new();
    for heading in ["Uncontended", "Waiting"] {
        for row in rows(&page, heading) {
            let [what, rmws, fences, .., by] = row.as_slice() else { panic!("{row:?}") };
            let [function, asserted] = *quoted(by) else { panic!("{what}: names no test, or no label") };
            let expected = match asserted.strip_prefix('"') {
                Some(_) if heading == "Waiting" => format!("({asserted}, {rmws},"),
                Some(_) => format!("({asserted}, {rmws}, {fences},"),
                None => {
                    let count =
                        asserted.split("rmws: ").nth(1).and_then(|rest| rest.split([',', ' ']).next());
                    if count.unwrap_or("0") != rmws || fences != "0" {
                        wrong.push(format!("{what}: {asserted} is not {rmws}, {fences}"));
                    }
                    asserted.to_owned()
                }
            };
            if !body(&tests, function).contains(&expected) {
                wrong.push(format!("{what}: {function} does not assert {expected}"));
            }
        }
    }
    for row in rows(&page, "System calls") {
        let by = row.last().expect("a row has cells");
        // Panics where there is no such test.
        quoted(by).into_iter().for_each(|function| _ = body(&tests, function));
    }
    assert!(wrong.is_empty(), "docs/costs.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_of_sizes_is_the_compilers() {
    let sizes = [
        ("Lock<()>", size_of::<tollgate::Lock<()>>()),
        ("RawLock", size_of::<tollgate::RawLock>()),
        ("RLock<()>", size_of::<tollgate::RLock<()>>()),
        ("Semaphore", size_of::<tollgate::Semaphore>()),
        ("BoundedSemaphore", size_of::<tollgate::BoundedSemaphore>()),
        ("Condition", size_of::<tollgate::Condition>()),
        ("Event", size_of::<tollgate::Event>()),
        ("Barrier", size_of::<tollgate::Barrier>()),
        ("std::sync::Mutex<()>", size_of::<std::sync::Mutex<()>>()),
        ("parking_lot::Mutex<()>", size_of::<parking_lot::Mutex<()>>()),
        ("usync::Mutex<()>", size_of::<usync::Mutex<()>>()),
        ("saa::Lock", size_of::<saa::Lock>()),
        ("pthread_mutex_t", size_of::<libc::pthread_mutex_t>()),
        ("parking_lot::ReentrantMutex<()>", size_of::<parking_lot::ReentrantMutex<()>>()),
        ("usync::ReentrantMutex<()>", size_of::<usync::ReentrantMutex<()>>()),
        ("sem_t", size_of::<libc::sem_t>()),
        ("saa::Semaphore", size_of::<saa::Semaphore>()),
        ("tokio::sync::Semaphore", size_of::<tokio::sync::Semaphore>()),
        ("async_lock::Semaphore", size_of::<async_lock::Semaphore>()),
        ("std::sync::Condvar", size_of::<std::sync::Condvar>()),
        ("parking_lot::Condvar", size_of::<parking_lot::Condvar>()),
        ("usync::Condvar", size_of::<usync::Condvar>()),
        ("pthread_cond_t", size_of::<libc::pthread_cond_t>()),
        ("std::sync::Barrier", size_of::<std::sync::Barrier>()),
        ("saa::Barrier", size_of::<saa::Barrier>()),
        ("pthread_barrier_t", size_of::<libc::pthread_barrier_t>()),
    ];
    let page = read("docs/costs.md");
    let mut left: Vec<_> = sizes.to_vec();
    for row in rows(&page, "Bytes") {
        for cell in &row {
            for entry in cell.split(", ").filter(|entry| !entry.is_empty()) {
                let name = quoted(entry).first().copied().unwrap_or_else(|| panic!("{entry}: no name"));
                let bytes = entry.rsplit(' ').next().and_then(|bytes| bytes.parse::<usize>().ok());
                assert_eq!(
                    sizes.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes),
                    bytes,
                    "{entry}"
                );
                left.retain(|(known, _)| *known != name);
            }
        }
    }
    assert!(left.is_empty(), "docs/costs.md has no bytes of {left:?}");
}

/// What `steps` counted from outside, of ours: no more than the library's own count.
#[test]
fn what_is_counted_from_outside_is_what_is_counted_inside() {
    let page = read("benches/INSTRUCTIONS.md");
    let ours = |operation: &str, name: &str| -> Vec<String> {
        let table = page.split(&format!("| {operation} | instructions |")).nth(1);
        let table = table.unwrap_or_else(|| panic!("no {operation}"));
        let line = table.lines().find(|line| line.starts_with(&format!("| {name} |")));
        let line = line.unwrap_or_else(|| panic!("no {name} in {operation}"));
        line.trim_matches('|').split('|').skip(2).map(|cell| cell.trim().to_owned()).collect()
    };
    for (operation, name, rmws) in [
        ("lock+unlock", "tollgate::Lock", "2"),
        ("try_lock of a held lock", "tollgate::Lock", "1"),
        ("rlock+unlock", "tollgate::RLock", "2"),
        ("rlock+unlock, entered again", "tollgate::RLock", "0"),
        ("acquire+release", "tollgate::Semaphore", "2"),
        ("notify_one", "tollgate", "0"),
        ("notify_all", "tollgate", "0"),
        ("wait on a set event", "tollgate::Event", "0"),
        ("set+wait+clear", "tollgate::Event", "2"),
        ("wait at a barrier of one", "tollgate::Barrier", "3"),
        ("put+get, capacity 1024", "tollgate::Queue", "2"),
        ("put+get, last in, first out", "tollgate::LifoQueue", "2"),
        ("put+get, smallest of 100 first", "tollgate::PriorityQueue", "4"),
    ] {
        assert_eq!(
            ours(operation, name),
            [rmws, "0", "0"],
            "{operation}, {name}: RMWs, fences, system calls"
        );
    }
}
