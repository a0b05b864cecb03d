//! One object: which kind it is, and its facts.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::Symbol;
use crate::model::admission_hook::{AdmissionPolicy, PolicyBinding, ServiceEndpoints, Webhook};
use crate::model::config_object::ConfigObject;
use crate::model::daemonset::{DaemonSet, Event, Revision};
use crate::model::devices::{ResourceClaim, ResourceSlice};
use crate::model::node::Node;
use crate::model::policy::{
    DisruptionBudget, LimitRange, Namespace, PriorityClass, ResourceQuota, RuntimeClass, Workload,
};
use crate::model::rbac::{Binding, Role};
use crate::model::scc::SecurityContextConstraints;
use crate::model::storage::{
    Claim, CsiDriver, CsiNode, DeviceClass, PersistentVolume, StorageCapacity, StorageClass, VolumeAttachment,
};
use crate::model::wire::config_object::WireConfigObject;
use crate::model::wire::devices::{WireClaimTemplate, WireDeviceClass, WireResourceClaim, WireResourceSlice};
use crate::model::wire::event::WireEvent;
use crate::model::wire::hooks::{WireAdmissionPolicy, WireEndpointSlice, WirePolicyBinding, WireWebhooks};
use crate::model::wire::json::{GaveUp, Reader};
use crate::model::wire::kind::Kind;
use crate::model::wire::node::WireNode;
use crate::model::wire::pod::WirePod;
use crate::model::wire::policy::*;
use crate::model::wire::rbac::{WireBinding, WireRole};
use crate::model::wire::rest::Rest;
use crate::model::wire::scc::WireScc;
use crate::model::wire::storage::*;
use crate::model::wire::strict::Strict;
use crate::model::wire::workload::{WireDaemonSet, WireRevision, WireWorkload};

/// The facts of one object, with its resource version where duplicates can be told apart by it.
#[derive(Debug)]
#[allow(missing_docs, reason = "the variants are Kubernetes' own kinds")]
pub enum Object {
    Node(Node, u64),
    Pod(Box<WirePod>),
    DaemonSet(Box<DaemonSet>, u64),
    Revision(Option<Revision>),
    Namespace(Namespace),
    /// Namespace, name and pull secrets.
    ServiceAccount(Symbol, Symbol, Box<[Symbol]>),
    /// A ConfigMap or Secret.
    Config(Kind, ConfigObject),
    PriorityClass(PriorityClass),
    RuntimeClass(RuntimeClass),
    LimitRange(LimitRange),
    ResourceQuota(ResourceQuota),
    Claim(Claim),
    Volume(PersistentVolume),
    StorageClass(StorageClass),
    CsiNode(CsiNode),
    Attachment(VolumeAttachment),
    Capacity(StorageCapacity),
    CsiDriver(CsiDriver),
    DeviceClass(DeviceClass),
    ResourceClaim(Box<ResourceClaim>),
    ClaimTemplate(Box<ResourceClaim>),
    ResourceSlice(ResourceSlice),
    Budget(DisruptionBudget),
    Webhooks(Kind, Vec<Webhook>),
    AdmissionPolicy(Kind, AdmissionPolicy),
    PolicyBinding(Kind, PolicyBinding),
    Endpoints(Option<((Symbol, Symbol), ServiceEndpoints)>),
    Constraints(Box<SecurityContextConstraints>),
    Event(Option<Event>),
    Workload(Kind, Option<Workload>),
    Role(Kind, Role),
    Binding(Kind, Option<Binding>),
    Snapshot(SnapshotHeader),
    /// A kind that facts are not made of.
    Ignored,
    /// An object that says nothing of its kind, in a list that has not either so far.
    Kindless,
    /// An object of a known kind that cannot be read.
    Bad(ObjectError),
}

/// What `snapshot` says of itself as its first item.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotHeader {
    /// The server's version.
    pub server_version: Option<String>,
    /// When it was taken.
    pub taken_at: Option<String>,
    /// Resources that were listed in full (`nodes`, `pods` ...).
    pub looked_at: Vec<String>,
    /// Resources that were not, and why.
    pub not_checked: Vec<NotChecked>,
}

