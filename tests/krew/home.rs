//! A user's home for a test: a folder of programs, a krew of its own, nothing from outside.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::binaries::Binaries;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-daemonset");

/// The folder of the project.
pub const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// What a command said.
#[derive(Debug)]
pub struct Said {
    command: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Runs it to its end; what it reads from standard input is empty.
    pub fn of(command: &mut Command) -> Said {
        let line = format!("{command:?}");
        let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("cannot run {line}: {error}"));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Said { command: line, code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub fn ok(self) -> Said {
        assert_eq!(self.code, 0, "{}\n{}{}", self.command, self.stdout, self.stderr);
        self
    }

    /// It failed, and said this.
    #[track_caller]
    pub fn refused(self, words: &str) -> Said {
        assert_ne!(self.code, 0, "{}\n{}{}", self.command, self.stdout, self.stderr);
        self.told(words)
    }

    /// One of its streams holds this.
    #[track_caller]
    pub fn told(self, words: &str) -> Said {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(all.contains(words), "{}\nnot a word of `{words}` in:\n{all}", self.command);
        self
    }
}

/// It is gone with the test.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A home without any program of ours: git alone, and what every system has.
    pub fn new() -> Home {
        let home = Home { folder: TempDir::new().expect("a temporary folder") };
        fs::create_dir_all(home.bin()).expect("a folder");
        home
    }

    /// A home with the real kubectl and the real krew.
    pub fn with_kubectl() -> Home {
        let home = Home::new();
        let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
        symlink(binaries.kubectl(), home.bin().join("kubectl")).expect("a link");
        symlink(binaries.krew(), home.bin().join("kubectl-krew")).expect("a link");
        symlink(binaries.validate_krew_manifest(), home.bin().join("validate-krew-manifest")).expect("a link");
        home
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where its programs are.
    pub fn bin(&self) -> PathBuf {
        self.path("bin")
    }

    /// Where krew keeps its things.
    pub fn krew_root(&self) -> PathBuf {
        self.path("krew")
    }

    /// Puts a file there.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a written file");
        path
    }

    /// A command with nothing of the outer environment.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let path =
            format!("{}:{}:/usr/local/bin:/usr/bin:/bin", self.bin().display(), self.krew_root().join("bin").display());
        let program = program.as_ref();
        let own = self.bin().join(program);
        let mut command = Command::new(if own.exists() { own.as_os_str() } else { program });
        command.env_clear().current_dir(self.folder.path());
        for (name, value) in [
            ("HOME", self.folder.path().as_os_str()),
            ("PATH", path.as_ref()),
            ("KREW_ROOT", self.krew_root().as_os_str()),
            ("KREW_NO_UPGRADE_CHECK", "1".as_ref()),
            ("GIT_CONFIG_GLOBAL", "/dev/null".as_ref()),
            ("GIT_CONFIG_SYSTEM", "/dev/null".as_ref()),
            ("LC_ALL", "C.UTF-8".as_ref()),
        ] {
            command.env(name, value);
        }
        command
    }

    /// Runs a line of words.
    pub fn run(&self, line: &str) -> Said {
        let mut words = line.split_whitespace();
        Said::of(self.command(words.next().expect("a program")).args(words))
    }

    /// Makes the folder a repository, or commits what changed in it.
    pub fn commit(&self, folder: &Path, message: &str) {
        let git = |arguments: &[&str]| {
            let identity =
                ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"];
            Said::of(self.command("git").current_dir(folder).args(identity).args(arguments)).ok();
        };
        if !folder.join(".git").exists() {
            git(&["init", "--quiet"]);
        }
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", message]);
    }
}

/// Packs a program with the script that releases use.
pub fn archive(platform: (&str, &str), program: &Path, dist: &Path) -> Said {
    let script = Path::new(PROJECT).join("krew/archive.sh");
    Said::of(Command::new(script).args([platform.0, platform.1]).arg(program).arg(dist))
}

/// Writes the manifest with the script that releases use.
pub fn manifest(name: &str, tag: &str, dist: &Path, url: &str) -> Said {
    let script = Path::new(PROJECT).join("krew/manifest.sh");
    Said::of(Command::new(script).args([name, tag]).arg(dist).arg(url))
}

/// A program to pack where its content does not matter.
pub fn stand_in(home: &Home, words: &str) -> PathBuf {
    home.write("stand-in", &format!("#!/bin/sh\necho {words}\n"))
}

/// This machine, in the words of krew.
pub fn platform() -> (&'static str, &'static str) {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    (if cfg!(target_os = "macos") { "darwin" } else { "linux" }, arch)
}
