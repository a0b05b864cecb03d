//! The loop: read what is sure to be needed, judge, ask for what the judgement rests on and has not seen, judge again.

use crate::error::Result;
use crate::findings::{Index, Probed, Settings, Shown, Subject};
use crate::investigate::diagnosis::{Diagnosis, diagnose_with_probe};
use crate::investigate::probe::{NotProbed, probe};
use crate::investigate::siblings::Siblings;
use crate::investigate::source::Source;
use crate::investigate::subjects::Subjects;
use crate::model::Version;
use crate::store::{Builder, Cluster, DataRequest, DataRequests};

/// How an investigation is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The server's version, where the user says it.
    pub version: Option<Version>,
    /// Whether the API server is asked what admission makes of one pod of each subject.
    pub probes: bool,
}

/// What the API server says of one pod of a subject; `None` where it was not to be asked.
pub type ProbeOutcome = Option<Result<Probed, NotProbed>>;

/// One round: the cluster as far as it was read.
pub struct Round<'a> {
    /// The cluster.
    pub cluster: &'a mut Cluster,
    /// The subjects, by namespace and name.
    pub subjects: &'a [Subject],
    /// What admission makes of a pod of each.
    pub probes: &'a [ProbeOutcome],
}

/// What an investigation comes to.
pub struct Investigation<T> {
    /// The cluster as far as it was read.
    pub cluster: Cluster,
    /// The subjects, by namespace and name; none where the cluster has no node and what is asked about is not there.
    pub subjects: Vec<Subject>,
    /// What admission makes of a pod of each.
    pub probes: Vec<ProbeOutcome>,
    /// The judgement after which nothing was open. `None` if the source gave everything at once, so that there was
    /// nothing to ask, or if the cluster has no node.
    pub judgement: Option<T>,
    /// Everything that was asked for.
    pub requests: DataRequests,
}

/// Reads what the subjects need, as `judge` asks for it: it returns a judgement of the cluster so far, and the requests
/// that the judgement rests on.
///
/// # Errors
/// The source fails, a subject is not there, or `judge` fails.
pub async fn investigate<S: Source, T>(
    source: &mut S,
    subjects: &Subjects,
    options: Options,
    mut judge: impl FnMut(Round<'_>) -> Result<(T, DataRequests)>,
) -> Result<Investigation<T>> {
    let mut builder = Builder::new();
    source.begin(&mut builder, subjects).await?;
    let mut asked = subjects.needs(&builder.so_far().daemon_sets);
    let mut probed: Option<Vec<ProbeOutcome>> = None;
    loop {
        subjects.overlay(&mut builder)?;
        let mut cluster = builder.finish(options.version);
        if cluster.nodes.is_empty() {
            let found = match subjects.is_written() {
                true => subjects.find(&mut cluster)?,
                // Events and the status speak without any node.
                false => subjects.find(&mut cluster).unwrap_or_default(),
            };
            let probes = found.iter().map(|_| None).collect();
            return Ok(Investigation { cluster, subjects: found, probes, judgement: None, requests: asked });
        }
        let found = subjects.find(&mut cluster).map_err(|absent| subjects.absent(absent, source.unseen()))?;
        let probes = match probed.take() {
            Some(probes) => probes,
            None => probe_all(source, subjects, &found, &cluster, options).await,
        };
        if source.is_whole() {
            return Ok(Investigation { cluster, subjects: found, probes, judgement: None, requests: asked });
        }
        let (judgement, mut requests) = judge(Round { cluster: &mut cluster, subjects: &found, probes: &probes })?;
        if subjects.all_pods {
            requests.ask(DataRequest::Pods);
        }
        asked.add(requests.clone());
        if !source.is_open(&requests) {
            let judgement = Some(judgement);
            return Ok(Investigation { cluster, subjects: found, probes, judgement, requests: asked });
        }
        drop(judgement);
        probed = Some(probes);
        let nodes = cluster.nodes.len();
        builder = Builder::reopen(cluster);
        source.answer(&mut builder, requests, nodes).await?;
    }
}

async fn probe_all(
    source: &impl Source,
    subjects: &Subjects,
    found: &[Subject],
    cluster: &Cluster,
    options: Options,
) -> Vec<ProbeOutcome> {
    let mut outcomes = Vec::with_capacity(found.len());
    for subject in found {
        outcomes.push(match options.probes {
            true => Some(probe(source, subject, subjects.document(subject).map(|d| &d.object), cluster).await),
            false => None,
        });
    }
    outcomes
}

/// Diagnoses of several subjects are kept up to so many verdicts, as nodes times subjects; of more each is made anew when
/// it is written.
const MAX_KEPT_VERDICTS: usize = 50_000;

/// Judges a round as `doctor` does: returns the diagnoses of all subjects, in their order, and what they rest on. Where
/// they are large together, none is returned.
pub fn diagnose_round(round: Round<'_>, mut settings: Settings) -> (Vec<Diagnosis>, DataRequests) {
    let many = round.subjects.len();
    let are_kept = many == 1 || many.saturating_mul(round.cluster.nodes.len()) <= MAX_KEPT_VERDICTS;
    if !are_kept {
        settings.shown = Shown::None;
    }
    let index = Index::of(round.cluster).as_of(settings.now);
    let mut requests = DataRequests::default();
    let mut diagnoses = Vec::new();
    let siblings = Siblings::find(round.cluster, round.subjects);
    for (number, (subject, outcome)) in round.subjects.iter().zip(round.probes).enumerate() {
        let probed = outcome.as_ref().and_then(|outcome| outcome.as_ref().ok());
        siblings.lay_beside(round.cluster, number);
        let mut diagnosis = diagnose_with_probe(round.cluster, &index, subject, probed, &settings);
        requests.add(std::mem::take(&mut diagnosis.questions));
        diagnoses.extend(are_kept.then_some(diagnosis));
    }
    (diagnoses, requests)
}