/// A resource that a snapshot does not hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NotChecked {
    /// The resource, such as `resourcequotas`.
    pub resource: String,
    /// Why it is not there.
    pub why: String,
}

/// An object that cannot be read: which, and why.
#[derive(Debug, Clone)]
pub struct ObjectError {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace, if any.
    pub namespace: String,
    /// Its name, if it has one.
    pub name: String,
    /// The node that it names, if it is a pod.
    pub node: Option<Symbol>,
    /// What is wrong with it.
    pub error: String,
}

/// An object and how many bytes of the text it took.
#[derive(Debug)]
pub struct Read {
    /// The object.
    pub object: Object,
    /// How many bytes were taken.
    pub bytes: usize,
}

/// Reads the one object that the text begins with. `list` is the kind of the list it stands in, as API version
/// and kind (`v1`, `PodList`), whose items carry none of their own.
///
/// # Errors
/// The text ends too early (`is_eof`), or is no JSON. An object whose fields have wrong types is no error but
/// [`Object::Bad`].
pub fn read_object(json: &[u8], list: Option<(&str, &str)>) -> Result<Read, serde_json::Error> {
    let mut reader = Reader::new(json);
    match reader.deserialize_map(ObjectReader { list, is_patient: false }) {
        Ok(object) => Ok(Read { object, bytes: reader.offset() }),
        Err(GaveUp) => read_patiently(json, list),
    }
}

/// Reads what is not read quickly: the unusual, the wrong, and what the text does not hold to its end.
fn read_patiently(json: &[u8], list: Option<(&str, &str)>) -> Result<Read, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let result = Strict(&mut deserializer).deserialize_map(ObjectReader { list, is_patient: true });
    match result {
        Ok(object) => Ok(Read { object, bytes: deserializer.into_iter::<IgnoredAny>().byte_offset() }),
        Err(error) if error.is_eof() => Err(error),
        // Also a list in the place of fields ends in an error of syntax where it holds more than there are fields.
        Err(error) => read_badly(json, list, &error),
    }
}

/// Finds where an object that cannot be read ends, and who it is.
fn read_badly(json: &[u8], list: Option<(&str, &str)>, error: &serde_json::Error) -> Result<Read, serde_json::Error> {
    let mut values = serde_json::Deserializer::from_slice(json).into_iter::<serde_json::Value>();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(error),
        None => serde_json::Value::Null,
    };
    let bytes = values.byte_offset();
    let text = |pointer: &str| value.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_default();
    let (of_api, of_kind) = list.map_or(("", ""), |(api, kind)| (api, kind.strip_suffix("List").unwrap_or(kind)));
    let api_version = if text("/apiVersion").is_empty() { of_api } else { text("/apiVersion") };
    let kind = if text("/kind").is_empty() { of_kind } else { text("/kind") };
    let object = match Kind::of(api_version, kind) {
        Some(kind) => Object::Bad(ObjectError {
            kind,
            namespace: text("/metadata/namespace").to_owned(),
            name: text("/metadata/name").to_owned(),
            node: Some(text("/spec/nodeName")).filter(|n| !n.is_empty()).map(Symbol::new),
            error: without_value(&error.to_string()),
        }),
        None => Object::Ignored,
    };
    Ok(Read { object, bytes })
}

/// What an error says without the value that has the wrong type: the value may be a secret.
fn without_value(error: &str) -> String {
    let parts = || {
        let (fault, rest) =
            error.split_once(": ").filter(|(fault, _)| matches!(*fault, "invalid type" | "invalid value"))?;
        let (value, expected) = rest.rsplit_once(", expected ")?;
        let kind = value.split(['"', '`']).next()?.trim_end();
        Some(format!("{fault}: {kind}, expected {expected}"))
    };
    parts().unwrap_or_else(|| error.to_owned())
}

struct ObjectReader<'l> {
    list: Option<(&'l str, &'l str)>,
    /// Whether an item of a typed list is read to its end before its kind is believed: it may have one of its own.
    is_patient: bool,
}

