//! A live cluster, read as far as the question needs it.

use std::sync::Arc;

use crate::cli::Context;
use crate::cli::connection::ConnectionArgs;
use crate::cli::live_enrichment::LiveEnrichment;
use crate::cli::progress::watched;
use crate::cli::runtime::UNCHECKED;
use crate::cli::selection::Selection;
use crate::client::{Connection, Fetcher, Patience, Reader, Target};
use crate::error::{Error, Result};
use crate::findings::{Diagnosis, Index, Probed, Settings, Shown, Subject, diagnose_with_probe};
use crate::investigate::prefetch::ahead;
use crate::model::{DaemonSet, Version};
use crate::store::{Builder, Cluster, DataRequest, DataRequests};
use crate::text::escape::escape;

/// What was read.
pub struct Investigation {
    /// The cluster as far as it was looked at.
    pub cluster: Cluster,
    /// What admission makes of a pod of each DaemonSet, if that is wanted.
    pub probed: Vec<Option<Probed>>,
    /// The diagnosis on which nothing was left to ask, where one DaemonSet was asked about.
    pub diagnosis: Option<Diagnosis>,
}

/// How it is judged while it is read.
pub struct InvestigationOptions<'a> {
    /// The server's version, where the user says it.
    pub version: Option<Version>,
    /// How the report is to be, once the cluster is known.
    pub settings: &'a dyn Fn(&Cluster) -> Result<Settings>,
}

/// Connects and reads. `lines` is how many lines of logs are wanted, `probes` whether admission is asked.
///
/// # Errors
/// No cluster can be reached, or it knows no such user; what is asked about is not there.
pub fn live(
    target: Target,
    connection: &ConnectionArgs,
    wanted: &Selection<'_>,
    judging: &InvestigationOptions<'_>,
    (lines, probes): (usize, bool),
    context: &mut Context<'_>,
) -> Result<(Investigation, LiveEnrichment)> {
    if connection.insecure() {
        writeln!(context.stderr, "{UNCHECKED}")?;
    }
    // This thread takes pages apart; one more fetches them.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(Error::from)?;
    let opened =
        runtime.block_on(async { Connection::open(target, Patience::default()).await.map(Arc::new).map(Reader::new) });
    let reader = match opened {
        Ok(reader) => reader,
        Err(error) => {
            runtime.shutdown_background();
            return Err(error);
        }
    };
    let mut asking = LiveEnrichment::new(runtime, reader, lines, probes);
    let looked = match look(wanted, judging, &mut asking, context) {
        Ok(looked) => looked,
        Err(error) => {
            // What runs in the background, such as a plugin of the kubeconfig, is not waited for.
            asking.runtime.shutdown_background();
            return Err(error);
        }
    };
    for warning in asking.reader.connection().take_warnings() {
        writeln!(context.stderr, "Warning: {}", escape(&warning))?;
    }
    Ok((looked, asking))
}

/// Reads what the question needs: nodes and DaemonSets first, with what these are sure to need, then again and again what
/// the diagnosis of that rests on and has not seen, until it asks nothing more.
fn look(
    wanted: &Selection<'_>,
    judging: &InvestigationOptions<'_>,
    asking: &mut LiveEnrichment,
    context: &mut Context<'_>,
) -> Result<Investigation> {
    let mut answers = Fetcher::new(asking.reader.clone());
    let mut builder = Builder::new();
    builder.look_partly();
    let scope = wanted.scope()?;
    let needs = |daemon_sets: &[DaemonSet]| wanted.needs(daemon_sets);
    let sure = |cluster: &Cluster| match wanted.is_written() {
        true => DataRequests::default(),
        false => ahead(cluster, cluster.daemon_sets.iter().filter(|d| wanted.means(d)), wanted.all_pods),
    };
    let reading = watched(&asking.reader, context.stderr, answers.begin(&mut builder, &scope, needs, sure));
    asking.runtime.block_on(reading)?;
    let mut probed: Option<Vec<Option<Probed>>> = None;
    loop {
        wanted.overlay(&mut builder)?;
        let mut cluster = builder.finish(judging.version);
        if cluster.nodes.is_empty() {
            return Ok(Investigation { cluster, probed: Vec::new(), diagnosis: None });
        }
        let all = wanted.of(&mut cluster).map_err(|absent| match answers.unseen() {
            Some(why) if !wanted.is_written() => wanted.not_known(why),
            _ => absent,
        })?;
        let mut settings = (judging.settings)(&cluster)?;
        if all.len() > 1 {
            // Their reports are made one after another, each when it is written.
            settings.shown = Shown::None;
        }
        let index = Index::of(&cluster).as_of(settings.now);
        let probed = probed.get_or_insert_with(|| {
            let mut ask = |asked: &Subject| asking.admission(asked, &cluster, wanted.document_of(asked));
            all.iter().map(&mut ask).collect()
        });
        let mut questions = DataRequests::default();
        if wanted.all_pods {
            questions.ask(DataRequest::Pods);
        }
        let mut last = None;
        for (asked, probed) in all.iter().zip(&*probed) {
            let mut diagnosis = diagnose_with_probe(&mut cluster, &index, asked, probed.as_ref(), &settings);
            questions.add(std::mem::take(&mut diagnosis.questions));
            last = Some(diagnosis);
        }
        if !answers.is_open(&questions) {
            let probed = std::mem::take(probed);
            return Ok(Investigation { cluster, probed, diagnosis: last.filter(|_| all.len() == 1) });
        }
        drop(last);
        let nodes = cluster.nodes.len();
        builder = Builder::reopen(cluster);
        let reading = watched(&asking.reader, context.stderr, answers.answer(&mut builder, questions, nodes));
        asking.runtime.block_on(reading)?;
    }
}
