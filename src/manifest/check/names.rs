//! Names of other objects, and paths of fields of the pod, that the API server takes apart.

use crate::manifest::check::{Checker, containers};
use crate::manifest::fields::Rule;
use crate::manifest::text::shorten;
use crate::manifest::text::{broken, demand, nearest};
use crate::yaml::Node;

/// Names that must be those of an object, where any is given.
const OF_OBJECTS: [(&str, Rule); 6] = [
    ("serviceAccountName", Rule::DnsName),
    ("priorityClassName", Rule::DnsName),
    ("runtimeClassName", Rule::DnsName),
    ("nodeName", Rule::DnsName),
    ("hostname", Rule::DnsLabel),
    ("subdomain", Rule::DnsLabel),
];

/// Fields that a variable may hold (`validEnvDownwardAPIFieldPathExpressions`, v1.33 to v1.37).
const IN_VARIABLES: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields that a file may hold (`validVolumeDownwardAPIFieldPathExpressions`, v1.33 to v1.37).
const IN_FILES: [&str; 5] =
    ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];

/// What a container may ask or be limited to.
const AMOUNTS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

impl Checker<'_> {
    /// What the pod refers to by name.
    pub(crate) fn references(&mut self, pod: &Node) {
        for (key, rule) in OF_OBJECTS {
            if let Some(name) = pod.get(key) {
                self.object_name(name, key, rule);
            }
        }
        // The old name counts where the new one says nothing.
        let is_set = |key| pod.get(key).and_then(Node::text).is_some_and(|text| !text.is_empty());
        if let Some(name) = pod.get("serviceAccount").filter(|_| !is_set("serviceAccountName")) {
            self.object_name(name, "serviceAccount", Rule::DnsName);
        }
        if let Some(name) = pod.get("runtimeClassName").filter(|name| name.text() == Some("")) {
            let message = format!("`{}` must not be empty", self.name("runtimeClassName"));
            self.error(name.at, message, Some("remove the field for the default"));
        }
        for container in containers(pod) {
            for variable in container.get("env").map(Node::items).unwrap_or_default() {
                if let Some(source) = variable.get("valueFrom") {
                    self.field_of_pod(source, &IN_VARIABLES);
                    self.amount(source);
                }
            }
        }
        for volume in pod.get("volumes").map(Node::items).unwrap_or_default() {
            let projected = volume.at_path(&["projected", "sources"]).map(Node::items).unwrap_or_default();
            for source in std::iter::once(volume).chain(projected) {
                for file in source.at_path(&["downwardAPI", "items"]).map(Node::items).unwrap_or_default() {
                    self.file(file);
                }
            }
        }
    }

    /// A file has one source, and a container whose amount it holds.
    fn file(&mut self, file: &Node) {
        let sources = ["fieldRef", "resourceFieldRef"].map(|key| self.given(file, key));
        let names = (self.name("fieldRef"), self.name("resourceFieldRef"));
        match sources {
            [None, None] => self.error(file.at, format!("the file needs `{}` or `{}`", names.0, names.1), None),
            [Some(_), Some(amount)] => {
                let message = format!("`{}` and `{}` cannot be combined", names.0, names.1);
                self.error(amount.at, message, Some("keep one"));
            }
            [None, Some(amount)] if self.given(amount, "containerName").is_none_or(|name| name.text() == Some("")) => {
                let message = format!("in a volume `{}` needs `{}`", names.1, self.name("containerName"));
                self.error(amount.at, message, None);
            }
            _ => {}
        }
        self.field_of_pod(file, &IN_FILES);
        self.amount(file);
        if let Some(amount) = file.get("resourceFieldRef") {
            self.divisor(amount);
        }
    }

    fn object_name(&mut self, name: &Node, key: &'static str, rule: Rule) {
        if name.text().is_some_and(|text| !text.is_empty() && broken(rule, text).is_some()) {
            let message = format!("`{}` must {}", self.name(key), demand(rule));
            self.error(name.at, message, None);
        }
    }

    /// One of these fields, or one label or annotation by its key (`validateObjectFieldSelector`).
    fn field_of_pod(&mut self, source: &Node, fields: &[&str]) {
        let version = source.at_path(&["fieldRef", "apiVersion"]);
        if let Some(version) = version.filter(|v| v.text().is_some_and(|text| !matches!(text, "" | "v1"))) {
            self.error(version.at, "`fieldPath` can be read only in `v1`", Some("remove the field"));
        }
        let Some(node) = source.at_path(&["fieldRef", "fieldPath"]) else { return };
        let Some(path) = node.text().filter(|path| !path.is_empty()) else { return };
        // Clients of long ago say spec.host.
        if fields.contains(&path) || path == "spec.host" && fields.contains(&"spec.nodeName") {
            return;
        }
        let (of, key) = match path.strip_suffix("']").and_then(|path| path.split_once("['")) {
            Some((of, key)) => (of, Some(key)),
            None => (path, None),
        };
        let hint = match (of, key) {
            ("metadata.labels", Some(key)) if broken(Rule::LabelKey, key).is_none() => return,
            ("metadata.annotations", Some(key)) if broken(Rule::AnnotationKey, key).is_none() => return,
            ("metadata.labels" | "metadata.annotations", None) => Some(format!("name one: `{of}['KEY']`")),
            ("metadata.labels" | "metadata.annotations", Some(_)) => None,
            _ => match nearest(path, fields.iter().copied()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None => Some(format!("one of {}", fields.join(", "))),
            },
        };
        let message = format!("`{}` is not a pod field that is available here", shorten(path));
        self.error(node.at, message, hint.as_deref());
    }

    /// A request or limit of a container (`validateContainerResourceFieldSelector`).
    fn amount(&mut self, source: &Node) {
        let Some(node) = source.at_path(&["resourceFieldRef", "resource"]) else { return };
        let Some(name) = node.text().filter(|name| !name.is_empty()) else { return };
        let amount = name.strip_prefix("limits.").or_else(|| name.strip_prefix("requests."));
        if !amount.is_some_and(|amount| AMOUNTS.contains(&amount) || amount.starts_with("hugepages-")) {
            let message = format!("`{}` is not a resource that is available here", shorten(name));
            self.error(node.at, message, Some("use a resource such as `limits.cpu` or `requests.memory`"));
        }
    }
}
