//! The files of `-f`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::context::Context;
use crate::cli::kustomize::built;
use crate::error::{Error, Result};
use crate::manifest::lint::EXEMPTION_FILE;
use crate::manifest::{Loaded, load};
use crate::render::problem::write_problem;
use crate::text::encoding::utf_16;

/// Maximum size of an input file, in bytes. The YAML parser has the same limit.
const LARGEST: u64 = 64 << 20;

/// Which files are read.
#[derive(Debug, Clone, Args)]
pub struct Files {
    /// Read a file, a directory of YAML and JSON files, or `-` for standard input; repeatable
    #[arg(short, long = "filename", value_name = "FILE|DIR|-", value_delimiter = ',', required = true)]
    files: Vec<PathBuf>,
    /// Read also the subdirectories of a directory
    #[arg(short = 'R', long)]
    recursive: bool,
}

impl Files {
    /// Whether no file was named.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files as arguments of kubectl, each after a space: ` -f agent.yaml`.
    pub fn arguments(&self) -> String {
        let mut arguments = String::new();
        for path in &self.files {
            let name = path.to_string_lossy();
            let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@".contains(c));
            arguments.push_str(&match is_plain {
                true => format!(" -f {name}"),
                false => format!(" -f '{}'", name.replace('\'', "'\\''")),
            });
        }
        if self.recursive {
            arguments.push_str(" -R");
        }
        arguments
    }

    /// Names and texts, a directory's files by name.
    pub fn read(&self) -> Result<Vec<(String, String)>> {
        if self.files.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
            return Err(Error::new("standard input cannot be used for multiple arguments"));
        }
        let mut texts = Vec::new();
        for path in &self.files {
            let name = path.to_string_lossy();
            if path.as_os_str() == "-" {
                texts.push(("-".to_owned(), text("standard input", std::io::stdin().lock())?));
            } else if name.starts_with("https://") || name.starts_with("http://") {
                let hint = format!("download the file and pass it on: `curl -fsSL '{name}' | ... -f -`");
                return Err(Error::new(format!("cannot read `{name}`: URLs are not downloaded")).hint(hint));
            } else if let Some(bytes) = built(path)? {
                texts.push((shown(path), text(&shown(path), bytes.as_slice())?));
            } else if path.is_dir() {
                for file in self.listed(path)? {
                    texts.push((shown(&file), read_file(&file)?));
                }
            } else {
                texts.push((shown(path), read_file(path)?));
            }
        }
        Ok(texts)
    }

    /// The one file that is named, where it is one: not several, no directory, not standard input.
    pub fn only(&self) -> Option<&Path> {
        match self.files.as_slice() {
            [only] if only.as_os_str() != "-" && !only.is_dir() => Some(only),
            _ => None,
        }
    }

    /// The documents of all files, and what is wrong with them.
    pub fn load(&self) -> Result<Loaded> {
        let mut all = Loaded::default();
        let texts = self.read()?;
        for (name, text) in &texts {
            let mut loaded = load(name, text);
            all.documents.append(&mut loaded.documents);
            all.problems.append(&mut loaded.problems);
        }
        // As kubectl does, a file without a document is passed over beside others.
        match texts.first() {
            Some((name, _)) if all.documents.is_empty() && all.problems.is_empty() => Err(no_document(name)),
            _ => Ok(all),
        }
    }

    /// The manifests of a directory, by name.
    fn listed(&self, dir: &Path) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut folders = vec![dir.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let cannot =
                |error: std::io::Error| Error::new(format!("cannot read `{}`", shown(&folder))).because(&error);
            for entry in std::fs::read_dir(&folder).map_err(cannot)? {
                let entry = entry.map_err(cannot)?;
                let path = entry.path();
                let manifest = path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
                let is_manifest = manifest && path.file_name().is_none_or(|name| name != EXEMPTION_FILE);
                if is_manifest && path.is_file() {
                    files.push(path);
                } else if self.recursive && entry.file_type().map_err(cannot)?.is_dir() {
                    // A link to a folder is not followed: it may lead back here.
                    folders.push(path);
                }
            }
        }
        if files.is_empty() {
            let within = if self.recursive { "" } else { "; use `-R` to read subdirectories" };
            let hint = format!("name files that end in .yaml, .yml or .json{within}");
            return Err(Error::new(format!("cannot find a manifest in `{}`", shown(dir))).hint(hint));
        }
        files.sort();
        Ok(files)
    }
}

/// The error of files that hold no document, only comments or nothing.
pub fn no_document(name: &str) -> Error {
    Error::new(format!("`{name}` contains no document"))
}

/// Writes what is wrong to stderr; an error where that stops the command.
pub fn tell(loaded: &Loaded, context: &mut Context<'_>) -> Result<()> {
    for problem in &loaded.problems {
        write_problem(context.stderr, &context.stderr_theme, problem)?;
        writeln!(context.stderr)?;
    }
    match loaded.problems.iter().filter(|p| p.is_error()).count() {
        0 => Ok(()),
        1 => Err(Error::new("1 mistake in the input: nothing was done")),
        n => Err(Error::new(format!("{n} mistakes in the input: nothing was done"))),
    }
}

/// The text of a file.
pub fn read_file(path: &Path) -> Result<String> {
    let name = shown(path);
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(format!("the path \"{name}\" does not exist")),
        _ => Error::new(format!("cannot read `{name}`")).because(&error),
    })?;
    text(&name, file)
}

fn text(name: &str, from: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    let read = from.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|e| Error::new(format!("cannot read `{name}`")).because(&e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::new(format!("`{name}` is larger than {} MiB", LARGEST >> 20)));
    }
    if let Some(text) = utf_16(&bytes) {
        let hint = "write the file again as UTF-8 (PowerShell: `... | Out-File -Encoding utf8 FILE`)";
        return text.map_err(|why| Error::new(format!("cannot read `{name}`: {why}")).hint(hint));
    }
    String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        Error::new(format!("`{name}` is not UTF-8 text, from line {line} on"))
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
