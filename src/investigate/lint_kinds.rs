//! The objects of a cluster that lint compares a document with.

use crate::error::Result;
use crate::investigate::source::Source;
use crate::model::wire::Kind;
use crate::store::{Builder, Cluster, DataRequest, DataRequests};

/// The kinds that lint reads: nodes, workloads with selectors, and pods for the host ports that they hold.
pub const LINT_KINDS: [Kind; 7] =
    [Kind::Node, Kind::DaemonSet, Kind::Deployment, Kind::StatefulSet, Kind::ReplicaSet, Kind::Job, Kind::Pod];

/// Reads all objects of [`LINT_KINDS`]. What could not be seen is part of the cluster's coverage.
///
/// # Errors
/// The server cannot be reached, or knows no such user.
pub async fn read_for_lint(source: &mut impl Source) -> Result<Cluster> {
    let mut builder = Builder::new();
    let mut requests = DataRequests::default();
    LINT_KINDS.into_iter().for_each(|kind| requests.ask(DataRequest::List(kind, None)));
    source.answer(&mut builder, requests, 0).await?;
    Ok(builder.finish(None))
}
