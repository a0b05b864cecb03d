//! The rules: what each looks for, why, and what to do.

use crate::manifest::text::fill;

/// A rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its code; stable, never given to another rule.
    pub code: &'static str,
    /// What it finds.
    pub title: &'static str,
    /// Why that matters for a pod on every node.
    pub why: &'static str,
    /// What to do.
    pub way_out: &'static str,
    /// The part of a spec under `spec:` that it finds something in; empty where it needs a cluster.
    pub example: &'static str,
}

impl Rule {
    /// Reads `DS901`, in any case.
    pub fn of(text: &str) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.code.eq_ignore_ascii_case(text))
    }

    /// The rule as Markdown: its page in `docs/codes/`, and what `explain` prints.
    pub fn markdown(&self) -> String {
        let Rule { code, title, why, way_out, .. } = self;
        let mut page = format!("# {code}: {title}\n\n{}\n\n", fill(why));
        page.push_str(&format!("{}\n", fill(&format!("What to do: {way_out}."))));
        if is_safe(code) {
            page.push_str("\n`lint --fix` writes the patch into the file.\n");
        }
        if has_quiet_notes(code) {
            page.push_str(
                "\nMost sound manifests get a note of this rule: lint shows its notes only with `--notes`.\n",
            );
        }
        match self.example {
            "" => page.push_str("\nLint checks this rule only with a cluster or a snapshot.\n"),
            _ => page.push_str(&format!("\nFor example in:\n\n```yaml\n{}```\n", example(self))),
        }
        page
    }
}

/// The rules whose patch makes no choice that only the author can make: the pods run where and as the document meant, and
/// nothing is invented. `lint --fix` writes these patches.
const SAFE: [&str; 7] = ["DS909", "DS912", "DS913", "DS914", "DS915", "DS925", "DS927"];

/// Whether `lint --fix` writes the patches of a rule.
pub fn is_safe(code: &str) -> bool {
    SAFE.contains(&code)
}

/// The rules whose notes most sound manifests get: what they note is right for the purpose of the DaemonSet, or a matter of
/// taste. Lint shows their notes only if asked; their warnings and errors always.
const QUIET: [&str; 6] = ["DS902", "DS903", "DS905", "DS908", "DS916", "DS920"];

/// Whether lint shows the notes of a rule only if asked for them.
pub fn has_quiet_notes(code: &str) -> bool {
    QUIET.contains(&code)
}

/// A whole document around a rule's example.
pub fn example(rule: &Rule) -> String {
    let metadata = match rule.code {
        "DS929" => "{name: agent, annotations: {kubectl-daemonset/lint-ignore: DS9O3 typing is hard}}",
        "DS917" => "{name: example-cni}",
        _ => "{name: agent}",
    };
    format!(
        "apiVersion: kubernetes.project-planton.org/v1\nkind: KubernetesDaemonSet\nmetadata: {metadata}\nspec:\n  namespace: agents\n{}\n",
        rule.example
    )
}

const PLAIN: &str = "  container: {app: {image: registry.example/agent:v1}}";

