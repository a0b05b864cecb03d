//! What is unknown everywhere where the pods of the nodes could not be listed.

use std::sync::Arc;

use crate::model::wire::Kind;
use crate::rules::verdict::{MissingData, Unknown};
use crate::store::{Cluster, Coverage};

/// A source that holds no pod is taken at its word that none stands in the way; one that refused to say is not.
pub(crate) fn unseen_pods(cluster: &Cluster) -> Option<Arc<Unknown>> {
    let coverage = cluster.coverage(Kind::Pod);
    let silent = matches!(coverage, Coverage::Whole | Coverage::NotCollected);
    (!silent).then(|| Unknown::not_collected(cluster, MissingData::PodsOfNodes, Kind::Pod))
}
