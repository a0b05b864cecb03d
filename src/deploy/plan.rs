//! What becomes of every object.

use std::fmt;

use serde_json::Value as Json;

use crate::deploy::client_side_apply::Migration;
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::difference::{Change, changes};
use crate::deploy::documents::Documents;
use crate::deploy::field_ownership;
use crate::deploy::resources::{ObjectId, Resource, keeper, uid};

/// What becomes of one object.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// It is made.
    Create,
    /// Fields of it change.
    Change(Vec<Change>),
    /// It is there, and we never applied it: it becomes ours, and these fields change.
    Adopt(Vec<Change>),
    /// It is as it should be.
    Nothing,
    /// It is ours and no longer wanted.
    Prune {
        /// Its UID, so that another of that name is left alone.
        uid: String,
    },
    /// It is ours and no longer wanted, but a revision that can be rolled back to refers to it.
    Keep {
        /// The revision's number.
        revision: i64,
    },
    /// It is ours and no longer wanted, but another DaemonSet that was deployed together with this one shares it.
    Share {
        /// That DaemonSet.
        with: ObjectId,
    },
}

/// One object of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Which object.
    pub id: ObjectId,
    /// What becomes of it.
    pub action: Action,
    /// The tool that keeps it besides us, and would undo what we change.
    pub keeper: Option<&'static str>,
    /// Managers that set fields of an object that is adopted.
    pub others: Vec<String>,
    /// Managers of client-side `kubectl apply` whose fields become ours.
    pub taken_over: Vec<String>,
    /// Whether the step takes back fields that `kubectl rollout undo` set.
    pub undone: bool,
    /// Whether the plan of another DaemonSet that is deployed together has the step, too.
    pub repeated: bool,
    /// Both states of the object; `None` for one that is no longer wanted.
    pub documents: Option<Documents>,
}

/// The whole plan, in the order in which it is carried out.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Every object.
    pub steps: Vec<Step>,
    /// Kinds that could not be checked and may be missing from the plan.
    pub not_checked: Vec<String>,
    /// What the server warned of.
    pub warnings: Vec<String>,
    /// What of this machine goes to the cluster.
    pub local_sources: Vec<LocalSource>,
}

/// From where on this machine a secret value was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalSource {
    /// A file, by its path.
    File(String),
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for LocalSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LocalSource::File(path) => write!(f, "file {path}"),
            LocalSource::Variable(name) => write!(f, "variable {name}"),
        }
    }
}

impl Plan {
    /// Whether anything changes.
    pub fn changes_anything(&self) -> bool {
        self.steps.iter().any(Step::changes)
    }

    /// Whether the pods are recreated: the template changes, or there were no pods.
    pub fn rolls(&self) -> bool {
        self.steps.iter().any(|step| {
            step.id.resource.kind == "DaemonSet"
                && match &step.action {
                    Action::Create => true,
                    Action::Change(changes) | Action::Adopt(changes) => {
                        changes.iter().any(|c| c.path.starts_with("spec.template"))
                    }
                    _ => false,
                }
        })
    }

    /// What becomes of an object, where it is in the plan.
    pub fn of(&self, id: &ObjectId) -> Option<&Action> {
        self.steps.iter().find(|step| step.id == *id).map(|step| &step.action)
    }

    /// Returns the objects that are created, but for namespaces. A rollback does not delete them.
    pub fn created(&self) -> impl Iterator<Item = &ObjectId> {
        let created = self.steps.iter().filter(|step| step.action == Action::Create);
        created.map(|step| &step.id).filter(|id| id.resource.kind != "Namespace")
    }

    /// What is pruned once the rollout succeeded.
    pub fn prunes(&self) -> impl Iterator<Item = (&ObjectId, &str)> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Prune { uid } => Some((&step.id, uid.as_str())),
            _ => None,
        })
    }
}

impl Step {
    /// The step for a wanted object. `after` is what the server would store.
    pub fn of(wanted: &DesiredObject, live: Option<&Json>, after: &Json) -> Step {
        let secret = wanted.secret || wanted.id.resource.kind == "Secret";
        let documents = Some(Documents::of(wanted.id.file_name(), live, after, secret));
        let Some(live) = live else {
            let (others, taken_over) = (Vec::new(), Vec::new());
            let (id, action) = (wanted.id.clone(), Action::Create);
            return Step { id, action, keeper: None, others, taken_over, undone: false, repeated: false, documents };
        };
        let changes = changes(live, after, secret);
        // A namespace that somebody else made stays theirs, whatever labels it gets.
        let adopts = field_ownership::owned(live).is_null() && wanted.id.resource.kind != "Namespace";
        let action = match (adopts, changes.is_empty()) {
            (true, _) => Action::Adopt(changes),
            (false, true) => Action::Nothing,
            (false, false) => Action::Change(changes),
        };
        let others = match &action {
            Action::Adopt(_) => field_ownership::other_managers(live),
            _ => Vec::new(),
        };
        let taken_over = Migration::of(live).map(|migration| migration.managers).unwrap_or_default();
        let others = others.into_iter().filter(|name| !taken_over.iter().any(|taken| taken == name));
        let others = others.map(str::to_owned).collect();
        let keeper = keeper(live).filter(|_| action != Action::Nothing);
        Step { id: wanted.id.clone(), keeper, action, others, taken_over, undone: false, repeated: false, documents }
    }

