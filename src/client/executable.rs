//! Where a program is found, as Go's `exec.LookPath` finds it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What became of a look for a program.
pub(crate) enum LookUp {
    /// It is here.
    Found(PathBuf),
    /// The first of its name is reached by an entry of `PATH` that is not absolute: Go's `exec.ErrDot`.
    Relative,
    /// There is none.
    Missing,
}

/// Looks for a program as Go's `exec.LookPath`: a name with a separator is a path, any other name is looked for in
/// `PATH`, and the first that is found by a relative entry ends the look.
pub(crate) fn look_up(name: &str, path: Option<&OsStr>) -> LookUp {
    if Path::new(name).components().count() > 1 {
        return LookUp::Found(PathBuf::from(name));
    }
    if name.is_empty() {
        return LookUp::Missing;
    }
    for folder in env::split_paths(path.unwrap_or_default()) {
        if let Some(program) = file_names(name).map(|file| folder.join(file)).find(|file| is_executable(file)) {
            return if folder.is_absolute() { LookUp::Found(program) } else { LookUp::Relative };
        }
    }
    LookUp::Missing
}

/// The files that a program's name stands for.
#[cfg(not(windows))]
fn file_names(name: &str) -> impl Iterator<Item = String> {
    std::iter::once(name.to_owned())
}

/// The files that a program's name stands for: the name itself if it has an extension, then with those of `PATHEXT`.
#[cfg(windows)]
fn file_names(name: &str) -> impl Iterator<Item = String> {
    let own = Path::new(name).extension().map(|_| name.to_owned());
    let known = env::var("PATHEXT").unwrap_or_else(|_| ".COM;.EXE;.BAT;.CMD".to_owned());
    let known: Vec<String> = known.split(';').filter(|e| !e.is_empty()).map(|e| format!("{name}{e}")).collect();
    own.into_iter().chain(known)
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}
