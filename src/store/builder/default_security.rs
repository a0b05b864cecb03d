//! What events and nodes show of the Pod Security level of namespaces without a label.

use crate::model::Symbol;
use crate::model::default_security::{DefaultSecurity, ShownBy, has_own_level};
use crate::model::message::admission::{Denial, PodSecurityLevel};
use crate::model::message::controller::creation_error;
use crate::store::cluster::Cluster;

/// Reads the level; the newest event decides.
pub(super) fn default_security(cluster: &Cluster) -> Option<DefaultSecurity> {
    let failed_create = Symbol::known("FailedCreate");
    let denied = cluster.events.iter().filter(|event| Some(event.reason) == failed_create).filter_map(|event| {
        let namespace = cluster.namespaces.get(&event.namespace)?;
        match Denial::of(creation_error(&event.message)) {
            Denial::PodSecurity(denial) if !has_own_level(&namespace.labels) => {
                Some((event.last_seen, event.namespace, denial))
            }
            _ => None,
        }
    });
    if let Some((_, namespace, denial)) = denied.max_by_key(|(seen, ..)| *seen) {
        let shown_by = ShownBy::Event(namespace);
        return Some(DefaultSecurity { level: denial.level, version: denial.version, shown_by });
    }
    cluster.platform.talos.then(|| DefaultSecurity {
        level: PodSecurityLevel::Baseline,
        version: "latest".to_owned(),
        shown_by: ShownBy::Talos,
    })
}
