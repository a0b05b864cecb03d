//! Metadata, and the small shapes that all kinds share.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::model::manager::ANNOTATIONS as MANAGERS;
use crate::model::nullable::Nullable;
use crate::model::quantity::Quantity;
use crate::model::resources::ResourceList;
use crate::model::{Labels, Phase, Symbol, time};

/// Object metadata. `M` is what is read of `managedFields`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta<M: Default = IgnoredAny> {
    pub name: Nullable<String>,
    pub namespace: Nullable<Symbol>,
    pub uid: Option<Symbol>,
    pub generation: Nullable<i64>,
    pub resource_version: ResourceVersion,
    pub creation_timestamp: Time,
    pub deletion_timestamp: Time,
    pub labels: Pairs,
    pub annotations: Annotations,
    pub owner_references: Owners,
    pub managed_fields: M,
}

/// Who set which fields, as far as the pod template goes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct TemplateManagers(Nullable<Vec<ManagedFields>>);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ManagedFields {
    manager: Nullable<String>,
    subresource: Nullable<String>,
    time: Time,
    fields_v1: Nullable<FieldsOfSpec>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct FieldsOfSpec {
    #[serde(rename = "f:spec")]
    spec: Nullable<FieldsOfTemplate>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct FieldsOfTemplate {
    #[serde(rename = "f:template")]
    template: Option<IgnoredAny>,
}

impl TemplateManagers {
    /// Who set a field of the template last. Two of one second are as good as unknown.
    pub fn newest(&self) -> Option<&str> {
        let of_template =
            |entry: &&ManagedFields| entry.subresource.is_empty() && entry.fields_v1.spec.template.is_some();
        let mut entries: Vec<&ManagedFields> = self.0.iter().filter(of_template).collect();
        entries.sort_by_key(|entry| entry.time.0);
        match entries[..] {
            [.., before, last] if before.time.0 == last.time.0 => None,
            [.., last] => Some(&*last.manager).filter(|name| !name.is_empty()).map(String::as_str),
            [] => None,
        }
    }
}

impl<M: Default> Meta<M> {
    /// The labels as facts.
    pub fn labels(&self) -> Labels {
        self.labels.0.iter().copied().collect()
    }

    /// The name as a symbol.
    pub fn symbol(&self) -> Symbol {
        Symbol::new(&self.name)
    }
}

/// Metadata of nodes and pods, which are many: without the UID, which is another for each, and without annotations.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeanMeta {
    pub name: Nullable<String>,
    pub namespace: Nullable<Symbol>,
    pub resource_version: ResourceVersion,
    pub creation_timestamp: Time,
    pub deletion_timestamp: Time,
    pub labels: Pairs,
    pub owner_references: Owners,
    pub finalizers: Nullable<Vec<String>>,
}

impl LeanMeta {
    /// The labels as facts.
    pub fn labels(&self) -> Labels {
        self.labels.0.iter().copied().collect()
    }
}

/// Whom an object belongs to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Owners(Nullable<Vec<Owner>>);

impl Owners {
    /// The controller among them.
    pub fn controller(&self) -> Option<&Owner> {
        self.0.iter().find(|owner| owner.controller == Some(true))
    }

    /// The controller among them, taken out.
    pub fn take_controller(&mut self) -> Option<Owner> {
        let place = self.0.iter().position(|owner| owner.controller == Some(true))?;
        Some(self.0.0.swap_remove(place))
    }
}

/// An owner.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Owner {
    pub kind: Nullable<Symbol>,
    pub name: Nullable<String>,
    pub uid: Option<Symbol>,
    pub controller: Option<bool>,
}

/// By which the newest of several copies of an object is told; 0 where there is none, or none that is a number.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResourceVersion(pub u64);

