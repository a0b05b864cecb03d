//! `lint --fix`: the patches that are safe, written into the text.

use std::collections::HashSet;

use crate::manifest::amend::amend;
use crate::manifest::input::Input;
use crate::manifest::lint::engine::Report;
use crate::manifest::lint::exempting::Exempting;
use crate::manifest::lint::linter::Finding;
use crate::manifest::lint::rules::is_safe;
use crate::manifest::lint::surroundings::Surroundings;
use crate::manifest::load::load;
use crate::severity::Severity;

/// The most patches that are written into one text.
const MOST: usize = 1000;

/// What became of a text.
#[derive(Debug, Default)]
pub struct Mended {
    /// The text with the patches in it.
    pub text: String,
    /// The findings that are gone, where they stood in the text before each was mended.
    pub mended: Vec<Finding>,
    /// The findings with a safe patch that could not be written.
    pub refused: Vec<Finding>,
}

/// Writes into the text what mends findings without a choice that only the author can make ([`is_safe`]), one patch after
/// the other. After each the text is read and judged again: its finding is gone, the document is valid, and nothing else is
/// found that was not there before; otherwise the patch is not written. What is exempt stays.
pub fn mend(name: &str, text: &str, around: &Surroundings, exempting: &Exempting<'_>) -> Mended {
    let mut mended = Mended { text: text.to_owned(), ..Mended::default() };
    let mut tried: HashSet<(usize, &'static str, String)> = HashSet::new();
    let mut known = Known::of(name, text, around, exempting);
    while mended.mended.len() < MOST {
        let key = |document: usize, finding: &Finding| {
            (document, finding.problem.code.unwrap_or_default(), finding.problem.message.clone())
        };
        let next = known.reports.iter().enumerate().find_map(|(document, report)| {
            let next = report.findings.iter().find(|f| {
                f.patch.is_some() && f.problem.code.is_some_and(is_safe) && !tried.contains(&key(document, f))
            });
            next.filter(|_| known.documents[document].sound).map(|finding| (document, finding.clone()))
        });
        let Some((document, finding)) = next else { break };
        let input = &known.documents[document];
        let patch = finding.patch.as_deref().unwrap_or_default();
        let changed = amend(&mended.text, input.at, input.language(), patch).ok().and_then(|text| {
            let now = Known::of(name, &text, around, exempting);
            now.is_better(&known, document, &finding).then_some((text, now))
        });
        match changed {
            Some((text, now)) => {
                mended.text = text;
                mended.mended.push(finding);
                known = now;
            }
            None => {
                tried.insert(key(document, &finding));
                mended.refused.push(finding);
            }
        }
    }
    mended
}

/// What is known of a text.
struct Known {
    documents: Vec<Input>,
    reports: Vec<Report>,
    errors: usize,
}

impl Known {
    fn of(name: &str, text: &str, around: &Surroundings, exempting: &Exempting<'_>) -> Self {
        let loaded = load(name, text);
        let source = loaded.source(name, text);
        let reports = loaded.documents.iter().map(|d| exempting.lint(d, &source, around)).collect();
        let errors = loaded.problems.iter().filter(|p| p.is_error()).count();
        drop(source);
        Known { documents: loaded.documents, reports, errors }
    }

    /// Whether the finding is gone and nothing came for it but notes.
    fn is_better(&self, before: &Known, document: usize, finding: &Finding) -> bool {
        let of = |known: &Known| -> Vec<(&'static str, Severity, String)> {
            let found = known.reports[document].findings.iter().map(|f| &f.problem);
            found.map(|p| (p.code.unwrap_or_default(), p.severity, p.message.clone())).collect()
        };
        if self.errors > before.errors || self.reports.len() != before.reports.len() {
            return false;
        }
        let (now, was) = (of(self), of(before));
        let gone = |list: &[(&'static str, Severity, String)]| {
            list.iter()
                .filter(|(code, _, message)| Some(*code) == finding.problem.code && *message == finding.problem.message)
                .count()
        };
        let same_code = |list: &[(&'static str, Severity, String)], wanted: &str| {
            list.iter().filter(|(code, severity, _)| *code == wanted && *severity > Severity::Info).count()
        };
        gone(&now) < gone(&was) && now.iter().all(|(code, ..)| same_code(&now, code) <= same_code(&was, code))
    }
}