impl<'de> Visitor<'de> for ObjectReader<'_> {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut api_version: Option<String> = None;
        let mut kind: Option<String> = None;
        // What came before the kind was known; objects written by Kubernetes name it first.
        let mut early: Vec<(String, Box<RawValue>)> = Vec::new();
        loop {
            if let (Some(api_version), Some(kind)) = (&api_version, &kind) {
                let known = Kind::of(api_version, kind);
                if early.is_empty() {
                    return read_kind(known, Rest { first: None, is_kindless: false, map });
                }
                while let Some((key, value)) = map.next_entry()? {
                    early.push((key, value));
                }
                return replay(known, &early);
            }
            let Some(key) = map.next_key::<String>()? else {
                let Some((api, list)) = self.list else { return Ok(Object::Kindless) };
                // What the item says itself counts; what it leaves out is the list's.
                let of_list = list.strip_suffix("List").unwrap_or(list);
                let known = Kind::of(api_version.as_deref().unwrap_or(api), kind.as_deref().unwrap_or(of_list));
                return replay(known, &early);
            };
            match key.as_str() {
                "apiVersion" => api_version = map.next_value::<Option<String>>()?,
                "kind" => kind = map.next_value::<Option<String>>()?,
                // An item of a typed list has no kind of its own, and the list's is known.
                _ if !self.is_patient && early.is_empty() && api_version.is_none() && kind.is_none() => {
                    if let Some((api, list)) = self.list.filter(|(_, list)| *list != "List") {
                        let known = Kind::of(api, list.strip_suffix("List").unwrap_or(list));
                        return read_kind(known, Rest { first: Some(key), is_kindless: true, map });
                    }
                    early.push((key, map.next_value()?));
                }
                _ => early.push((key, map.next_value()?)),
            }
        }
    }
}

/// Reads an object from parts kept as text.
fn replay<E: serde::de::Error>(kind: Option<Kind>, parts: &[(String, Box<RawValue>)]) -> Result<Object, E> {
    let mut text = String::from("{");
    for (i, (key, value)) in parts.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        text.push_str(&serde_json::Value::from(key.as_str()).to_string());
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    struct Whole(Option<Kind>);
    impl<'de> Visitor<'de> for Whole {
        type Value = Object;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a Kubernetes object")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object, A::Error> {
            read_kind(self.0, Rest { first: None, is_kindless: false, map })
        }
    }
    // Read as bytes, as all objects are: the readers of all kinds are compiled once for each way to read.
    let mut json = serde_json::Deserializer::from_slice(text.as_bytes());
    Strict(&mut json).deserialize_map(Whole(kind)).map_err(E::custom)
}

