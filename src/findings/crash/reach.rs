//! What a container cannot reach: an address of its own, the Service of the API server, a socket of another container.

use crate::findings::cause::{CrashField, ProxyPod};
use crate::findings::crash::container::CrashedContainer;
use crate::findings::crash::files::state;
use crate::findings::network_plugin;
use crate::model::resources::Resources;
use crate::model::{DaemonSet, Pod};

impl CrashedContainer<'_> {
    /// A private address that does not answer. Addresses of Services lead somewhere by the rules that kube-proxy, or a network
    /// plugin in its place, writes on the node.
    pub fn unreachable(&self, address: &str, port: u16) -> CrashField {
        let is_proxy = |daemon_set: &&DaemonSet| {
            let is_own = (daemon_set.namespace, daemon_set.name) == (self.daemon_set.namespace, self.daemon_set.name);
            !is_own && (is_kube_proxy(daemon_set) || network_plugin::is_network_plugin(daemon_set))
        };
        let unready = self.cluster.daemon_sets.iter().filter(is_proxy).filter_map(|daemon_set| {
            let pod = self.pod_on_node(daemon_set)?;
            let state = state(pod)?;
            Some((is_kube_proxy(daemon_set), daemon_set, pod, state))
        });
        let proxy =
            unready.max_by_key(|(is_kube_proxy, ..)| *is_kube_proxy).map(|(_, daemon_set, pod, state)| ProxyPod {
                daemon_set: format!("{}/{}", daemon_set.namespace, daemon_set.name),
                pod: Pod::full_name(pod),
                state,
            });
        CrashField::ServiceAddress { address: format!("{address}:{port}"), proxy, node: self.node.name.to_string() }
    }

    /// A socket on a volume that another container of the pod mounts as well, if that container does not run.
    pub fn socket_of_container(&self, path: &str) -> Option<CrashField> {
        let mounted = self.mounted(path)?;
        let volume = &mounted.volume.name;
        let detail = self.pod.detail.as_deref()?;
        let mut others = self.fields.containers.iter().chain(self.fields.init_containers.iter()).filter(|other| {
            let shares = other.volume_mounts.iter().any(|mount| mount.name == *volume && !mount.read_only.0);
            shares && other.name != self.container.name
        });
        let (container, state) = others.find_map(|other| {
            let status = detail.containers.iter().find(|status| status.name == other.name)?;
            let waiting = status.waiting.as_ref().map(|(reason, _)| reason.clone());
            let ended =
                status.terminated.as_ref().filter(|_| status.ended && !status.init).map(|end| end.reason.clone());
            Some((other.name.clone(), waiting.or(ended).filter(|state| !state.is_empty())?))
        })?;
        Some(CrashField::SocketOfContainer { path: path.to_owned(), container, state })
    }

    /// A node by a name that the cluster does not have: the pod's own name, or another form of the name of the pod's node.
    pub fn node_name(&self, name: &str) -> Option<CrashField> {
        let node = self.node.name.as_str();
        let is_other_form = |name: &str| {
            let short = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
            short(name) == short(node)
        };
        // The host's name of a pod is cut at 63 characters (`truncatePodHostnameIfNeeded`, pkg/kubelet/kubelet_pods.go v1.36).
        let is_pod = name == &*self.pod.name || name.len() == 63 && self.pod.name.starts_with(name);
        let is_known = self.cluster.nodes.iter().any(|known| known.name.as_str() == name);
        (!is_known && (is_pod || is_other_form(name))).then(|| CrashField::NodeName {
            name: name.to_owned(),
            node: node.to_owned(),
            is_pod,
        })
    }

    /// A library of the NVIDIA driver, which the runtime of a RuntimeClass mounts.
    pub fn driver_library(&self, library: &'static str) -> CrashField {
        let spec = &self.daemon_set.template.spec;
        let classes = self.cluster.runtime_classes.values().filter(|class| class.handler.as_str().contains("nvidia"));
        let class = classes.min_by_key(|class| class.name.as_str());
        let has_gpu = |names: &Resources| names.names().any(|name| name.as_str().starts_with("nvidia.com/"));
        let others_have = self.cluster.nodes.iter().any(|node| has_gpu(&node.allocatable));
        CrashField::DriverLibrary {
            library,
            runtime_class: spec.runtime_class.map(|name| name.to_string()),
            existing_class: class.filter(|_| spec.runtime_class.is_none()).map(|class| class.name.to_string()),
            is_without_gpu: others_have && !has_gpu(&self.node.allocatable),
            node: self.node.name.to_string(),
        }
    }
}

fn is_kube_proxy(daemon_set: &DaemonSet) -> bool {
    daemon_set.name.as_str().contains("kube-proxy")
}
