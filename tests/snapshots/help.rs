//! The help of every command: in short and in full, at both widths.

use super::album::Album;
use super::story::{COLUMNS, Story, WIDE, plain};

/// The commands that the help lists, in its order.
fn commands() -> Vec<String> {
    let help = Story::new().run_silently(COLUMNS, &["--help"]).stdout;
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    let entries = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = entries.filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_a_help() {
    let mut album = Album::new("help");
    let mut main = Story::new();
    main.run(COLUMNS, &[]);
    main.run(COLUMNS, &["-h"]);
    main.run(COLUMNS, &["--help"]);
    main.run(WIDE, &["--help"]);
    album.show("kubectl-daemonset", &main.text());
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for command in &commands {
        let mut story = Story::new();
        if command == "options" {
            story.run(COLUMNS, &[command]);
            story.run(WIDE, &[command]);
        } else {
            for (columns, flag) in [(COLUMNS, "-h"), (COLUMNS, "--help"), (WIDE, "--help")] {
                let ran = story.run(columns, &[command, flag]);
                let too_long: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > columns).collect();
                assert!(too_long.is_empty(), "{command} {flag}: {too_long:#?}");
                let coloured = story.run_silently(columns, &[command, flag, "--color", "always"]);
                assert_eq!(plain(&coloured.stdout), ran.stdout, "{command} {flag}: colours change the text");
            }
        }
        album.show(command, &story.text());
    }
    album.close();
}

#[test]
fn every_code_is_explained_in_a_terminal() {
    let mut album = Album::new("explain");
    let mut list = Story::new();
    let codes = list.run(COLUMNS, &["explain"]).stdout;
    album.show("all", &list.text());
    for args in [["explain", "ds103"], ["explain", "DS907"], ["explain", "DS999"], ["explain", "ds112"]] {
        let mut story = Story::new();
        story.run(COLUMNS, &args);
        album.show(&args[1].to_uppercase(), &story.text());
    }
    album.close();
    for code in codes.lines().filter_map(|line| line.split(' ').next()) {
        let page = format!("{}/docs/codes/{code}.md", env!("CARGO_MANIFEST_DIR"));
        let page = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert_eq!(list.run_silently(COLUMNS, &["explain", code]).stdout, page, "{code} is not its page");
    }
    assert!(codes.lines().all(|line| line.chars().count() <= COLUMNS), "{codes}");
}
