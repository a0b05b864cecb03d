//! What a deployment or a rollout came to, as data for machines.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::deploy::plan::{Action, Plan};
use crate::deploy::poll::selector_text;
use crate::deploy::prediction::{Clash, Deadlock, Prediction, RolloutPrediction};
use crate::deploy::rollout::{Cause, End, Outcome, RolloutStatus};

/// The report of `deploy`, `diff` and `status`: the outputs that the spec's first generation names, and more.
#[derive(Debug, Serialize)]
pub struct DeployReport {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    kind: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The DaemonSet.
    pub daemonset_name: String,
    /// The selector's labels, as `k=v,k=v`.
    pub selector_labels: String,
    /// Nodes that should run a pod.
    pub desired: i64,
    /// Those that have a pod object.
    pub current: i64,
    /// Those whose pod is ready.
    pub ready: i64,
    /// Those whose pod is new.
    pub updated: i64,
    /// Those whose pod is available.
    pub available: i64,
    /// Nodes that have a pod and should not.
    pub misscheduled: i64,
    /// `planned`, `applied`, `done`, `failed`, `timed out`, `deleted`, `replaced`, `refused`, `rolled back`.
    pub outcome: &'static str,
    /// Why it is not done; empty where it is.
    pub reasons: Vec<String>,
    /// What the doctor finds on the nodes that hold it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// What becomes, or became, of every object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Json>,
    /// What will happen on the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Json>,
    /// What keeps the pods of DaemonSets apart that are deployed together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clashes: Vec<Clash>,
    /// Nodes without a new, available pod, with what holds them.
    pub waiting: BTreeMap<String, String>,
    /// Nodes that were not waited for.
    pub excused: Vec<String>,
    /// Pods of old templates by node.
    pub old: BTreeMap<String, String>,
}

impl DeployReport {
    /// A report of a DaemonSet, from the object as it is.
    pub fn of(object: &Json) -> Self {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
        let count = |key: &str| object["status"][key].as_i64().unwrap_or_default();
        DeployReport {
            api_version: "kubectl-daemonset/v1",
            kind: "DeployReport",
            namespace: text("namespace"),
            daemonset_name: text("name"),
            selector_labels: selector_text(&object["spec"]["selector"]),
            desired: count("desiredNumberScheduled"),
            current: count("currentNumberScheduled"),
            ready: count("numberReady"),
            updated: count("updatedNumberScheduled"),
            available: count("numberAvailable"),
            misscheduled: count("numberMisscheduled"),
            outcome: "planned",
            reasons: Vec::new(),
            causes: Vec::new(),
            plan: None,
            prediction: None,
            clashes: Vec::new(),
            waiting: BTreeMap::new(),
            excused: Vec::new(),
            old: BTreeMap::new(),
        }
    }

    /// Adds the plan.
    pub fn plan(&mut self, plan: &Plan) {
        self.plan = Some(plan.steps.iter().map(step).collect());
    }

    /// Adds the prediction.
    pub fn prediction(&mut self, prediction: &Prediction) {
        self.prediction = Some(prediction_json(prediction));
    }

    /// Adds what keeps pods apart that are deployed together.
    pub fn clashes(&mut self, clashes: &[Clash]) {
        self.clashes = clashes.to_vec();
    }

    /// With how a look finds the rollout.
    pub fn look(&mut self, look: &RolloutStatus) {
        let status = &look.status;
        (self.current, self.ready, self.misscheduled) = (status.current, status.ready, status.misscheduled);
        // Of the moment of the look, like the nodes below.
        (self.updated, self.available, self.desired) = look.counts();
        self.waiting = look.waiting.iter().map(|(node, hold)| (node.clone(), hold.sentence())).collect();
        self.old = look.old.clone();
    }

    /// Adds the state after a rollback; the reasons for the rollback stay.
    pub fn rolled_back(&mut self, outcome: &Outcome) {
        self.look(&outcome.look);
        self.outcome = "rolled back";
    }

