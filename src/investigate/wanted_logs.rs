//! Which logs a diagnosis of the whole cluster would read.

use crate::error::Result;
use crate::findings::Settings;
use crate::investigate::engine::{Round, diagnose_round};
use crate::investigate::selection::Selection;
use crate::investigate::subjects::Subjects;
use crate::model::LogKey;
use crate::store::Cluster;

/// Returns the logs of failing containers that a diagnosis of every DaemonSet asks for, the most useful first.
///
/// # Errors
/// A DaemonSet cannot be read.
pub fn wanted_logs(cluster: &mut Cluster, settings: Settings) -> Result<Vec<LogKey>> {
    let selection = Selection { everywhere: true, ..Selection::default() };
    let subjects = Subjects::deployed(selection).find(cluster)?;
    let probes: Vec<_> = subjects.iter().map(|_| None).collect();
    let (_, requests) = diagnose_round(Round { cluster, subjects: &subjects, probes: &probes }, settings);
    let mut logs = requests.logs;
    logs.sort_by_key(|log| log.rank);
    Ok(logs.into_iter().map(|log| log.key).collect())
}
