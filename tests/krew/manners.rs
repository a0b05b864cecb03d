//! What people expect of a plugin whatever it does: its name, its exit codes, its streams.

use std::os::unix::fs::symlink;
use std::process::Stdio;

use libtest_mimic::Trial;

use crate::home::{Home, PROGRAM, Said};
use crate::server::{Server, Site};
use crate::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("manners::the_name_is_the_one_that_was_typed", name),
        test("manners::usage_mistakes_end_with_1", usage),
        test("manners::a_pipe_gets_no_colours", colours),
        test("manners::a_reader_that_goes_away_is_no_failure", broken_pipe),
        test("manners::help_and_version_talk_to_nobody", silence),
    ]
}

fn name() {
    for (file, shown) in [
        ("kubectl-daemonset", "kubectl daemonset"),
        ("kubectl-daemonset_doctor", "kubectl daemonset-doctor"),
        ("kds", "kds"),
    ] {
        let home = Home::new();
        symlink(PROGRAM, home.bin().join(file)).expect("a link");
        let help = home.run(&format!("{file} --help")).ok();
        assert_eq!(help.stderr, "");
        help.told(&format!("Usage: {shown} "));
        home.run(&format!("{file} doctor --help")).ok().told(&format!("Usage: {shown} doctor "));
        home.run(&format!("{file} doctor --no-such-flag")).refused(&format!("{shown} doctor"));
    }
}

fn usage() {
    let home = Home::new();
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    for line in ["", "no-such-command", "doctor --no-such-flag", "doctor -o nonsense", "completion", "version -o xml"] {
        let said = home.run(&format!("kubectl-daemonset {line}"));
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "`{line}`: {said:?}");
        assert!(!said.stderr.is_empty(), "`{line}` says nothing");
    }
}

fn colours() {
    let home = Home::new();
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    for line in ["--help", "doctor --help", "doctor --no-such-flag", "doctor -f missing.yaml", "version"] {
        for (name, value) in [("TERM", "xterm-256color"), ("TERM", "dumb"), ("NO_COLOR", "1")] {
            let mut command = home.command("kubectl-daemonset");
            let said = Said::of(command.env(name, value).args(line.split(' ')));
            assert!(
                !said.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'),
                "{name}={value} {line}: {said:?}"
            );
        }
    }
}

fn broken_pipe() {
    let home = Home::new();
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    for line in ["version -o json", "completion bash"] {
        let mut command = home.command("kubectl-daemonset");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = command.args(line.split(' ')).stdout(writer).stderr(Stdio::piped()).spawn().expect("a process");
        let output = child.wait_with_output().expect("an end");
        assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
    }
}

fn silence() {
    let server = Server::start(Site::Cluster);
    let home = Home::new();
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    for line in ["--help", "--version", "version", "completion fish", "completion install"] {
        home.run(&format!("kubectl-daemonset --server {} {line}", server.url())).ok();
    }
    assert_eq!(server.asked(), [""; 0]);
}
