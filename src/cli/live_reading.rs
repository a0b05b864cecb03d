//! A live cluster, read as far as the question needs it.

use std::sync::Arc;

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
use crate::text::escape::escape;

/// Connects and investigates. `settings` says how the report is to be, once the cluster is known.
///
/// # Errors
/// No cluster can be reached, or it knows no such user; what is asked about is not there.
pub fn investigate_live(
    target: Target,
    connection: &ConnectionArgs,
    subjects: &Subjects,
    options: Options,
    settings: impl Fn(&Cluster) -> Result<Settings>,
    context: &mut Context<'_>,
) -> Result<(Investigation<Vec<Diagnosis>>, LiveEnrichment)> {
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
    let mut fetcher = Fetcher::new(reader.clone());
    let mut asking = LiveEnrichment::new(runtime, reader);
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
    asking.note_probes(&found.subjects, &found.probes);
    for warning in asking.reader.connection().take_warnings() {
        writeln!(context.stderr, "Warning: {}", escape(&warning))?;
    }
    Ok((found, asking))
}
