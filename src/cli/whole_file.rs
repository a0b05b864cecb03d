//! Writes files atomically, readable only by their owner.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::cli::{encoding, signals};
use crate::error::{Error, Result};

/// Writes a file. The content goes into a file of a random name beside it, which is new and the user's alone from its
/// first byte, and which takes the name when it is whole; it is removed if the work fails or a signal ends it.
///
/// A regular file is replaced. A device or a FIFO is written to, as `cp` does. A link, a folder or a socket is refused:
/// another user may have put a link there.
///
/// # Errors
/// Those of `fill`; the file is of another kind, or cannot be written.
pub fn whole_file<T>(path: &Path, fill: impl FnOnce(&mut File) -> Result<T>) -> Result<T> {
    let failed = |error: &io::Error| Error::new(format!("cannot write `{}`", path.display())).because(error);
    let refused =
        |what: &str| Error::new(format!("cannot write `{}`", path.display())).cause(format!("the path is {what}"));
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => {
            return Err(refused("a symbolic link").hint("name the target of the link, or `-` for standard output"));
        }
        Ok(there) if there.is_dir() => return Err(refused("a directory")),
        Ok(there) if is_device(&there) => {
            let mut file = OpenOptions::new().write(true).open(path).map_err(|error| failed(&error))?;
            if file.metadata().is_ok_and(|opened| opened.is_file()) {
                return Err(refused("no longer the same file"));
            }
            return fill(&mut file);
        }
        Ok(there) if !there.is_file() => return Err(refused("not a regular file")),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(&error)),
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let make = || tempfile::Builder::new().prefix(".kubectl-daemonset-").suffix(".part").tempfile_in(folder);
    let mut file = signals::unfinished(make, NamedTempFile::path).map_err(|error| failed(&error))?;
    let name = file.path().to_path_buf();
    match fill(file.as_file_mut()) {
        Ok(filled) => match signals::finished(&name, || file.persist(path)) {
            Ok(_) => Ok(filled),
            Err(error) => Err(failed(&error.error)),
        },
        Err(error) => {
            signals::finished(&name, || drop(file));
            Err(error)
        }
    }
}

/// Writes a text in the place of the one that was read from a file, whose permissions stay.
///
/// # Errors
/// The file holds something else by now, is not in UTF-8, or cannot be written.
pub fn rewrite(path: &Path, before: &str, after: &str) -> Result<()> {
    let failed = |error: &io::Error| Error::new(format!("cannot write `{}`", path.display())).because(error);
    let there = fs::read(path).map_err(|error| failed(&error))?;
    if there != before.as_bytes() {
        let why = match encoding::utf_16(&there) {
            Some(_) => "the file is not in UTF-8",
            None => "the file changed after it was read",
        };
        return Err(Error::new(format!("cannot write `{}`", path.display())).cause(why));
    }
    write_like(path, path, after)
}

/// Writes a text into a file with the permissions of another one.
///
/// # Errors
/// The file cannot be written.
pub fn write_like(path: &Path, model: &Path, text: &str) -> Result<()> {
    let failed = |error: &io::Error| Error::new(format!("cannot write `{}`", path.display())).because(error);
    let permissions = fs::metadata(model).map_err(|error| failed(&error))?.permissions();
    whole_file(path, |file| {
        let regular = file.metadata().is_ok_and(|there| there.is_file());
        let write = file.write_all(text.as_bytes());
        let write = write.and_then(|()| if regular { file.set_permissions(permissions) } else { Ok(()) });
        write.map_err(|error| failed(&error))
    })
}

#[cfg(unix)]
fn is_device(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = file.file_type();
    kind.is_char_device() || kind.is_block_device() || kind.is_fifo()
}

#[cfg(not(unix))]
fn is_device(_file: &fs::Metadata) -> bool {
    false
}
