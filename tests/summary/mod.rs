//! What a test says if it could not run here. The line goes past the test runner, which keeps what a test prints to itself:
//! `make test` counts these lines in its last words.

#![allow(dead_code, reason = "each test program uses what it needs")]

use std::io::Write;

/// Says that `what` was skipped, why, and the command that brings what is missing. In CI nothing of the kind may be missing:
/// there the test fails.
pub fn skipped(what: &str, why: &str, command: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI skips nothing, but {what} cannot run: {why}; {command}");
    say(&format!("{what}: {why}; {command}"));
}

/// Says that `what` was skipped since a folder beside the clone is not there. Not every clone has it, so that CI says so, too,
/// and goes on.
pub fn absent(what: &str, folder: &str) {
    say(&format!("{what}: there is no {folder} beside this clone"));
}

fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {line}");
}
