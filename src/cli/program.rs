//! The program's name, as the user called it.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// How the user called us, from `argv[0]`: `kubectl daemonset` when the file is `kubectl-daemonset`,
/// `kubectl daemonset-doctor` when krew linked it as `kubectl-daemonset_doctor`, else the file's own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    name: String,
    path: PathBuf,
}

/// What kubectl puts before a plugin's name for the executable that completes its arguments.
const COMPLETER: &str = "kubectl_complete-";

impl Program {
    /// Reads the name from the first argument.
    pub fn from_args(first: Option<&OsString>) -> Self {
        let path = first.map_or_else(|| PathBuf::from("kubectl-daemonset"), PathBuf::from);
        let file = file_name(&path);
        let name = match file.strip_prefix("kubectl-").or_else(|| file.strip_prefix(COMPLETER)) {
            Some(plugin) => format!("kubectl {}", plugin.replace('-', " ").replace('_', "-")),
            None => file,
        };
        Program { name, path }
    }

    /// Whether kubectl runs us to complete the arguments of the plugin.
    pub fn is_completer(&self) -> bool {
        file_name(&self.path).starts_with(COMPLETER)
    }

    /// The path or the bare name that we were started by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name that kubectl looks for to complete this plugin's arguments; nothing where we are no plugin.
    pub fn completer(&self) -> Option<String> {
        let file = self.path.file_name()?.to_str()?;
        file.strip_prefix("kubectl-").map(|plugin| format!("{COMPLETER}{plugin}"))
    }
}

fn file_name(path: &Path) -> String {
    let file = path.file_name().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
    file.strip_suffix(".exe").map(str::to_owned).unwrap_or(file)
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_that_the_user_typed() {
        for (argv0, name, completer) in [
            ("/home/u/.krew/bin/kubectl-daemonset", "kubectl daemonset", Some("kubectl_complete-daemonset")),
            ("kubectl-daemonset_doctor", "kubectl daemonset-doctor", Some("kubectl_complete-daemonset_doctor")),
            ("kubectl-daemonset.exe", "kubectl daemonset", Some("kubectl_complete-daemonset.exe")),
            ("target/debug/kds", "kds", None),
        ] {
            let program = Program::from_args(Some(&argv0.into()));
            assert_eq!((program.to_string().as_str(), program.completer().as_deref()), (name, completer), "{argv0}");
            assert!(!program.is_completer(), "{argv0}");
            if let Some(completer) = completer {
                let program = Program::from_args(Some(&completer.into()));
                assert!(program.is_completer(), "{completer}");
                assert_eq!(program.to_string(), name, "{completer}");
            }
        }
    }
}
