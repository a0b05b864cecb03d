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
        test("manners::mistakes_are_told_in_kubectls_words", words),
        test("manners::help_is_given_wherever_it_is_asked", help),
        test("manners::the_connection_flags_are_listed_once", options),
        test("manners::every_command_is_in_the_help_and_has_one", commands),
        test("manners::a_pipe_gets_no_colours", colours),
        test("manners::colours_are_had_where_they_are_asked", forced),
        test("manners::what_is_ours_is_ascii", ascii),
        test("manners::a_reader_that_goes_away_is_no_failure", broken_pipe),
        test("manners::help_and_version_talk_to_nobody", silence),
    ]
}

/// What needs the real kubectl.
pub fn real() -> Vec<Trial> {
    vec![test("manners::beside_kubectl", beside_kubectl), test("manners::kubectl_finds_the_plugin", found)]
}

/// A home with the plugin.
fn home() -> Home {
    let home = Home::new();
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    home
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
    let home = home();
    for line in ["no-such-command", "doctor --no-such-flag", "doctor -o nonsense", "version -o xml", "status", "render"]
    {
        let said = home.run(&format!("kubectl-daemonset {line}"));
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "`{line}`: {said:?}");
        assert!(said.stderr.starts_with("error: "), "`{line}`: {said:?}");
    }
    // `diff` says 1 of differences.
    assert_eq!(home.run("kubectl-daemonset diff --no-such-flag").code, 2);
    assert_eq!(home.run("kubectl-daemonset doctor diff --no-such-flag").code, 1);
    // As `kubectl rollout` alone: the help is an answer, and nothing was done.
    for line in ["", "completion"] {
        let said = home.run(&format!("kubectl-daemonset {line}"));
        assert_eq!((said.code, said.stderr.as_str()), (1, ""), "`{line}`: {said:?}");
        said.told("Usage: kubectl daemonset");
    }
}

fn words() {
    let home = home();
    let usage = "See 'kubectl daemonset doctor --help' for usage.";
    for (line, expected) in [
        ("doctor --no-such-flag", format!("error: unknown flag: --no-such-flag\n{usage}\n")),
        (
            "doctor --namespce x",
            format!("error: unknown flag: --namespce\nhint: did you mean `--namespace`?\n{usage}\n"),
        ),
        ("doctor -Z", format!("error: unknown shorthand flag: 'Z' in -Z\n{usage}\n")),
        ("doctor --context", format!("error: flag needs an argument: --context\n{usage}\n")),
        ("doctor -n", format!("error: flag needs an argument: 'n' in -n\n{usage}\n")),
        (
            "doctor -o nonsense",
            format!(
                "error: unable to match a printer suitable for the output format \"nonsense\", \
                 allowed formats are: html,json,junit,markdown,name,sarif,table,wide,yaml\n{usage}\n"
            ),
        ),
        (
            "doctor --grace soon",
            format!(
                "error: invalid argument \"soon\" for \"--grace\" flag: `soon` is not a duration such as `90s`, `1h30m` or `0`\n{usage}\n"
            ),
        ),
        (
            "doctor --fail-on never",
            format!(
                "error: invalid argument \"never\" for \"--fail-on\" flag: must be one of error, warning, unknown\n{usage}\n"
            ),
        ),
        ("doctor -A -A", format!("error: --all-namespaces can be used only once\n{usage}\n")),
        (
            "dctor",
            "error: unknown command \"dctor\" for \"kubectl daemonset\"\nhint: did you mean `doctor`?\n\
             See 'kubectl daemonset --help' for usage.\n"
                .to_owned(),
        ),
        (
            "fluent-bit",
            "error: unknown command \"fluent-bit\" for \"kubectl daemonset\"\n\
             hint: run `kubectl daemonset doctor fluent-bit` to check the DaemonSet fluent-bit\n\
             See 'kubectl daemonset --help' for usage.\n"
                .to_owned(),
        ),
        ("schema", "error: must specify DOCUMENT\nSee 'kubectl daemonset schema --help' for usage.\n".to_owned()),
        (
            "completion nonsense",
            "error: unknown command \"nonsense\" for \"kubectl daemonset completion\"\n\
             See 'kubectl daemonset completion --help' for usage.\n"
                .to_owned(),
        ),
        (
            "version now",
            "error: unexpected argument: now\nSee 'kubectl daemonset version --help' for usage.\n".to_owned(),
        ),
        (
            "render",
            "error: must specify --filename <FILE|DIR|->\nSee 'kubectl daemonset render --help' for usage.\n"
                .to_owned(),
        ),
        (
            "lint -f x --live --snapshot y",
            "error: only one of --snapshot and --live can be specified\n\
             See 'kubectl daemonset lint --help' for usage.\n"
                .to_owned(),
        ),
        ("lint -f missing.yaml", "error: the path \"missing.yaml\" does not exist\n".to_owned()),
        ("lint -f - -f -", "error: standard input cannot be used for multiple arguments\n".to_owned()),
        (
            "lint -f https://example.com/a.yaml",
            "error: cannot read `https://example.com/a.yaml`: URLs are not downloaded\n\
             hint: download the file and pass it on: `curl -fsSL 'https://example.com/a.yaml' | ... -f -`\n"
                .to_owned(),
        ),
    ] {
        let said = home.run(&format!("kubectl-daemonset {line}"));
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (1, "", expected.as_str()), "`{line}`");
    }
}

