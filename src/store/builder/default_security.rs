//! What events and nodes show of the Pod Security level of namespaces without a label.

use crate::model::Symbol;
use crate::model::default_security::{DefaultSecurity, ShownBy, has_own_level};
use crate::model::message::admission::{Denial, DenyingPlugin, PodSecurityLevel};
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
    let denied_otherwise = || {
        let events = cluster.events.iter().filter(|event| Some(event.reason) == failed_create);
        let others =
            events.filter(|event| DenyingPlugin::of(creation_error(&event.message)) != DenyingPlugin::PodSecurity);
        others.map(|event| event.namespace).collect()
    };
    if let Some((_, namespace, denial)) = denied.max_by_key(|(seen, ..)| *seen) {
        let shown_by = ShownBy::Event(namespace);
        let denied_otherwise = denied_otherwise();
        return Some(DefaultSecurity { level: denial.level, version: denial.version, shown_by, denied_otherwise });
    }
    cluster.platform.talos.then(|| DefaultSecurity {
        level: PodSecurityLevel::Baseline,
        version: "latest".to_owned(),
        shown_by: ShownBy::Talos,
        denied_otherwise: denied_otherwise(),
    })
}
