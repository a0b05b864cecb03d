//! The exit codes of the program: what a script learns from a command.

use std::process;

/// The result of a command as a process reports it.
///
/// The meaning of a number depends on the command: `diff` follows diff(1), where 1 means differences. Tables for users
/// are in `docs/guides/ci.md` and `docs/deploy.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// The command did its work, and found nothing to fix.
    Success,
    /// The command could not run: usage, a file, the connection, an invalid document, no node to judge.
    Failure,
    /// `doctor`, `lint`, `status`, `compare`: findings at or above `--fail-on`, or the time of `--wait` is over.
    Findings,
    /// `diff`: the server would store something else than it has.
    Differences,
    /// `diff`: could not run. 1 means differences there.
    DiffFailure,
    /// `deploy`, `delete`: something was written, and the rest failed or timed out.
    PartlyDone,
    /// `deploy`, `delete`: refused before any write.
    RefusedBeforeWrite,
    /// A signal ended the program: 128 and the number of SIGINT, as shells count.
    Interrupted,
}

impl ExitCode {
    /// The number that the process returns.
    pub const fn number(self) -> u8 {
        match self {
            ExitCode::Success => 0,
            ExitCode::Failure | ExitCode::Differences => 1,
            ExitCode::Findings | ExitCode::DiffFailure | ExitCode::PartlyDone => 2,
            ExitCode::RefusedBeforeWrite => 3,
            ExitCode::Interrupted => 130,
        }
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        process::ExitCode::from(code.number())
    }
}
