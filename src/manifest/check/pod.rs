//! Rules of the pod as a whole.

use std::collections::{HashMap, HashSet};

use crate::manifest::check::{Checker, containers};
use crate::manifest::fields::Rule;
use crate::manifest::read::Dialect;
use crate::manifest::text::broken;
use crate::yaml::{Node, Value};

impl Checker<'_> {
    pub(crate) fn pod(&mut self, pod: &Node) {
        let none = |c: &&Node| self.dialect == Dialect::Apps && matches!(&c.value, Value::List(l) if l.is_empty());
        if let Some(list) = pod.get("containers").filter(none) {
            self.error(list.at, "the pod has no container", None);
        }
        for (key, why) in [
            ("activeDeadlineSeconds", "a pod of a DaemonSet cannot have a deadline"),
            ("ephemeralContainers", "a template cannot have ephemeral containers"),
        ] {
            if let Some(entry) = pod.entry(key).filter(|e| !e.node.is_empty()) {
                self.error(entry.key_at, why, Some("remove the field"));
            }
        }
        for toleration in pod.get("tolerations").map(Node::items).unwrap_or_default() {
            self.toleration(toleration);
        }
        self.node_affinity(pod);
        self.volumes(pod);
        self.names(pod);
        self.host_ports(pod);
        self.dns(pod);
        self.profiles(pod);
        self.spread(pod);
        let on = |key| pod.get(key).filter(|n| n.bool() == Some(true));
        if let Some(shared) = on("shareProcessNamespace").filter(|_| on("hostPID").is_some()) {
            let names = (self.name("shareProcessNamespace"), self.name("hostPID"));
            self.error(shared.at, format!("`{}` and `{}` cannot both be true", names.0, names.1), Some("keep one"));
        }
        for alias in pod.get("hostAliases").map(Node::items).unwrap_or_default() {
            if self.dialect == Dialect::Spec
                && alias.get("hostnames").is_none_or(|h| matches!(&h.value, Value::List(l) if l.is_empty()))
            {
                self.error(alias.at, "this host alias has no `hostnames`", None);
            }
        }
        for list in ["initContainers", "containers"] {
            for container in pod.get(list).map(Node::items).unwrap_or_default() {
                self.container(container, pod, list == "initContainers");
            }
        }
    }

    /// An empty key needs Exists, Exists takes no value, seconds need NoExecute.
    fn toleration(&mut self, toleration: &Node) {
        let mistyped = |e: &crate::yaml::Entry| {
            e.key != "tolerationSeconds" && e.node.text().is_none() && e.node.value != Value::Null
        };
        if toleration.entries().iter().any(mistyped) {
            return;
        }
        let text = |key| toleration.get(key).and_then(Node::text).unwrap_or_default();
        let (key, operator, value, effect) = (text("key"), text("operator"), text("value"), text("effect"));
        if key.is_empty() && operator != "Exists" {
            let hint = "`operator: Exists` without a key tolerates every taint";
            self.error(toleration.at, "a toleration without a key needs `operator: Exists`", Some(hint));
        } else if let Some(demand) = broken(Rule::LabelKey, key).filter(|_| !key.is_empty()) {
            self.error(toleration.at, format!("the key of this toleration must {demand}"), None);
        }
        match operator {
            "Exists" if !value.is_empty() => {
                self.error(
                    toleration.at,
                    "`Exists` takes no value",
                    Some("use `operator: Equal`, or remove the value"),
                );
            }
            "Gt" | "Lt" if value.parse::<i64>().is_err() => {
                self.error(toleration.at, format!("`{operator}` needs a whole number as value"), None);
            }
            _ => {
                if let Some(demand) = broken(Rule::LabelValue, value) {
                    self.error(toleration.at, format!("the value of this toleration must {demand}"), None);
                }
            }
        }
        if let Some(seconds) = toleration.get("tolerationSeconds").filter(|n| n.value != Value::Null)
            && effect != "NoExecute"
        {
            let message = format!("`{}` needs `effect: NoExecute`", self.name("tolerationSeconds"));
            self.error(seconds.at, message, Some("only NoExecute evicts running pods"));
        }
    }

    fn node_affinity(&mut self, pod: &Node) {
        let Some(affinity) = pod.at_path(&["affinity", "nodeAffinity"]) else { return };
        let required = affinity.at_path(&["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]);
        if let Some(terms) = required.filter(|t| t.is_empty()) {
            self.error(terms.at, "a required node affinity needs at least one term", None);
        }
        let preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution").map(Node::items);
        let preferred = preferred.unwrap_or_default().iter().filter_map(|t| t.get("preference"));
        for term in required.map(Node::items).unwrap_or_default().iter().chain(preferred) {
            for requirement in term.get("matchExpressions").map(Node::items).unwrap_or_default() {
                self.requirement(requirement);
            }
            for requirement in term.get("matchFields").map(Node::items).unwrap_or_default() {
                if requirement.get("key").and_then(Node::text).is_some_and(|k| k != "metadata.name") {
                    self.error(requirement.at, "only the field `metadata.name` can be matched", None);
                }
            }
        }
    }

    /// A number of domains is asked for only where the pod waits for them.
    fn spread(&mut self, pod: &Node) {
        for constraint in pod.get("topologySpreadConstraints").map(Node::items).unwrap_or_default() {
            let waits = constraint.get("whenUnsatisfiable").and_then(Node::text) != Some("ScheduleAnyway");
            if let Some(domains) = constraint.get("minDomains").filter(|n| !waits && n.value != Value::Null) {
                let names = (self.name("minDomains"), self.name("whenUnsatisfiable"));
                self.error(domains.at, format!("`{}` needs `{}: DoNotSchedule`", names.0, names.1), None);
            }
        }
    }

    /// Volume names are unique, each has at most one source, and each mount names one of them.
    fn volumes(&mut self, pod: &Node) {
        let mut names = HashSet::new();
        for volume in pod.get("volumes").map(Node::items).unwrap_or_default() {
            let name = volume.get("name").and_then(Node::text).unwrap_or_default();
            if !names.insert(name) {
                self.error(volume.at, format!("duplicate volume `{name}`"), Some("give each volume a unique name"));
            }
            let sources: Vec<_> =
                volume.entries().iter().filter(|e| e.key != "name" && e.node.value != Value::Null).collect();
            if sources.len() > 1 {
                self.error(sources[1].key_at, format!("volume `{name}` has more than one source"), Some("keep one"));
            }
            if let Some(path) = volume.at_path(&["hostPath", "path"])
                && path.text().is_some_and(|p| p.split('/').any(|part| part == ".."))
            {
                self.error(path.at, "a path of the node cannot have `..` in it", None);
            }
        }
        for container in containers(pod) {
            let mut paths = HashSet::new();
            for (list, path) in [("volumeMounts", "mountPath"), ("volumeDevices", "devicePath")] {
                for mount in container.get(list).map(Node::items).unwrap_or_default() {
                    let text = |key| mount.get(key).and_then(Node::text);
                    if let Some(name) = text("name").filter(|n| !n.is_empty() && !names.contains(n)) {
                        let hint = match self.dialect {
                            Dialect::Spec => {
                                "give the mount a source, such as `host_path`, or add the volume to `pod.volumes`"
                            }
                            Dialect::Apps => "add the volume to `volumes`",
                        };
                        self.error(mount.at, format!("there is no volume `{name}`"), Some(hint));
                    }
                    if let Some(path) = text(path).filter(|p| !paths.insert(*p)) {
                        self.error(mount.at, format!("two volumes are mounted at `{path}`"), None);
                    }
                    if text("subPath").is_some_and(|s| !s.is_empty())
                        && text("subPathExpr").is_some_and(|s| !s.is_empty())
                    {
                        let names = (self.name("subPath"), self.name("subPathExpr"));
                        self.error(
                            mount.at,
                            format!("`{}` and `{}` cannot be combined", names.0, names.1),
                            Some("keep one"),
                        );
                    }
                }
            }
        }
    }

    /// Names of containers are unique within the pod.
    fn names(&mut self, pod: &Node) {
        let mut names = HashSet::new();
        for container in containers(pod) {
            let Some(name) = container.get("name").filter(|n| n.text().is_some_and(|t| !t.is_empty())) else {
                continue;
            };
            if !names.insert(name.text()) {
                let message = format!("two containers are named `{}`", name.text().unwrap_or_default());
                self.error(name.at, message, Some("give each container a unique name"));
            }
        }
    }

    /// One port of the node for one port of the pod; with the node's network they are the same. Those that only a pod is
    /// given by the server are the doctor's to tell (DS318): the DaemonSet is taken.
    fn host_ports(&mut self, pod: &Node) {
        let host_network = pod.get("hostNetwork").and_then(Node::bool) == Some(true);
        let mut taken: HashMap<(i64, &str, &str), u32> = HashMap::new();
        for container in pod.get("containers").map(Node::items).unwrap_or_default() {
            for port in container.get("ports").map(Node::items).unwrap_or_default() {
                let number = |key| port.get(key).and_then(Node::int).filter(|n| *n > 0);
                let Some(host) = number("hostPort") else { continue };
                let text =
                    |key, otherwise| port.get(key).and_then(Node::text).filter(|t| !t.is_empty()).unwrap_or(otherwise);
                if let Some(line) = taken.insert((host, text("protocol", "TCP"), text("hostIP", "")), port.at.line) {
                    let message = format!("host port {host} is already used at line {line}");
                    self.error(port.at, message, None);
                }
                if host_network && number("containerPort").is_some_and(|n| n != host) {
                    let names = (self.name("hostPort"), self.name("containerPort"));
                    let message = format!("with host network, `{}` must equal `{}`", names.0, names.1);
                    self.error(port.at, message, None);
                }
            }
        }
    }

    fn dns(&mut self, pod: &Node) {
        let servers = pod.at_path(&["dnsConfig", "nameservers"]);
        let count = servers.map(Node::items).unwrap_or_default().len();
        if count > 3 {
            let at = servers.map_or(pod.at, |s| s.at);
            self.error(at, "at most three name servers are allowed", None);
        }
        if let Some(policy) = pod.get("dnsPolicy").filter(|p| p.text() == Some("None"))
            && count == 0
        {
            let hint = format!("add `{}` with `nameservers`", self.name("dnsConfig"));
            self.error(policy.at, "a pod without cluster DNS needs at least one name server", Some(&hint));
        }
    }
}
