//! Reading what a prediction needs of the cluster.

use serde_json::Value as Json;

use crate::client::{Query, Reader};
use crate::deploy::intent::Intent;
use crate::deploy::unseen_data::Unseen;
use crate::error::{Error, Result};
use crate::model::wire::{Kind, Object, read_object};
use crate::model::{DaemonSet, Symbol, Version};
use crate::rules;
use crate::store::{Builder, Cluster, Coverage, DataRequest};

/// The cluster with the objects of a deployment laid over it.
pub struct ClusterView {
    /// The cluster.
    pub cluster: Cluster,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// Kinds of which all objects are read: nodes, what runs on them, and what decides who is evicted.
const EVERYWHERE: [Kind; 3] = [Kind::Node, Kind::Pod, Kind::PodDisruptionBudget];
/// Workloads of the DaemonSet's namespace whose selectors may match its pods.
const IN_NAMESPACE: [Kind; 3] = [Kind::DaemonSet, Kind::Deployment, Kind::StatefulSet];

/// Reads what the prediction of a deployment needs, and lays its objects over that. Where the DaemonSet `is_there`, also
/// which of its pods are new.
///
/// # Errors
/// The server cannot be reached, or knows no such user. What could not be seen is part of the result.
pub async fn look(reader: &Reader, intent: &Intent, wanted: &DaemonSet, is_there: bool) -> Result<ClusterView> {
    let namespace = intent.namespace.as_str();
    let mut builder = Builder::new();
    if let Some(version) = reader.server_version().await?.as_deref().and_then(Version::parse) {
        builder.server_version(version);
    }
    // What the template does not need is not missing.
    for kind in [Kind::ServiceAccount, Kind::PriorityClass] {
        builder.cover(kind, Coverage::Whole);
    }
    let mut queries: Vec<Query> = EVERYWHERE.iter().map(|kind| Query::all(*kind)).collect();
    queries.extend(IN_NAMESPACE.iter().map(|kind| Query::all(*kind).in_namespace(namespace)));
    queries.extend(rules::needs(wanted).open.into_iter().filter_map(query));
    if is_there {
        queries.push(Query::all(Kind::ControllerRevision).in_namespace(namespace));
    }
    let coverages = reader.list_together(&queries, &mut builder).await?;
    let mut unseen = Vec::new();
    for (query, coverage) in queries.iter().zip(coverages) {
        if !coverage.is_whole() {
            let namespace = query.namespace.as_deref().map(Symbol::new);
            unseen.push(Unseen::Kind { kind: query.kind, namespace, coverage: coverage.clone() });
        }
        builder.cover(query.kind, coverage);
    }
    builder.overlay();
    for object in &intent.objects {
        if object.id.resource.kind != "DaemonSet" {
            builder.add(fact(&object.object)?);
        }
    }
    let cluster = builder.finish(None);
    // Device classes stand for extended resources since v1.36 (gate DRAExtendedResource).
    unseen.retain(|unseen| unseen.kind() != Some(Kind::DeviceClass) || cluster.rules().at_least(36));
    Ok(ClusterView { cluster, unseen })
}

/// The list that answers what a template asks; a list of one object where it asks for one.
fn query(question: DataRequest) -> Option<Query> {
    let in_namespace = |kind: Kind, namespace: Option<Symbol>| Query {
        namespace: namespace.map(|namespace| namespace.to_string()),
        ..Query::all(kind)
    };
    match question {
        DataRequest::List(kind, namespace) => Some(in_namespace(kind, namespace)),
        DataRequest::Get(kind, namespace, name) => {
            Some(in_namespace(kind, namespace).with_fields(format!("metadata.name={name}")))
        }
        // Pods are read whole, and the others tell of what is deployed.
        _ => None,
    }
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
