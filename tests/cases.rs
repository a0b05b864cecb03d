//! Situations that somebody met, with the right answer, held against the built program.
//!
//! A situation is a folder with a `case.yaml` (`tests/cases/README.md` describes the format). The project's own stand in
//! `tests/cases`, shared ones in `../shared/cases`. An own situation must always be right. A shared one may fail only while
//! `tests/cases/expected-failures.txt` names it. `cargo test --test cases -- NAME` runs the situations with NAME in theirs.

// A test runner talks.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "summary/mod.rs"]
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fancy_regex::RegexBuilder;
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_yaml::Value;

/// How long one command may take. A loaded machine needs some of it.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How many lines of a wrong answer are shown.
const SHOWN_LINES: usize = 60;

/// What a `case.yaml` holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Situation {
    /// Where it was met, or `own`.
    source: String,
    what: String,
    why: String,
    /// Of a shared situation: how the program answered when it was written.
    #[serde(default, rename = "today")]
    _today: Value,
    run: Vec<Run>,
}

/// One command and the right answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    args: Vec<Value>,
    #[serde(default)]
    exit: Option<Exit>,
    /// An expression that the first finding of the worst severity must match.
    #[serde(default)]
    first: Option<String>,
    /// Expressions that stdout or stderr must match.
    #[serde(default)]
    must: Vec<String>,
    /// Expressions that neither may match.
    #[serde(default)]
    never: Vec<String>,
    /// The most lines that stdout may have.
    #[serde(default)]
    within: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Exit {
    One(i32),
    Any(Vec<i32>),
}

impl Exit {
    fn allows(&self, code: i32) -> bool {
        match self {
            Self::One(only) => *only == code,
            Self::Any(codes) => codes.contains(&code),
        }
    }
}

/// What a command gave.
struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Right and all situations of one kind, by `own NAME` or `shared NAME` without what follows the first `-`.
type Figures = Arc<Mutex<BTreeMap<String, (usize, usize)>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let figures = Figures::default();
    let mut trials = Vec::new();
    for name in situations(&root.join("tests/cases")) {
        trials.push(trial("own", root.join("tests/cases"), name, false, &figures));
    }
    let shared = root.join("../shared/cases");
    let may_fail = expected_failures(&root.join("tests/cases/expected-failures.txt"));
    let names = situations(&shared);
    if names.is_empty() {
        summary::absent("situations that are not the project's own", "../shared/cases");
    }
    for name in names {
        let listed = may_fail.contains(&name);
        trials.push(trial("shared", shared.clone(), name, listed, &figures));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (kind, (right, all)) in figures.lock().expect("no trial holds the figures").iter() {
        println!("{kind}: {right} of {all} right");
    }
    conclusion.exit_code()
}

/// One situation as a test. Where `may_fail`, a wrong answer is only counted, and a right one asks to shorten the list.
fn trial(place: &'static str, folder: PathBuf, name: String, may_fail: bool, figures: &Figures) -> Trial {
    let figures = Arc::clone(figures);
    Trial::test(format!("{place}/{name}"), move || {
        let wrong = check(&folder.join(&name));
        {
            let mut figures = figures.lock().expect("no trial panics with the figures");
            let kind = name.split('-').next().unwrap_or_default();
            let figure = figures.entry(format!("{place} {kind}")).or_default();
            figure.0 += usize::from(wrong.is_empty());
            figure.1 += 1;
        }
        match (wrong.is_empty(), may_fail) {
            (true, true) => println!("{name} is right: remove it from tests/cases/expected-failures.txt"),
            (false, false) => return Err(Failed::from(wrong.join("\n\n"))),
            (true, false) | (false, true) => {}
        }
        Ok(())
    })
}

/// Returns the situations under a folder by name, that is by their path in it.
fn situations(folder: &Path) -> BTreeSet<String> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            if file == "case.yaml" && !prefix.is_empty() {
                found.insert(prefix.to_owned());
            } else if entry.path().is_dir() {
                let below = if prefix.is_empty() { file } else { format!("{prefix}/{file}") };
                walk(&entry.path(), &below, found);
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(folder, "", &mut found);
    found
}

