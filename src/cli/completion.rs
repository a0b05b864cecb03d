//! `completion`: make the shell complete our arguments.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use clap_complete::env::{EnvCompleter, Shells};

use crate::cli::complete::VARIABLE;
use crate::cli::context::Context;
use crate::cli::signals;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

/// Complete commands, flags and the cluster's names with <TAB>
///
/// kubectl completes with a second executable next to the plugin, which krew does not link. `completion install` creates
/// the link. Use the script of your shell if you run the program by its own name.
#[derive(Debug, Args)]
#[command(subcommand_value_name = "SHELL", after_help = EXAMPLES)]
pub struct Completion {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  # Let kubectl complete; the link survives upgrades
  kubectl daemonset completion install";

#[derive(Debug, Subcommand)]
enum What {
    /// Let kubectl complete: link the program as kubectl_complete-... where kubectl finds it
    Install(Install),
    /// Print the script for Bash
    Bash,
    /// Print the script for Zsh
    Zsh,
    /// Print the script for fish
    Fish,
    /// Print the script for PowerShell
    Powershell,
    /// Print the script for Elvish
    Elvish,
}

/// Where to link.
#[derive(Debug, Args)]
struct Install {
    /// Create the link in this directory of the PATH. Default: the directory of this program
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints a script, or links the completer.
///
/// # Errors
/// The folder cannot be written, holds something else of that name, or the program was not started as a plugin.
pub fn run(args: &Completion, context: &mut Context<'_>) -> Result<ExitCode> {
    let shell = match &args.what {
        What::Install(install) => return run_install(install, context),
        What::Bash => "bash",
        What::Zsh => "zsh",
        What::Fish => "fish",
        What::Powershell => "powershell",
        What::Elvish => "elvish",
    };
    let shells = Shells::builtins();
    let shell: &dyn EnvCompleter = shells.completer(shell).ok_or_else(|| Error::new("unknown shell"))?;
    let path = context.program.path();
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let completer = path.to_string_lossy();
    shell.write_registration(VARIABLE, "kubectl_daemonset", &file, &completer, context.stdout)?;
    Ok(ExitCode::Success)
}

fn run_install(args: &Install, context: &mut Context<'_>) -> Result<ExitCode> {
    let Some(name) = context.program.completer() else {
        let file = context.program.path().display();
        return Err(Error::new("cannot install the completion: the program does not run as a kubectl plugin")
            .cause(format!("this program was started as `{file}`, not as `kubectl-...`"))
            .hint("run `kubectl daemonset completion install`, or use a script such as `completion bash`"));
    };
    let program = found(context.program.path())?;
    let folder = match &args.dir {
        Some(folder) => folder.clone(),
        None => program.parent().map(Path::to_path_buf).unwrap_or_default(),
    };
    let link = folder.join(name);
    // Beside the program a bare name follows it when it moves, and krew when it replaces what is behind its own link.
    let beside = program.parent().is_some_and(|parent| same(parent, &folder));
    let target = match program.file_name() {
        Some(file) if beside => PathBuf::from(file),
        _ => program.clone(),
    };
    place(&link, &target, &program)?;
    writeln!(context.stderr, "kubectl completes `{}` with {}", context.program, link.display())?;
    if !on_path(&folder) {
        writeln!(
            context.stderr,
            "hint: add `{}` to the PATH, where kubectl looks for the executable",
            folder.display()
        )?;
    }
    Ok(ExitCode::Success)
}

/// The file that we were started by: as it was named, or found on the PATH by its bare name.
fn found(started: &Path) -> Result<PathBuf> {
    let named = started.components().count() > 1;
    let found = match named {
        true => Some(started.to_path_buf()),
        false => env::var_os("PATH").and_then(|list| {
            let mut folders = env::split_paths(&list);
            folders.find_map(|folder| Some(folder.join(started)).filter(|file| file.is_file()))
        }),
    };
    let file = found.ok_or_else(|| Error::new(format!("cannot find `{}` on the PATH", started.display())))?;
    std::path::absolute(&file).map_err(|error| Error::new(format!("cannot find `{}`", file.display())).because(&error))
}

/// Puts the link there, in place of an older link of ours but of nothing else.
fn place(link: &Path, target: &Path, program: &Path) -> Result<()> {
    signals::whole(|| replace(link, target, program))
}

fn replace(link: &Path, target: &Path, program: &Path) -> Result<()> {
    let failed = |error: &std::io::Error| {
        Error::new(format!("cannot write `{}`", link.display()))
            .because(error)
            .hint("name a writable directory of the PATH with `completion install --dir DIR`")
    };
    match fs::symlink_metadata(link) {
        Ok(there) if is_ours(&there, link, program) => fs::remove_file(link).map_err(|error| failed(&error))?,
        Ok(_) => {
            return Err(Error::new(format!(
                "cannot replace `{}`: the file does not belong to this program",
                link.display()
            ))
            .hint("remove the file if nothing needs it"));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(&error)),
    }
    link_to(target, program, link).map_err(|error| failed(&error))
}

#[cfg(unix)]
fn link_to(target: &Path, _program: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Not everybody may make symbolic links on Windows.
#[cfg(not(unix))]
fn link_to(_target: &Path, program: &Path, link: &Path) -> std::io::Result<()> {
    fs::copy(program, link).map(drop)
}

#[cfg(unix)]
fn is_ours(there: &fs::Metadata, link: &Path, program: &Path) -> bool {
    let to = fs::read_link(link).ok();
    there.is_symlink() && to.is_some_and(|to| to.file_name() == program.file_name())
}

#[cfg(not(unix))]
fn is_ours(there: &fs::Metadata, _link: &Path, _program: &Path) -> bool {
    there.is_file()
}

fn same(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn on_path(folder: &Path) -> bool {
    env::var_os("PATH").is_some_and(|list| env::split_paths(&list).any(|each| same(&each, folder)))
}