    /// Shows a new object beside the earlier one of that name, which had another hash.
    pub fn show_beside(&mut self, wanted: &DesiredObject, earlier: &Json, after: &Json) {
        let secret = wanted.secret || wanted.id.resource.kind == "Secret";
        let mut earlier = earlier.clone();
        earlier["metadata"]["name"] = wanted.id.name.clone().into();
        self.documents = Some(Documents::of(wanted.id.file_name(), Some(&earlier), after, secret));
    }

    /// Whether the step writes.
    pub fn changes(&self) -> bool {
        match &self.action {
            Action::Nothing | Action::Keep { .. } | Action::Share { .. } => false,
            Action::Create | Action::Change(_) | Action::Adopt(_) | Action::Prune { .. } => true,
        }
    }
}

/// What becomes of members of the set that are there and not wanted. `members` are objects' metadata with the kind
/// that they are of, `revisions` the ControllerRevisions of the DaemonSet. Where those are not known, nothing goes that
/// one could refer to.
pub fn prune(members: &[(&'static Resource, Json)], wanted: &[DesiredObject], revisions: Option<&[Json]>) -> Vec<Step> {
    let known = revisions.is_some();
    let mut kept: Vec<(i64, Vec<(&'static str, String)>)> = revisions
        .unwrap_or_default()
        .iter()
        .map(|revision| {
            let number = revision["revision"].as_i64().unwrap_or_default();
            (number, references(&revision["data"]["spec"]["template"]["spec"]))
        })
        .collect();
    kept.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let mut steps: Vec<Step> = Vec::new();
    for (resource, object) in members {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
        let id = ObjectId::new(resource.kind, text("namespace"), text("name"));
        if wanted.iter().any(|w| w.id == id) || object["metadata"]["deletionTimestamp"].is_string() {
            continue;
        }
        if !known && matches!(resource.kind, "ConfigMap" | "Secret" | "ServiceAccount") {
            continue;
        }
        let refers = kept.iter().find(|(_, names)| names.iter().any(|(k, n)| *k == resource.kind && *n == id.name));
        let action = match refers {
            Some((revision, _)) => Action::Keep { revision: *revision },
            None => Action::Prune { uid: uid(object).to_owned() },
        };
        let (others, taken_over) = (Vec::new(), Vec::new());
        steps.push(Step {
            id,
            action,
            keeper: None,
            others,
            taken_over,
            undone: false,
            repeated: false,
            documents: None,
        });
    }
    steps.sort_by_key(|s| (std::cmp::Reverse(s.id.resource.order()), s.id.name.clone()));
    steps
}

/// The ConfigMaps, Secrets and ServiceAccount that a pod refers to, by kind and name.
pub fn references(pod: &Json) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    collect("", pod, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(field: &str, value: &Json, found: &mut Vec<(&'static str, String)>) {
    let named = |key: &str| value.get(key).and_then(Json::as_str).map(str::to_owned);
    let reference = match field {
        "configMap" | "configMapRef" | "configMapKeyRef" => named("name").map(|n| ("ConfigMap", n)),
        "secret" => named("secretName").or_else(|| named("name")).map(|n| ("Secret", n)),
        "secretRef" | "secretKeyRef" | "imagePullSecrets" | "nodePublishSecretRef" => {
            named("name").map(|n| ("Secret", n))
        }
        _ => None,
    };
    found.extend(reference);
    match value {
        Json::Object(map) => {
            if let Some(account) = named("serviceAccountName").or_else(|| named("serviceAccount")) {
                found.push(("ServiceAccount", account));
            }
            map.iter().for_each(|(key, child)| collect(key, child, found));
        }
        Json::Array(items) => items.iter().for_each(|item| collect(field, item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(kind: &str, object: Json) -> DesiredObject {
        DesiredObject { id: ObjectId::new(kind, "ns", "x"), object, secret: kind == "Secret", rendered: false }
    }

    fn ours(mut object: Json) -> Json {
        object["metadata"]["managedFields"] = json!([
            {"manager": "kubectl-daemonset", "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}}]);
        object
    }

    #[test]
    fn an_object_is_made_changed_adopted_or_left() {
        let map = |value: &str| json!({"metadata": {"name": "x"}, "data": {"a": value}});
        let wanted = wanted("ConfigMap", map("2"));
        assert_eq!(Step::of(&wanted, None, &map("2")).action, Action::Create);
        assert_eq!(Step::of(&wanted, Some(&ours(map("2"))), &map("2")).action, Action::Nothing);
        let Action::Change(changes) = Step::of(&wanted, Some(&ours(map("1"))), &map("2")).action else { panic!() };
        assert_eq!(changes[0].path, "data.a");
        let mut theirs = map("2");
        theirs["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"});
        theirs["metadata"]["managedFields"] = json!([{"manager": "helm", "operation": "Update", "fieldsV1": {}}]);
        let step = Step::of(&wanted, Some(&theirs), &theirs);
        assert_eq!((step.action, step.keeper, step.others), (Action::Adopt(vec![]), Some("Helm"), vec!["helm".into()]));
    }

    #[test]
    fn a_namespace_is_never_adopted() {
        let namespace = json!({"metadata": {"name": "x"}});
        let step = Step::of(&wanted("Namespace", namespace.clone()), Some(&namespace), &namespace);
        assert_eq!(step.action, Action::Nothing);
    }

    #[test]
    fn pods_roll_when_their_template_changes() {
        let daemon_set = |image: &str, seconds: i64| {
            ours(json!({"metadata": {"name": "x"}, "spec": {"minReadySeconds": seconds, "template": {"spec": {
                "containers": [{"name": "c", "image": image}]}}}}))
        };
        for (after, rolls) in [(daemon_set("a", 9), false), (daemon_set("b", 0), true), (daemon_set("a", 0), false)] {
            let step = Step::of(&wanted("DaemonSet", after.clone()), Some(&daemon_set("a", 0)), &after);
            assert_eq!(Plan { steps: vec![step], ..Plan::default() }.rolls(), rolls);
        }
    }

    #[test]
    fn what_revisions_refer_to_is_kept() {
        let member = |kind: &str, name: &str| {
            (Resource::named(kind), json!({"metadata": {"name": name, "namespace": "ns", "uid": name}}))
        };
        let members = [
            member("ConfigMap", "x"),
            member("ConfigMap", "old"),
            member("Secret", "old"),
            member("ConfigMap", "gone"),
        ];
        let revisions = [json!({"revision": 3, "data": {"spec": {"template": {"spec": {
            "volumes": [{"projected": {"sources": [{"configMap": {"name": "old"}}]}}]}}}}})];
        let steps = prune(&members, &[wanted("ConfigMap", json!({}))], Some(&revisions));
        let told: Vec<String> = steps.iter().map(|s| format!("{} {:?}", s.id, s.action)).collect();
        assert_eq!(
            told,
            [
                "Secret ns/old Prune { uid: \"old\" }",
                "ConfigMap ns/gone Prune { uid: \"gone\" }",
                "ConfigMap ns/old Keep { revision: 3 }"
            ]
        );
    }

    #[test]
    fn without_revisions_nothing_goes_that_one_could_refer_to() {
        let member =
            |kind: &str| (Resource::named(kind), json!({"metadata": {"name": "x", "namespace": "ns", "uid": "u"}}));
        let members = ["ConfigMap", "Secret", "ServiceAccount", "Role", "ClusterRoleBinding"].map(member);
        let kinds: Vec<&str> = prune(&members, &[], None).iter().map(|s| s.id.resource.kind).collect();
        assert_eq!(kinds, ["Role", "ClusterRoleBinding"]);
    }

    #[test]
    fn every_way_to_refer_is_known() {
        let pod = json!({
            "serviceAccountName": "sa", "imagePullSecrets": [{"name": "pull"}],
            "containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "s1"}}}, {"valueFrom": {"configMapKeyRef": {"name": "c1"}}}],
                "envFrom": [{"secretRef": {"name": "s2"}}, {"configMapRef": {"name": "c2"}}]}],
            "volumes": [{"secret": {"secretName": "s3"}}, {"configMap": {"name": "c3"}},
                {"projected": {"sources": [{"secret": {"name": "s4"}}]}}]});
        let names: Vec<String> = references(&pod).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["c1", "c2", "c3", "pull", "s1", "s2", "s3", "s4", "sa"]);
    }
}
