//! `doctor --fix-out`: the document with the fixes of its findings in it.

use std::collections::HashSet;
use std::path::Path;

use crate::cli::context::Context;
use crate::cli::files::read_file;
use crate::cli::selection;
use crate::cli::selection::Place;
use crate::cli::whole_file::write_like;
use crate::error::Result;
use crate::findings::{Index, Settings};
use crate::investigate::{Siblings, diagnose_with_probe};
use crate::manifest::{Input, Loaded, amend, load};
use crate::report::{Finding, Severity};
use crate::store::Cluster;
use crate::text::count;
use crate::text::escape::escape;
use crate::yaml::{Style, emit, parse};

/// The most fixes that are written.
const MOST: usize = 64;

/// What the document is judged against.
pub struct Judgement<'a> {
    /// The cluster, with everything read that the document asked for.
    pub cluster: &'a mut Cluster,
    /// Its index.
    pub index: &'a Index,
    /// The settings of the report.
    pub settings: &'a Settings,
    /// Where the document is deployed.
    pub place: &'a Place,
}

/// Writes the first fix of each finding into the text of a file, one after the other, and the text to `to`. After each the
/// document is judged again against the same cluster: its finding is gone or holds on fewer nodes, and nothing worse came
/// for it; otherwise the fix is left out. The file that was read stays as it is, unless `to` is the same file.
///
/// # Errors
/// The file cannot be written.
pub fn write_fixed(from: &Path, to: &Path, mut judgement: Judgement<'_>, context: &mut Context<'_>) -> Result<()> {
    let name = from.to_string_lossy();
    let mut text = read_file(from)?;
    let mut tried: HashSet<(usize, String, String)> = HashSet::new();
    let (mut written, mut left) = (Vec::new(), Vec::new());
    let mut now = judgement.of(&name, &text)?;
    while written.len() < MOST {
        let next = now.findings.iter().enumerate().find_map(|(number, findings)| {
            let fixes = findings.iter().filter_map(|finding| Some((finding, finding.fix.as_ref()?)));
            let mut open = fixes.map(|(finding, fix)| (number, finding.code.to_string(), fix.clone(), finding.clone()));
            open.find(|(number, code, fix, _)| !tried.contains(&(*number, code.clone(), fix.patch.clone())))
        });
        let Some((number, code, fix, finding)) = next else { break };
        tried.insert((number, code.clone(), fix.patch.clone()));
        let (own, others) = parts(&fix.patch);
        let changed = own.iter().try_fold(text.clone(), |text, patch| {
            let input = now.document(&name, &text, number)?;
            amend(&text, input.at, input.language(), patch).ok()
        });
        let better = match changed.filter(|changed| *changed != text) {
            Some(changed) => judgement
                .of(&name, &changed)
                .ok()
                .filter(|then| then.is_better(&now, number, &finding))
                .map(|then| (changed, then)),
            None => None,
        };
        match better {
            Some((changed, then)) => {
                (text, now) = (changed, then);
                written.push(format!("{code}: {}", fix.summary));
            }
            None => left.push(format!("{code}: {}", fix.summary)),
        }
        left.extend(others.iter().map(|what| format!("{code}: the change of {what}")));
    }
    write_like(to, from, &text)?;
    let shown = escape(&to.to_string_lossy()).into_owned();
    writeln!(context.stderr, "wrote {shown} with {}", count(written.len(), "fix"))?;
    for fix in &written {
        writeln!(context.stderr, "  {}", escape(fix))?;
    }
    for fix in &left {
        writeln!(context.stderr, "not in {shown}: {}", escape(fix))?;
    }
    Ok(())
}

/// The parts of a patch: what changes the document, and the other objects by kind and name.
fn parts(patch: &str) -> (Vec<String>, Vec<String>) {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for document in parse(patch).documents {
        let text = |path: &[&str]| document.at_path(path).and_then(crate::yaml::Node::text).unwrap_or_default();
        match text(&["kind"]) {
            "" => own.push(emit(&document.to_json(), Style::Block)),
            kind => others.push(format!("{kind} {}", text(&["metadata", "name"]))),
        }
    }
    (own, others)
}

/// What a text is found to hold.
struct Found {
    loaded: Loaded,
    /// The findings of each DaemonSet, in the order of the documents.
    findings: Vec<Vec<Finding>>,
}

impl Judgement<'_> {
    fn of(&mut self, name: &str, text: &str) -> Result<Found> {
        let loaded = load(name, text);
        let subjects = selection::written(&loaded, self.place)?.find(self.cluster)?;
        let siblings = Siblings::find(self.cluster, &subjects);
        let mut by_name = std::collections::HashMap::new();
        for (number, asked) in subjects.iter().enumerate() {
            siblings.lay_beside(self.cluster, number);
            let diagnosis = diagnose_with_probe(self.cluster, self.index, asked, None, self.settings);
            let key = (asked.daemon_set.namespace.to_string(), asked.daemon_set.name.to_string());
            by_name.insert(key, diagnosis.report.findings);
        }
        let documents = loaded.documents.iter().filter(|document| document.kind() == "DaemonSet");
        let key = |document: &Input| {
            let namespace = document.namespace().unwrap_or(&self.place.namespace).to_owned();
            (namespace, document.name().to_owned())
        };
        let findings = documents.map(|document| by_name.remove(&key(document)).unwrap_or_default()).collect();
        Ok(Found { findings, loaded })
    }
}

impl Found {
    /// The DaemonSet of that number, in a text of the same documents.
    fn document(&self, name: &str, text: &str, number: usize) -> Option<Input> {
        load(name, text).documents.into_iter().filter(|document| document.kind() == "DaemonSet").nth(number)
    }

    /// Whether the finding is gone or on fewer nodes, and no document has more errors or warnings.
    fn is_better(&self, before: &Found, number: usize, finding: &Finding) -> bool {
        let nodes = |found: &Found| -> usize {
            let same = found.findings[number].iter().filter(|other| other.code == finding.code);
            same.map(|other| other.node_count.max(1)).sum()
        };
        let bad = |found: &Found, least: Severity| -> usize {
            found.findings.iter().flatten().filter(|f| f.severity >= least).map(|f| f.node_count.max(1)).sum()
        };
        !self.loaded.has_errors()
            && self.findings.len() == before.findings.len()
            && nodes(self) < nodes(before)
            && bad(self, Severity::Error) <= bad(before, Severity::Error)
            && bad(self, Severity::Warning) <= bad(before, Severity::Warning)
    }
}
