//! `KUBECTL_EXTERNAL_DIFF`: another program shows the differences, as in `kubectl diff` (`DiffProgram`,
//! k8s.io/kubectl/pkg/cmd/diff/diff.go, v0.36.3).

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::cli::context::Context;
use crate::deploy::plan::Plan;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::yaml::{Style, emit};

/// The variable that names the program and its flags.
pub const VARIABLE: &str = "KUBECTL_EXTERNAL_DIFF";

/// Returns the program and its flags, where the user chose one. As in kubectl, a word with other characters than letters,
/// digits, `-` and `=` is no flag, and is left out.
pub fn chosen() -> Option<Vec<String>> {
    words(&std::env::var(VARIABLE).ok().filter(|text| !text.is_empty())?)
}

fn words(text: &str) -> Option<Vec<String>> {
    let is_flag = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-=".contains(c));
    let mut words = text.split(' ');
    let program = words.next().filter(|program| !program.is_empty())?;
    Some([program].into_iter().chain(words.filter(is_flag)).map(str::to_owned).collect())
}

/// Runs the program on two directories with a file for each object, and returns what its exit code says.
///
/// # Errors
/// The files cannot be written, the program cannot be run, or it ends with a code above 1.
pub fn run(command: &[String], plan: &Plan, context: &mut Context<'_>) -> Result<ExitCode> {
    let cannot = |error: std::io::Error| Error::new("cannot write the files to compare").because(&error);
    let folder = |name: &str| tempfile::Builder::new().prefix(&format!("{name}-")).tempdir();
    let (live, merged) = (folder("LIVE").map_err(cannot)?, folder("MERGED").map_err(cannot)?);
    for documents in plan.steps.iter().filter_map(|step| step.documents.as_ref()) {
        for (folder, document) in [(&live, &documents.before), (&merged, &documents.after)] {
            let write = |document: &Json| fs::write(folder.path().join(&documents.name), emit(document, Style::Block));
            document.as_ref().map_or(Ok(()), write).map_err(cannot)?;
        }
    }
    let [program, flags @ ..] = command else { return Err(Error::new(format!("`{VARIABLE}` names no program"))) };
    context.stdout.flush()?;
    let mut child = Command::new(program);
    // It sees the terminal itself, for its colours or its pager.
    child.arg(live.path()).arg(merged.path()).args(flags).stdin(Stdio::null());
    let cannot_run =
        |error: std::io::Error| Error::new(format!("cannot run `{program}` of {VARIABLE}")).because(&error);
    let status = child.status().map_err(cannot_run)?;
    match status.code() {
        Some(0) => Ok(ExitCode::Success),
        Some(1) => Ok(ExitCode::Differences),
        _ => Err(Error::new(format!("`{program}` of {VARIABLE} failed: {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn flags_are_kept_as_kubectl_keeps_them() {
        assert_eq!(words("colordiff -N -u").unwrap(), ["colordiff", "-N", "-u"]);
        assert_eq!(words("diff --color=always ;rm /x").unwrap(), ["diff", "--color=always"]);
        assert_eq!(words(" x"), None);
    }
}