fn read_kind<'de, A: MapAccess<'de>>(kind: Option<Kind>, rest: Rest<A>) -> Result<Object, A::Error> {
    use serde::de::Error;
    let from = MapAccessDeserializer::new(rest);
    Ok(match kind {
        None => {
            IgnoredAny::deserialize(from)?;
            Object::Ignored
        }
        Some(Kind::Node) => {
            let wire = WireNode::deserialize(from)?;
            let seen = wire.metadata.resource_version.0;
            Object::Node(wire.into(), seen)
        }
        Some(Kind::Pod) => Object::Pod(Box::new(WirePod::deserialize(from)?)),
        Some(Kind::DaemonSet) => {
            let wire = WireDaemonSet::deserialize(from)?;
            let seen = wire.metadata.resource_version.0;
            Object::DaemonSet(Box::new(DaemonSet::try_from(wire).map_err(A::Error::custom)?), seen)
        }
        Some(Kind::ControllerRevision) => Object::Revision(WireRevision::deserialize(from)?.narrow()),
        Some(Kind::Namespace) => Object::Namespace(WireNamespace::deserialize(from)?.into()),
        Some(Kind::ServiceAccount) => {
            let wire = WireServiceAccount::deserialize(from)?;
            Object::ServiceAccount(*wire.metadata.namespace, wire.metadata.symbol(), wire.pull_secrets())
        }
        Some(kind @ (Kind::ConfigMap | Kind::Secret)) => {
            Object::Config(kind, WireConfigObject::deserialize(from)?.narrow(kind == Kind::ConfigMap))
        }
        Some(Kind::PriorityClass) => Object::PriorityClass(WirePriorityClass::deserialize(from)?.into()),
        Some(Kind::RuntimeClass) => Object::RuntimeClass(WireRuntimeClass::deserialize(from)?.into()),
        Some(Kind::LimitRange) => Object::LimitRange(WireLimitRange::deserialize(from)?.into()),
        Some(Kind::ResourceQuota) => Object::ResourceQuota(WireQuota::deserialize(from)?.into()),
        Some(Kind::PersistentVolumeClaim) => Object::Claim(WireClaim::deserialize(from)?.into()),
        Some(Kind::PersistentVolume) => Object::Volume(WireVolumeObject::deserialize(from)?.into()),
        Some(Kind::StorageClass) => Object::StorageClass(WireStorageClass::deserialize(from)?.into()),
        Some(Kind::CSINode) => Object::CsiNode(WireCsiNode::deserialize(from)?.into()),
        Some(Kind::VolumeAttachment) => Object::Attachment(WireAttachment::deserialize(from)?.into()),
        Some(Kind::CSIStorageCapacity) => Object::Capacity(WireCapacity::deserialize(from)?.into()),
        Some(Kind::CSIDriver) => Object::CsiDriver(WireCsiDriver::deserialize(from)?.into()),
        Some(Kind::DeviceClass) => Object::DeviceClass(WireDeviceClass::deserialize(from)?.into()),
        Some(Kind::ResourceClaim) => Object::ResourceClaim(Box::new(WireResourceClaim::deserialize(from)?.into())),
        Some(Kind::ResourceClaimTemplate) => {
            Object::ClaimTemplate(Box::new(WireClaimTemplate::deserialize(from)?.into()))
        }
        Some(Kind::ResourceSlice) => Object::ResourceSlice(WireResourceSlice::deserialize(from)?.into()),
        Some(Kind::PodDisruptionBudget) => Object::Budget(WireBudget::deserialize(from)?.into()),
        Some(kind @ (Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration)) => {
            let mutates = kind == Kind::MutatingWebhookConfiguration;
            Object::Webhooks(kind, WireWebhooks::deserialize(from)?.narrow(mutates))
        }
        Some(kind @ (Kind::ValidatingAdmissionPolicy | Kind::MutatingAdmissionPolicy)) => {
            let mutates = kind == Kind::MutatingAdmissionPolicy;
            Object::AdmissionPolicy(kind, WireAdmissionPolicy::deserialize(from)?.narrow(mutates))
        }
        Some(kind @ (Kind::ValidatingAdmissionPolicyBinding | Kind::MutatingAdmissionPolicyBinding)) => {
            let mutates = kind == Kind::MutatingAdmissionPolicyBinding;
            Object::PolicyBinding(kind, WirePolicyBinding::deserialize(from)?.narrow(mutates))
        }
        Some(Kind::EndpointSlice) => Object::Endpoints(WireEndpointSlice::deserialize(from)?.narrow()),
        Some(Kind::SecurityContextConstraints) => Object::Constraints(Box::new(WireScc::deserialize(from)?.into())),
        Some(Kind::Event) => Object::Event(WireEvent::deserialize(from)?.narrow()),
        Some(kind @ (Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::Job)) => {
            Object::Workload(kind, WireWorkload::deserialize(from)?.narrow(kind.as_str()))
        }
        Some(kind @ (Kind::Role | Kind::ClusterRole)) => Object::Role(kind, WireRole::deserialize(from)?.into()),
        Some(kind @ (Kind::RoleBinding | Kind::ClusterRoleBinding)) => {
            Object::Binding(kind, WireBinding::deserialize(from)?.narrow())
        }
        Some(Kind::DoctorSnapshot) => Object::Snapshot(SnapshotHeader::deserialize(from)?),
    })
}

#[cfg(test)]
mod tests;