fn help() {
    let home = home();
    let plain = home.run("kubectl-daemonset doctor --help").ok().stdout;
    assert!(plain.contains("Examples:\n") && plain.contains("\n  kubectl daemonset doctor -A\n"), "{plain}");
    for line in [
        "help doctor",
        "--help doctor",
        "-h doctor",
        "-n x doctor --help",
        "doctor -h",
        "doctor some-agent -h",
        "doctor some-agent --help",
        "doctor -hA",
    ] {
        assert_eq!(home.run(&format!("kubectl-daemonset {line}")).ok().stdout, plain, "{line}");
    }
    assert_eq!(home.run("kubectl-daemonset").stdout, home.run("kubectl-daemonset -h").stdout);
    let version = home.run("kubectl-daemonset --version").ok().stdout;
    assert_eq!(Some(version.trim_end()), home.run("kubectl-daemonset version").ok().stdout.lines().next());
}

fn options() {
    let home = home();
    let listed = home.run("kubectl-daemonset options").ok().stdout;
    for flag in [
        "kubeconfig",
        "context",
        "cluster",
        "user",
        "namespace",
        "server",
        "tls-server-name",
        "insecure-skip-tls-verify",
        "certificate-authority",
        "client-certificate",
        "client-key",
        "token",
        "as",
        "as-uid",
        "as-group",
        "as-user-extra",
        "request-timeout",
        "disable-compression",
        "cache-dir",
    ] {
        assert!(listed.contains(&format!("--{flag} ")) || listed.contains(&format!("--{flag}[")), "{flag}\n{listed}");
        let help = home.run("kubectl-daemonset doctor --help").ok().stdout;
        assert!(!help.contains(&format!("--{flag} ")), "{flag} is repeated in\n{help}");
    }
    home.run("kubectl-daemonset doctor --help").told("Use \"kubectl daemonset options\" for the connection flags");
}

fn commands() {
    let home = home();
    let help = home.run("kubectl-daemonset --help").ok().stdout;
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("commands");
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"doctor") && names.contains(&"version"), "{names:?}");
    for name in names {
        let said = home.run(&format!("kubectl-daemonset help {name}")).ok();
        assert!(said.stdout.lines().all(|line| line.chars().count() <= 100), "{name} is wider than a terminal");
        said.told(&format!("Usage: kubectl daemonset {name}"));
    }
    // One screen for those who only want to see what there is.
    let short = home.run("kubectl-daemonset -h").ok().stdout;
    assert!(short.lines().count() <= 30, "{short}");
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

const CLUSTER: [&str; 3] = ["doctor", "--snapshot", concat!(env!("CARGO_MANIFEST_DIR"), "/docs/example/cluster.json")];

fn forced() {
    let home = home();
    let said = Said::of(home.command("kubectl-daemonset").args(CLUSTER).arg("--color=always"));
    assert!(said.stdout.contains("\u{1b}["), "{}", said.stdout);
    for (name, value, flag) in
        [("TERM", "dumb", "--color=auto"), ("NO_COLOR", "1", "--color=auto"), ("CLICOLOR_FORCE", "1", "--no-color")]
    {
        let said = Said::of(home.command("kubectl-daemonset").args(CLUSTER).arg(flag).env(name, value));
        assert!(!said.stdout.contains('\u{1b}') && !said.stdout.is_empty(), "{name}: {}", said.stdout);
    }
}

