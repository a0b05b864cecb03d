//! Whether DaemonSets that are deployed together fit together, as `doctor -f` finds it: each prediction alone knows
//! nothing of the pods that the others will have.

use crate::client::Fetcher;
use crate::deploy::diagnose_blocked::settings;
use crate::deploy::intent::Intent;
use crate::deploy::prediction::Clash;
use crate::deploy::session::Session;
use crate::error::{Error, Result};
use crate::findings::Code;
use crate::investigate::engine::diagnose_round;
use crate::investigate::{CombinedFit, Document, Options, Round, Subjects, investigate};

/// Returns what keeps the pods of the DaemonSets apart on nodes where each alone would get its pod.
///
/// # Errors
/// The server cannot be reached, or knows no such user; a DaemonSet cannot be read.
pub async fn clashes(session: &Session, intents: &[Intent]) -> Result<Vec<Clash>> {
    let unreadable = |why: String| Error::new("cannot read the DaemonSet").cause(why);
    let mut documents = Vec::new();
    for intent in intents {
        documents.push(Document::of(intent.daemon_set().object.clone()).map_err(unreadable)?);
    }
    let all = intents.iter().flat_map(|intent| &intent.objects);
    let others = all.filter(|wanted| wanted.id.resource.kind != "DaemonSet");
    let subjects = Subjects::written(documents, others.map(|wanted| &wanted.object));
    let mut source = Fetcher::new(session.reader.clone());
    let settings = settings();
    let judge = |round: Round<'_>| Ok(diagnose_round(round, settings.clone()));
    let found = investigate(&mut source, &subjects, Options::default(), judge).await?;
    let mut together = CombinedFit::default();
    let mut clashes = Vec::new();
    for (subject, mut diagnosis) in found.subjects.iter().zip(found.judgement.into_iter().flatten()) {
        together.add(&found.cluster, subject, &mut diagnosis, &settings);
        let name = format!("{}/{}", subject.daemon_set.namespace, subject.daemon_set.name);
        let findings = diagnosis.report.findings.into_iter();
        let clashing = findings.filter(|finding| finding.code == Code::DO_NOT_FIT_TOGETHER);
        clashes.extend(
            clashing.map(|finding| Clash { message: format!("{name}: {}", finding.message), nodes: finding.nodes }),
        );
    }
    Ok(clashes)
}
