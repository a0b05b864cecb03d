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

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-daemonset");

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
    let update = std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty());
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
