//! Ports that a container may not bind, and names that it cannot resolve.

use crate::findings::cause::{CrashField, DnsPolicy};
use crate::findings::crash::container::{CrashedContainer, RunsAs};
use crate::model::pod_fields::ContainerFields;
use crate::model::{Pod, Symbol};

/// Most pods that hold one port of a node.
const MAX_HOLDERS: usize = 4;

impl CrashedContainer<'_> {
    /// EACCES for a port. Ports below `net.ipv4.ip_unprivileged_port_start` (1024 unless set) require
    /// CAP_NET_BIND_SERVICE, which a user other than root gets from no field of a pod: Kubernetes sets no ambient
    /// capabilities (KEP-2763).
    pub fn denied_port(&self, port: Option<u16>) -> Option<CrashField> {
        if self.is_privileged() && !self.runs_as().is_other() {
            return None;
        }
        let sysctls = &self.fields.security_context.sysctls;
        if sysctls.iter().any(|sysctl| sysctl.name == "net.ipv4.ip_unprivileged_port_start") {
            return None;
        }
        let low = || self.only_port(|port| (1..1024).contains(&port));
        let is_dropped = self.is_dropped("NET_BIND_SERVICE");
        let user = match self.runs_as() {
            RunsAs::Root if is_dropped => None,
            // Something else than capabilities denies root.
            RunsAs::Root => return None,
            RunsAs::Image if is_dropped => None,
            RunsAs::User(user) => Some(user),
            RunsAs::NonRoot | RunsAs::Image => Some(-1),
        };
        let host_network = self.fields.host_network.0;
        Some(CrashField::PrivilegedPort { port: port.or_else(low), user, is_dropped, host_network })
    }

    /// The one port of the container that passes; `None` if several do.
    fn only_port(&self, passes: impl Fn(u16) -> bool) -> Option<u16> {
        let mut ports = self.container.ports.iter().map(|port| port.container_port.0).filter(|port| passes(*port));
        ports.next().filter(|_| ports.next().is_none())
    }

    /// EADDRINUSE. A program that does not name the port means the one port of its container.
    pub fn port_in_use(&self, port: Option<u16>) -> Option<CrashField> {
        port.or_else(|| self.only_port(|_| true)).map(|port| self.holder_of(port))
    }

    fn holder_of(&self, port: u16) -> CrashField {
        let containers = self.fields.containers.iter().chain(self.fields.init_containers.iter());
        let mut others = containers.filter(|container| container.name != self.container.name);
        if let Some(other) = others.find(|other| other.ports.iter().any(|held| held.container_port.0 == port)) {
            return CrashField::PortOfContainer { port, container: other.name.clone() };
        }
        if !self.fields.host_network.0 {
            return CrashField::PortOfItself { port };
        }
        let node = self.node.name.to_string();
        let mut holders = self.holders(port);
        if holders.is_empty() {
            holders = self.holders_by_arguments(port);
        }
        if holders.is_empty() {
            return CrashField::PortOfNode { port, node };
        }
        let mut daemon_sets: Vec<String> = holders.iter().filter_map(|pod| self.daemon_set_of(pod)).collect();
        daemon_sets.dedup();
        CrashField::PortOfPod { port, pods: holders.iter().map(|pod| pod.full_name()).collect(), daemon_sets, node }
    }

    /// Pods on the node's network that name the port.
    fn holders(&self, port: u16) -> Vec<&Pod> {
        let Some(node) = self.cluster.node(self.node.name) else { return Vec::new() };
        let pods = self.cluster.pods_on(node).iter().map(|pod| self.cluster.pod(*pod));
        let holds = |pod: &&Pod| {
            let spec = &pod.shape.spec;
            let mut ports = spec.containers.iter().chain(&spec.init_containers).flat_map(|container| &container.ports);
            let is_self = (pod.namespace, &pod.name) == (self.pod.namespace, &self.pod.name);
            spec.host_network && !is_self && ports.any(|held| held.container_port == port || held.host_port == port)
        };
        pods.filter(holds).take(MAX_HOLDERS).collect()
    }

    /// Pods of other DaemonSets on the node's network whose arguments name the port as one to listen on.
    fn holders_by_arguments(&self, port: u16) -> Vec<&Pod> {
        let others = self.cluster.daemon_sets.iter().zip(self.all_fields()).filter(|(daemon_set, fields)| {
            let is_own = (daemon_set.namespace, daemon_set.name) == (self.daemon_set.namespace, self.daemon_set.name);
            let names = |container: &ContainerFields| {
                container.command.iter().chain(container.args.iter()).any(|word| listens_on(word, port))
            };
            fields.host_network.0 && !is_own && fields.containers.iter().any(names)
        });
        others.filter_map(|(daemon_set, _)| self.pod_on_node(daemon_set)).take(MAX_HOLDERS).collect()
    }

    /// EADDRNOTAVAIL: an address that is not the pod's, or under `hostNetwork` not the node's.
    pub fn foreign_address(&self, address: &str) -> Option<CrashField> {
        let host_network = self.fields.host_network.0;
        let own: Vec<String> = match host_network {
            true => self.node.addresses.iter().map(|address| address.to_string()).collect(),
            false => Vec::new(),
        };
        // The node has the address by now, or on an interface of which it says nothing.
        (!own.iter().any(|own| own == address)).then(|| CrashField::ForeignAddress {
            address: address.to_owned(),
            own,
            node: host_network.then(|| self.node.name.to_string()),
        })
    }

    fn daemon_set_of(&self, pod: &Pod) -> Option<String> {
        let owner = pod.owner?;
        let daemon_set = self.cluster.daemon_sets.iter().find(|daemon_set| daemon_set.uid == Some(owner))?;
        Some(format!("{}/{}", daemon_set.namespace, daemon_set.name))
    }

    /// A name that cannot be resolved. Under `hostNetwork` the policy `ClusterFirst` counts as `Default`
    /// (`getPodDNSType` in pkg/kubelet/network/dns/dns.go v1.36).
    pub fn unresolved(&self, host: &str, is_temporary: bool) -> Option<CrashField> {
        if host.eq_ignore_ascii_case("localhost") {
            return None;
        }
        let policy = match (self.fields.dns_policy.as_deref(), self.fields.host_network.0) {
            (None | Some("" | "ClusterFirst"), true) => Some(DnsPolicy::ClusterFirst),
            (Some("Default"), _) => Some(DnsPolicy::Default),
            (Some("None"), _) => Some(DnsPolicy::None),
            _ => None,
        };
        let host = host.to_owned();
        let service = self.service(&host);
        Some(match (service, policy) {
            (Some(_), Some(policy)) => CrashField::DnsPolicy { host, policy },
            (Some(service), None) => CrashField::ServiceName { host, service: Some(service), is_temporary },
            (None, policy) => {
                let is_resolved_by_node = matches!(policy, Some(DnsPolicy::ClusterFirst | DnsPolicy::Default));
                CrashField::OutsideName { host, is_resolved_by_node, is_temporary }
            }
        })
    }

    /// The Service that a name is of, as namespace and name: `a.b.svc`, `a.b.svc.cluster.local`, `a` in the pod's own
    /// namespace, and `a.b` where `b` is a namespace.
    fn service(&self, host: &str) -> Option<(String, String)> {
        let own = self.daemon_set.namespace.to_string();
        let labels: Vec<&str> = host.split('.').collect();
        let owned = |namespace: &str, name: &str| Some((namespace.to_owned(), name.to_owned()));
        match labels.as_slice() {
            [name] => owned(&own, name),
            [.., name, namespace, "svc"] => owned(namespace, name),
            [.., name, namespace, "svc", _, _] => owned(namespace, name),
            [name, namespace] if self.is_namespace(namespace) => owned(namespace, name),
            _ => None,
        }
    }

    fn is_namespace(&self, name: &str) -> bool {
        let is_built_in = matches!(name, "default" | "kube-system");
        let known = Symbol::known(name).is_some_and(|name| self.cluster.namespaces.contains_key(&name));
        is_built_in || known || self.daemon_set.namespace.as_str() == name
    }
}

/// Whether a word of a command line ends with a port: `:9100`, `--port=9100`, `--listen=0.0.0.0:9100`. The addresses of
/// URLs are those of other programs.
fn listens_on(word: &str, port: u16) -> bool {
    let rest = word.strip_suffix(port.to_string().as_str());
    rest.is_some_and(|rest| rest.ends_with([':', '=']) && !rest.contains("://"))
}
