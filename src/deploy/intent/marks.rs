//! The marks of an ApplySet: its parent is the DaemonSet, which names the kinds and the namespaces of its members.

use std::collections::BTreeSet;

use crate::deploy::intent::Intent;
use crate::deploy::resources::{
    GROUP_KINDS, NAMESPACES, PART_OF, Resource, SET_ID, TOOLING, annotation, set_id, set_in_metadata,
};

impl Intent {
    /// Marks the objects as one ApplySet, whose parent is the DaemonSet.
    pub(super) fn mark(&mut self) {
        let id = self.set_id();
        let mut kinds: Vec<String> = Vec::new();
        for wanted in &self.objects {
            let Resource { kind, group, .. } = *wanted.id.resource;
            if !matches!(kind, "Namespace" | "DaemonSet") {
                kinds.push(if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") });
            }
        }
        kinds.sort();
        kinds.dedup();
        let elsewhere = self.other_namespaces().join(",");
        for wanted in &mut self.objects {
            match wanted.id.resource.kind {
                "Namespace" => {}
                "DaemonSet" => {
                    set_in_metadata(&mut wanted.object, "labels", SET_ID, &id);
                    set_in_metadata(
                        &mut wanted.object,
                        "annotations",
                        TOOLING,
                        concat!("kubectl-daemonset/v", env!("CARGO_PKG_VERSION")),
                    );
                    set_in_metadata(&mut wanted.object, "annotations", GROUP_KINDS, &kinds.join(","));
                    if !elsewhere.is_empty() {
                        set_in_metadata(&mut wanted.object, "annotations", NAMESPACES, &elsewhere);
                    }
                }
                _ => set_in_metadata(&mut wanted.object, "labels", PART_OF, &id),
            }
        }
    }

    /// Namespaces other than its own in which objects are wanted.
    pub fn other_namespaces(&self) -> Vec<String> {
        let all = self.objects.iter().map(|w| w.id.namespace.clone());
        let mut others: Vec<String> = all.filter(|n| !n.is_empty() && *n != self.namespace).collect();
        others.sort();
        others.dedup();
        others
    }

    /// Names these namespaces as ones where the set has members, beside those where objects are wanted. Gives whether
    /// that changed anything.
    pub fn reach(&mut self, namespaces: &BTreeSet<String>) -> bool {
        let mut all: BTreeSet<String> = self.other_namespaces().into_iter().collect();
        all.extend(namespaces.iter().filter(|n| !n.is_empty() && **n != self.namespace).cloned());
        let text = all.into_iter().collect::<Vec<_>>().join(",");
        let Some(wanted) = self.objects.last_mut() else { return false };
        if annotation(&wanted.object, NAMESPACES).unwrap_or_default() == text {
            return false;
        }
        if text.is_empty() {
            if let Some(annotations) = wanted.object["metadata"]["annotations"].as_object_mut() {
                annotations.remove(NAMESPACES);
            }
        } else {
            set_in_metadata(&mut wanted.object, "annotations", NAMESPACES, &text);
        }
        true
    }

    /// The id of the ApplySet.
    pub fn set_id(&self) -> String {
        set_id(&self.namespace, &self.name)
    }
}
