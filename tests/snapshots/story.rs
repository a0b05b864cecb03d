//! Runs of the program one after another, as a person sees them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Columns of a common terminal.
pub const COLUMNS: usize = 80;
/// Columns of a wide one.
pub const WIDE: usize = 160;

/// A folder with files, and what the commands that were run in it printed.
pub struct Story {
    folder: PathBuf,
    /// Removes the folder at the end, where it is the story's own.
    temporary: Option<tempfile::TempDir>,
    environment: Vec<(&'static str, String)>,
    text: String,
}

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Story {
    /// In an empty folder.
    pub fn new() -> Story {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        Story { folder: temporary.path().to_owned(), temporary: Some(temporary), ..Story::of_project() }
    }

    /// In the folder of the project.
    pub fn of_project() -> Story {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
        Story { folder, temporary: None, environment: vec![("LC_ALL", "C.UTF-8".to_owned())], text: String::new() }
    }

    /// With a variable of the environment from here on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
    }

    /// Writes a file without a word about it.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }

    /// Runs the program and says nothing about it.
    pub fn run_silently(&self, columns: usize, args: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"))
            .args(args)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("HOME", self.folder.join("home"))
            .env("COLUMNS", columns.to_string())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs the program in a terminal of so many columns, and shows what it printed.
    pub fn run(&mut self, columns: usize, args: &[&str]) -> Ran {
        let ran = self.run_silently(columns, args);
        self.heading(columns, args);
        self.say(&ran.stdout);
        if !ran.stderr.is_empty() {
            self.text.push_str("-- stderr\n");
            self.say(&ran.stderr);
        }
        let _ = writeln!(self.text, "-- exit code {}", ran.code);
        ran
    }

    /// Runs the program on a terminal of so many columns, and shows what stands there at the end.
    #[cfg(target_os = "linux")]
    pub fn run_on_terminal(&mut self, columns: usize, args: &[&str]) {
        let line =
            format!("stty cols {columns} rows 24; exec {} {}", env!("CARGO_BIN_EXE_kubectl-daemonset"), args.join(" "));
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.join("home"))
            .env("TERM", "xterm")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("`script` of util-linux runs");
        let text = String::from_utf8(output.stdout).expect("output is UTF-8").replace("\r\n", "\n");
        self.heading(columns, args);
        self.say(&at_the_end(&text));
        let _ = writeln!(self.text, "-- exit code {}", output.status.code().unwrap_or(-1));
    }

    /// Shows a command; what it gives is added with [`Story::say`].
    pub fn heading(&mut self, columns: usize, args: &[&str]) {
        let quoted = |word: &&str| match word.contains(' ') {
            true => format!("'{word}'"),
            false => (*word).to_owned(),
        };
        let line = args.iter().map(quoted).collect::<Vec<_>>().join(" ");
        let width = if columns == COLUMNS { String::new() } else { format!("   # {columns} columns") };
        let gap = if self.text.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.text, "{gap}$ kubectl daemonset {line}{width}");
    }

    /// Adds a text, with colours spelled out.
    pub fn say(&mut self, text: &str) {
        self.text.push_str(&spelled(text));
        if !text.is_empty() && !text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// All of it, without the name of the temporary folder.
    pub fn text(&self) -> String {
        match &self.temporary {
            Some(folder) => self.text.replace(&folder.path().display().to_string(), "FOLDER"),
            None => self.text.clone(),
        }
    }
}

/// What is left on a screen whose last lines were drawn anew: `ESC[nA ESC[J` goes up and clears the rest.
#[cfg(target_os = "linux")]
fn at_the_end(text: &str) -> String {
    let mut screen = String::new();
    for (at, piece) in text.split("\u{1b}[J").enumerate() {
        if at > 0 {
            let (before, up) = screen.rsplit_once("\u{1b}[").expect("goes up first");
            let up: usize = up.strip_suffix('A').and_then(|up| up.parse().ok()).expect("a number of lines");
            let lines: Vec<&str> = before.split_inclusive('\n').collect();
            screen = lines[..lines.len() - up].concat();
        }
        screen.push_str(piece);
    }
    screen
}

/// The parts between escape sequences that choose a style, each with the numbers of the sequence before it.
fn pieces(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    text.split("\u{1b}[").enumerate().map(|(at, piece)| match at {
        0 => (None, piece),
        _ => {
            let (numbers, rest) = piece.split_once('m').unwrap_or_else(|| panic!("chooses no style: {piece:?}"));
            (Some(numbers), rest)
        }
    })
}

/// A text without its colours.
pub fn plain(text: &str) -> String {
    pieces(text).map(|(_, piece)| piece).collect()
}

/// A text whose colours can be read: `<red bold>error</>`.
fn spelled(text: &str) -> String {
    let name = |number: &str| match number {
        "1" => "bold".to_owned(),
        "2" => "dim".to_owned(),
        "4" => "underlined".to_owned(),
        "31" => "red".to_owned(),
        "32" => "green".to_owned(),
        "33" => "yellow".to_owned(),
        "36" => "cyan".to_owned(),
        other => format!("style {other}"),
    };
    let mut out = String::new();
    for (numbers, piece) in pieces(text) {
        match numbers {
            None => {}
            Some("" | "0") => out.push_str("</>"),
            Some(numbers) => {
                let names: Vec<String> = numbers.split(';').map(name).collect();
                let _ = write!(out, "<{}>", names.join(" "));
            }
        }
        out.push_str(piece);
    }
    out
}

/// Does all of the work on a few threads, and gives what comes of it in the same order.
pub fn in_parallel<T: Sync, R: Send>(work: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((at, item)) = {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    work.get(at).map(|item| (at, item))
                } {
                    let result = each(item);
                    done.lock().expect("no panic").push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
