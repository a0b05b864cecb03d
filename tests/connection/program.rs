//! Running programs in a home of the test's own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-daemonset");

/// A folder that is a user's home, gone with the test.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Home(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a written file");
        path
    }

    /// Puts a program there.
    #[cfg(unix)]
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.write(name, format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        path
    }

    /// A command with this home, in this folder, and nothing of the outer environment.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().current_dir(self.0.path()).env("HOME", self.0.path()).env("LC_ALL", "C.UTF-8");
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display())).stdin(Stdio::null());
        command
    }

    /// Runs our program with these arguments.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(PROGRAM).args(args))
    }
}

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

/// No run of these tests takes so long; one that does hangs.
const LONGEST: Duration = Duration::from_secs(120);

impl Ran {
    /// Runs it to its end.
    ///
    /// # Panics
    /// It hangs.
    #[track_caller]
    pub fn of(command: &mut Command) -> Ran {
        let line = format!("{command:?}");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Ran::ended(child.unwrap_or_else(|error| panic!("cannot run {line}: {error}")), &line)
    }

    /// Waits for the end of a child whose streams are pipes.
    #[track_caller]
    pub fn ended(mut child: Child, line: &str) -> Ran {
        let began = Instant::now();
        let read = |stream: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                stream.map(|mut stream| stream.read_to_end(&mut bytes));
                String::from_utf8(bytes).expect("output is UTF-8")
            })
        };
        let stdout = read(child.stdout.take().map(|s| Box::new(s) as Box<dyn Read + Send>));
        let stderr = read(child.stderr.take().map(|s| Box::new(s) as Box<dyn Read + Send>));
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            if began.elapsed() > LONGEST {
                drop(child.kill());
                panic!("{line} hangs");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = began.elapsed();
        Ran { status, stdout: stdout.join().expect("text"), stderr: stderr.join().expect("text"), took }
    }

    /// The exit code; nothing where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Both streams.
    pub fn told(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The first line on standard error, with its `hint:` and the like left out.
    pub fn error(&self) -> &str {
        self.stderr.lines().next().unwrap_or_default()
    }
}

/// Does all of the work in a few threads; they mostly wait.
pub fn in_parallel<T: Send>(work: Vec<T>, each: impl Fn(T) + Sync) {
    let work = Mutex::new(work);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let Some(next) = { work.lock().expect("no panic").pop() } {
                    each(next);
                }
            });
        }
    });
}
