//! One look at one DaemonSet: all rules, their findings, those that are exempt.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::manifest::input::Input;
use crate::manifest::lint::agent_kind::Purpose;
use crate::manifest::lint::exempt::Exemptions;
use crate::manifest::lint::linter::{Finding, Linter};
use crate::manifest::lint::rules::has_quiet_notes;
use crate::manifest::lint::surroundings::Surroundings;
use crate::manifest::problem::{Problem, Source};
use crate::severity::Severity;

/// What lint found in one DaemonSet.
#[derive(Debug, Default)]
pub struct Report {
    /// What the rules found, in the order of the text.
    pub findings: Vec<Finding>,
    /// What is exempt, and why.
    pub exempt: Vec<(Finding, String)>,
    /// How many notes are left out because nobody asked for them.
    pub unasked: usize,
}

/// Looks at a DaemonSet by itself, and at what stands around it as far as that is known.
pub fn lint(input: &Input, source: &Source<'_>, around: &Surroundings) -> Report {
    let Some(daemon_set) = input.daemon_set_node() else { return Report::default() };
    let (Some(spec), Some(pod)) = (daemon_set.get("spec"), daemon_set.at_path(&["spec", "template", "spec"])) else {
        return Report::default();
    };
    let (purpose, sign) = Purpose::of(input.name(), pod);
    let mut look = Linter {
        input,
        spec,
        pod,
        purpose,
        sign,
        around,
        source,
        findings: Vec::new(),
        told: HashSet::new(),
        inits: OnceCell::new(),
    };
    look.resources();
    look.image_names();
    look.images();
    look.probes();
    look.secrets();
    look.host_mounts();
    look.rights();
    look.rollout();
    look.configuration();
    look.priority();
    look.labels();
    look.operating_system();
    look.tolerations();
    look.control_plane_value();
    look.mistakes();
    look.idle_terms();
    look.surroundings();
    let exemptions = Exemptions::of(daemon_set);
    look.exemptions(&exemptions);
    let mut report = Report::default();
    for finding in look.findings {
        let code = finding.problem.code.unwrap_or_default();
        match exemptions.reason(code) {
            Some(reason) => report.exempt.push((finding, reason.to_owned())),
            None => report.findings.push(finding),
        }
    }
    report.sort();
    report
}

impl Report {
    /// Takes back what the document's own annotation exempted.
    pub fn refuse_exemptions(&mut self) {
        self.findings.extend(self.exempt.drain(..).map(|(finding, _)| finding));
        self.sort();
    }

    /// Leaves out the notes that most sound manifests get, and counts them.
    pub fn leave_out_quiet_notes(&mut self) {
        let all = self.findings.len();
        let is_quiet = |p: &Problem| p.severity == Severity::Info && p.code.is_some_and(has_quiet_notes);
        self.findings.retain(|finding| !is_quiet(&finding.problem));
        self.unasked += all - self.findings.len();
    }

    fn sort(&mut self) {
        self.findings.sort_by_key(|f| (std::cmp::Reverse(f.problem.severity), f.problem.at));
    }
}
