//! What a shell may offer next: the engine behind `kubectl_complete-daemonset` and behind the scripts that
//! `completion` prints.
//!
//! kubectl runs the executable `kubectl_complete-<plugin>` with the words behind the plugin's name, the last of which
//! is being typed. It wants one candidate a line, a tab before its description, and at the end what the shell should
//! do with them, as cobra's `:<bits>`.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use clap::{Args, Command, FromArgMatches};
use clap_complete::engine::{self, ArgValueCompleter, CompletionCandidate};

use crate::cli::color::ColorArgs;
use crate::cli::connection::ConnectionArgs;
use crate::client::completion_names::names;
use crate::client::kubeconfig::Defined;
use crate::client::{Connection, Environment, Flags, Patience, Target};
use crate::model::wire::Kind;

/// Maximum time that a shell prompt waits for the cluster.
const PATIENCE: Duration = Duration::from_secs(1);

/// cobra's bits: nothing more to offer, not even files; and: do not put a space behind the candidate.
const NO_FILES: u8 = 4;
const NO_SPACE: u8 = 2;

/// Answers kubectl: candidates for the last of `words`, which are what was typed behind the plugin's name.
///
/// # Errors
/// Only those of writing. What cannot be found out is not offered, and nothing is said about it.
pub fn answer_kubectl(command: Command, words: &[OsString], out: &mut dyn Write) -> std::io::Result<()> {
    let typed = words.last().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    let files = Arc::new(AtomicBool::new(false));
    let mut command = with_completers(command, words, Some(&files));
    let mut arguments = vec![OsString::from("kubectl-daemonset")];
    arguments.extend_from_slice(words);
    if words.is_empty() {
        arguments.push(OsString::new());
    }
    let last = arguments.len() - 1;
    let candidates = engine::complete(&mut command, arguments, last, None).unwrap_or_default();
    // The shell puts back the flag of `--flag=val` itself.
    let flag = typed.split_once('=').filter(|(flag, _)| flag.starts_with('-')).map(|(flag, _)| format!("{flag}="));
    let mut text = String::new();
    let mut bits = if files.load(Ordering::Relaxed) { 0 } else { NO_FILES };
    for candidate in &candidates {
        let Some(value) = candidate.get_value().to_str() else { continue };
        if value.starts_with('-') && !typed.starts_with('-') || value.chars().any(char::is_control) {
            continue;
        }
        let value = flag.as_deref().and_then(|flag| value.strip_prefix(flag)).unwrap_or(value);
        if value.ends_with('=') {
            bits |= NO_SPACE;
        }
        text.push_str(value);
        let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        if let Some(line) = help.lines().next().filter(|line| !line.is_empty()) {
            let _ = write!(text, "\t{line}");
        }
        text.push('\n');
    }
    writeln!(out, "{text}:{bits}")?;
    out.flush()
}

/// The command, with something to ask for the values that only a kubeconfig or a cluster knows. Arguments are known by
/// what they are called: a flag by its name, a DaemonSet by the value name `NAME` or `NAMES`. Paths are left to a shell that
/// wants to find them itself: it is told by `files`.
fn with_completers(command: Command, words: &[OsString], files: Option<&Arc<AtomicBool>>) -> Command {
    let before = words.split_last().map_or(&[][..], |(_, before)| before);
    // A saved cluster was named: its names are not those of a live one.
    let saved = before.iter().any(|word| word.to_string_lossy().starts_with("--snapshot"));
    let flags = (!saved).then(|| flags_of(command.clone(), before));
    // Help does not repeat the connection flags, a shell offers them.
    walk(command.mut_args(|argument| argument.hide(false)), flags.as_ref(), files)
}

