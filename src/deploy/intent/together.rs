//! DaemonSets that are deployed together: which of them each object of the documents belongs to, and which share it.
//!
//! Each DaemonSet is the parent of its own set. An object that several need belongs to the first of them and names the
//! others in an annotation: it is deleted with the last one.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::deploy::desired_object::DesiredObject;
use crate::deploy::intent::{Intent, Placed};
use crate::deploy::plan::references;
use crate::deploy::resources::{SHARED_WITH, set_in_metadata};

impl Placed {
    /// Takes an object that is there already as the same one, if both were rendered from specs and say the same, but for the
    /// labels that each spec gives its objects. Returns whether they are the same.
    pub(super) fn unite(&mut self, wanted: &DesiredObject, owners: &BTreeSet<usize>) -> bool {
        let is_namespace = wanted.id.resource.kind == "Namespace";
        if wanted.id.resource.kind == "DaemonSet" || !(self.wanted.rendered && wanted.rendered) {
            return false;
        }
        let contents = |object: &Json| {
            let mut object = object.clone();
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("labels");
                metadata.retain(|key, _| !is_namespace || key != "annotations");
            }
            object
        };
        if contents(&self.wanted.object) != contents(&wanted.object) {
            return false;
        }
        for map in ["labels", "annotations"].into_iter().filter(|_| is_namespace) {
            let more = wanted.object["metadata"][map].as_object().cloned().unwrap_or_default();
            let there = &self.wanted.object["metadata"][map];
            let is_own = |key: &str| key.starts_with("app.kubernetes.io/");
            if more.iter().any(|(key, value)| !is_own(key) && there.get(key).is_some_and(|there| there != value)) {
                return false;
            }
            let new: Map<String, Json> = more.into_iter().filter(|(key, _)| there.get(key).is_none()).collect();
            for (key, value) in new {
                set_in_metadata(&mut self.wanted.object, map, &key, value.as_str().unwrap_or_default());
            }
        }
        self.owners.extend(owners);
        true
    }
}

impl Intent {
    /// Gives every object to the DaemonSet that it belongs to.
    pub(super) fn distribute(intents: &mut [Intent], objects: Vec<Placed>) {
        let users: Vec<BTreeSet<usize>> = objects.iter().map(|placed| users(placed, &objects, intents)).collect();
        for (Placed { mut wanted, .. }, users) in objects.into_iter().zip(users) {
            let holder = users.first().copied().unwrap_or(0);
            if wanted.id.resource.kind == "Namespace" {
                let all = if users.is_empty() { BTreeSet::from([0]) } else { users };
                for number in all {
                    intents[number].objects.push(wanted.clone());
                    if number != holder {
                        intents[number].repeated.push(wanted.id.clone());
                    }
                }
                continue;
            }
            let others: Vec<String> =
                users.iter().filter(|number| **number != holder).map(|number| intents[*number].full_name()).collect();
            if !others.is_empty() {
                set_in_metadata(&mut wanted.object, "annotations", SHARED_WITH, &others.join(","));
            }
            for (number, intent) in intents.iter_mut().enumerate() {
                if number != holder {
                    intent.beside.push(wanted.clone());
                }
            }
            intents[holder].objects.push(wanted);
        }
    }
}

/// The DaemonSets that need an object: those whose spec it was rendered from, and those that refer to it.
fn users(placed: &Placed, objects: &[Placed], intents: &[Intent]) -> BTreeSet<usize> {
    let (id, object) = (&placed.wanted.id, &placed.wanted.object);
    let mut users = placed.owners.clone();
    let refers = |kind: &str, namespace: &str, name: &str| {
        let of = move |intent: &Intent| {
            let daemon_set = intent.template();
            intent.namespace == namespace && references(daemon_set).iter().any(|(k, n)| *k == kind && n == name)
        };
        intents.iter().enumerate().filter(move |(_, intent)| of(intent)).map(|(number, _)| number).collect::<Vec<_>>()
    };
    match id.resource.kind {
        "Namespace" => {
            let inside = intents.iter().enumerate().filter(|(_, intent)| intent.namespace == id.name);
            users.extend(inside.map(|(number, _)| number));
        }
        "ConfigMap" | "Secret" | "ServiceAccount" => users.extend(refers(id.resource.kind, &id.namespace, &id.name)),
        "RoleBinding" | "ClusterRoleBinding" => {
            for subject in object["subjects"].as_array().into_iter().flatten().filter(|s| s["kind"] == "ServiceAccount")
            {
                let namespace = subject["namespace"].as_str().unwrap_or(&id.namespace);
                users.extend(refers("ServiceAccount", namespace, subject["name"].as_str().unwrap_or_default()));
            }
        }
        kind @ ("Role" | "ClusterRole") => {
            for binding in objects.iter().filter(|other| other.wanted.id.resource.kind.ends_with("Binding")) {
                let role = &binding.wanted.object["roleRef"];
                let is_near = kind == "ClusterRole" || binding.wanted.id.namespace == id.namespace;
                if role["kind"] == kind && role["name"] == id.name.as_str() && is_near {
                    users.extend(self::users(binding, objects, intents));
                }
            }
        }
        _ => {}
    }
    users
}
