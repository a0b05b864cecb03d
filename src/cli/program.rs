//! The program's name, as the user called it.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

/// How the user called us, from `argv[0]`: `kubectl daemonset` when the file is `kubectl-daemonset`,
/// `kubectl daemonset-doctor` when krew linked it as `kubectl-daemonset_doctor`, else the file's own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program(String);

impl Program {
    /// Reads the name from the first argument.
    pub fn from_args(first: Option<&OsString>) -> Self {
        let file = first.map(Path::new).and_then(Path::file_name).map(|f| f.to_string_lossy().into_owned());
        let file = file.unwrap_or_else(|| "kubectl-daemonset".into());
        let file = file.strip_suffix(".exe").unwrap_or(&file);
        match file.strip_prefix("kubectl-") {
            Some(plugin) => Program(format!("kubectl {}", plugin.replace('-', " ").replace('_', "-"))),
            None => Program(file.to_owned()),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_that_the_user_typed() {
        for (argv0, name) in [
            ("/home/u/.krew/bin/kubectl-daemonset", "kubectl daemonset"),
            ("kubectl-daemonset_doctor", "kubectl daemonset-doctor"),
            ("kubectl-daemonset.exe", "kubectl daemonset"),
            ("target/debug/kds", "kds"),
        ] {
            assert_eq!(Program::from_args(Some(&argv0.into())).to_string(), name, "{argv0}");
        }
    }
}
