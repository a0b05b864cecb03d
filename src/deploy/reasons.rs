//! What the doctor says of the nodes that hold a rollout: not the scheduler's or a kubelet's words alone, but all
//! reasons with their figures and the fix.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::object::ObjectId;
use super::rollout::Cause;
use super::session::Session;
use crate::cluster::live::read_for_doctor;
use crate::doctor::{Asked, Code, Finding, Index, Settings, Severity, Shown, diagnose};
use crate::error::Result;
use crate::facts::{Builder, Symbol};

/// Looks at the cluster as `doctor` does and gives the causes that concern the nodes, the worst first.
///
/// # Errors
/// The server cannot be reached, or knows no such user.
pub async fn reasons(session: &Session, id: &ObjectId, nodes: &BTreeSet<String>) -> Result<Vec<Cause>> {
    let mut builder = Builder::new();
    read_for_doctor(&session.reader, &mut builder).await?;
    let mut cluster = builder.finish(None);
    let name = (Symbol::new(&id.namespace), Symbol::new(&id.name));
    let Some(daemon_set) = cluster.daemon_set(name.0, name.1).cloned() else { return Ok(Vec::new()) };
    let index = Index::of(&cluster);
    let deployed = daemon_set.uid;
    let asked = Asked { daemon_set, deployed, written: None };
    let settings = Settings {
        now: Timestamp::now().as_second(),
        grace: 0,
        expect: None,
        ignore: Vec::new(),
        shown: Shown::Remarkable,
        node: None,
        all_fixes: false,
    };
    let found = diagnose(&mut cluster, &index, &asked, &settings).report.findings;
    // That a rollout is held is known; what is asked is why.
    let of_rollout = [Code::ROLLOUT_STUCK, Code::ROLLOUT_NODES, Code::ON_DELETE];
    let is_cause = |f: &Finding| f.severity > Severity::Info && !of_rollout.contains(&f.code);
    let concerned = found.into_iter().filter(is_cause).filter_map(|f| {
        let meant: Vec<String> = f.nodes.into_iter().filter(|node| nodes.contains(node)).collect();
        (!meant.is_empty()).then_some(Cause {
            code: f.code,
            message: f.message,
            notes: f.notes,
            fix: f.fix.map(|fix| fix.summary),
            nodes: meant,
        })
    });
    Ok(concerned.collect())
}
