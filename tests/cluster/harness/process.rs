//! Processes that never outlive the test.

use std::{
    borrow::BorrowMut,
    fmt,
    fs::File,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// What every program says on a full disk.
pub const NO_SPACE: &str = "no space left on device";

/// A background process whose standard input we hold: the upstream components are built to end when it ends (see
/// `leash.go`), which the kernel sees to however we go.
pub struct Process {
    name: String,
    log: PathBuf,
    // It holds our end of the pipe.
    child: Child,
}

impl Process {
    /// Starts `command`, its output going to `log`. When the test is gone, however it went, the process removes
    /// `remove` (if any) and ends.
    ///
    /// # Errors
    /// A sentence that says why it could not be started.
    pub fn start(name: &str, mut command: Command, log: &Path, remove: Option<&Path>) -> Result<Self, String> {
        let cannot = |what: &str, e: std::io::Error| format!("cannot {what} {}: {e}", log.display());
        let out = File::create(log).map_err(|e| cannot("write", e))?;
        let err = out.try_clone().map_err(|e| cannot("write", e))?;
        let remove = remove.map_or("-".as_ref(), Path::as_os_str);
        // A group of its own, so that ctrl-c reaches the test alone and what it says is not drowned.
        command.env("CLUSTER_LEASH", remove).stdin(Stdio::piped()).stdout(out).stderr(err).process_group(0);
        let child = command.spawn().map_err(|e| format!("cannot start {name}: {e}"))?;
        Ok(Self { name: name.to_owned(), log: log.to_owned(), child })
    }

    /// Why it is not running any more, in one sentence that names the log; None while it runs.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|l| !l.trim().is_empty()).collect();
        // Usage texts and stacks follow the reason.
        let full = lines.iter().find(|l| l.contains(NO_SPACE));
        let tells = |l: &&&str| l.starts_with("Error:") || l.starts_with("panic:") || l.contains("\"command failed\"");
        let telling = full.or_else(|| lines.iter().rev().find(tells));
        let last = telling.or(lines.last()).copied().unwrap_or("it said nothing");
        Some(format!("{} ended ({status}); its log is {}: {last}", self.name, self.log.display()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing that they store outlives the test, so they need not end in good order. Both fail only where it has
        // ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command that ran to its end said.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The command line, for messages.
    pub command: String,
    /// The exit code; 128 + n if signal n ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Runs `command` to its end.
    pub fn of(mut command: impl BorrowMut<Command>) -> Self {
        let command = command.borrow_mut();
        let line = format!("{command:?}").replace('"', "");
        let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("cannot run {line}: {e}"));
        Self::told(line, output)
    }

    /// Runs `command` before a reader that goes away once it has read something.
    pub fn unread(mut command: Command) -> Self {
        let line = format!("{command:?}").replace('"', "");
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap_or_else(|e| panic!("cannot run {line}: {e}"));
        let mut read = [0; 1 << 16];
        let stdout = child.stdout.take().map(|mut stdout| stdout.read(&mut read));
        assert!(stdout.is_some_and(|read| read.is_ok_and(|bytes| bytes > 0)), "{line} told nothing");
        Self::told(line, child.wait_with_output().unwrap_or_else(|e| panic!("cannot wait: {e}")))
    }

    fn told(command: String, output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
        Self { command, code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Itself, or a panic that tells all if the exit code was another.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Itself, or a panic that tells all if it failed.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.expect_code(0)
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("not JSON ({e}): {self}"))
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` exited {}\n--- stdout\n{}--- stderr\n{}", self.command, self.code, self.stdout, self.stderr)
    }
}
