//! Values that a document takes from the machine on which the program runs (`from_file`, `from_env`).

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::deploy::plan::LocalSource;
use crate::manifest::SecretSource;

/// The largest file that becomes a value, in bytes: a Secret holds at most 1 MiB (`MaxSecretSize`, pkg/apis/core, v1.36).
const MAX_BYTES: u64 = 1 << 20;

/// What documents may read beyond their own directory.
#[derive(Debug, Clone, Default, Args)]
pub struct LocalArgs {
    /// Let `from_file` of a document read files outside the document's directory
    #[arg(long)]
    allow_local_files: bool,
    /// Let `from_env` of a document read environment variables
    #[arg(long)]
    allow_env: bool,
}

/// Reads local values, and remembers which.
#[derive(Debug)]
pub struct LocalValues<'a> {
    allowed: &'a LocalArgs,
    sources: RefCell<Vec<LocalSource>>,
}

impl<'a> LocalValues<'a> {
    /// Reads nothing yet.
    pub fn new(allowed: &'a LocalArgs) -> Self {
        LocalValues { allowed, sources: RefCell::default() }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// The end of a sentence: the value is not there, or the document may not read it.
    pub fn read(&self, source: SecretSource<'_>) -> Result<String, String> {
        let (value, source) = match source {
            SecretSource::Env(name) => (self.variable(name)?, LocalSource::Variable(name.to_owned())),
            SecretSource::File { path, document } => {
                let (text, real) = self.file(path, document)?;
                (text, LocalSource::File(real.display().to_string()))
            }
        };
        let mut sources = self.sources.borrow_mut();
        if !sources.contains(&source) {
            sources.push(source);
        }
        Ok(value)
    }

    /// Returns what was read.
    pub fn sources(self) -> Vec<LocalSource> {
        self.sources.into_inner()
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        if !self.allowed.allow_env {
            return Err(format!("documents may not read the variable {name} without `--allow-env`"));
        }
        std::env::var(name).map_err(|error| match error {
            std::env::VarError::NotPresent => format!("the environment has no variable {name}"),
            std::env::VarError::NotUnicode(_) => format!("the variable {name} is not UTF-8 text"),
        })
    }

    /// Returns a file's text and where the file is, links resolved. A relative path begins at the document's directory.
    fn file(&self, path: &str, document: &str) -> Result<(String, PathBuf), String> {
        let failed = |error: std::io::Error| format!("{path}: {error}");
        let directory = match document {
            "-" => Path::new("."),
            document => match Path::new(document).parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            },
        };
        let real = directory.join(path).canonicalize().map_err(failed)?;
        let within = directory.canonicalize().map_err(failed)?;
        if !self.allowed.allow_local_files && !real.starts_with(&within) {
            return Err(format!(
                "{path} is outside the document's directory, which documents may not read without `--allow-local-files`"
            ));
        }
        // Opening a FIFO waits for its other end.
        let kind = std::fs::metadata(&real).map_err(failed)?;
        if !kind.is_file() {
            return Err(format!("{path} is not a regular file"));
        }
        let file = File::open(&real).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("{path} is larger than {} MiB", MAX_BYTES >> 20));
        }
        let text = String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8 text"))?;
        Ok((text, real))
    }
}
