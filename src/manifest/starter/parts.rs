//! What each use case needs of a node.

use crate::manifest::starter::asked::{Distribution, Starter, UseCase, quoted};

/// The parts of a spec that its use case decides, as lines.
pub struct Container {
    /// What the spec is, in one sentence.
    pub what: &'static str,
    /// Why the namespace allows what Pod Security calls privileged.
    pub level: &'static str,
    /// The rules of lint that the spec breaks, each with its reason.
    pub exempt: &'static str,
    /// What the pods may ask the API server, and ConfigMaps.
    pub rules: Vec<&'static str>,
    /// Ports and probes.
    pub ports_of: Vec<&'static str>,
    /// Mounts and security context.
    pub body: Vec<String>,
    /// More fields of the pod.
    pub pod: Vec<String>,
}

const READS_PODS: [&str; 3] = [
    "  rbac:",
    "    cluster_rules:",
    "      - {api_groups: [\"\"], resources: [pods, namespaces], verbs: [get, list, watch]}   # names and labels of pods",
];

/// Returns the parts of a use case.
pub fn container(starter: &Starter) -> Container {
    match starter.use_case {
        UseCase::Logs => logs(starter),
        UseCase::Metrics => metrics(),
        UseCase::Network => network(starter),
        UseCase::Storage => storage(starter),
        UseCase::Security => security(starter),
    }
}

fn owned<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).into()
}

/// A port of the pod with both probes; a network agent has the port of the node.
const PROBES: [&str; 3] = [
    "      ports: [{name: http, container_port: 8080}]   # CHANGE",
    "      readiness_probe: {http_get: {path: /ready, port_name: http}}   # CHANGE; a rollout waits for it",
    "      liveness_probe: {http_get: {path: /live, port_name: http}, period_seconds: 30, failure_threshold: 5}   # CHANGE",
];

fn logs(starter: &Starter) -> Container {
    let state = format!("/var/lib/{}", starter.name);
    let mut body = owned([
        "      volume_mounts:",
        "        # /var/log/containers holds links into /var/log/pods: both are needed, and reading is enough.",
        "        - {name: varlog, mount_path: /var/log, host_path: /var/log, read_only: true}",
    ]);
    if !starter.is_on(Distribution::GkeAutopilot) {
        body.extend([
            "        # How far each file was read. It outlives the pod; `lint` asks for the reason (DS903).".to_owned(),
            format!(
                "        - {{name: state, mount_path: {state}, host_path: {state}, host_path_type: DirectoryOrCreate}}"
            ),
        ]);
    }
    body.extend(owned([
        "      # Log files belong to root, with mode 0640. Added capabilities only help root.",
        "      security_context:",
        "        run_as_user: 0",
        "        read_only_root_filesystem: true",
        "        allow_privilege_escalation: false",
        "        capabilities: {drop: [ALL], add: [DAC_READ_SEARCH]}",
    ]));
    Container {
        what: "A log collector on every node.",
        exempt: "DS903 the position in each file outlives the pod there; DS905 log files belong to root",
        level: "hostPath volumes need this level; `baseline`, which some clusters enforce by default, forbids them.",
        rules: READS_PODS.into(),
        ports_of: PROBES.into(),
        body,
        pod: Vec::new(),
    }
}

fn metrics() -> Container {
    Container {
        what: "An exporter of the node's metrics, on a port of the node.",
        exempt: "DS906 the metrics are the node's",
        level: "Host namespaces, hostPath volumes and host ports need this level.",
        rules: Vec::new(),
        ports_of: vec![
            "      # A host port belongs to one pod of a node: `doctor -f` names who has it already.",
            "      ports: [{name: metrics, container_port: 9100, host_port: 9100}]   # CHANGE",
            "      readiness_probe: {http_get: {path: /metrics, port_name: metrics}}   # CHANGE",
        ],
        body: owned([
            "      volume_mounts:",
            "        - {name: proc, mount_path: /host/proc, host_path: /proc, read_only: true}",
            "        # HostToContainer: file systems that are mounted later are seen too.",
            "        - {name: sys, mount_path: /host/sys, host_path: /sys, read_only: true, mount_propagation: HostToContainer}",
            "      security_context:",
            "        run_as_user: 65534",
            "        run_as_non_root: true",
            "        read_only_root_filesystem: true",
            "        allow_privilege_escalation: false",
            "        capabilities: {drop: [ALL]}",
        ]),
        pod: owned([
            "    host_network: true   # the node's network devices",
            "    host_pid: true   # the node's processes",
            "    automount_service_account_token: false   # it asks the API server nothing",
        ]),
    }
}