fn walk(command: Command, flags: Option<&Flags>, files: Option<&Arc<AtomicBool>>) -> Command {
    let command = command.mut_args(|argument| {
        let path = matches!(argument.get_value_hint(), clap::ValueHint::AnyPath | clap::ValueHint::FilePath);
        let value_name = argument.get_value_names().and_then(|names| names.first()).map(|name| name.as_str());
        let wanted = match argument.get_long() {
            Some("namespace") => CompletionKind::Namespaces,
            Some("context") => CompletionKind::Contexts,
            Some("cluster") => CompletionKind::Clusters,
            Some("user") => CompletionKind::Users,
            Some("node") => CompletionKind::Nodes,
            _ if path && files.is_some() => CompletionKind::Files,
            None if argument.is_positional() && matches!(value_name, Some("NAME" | "NAMES")) => {
                CompletionKind::DaemonSets
            }
            _ => return argument,
        };
        let (flags, files) = (flags.cloned(), files.map(Arc::clone));
        argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
            if let CompletionKind::Files = wanted {
                files.iter().for_each(|files| files.store(true, Ordering::Relaxed));
                return Vec::new();
            }
            let typed = typed.to_string_lossy();
            let found = flags.as_ref().map(|flags| wanted.ask(flags)).unwrap_or_default();
            let fitting = found.into_iter().filter(|name| name.starts_with(&*typed));
            fitting.map(CompletionCandidate::new).collect()
        }))
    });
    command.mut_subcommands(|command| walk(command, flags, files))
}

/// The connection flags that were typed already. What else was typed may be wrong or not complete yet.
fn flags_of(command: Command, words: &[OsString]) -> Flags {
    let name = OsString::from("kubectl-daemonset");
    let matches = command.ignore_errors(true).try_get_matches_from(std::iter::once(&name).chain(words));
    let Ok(matches) = matches else { return Flags::default() };
    let mut deepest = &matches;
    while let Some((_, below)) = deepest.subcommand() {
        deepest = below;
    }
    // A command that does not connect has no such flags.
    let known = ColorArgs::augment_args(ConnectionArgs::augment_args(Command::new("flags")));
    if known.get_arguments().any(|argument| deepest.try_contains_id(argument.get_id().as_str()).is_err()) {
        return Flags::default();
    }
    ConnectionArgs::from_arg_matches(deepest).map(|arguments| arguments.flags()).unwrap_or_default()
}

/// What only a kubeconfig or a cluster knows.
#[derive(Debug, Clone, Copy)]
enum CompletionKind {
    Contexts,
    Clusters,
    Users,
    Namespaces,
    Nodes,
    DaemonSets,
    Files,
}

impl CompletionKind {
    /// Returns the sorted names, or none if they are not available in time. Never prompts for credentials.
    fn ask(self, flags: &Flags) -> Vec<String> {
        let environment = Environment { interactive: false, ..Environment::of_process() };
        let flags = flags.clone();
        let defined = |pick: fn(Defined) -> Vec<String>| Defined::read(&flags, &environment).ok().map(pick);
        let names = match self {
            CompletionKind::Contexts => defined(|defined| defined.contexts),
            CompletionKind::Clusters => defined(|defined| defined.clusters),
            CompletionKind::Users => defined(|defined| defined.users),
            CompletionKind::Files => None,
            CompletionKind::Namespaces => in_time(move || listed(&flags, &environment, Kind::Namespace)),
            CompletionKind::Nodes => in_time(move || listed(&flags, &environment, Kind::Node)),
            CompletionKind::DaemonSets => in_time(move || listed(&flags, &environment, Kind::DaemonSet)),
        };
        let mut names = names.unwrap_or_default();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Does the work aside, since it may hang in a credential plugin or in a lookup of names. A thread that is late is
/// left alone: the process ends before it.
fn in_time(work: impl FnOnce() -> Option<Vec<String>> + Send + 'static) -> Option<Vec<String>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || drop(send.send(work())));
    receive.recv_timeout(PATIENCE).ok().flatten()
}

fn listed(flags: &Flags, environment: &Environment, kind: Kind) -> Option<Vec<String>> {
    let target = Target::choose(flags, environment).ok()?;
    let namespace = matches!(kind, Kind::DaemonSet).then(|| target.namespace.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let connection = Connection::open(target, Patience::default()).await.ok()?;
        names(&connection, kind, namespace.as_deref()).await.ok()
    })
}

/// The variable by which the scripts of `completion` ask.
pub const VARIABLE: &str = "KUBECTL_DAEMONSET_COMPLETE";

/// Answers a script of `completion`, if it was one that started us.
///
/// # Errors
/// The shell is not known, or the answer cannot be written.
pub fn answer_script(command: impl Fn() -> Command, args: &[OsString]) -> clap::error::Result<bool> {
    let typed = args.iter().skip_while(|word| *word != "--").skip(2).cloned().collect::<Vec<_>>();
    let factory = || with_completers(command(), &typed, None);
    let here = std::env::current_dir().ok();
    clap_complete::CompleteEnv::with_factory(factory).var(VARIABLE).try_complete(args, here.as_deref())
}
