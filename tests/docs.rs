//! Every command that the documents show, run with the program as it is built.
//!
//! A block of the language `console` is a session: what stands behind `$ ` is run by a shell, in the folder of the
//! document, and what follows must be what it prints. `UPDATE_DOCS=1` writes the answers anew. A block that cannot be run
//! here is told so by a comment in the line before it, `<!-- not run here: why -->`.

#![allow(clippy::print_stdout, reason = "a test says what it did not run")]
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-daemonset");

/// Held by whoever writes documents anew.
static WRITING: Mutex<()> = Mutex::new(());

/// A line that no command prints.
const MARK: &str = "==== the next command ====";

/// One command and what is said to come of it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    command: String,
    output: String,
}

/// A part of a document.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Session(Vec<Shown>),
}

#[test]
fn what_the_documents_show_is_what_the_program_says() {
    let update = updating();
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut run, mut wrong) = (0, String::new());
    for path in documents() {
        let text = fs::read_to_string(&path).expect("a document");
        let (parts, reasons) = parse(&text);
        let name = path.strip_prefix(PROJECT).unwrap_or(&path).display().to_string();
        for reason in reasons {
            println!("{name}: not run here: {reason}");
        }
        let mut written = String::new();
        for part in parts {
            match part {
                Part::Text(text) => written.push_str(text),
                Part::Session(shown) => {
                    let said = session(&shown, path.parent().unwrap_or(Path::new(PROJECT)));
                    for (shown, said) in shown.iter().zip(said) {
                        run += 1;
                        if shown.output != said {
                            let _ = write!(
                                wrong,
                                "\n{name}: $ {}\n--- shown\n{}--- said\n{said}",
                                shown.command, shown.output
                            );
                        }
                        let command = shown.command.replace('\n', "\n> ");
                        let _ = write!(written, "$ {command}\n{said}");
                    }
                }
            }
        }
        if update && written != text {
            fs::write(&path, written).expect("a written document");
        }
    }
    assert!(run > 0, "no document shows a command");
    println!("{run} documented commands were run");
    assert!(update || wrong.is_empty(), "run `make docs` and look at what changed:\n{wrong}");
}

/// README.md and everything under docs.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<_> = [Path::new(PROJECT).join("README.md")].into_iter().filter(|path| path.exists()).collect();
    let mut folders = vec![Path::new(PROJECT).join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The parts of a document, and why some of its sessions are not run.
fn parse(text: &str) -> (Vec<Part<'_>>, Vec<&str>) {
    let (mut parts, mut reasons) = (Vec::new(), Vec::new());
    let mut rest = text;
    let mut begin = 0;
    let mut before = "";
    while begin < rest.len() {
        let line = rest[begin..].split_inclusive('\n').next().unwrap_or_default();
        begin += line.len();
        if line.trim_end() == "```console" {
            let end = rest[begin..].find("\n```").map_or(rest.len(), |at| begin + at + 1);
            let comment = before.strip_prefix("<!-- not run here: ").and_then(|rest| rest.strip_suffix(" -->"));
            match comment {
                Some(reason) => reasons.push(reason),
                None => {
                    parts.push(Part::Text(&rest[..begin]));
                    parts.push(Part::Session(shown(&rest[begin..end])));
                    rest = &rest[end..];
                    begin = 0;
                    before = "";
                    continue;
                }
            }
            begin = end;
        }
        before = line.trim_end();
    }
    parts.push(Part::Text(rest));
    (parts, reasons)
}

/// The commands of a session. A line that begins with `> ` goes on with the command before it.
fn shown(session: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for line in session.split_inclusive('\n') {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push(Shown { command: command.trim_end().to_owned(), output: String::new() }),
            (None, Some(last)) => match line.strip_prefix("> ").filter(|_| last.output.is_empty()) {
                Some(more) => {
                    last.command.push('\n');
                    last.command.push_str(more.trim_end());
                }
                None => last.output.push_str(line),
            },
            (None, None) => panic!("a session begins with `$ `, not with `{}`", line.trim_end()),
        }
    }
    found
}

