//! What files of a saved cluster are wrapped in: directories, compression, archives.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::stream::dispatch::Summary;
use crate::stream::fault::Fault;

/// How many wrappings (compression, archive) are taken off.
pub(super) const MOST_WRAPPINGS: u8 = 4;
/// The longest name of an archive member that is read.
const LONGEST_NAME: u64 = 64 << 10;
/// Number of leading bytes that decide the type of a file.
pub(super) const MAGIC: usize = 512;

/// The error of a file that cannot be read.
pub(super) fn cannot_read(name: &str, error: &std::io::Error) -> Error {
    Error::new(format!("cannot read snapshot `{name}`")).because(error)
}

/// All regular files below a directory, in order of their names. Links are not followed: one that stays inside
/// names what is visited anyway, one that leaves is none of the snapshot.
pub(super) fn files_below(root: &Path, summary: &mut Summary) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let told = |error| cannot_read(&directory.display().to_string(), &error);
        for entry in std::fs::read_dir(&directory).map_err(told)? {
            let entry = entry.map_err(told)?;
            let kind = entry.file_type().map_err(told)?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            } else {
                summary.not_followed += 1;
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Gives every regular member of a tar archive to `read`, with its path; returns how many members are links and the like,
/// which are not followed.
pub(super) fn for_members<R: Read>(
    name: &str,
    reader: R,
    mut read: impl FnMut(&str, &mut dyn Read) -> Result<()>,
) -> Result<u64> {
    let told = |error: std::io::Error| Fault::io(&error).told(name);
    let mut archive = tar::Archive::new(reader);
    let mut long_name = None;
    let mut not_followed = 0;
    for entry in archive.entries().map_err(told)?.raw(true) {
        let mut entry = entry.map_err(told)?;
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            if entry.size() > LONGEST_NAME {
                return Err(Fault::new("the archive is damaged").cause("the name of a member is too long").told(name));
            }
            let mut text = Vec::new();
            entry.read_to_end(&mut text).map_err(told)?;
            long_name = if kind.is_gnu_longname() { Some(text) } else { pax_path(&text).or(long_name) };
            continue;
        }
        let path = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let path = String::from_utf8_lossy(&path).trim_end_matches('\0').to_owned();
        if kind.is_file() || kind.is_contiguous() {
            read(&path, &mut entry)?;
        } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
            not_followed += 1;
        }
    }
    Ok(not_followed)
}

/// What a file is wrapped in.
pub(super) enum Wrapping {
    Gzip,
    Tar,
    /// UTF-16 text, and whether the lower byte comes first.
    Utf16(bool),
    /// What it is, and what the user can do.
    Other(&'static str, &'static str),
}

impl Wrapping {
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        const UNPACK: &str = "unpack the file first";
        let other = [
            (&b"PK\x03\x04"[..], "a zip archive", UNPACK),
            (b"\x28\xb5\x2f\xfd", "zstd compression", UNPACK),
            (b"\xfd7zXZ\0", "xz compression", UNPACK),
            (b"BZh", "bzip2 compression", UNPACK),
        ];
        if start.starts_with(b"\x1f\x8b") {
            return Some(Wrapping::Gzip);
        }
        if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
            return Some(Wrapping::Utf16(start[0] == 0xff));
        }
        if start.get(257..262) == Some(b"ustar") {
            return Some(Wrapping::Tar);
        }
        let (_, what, hint) = other.iter().find(|(magic, ..)| start.starts_with(magic))?;
        Some(Wrapping::Other(what, hint))
    }
}

/// The `path` of a member's extended header.
fn pax_path(header: &[u8]) -> Option<Vec<u8>> {
    let fields = tar::PaxExtensions::new(header).filter_map(|field| field.ok());
    fields.filter(|field| field.key_bytes() == b"path").last().map(|field| field.value_bytes().to_vec())
}