/// Returns the names in a list: one a line, `#` begins a comment.
fn expected_failures(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let names = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Runs the commands of a situation; returns what is wrong, one entry for a command.
fn check(folder: &Path) -> Vec<String> {
    let text = match fs::read_to_string(folder.join("case.yaml")) {
        Ok(text) => text,
        Err(why) => return vec![format!("case.yaml: {why}")],
    };
    let situation: Situation = match serde_yaml::from_str(&text) {
        Ok(situation) => situation,
        Err(why) => return vec![format!("case.yaml: {why}")],
    };
    if [&situation.source, &situation.what, &situation.why].iter().any(|text| text.trim().is_empty()) {
        return vec!["case.yaml: source, what or why is empty".to_owned()];
    }
    if situation.run.is_empty() {
        return vec!["case.yaml: no command under run".to_owned()];
    }
    situation.run.iter().filter_map(|run| wrong_in(folder, run)).collect()
}

/// Returns what is wrong with the answer to one command, with the beginning of the answer.
fn wrong_in(folder: &Path, run: &Run) -> Option<String> {
    let args: Vec<String> = run.args.iter().map(plain).collect();
    let line = args.join(" ");
    let answer = match answer(folder, &args) {
        Ok(answer) => answer,
        Err(why) => return Some(format!("{line}: {why}")),
    };
    let mut wrong = judge(run, &answer);
    if wrong.is_empty() {
        return None;
    }
    wrong.insert(0, line);
    let whole = format!("{}{}", answer.stdout, answer.stderr);
    wrong.extend(whole.lines().take(SHOWN_LINES).map(|line| format!("    | {line}")));
    Some(wrong.join("\n"))
}

/// Returns what an answer lacks or has too much, a line for each.
fn judge(run: &Run, answer: &Answer) -> Vec<String> {
    let mut wrong = Vec::new();
    if run.exit.as_ref().is_some_and(|exit| !exit.allows(answer.code)) {
        wrong.push(format!("  exit {}", answer.code));
    }
    let whole = fold(&format!("{}\n{}", answer.stdout, answer.stderr));
    let mut expect = |pattern: &str, text: &str, wanted: bool, complaint: &str| match found(pattern, text) {
        Ok(is_there) if is_there == wanted => {}
        Ok(_) => wrong.push(format!("  {complaint} /{pattern}/")),
        Err(why) => wrong.push(format!("  /{pattern}/: {why}")),
    };
    if let Some(pattern) = &run.first {
        expect(pattern, &first_finding(&answer.stdout), true, "the first finding lacks");
    }
    for pattern in &run.must {
        expect(pattern, &whole, true, "lacks");
    }
    for pattern in &run.never {
        expect(pattern, &whole, false, "has");
    }
    let lines = answer.stdout.lines().count();
    if run.within.is_some_and(|most| lines > most) {
        wrong.push(format!("  {lines} lines"));
    }
    wrong
}

/// An argument as text: YAML reads `5` as a number.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap_or_default().trim_end().to_owned(),
    }
}

/// Whether an expression matches somewhere in the text, without regard to case.
fn found(pattern: &str, text: &str) -> Result<bool, String> {
    let expression = RegexBuilder::new(pattern).case_insensitive(true).backtrack_limit(10_000_000).build();
    expression.and_then(|expression| expression.is_match(text)).map_err(|why| why.to_string())
}

/// The text with every run of spaces and line breaks as one space: where a line breaks is not judged here.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_whitespace() {
            folded.push(c);
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded
}

/// The first finding, folded: from the line that begins with a severity to the next such line or an empty one.
fn first_finding(stdout: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in stdout.lines() {
        let is_head = ["error", "warning", "info", "note"].iter().any(|severity| {
            line.strip_prefix(severity).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        if !lines.is_empty() && (is_head || line.trim().is_empty()) {
            break;
        }
        if is_head || !lines.is_empty() {
            lines.push(line);
        }
    }
    fold(&lines.join(" "))
}

/// Runs the program in a folder: 80 columns, no colour, no kubeconfig.
fn answer(folder: &Path, args: &[String]) -> Result<Answer, String> {
    // Files, not pipes: nobody needs to read while the program runs.
    let mut stdout = tempfile::tempfile().map_err(|why| why.to_string())?;
    let mut stderr = tempfile::tempfile().map_err(|why| why.to_string())?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KUBE")) {
        command.env_remove(name);
    }
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env("KUBECONFIG", "/dev/null").env("NO_COLOR", "1").env("COLUMNS", "80");
    command.stdout(stdout.try_clone().map_err(|why| why.to_string())?);
    command.stderr(stderr.try_clone().map_err(|why| why.to_string())?);
    let mut child = command.spawn().map_err(|why| why.to_string())?;
    let begin = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|why| why.to_string())? {
            Some(status) => break status,
            None if begin.elapsed() > TIME_LIMIT => {
                child.kill().and_then(|()| child.wait()).map_err(|why| why.to_string())?;
                return Err(format!("no answer in {}s", TIME_LIMIT.as_secs()));
            }
            None => sleep(Duration::from_millis(3)),
        }
    };
    let read = |file: &mut fs::File| {
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(|why| why.to_string())?;
        Ok::<_, String>(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Answer { code: status.code().unwrap_or(-1), stdout: read(&mut stdout)?, stderr: read(&mut stderr)? })
}