/// What each command says, in one shell: both streams, as on a terminal.
fn session(shown: &[Shown], folder: &Path) -> Vec<String> {
    let home = tempfile::tempdir().expect("a temporary folder");
    // Just enough of kubectl: it starts the plugin.
    let kubectl = format!("#!/bin/bash\nshift\nexec -a kubectl-daemonset '{PROGRAM}' \"$@\"\n");
    let shim = home.path().join("kubectl");
    fs::write(&shim, kubectl).expect("a script");
    fs::set_permissions(&shim, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    let mut script = String::from("exec 2>&1\n");
    for shown in shown {
        // The exit code of the command before is kept for `echo $?`.
        let _ = write!(script, "code=$?; echo '{MARK}'; (exit $code)\n{}\n", shown.command);
    }
    let mut bash = Command::new("bash");
    bash.arg("-c").arg(&script).current_dir(folder).env_clear().stdin(Stdio::null());
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", home.path().display());
    for (name, value) in
        [("PATH", path.as_str()), ("COLUMNS", "100"), ("TZ", "UTC"), ("LC_ALL", "C.UTF-8"), ("TERM", "dumb")]
    {
        bash.env(name, value);
    }
    let output = bash.env("HOME", home.path()).output().expect("bash");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mark = format!("{MARK}\n");
    let said: Vec<_> = text.split(mark.as_str()).skip(1).map(str::to_owned).collect();
    assert_eq!(said.len(), shown.len(), "the session ended early:\n{text}");
    said
}

fn updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty())
}

fn said(arguments: &[&str]) -> String {
    let mut program = Command::new(PROGRAM);
    program.args(arguments).env_clear().env("COLUMNS", "100");
    let output = std::os::unix::process::CommandExt::arg0(&mut program, "kubectl-daemonset").output();
    let output = output.unwrap_or_else(|error| panic!("{PROGRAM}: {error}"));
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Compares a generated document with what it should be, or writes it.
fn compare(name: &str, wanted: &str) {
    let path = Path::new(PROJECT).join(name);
    if updating() {
        fs::write(&path, wanted).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == wanted, "{name} is out of date: run `make docs` and look at what changed");
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let rest = help.split("Commands:\n").nth(1).unwrap_or_default();
    let block = rest.split("\n\n").next().unwrap_or_default();
    let entries = block.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    entries
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_reference_of_commands_is_their_help() {
    let mut text = String::from(
        "# Commands\n\n\
         What `--help` says of each command, written by `make docs`. `kubectl daemonset COMMAND -h` is shorter.\n",
    );
    let mut add = |arguments: &[&str]| {
        let help = said(arguments);
        let title: Vec<&str> = arguments.iter().copied().filter(|word| *word != "--help").collect();
        let title = if title.is_empty() { "kubectl daemonset".to_owned() } else { title.join(" ") };
        let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
        let _ = write!(text, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"));
        listed(&help)
    };
    let commands = add(&["--help"]);
    assert!(commands.len() > 10, "{commands:?}");
    for command in &commands {
        if command == "options" {
            add(&["options"]);
        } else {
            add(&[command, "--help"]);
        }
    }
    compare("docs/commands.md", &text);
}

#[test]
fn the_index_of_codes_has_them_all_and_none_is_used_twice() {
    const GROUPS: [(&str, &str); 8] = [
        ("DS1", "Excluded by the controller"),
        ("DS2", "Refused by the scheduler"),
        ("DS3", "Refused at creation"),
        ("DS4", "The kubelet and the containers"),
        ("DS5", "The rollout"),
        ("DS6", "Facts about nodes and the cluster"),
        ("DS7", "Not known"),
        ("DS9", "Lint"),
    ];
    let explained = said(&["explain"]);
    // A line is a code, a severity and a title.
    let parts = |line| {
        let (code, rest) = str::split_once(line, ' ').expect("a code");
        let (severity, title) = rest.trim().split_once(' ').expect("a severity and a title");
        [code, severity, title.trim()]
    };
    let codes: Vec<[&str; 3]> = explained.lines().map(parts).collect();
    let mut text = String::from(
        "# Codes\n\n\
         Every finding has a code with one meaning, which never changes and is never given to another: what is no longer\n\
         used stands in [retired.txt](retired.txt). `kubectl daemonset explain CODE` prints the same pages.\n",
    );
    let mut told = 0;
    for (prefix, title) in GROUPS {
        let _ = write!(text, "\n## {title}\n\n| code | usually | what |\n|---|---|---|\n");
        for code in codes.iter().filter(|code| code[0].starts_with(prefix)) {
            let _ = writeln!(text, "| [{0}]({0}.md) | {1} | {2} |", code[0], code[1], code[2]);
            told += 1;
        }
    }
    assert_eq!(told, codes.len(), "a code belongs to no group");

    let folder = Path::new(PROJECT).join("docs/codes");
    let retired = fs::read_to_string(folder.join("retired.txt")).expect("retired.txt");
    let retired: Vec<&str> = retired.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert!(retired.is_sorted() && !retired.is_empty(), "{retired:?}");
    for code in &retired {
        assert!(!codes.iter().any(|used| used[0] == *code), "{code} is retired: it may not be used again");
        assert!(!folder.join(format!("{code}.md")).exists(), "{code} is retired, and still has a page");
    }
    // What the index had before is used, or was retired.
    let before = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    for line in before.lines().filter_map(|line| line.strip_prefix("| [")) {
        let code = line.split(']').next().unwrap_or_default();
        let kept = codes.iter().any(|used| used[0] == code) || retired.contains(&code);
        assert!(kept, "{code} is gone: write it into docs/codes/retired.txt, so that it is never used again");
    }
    for code in &codes {
        assert!(folder.join(format!("{}.md", code[0])).exists(), "{} has no page", code[0]);
    }
    compare("docs/codes/README.md", &text);
}

/// `repository` in Cargo.toml is the only place where the address is chosen.
#[test]
fn the_address_of_the_project_stands_in_one_place() {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let address = env!("CARGO_PKG_REPOSITORY");
    let (_, place) = address.split_once("://github.com/").expect("an address of GitHub");
    let (_, name) = place.split_once('/').expect("owner and name");
    let mut seen = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).expect("a document");
        let mut written = text.clone();
        for before in ["https://github.com/", "--repo ", "--signer-workflow "] {
            for at in text.match_indices(before).map(|(at, _)| at + before.len()) {
                let word = text[at..].split([' ', '\n', ')', '`', '"']).next().unwrap_or_default();
                let mut parts = word.splitn(3, '/');
                let (Some(owner), Some(repo)) = (parts.next(), parts.next()) else { continue };
                if repo.trim_end_matches(".git") == name {
                    seen += 1;
                    let repo = repo.trim_end_matches(".git");
                    written = written.replace(&format!("{before}{owner}/{repo}"), &format!("{before}{place}"));
                }
            }
        }
        if updating() && written != text {
            fs::write(&path, &written).expect("a written document");
        }
        assert!(updating() || written == text, "{} has another address than Cargo.toml: `make docs`", path.display());
    }
    assert!(seen > 0, "no document says where the project is");
}

/// No link within the documents leads nowhere.
#[test]
fn links_lead_somewhere() {
    let mut seen = 0;
    let more = ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|name| Path::new(PROJECT).join(name));
    for path in documents().into_iter().chain(more) {
        let text = fs::read_to_string(&path).expect("a document");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if target.contains("://") || file.is_empty() {
                continue;
            }
            seen += 1;
            let there = path.parent().unwrap_or(Path::new(PROJECT)).join(file);
            assert!(there.exists(), "{}: there is no {target}", path.display());
        }
    }
    assert!(seen > 20, "only {seen} links were found");
}

