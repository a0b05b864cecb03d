//! Exemptions: an annotation names codes, and why each does not apply.

use crate::manifest::lint::linter::Linter;
use crate::manifest::lint::rules::RULES;
use crate::manifest::text::nearest;
use crate::severity::Severity;
use crate::yaml::{Mark, Node};

/// The annotation: `CODE reason; CODE reason`.
pub const EXEMPTIONS: &str = "kubectl-daemonset/lint-ignore";

/// The exemptions of one DaemonSet.
#[derive(Debug, Default)]
pub struct Exemptions {
    list: Vec<(String, String)>,
    at: Mark,
}

impl Exemptions {
    /// Reads the annotation of the DaemonSet.
    pub fn of(daemon_set: &Node) -> Self {
        let Some(annotations) = daemon_set.at_path(&["metadata", "annotations"]) else { return Self::default() };
        let Some(entry) = annotations.entry(EXEMPTIONS) else { return Self::default() };
        let parts = entry.node.text().unwrap_or_default().split(';').map(str::trim).filter(|p| !p.is_empty());
        let list = parts.map(|part| {
            let (code, reason) = part.split_once([' ', ':', '=']).unwrap_or((part, ""));
            (code.trim_end_matches(':').to_owned(), reason.trim().to_owned())
        });
        Exemptions { list: list.collect(), at: entry.key_at }
    }

    /// Why a code does not apply, where that is said.
    pub fn reason(&self, code: &str) -> Option<&str> {
        // An exemption from the rule about exemptions would hide its own mistakes.
        let known = self.list.iter().find(|(c, reason)| c == code && !reason.is_empty() && code != "DS929");
        known.map(|(_, reason)| reason.as_str())
    }
}

impl Linter<'_> {
    pub(crate) fn exemptions(&mut self, exemptions: &Exemptions) {
        for (code, reason) in &exemptions.list {
            let shown = crate::manifest::text::shorten(code);
            if RULES.iter().all(|r| r.code != code) {
                let near = nearest(code, RULES.iter().map(|r| r.code));
                let near = near.map(|n| format!(", did you mean {n}?")).unwrap_or_default();
                self.tell("DS929", Severity::Warning, exemptions.at, format!("unknown rule {shown}{near}"), None);
            } else if reason.is_empty() {
                let message = format!("the exemption from {shown} has no reason and is ignored");
                self.tell("DS929", Severity::Warning, exemptions.at, message, None);
            }
        }
    }
}
