//! Windows nodes that a template for Linux reaches because the template selects no operating system.
//!
//! Neither the controller nor the scheduler looks at an operating system that the template does not select, and the kubelet
//! only at `os.name` and a label of the pod (`pkg/kubelet/lifecycle/predicate.go`, v1.37).

use crate::model::labels::Requirement;
use crate::model::pod_fields::PodFields;
use crate::model::security::SecurityContext;
use crate::model::{DaemonSet, Node, Symbol};
use crate::rules::kubelet::OS_LABEL;

/// Labels by which templates select an operating system.
const OS_LABELS: [&str; 3] = [OS_LABEL, "beta.kubernetes.io/os", "node.kubernetes.io/windows-build"];

/// Whether the node runs Windows.
pub fn is_windows(node: &Node) -> bool {
    node.labels.get(Symbol::new(OS_LABEL)).is_some_and(|os| os == *"windows")
}

/// Returns a field of the template that means something on Linux only. `None` if the template has none, or selects an
/// operating system: then its author has thought of Windows.
pub fn linux_field(daemon_set: &DaemonSet) -> Option<String> {
    let (spec, security) = (&daemon_set.template.spec, &daemon_set.template.security);
    let affinity = &spec.node_affinity;
    let is_os = |key: Symbol| OS_LABELS.contains(&key.as_str());
    let mut selected = affinity.selector.iter().map(|(key, _)| *key).chain(
        affinity.required.iter().flatten().flat_map(|term| term.expressions.iter()).map(|Requirement { key, .. }| *key),
    );
    if security.os.is_some() || selected.any(is_os) {
        return None;
    }
    let pod = security.security_context.iter();
    let containers = security.init_containers.iter().chain(security.containers.iter());
    let contexts: Vec<&SecurityContext> =
        pod.chain(containers.filter_map(|container| container.security_context.as_ref())).collect();
    if contexts.iter().any(|context| context.windows_options.is_some()) {
        return None;
    }
    let fields = daemon_set.template.text.get().and_then(PodFields::read).unwrap_or_default();
    let paths = fields.volumes.iter().filter_map(|volume| volume.host_path.as_ref());
    let path = paths.map(|host_path| host_path.path.as_str()).find(|path| path.starts_with('/'));
    let of_pod = [
        ("hostNetwork: true", security.host_network),
        ("hostPID: true", security.host_pid),
        ("hostIPC: true", security.host_ipc),
    ];
    let of_context = |context: &&SecurityContext| {
        let fields = [
            ("privileged: true", context.privileged == Some(true)),
            ("capabilities", context.capabilities.is_some()),
            ("seccompProfile", context.seccomp_profile.is_some()),
            ("appArmorProfile", context.app_armor_profile.is_some()),
            ("seLinuxOptions", context.se_linux_options.is_some()),
        ];
        fields.into_iter().find(|(_, given)| *given).map(|(field, _)| field.to_owned())
    };
    let of_pod = of_pod.into_iter().find(|(_, given)| *given == Some(true)).map(|(field, _)| field.to_owned());
    path.map(|path| format!("hostPath {path}")).or(of_pod).or_else(|| contexts.iter().find_map(of_context))
}
