//! What the doctor says of the nodes that hold a rollout: not the scheduler's or a kubelet's words alone, but all
//! reasons with their figures and the fix.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::client::Fetcher;
use crate::deploy::resources::ObjectId;
use crate::deploy::rollout::Cause;
use crate::deploy::session::Session;
use crate::error::Result;
use crate::findings::{Code, Settings, Shown};
use crate::investigate::engine::diagnose_round;
use crate::investigate::{Options, Round, Selection, Subjects, investigate};
use crate::report::{Finding, Severity};

/// Investigates the DaemonSet as `doctor` does and returns the causes that concern the nodes, the worst first.
///
/// # Errors
/// The server cannot be reached, or knows no such user; the DaemonSet does not exist.
pub async fn reasons(session: &Session, id: &ObjectId, nodes: &BTreeSet<String>) -> Result<Vec<Cause>> {
    let settings = Settings { shown: Shown::Remarkable, ..Settings::at(Timestamp::now().as_second()) };
    let subjects = Subjects::deployed(Selection::of_one(&id.namespace, &id.name));
    let mut source = Fetcher::new(session.reader.clone());
    let judge = |round: Round<'_>| Ok(diagnose_round(round, settings.clone()));
    let investigation = investigate(&mut source, &subjects, Options::default(), judge).await?;
    let found = investigation.judgement.into_iter().flatten().flat_map(|diagnosis| diagnosis.report.findings);
    // That a rollout is held is known; what is asked is why.
    let of_rollout = [Code::ROLLOUT_STUCK, Code::ROLLOUT_NODES, Code::ON_DELETE];
    let is_cause = |f: &Finding| f.severity > Severity::Info && !of_rollout.contains(&f.code);
    let concerned = found.filter(is_cause).filter_map(|f| {
        let meant: Vec<String> = f.nodes.into_iter().filter(|node| nodes.contains(node)).collect();
        (!meant.is_empty()).then_some(Cause {
            code: f.code,
            message: f.message,
            notes: f.notes.iter().map(ToString::to_string).collect(),
            fix: f.fix.map(|fix| fix.summary),
            nodes: meant,
        })
    });
    Ok(concerned.collect())
}