impl<'de> Deserialize<'de> for ResourceVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = ResourceVersion;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<ResourceVersion, E> {
                Ok(ResourceVersion(text.parse().unwrap_or(0)))
            }
            fn visit_unit<E>(self) -> Result<ResourceVersion, E> {
                Ok(ResourceVersion(0))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A time, in seconds since 1970. One that cannot be read is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Time(pub Option<i64>);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }
            fn visit_str<E>(self, text: &str) -> Result<Time, E> {
                Ok(Time(time::parse(text)))
            }
            fn visit_unit<E>(self) -> Result<Time, E> {
                Ok(Time(None))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A map of text to text, such as labels.
#[derive(Debug, Clone, Default)]
pub struct Pairs(pub Vec<(Symbol, Symbol)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(16).min(64));
                while let Some((key, value)) = map.next_entry::<Symbol, Nullable<Symbol>>()? {
                    pairs.push((key, value.0));
                }
                Ok(Pairs(pairs))
            }
            fn visit_unit<E>(self) -> Result<Pairs, E> {
                Ok(Pairs::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// The annotations that facts look at; others, which can be large and secret, are not kept.
#[derive(Debug, Clone, Default)]
pub struct Annotations(pub Vec<(Symbol, Box<str>)>);

impl Annotations {
    /// The value of one annotation.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| *k == *key).map(|(_, v)| &**v)
    }
}

/// Annotations kept by their full key.
const KEPT: &[&str] = &[
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "volume.kubernetes.io/selected-node",
    "volume.beta.kubernetes.io/storage-class",
    "storageclass.kubernetes.io/is-default-class",
    OPENSHIFT_NODE_SELECTOR,
    KUBE_NODE_SELECTOR,
    TOLERATIONS_WHITELIST,
    OPENSHIFT_UIDS,
    OPENSHIFT_GROUPS,
];
/// A namespace's node selector, by OpenShift's name.
pub const OPENSHIFT_NODE_SELECTOR: &str = "openshift.io/node-selector";
/// A namespace's node selector, by the name of the admission plugin PodNodeSelector.
pub const KUBE_NODE_SELECTOR: &str = "scheduler.alpha.kubernetes.io/node-selector";

/// The tolerations that pods of a namespace may have, by the name of the admission plugin PodTolerationRestriction.
pub const TOLERATIONS_WHITELIST: &str = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";
/// The users that pods of a namespace may run as on OpenShift.
pub const OPENSHIFT_UIDS: &str = "openshift.io/sa.scc.uid-range";
/// The groups that pods of a namespace may have on OpenShift.
pub const OPENSHIFT_GROUPS: &str = "openshift.io/sa.scc.supplemental-groups";

/// Annotations kept by what their key begins with.
const KEPT_PREFIXES: &[&str] = &[APPARMOR, SECCOMP, SECCOMP_OF_POD, "kubectl-daemonset/"];
/// A container's AppArmor profile.
pub const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
/// A container's seccomp profile.
pub const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// The pod's.
pub const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Annotations;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
                let mut kept = Vec::new();
                while let Some(key) = map.next_key::<KeptKey>()? {
                    match key.0 {
                        Some(key) => kept.push((key, map.next_value::<Nullable<Box<str>>>()?.0)),
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Annotations(kept))
            }
            fn visit_unit<E>(self) -> Result<Annotations, E> {
                Ok(Annotations::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

struct KeptKey(Option<Symbol>);

impl<'de> Deserialize<'de> for KeptKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = KeptKey;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, key: &str) -> Result<KeptKey, E> {
                let kept =
                    KEPT.contains(&key) || MANAGERS.contains(&key) || KEPT_PREFIXES.iter().any(|p| key.starts_with(p));
                Ok(KeptKey(kept.then(|| Symbol::new(key))))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Symbol;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Symbol, E> {
                Ok(Symbol::new(text))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de> Deserialize<'de> for Phase {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Phase;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Phase, E> {
                Ok(Phase::parse(text))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de> Deserialize<'de> for ResourceList {
    /// Reads amounts by name, rounded to thousandths as the API server stores them.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = ResourceList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of quantities")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ResourceList, A::Error> {
                let mut list = Vec::with_capacity(4);
                while let Some((name, amount)) = map.next_entry::<Symbol, Quantity>()? {
                    list.push((name, amount));
                }
                Ok(ResourceList::from_iter(list).rounded())
            }
            fn visit_unit<E>(self) -> Result<ResourceList, E> {
                Ok(ResourceList::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Text that is present and not empty.
pub fn non_empty(symbol: Option<Symbol>) -> Option<Symbol> {
    symbol.filter(|s| !s.as_str().is_empty())
}

/// Cuts text to at most so many bytes, between characters. Says whether anything was cut off.
pub fn cut(text: &mut String, longest: usize) -> bool {
    if text.len() <= longest {
        return false;
    }
    let end = (0..=longest).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    text.truncate(end);
    true
}

/// Cuts text in its middle to about so many bytes, between characters: its beginning and its end stay.
pub fn cut_middle(text: &mut String, longest: usize) {
    if text.len() <= longest {
        return;
    }
    let head = (0..=longest / 3).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let from = text.len() - (longest - longest / 3);
    let tail = (from..text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len());
    text.replace_range(head..tail, " ... ");
}