/// The tests that a text names as `file::function`, or as `file::` where all tests of a file belong to the matter.
fn named_tests(text: &str) -> Vec<&str> {
    text.split('`').filter(|word| word.contains(".rs::") && !word.contains(char::is_whitespace)).collect()
}

#[test]
fn the_tests_that_the_documents_name_are_there() {
    let mut seen = 0;
    for document in documents().into_iter().chain([Path::new(PROJECT).join("SECURITY.md")]) {
        let text = fs::read_to_string(&document).expect("a document");
        for name in named_tests(&text) {
            let (file, function) = name.split_once("::").expect("two parts");
            let source =
                fs::read_to_string(Path::new(PROJECT).join(file)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let is_there = function.is_empty() || source.contains(&format!("fn {function}("));
            assert!(is_there, "{} names {name}, which is not there", document.display());
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} tests are named");
}

/// The systems that the project was asked to have a page for.
const SYSTEMS: &[&str] = &[
    "calico",
    "ceph",
    "cilium",
    "datadog-agent",
    "falco",
    "filebeat",
    "fluent-bit",
    "fluentd",
    "longhorn",
    "node-exporter",
    "sysdig",
    "weave",
];

/// Each trap of a system was met by somebody, happens in a saved cluster, and has a situation that says what is right.
#[test]
fn every_system_has_a_page_with_three_traps() {
    let docs = Path::new(PROJECT).join("docs");
    let clusters =
        fs::read_dir(docs.join("systems/clusters")).expect("clusters").map(|entry| entry.expect("an entry").path());
    let mut unused: std::collections::BTreeSet<String> =
        clusters.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    let cited = |text: &str| {
        text.split(|c: char| c.is_whitespace() || "(),".contains(c)).any(|word| {
            let Some((repository, number)) = word.split_once('#') else { return false };
            let number = number.trim_end_matches(['.', ':', ')']);
            repository.split('/').count() == 2 && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    for system in SYSTEMS {
        let page =
            fs::read_to_string(docs.join(format!("systems/{system}.md"))).unwrap_or_else(|e| panic!("{system}: {e}"));
        let situation = Path::new(PROJECT).join(format!("tests/cases/system-{system}/case.yaml"));
        let situation = fs::read_to_string(situation).unwrap_or_else(|e| panic!("{system}: {e}"));
        for title in ["## What it needs of a node", "## Traps", "## Before an upgrade", "## Lint"] {
            assert!(page.contains(title), "{system} has no `{title}`");
        }
        let traps = page.split("\n## Traps").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
        let traps: Vec<&str> = traps.split("\n### ").skip(1).collect();
        assert!(traps.len() >= 3, "{system} has {} traps", traps.len());
        for trap in traps {
            assert!(cited(trap), "{system}: nobody met this trap: {trap}");
            assert!(trap.contains("--snapshot clusters/"), "{system}: no cluster has this trap: {trap}");
        }
        for cluster in page.split("clusters/").skip(1).filter_map(|rest| Some(rest.split_once(".yaml")?.0)) {
            unused.remove(&format!("{cluster}.yaml"));
            let elsewhere = "crash-database-without-an-error-number place-virtual-node-is-full";
            let others =
                elsewhere.split(' ').map(|name| Path::new(PROJECT).join(format!("tests/cases/{name}/case.yaml")));
            let others: String = others.map(|path| fs::read_to_string(path).expect("a situation")).collect();
            let is_judged = situation.contains(cluster) || others.contains(cluster);
            assert!(is_judged, "{system}: no situation says what is right in {cluster}");
        }
        let index = fs::read_to_string(docs.join("README.md")).expect("docs/README.md");
        assert!(index.contains(&format!("systems/{system}.md")), "docs/README.md does not lead to {system}");
    }
    assert!(unused.is_empty(), "no page shows {unused:?}");
}

/// Whatever a document names of the situations is there.
#[test]
fn situations_that_documents_name_are_there() {
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document");
        for name in text.split('`').filter(|word| word.starts_with("tests/cases/") && word.ends_with("case.yaml")) {
            assert!(Path::new(PROJECT).join(name).exists(), "{}: there is no {name}", document.display());
        }
    }
}

/// SECURITY.md says only what a test holds.
#[test]
fn every_promise_of_security_names_its_test() {
    let text = fs::read_to_string(Path::new(PROJECT).join("SECURITY.md")).expect("SECURITY.md");
    let promises =
        text.split("\n## ").filter(|part| !part.starts_with("Report")).flat_map(|part| part.split("\n- ").skip(1));
    let promises: Vec<&str> = promises.collect();
    assert!(promises.len() > 15, "only {} promises", promises.len());
    for promise in promises {
        assert!(!named_tests(promise).is_empty(), "no test is named for: {promise}");
    }
}

#[test]
fn a_document_is_read_as_a_person_reads_it() {
    let text =
        "a\n```console\n$ one\nsays\n$ two \\\n> more\n```\nb\n<!-- not run here: why -->\n```console\n$ x\n```\nc\n";
    let (parts, reasons) = parse(text);
    assert_eq!(reasons, ["why"]);
    assert_eq!(parts.len(), 3);
    let Part::Session(session) = &parts[1] else { panic!("{parts:?}") };
    assert_eq!(session[0], Shown { command: "one".into(), output: "says\n".into() });
    assert_eq!(session[1], Shown { command: "two \\\nmore".into(), output: String::new() });
    assert_eq!(parts[0], Part::Text("a\n```console\n"));
    assert!(matches!(parts[2], Part::Text(rest) if rest.starts_with("```\nb\n") && rest.ends_with("c\n")));
}

#[test]
fn a_session_is_one_shell() {
    let shown = ["name=x; echo $name >&2", "(exit 3)", "echo $? $name", "kubectl daemonset version | head -n 1"];
    let shown: Vec<_> = shown.iter().map(|c| Shown { command: (*c).to_owned(), output: String::new() }).collect();
    let said = session(&shown, Path::new(PROJECT));
    let version = concat!("kubectl-daemonset v", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(said, ["x\n", "", "3 x\n", version]);
}
