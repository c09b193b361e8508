//! The dining philosophers, and the report about them. With the feature `diagnostics`.

use crate::program::run;

#[test]
fn the_greedy_wait_for_each_other_and_the_report_shows_it() {
    for count in [2, 3, 12] {
        let ended = run("philosophers", &["--philosophers", &count.to_string()]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""), "{}", ended.stdout);
        let lines: Vec<_> = ended.stdout.lines().collect();
        assert_eq!(lines[0], format!("threads that wait: {count}; deadlocks: 1, possible: 0"));
        assert_eq!(lines[1], format!("DEADLOCK of {count}:"));
        for philosopher in 0..count {
            // Who waits, for what, and who has it: all around the table.
            let next = (philosopher + 1) % count;
            let waits = lines.iter().position(|line| {
                line.contains(&format!("thread \"philosopher {philosopher}\" (#"))
                    && line.contains("waits for")
            });
            let waits = waits.unwrap_or_else(|| panic!("{philosopher}: {}", ended.stdout));
            assert!(lines[waits].contains(&format!("Lock \"fork {next}\"")), "{}", lines[waits]);
            assert!(
                lines[waits + 1].contains("examples/philosophers/main.rs:") || cfg!(windows),
                "{}",
                lines[waits + 1]
            );
            assert!(
                lines[waits + 2].contains(&format!("held by thread \"philosopher {next}\"")),
                "{}",
                lines[waits + 2]
            );
        }
    }
}

#[test]
fn each_of_the_cures_lets_all_of_them_eat() {
    for manners in ["ordered", "patient", "seated"] {
        for count in ["2", "5"] {
            let ended =
                run("philosophers", &["--manners", manners, "--philosophers", count, "--meals", "50"]);
            let meals = 50 * count.parse::<u32>().unwrap();
            let told = format!("{count} philosophers have eaten {meals} meals");
            assert_eq!(ended.told(), (Some(0), vec![told.as_str()], vec![]), "{manners}");
        }
    }
}

#[test]
fn options_of_the_table_are_explained_and_checked() {
    let ended = run("philosophers", &["--help"]);
    assert!(
        ended.stdout.contains("Seats philosophers") && ended.stdout.contains("ordered"),
        "{}",
        ended.stdout
    );
    assert_eq!(run("philosophers", &["--philosophers", "1"]).code, Some(2));
}
