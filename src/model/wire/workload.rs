//! DaemonSets, their revisions, other workloads, events.

use serde::Deserialize;
use serde_json::value::{RawValue, Value};

use crate::model::daemonset::{
    Bound, DaemonSet, DaemonSetStatus, PodTemplate, Revision, SpecText, UpdateStrategy, Written,
};
use crate::model::manager::Manager;
use crate::model::nullable::Nullable;
use crate::model::policy::Workload;
use crate::model::security::PodSecurity;
use crate::model::wire::label_keys::WireLabelKeys;
use crate::model::wire::meta::{APPARMOR, Meta, SECCOMP, SECCOMP_OF_POD, TemplateManagers};
use crate::model::wire::pod::WirePodSpec;
use crate::model::wire::selector::LabelSelector;
use crate::model::{Labels, Symbol};

/// A DaemonSet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireDaemonSet {
    pub metadata: Meta<TemplateManagers>,
    spec: WireDaemonSetSpec,
    status: Option<WireDaemonSetStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireDaemonSetSpec {
    selector: LabelSelector,
    template: WireTemplate,
    update_strategy: Nullable<WireUpdate>,
    min_ready_seconds: Nullable<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireTemplate {
    metadata: Nullable<Meta>,
    spec: Option<Box<RawValue>>,
}

/// What a template says about other pods, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireWritten {
    topology_spread_constraints: Nullable<Vec<Value>>,
    affinity: Nullable<WrittenAffinity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WrittenAffinity {
    pod_affinity: Nullable<WrittenTerms>,
    pod_anti_affinity: Nullable<WrittenTerms>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenTerms {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Nullable<Vec<Value>>,
}

impl WireWritten {
    fn narrow(self) -> Written {
        let affinity = self.affinity.0;
        Written {
            spread: self.topology_spread_constraints.0,
            pod_affinity: affinity.pod_affinity.0.required.0,
            pod_anti_affinity: affinity.pod_anti_affinity.0.required.0,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireUpdate {
    #[serde(rename = "type")]
    kind: Option<String>,
    rolling_update: Nullable<WireRolling>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireRolling {
    max_unavailable: Option<WireBound>,
    max_surge: Option<WireBound>,
}

/// A number, or a percentage as a string.
#[derive(Debug)]
struct WireBound(Bound);

impl<'de> Deserialize<'de> for WireBound {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = WireBound;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number such as 1 or a percentage such as \"10%\"")
            }
            fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<WireBound, E> {
                i64::try_from(count)
                    .map(|c| WireBound(Bound::Count(c)))
                    .map_err(|_| E::custom("the number is too large"))
            }
            fn visit_i64<E: serde::de::Error>(self, count: i64) -> Result<WireBound, E> {
                Ok(WireBound(Bound::Count(count)))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<WireBound, E> {
                let percent = text.strip_suffix('%').and_then(|p| p.parse().ok());
                percent
                    .map(|p| WireBound(Bound::Percent(p)))
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireDaemonSetStatus {
    observed_generation: Nullable<i64>,
    desired_number_scheduled: Nullable<i64>,
    current_number_scheduled: Nullable<i64>,
    updated_number_scheduled: Nullable<i64>,
    number_ready: Nullable<i64>,
    number_available: Nullable<i64>,
    number_misscheduled: Nullable<i64>,
}

/// The labels that the controller gives every pod, with a value that stands for the template's own revision.
pub fn controller_labels() -> [(Symbol, Symbol); 2] {
    ["controller-revision-hash", "pod-template-generation"].map(|key| (Symbol::new(key), Symbol::new(THIS_REVISION)))
}

/// Stands for the revision of the template at hand, which has no hash before the controller stores it. No label has
/// such a value.
pub const THIS_REVISION: &str = "(this revision)";

impl TryFrom<WireDaemonSet> for DaemonSet {
    type Error = serde_json::Error;

    /// Narrows.
    fn try_from(wire: WireDaemonSet) -> Result<Self, Self::Error> {
        let wire_template = wire.spec.template;
        let mut template = PodTemplate::read(wire_template.metadata.labels(), wire_template.spec.as_deref())?;
        let security = &mut template.security;
        for (key, profile) in &wire_template.metadata.annotations.0 {
            if let Some(container) = key.as_str().strip_prefix(APPARMOR) {
                security.apparmor_annotations.push((container.to_owned(), profile.to_string()));
            } else if let Some(container) = key.as_str().strip_prefix(SECCOMP) {
                security.seccomp_annotations.push((Some(container.to_owned()), profile.to_string()));
            } else if key.as_str() == SECCOMP_OF_POD {
                security.seccomp_annotations.push((None, profile.to_string()));
            }
        }
        let meta = wire.metadata;
        let annotations = &meta.annotations;
        let generation = annotations.get("deprecated.daemonset.template.generation").and_then(|g| g.parse().ok());
        let owner = meta.owner_references.controller().map(|owner| (*owner.kind, Symbol::new(&owner.name)));
        let labels = meta.labels();
        let label = |key: &str| labels.get(Symbol::known(key)?);
        let manager = Manager::of(owner, label, |key| annotations.get(key));
        let doctor_annotations = annotations.0.iter().filter(|(key, _)| key.as_str().starts_with("kubectl-daemonset/"));
        // A status that says nothing is that of an object that was only written.
        let deployed = meta.uid.is_some();
        Ok(DaemonSet {
            namespace: if meta.namespace.as_str().is_empty() { Symbol::new("default") } else { meta.namespace.0 },
            name: meta.symbol(),
            labels,
            uid: meta.uid,
            generation: meta.generation.0,
            created: meta.creation_timestamp.0,
            terminating: meta.deletion_timestamp.0.is_some(),
            selector: wire.spec.selector.into(),
            template,
            update: wire.spec.update_strategy.0.narrow(),
            min_ready_seconds: wire.spec.min_ready_seconds.0,
            template_generation: generation,
            status: wire.status.filter(|_| deployed).map(Into::into),
            manager,
            template_manager: meta.managed_fields.newest().map(Into::into),
            doctor_annotations: doctor_annotations.cloned().collect(),
        })
    }
}

impl PodTemplate {
    /// Reads a spec for placement, for Pod Security, for what is validated only, and where it has terms about other pods
    /// for those as they are written.
    fn read(labels: Labels, raw: Option<&RawValue>) -> serde_json::Result<Self> {
        let Some(raw) = raw.map(RawValue::get) else { return Ok(PodTemplate { labels, ..Default::default() }) };
        // As bytes: the readers are compiled once for each way to read.
        let json = raw.as_bytes();
        let spec = serde_json::from_slice::<WirePodSpec>(json)?.narrow(&labels.with(controller_labels()));
        let about_pods = !(spec.spread.is_empty() && spec.pod_affinity.is_empty() && spec.pod_anti_affinity.is_empty());
        Ok(PodTemplate {
            spec,
            labels,
            security: serde_json::from_slice::<PodSecurity>(json)?,
            label_keys: serde_json::from_slice::<WireLabelKeys>(json)?.narrow(),
            written: match about_pods {
                true => serde_json::from_slice::<WireWritten>(json)?.narrow(),
                false => Written::default(),
            },
            text: SpecText::new(raw),
        })
    }

    /// The template with another spec, read as that of an object is.
    ///
    /// # Errors
    /// The text is no spec of a pod.
    pub fn with_spec(&self, text: &str) -> serde_json::Result<Self> {
        let raw = serde_json::from_str::<Box<RawValue>>(text)?;
        let mut template = PodTemplate::read(self.labels.clone(), Some(&raw))?;
        template.security.apparmor_annotations.clone_from(&self.security.apparmor_annotations);
        template.security.seccomp_annotations.clone_from(&self.security.seccomp_annotations);
        Ok(template)
    }
}

impl UpdateStrategy {
    /// Reads a strategy as it is written. `None` where it is none.
    pub fn read(written: &Value) -> Option<Self> {
        WireUpdate::deserialize(written).ok().map(WireUpdate::narrow)
    }
}

impl WireUpdate {
    /// The strategy with the API server's defaults: one unavailable, no surge. Where surge alone is written,
    /// the other stays 1 as the server would store it.
    fn narrow(self) -> UpdateStrategy {
        if self.kind.as_deref() == Some("OnDelete") {
            return UpdateStrategy::OnDelete;
        }
        let rolling = self.rolling_update.0;
        UpdateStrategy::RollingUpdate {
            max_unavailable: rolling.max_unavailable.map_or(Bound::Count(1), |b| b.0),
            max_surge: rolling.max_surge.map_or(Bound::Count(0), |b| b.0),
        }
    }
}

impl From<WireDaemonSetStatus> for DaemonSetStatus {
    fn from(wire: WireDaemonSetStatus) -> Self {
        DaemonSetStatus {
            observed_generation: wire.observed_generation.0,
            desired: wire.desired_number_scheduled.0,
            current: wire.current_number_scheduled.0,
            updated: wire.updated_number_scheduled.0,
            ready: wire.number_ready.0,
            available: wire.number_available.0,
            misscheduled: wire.number_misscheduled.0,
        }
    }
}

/// A ControllerRevision.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireRevision {
    pub metadata: Meta,
    revision: Nullable<i64>,
    data: Nullable<WireRevisionData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRevisionData {
    spec: Nullable<WireRevisionSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRevisionSpec {
    template: Option<Box<RawValue>>,
}

impl WireRevision {
    /// The revision, if a DaemonSet owns it.
    pub fn narrow(self) -> Option<Revision> {
        let owner = self.metadata.owner_references.controller().filter(|o| *o.kind == *"DaemonSet")?.uid?;
        let hash = Symbol::known("controller-revision-hash").and_then(|key| self.metadata.labels().get(key));
        Some(Revision {
            owner,
            hash,
            number: self.revision.0,
            created: self.metadata.creation_timestamp.0,
            template: self.data.0.spec.0.template.map(|raw| SpecText::new(raw.get())).unwrap_or_default(),
        })
    }
}

/// A Deployment, StatefulSet, ReplicaSet or Job, of which only the selector matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireWorkload {
    pub metadata: Meta,
    spec: Nullable<WireWorkloadSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireWorkloadSpec {
    selector: Option<LabelSelector>,
}

impl WireWorkload {
    /// The workload, if it selects anything.
    pub fn narrow(self, kind: &str) -> Option<Workload> {
        Some(Workload {
            kind: Symbol::new(kind),
            namespace: self.metadata.namespace.0,
            name: self.metadata.symbol(),
            selector: self.spec.0.selector?.into(),
        })
    }
}
