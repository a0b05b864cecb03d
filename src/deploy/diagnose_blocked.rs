//! What the doctor says of the nodes that hold a rollout: not the scheduler's or a kubelet's words alone, but all
//! reasons with their figures and the fix.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::client::Fetcher;
use crate::deploy::resources::ObjectId;
use crate::deploy::rollout::Cause;
use crate::deploy::session::Session;
use crate::error::Result;
use crate::explain::container_logs::put_all;
use crate::findings::{Code, Settings, Shown};
use crate::investigate::engine::diagnose_round;
use crate::investigate::{Options, Round, Selection, Subjects, investigate};
use crate::report::{Finding, Severity};

/// The time that a pod may take to start, in seconds, as `doctor` has it by default.
const GRACE: i64 = 120;
/// Last lines of the log of a container that crashed.
const LOG_LINES: usize = 5;

/// Returns the settings of a diagnosis that reports everything, now and without a grace.
pub fn settings() -> Settings {
    Settings { shown: Shown::Remarkable, ..Settings::at(Timestamp::now().as_second()) }
}

/// Investigates the DaemonSet as `doctor` does and returns the causes that concern the nodes, the worst first.
///
/// # Errors
/// The server cannot be reached, or knows no such user; the DaemonSet does not exist.
pub async fn reasons(session: &Session, id: &ObjectId, nodes: &BTreeSet<String>) -> Result<Vec<Cause>> {
    let settings = settings();
    let subjects = Subjects::deployed(Selection::of_one(&id.namespace, &id.name));
    let mut source = Fetcher::new(session.reader.clone());
    // What is an error also while pods may still be starting is an error that waiting does not fix.
    let patient = Settings { grace: GRACE, ..settings.clone() };
    let judge = |round: Round<'_>| {
        let Round { cluster, subjects, probes } = round;
        let (certain, asked) = diagnose_round(Round { cluster: &mut *cluster, subjects, probes }, patient.clone());
        let (all, mut requests) = diagnose_round(Round { cluster, subjects, probes }, settings.clone());
        requests.add(asked);
        Ok(((all, certain), requests))
    };
    let investigation = investigate(&mut source, &subjects, Options::default(), judge).await?;
    let (all, certain) = investigation.judgement.unwrap_or_default();
    let is_certain = |code: Code, node: &String| {
        let findings = certain.iter().flat_map(|diagnosis| &diagnosis.report.findings);
        let mut errors = findings.filter(|finding| finding.severity == Severity::Error && finding.code == code);
        errors.any(|finding| finding.nodes.contains(node))
    };
    let mut found: Vec<Finding> = Vec::new();
    for mut diagnosis in all {
        put_all(&mut diagnosis.report, &diagnosis.logs, &investigation.cluster, LOG_LINES);
        found.extend(diagnosis.report.findings);
    }
    // That a rollout is held is known; what is asked is why.
    let of_rollout = [Code::ROLLOUT_STUCK, Code::ROLLOUT_NODES, Code::ON_DELETE];
    let is_cause = |f: &Finding| f.severity > Severity::Info && !of_rollout.contains(&f.code);
    let concerned = found.into_iter().filter(is_cause).filter_map(|f| {
        let meant: Vec<String> = f.nodes.into_iter().filter(|node| nodes.contains(node)).collect();
        (!meant.is_empty()).then(|| Cause {
            code: f.code,
            message: f.message,
            notes: f.notes.iter().map(ToString::to_string).collect(),
            log: f.log.map(|log| log.lines).unwrap_or_default(),
            fix: f.fix.map(|fix| fix.summary),
            is_certain: meant.iter().all(|node| is_certain(f.code, node)),
            nodes: meant,
        })
    });
    Ok(concerned.collect())
}
