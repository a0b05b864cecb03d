//! The revisions of DaemonSets: the newest, and the older ones beside it.

use crate::model::daemonset::Revision;
use crate::store::cluster::Cluster;

/// Adds a revision beside the others of its DaemonSet, each number once.
pub(super) fn add_revision(cluster: &mut Cluster, revision: Revision) {
    /// An API server keeps `revisionHistoryLimit` of them, 10 by default.
    const MAX_OLDER: usize = 100;
    let owner = revision.owner;
    let older = match cluster.revisions.get_mut(&owner) {
        None => {
            cluster.revisions.insert(owner, revision);
            return;
        }
        Some(newest) if revision.number > newest.number => std::mem::replace(newest, revision),
        Some(newest) if revision.number == newest.number => return,
        Some(_) => revision,
    };
    let known = cluster.older_revisions.entry(owner).or_default();
    if known.len() < MAX_OLDER && known.iter().all(|other| other.number != older.number) {
        known.push(older);
    }
}
