//! What the doctor says of the nodes that hold a rollout: not the scheduler's or a kubelet's words alone, but all
//! reasons with their figures and the fix.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::client::{Fetcher, Scope};
use crate::deploy::resources::ObjectId;
use crate::deploy::rollout::Cause;
use crate::deploy::session::Session;
use crate::error::Result;
use crate::findings::{Code, Index, Settings, Shown, Subject, diagnose};
use crate::investigate::prefetch::ahead;
use crate::model::{DaemonSet, Symbol};
use crate::report::{Finding, Severity};
use crate::rules;
use crate::store::{Builder, Cluster, DataRequests};

/// Looks at the cluster as `doctor` does and gives the causes that concern the nodes, the worst first.
///
/// # Errors
/// The server cannot be reached, or knows no such user.
pub async fn reasons(session: &Session, id: &ObjectId, nodes: &BTreeSet<String>) -> Result<Vec<Cause>> {
    let name = (Symbol::new(&id.namespace), Symbol::new(&id.name));
    let settings = Settings {
        now: Timestamp::now().as_second(),
        grace: 0,
        expect: None,
        ignore: Vec::new(),
        no_exemptions: false,
        shown: Shown::Remarkable,
        node: None,
        allow_zero: false,
        all_fixes: false,
    };
    let mut answers = Fetcher::new(session.reader.clone());
    let mut builder = Builder::new();
    builder.look_partly();
    let scope = Scope { namespaces: vec![id.namespace.clone()], names: vec![id.name.clone()] };
    let of_name = |d: &&DaemonSet| (d.namespace, d.name) == name;
    let needs = |daemon_sets: &[DaemonSet]| {
        let mut questions = DataRequests::default();
        for daemon_set in daemon_sets.iter().filter(of_name) {
            questions.add(rules::needs(daemon_set));
            questions.add(rules::needs::own(daemon_set));
        }
        Ok(questions)
    };
    let sure = |cluster: &Cluster| ahead(cluster, cluster.daemon_sets.iter().filter(of_name), false);
    answers.begin(&mut builder, &scope, needs, sure).await?;
    let found = loop {
        let mut cluster = builder.finish(None);
        let Some(daemon_set) = cluster.daemon_set(name.0, name.1).cloned() else { return Ok(Vec::new()) };
        let index = Index::of(&cluster).as_of(settings.now);
        let asked = Subject::deployed(daemon_set);
        let diagnosis = diagnose(&mut cluster, &index, &asked, &settings);
        if !answers.is_open(&diagnosis.questions) {
            break diagnosis.report.findings;
        }
        let all = cluster.nodes.len();
        builder = Builder::reopen(cluster);
        answers.answer(&mut builder, diagnosis.questions, all).await?;
    };
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
