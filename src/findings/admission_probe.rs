//! One pod of the template, as the controller would send it, and what the API server's answer means. Asking stores
//! nothing (`dryRun=All`), and is done only where the user wants it.

use serde_json::{Map, Value, json};

use crate::findings::admission_drift::differences;
use crate::findings::cause::{AdmissionChange, Cause};
use crate::findings::difference::Difference;
use crate::findings::finding_draft::FindingDraft;
use crate::model::message::sentence;
use crate::model::{Labels, PodSpec, Version};
use crate::report::Severity;
use crate::rules::admission::Admission;
use crate::rules::controller;
use crate::rules::{CreationRefusal, Unknown};
use crate::store::Builder;

/// The answer of the API server to a dry run of one pod of the template.
#[derive(Debug, Clone)]
pub enum Probed {
    /// The API server rejected the pod, with this message.
    Refused(String),
    /// The API server would create this pod.
    Made(Box<MadePod>),
}

/// A pod as the API server would store it.
#[derive(Debug, Clone)]
pub struct MadePod {
    /// Its labels.
    labels: Labels,
    /// Its spec, without the pin to the node.
    spec: PodSpec,
    /// Its priority.
    priority: i32,
}

impl MadePod {
    /// Parses the answer of the server; `None` if the answer is no pod.
    pub fn of(answer: &Value) -> Option<Self> {
        let mut answer = answer.clone();
        // Only pods with an owner are stored with their whole spec.
        answer["metadata"]["ownerReferences"] = owner("DaemonSet", "asked", "asked");
        let mut builder = Builder::new();
        builder.read(answer.to_string().as_bytes(), None).ok()?;
        let cluster = builder.finish(None);
        let pod = cluster.pods.first()?;
        Some(MadePod { labels: pod.shape.labels.clone(), spec: pod.shape.spec.clone(), priority: pod.priority })
    }
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true,
        "blockOwnerDeletion": true}])
}

/// The pod that the controller would send for a node (`pkg/controller/daemon/daemon_controller.go` v1.36): the template
/// with the controller's labels, tolerations and owner, pinned to the node. `daemon_set` is the whole object, `hash`
/// that of its newest revision.
pub fn pod(daemon_set: &Value, node: &str, hash: Option<&str>) -> Value {
    let meta = &daemon_set["metadata"];
    let template = &daemon_set["spec"]["template"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut metadata = Map::new();
    for key in ["labels", "annotations", "finalizers"] {
        if !template["metadata"][key].is_null() {
            metadata.insert(key.to_owned(), template["metadata"][key].clone());
        }
    }
    metadata.insert("generateName".to_owned(), format!("{}-", text(&meta["name"])).into());
    metadata.insert("namespace".to_owned(), meta["namespace"].clone());
    if let Some(uid) = meta["uid"].as_str() {
        metadata.insert("ownerReferences".to_owned(), owner("DaemonSet", &text(&meta["name"]), uid));
    }
    let mut metadata = Value::Object(metadata);
    if let Some(hash) = hash {
        metadata["labels"]["controller-revision-hash"] = hash.into();
    }
    if let Some(generation) = meta["annotations"]["deprecated.daemonset.template.generation"].as_str() {
        metadata["labels"]["pod-template-generation"] = generation.into();
    }
    let mut spec = template["spec"].clone();
    tolerate(&mut spec);
    pin(&mut spec, node);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

/// Adds the controller's own tolerations. One of the template's that is alike bears its taint for ever.
fn tolerate(spec: &mut Value) {
    let on_host = spec["hostNetwork"] == true;
    let mut all = match spec["tolerations"].take() {
        Value::Array(all) => all,
        _ => Vec::new(),
    };
    for added in controller::default_tolerations(on_host) {
        let key = added.key.map(|key| key.as_str()).unwrap_or_default();
        let effect = match added.effect {
            Some(Ok(effect)) => effect.as_str(),
            _ => continue,
        };
        let alike = |own: &&mut Value| {
            let no_value = own["value"].as_str().unwrap_or_default().is_empty();
            own["key"] == key && own["effect"] == effect && own["operator"] == "Exists" && no_value
        };
        let toleration = json!({"key": key, "operator": "Exists", "effect": effect});
        match all.iter_mut().find(alike) {
            Some(own) => *own = toleration,
            None => all.push(toleration),
        }
    }
    spec["tolerations"] = Value::Array(all);
}

/// Replaces the required terms of node affinity by the one that names the node.
fn pin(spec: &mut Value, node: &str) {
    let field = json!({"key": "metadata.name", "operator": "In", "values": [node]});
    let terms = json!({"nodeSelectorTerms": [{"matchFields": [field]}]});
    if !spec["affinity"].is_object() {
        spec["affinity"] = json!({});
    }
    if !spec["affinity"]["nodeAffinity"].is_object() {
        spec["affinity"]["nodeAffinity"] = json!({});
    }
    spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] = terms;
}

/// What the reader should know of the answer to a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeNotice {
    /// The API server rejected the pod, with this message, as the rules predict.
    Rejected(String),
    /// The API server accepts the pod, although the rules predict a rejection.
    AcceptedAgainstRules,
}