fn network(starter: &Starter) -> Container {
    let (bin, conf) = match starter.is_on(Distribution::K3s) {
        true => ("/var/lib/rancher/k3s/data/cni", "/var/lib/rancher/k3s/agent/etc/cni/net.d"),
        false => ("/opt/cni/bin", "/etc/cni/net.d"),
    };
    let image = quoted(&starter.image);
    Container {
        what: "A network plugin: an init container installs it, the agent runs on nodes that are not Ready yet.",
        exempt: "DS903 it installs the network plugin",
        level: "Host network and hostPath volumes need this level.",
        rules: vec![
            "  rbac:",
            "    cluster_rules:",
            "      - {api_groups: [\"\"], resources: [nodes, pods, namespaces], verbs: [get, list, watch]}",
        ],
        ports_of: vec![
            "      # With the host network the port is the node's: answer on the loopback alone.",
            "      readiness_probe: {http_get: {path: /healthz, port_number: 9099, host: localhost}}   # CHANGE",
        ],
        body: owned([
            "      volume_mounts:",
            "        - {name: modules, mount_path: /lib/modules, host_path: /lib/modules, read_only: true}",
            "        - {name: xtables, mount_path: /run/xtables.lock, host_path: /run/xtables.lock, host_path_type: FileOrCreate}",
            "      # Capabilities instead of privileged: CHANGE to what the agent uses.",
            "      security_context: {run_as_user: 0, capabilities: {drop: [ALL], add: [NET_ADMIN, NET_RAW]}}",
        ]),
        pod: vec![
            "    host_network: true".to_owned(),
            "    init_containers:".to_owned(),
            "      - name: install".to_owned(),
            format!("        image: {image}"),
            "        command: [/install]   # CHANGE".to_owned(),
            "        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}".to_owned(),
            "        # Where the container runtime looks for plugins and their configuration.".to_owned(),
            "        volume_mounts:".to_owned(),
            format!(
                "          - {{name: cni-bin, mount_path: /host/opt/cni/bin, host_path: {bin}, host_path_type: DirectoryOrCreate}}"
            ),
            format!(
                "          - {{name: cni-conf, mount_path: /host/etc/cni/net.d, host_path: {conf}, host_path_type: DirectoryOrCreate}}"
            ),
        ],
    }
}

fn storage(starter: &Starter) -> Container {
    let driver = format!("{}.example.com", starter.name);
    let plugins = format!("/var/lib/kubelet/plugins/{driver}");
    Container {
        what: "The node plugin of a storage driver (CSI), with its registrar.",
        exempt: "",
        level: "Privileged containers and hostPath volumes need this level.",
        rules: Vec::new(),
        ports_of: vec!["      readiness_probe: {exec: {command: [/driver, --check]}}   # CHANGE"],
        body: vec![
            format!(
                "      args: [\"--endpoint=unix:///csi/csi.sock\", --node-id=$(NODE_NAME), --driver={driver}]   # CHANGE"
            ),
            "      # The paths are those of the kubelet's --root-dir, which some distributions move.".to_owned(),
            "      volume_mounts:".to_owned(),
            format!(
                "        - {{name: plugin, mount_path: /csi, host_path: {plugins}, host_path_type: DirectoryOrCreate}}"
            ),
            "        # Bidirectional: the node sees what the driver mounts. Only privileged containers may.".to_owned(),
            "        - name: pods".to_owned(),
            "          mount_path: /var/lib/kubelet/pods".to_owned(),
            "          host_path: /var/lib/kubelet/pods".to_owned(),
            "          host_path_type: Directory".to_owned(),
            "          mount_propagation: Bidirectional".to_owned(),
            "        - {name: dev, mount_path: /dev, host_path: /dev}".to_owned(),
            "      security_context: {privileged: true}".to_owned(),
            "    sidecars:".to_owned(),
            "      - name: registrar".to_owned(),
            "        image: registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.15.0".to_owned(),
            format!("        args: [--csi-address=/csi/csi.sock, --kubelet-registration-path={plugins}/csi.sock]"),
            "        resources: {requests: {cpu: 10m, memory: 20Mi}, limits: {memory: 64Mi}}".to_owned(),
            "        volume_mounts:".to_owned(),
            "          - {name: plugin, mount_path: /csi}".to_owned(),
            "          - name: registration".to_owned(),
            "            mount_path: /registration".to_owned(),
            "            host_path: /var/lib/kubelet/plugins_registry".to_owned(),
            "            host_path_type: Directory".to_owned(),
        ],
        pod: Vec::new(),
    }
}

fn security(starter: &Starter) -> Container {
    let socket = if starter.is_on(Distribution::K3s) { "/run/k3s/containerd" } else { "/run/containerd" };
    let socket = if starter.is_on(Distribution::OpenShift) { "/run/crio" } else { socket };
    Container {
        what: "A security agent that follows system calls with eBPF.",
        exempt: "DS905 loading eBPF programs and reading processes of others; DS906 the processes are the node's",
        level: "hostPath volumes, host processes and capabilities need this level.",
        rules: READS_PODS.into(),
        ports_of: PROBES.into(),
        body: vec![
            "      volume_mounts:".to_owned(),
            "        - {name: proc, mount_path: /host/proc, host_path: /proc, read_only: true}".to_owned(),
            "        - {name: tracing, mount_path: /sys/kernel/tracing, host_path: /sys/kernel/tracing, read_only: true}".to_owned(),
            "        # The directory and not the socket: a restarted runtime makes a new socket.".to_owned(),
            format!("        - {{name: runtime, mount_path: /host/run/runtime, host_path: {socket}, read_only: true}}"),
            "      # SYS_ADMIN stands for BPF and PERFMON, which suffice where kernel.perf_event_paranoid is 2 or less.".to_owned(),
            "      security_context:".to_owned(),
            "        run_as_user: 0".to_owned(),
            "        allow_privilege_escalation: false".to_owned(),
            "        capabilities: {drop: [ALL], add: [SYS_ADMIN, SYS_RESOURCE, SYS_PTRACE, DAC_READ_SEARCH]}".to_owned(),
        ],
        pod: owned(["    host_pid: true   # the node's processes"]),
    }
}
