//! What lint found, a file for each form.

mod json;
mod junit;
mod sarif;
mod text;

use crate::manifest::Problem;
use crate::manifest::lint::{Finding, Report};

pub use crate::render::lint::json::write_json;
pub use crate::render::lint::junit::write_junit;
pub use crate::render::lint::sarif::write_sarif;
pub use crate::render::lint::text::write_text;

/// What was looked at, and what was found.
#[derive(Debug)]
pub struct Linted<'a> {
    /// The files, in the order in which they were read.
    pub files: &'a [String],
    /// What is wrong with documents whatever their purpose.
    pub problems: &'a [Problem],
    /// What the rules found in each DaemonSet.
    pub reports: &'a [Report],
    /// What `--fix` did.
    pub fixes: &'a Fixes,
}

impl Linted<'_> {
    /// Everything that counts: mistakes first, then what the rules found.
    pub fn all(&self) -> impl Iterator<Item = (&Problem, Option<&str>)> {
        let problems = self.problems.iter().map(|problem| (problem, None));
        let findings = self.reports.iter().flat_map(|report| &report.findings);
        problems.chain(findings.map(|finding| (&finding.problem, finding.patch.as_deref())))
    }

    /// What is exempt, and why.
    pub fn exempt(&self) -> impl Iterator<Item = (&Problem, &str)> {
        self.reports.iter().flat_map(|report| &report.exempt).map(|(finding, why)| (&finding.problem, why.as_str()))
    }
}

/// What `--fix` did.
#[derive(Debug, Default)]
pub struct Fixes {
    /// Whether the files were written.
    pub written: bool,
    /// The findings that were mended, or would be.
    pub mended: Vec<Finding>,
    /// The findings whose patch could not be written.
    pub refused: Vec<Finding>,
}
