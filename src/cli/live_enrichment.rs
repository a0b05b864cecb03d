//! What is asked of a live cluster while a report is made: the last lines of logs.

use std::collections::BTreeSet;

use futures::future::join_all;
use tokio::runtime::Runtime;

use crate::client::Reader;
use crate::client::logs::{LastLines, LogOf, last_lines};
use crate::findings::{Subject, container_logs};
use crate::investigate::Diagnosis;
use crate::investigate::engine::ProbeOutcome;
use crate::report::NotChecked;

/// Maximum number of pods whose logs one report reads.
const MOST_LOGS: usize = 5;

/// A way to the cluster, and what is still to be asked of it.
pub struct LiveEnrichment {
    /// Runs what is asked.
    pub runtime: Runtime,
    /// The way.
    pub reader: Reader,
    /// How many lines of each log; none is read where that is 0.
    pub lines: usize,
    logs_left: usize,
    /// What could not be checked.
    pub not_checked: BTreeSet<NotChecked>,
}

impl LiveEnrichment {
    /// Asks over this reader.
    pub fn new(runtime: Runtime, reader: Reader, lines: usize) -> Self {
        LiveEnrichment { runtime, reader, lines, logs_left: MOST_LOGS, not_checked: BTreeSet::new() }
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

    /// Reads the logs that say more about the findings, and puts them into the report.
    pub fn logs(&mut self, diagnosis: &mut Diagnosis) {
        if self.lines == 0 {
            return;
        }
        let wanted: Vec<_> = diagnosis.logs.iter().take(self.logs_left).cloned().collect();
        self.logs_left -= wanted.len();
        let connection = self.reader.connection();
        let asked = wanted.iter().map(|wanted| {
            let container_logs::WantedLog { namespace, pod, container, previous, .. } = wanted;
            last_lines(connection, LogOf { namespace, pod, container, previous: *previous }, self.lines)
        });
        let answers = self.runtime.block_on(join_all(asked));
        for (wanted, answer) in wanted.iter().zip(answers) {
            let place = format!("{}/{}, container {}", wanted.namespace, wanted.pod, wanted.container);
            let (what, why) = match answer {
                // It may be another run's than was asked for.
                LastLines::Here { lines, previous } => {
                    let read = container_logs::WantedLog { previous, ..wanted.clone() };
                    container_logs::put(&mut diagnosis.report, &read, lines);
                    continue;
                }
                LastLines::Forbidden => {
                    let what = format!("log lines in namespace {}", wanted.namespace);
                    (what, "forbidden: needs `get` on `pods/log`".to_owned())
                }
                LastLines::Failed(why) => (format!("the log of {place}"), why),
            };
            self.not_checked.insert(NotChecked { what, why, may_refuse: false });
        }
    }
}
