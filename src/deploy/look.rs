//! Reading what a prediction needs of the cluster.

use serde_json::Value as Json;

use super::intent::Intent;
use crate::cluster::live::{Query, Reader};
use crate::error::{Error, Result};
use crate::facts::wire::{Kind, Object, read_object};
use crate::facts::{Builder, Cluster, DaemonSet, Symbol, Version};
use crate::placement::needs::FOR_CLAIMS;

/// The cluster with the objects of a deployment laid over it.
pub struct Sight {
    /// The cluster.
    pub cluster: Cluster,
    /// What could not be looked at.
    pub not_looked_at: Vec<String>,
}

/// Kinds that are read whole, because nodes or admission need them.
const EVERYWHERE: [Kind; 4] = [Kind::Node, Kind::Pod, Kind::PriorityClass, Kind::RuntimeClass];
/// Kinds that are read in the DaemonSet's namespace.
const IN_NAMESPACE: [Kind; 6] =
    [Kind::ServiceAccount, Kind::LimitRange, Kind::ResourceQuota, Kind::DaemonSet, Kind::Deployment, Kind::StatefulSet];
/// Reads what the prediction of a deployment needs, and lays its objects over that. Where the DaemonSet `is_there`, also
/// which of its pods are new.
///
/// # Errors
/// The server cannot be reached, or knows no such user. What is forbidden is told in the sight.
pub async fn look(reader: &Reader, intent: &Intent, wanted: &DaemonSet, is_there: bool) -> Result<Sight> {
    let namespace = intent.namespace.as_str();
    let mut builder = Builder::new();
    if let Some(version) = reader.server_version().await?.as_deref().and_then(Version::parse) {
        builder.server_version(version);
    }
    let mut not_looked_at = Vec::new();
    let mut queries: Vec<Query> = EVERYWHERE.iter().map(|kind| Query::all(*kind)).collect();
    queries.extend(IN_NAMESPACE.iter().map(|kind| Query::all(*kind).in_namespace(namespace)));
    let spec = &wanted.template.spec;
    let others_matter = spec.pod_affinity.iter().chain(&spec.pod_anti_affinity).any(|t| t.namespace_selector.is_some());
    queries.push(match others_matter {
        true => Query::all(Kind::Namespace),
        false => Query::all(Kind::Namespace).with_fields(format!("metadata.name={namespace}")),
    });
    if is_there {
        queries.push(Query::all(Kind::ControllerRevision).in_namespace(namespace));
    }
    if !wanted.template.spec.volumes.is_empty() {
        queries.extend(FOR_CLAIMS.iter().map(|kind| match kind {
            Kind::PersistentVolumeClaim => Query::all(*kind).in_namespace(namespace),
            _ => Query::all(*kind),
        }));
    }
    let coverages = reader.list_together(&queries, &mut builder).await?;
    for (query, coverage) in queries.iter().zip(coverages) {
        if !coverage.is_whole() {
            not_looked_at.push(format!("{}: {coverage}", query.kind.resource()));
        }
        builder.cover(query.kind, coverage);
    }
    builder.overlay();
    for object in &intent.objects {
        if object.id.resource.kind != "DaemonSet" {
            builder.add(fact(&object.object)?);
        }
    }
    Ok(Sight { cluster: builder.finish(None), not_looked_at })
}

/// A DaemonSet's facts, from the object that is applied or that the server has.
///
/// # Errors
/// A field has a type that no server takes.
pub fn daemon_set(object: &Json) -> Result<DaemonSet> {
    match fact(object)? {
        Object::DaemonSet(daemon_set, _) => Ok(*daemon_set),
        Object::Bad(error) => Err(Error::new("the DaemonSet cannot be read").cause(error.error)),
        _ => Err(Error::new("the object is no DaemonSet")),
    }
}

fn fact(object: &Json) -> Result<Object> {
    let read = read_object(object.to_string().as_bytes(), None);
    Ok(read.map_err(|error| Error::new("an object cannot be read").because(&error))?.object)
}

/// Another workload of the namespace whose selector matches the pods of a new DaemonSet: both would fight for them.
pub fn rival(cluster: &Cluster, wanted: &DaemonSet) -> Option<String> {
    let labels = &wanted.template.labels;
    let others = cluster.daemon_sets.iter().map(|d| ("DaemonSet", d.namespace, d.name, &d.selector));
    let workloads = cluster.workloads.iter().map(|w| (w.kind.as_str(), w.namespace, w.name, &w.selector));
    let same = |kind: &str, name: Symbol| kind == "DaemonSet" && name == wanted.name;
    others
        .chain(workloads)
        .find(|(kind, namespace, name, selector)| {
            *namespace == wanted.namespace && !same(kind, *name) && selector.matches(labels)
        })
        .map(|(kind, _, name, _)| format!("{kind} {name}"))
}
