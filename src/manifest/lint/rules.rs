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
        match self.example {
            "" => page.push_str("\nIt needs a cluster or a snapshot to be found.\n"),
            _ => page.push_str(&format!("\nFor example in:\n\n```yaml\n{}```\n", example(self))),
        }
        page
    }
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
pub const RULES: [Rule; 25] = [
    Rule {
        code: "DS901",
        title: "No requests",
        why: "A DaemonSet's request is multiplied by the number of nodes, and so is its absence: without one the \
              scheduler keeps nothing free, the agent gets what others leave, and its pods are among the first that \
              the kernel kills when memory runs short.",
        way_out: "give it requests near what it uses (`kubectl top pods` tells)",
        example: PLAIN,
    },
    Rule {
        code: "DS902",
        title: "No memory limit",
        why: "An agent that leaks takes the memory of every node it runs on, and with it the pods that the node is \
              for. A limit ends the agent instead. A CPU limit is not asked for: it throttles.",
        way_out: "give it a memory limit well above what it uses",
        example: "  container: {app: {image: registry.example/agent:v1, resources: {requests: {cpu: 50m, memory: 64Mi}}}}",
    },
    Rule {
        code: "DS903",
        title: "Writable path of the node",
        why: "What can write to a node's files can break the node, or take it over. Most agents only read: logs, \
              /proc, /sys. Paths that an agent of this kind writes to as its work are left out.",
        way_out: "mount it read-only unless the agent must write there",
        example: "  container:\n    app:\n      image: registry.example/agent:v1\n      volume_mounts: [{name: log, mount_path: /var/log, host_path: /var/log}]",
    },
    Rule {
        code: "DS904",
        title: "Sensitive path of the node",
        why: "Some paths decide over a whole node or all its pods: its root, /etc, the kubelet's directory, the \
              socket of the container runtime. Through that socket any container can be started, with any right; \
              mounting it read-only does not change that.",
        way_out: "mount only the directory that is needed, read-only",
        example: "  container:\n    app:\n      image: registry.example/agent:v1\n      volume_mounts: [{name: root, mount_path: /host, host_path: /, read_only: true}]",
    },
    Rule {
        code: "DS905",
        title: "More rights than the work needs",
        why: "A privileged container is root on its node, and a DaemonSet is on all of them. Network plugins, storage \
              and security agents need much; collectors of logs and metrics do not.",
        way_out: "drop what the agent works without; a capability is less than `privileged`",
        example: "  container: {app: {image: registry.example/agent:v1, security_context: {privileged: true}}}",
    },
    Rule {
        code: "DS906",
        title: "Namespaces of the node",
        why: "With the node's network a pod can listen to it and reach what trusts the node; with its processes it can \
              read their environment and signal them.",
        way_out: "turn it off unless the agent looks at the node through it",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  pod: {host_ipc: true}",
    },
    Rule {
        code: "DS907",
        title: "Image that changes",
        why: "Each node pulls for itself and at its own time: with `latest` nodes run different programs under one \
              name, and an undo changes nothing.",
        way_out: "name a version, or better a digest",
        example: "  container: {app: {image: registry.example/agent:latest}}",
    },
    Rule {
        code: "DS908",
        title: "No priority class",
        why: "A DaemonSet's pod has one node to go to. Where that is full, it waits, unless its priority lets it evict \
              another; and under pressure it is evicted like any other pod.",
        way_out: "name a priority class; `kubectl get priorityclass` lists them",
        example: PLAIN,
    },
    Rule {
        code: "DS909",
        title: "Surge with a port of the node",
        why: "With surge the new pod starts beside the old one. If both want the same port of the node, the new one \
              can never be scheduled, and the rollout stands for ever.",
        way_out: "use max_unavailable instead, or drop the host port",
        example: "  container: {app: {image: registry.example/agent:v1, ports: [{name: metrics, container_port: 9100, host_port: 9100}]}}\n  update_strategy: {max_surge: 1}",
    },
    Rule {
        code: "DS910",
        title: "Rollout all at once, or never",
        why: "A rollout that takes half of the nodes at once makes a bad version a bad day. One that waits for hands \
              leaves nodes without fixes.",
        way_out: "use RollingUpdate with a small bound, such as 10%",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  update_strategy: {type: RollingUpdate, rolling_update: {max_unavailable: 100%}}",
    },
    Rule {
        code: "DS911",
        title: "Selector that others use too",
        why: "Two workloads of one namespace whose selectors overlap fight for pods. A label such as `app: daemonset` \
              says nothing about whose pods these are, and a selector cannot be changed later.",
        way_out: "select by a label that names this DaemonSet",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  selector: {match_labels: {app: daemonset}}",
    },
    Rule {
        code: "DS912",
        title: "Toleration that does nothing",
        why: "The controller adds tolerations of what passes on a node (not ready, unreachable, pressure, \
              unschedulable) to every pod. Writing them again hides the ones that matter.",
        way_out: "take it out",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  tolerations: [{key: node.kubernetes.io/disk-pressure, operator: Exists, effect: NoSchedule}]",
    },
    Rule {
        code: "DS913",
        title: "`master` without `control-plane`",
        why: "Since Kubernetes 1.24 control plane nodes are tainted `node-role.kubernetes.io/control-plane`, and the \
              old taint is gone: an agent that tolerates only that one leaves them out.",
        way_out: "tolerate node-role.kubernetes.io/control-plane too",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  tolerations: [{key: node-role.kubernetes.io/master, operator: Exists, effect: NoSchedule}]",
    },
    Rule {
        code: "DS914",
        title: "Deprecated label",
        why: "Labels under `beta.kubernetes.io` and `failure-domain.beta.kubernetes.io` are kept for old manifests \
              and are missing on nodes of some providers: there no pod runs.",
        way_out: "use the label that replaced it",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  node_selector: {beta.kubernetes.io/os: linux}",
    },
    Rule {
        code: "DS915",
        title: "Value that no node can have",
        why: "The kubelet writes the operating system and the architecture in lower case and in Go's words. Any other \
              spelling matches no node, and the DaemonSet has no pod.",
        way_out: "write it as nodes have it (`kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch`)",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  node_selector: {kubernetes.io/os: Linux}",
    },
    Rule {
        code: "DS916",
        title: "No operating system chosen",
        why: "An image runs on one operating system. On a cluster with Windows nodes a pod is made for them too and \
              cannot start there.",
        way_out: "select nodes by kubernetes.io/os",
        example: PLAIN,
    },
    Rule {
        code: "DS917",
        title: "Agent that a new node waits for, and that waits for the node",
        why: "A node is ready only once its network is. Until then it carries the taint \
              node.kubernetes.io/not-ready:NoSchedule, which nothing tolerates by itself (the controller adds only the \
              one with NoExecute), and with an external cloud provider \
              node.cloudprovider.kubernetes.io/uninitialized. A CNI plugin or storage driver that does not tolerate \
              them never starts on a new node.",
        way_out: "tolerate the taints of a node that is coming up",
        example: "  container:\n    app:\n      image: registry.example/cni:v1\n      volume_mounts: [{name: cni, mount_path: /host/etc/cni/net.d, host_path: /etc/cni/net.d}]",
    },
    Rule {
        code: "DS918",
        title: "Every taint tolerated",
        why: "A toleration without key and effect bears every taint: nodes kept for others, nodes being shut down or \
              drained by an autoscaler, virtual nodes that cannot run a DaemonSet's pod at all.",
        way_out: "tolerate the taints that are meant, if not all of them are",
        example: "  container: {app: {image: registry.example/agent:v1}}\n  tolerations: [{operator: Exists}]",
    },
    Rule {
        code: "DS919",
        title: "Secret in the DaemonSet",
        why: "Whoever may read DaemonSets, pods or their revisions reads the values of their variables; that is far \
              more people than may read Secrets.",
        way_out: "put it into a Secret; in a spec, under env.secrets",
        example: "  container: {app: {image: registry.example/agent:v1, env: {variables: {API_TOKEN: abc}}}}",
    },
    Rule {
        code: "DS920",
        title: "No readiness probe",
        why: "A rollout counts a pod as good once it is ready. Without a probe that is as soon as its process runs, \
              and a broken version reaches every node.",
        way_out: "add a readiness probe, or at least min_ready_seconds",
        example: PLAIN,
    },
    Rule {
        code: "DS921",
        title: "Key of a ConfigMap that becomes a directory",
        why: "A volume is a directory. Mounted at what should be a file's path it becomes a directory of that name \
              with the file inside, and the program fails to read it.",
        way_out: "add sub_path, or mount at the directory",
        example: "  container:\n    app:\n      image: registry.example/agent:v1\n      volume_mounts: [{name: conf, mount_path: /etc/agent.yaml, config_map: {name: conf, key: agent.yaml}}]",
    },
    Rule {
        code: "DS929",
        title: "Exemption that does not count",
        why: "An exemption names a rule and gives a reason, so that whoever reads it later can judge it. One of an \
              unknown rule exempts from nothing.",
        way_out: "write `CODE reason; CODE reason`",
        example: PLAIN,
    },
    Rule {
        code: "DS930",
        title: "Selector that no node matches",
        why: "No pod is made for nodes that the selector leaves out, and nothing says so: the DaemonSet wants no pods \
              and has them all.",
        way_out: "compare with `kubectl get nodes --show-labels`",
        example: "",
    },
    Rule {
        code: "DS931",
        title: "Selectors that overlap",
        why: "Controllers take every pod that their selector matches for theirs. Where two do, pods are adopted, \
              counted and deleted by the wrong one.",
        way_out: "give one of them labels of its own; a selector cannot be changed, so make the DaemonSet anew",
        example: "",
    },
    Rule {
        code: "DS932",
        title: "Port of the node that is taken",
        why: "One pod of a node can have a port of the node. The second one is never scheduled there.",
        way_out: "choose another port, or drop the host port",
        example: "",
    },
];