    /// With how following it ended.
    pub fn outcome(&mut self, outcome: &Outcome) {
        self.look(&outcome.look);
        self.excused = outcome.excused.iter().filter(|n| self.waiting.contains_key(*n)).cloned().collect();
        self.causes.clone_from(&outcome.reasons);
        self.outcome = match outcome.end {
            End::Done => "done",
            End::Hopeless(_) | End::Crashed(_) | End::NoProgress(_) => "failed",
            End::TimedOut(_) => "timed out",
            End::Deleted => "deleted",
            End::Replaced(_) => "replaced",
        };
        if outcome.end != End::Done {
            let held = outcome.look.held(&outcome.excused);
            self.reasons = held.map(|(node, hold)| format!("{node}: {}", hold.sentence())).collect();
        }
        if let End::Crashed(nodes) = &outcome.end {
            self.reasons.extend(nodes.iter().map(|(node, why)| format!("{node}: {why}")));
        }
    }
}

fn step(step: &crate::deploy::plan::Step) -> Json {
    let (action, changes) = match &step.action {
        Action::Create => ("create", None),
        Action::Change(changes) => ("change", Some(changes)),
        Action::Adopt(changes) => ("adopt", Some(changes)),
        Action::Nothing => ("nothing", None),
        Action::Prune { .. } => ("prune", None),
        Action::Keep { .. } | Action::Share { .. } => ("keep", None),
    };
    let changes = changes.map(|all| {
        all.iter().map(|c| json!({"path": c.path, "before": c.before, "after": c.after})).collect::<Vec<_>>()
    });
    json!({
        "kind": step.id.resource.kind, "namespace": step.id.namespace, "name": step.id.name,
        "action": action, "changes": changes.unwrap_or_default(), "takenOver": step.taken_over,
    })
}

fn prediction_json(prediction: &Prediction) -> Json {
    let nodes: BTreeMap<&str, &str> = prediction.nodes.iter().map(|(n, p)| (n.as_str(), p.as_str())).collect();
    let groups: Vec<Json> = prediction
        .groups
        .iter()
        .map(|g| json!({"placement": g.placement.as_str(), "code": g.code, "reason": g.why, "nodes": g.nodes}))
        .collect();
    let victims: BTreeMap<&str, &Vec<String>> = prediction.victims.iter().map(|(n, v)| (n.as_str(), v)).collect();
    let rollout = match &prediction.rollout {
        RolloutPrediction::Nothing => json!({"kind": "nothing"}),
        RolloutPrediction::Create { pods, removed } => json!({"kind": "create", "pods": pods, "removed": removed}),
        RolloutPrediction::OnDelete { old, made, removed } => {
            json!({"kind": "onDelete", "old": old, "made": made, "removed": removed})
        }
        RolloutPrediction::Rolling { old, made, removed, at_once, surge, rounds, unavailable, deadlock } => json!({
            "kind": "rolling", "old": old, "made": made, "removed": removed, "atOnce": at_once, "surge": surge,
            "rounds": rounds,
            "unavailable": unavailable, "deadlock": deadlock.as_ref().map(|d| match d {
                Deadlock::SurgePort(port) => json!({"hostPort": port}),
                Deadlock::Bound { lost, silent, allowed } => {
                    json!({"nodes": lost + silent.len(), "silent": silent, "allowed": allowed})
                }
            }),
        }),
    };
    json!({
        "desired": prediction.desired, "nodes": nodes, "groups": groups, "victims": victims, "rollout": rollout,
        "quota": prediction.quota.map(|(admits, of)| json!({"admits": admits, "of": of})),
        "contended": prediction.contended.map(|c| json!({"minPods": c.min_pods, "maxPods": c.most, "of": c.of})),
        "adopted": prediction.adopted, "countedAsUpdated": prediction.counted_as_updated,
        "podSecurity": prediction.pod_security, "without": prediction.without(),
        "nodesKnown": !prediction.nodes_unseen(),
        "assumptions": prediction.unseen.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
