//! Writes files atomically, readable only by their owner.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::signals;
use crate::error::{Error, Result};
use crate::text::encoding::utf_16;

/// A file that is being written: its content goes into a file of a random name beside it, which is new and the user's
/// alone from its first byte, and which takes the name when it is whole. Dropped before, or ended by a signal, it leaves
/// nothing behind.
///
/// A regular file is replaced. A device or a FIFO is written to, as `cp` does. A link, a folder or a socket is refused:
/// another user may have put a link there.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A regular file in the making, and its present name.
    Beside(Option<NamedTempFile>, PathBuf),
    /// A device or FIFO.
    Device(File),
}

impl WholeFile {
    /// Begins a file.
    ///
    /// # Errors
    /// The path is of another kind, or cannot be written.
    pub fn begin(path: &Path) -> Result<Self> {
        let failed = |error: &io::Error| failed(path, error);
        let refused =
            |what: &str| Error::new(format!("cannot write `{}`", path.display())).cause(format!("the path is {what}"));
        match fs::symlink_metadata(path) {
            Ok(there) if there.is_symlink() => {
                return Err(refused("a symbolic link").hint("name the target of the link, or `-` for standard output"));
            }
            Ok(there) if there.is_dir() => return Err(refused("a directory")),
            Ok(there) if is_device(&there) => {
                let file = OpenOptions::new().write(true).open(path).map_err(|error| failed(&error))?;
                if file.metadata().is_ok_and(|opened| opened.is_file()) {
                    return Err(refused("no longer the same file"));
                }
                return Ok(WholeFile { path: path.to_path_buf(), content: Content::Device(file) });
            }
            Ok(there) if !there.is_file() => return Err(refused("not a regular file")),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&error)),
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let make = || tempfile::Builder::new().prefix(".kubectl-daemonset-").suffix(".part").tempfile_in(folder);
        let file = signals::unfinished(make, NamedTempFile::path).map_err(|error| failed(&error))?;
        let name = file.path().to_path_buf();
        Ok(WholeFile { path: path.to_path_buf(), content: Content::Beside(Some(file), name) })
    }

    /// The name that the file gets.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        match &mut self.content {
            Content::Beside(file, _) => {
                file.as_mut().expect("the file is taken only when it is finished").as_file_mut()
            }
            Content::Device(file) => file,
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// The file cannot be renamed.
    pub fn finish(mut self) -> Result<()> {
        match &mut self.content {
            Content::Beside(file, name) => match file.take() {
                Some(file) => signals::finished(name, || file.persist(&self.path))
                    .map(drop)
                    .map_err(|error| failed(&self.path, &error.error)),
                None => Ok(()),
            },
            Content::Device(_) => Ok(()),
        }
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Content::Beside(file, name) = &mut self.content
            && let Some(file) = file.take()
        {
            signals::finished(name, || drop(file));
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::new(format!("cannot write `{}`", path.display())).because(error)
}

/// Writes a file, in whole or not at all ([`WholeFile`]).
///
/// # Errors
/// Those of `fill`; the file is of another kind, or cannot be written.
pub fn whole_file<T>(path: &Path, fill: impl FnOnce(&mut File) -> Result<T>) -> Result<T> {
    let mut file = WholeFile::begin(path)?;
    let filled = fill(file.file())?;
    file.finish()?;
    Ok(filled)
}

/// Writes a text in the place of the one that was read from a file, whose permissions stay.
///
/// # Errors
/// The file holds something else by now, is not in UTF-8, or cannot be written.
pub fn rewrite(path: &Path, before: &str, after: &str) -> Result<()> {
    let there = fs::read(path).map_err(|error| failed(path, &error))?;
    if there != before.as_bytes() {
        let why = match utf_16(&there) {
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
    let permissions = fs::metadata(model).map_err(|error| failed(path, &error))?.permissions();
    whole_file(path, |file| {
        let regular = file.metadata().is_ok_and(|there| there.is_file());
        let write = file.write_all(text.as_bytes());
        let write = write.and_then(|()| if regular { file.set_permissions(permissions) } else { Ok(()) });
        write.map_err(|error| failed(path, &error))
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
