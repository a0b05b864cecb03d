//! Rules of the pod as a whole.

use std::collections::{HashMap, HashSet};

use crate::manifest::check::Checker;
use crate::manifest::check::volumes::{set, text};
use crate::manifest::fields::Rule;
use crate::manifest::read::Dialect;
use crate::manifest::text::{broken, demand};
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
        self.mounts(pod);
        self.all_resources(pod);
        self.names(pod);
        self.host_ports(pod);
        self.dns(pod);
        self.host_names(pod);
        self.profiles(pod);
        self.pod_affinity(pod);
        self.spread(pod);
        self.gates(pod);
        self.security(pod);
        let on = |key| pod.get(key).filter(|n| n.bool() == Some(true));
        if let Some(shared) = on("shareProcessNamespace").filter(|_| on("hostPID").is_some()) {
            let names = (self.name("shareProcessNamespace"), self.name("hostPID"));
            self.error(shared.at, format!("`{}` and `{}` cannot both be true", names.0, names.1), Some("keep one"));
        }
        for list in ["initContainers", "containers"] {
            for container in pod.get(list).map(Node::items).unwrap_or_default() {
                self.container(container, pod, list == "initContainers");
            }
        }
    }

    /// Names of containers are unique within the pod.
    fn names(&mut self, pod: &Node) {
        let mut names = HashSet::new();
        // In the order in which the server looks at the lists.
        for container in
            ["containers", "initContainers"].into_iter().filter_map(|key| pod.get(key)).flat_map(Node::items)
        {
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
                    self.error(port.get("hostPort").map_or(port.at, |n| n.at), message, None);
                }
                if host_network && number("containerPort").is_some_and(|n| n != host) {
                    let names = (self.name("hostPort"), self.name("containerPort"));
                    let message = format!("with host network, `{}` must equal `{}`", names.0, names.1);
                    self.error(port.at, message, None);
                }
            }
        }
    }

    /// Three name servers, 32 domains and 2048 characters of them at most (`validatePodDNSConfig`).
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
            let config = self.name("dnsConfig");
            let message = format!("`{}: None` needs `{config}` with at least one name server", self.name("dnsPolicy"));
            self.error(policy.at, message, Some(&format!("add `{config}` with `nameservers`")));
        }
        let Some(config) = pod.get("dnsConfig") else { return };
        let searches = config.get("searches").map(Node::items).unwrap_or_default();
        let length: usize = searches.iter().map(|s| s.text().map_or(0, str::len) + 1).sum();
        if searches.len() > 32 || length > 2049 {
            self.refuse(config, "searches", "at most 32 search domains with 2048 characters together are allowed");
        }
        for search in searches {
            let domain = search.text().unwrap_or_default();
            // One underscore or more is allowed there (RelaxedDNSSearchValidation), and a final dot.
            let plain = domain.strip_suffix('.').unwrap_or(domain).replace('_', "a");
            if domain != "." && broken(Rule::DnsName, &plain).is_some() {
                self.error(search.at, format!("a search domain must {}", demand(Rule::DnsName)), None);
            }
        }
        for option in config.get("options").map(Node::items).unwrap_or_default() {
            if text(option, "name").is_empty() {
                self.lacks(option, "an option of the resolver needs a `name`", None);
            }
        }
    }

    /// Names in /etc/hosts, and the name of the host itself (`ValidateHostAliases`, `validatePodHostName`).
    fn host_names(&mut self, pod: &Node) {
        for alias in pod.get("hostAliases").map(Node::items).unwrap_or_default() {
            let names = alias.get("hostnames").map(Node::items).unwrap_or_default();
            if self.dialect == Dialect::Spec && names.is_empty() {
                self.lacks(alias, "this host alias has no `hostnames`", None);
            }
            for name in names.iter().filter(|n| n.text().is_some_and(|t| broken(Rule::DnsName, t).is_some())) {
                self.error(name.at, format!("a host name must {}", demand(Rule::DnsName)), None);
            }
        }
        let Some(own) = set(pod, "hostnameOverride") else { return };
        let is_true = |key| pod.get(key).and_then(Node::bool) == Some(true);
        let shown = self.name("hostnameOverride");
        for key in ["setHostnameAsFQDN", "hostNetwork"] {
            if is_true(key) {
                self.error(own.at, format!("`{shown}` and `{}: true` cannot be combined", self.name(key)), None);
            }
        }
        if own.text().is_some_and(|t| t.len() > 64 || broken(Rule::DnsName, t).is_some()) {
            self.error(own.at, format!("`{shown}` must {}, at most 64", demand(Rule::DnsName)), None);
        }
    }
}
