//! What is said of a command line that cannot be understood, in the words that kubectl has for it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use owo_colors::OwoColorize;

use crate::cli::color::ColorArgs;
use crate::cli::daemon_set_name::daemon_set_name;
use crate::exit_code::ExitCode;
use crate::render::Theme;
use crate::render::text::{wrap, write_wrapped};
use crate::render::theme::Surroundings;
use crate::text::escape::escape;

/// Tells what clap made of the arguments, and gives the exit code: help and the version are answers, all else is a
/// mistake. `diff` says 1 of differences, so a mistake there is a 2, as kubectl's is.
pub fn tell(
    error: &Error,
    command: &Command,
    args: &[OsString],
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayVersion => {
            drop(write!(stdout, "{}", error.render().ansi()));
            ExitCode::Success
        }
        ErrorKind::DisplayHelp => {
            let help = asked_of_another(command, args).unwrap_or_else(|| error.render());
            drop(write!(stdout, "{}", help.ansi()));
            ExitCode::Success
        }
        // As `kubectl rollout` alone: its help is the answer, and nothing was done.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            drop(write!(stdout, "{}", error.render().ansi()));
            ExitCode::Failure
        }
        _ => {
            let path = path(command, args);
            let last = args.last().map(|word| word.to_string_lossy()).unwrap_or_default();
            let theme = ColorArgs::of_rejected(args).theme(&Surroundings::of_stderr());
            for line in mistake(error, command, &path, &last).lines() {
                drop(match line.strip_prefix(HEAD) {
                    // Colour means severity: nothing beside the head has one.
                    Some(sentence) => write_sentence(stderr, sentence, &theme),
                    None => write_wrapped(stderr, line, theme.line_width(), ("", "  ")),
                });
            }
            if path.first().is_some_and(|name| name == "diff") { ExitCode::DiffFailure } else { ExitCode::Failure }
        }
    }
}

/// What the sentence of an error begins with.
const HEAD: &str = "error:";

/// Writes the sentence of an error behind its head.
fn write_sentence(out: &mut dyn Write, sentence: &str, theme: &Theme) -> std::io::Result<()> {
    let lines = wrap(&format!("{HEAD}{sentence}"), theme.line_width().saturating_sub(2));
    for (i, line) in lines.iter().enumerate() {
        match line.strip_prefix(HEAD).filter(|_| i == 0) {
            Some(rest) => writeln!(out, "{}{rest}", HEAD.style(theme.styles.error))?,
            None => writeln!(out, "  {line}")?,
        }
    }
    Ok(())
}

/// The help of the command that is named behind the wish: `-h doctor` and `help doctor` ask what `doctor -h` does.
fn asked_of_another(command: &Command, args: &[OsString]) -> Option<clap::builder::StyledStr> {
    let at = args.iter().position(|arg| arg == "-h" || arg == "--help" || arg == "help")?;
    let mut moved = args.to_vec();
    moved.remove(at);
    moved.push("--help".into());
    let error = command.clone().try_get_matches_from(moved).err()?;
    (error.kind() == ErrorKind::DisplayHelp).then(|| error.render())
}

/// Returns the sub-commands that were typed, as far as clap recognizes them.
fn path(command: &Command, args: &[OsString]) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(matches) = command.clone().ignore_errors(true).try_get_matches_from(args) else { return found };
    let mut deepest = &matches;
    while let Some((name, below)) = deepest.subcommand() {
        found.push(name.to_owned());
        deepest = below;
    }
    found
}

/// The sentence, what was perhaps meant, and where to read on. `last` is the last word that was typed.
fn mistake(error: &Error, command: &Command, path: &[String], last: &str) -> String {
    let program = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let whole = std::iter::once(program).chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    // `--output <OUTPUT>` is called `--output`, and `[NAME]` is `NAME`.
    let called =
        |shown: &str| shown.split([' ', '=']).next().unwrap_or_default().trim_matches(['[', ']', '<', '>']).to_owned();
    let name = called(&argument);
    let value = text(ContextKind::InvalidValue);
    let sentence = match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with("--") => format!("unknown flag: {name}"),
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("unknown shorthand flag: '{}' in {argument}", argument.chars().nth(1).unwrap_or('-'))
        }
        ErrorKind::UnknownArgument => format!("unexpected argument: {argument}"),
        ErrorKind::InvalidSubcommand => {
            format!("unknown command \"{}\" for \"{whole}\"", text(ContextKind::InvalidSubcommand))
        }
        ErrorKind::InvalidValue if value.is_empty() => match last.strip_prefix('-').filter(|s| !s.starts_with('-')) {
            Some(short) => format!("flag needs an argument: '{}' in {last}", short.chars().last().unwrap_or('-')),
            None => format!("flag needs an argument: {name}"),
        },
        ErrorKind::InvalidValue => {
            let mut allowed = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(allowed)) => allowed.clone(),
                _ => Vec::new(),
            };
            match name.as_str() {
                "--output" => {
                    allowed.sort_unstable();
                    format!(
                        "unable to match a printer suitable for the output format \"{value}\", allowed formats are: {}",
                        allowed.join(",")
                    )
                }
                _ => format!("invalid argument \"{value}\" for \"{name}\" flag: must be one of {}", allowed.join(", ")),
            }
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            format!("invalid argument \"{value}\" for \"{name}\" flag: {why}")
        }
        ErrorKind::MissingRequiredArgument if argument.starts_with('<') => format!("must specify {name}"),
        ErrorKind::MissingRequiredArgument => format!("must specify {argument}"),
        ErrorKind::ArgumentConflict => match called(&text(ContextKind::PriorArg)) {
            other if other == name => format!("{name} can be used only once"),
            other => format!("only one of {other} and {name} can be specified"),
        },
        _ => {
            let told = error.render().to_string();
            let line = told.lines().next().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    };
    let mut out = format!("{HEAD} {}\n", escape(&sentence));
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        let meant = text(kind);
        if let Some(meant) = meant.split(", ").next().filter(|meant| !meant.is_empty()) {
            let _ = writeln!(out, "hint: did you mean `{meant}`?");
        }
    }
    // Somebody thought of the name alone, as of `kubectl get`.
    let typed = text(ContextKind::InvalidSubcommand);
    if path.is_empty() && !out.contains("\nhint: ") && daemon_set_name(&typed).is_ok() {
        let _ = writeln!(out, "hint: run `{whole} doctor {typed}` to check the DaemonSet {typed}");
    }
    let _ = writeln!(out, "See '{whole} --help' for usage.");
    out
}
