//! Handles ctrl-c, SIGTERM and SIGHUP.
//!
//! A separate thread waits for the signals, so that the program reacts also while it computes. The thread removes
//! unfinished files, reports what was interrupted, and ends the process with exit code 130.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::render::Theme;
use crate::render::theme::{Colour, Surroundings};

/// State of the work that a signal handler needs.
struct Work {
    words: String,
    hints: Vec<String>,
    unfinished: BTreeSet<PathBuf>,
}

static WORK: Mutex<Work> = Mutex::new(Work { words: String::new(), hints: Vec::new(), unfinished: BTreeSet::new() });

fn work() -> MutexGuard<'static, Work> {
    WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens from now on. Where the system does not let us, signals do what they always did.
pub fn listen() {
    let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
    let first = {
        let _entered = runtime.enter();
        // The handlers are there before the first work begins.
        first_signal()
    };
    let Ok(first) = first else { return };
    let wait = move || {
        runtime.block_on(first);
        end();
    };
    drop(thread::Builder::new().name("signals".to_owned()).spawn(wait));
}

#[cfg(unix)]
fn first_signal() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
    Ok(async move {
        let hangup = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup => {} }
    })
}

/// Whether `nohup` started the program. Only Linux reports this.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // SIGHUP is signal 1, the lowest bit.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(windows)]
fn first_signal() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
    let (mut interrupt, mut stop, mut close) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = stop.recv() => {}, _ = close.recv() => {} }
    })
}

/// Sets the message and the hints for a signal.
pub fn say(words: &str, hints: Vec<String>) {
    let mut work = work();
    words.clone_into(&mut work.words);
    work.hints = hints;
}

/// Runs work that a signal must not interrupt. The signal waits until the work is done.
pub fn whole<T>(what: impl FnOnce() -> T) -> T {
    let _held = work();
    what()
}

/// Makes a file that a signal removes, until it is [`finished`].
pub fn unfinished<T>(make: impl FnOnce() -> io::Result<T>, path: impl FnOnce(&T) -> &Path) -> io::Result<T> {
    let mut work = work();
    let made = make()?;
    work.unfinished.insert(path(&made).to_path_buf());
    Ok(made)
}

/// Finishes such a file, by putting it in its place or removing it.
pub fn finished<T>(path: &Path, finish: impl FnOnce() -> T) -> T {
    let mut work = work();
    work.unfinished.remove(path);
    finish()
}

/// Longest time that a reader of standard error has to take the last words.
const MAX_LAST_WORDS: Duration = Duration::from_millis(50);

#[expect(clippy::exit, reason = "other threads compute or wait, and know nothing of the signal")]
fn end() -> ! {
    // Held to the end: nothing is made or put in its place any more.
    let mut work = work();
    for path in std::mem::take(&mut work.unfinished) {
        drop(std::fs::remove_file(path));
    }
    let words = if work.words.is_empty() { "interrupted" } else { &work.words };
    let error = work.hints.iter().fold(Error::new(words), |error, hint| error.hint(hint));
    let mut text = Vec::new();
    if io::stderr().is_terminal() {
        // A line that counts may stand there.
        text.extend_from_slice(b"\r\x1b[K");
    }
    let theme = Theme::decide(Colour::Auto, &Surroundings::of_stderr());
    drop(crate::cli::error_text::tell(&error, &theme, &mut text));
    let (send, told) = mpsc::channel();
    thread::spawn(move || {
        // Standard error itself is locked by whoever works.
        drop(standard_error().and_then(|mut out| out.write_all(&text)));
        // Whoever waited has gone.
        let _ = send.send(());
    });
    // Nothing more can be done for a reader who is too slow.
    let _ = told.recv_timeout(MAX_LAST_WORDS);
    std::process::exit(i32::from(ExitCode::Interrupted.number()))
}

#[cfg(unix)]
fn standard_error() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    io::stderr().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

#[cfg(windows)]
fn standard_error() -> io::Result<std::fs::File> {
    use std::os::windows::io::AsHandle;
    io::stderr().as_handle().try_clone_to_owned().map(std::fs::File::from)
}
