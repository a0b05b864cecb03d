//! What a live cluster leaves open beside the report: pods of which admission could not be asked.

use std::collections::BTreeSet;

use tokio::runtime::Runtime;

use crate::client::Reader;
use crate::findings::Subject;
use crate::investigate::engine::ProbeOutcome;
use crate::report::NotChecked;

/// A way to the cluster, and what could not be asked of it.
pub struct LiveEnrichment {
    /// Runs what is asked.
    pub runtime: Runtime,
    /// The way.
    pub reader: Reader,
    /// What could not be checked.
    pub not_checked: BTreeSet<NotChecked>,
}

impl LiveEnrichment {
    /// Asks over this reader.
    pub fn new(runtime: Runtime, reader: Reader) -> Self {
        LiveEnrichment { runtime, reader, not_checked: BTreeSet::new() }
    }

    /// Notes what admission could not be asked.
    pub fn note_probes(&mut self, subjects: &[Subject], probes: &[ProbeOutcome]) {
        for (subject, outcome) in subjects.iter().zip(probes) {
            if let Some(Err(why)) = outcome {
                let what =
                    format!("admission of the pods of {}/{}", subject.daemon_set.namespace, subject.daemon_set.name);
                self.not_checked.insert(NotChecked { what, why: why.to_string(), may_refuse: false });
            }
        }
    }
}
