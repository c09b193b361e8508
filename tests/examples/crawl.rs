//! The crawler, on small sites.

use crate::program::{DEADLINE, run};
use crate::{folder, text};
use std::time::{Duration, Instant};

/// Crawls these pages from `index.html`.
fn crawl(files: &[(&str, &str)], options: &[&str]) -> (Option<i32>, Vec<String>) {
    let folder = folder(files);
    let ended = run("crawl", &[&[text(folder.path())], options].concat());
    assert_eq!(ended.stderr, "");
    (ended.code, ended.stdout.lines().map(str::to_owned).collect())
}

/// Pages that link to each other in a circle, and back.
fn circle(count: usize) -> Vec<(String, String)> {
    let page = |n: usize| if n == 0 { "index.html".to_owned() } else { format!("{n}.html") };
    let neighbours = |n: usize| [page((n + 1) % count), page((n + count - 1) % count)];
    let links = |n| neighbours(n).map(|page| format!("<p><A HREF = '{page}'>next</a>")).concat();
    (0..count).map(|n| (page(n), links(n))).collect()
}

#[test]
fn every_page_is_read_once_however_many_crawl() {
    let circle = circle(30);
    let files: Vec<_> = circle.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    for crawlers in ["1", "2", "16"] {
        let (code, mut lines) = crawl(&files, &["--crawlers", crawlers, "--rate", "0", "--verbose"]);
        assert_eq!(code, Some(0));
        assert_eq!(lines.pop().unwrap(), "30 pages, 60 links, 0 of them to elsewhere, 0 broken");
        lines.sort();
        let mut expected: Vec<_> = files.iter().map(|(name, _)| format!("read {name}")).collect();
        expected.sort();
        assert_eq!(lines, expected);
    }
}

#[test]
fn links_that_lead_nowhere_are_reported_with_the_page_and_the_reason() {
    let index = "<a href=there.html>1</a> <a href='gone.html'>2</a> <a href=\"there.html#place\">3</a>\
        <a href=there.html#nowhere>4</a> <a href=../up.html>5</a> <a href=\"https://example.org/\">6</a>\
        <img src=picture.png><img src=missing.png><a href=#here>7</a><a href=#not-here>8</a> <b id=here></b>\
        <a href=mailto:me>9</a> <a href=#a%3Cb></a> <a href=#c%3Cd></a> <b id='a%3Cb'></b> <b id='c<d'></b>";
    let there = "<h1 id=place><a name=old></a></h1><a href=index.html#here></a><a href=sub/>1</a>";
    let sub = "<a href=\"../with%20blank.html?q=1\">1</a><a href=/there.html#old>2</a>";
    let files = [
        ("index.html", index),
        ("there.html", there),
        ("sub/index.html", sub),
        ("with blank.html", "nothing"),
        ("picture.png", ""),
        ("unlinked.html", "<a href=nowhere.html>"),
    ];
    for crawlers in ["1", "3"] {
        let (code, lines) = crawl(&files, &["--crawlers", crawlers]);
        assert_eq!(code, Some(1));
        let expected = [
            "index.html: #not-here: no such place in index.html",
            "index.html: ../up.html: leaves the directory",
            "index.html: gone.html: no such file",
            "index.html: missing.png: no such file",
            "index.html: there.html#nowhere: no such place in there.html",
            "4 pages, 17 links, 2 of them to elsewhere, 5 broken",
        ];
        assert_eq!(lines, expected);
    }
}

#[test]
fn what_is_no_link_is_not_followed() {
    let index = "<!-- <a href=1.html> --> <script>'<a href=2.html>'</script> <style>a > b { } <a href=3.html></style>\
        <abbr href=4.html> 5 < 6 <p title='<a href=7.html>'> &lt;a href=8.html&gt; <a title=x>9</a><br/>\
        <a href='a&amp;b.html'>";
    let (code, lines) = crawl(&[("index.html", index), ("a&b.html", "")], &[]);
    assert_eq!(
        (code, lines),
        (Some(0), vec!["2 pages, 1 links, 0 of them to elsewhere, 0 broken".to_owned()])
    );
}

#[test]
fn a_rate_is_not_exceeded() {
    let circle = circle(9);
    let files: Vec<_> = circle.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let started = Instant::now();
    let (code, _) = crawl(&files, &["--rate", "40", "--burst", "1", "--crawlers", "3"]);
    // The first page at once, each of the others after another tick.
    assert!(started.elapsed() >= 8 * Duration::from_millis(25), "{:?}", started.elapsed());
    assert_eq!(code, Some(0));
}

#[test]
fn the_end_does_not_wait_for_the_next_tick() {
    let begin = Instant::now();
    // Two pages of a burst of ten; the first tick would come after a second. A busy machine may be slower than that, but not each time.
    loop {
        let started = Instant::now();
        let site = [("index.html", "<a href=a.html>"), ("a.html", "")];
        crawl(&site, &["--rate", "1", "--crawlers", "10"]);
        if started.elapsed() < Duration::from_millis(900) {
            break;
        }
        assert!(begin.elapsed() < 5 * DEADLINE, "no run of many ends before the tick");
    }
}

#[test]
fn what_cannot_be_begun_is_one_line_and_exit_code_2() {
    let folder = folder(&[("a.html", ""), ("b/a.html", "")]);
    let missing = run("crawl", &[text(folder.path())]);
    assert_eq!((missing.code, missing.stderr.lines().count()), (Some(2), 1), "{}", missing.stderr);
    assert!(missing.stderr.contains("index.html"), "{}", missing.stderr);
    let outside =
        run("crawl", &[text(&folder.path().join("a.html")), "--root", text(&folder.path().join("b"))]);
    assert_eq!(outside.code, Some(2));
    assert!(outside.stderr.contains(" is not below "), "{}", outside.stderr);
}

#[test]
fn what_is_trusted_has_to_be_there_and_is_not_read() {
    let files = [
        ("index.html", "<a href=src/a.html#10-12>1</a> <a href=src/gone.html>2</a>"),
        ("src/a.html", "<a href=nowhere.html>"),
    ];
    let (code, lines) = crawl(&files, &["--trust", "src"]);
    assert_eq!(code, Some(1));
    let expected =
        ["index.html: src/gone.html: no such file", "1 pages, 2 links, 0 of them to elsewhere, 1 broken"];
    assert_eq!(lines, expected);
}
