//! A live cluster, read as far as the question needs it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::live_enrichment::LiveEnrichment;
use crate::cli::progress::watched;
use crate::cli::runtime::UNCHECKED;
use crate::client::{Connection, Fetcher, Patience, Reader, Target};
use crate::error::{Error, Result};
use crate::findings::Settings;
use crate::investigate::engine::diagnose_round;
use crate::investigate::{Diagnosis, Investigation, Options, Subjects, investigate};
use crate::store::Cluster;
use crate::text::count;
use crate::text::escape::escape;

/// The shortest time between two readings of a cluster that is waited for.
const MIN_PAUSE: Duration = Duration::from_secs(2);

/// How long to wait until no pod is within its grace.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    /// The longest time; `None` for no limit.
    pub timeout: Option<Duration>,
}

/// What a live cluster says.
pub struct LiveReading {
    /// What was found.
    pub found: Investigation<Vec<Diagnosis>>,
    /// What was left open.
    pub asking: LiveEnrichment,
    /// Whether pods were within their grace when the time to wait was over.
    pub is_timed_out: bool,
}

/// Connects and investigates. `settings` says how the report is to be, once the cluster is known. With `wait` the cluster is
/// read again until no pod asked about is within its grace.
///
/// # Errors
/// No cluster can be reached, or it knows no such user; what is asked about is not there.
pub fn investigate_live(
    target: Target,
    connection: &ConnectionArgs,
    subjects: &Subjects,
    options: Options,
    wait: Option<Wait>,
    settings: impl Fn(&Cluster) -> Result<Settings>,
    context: &mut Context<'_>,
) -> Result<LiveReading> {
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
    let mut asking = LiveEnrichment::new(runtime, reader);
    let begun = Instant::now();
    let mut told = 0;
    let (found, is_timed_out) = loop {
        let reading = Instant::now();
        let mut fetcher = Fetcher::new(asking.reader.clone());
        let work = investigate(&mut fetcher, subjects, options, |round| {
            let settings = settings(round.cluster)?;
            Ok(diagnose_round(round, settings))
        });
        let found = match asking.runtime.block_on(watched(&asking.reader, context.stderr, work)) {
            Ok(found) => found,
            Err(error) => {
                // What runs in the background, such as a plugin of the kubeconfig, is not waited for.
                asking.runtime.shutdown_background();
                return Err(error);
            }
        };
        let Some(wait) = wait else { break (found, false) };
        let starting = starting(&found);
        let left = wait.timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
        if starting == 0 || left.is_some_and(|left| left.is_zero()) {
            break (found, starting > 0);
        }
        if starting != told {
            told = starting;
            writeln!(context.stderr, "waiting for {}", count(starting, "starting pod"))?;
        }
        // A large cluster is read for at most half of the time.
        let pause = MIN_PAUSE.max(reading.elapsed());
        let pause = left.map_or(pause, |left| pause.min(left));
        asking.runtime.block_on(async { tokio::time::sleep(pause).await });
    };
    asking.note_probes(&found.subjects, &found.probes);
    for warning in asking.reader.connection().take_warnings() {
        writeln!(context.stderr, "Warning: {}", escape(&warning))?;
    }
    Ok(LiveReading { found, asking, is_timed_out })
}

/// How many nodes have a pod within its grace, over all that is asked about.
fn starting(found: &Investigation<Vec<Diagnosis>>) -> usize {
    let reports = found.judgement.iter().flatten().map(|diagnosis| &diagnosis.report);
    reports.map(|report| report.starting.as_ref().map_or(0, |starting| starting.node_count)).sum()
}
