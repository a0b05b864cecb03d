//! Reading what a prediction needs of the cluster: by the engine that `doctor -f` asks.

use serde_json::Value as Json;

use crate::client::{Fetcher, Reader};
use crate::deploy::intent::Intent;
use crate::deploy::unseen_data::Unseen;
use crate::error::{Error, Result};
use crate::investigate::engine::ProbeOutcome;
use crate::investigate::{Document, Options, Round, Subjects, investigate};
use crate::model::wire::{Kind, Object, read_object};
use crate::model::{DaemonSet, Symbol};
use crate::rules::needs::ADMISSION_HOOKS;
use crate::rules::{Evaluation, OwnPods};
use crate::store::{Cluster, Coverage, DataRequest, DataRequests};

/// The cluster with the objects of a deployment laid over it.
pub struct ClusterView {
    /// The cluster.
    pub cluster: Cluster,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
    /// The owner of the pods that the DaemonSet adopts, if none of its name is there ([`Cluster::adopt`]).
    pub adopts: Option<Symbol>,
    /// What admission makes of one pod of the DaemonSet.
    pub probe: ProbeOutcome,
}

/// Reads what the prediction of a deployment needs, and lays its objects over that. `is_new` says that no DaemonSet of
/// that name is there: the selectors of other workloads are read then; `probes`, that the API server is asked for one
/// pod.
///
/// # Errors
/// The server cannot be reached, or knows no such user; cannot read the DaemonSet. What could not be seen is part of
/// the result.
pub async fn look(reader: &Reader, intent: &Intent, is_new: bool, probes: bool) -> Result<ClusterView> {
    let document = Document::of(intent.daemon_set().object.clone())
        .map_err(|why| Error::new("cannot read the DaemonSet").cause(why))?;
    let namespace = document.daemon_set.namespace;
    let all = intent.objects.iter().chain(&intent.beside);
    let others = all.filter(|wanted| wanted.id.resource.kind != "DaemonSet");
    let mut subjects = Subjects::written(vec![document], others.map(|wanted| &wanted.object));
    let rivals = [Kind::Deployment, Kind::StatefulSet].into_iter().filter(|_| is_new);
    rivals.for_each(|kind| subjects.also(DataRequest::List(kind, Some(namespace))));
    let mut source = Fetcher::new(reader.clone());
    let options = Options { probes, ..Options::default() };
    let found = investigate(&mut source, &subjects, options, |round| Ok(((), requests(&round)))).await?;
    let adopts = found.subjects.first().and_then(|subject| subject.adopts);
    let probe = found.probes.into_iter().next().flatten();
    let unseen = unseen(&found.cluster, &found.requests, namespace);
    Ok(ClusterView { cluster: found.cluster, unseen, adopts, probe })
}

/// What the prediction rests on and has not seen: with the pods that are there replaced, and with those that stay where
/// the template does.
fn requests(round: &Round<'_>) -> DataRequests {
    let mut requests = DataRequests::default();
    for subject in round.subjects {
        let (cluster, daemon_set) = (&*round.cluster, &subject.daemon_set);
        for own in [Some(subject.own_pods()), subject.deployed.map(OwnPods::Live)].into_iter().flatten() {
            let admission = Evaluation::admit(cluster, daemon_set, own);
            let evaluation = Evaluation::new(cluster, daemon_set, &admission, own);
            requests.add(evaluation.questions(&evaluation.all()));
        }
        requests.keep.owners.extend(subject.deployed);
    }
    requests
}

/// What was asked for and could not be seen.
fn unseen(cluster: &Cluster, requests: &DataRequests, namespace: Symbol) -> Vec<Unseen> {
    let asked = requests.open.iter().filter_map(|request| match request {
        DataRequest::List(kind, namespace) | DataRequest::Get(kind, namespace, _) => Some((*kind, *namespace)),
        DataRequest::PodsOn(_) | DataRequest::Nominated | DataRequest::Pods => Some((Kind::Pod, None)),
        DataRequest::Selected(Kind::Pod, ..) => Some((Kind::Pod, None)),
        DataRequest::Selected(kind, namespace, _) => Some((*kind, Some(*namespace))),
        DataRequest::Events(..) | DataRequest::NodesLeft | DataRequest::PodEvents(..) => None,
    });
    let mut asked: Vec<(Kind, Option<Symbol>)> = asked.chain([(Kind::DaemonSet, Some(namespace))]).collect();
    asked.sort_by_key(|(kind, namespace)| (kind.resource(), namespace.map(|namespace| namespace.as_str())));
    asked.dedup();
    // What webhooks and policies say of the pods is asked of the API server itself (`Unseen::Admission`).
    asked.retain(|(kind, _)| !ADMISSION_HOOKS.contains(kind) && *kind != Kind::EndpointSlice);
    // Device classes stand for extended resources since v1.36 (gate DRAExtendedResource).
    asked.retain(|(kind, _)| *kind != Kind::DeviceClass || cluster.rules().at_least(36));
    let missing = asked.into_iter().filter_map(|(kind, namespace)| match cluster.coverage(kind) {
        coverage @ (Coverage::Forbidden { .. } | Coverage::Failed { .. }) => {
            Some(Unseen::Kind { kind, namespace, coverage: coverage.clone() })
        }
        _ => None,
    });
    missing.collect()
}

/// A DaemonSet's facts, from the object that is applied or that the server has.
///
/// # Errors
/// A field has a type that no server takes.
pub fn daemon_set(object: &Json) -> Result<DaemonSet> {
    match fact(object)? {
        Object::DaemonSet(daemon_set, _) => Ok(*daemon_set),
        Object::Bad(error) => Err(Error::new("cannot read the DaemonSet").cause(error.error)),
        _ => Err(Error::new("the object is not a DaemonSet")),
    }
}

fn fact(object: &Json) -> Result<Object> {
    let read = read_object(object.to_string().as_bytes(), None);
    Ok(read.map_err(|error| Error::new("cannot read an object").because(&error))?.object)
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
