//! The fields of every message that is read, by number. `schema.txt` is generated of the types of k8s.io/api v0.36.3; a
//! number once given is never given to another field.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The largest number that a field has.
const MAX_NUMBER: usize = 500;

/// What one value of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Bool,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    /// JSON as somebody wrote it.
    Raw,
    Message(u16),
    /// A message whose fields stand in the object around it.
    Inline(u16),
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    One,
    /// One that JSON leaves out where it is empty.
    Filled,
    List,
    Map,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) count: Count,
    /// Nobody asks for it in pods and nodes, which are many.
    pub(super) is_passed_over: bool,
}

/// A message: its fields, each at the place of its number.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) name: &'static str,
    pub(super) fields: Vec<Option<Field>>,
}

/// Every message.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) messages: Vec<Message>,
    names: HashMap<&'static str, u16>,
}

impl Schema {
    /// The message of this name, such as a kind.
    pub(super) fn find(&self, name: &str) -> Option<u16> {
        self.names.get(name).copied()
    }

    pub(super) fn message(&self, message: u16) -> &Message {
        &self.messages[usize::from(message)]
    }

    fn parse(text: &'static str) -> Schema {
        let of_messages = || text.lines().filter(|line| !line.contains(' '));
        let names: HashMap<&'static str, u16> = of_messages().zip(0..).collect();
        let mut messages: Vec<Message> = Vec::with_capacity(names.len());
        for line in text.lines() {
            let mut words = line.split(' ');
            let (first, name, kind) = (words.next().unwrap_or_default(), words.next(), words.next());
            let (Some(name), Some(kind)) = (name, kind) else {
                messages.push(Message { name: first, fields: Vec::new() });
                continue;
            };
            let Some(message) = messages.last_mut() else { continue };
            let number = first.parse().unwrap_or(0).min(MAX_NUMBER);
            let field = field(message.name, name, kind, &names);
            if message.fields.len() <= number {
                message.fields.resize(number + 1, None);
            }
            message.fields[number] = field;
        }
        Schema { messages, names }
    }
}

fn field(message: &str, name: &'static str, kind: &'static str, names: &HashMap<&'static str, u16>) -> Option<Field> {
    let (count, kind) = match (kind.strip_prefix("[]"), kind.strip_prefix("{}"), kind.strip_suffix('?')) {
        (Some(kind), ..) => (Count::List, kind),
        (_, Some(kind), _) => (Count::Map, kind),
        (.., Some(kind)) => (Count::Filled, kind),
        _ => (Count::One, kind),
    };
    let kind = match kind {
        "string" => Kind::Text,
        "int" => Kind::Int,
        "bool" => Kind::Bool,
        "quantity" => Kind::Quantity,
        "intOrString" => Kind::IntOrString,
        "time" => Kind::Time,
        "microTime" => Kind::MicroTime,
        "raw" => Kind::Raw,
        other if name == "=" => Kind::Inline(*names.get(other)?),
        other => Kind::Message(*names.get(other)?),
    };
    Some(Field { name, kind, count, is_passed_over: is_passed_over(message, name) })
}

/// What nobody asks for in pods and nodes; what is not named here is read.
const PASSED_OVER: &[(&str, &[&str])] = &[
    ("ObjectMeta", &["generateName", "selfLink", "uid", "generation", "annotations", "managedFields"]),
    ("OwnerReference", &["apiVersion", "blockOwnerDeletion"]),
    (
        "PodSpec",
        &[
            "restartPolicy",
            "terminationGracePeriodSeconds",
            "dnsPolicy",
            "automountServiceAccountToken",
            "hostPID",
            "hostIPC",
            "securityContext",
            "imagePullSecrets",
            "hostname",
            "subdomain",
            "hostAliases",
            "dnsConfig",
            "readinessGates",
            "enableServiceLinks",
            "ephemeralContainers",
        ],
    ),
    (
        "Container",
        &[
            "image",
            "command",
            "args",
            "workingDir",
            "env",
            "envFrom",
            "volumeMounts",
            "volumeDevices",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle",
            "terminationMessagePath",
            "terminationMessagePolicy",
            "imagePullPolicy",
            "securityContext",
        ],
    ),
    ("VolumeSource", &["hostPath", "emptyDir", "secret", "configMap", "projected", "downwardAPI", "csi", "nfs"]),
    ("PodStatus", &["hostIP", "hostIPs", "podIP", "podIPs", "qosClass", "ephemeralContainerStatuses"]),
    ("PodCondition", &["lastProbeTime", "observedGeneration"]),
    ("ContainerStatus", &["image", "imageID", "containerID", "volumeMounts", "user"]),
    ("ContainerStateTerminated", &["containerID"]),
    ("NodeSpec", &["podCIDR", "podCIDRs", "providerID"]),
    ("NodeStatus", &["capacity", "daemonEndpoints", "images", "volumesInUse", "volumesAttached", "config"]),
    ("NodeSystemInfo", &["machineID", "systemUUID", "bootID", "kubeProxyVersion"]),
];

fn is_passed_over(message: &str, field: &str) -> bool {
    PASSED_OVER.iter().any(|(of, fields)| *of == message && fields.contains(&field))
}

/// The messages of all kinds that are read.
pub(super) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::parse(include_str!("schema.txt")))
}