/// What came of the answer.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What the pod was changed in.
    pub differences: Vec<Difference>,
    /// What the reader should know.
    pub notice: Option<ProbeNotice>,
    /// Whether the admission that is judged by is another than the rules'.
    pub changed: bool,
}

/// Replaces the prediction of the rules by the answer of the server.
pub(crate) fn apply(probed: &Probed, admission: &mut Admission, version: Version) -> Outcome {
    match probed {
        Probed::Refused(message) if admission.refusals.is_empty() => {
            let refusal = CreationRefusal::Answered { message: sentence(message) };
            admission.refusals.push(refusal.into());
            Outcome { changed: true, ..Outcome::default() }
        }
        Probed::Refused(message) => {
            Outcome { notice: Some(ProbeNotice::Rejected(sentence(message))), ..Outcome::default() }
        }
        Probed::Made(made) => {
            let differences = differences(&admission.spec, &made.spec, version);
            let expected = admission.refusals.len();
            let notice = (expected > 0).then_some(ProbeNotice::AcceptedAgainstRules);
            // Unread objects no longer matter: the server has checked them.
            admission.unknowns.retain(|unknown| !matches!(**unknown, Unknown::NotCollected { .. }));
            admission.refusals.clear();
            let changed = !differences.is_empty() || expected > 0;
            admission.spec = made.spec.clone();
            admission.labels = made.labels.clone();
            admission.priority = made.priority;
            admission.preempts_never = made.spec.preempts_never.unwrap_or(false);
            Outcome { differences, notice, changed }
        }
    }
}

/// Returns the finding about what the server changes in the pod; `decides` says whether the change alters a result.
pub(crate) fn finding(differences: &[Difference], decides: bool) -> Option<FindingDraft> {
    if differences.is_empty() {
        return None;
    }
    let severity = if decides { Severity::Warning } else { Severity::Info };
    let change = AdmissionChange { differences: differences.to_vec(), decides };
    Some(FindingDraft::of(Cause::AdmissionChange(change), severity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daemon_set() -> Value {
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "agent", "namespace": "a", "uid": "u",
                "annotations": {"deprecated.daemonset.template.generation": "3"}},
            "spec": {"template": {"metadata": {"labels": {"app": "agent"}, "annotations": {"x": "y"}}, "spec": {
                "containers": [{"name": "c", "image": "i", "env": [{"name": "A", "value": "b"}]}],
                "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
                    "tolerationSeconds": 5}],
                "affinity": {"nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}],
                    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]}}}}}}})
    }

    #[test]
    fn the_pod_is_the_controllers() {
        let pod = pod(&daemon_set(), "n1", Some("h"));
        assert_eq!(pod["metadata"]["generateName"], "agent-");
        assert_eq!(
            pod["metadata"]["labels"],
            json!({"app": "agent", "controller-revision-hash": "h", "pod-template-generation": "3"})
        );
        assert_eq!(pod["metadata"]["ownerReferences"][0]["uid"], "u");
        let affinity = &pod["spec"]["affinity"]["nodeAffinity"];
        let terms = &affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
        assert_eq!(terms[0]["matchFields"][0]["values"], json!(["n1"]));
        assert!(terms[0]["matchExpressions"].is_null() && terms.as_array().is_some_and(|t| t.len() == 1));
        assert!(affinity["preferredDuringSchedulingIgnoredDuringExecution"].is_array());
        let tolerations = pod["spec"]["tolerations"].as_array().cloned().unwrap_or_default();
        assert_eq!(tolerations.len(), 6, "{tolerations:?}");
        assert!(tolerations[0]["tolerationSeconds"].is_null(), "the controller's own is for ever");
        assert_eq!(pod["spec"]["containers"][0]["env"][0]["value"], "b");
    }

    #[test]
    fn the_answer_is_read_whole_also_where_nobody_owns_the_pod() {
        let mut answer = pod(&daemon_set(), "n1", None);
        answer["metadata"]["ownerReferences"] = Value::Null;
        answer["spec"]["nodeSelector"] = json!({"pool": "gpu"});
        answer["spec"]["priority"] = json!(7);
        let made = MadePod::of(&answer).expect("it is a pod");
        assert_eq!((made.spec.node_affinity.selector.len(), made.priority), (1, 7));
        assert!(made.spec.node_affinity.required.is_none(), "the pin is taken out");
        assert!(MadePod::of(&json!({"kind": "Status"})).is_none());
    }
}
