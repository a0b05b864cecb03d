//! What is asked of a live cluster while a report is made: what admission makes of one pod, and the last lines of logs.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::client::Reader;
use crate::client::admission::{Answer, would_admit};
use crate::client::logs::{LastLines, LogOf, last_lines};
use crate::client::objects::{Seen, WholeKind, object};
use crate::findings::{Diagnosis, MadePod, Probed, Subject, admission_probe, container_logs};
use crate::report::NotChecked;
use crate::rules::controller;
use crate::rules::controller::Predicate;
use crate::store::{Cluster, NodeIndex};

/// Logs of so many pods are read for one report.
const MOST_LOGS: usize = 5;

/// A way to the cluster, and what is still to be asked of it.
pub struct LiveEnrichment {
    /// Runs what is asked.
    pub runtime: Runtime,
    /// The way.
    pub reader: Reader,
    /// How many lines of each log; none is read where that is 0.
    pub lines: usize,
    /// Whether admission is asked.
    pub probes: bool,
    logs_left: usize,
    /// What could not be looked at.
    pub not_checked: BTreeSet<NotChecked>,
}

impl LiveEnrichment {
    /// Asks over this reader.
    pub fn new(runtime: Runtime, reader: Reader, lines: usize, probes: bool) -> Self {
        LiveEnrichment { runtime, reader, lines, probes, logs_left: MOST_LOGS, not_checked: BTreeSet::new() }
    }

    /// What the API server would make of one pod of the DaemonSet, if that is wanted and can be asked. `document` is the
    /// DaemonSet where it is written rather than deployed.
    pub fn admission(&mut self, asked: &Subject, cluster: &Cluster, document: Option<Value>) -> Option<Probed> {
        if !self.probes {
            return None;
        }
        let namespace = asked.daemon_set.namespace.as_str();
        let outcome = match document {
            Some(document) => Ok(document),
            None => self.whole(asked),
        };
        let outcome = outcome.and_then(|daemon_set| {
            let node = first_wanted(asked, cluster).ok_or("the cluster has no node")?;
            let revision = asked.deployed.and_then(|uid| cluster.revisions.get(&uid)).and_then(|r| r.hash);
            let pod = admission_probe::pod(&daemon_set, node, revision.map(|hash| hash.as_str()));
            let answer = self.runtime.block_on(would_admit(self.reader.connection(), namespace, &pod));
            match answer {
                Answer::Made(pod) => {
                    let made = MadePod::of(&pod).ok_or("the server's answer is no pod")?;
                    Ok(Probed::Made(Box::new(made)))
                }
                // What the files bring may be what is missing: it is not there yet.
                Answer::Refused(why) if asked.written.is_some() && why.contains("not found") => {
                    Err(format!("asked before the rest of the files is there: {why}"))
                }
                // The pods that are there count already: that one more is too many says nothing of their successors.
                Answer::Refused(why) if why.contains("exceeded quota") && has_pods(asked, cluster) => {
                    Err(format!("a quota is full, the DaemonSet's own pods among the rest: {why}"))
                }
                Answer::Refused(why) => Ok(Probed::Refused(why)),
                Answer::Forbidden => Err("forbidden: needs `create` on `pods`".to_owned()),
                Answer::NotAsked(why) => Err(why),
            }
        });
        match outcome {
            Ok(probed) => Some(probed),
            Err(why) => {
                let what = format!("what admission makes of {namespace}/{}", asked.daemon_set.name);
                self.not_checked.insert(NotChecked { what, why, may_refuse: false });
                None
            }
        }
    }

    /// The deployed DaemonSet with all its fields.
    fn whole(&self, asked: &Subject) -> Result<Value, String> {
        let (namespace, name) = (asked.daemon_set.namespace.as_str(), asked.daemon_set.name.as_str());
        let found = object(self.reader.connection(), WholeKind::DaemonSet, namespace, name);
        match self.runtime.block_on(found) {
            Ok(Seen::Here(object)) => Ok(object),
            Ok(Seen::Missing) => Err("the DaemonSet is gone".to_owned()),
            Ok(Seen::Not(coverage)) => Err(coverage.to_string()),
            Err(error) => Err(error.message),
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

fn has_pods(asked: &Subject, cluster: &Cluster) -> bool {
    asked
        .owner()
        .is_some_and(|uid| !cluster.owned_by(uid).is_empty() || cluster.hides_pods_of(asked.daemon_set.namespace))
}

/// The first node that the controller wants a pod on, or else the first there is.
fn first_wanted<'c>(asked: &Subject, cluster: &'c Cluster) -> Option<&'c str> {
    let template = &asked.daemon_set.template.spec;
    let tolerations = controller::tolerations(template);
    let predicate = Predicate::prepare(cluster, template, &tolerations);
    let wanted = (0..cluster.nodes.len()).find(|node| {
        let mut exclusions = Vec::new();
        predicate.exclusions(*node as NodeIndex, &mut exclusions);
        exclusions.is_empty()
    });
    cluster.nodes.get(wanted.unwrap_or(0)).map(|node| node.name.as_str())
}
