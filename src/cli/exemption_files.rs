//! Exemptions from rules of `lint` that stand outside the documents.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::files::read_file;
use crate::error::{Error, Result};
use crate::manifest::lint::{EXEMPTION_FILE, Exemption, Rule, read_exemptions};
use crate::render::problem::write_problem;

/// The exemption of `--ignore CODE[=REASON]`.
pub fn ignored(text: &str) -> Result<Exemption, String> {
    let (code, reason) = text.split_once('=').unwrap_or((text, "--ignore"));
    let rule = Rule::of(code.trim()).filter(|rule| rule.code != "DS929");
    let rule = rule.ok_or_else(|| format!("`{}` is not a rule of lint, such as DS902", code.escape_debug()))?;
    let reason = if reason.trim().is_empty() { "--ignore" } else { reason.trim() };
    Ok(Exemption { code: rule.code, reason: reason.to_owned(), name: None })
}

/// The files of exemptions that were read, by the directory of the documents.
#[derive(Debug, Default)]
pub struct ExemptionFiles {
    read: HashMap<PathBuf, Vec<Exemption>>,
}

impl ExemptionFiles {
    /// What the nearest file of exemptions says: in the directory of the document or above; for standard input in the
    /// current directory or above.
    ///
    /// # Errors
    /// The file cannot be read, or something is wrong with it, which was written to stderr.
    pub fn of(&mut self, document: &str, context: &mut Context<'_>) -> Result<&[Exemption]> {
        let parent = Path::new(document).parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = parent.unwrap_or(Path::new(".")).to_path_buf();
        if !self.read.contains_key(&folder) {
            let found = nearest(&folder).map(|file| read(&file, context)).transpose()?.unwrap_or_default();
            self.read.insert(folder.clone(), found);
        }
        Ok(self.read.get(&folder).map(Vec::as_slice).unwrap_or_default())
    }
}

fn nearest(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder.ancestors().map(|folder| folder.join(EXEMPTION_FILE)).find(|file| file.is_file())
}

fn read(file: &Path, context: &mut Context<'_>) -> Result<Vec<Exemption>> {
    let name = file.to_string_lossy();
    read_exemptions(&name, &read_file(file)?).or_else(|problems| {
        for problem in &problems {
            write_problem(context.stderr, &context.stderr_theme, problem)?;
            writeln!(context.stderr)?;
        }
        Err(Error::new(format!("cannot use the exemptions of `{name}`")))
    })
}