/// No locale is needed to read what the program itself says.
fn ascii() {
    let home = home();
    for locale in ["C", "C.UTF-8", "en_US.ISO-8859-1"] {
        for arguments in [&["--help"][..], &["doctor", "--help"], &["explain"], &["explain", "DS210"], &CLUSTER] {
            let said = Said::of(home.command("kubectl-daemonset").args(arguments).env("LC_ALL", locale));
            assert!(said.stdout.is_ascii() && said.stderr.is_ascii() && !said.stdout.is_empty(), "{arguments:?}");
        }
    }
}

/// What kubectl says of the same mistake: its exit code and its words.
fn beside_kubectl() {
    let home = Home::with_kubectl();
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    let server = Server::start(Site::Cluster);
    home.write("empty/notes.txt", "no manifest");
    // The last words of the lines differ: kubectl has other formats, and its own commands.
    let told = |said: &Said| {
        let line = said.stderr.lines().find(|line| !line.starts_with(['E', 'W', 'I']) || line.starts_with("Error: "));
        let line = line.unwrap_or_default().replacen("Error: ", "error: ", 1);
        line.split(", allowed formats").next().unwrap_or_default().split(" for \"kubectl").next().map(str::to_owned)
    };
    for (kubectl, ours) in [
        ("get ds --no-such-flag", "doctor --no-such-flag"),
        ("get ds -Z", "doctor -Z"),
        ("get ds --context", "doctor --context"),
        ("get ds -n", "doctor -n"),
        ("create configmap a --dry-run=client -o nonsense", "doctor -o nonsense"),
        ("rollout no-such-command", "no-such-command"),
        ("apply -f missing.yaml", "lint -f missing.yaml"),
        ("diff -f missing.yaml", "diff -f missing.yaml"),
        ("diff --no-such-flag", "diff --no-such-flag"),
        ("apply -f - -f -", "lint -f - -f -"),
    ] {
        let run = |line: &str| {
            let mut command = home.command("kubectl");
            Said::of(command.args(line.split(' ')).arg(format!("--server={}", server.url())))
        };
        // A flag that lacks its value is the last word.
        let last = |line: &str| match line.ends_with(" -n") || line.ends_with(" --context") {
            true => Said::of(home.command("kubectl").args(line.split(' '))),
            false => run(line),
        };
        let (theirs, own) = (last(kubectl), last(&format!("daemonset {ours}")));
        println!(
            "kubectl {kubectl}: {} {:?}; kubectl daemonset {ours}: {} {:?}",
            theirs.code,
            told(&theirs),
            own.code,
            told(&own)
        );
        assert_eq!((own.code, told(&own)), (theirs.code, told(&theirs)), "{kubectl}: {theirs:?}\n{ours}: {own:?}");
        assert_eq!(own.stdout, "", "{ours}");
    }
    // A group of commands alone: help on standard output, and a code that says that nothing was done.
    let (theirs, own) = (home.run("kubectl rollout"), home.run("kubectl daemonset"));
    assert_eq!((own.code, own.stderr.is_empty()), (theirs.code, theirs.stderr.is_empty()), "{theirs:?}\n{own:?}");
    // Flags before a plugin's name never reach it: this is kubectl's word, not ours.
    home.run("kubectl -n x daemonset").refused("flags cannot be placed before plugin name: -n");
}

fn found() {
    let home = Home::with_kubectl();
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    home.run("kubectl daemonset --help").ok().told("Usage: kubectl daemonset ");
    home.run("kubectl daemonset help doctor").ok().told("Usage: kubectl daemonset doctor ");
    home.run("kubectl daemonset doctor some-agent -h").ok().told("Usage: kubectl daemonset doctor ");
    home.run("kubectl plugin list").ok().told("kubectl-daemonset");
    // kubectl execs the plugin, so its exit code is the plugin's.
    let said = Said::of(home.command("kubectl").arg("daemonset").args(CLUSTER));
    assert_eq!(said.code, 2, "{said:?}");
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