/// All rules, by code.
pub const RULES: [Rule; 36] = [
    Rule {
        code: "DS901",
        title: "No requests",
        why: "Without a request, the scheduler reserves no capacity for the agent. The agent gets only what other pods \
              leave, and the kernel kills its processes early when the node runs out of memory. More than half of published \
              manifests have no requests. The rule warns all the same: the agent fails first exactly when the node is in \
              trouble and its logs and metrics are needed.",
        way_out: "set requests near the real usage (`kubectl top pods` shows the usage)",
        example: PLAIN,
    },
    Rule {
        code: "DS902",
        title: "No memory limit",
        why: "An agent with a memory leak takes memory from the other pods of every node. With a limit, the kernel \
              kills only the agent (OOMKilled). This rule requires no CPU limit, because a CPU limit throttles the \
              agent. Many published manifests have no memory limit. The rule warns all the same, except for network \
              plugins and the control plane: a leak in a DaemonSet is a leak on every node at once.",
        way_out: "set a memory limit well above the real usage",
        example: "  container: {app: {image: registry.example/agent:v1, resources: {requests: {cpu: 50m, memory: 64Mi}}}}",
    },
    Rule {
        code: "DS903",
        title: "Writable host path",
        why: "A pod that can write to a node's files can break the node or take over the node. Most agents only read: \
              logs, /proc, /sys. This rule ignores the paths that an agent of this kind must write to.",
        way_out: "mount the path read-only, unless the agent must write to the path",
        example: "  container:\n    app:\n      image: registry.example/agent:v1\n      volume_mounts: [{name: log, mount_path: /var/log, host_path: /var/log}]",
    },
    Rule {
        code: "DS904",
        title: "Sensitive host path",
        why: "Some host paths control the whole node or all its pods: the root directory, /etc, the kubelet's \
              directory, the socket of the container runtime. A pod that has the socket can start any container with \
              any privilege, even if the socket is mounted read-only.",
        way_out: "mount only the directory that is needed, read-only",
        example: "  container:\n    app:\n      image: registry.example/agent:v1\n      volume_mounts: [{name: root, mount_path: /host, host_path: /, read_only: true}]",
    },
    Rule {
        code: "DS905",
        title: "More privileges than the agent needs",
        why: "A privileged container is root on its node, and a DaemonSet runs on many nodes. Network plugins, storage \
              agents and security agents need many privileges. Log collectors and metrics agents do not.",
        way_out: "remove privileges that the agent does not need; use a capability instead of `privileged`",
        example: "  container: {app: {image: registry.example/agent:v1, security_context: {privileged: true}}}",
    },
    Rule {
        code: "DS906",
        title: "Namespaces of the node",
        why: "A pod with hostNetwork can capture the traffic of the node and reach services that trust the node. A pod \
              with hostPID can read the environment of the node's processes and send signals to the processes.",
        way_out: "turn the host namespace off, unless the agent observes the node",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  pod: {host_ipc: true}",
    },
    Rule {
        code: "DS907",
        title: "Mutable image tag",
        why: "Each node pulls the image at its own time. With `latest`, nodes run different programs under one tag, \
              and `kubectl rollout undo` changes nothing.",
        way_out: "use a version tag, or better a digest",
        example: "  container: {app: {image: registry.example/agent:latest}}",
    },
    Rule {
        code: "DS908",
        title: "No priority class",
        why: "A DaemonSet's pod can run only on one node. If the node is full, the pod stays Pending, unless its \
              priority lets the scheduler evict another pod. Under node pressure, the kubelet can \
              evict the pod like any other pod.",
        way_out: "name a priority class; `kubectl get priorityclass` lists them",
        example: PLAIN,
    },
    Rule {
        code: "DS909",
        title: "Surge with a host port",
        why: "With maxSurge, the new pod starts next to the old pod. If both pods need the same host port, the \
              scheduler can never bind the new pod, and the rollout never ends.",
        way_out: "use max_unavailable instead, or remove the host port",
        example: "  container: {app: {image: registry.example/agent:v1, ports: [{name: metrics, container_port: 9100, host_port: 9100}]}}\n  update_strategy: {max_surge: 1}",
    },
    Rule {
        code: "DS910",
        title: "Rollout all at once, or never",
        why: "A rollout that replaces half of the pods at once spreads a bad version quickly. With OnDelete, nodes \
              keep the old version until somebody deletes the pods.",
        way_out: "use RollingUpdate with a small maxUnavailable, such as 10%",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  update_strategy: {type: RollingUpdate, rolling_update: {max_unavailable: 100%}}",
    },
    Rule {
        code: "DS911",
        title: "Selector that other workloads may use",
        why: "Two workloads of one namespace with overlapping selectors manage the same pods. A label such as `app: \
              daemonset` does not identify the workload, and a selector is immutable.",
        way_out: "select by a label that names this DaemonSet",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  selector: {match_labels: {app: daemonset}}",
    },
    Rule {
        code: "DS912",
        title: "Toleration without effect",
        why: "The DaemonSet controller adds tolerations for node conditions (not ready, unreachable, pressure, \
              unschedulable) to every pod. Repeated tolerations hide the tolerations that matter.",
        way_out: "remove the toleration",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  tolerations: [{key: node.kubernetes.io/disk-pressure, operator: Exists, effect: NoSchedule}]",
    },
    Rule {
        code: "DS913",
        title: "`master` without `control-plane`",
        why: "Since Kubernetes 1.24, control plane nodes have the taint `node-role.kubernetes.io/control-plane` \
              instead of the old taint. An agent that tolerates only the old taint does not run on these nodes.",
        way_out: "tolerate node-role.kubernetes.io/control-plane too",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  tolerations: [{key: node-role.kubernetes.io/master, operator: Exists, effect: NoSchedule}]",
    },
    Rule {
        code: "DS914",
        title: "Deprecated label",
        why: "Labels under `beta.kubernetes.io` and `failure-domain.beta.kubernetes.io` exist only for old manifests. \
              Nodes of some providers do not have these labels, and no pod runs there.",
        way_out: "use the new label",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  node_selector: {beta.kubernetes.io/os: linux}",
    },
    Rule {
        code: "DS915",
        title: "Value that no node can have",
        why: "The kubelet sets the labels for operating system and architecture in lower case, with the names that Go \
              uses. A selector with another spelling matches no node, and the DaemonSet has no pod.",
        way_out: "write the value as nodes have it (`kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch`)",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  node_selector: {kubernetes.io/os: Linux}",
    },
    Rule {
        code: "DS916",
        title: "No operating system chosen",
        why: "An image runs on one operating system. In a cluster with Windows nodes, the DaemonSet controller creates \
              pods for the Windows nodes too, and the pods cannot start there.",
        way_out: "select nodes by kubernetes.io/os",
        example: PLAIN,
    },
    Rule {
        code: "DS917",
        title: "Deadlock between a new node and its agent",
        why: "A node is Ready only when its network works. Before that, the node has the taint \
              node.kubernetes.io/not-ready:NoSchedule. The DaemonSet controller adds a toleration only for the \
              NoExecute taint of this key. A CNI plugin that does not tolerate the taint never \
              starts on a new node.",
        way_out: "tolerate the taint of a starting node",
        example: "  pod: {host_network: true}\n  container:\n    app:\n      image: registry.example/cni:v1\n      volume_mounts: [{name: cni, mount_path: /host/etc/cni/net.d, host_path: /etc/cni/net.d}]",
    },
    Rule {
        code: "DS918",
        title: "Every taint tolerated",
        why: "A toleration without key and effect tolerates every taint: dedicated nodes, nodes that an autoscaler \
              drains or removes, and virtual nodes that cannot run a DaemonSet's pod.",
        way_out: "tolerate only the taints of the nodes that should run the agent",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  tolerations: [{operator: Exists}]",
    },
    Rule {
        code: "DS919",
        title: "Secret in the DaemonSet",
        why: "Every user who can read DaemonSets, pods or ControllerRevisions can read the values of environment \
              variables. More users can read these objects than Secrets.",
        way_out: "move the value into a Secret; in a spec, under env.secrets",
        example: "  container: {app: {image: registry.example/agent:v1, env: {variables: {API_TOKEN: abc}}}}",
    },
    Rule {
        code: "DS920",
        title: "No readiness probe",
        why: "A rollout continues when the new pod is ready. Without a readiness probe, a pod is ready when its \
              process runs, so a broken version reaches every node.",
        way_out: "add a readiness probe, or at least min_ready_seconds",
        example: PLAIN,
    },
    Rule {
        code: "DS921",
        title: "Key of a ConfigMap that becomes a directory",
        why: "A volume is a directory. If the volume is mounted at the path of a file, the path becomes a directory \
              that contains the file, and the program cannot read the file.",
        way_out: "add sub_path, or mount the directory",
        example: "  container:\n    app:\n      image: registry.example/agent:v1\n      volume_mounts: [{name: conf, mount_path: /etc/agent.yaml, config_map: {name: conf, key: agent.yaml}}]",
    },
    Rule {
        code: "DS922",
        title: "Probe of a port that does not exist",
        why: "A probe or hook may name its port instead of giving its number. The kubelet looks the name up in the ports \
              of the same container. If no port has the name, a readiness or startup probe never succeeds and the pod \
              is never ready; a liveness probe has no effect.",
        way_out: "give the port of the container that name, or write the number",
        example: "  container: {app: {image: registry.example/agent:v1, ports: [{name: metrics, container_port: 9100}], readiness_probe: {http_get: {port_name: health}}}}",
    },
    Rule {
        code: "DS923",
        title: "Node selector and affinity contradict each other",
        why: "A node must meet the node selector and one term of the required node affinity. If every term contradicts \
              the selector or itself, the DaemonSet has no pod on any node, and reports no error.",
        way_out: "remove one of the two conditions",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  node_selector: {disk: ssd}\n  pod:\n    affinity: {node_affinity: {required_during_scheduling_ignored_during_execution: {node_selector_terms: [{match_expressions: [{key: disk, operator: In, values: [hdd]}]}]}}}",
    },
    Rule {
        code: "DS924",
        title: "Memory in the wrong unit",
        why: "The unit `m` means thousandths: a memory limit of 500m is half a byte. With a memory limit of less than \
              1 MiB no container starts, and such a request reserves nothing.",
        way_out: "write Mi for mebibytes or M for megabytes",
        example: "  container: {app: {image: registry.example/agent:v1, resources: {requests: {cpu: 50m, memory: 100m}, limits: {memory: 500m}}}}",
    },
    Rule {
        code: "DS925",
        title: "Annotation that Kubernetes no longer reads",
        why: "Annotations such as `scheduler.alpha.kubernetes.io/critical-pod` had a meaning before there were fields for \
              it. Kubernetes no longer reads the annotation, so the pod does not have what its author asked for.",
        way_out: "set the field and remove the annotation",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  pod: {annotations: {scheduler.alpha.kubernetes.io/critical-pod: \"\"}}",
    },
    Rule {
        code: "DS926",
        title: "Own pods kept apart by more than a node",
        why: "A DaemonSet runs one pod on each node. A required anti-affinity that selects the DaemonSet's own pods by a \
              zone, a rack or another label of nodes admits one pod for each value of the label. The pods of all other \
              nodes stay Pending.",
        way_out: "remove the term: two pods of one DaemonSet never share a node",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  pod:\n    affinity: {pod_anti_affinity: {required_during_scheduling_ignored_during_execution: [{topology_key: topology.kubernetes.io/zone, label_selector: {match_labels: {app.kubernetes.io/name: agent}}}]}}",
    },
    Rule {
        code: "DS927",
        title: "Toleration of the control plane with a value",
        why: "The taint of control plane nodes has no value. A toleration with `operator: Equal` and a value does not \
              match the taint, and no pod runs on the control plane.",
        way_out: "use operator Exists without a value",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Equal, value: \"true\", effect: NoSchedule}]",
    },
    Rule {
        code: "DS928",
        title: "Image name that no kubelet reads",
        why: "The API server takes any text as the name of an image. The kubelet reads it as registry, repository, tag and \
              digest; if it cannot, no container of the image starts on any node (`InvalidImageName`).",
        way_out: "write `registry/repository:tag` or `registry/repository@sha256:digest`",
        example: "  container: {app: {image: \"https://registry.example/agent:v1\"}}",
    },
    Rule {
        code: "DS929",
        title: "Exemption without effect",
        why: "An exemption needs a rule and a reason, so that a reader can judge the exemption later. An exemption \
              from an unknown rule has no effect.",
        way_out: "write `CODE reason; CODE reason`",
        example: PLAIN,
    },
    Rule {
        code: "DS930",
        title: "Selector that no node matches",
        why: "The DaemonSet controller creates no pod for nodes that the selector excludes, and reports no error: the \
              DaemonSet desires 0 pods and has 0 pods.",
        way_out: "compare with `kubectl get nodes --show-labels`",
        example: "",
    },
    Rule {
        code: "DS931",
        title: "Selectors that overlap",
        why: "A controller manages every pod that its selector matches. If two selectors overlap, the wrong controller \
              adopts, counts or deletes pods.",
        way_out: "use unique labels for one workload; a selector is immutable, so recreate the DaemonSet",
        example: "",
    },
    Rule {
        code: "DS932",
        title: "Host port in use",
        why: "Only one pod of a node can use a host port. The scheduler never binds a second pod to the node.",
        way_out: "choose another port, or remove the host port",
        example: "",
    },
    Rule {
        code: "DS933",
        title: "Variable that is set twice",
        why: "Of two environment variables of one name, the container gets the last. The other value has no effect, and a \
              reader does not see which one counts.",
        way_out: "remove one of the two",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  pod: {init_containers: [{name: prepare, image: registry.example/agent:v1, env: [{name: LEVEL, value: info}, {name: LEVEL, value: debug}]}]}",
    },
    Rule {
        code: "DS934",
        title: "Same readiness and liveness probe",
        why: "A container that is not ready for a while gets no traffic and recovers. If its liveness probe is the same, the \
              kubelet restarts the container at the same moment, and what it was doing is lost.",
        way_out: "let the liveness probe fail later (`failure_threshold`), or check less",
        example: "  container: {app: {image: registry.example/agent:v1, ports: [{name: health, container_port: 8080}], readiness_probe: {http_get: {path: /healthz, port_name: health}}, liveness_probe: {http_get: {path: /healthz, port_name: health}}}}",
    },
    Rule {
        code: "DS935",
        title: "Node selector term without effect",
        why: "The terms of the required node affinity are alternatives: a node needs to match only one of them. A term \
              that is wider than another one makes the narrower term useless, and often both were meant to hold. A \
              term without conditions matches no node.",
        way_out: "put conditions that must all hold into one term, or remove the term",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  pod:\n    scheduling:\n      node_affinity:\n        required:\n          - match_expressions: [{key: disk, operator: In, values: [ssd]}]\n          - match_expressions: [{key: disk, operator: Exists}]",
    },
    Rule {
        code: "DS936",
        title: "Configuration that changes under old pods",
        why: "A change of the configuration replaces the pods, but the ConfigMap changes at once. An old pod that restarts \
              during the rollout reads the new text, and `kubectl rollout undo` brings back the old template with the new \
              text.",
        way_out: "use `immutable_config: true`: each text gets a ConfigMap of its own, which old pods keep",
        example: "  container: {app: {image: registry.example/agent:v1, volume_mounts: [{name: conf, mount_path: /conf, config_map: {name: conf}}]}}\n  config_maps: {conf: 'level: info'}",
    },
];
