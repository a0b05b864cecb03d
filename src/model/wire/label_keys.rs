//! The terms of a template that take values from the pod's own labels.
//!
//! Placement reads required terms alone, with the values merged in. What the API server validates is every term, the
//! preferred ones and constraints with `ScheduleAnyway` too, and it looks at what was written.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::daemonset::LabelKeys;
use crate::model::labels::Selector;
use crate::model::nullable::Nullable;
use crate::model::wire::selector::LabelSelector;

/// A pod spec, as far as it has such terms.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireLabelKeys {
    affinity: Nullable<Affinity>,
    topology_spread_constraints: Nullable<Vec<Term>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Affinity {
    pod_affinity: Nullable<Terms>,
    pod_anti_affinity: Nullable<Terms>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Terms {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Nullable<Vec<Term>>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    preferred: Nullable<Vec<Weighted>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Weighted {
    pod_affinity_term: Nullable<Term>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Term {
    label_selector: Option<LabelSelector>,
    match_label_keys: Nullable<Vec<Symbol>>,
}

impl WireLabelKeys {
    /// Every term with label keys and a selector. Without a selector nothing is merged.
    pub fn narrow(self) -> Vec<LabelKeys> {
        let mut all = Vec::new();
        let affinity = self.affinity.0;
        for (kind, terms) in
            [("podAffinity", affinity.pod_affinity.0), ("podAntiAffinity", affinity.pod_anti_affinity.0)]
        {
            let at = |place: &str| format!("affinity.{kind}.{place}DuringSchedulingIgnoredDuringExecution");
            add(&mut all, &at("required"), "", false, terms.required.0);
            let preferred = terms.preferred.0.into_iter().map(|weighted| weighted.pod_affinity_term.0);
            add(&mut all, &at("preferred"), ".podAffinityTerm", false, preferred);
        }
        add(&mut all, "topologySpreadConstraints", "", true, self.topology_spread_constraints.0);
        all
    }
}

fn add(all: &mut Vec<LabelKeys>, field: &str, of: &str, spread: bool, terms: impl IntoIterator<Item = Term>) {
    for (place, term) in terms.into_iter().enumerate().filter(|(_, term)| !term.match_label_keys.is_empty()) {
        let Some(selector) = term.label_selector.map(Selector::from) else { continue };
        all.push(LabelKeys {
            field: format!("{field}[{place}]{of}"),
            spread,
            keys: term.match_label_keys.0,
            selected: selector.requirements.iter().map(|r| r.key).collect(),
        });
    }
}
