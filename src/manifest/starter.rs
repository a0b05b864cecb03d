//! A spec to start from, for each of the five use cases of a DaemonSet.

mod asked;
mod parts;

use std::fmt::Write as _;

use crate::manifest::starter::asked::quoted;
pub use crate::manifest::starter::asked::{Distribution, Seen, Starter, UseCase};
use crate::manifest::starter::parts::{Container, container};

impl Starter {
    /// Returns the commented spec.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        let Starter { name, namespace, image, .. } = self;
        let Container { what, level, exempt, rules, ports_of, body, pod } = container(self);
        let mut line = |text: &str| {
            let _ = writeln!(out, "{text}");
        };
        line(&format!("# {what}"));
        line("# Lines with CHANGE need your values. `kubectl daemonset lint -f FILE` checks the rest,");
        line("# `kubectl daemonset doctor -f FILE` says on which nodes the pods would run.");
        self.seen_comments().iter().for_each(|text| line(&format!("# {text}")));
        line("apiVersion: kubernetes.project-planton.org/v1");
        line("kind: KubernetesDaemonSet");
        line("metadata:");
        line(&format!("  name: {name}"));
        if !exempt.is_empty() {
            line("  # Rules of lint that the spec breaks on purpose; each has a reason.");
            line(&format!("  annotations: {{kubectl-daemonset/lint-ignore: {}}}", quoted(exempt)));
        }
        line("spec:");
        line(&format!("  namespace: {namespace}"));
        if namespace != "kube-system" && namespace != "default" {
            line("  create_namespace: true");
            line(&format!("  # {level}"));
            line("  namespace_labels: {pod-security.kubernetes.io/enforce: privileged}");
        }
        line("  create_service_account: true");
        rules.iter().for_each(|text| line(text));
        line("  container:");
        line("    app:");
        line(&format!("      image: {}", quoted(image)));
        line("      # Requests reserve what every node must have free. The memory limit bounds a leak.");
        line(
            "      resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 256Mi}}   # CHANGE after measuring",
        );
        line("      env: {variables: {NODE_NAME: {field_ref: spec.nodeName}}}");
        ports_of.iter().for_each(|text| line(text));
        body.iter().for_each(|text| line(text));
        line("  node_selector: {kubernetes.io/os: linux}");
        self.tolerations().iter().for_each(|text| line(text));
        line("  # Surge would put two pods on a node at the same time; most agents keep state or a port of the node.");
        line("  update_strategy: {rolling_update: {max_unavailable: 10%, max_surge: 0}}");
        line("  pod:");
        self.priority().iter().chain(&pod).for_each(|text| line(text));
        self.exclusion().iter().for_each(|text| line(text));
    }

    /// What the cluster shows, as comments.
    fn seen_comments(&self) -> Vec<String> {
        let Some(seen) = &self.seen else { return Vec::new() };
        let nodes = if seen.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", seen.nodes) };
        let mut all = match seen.distribution {
            Some(distribution) => vec![format!("Written for {nodes} of {}.", distribution.name())],
            None => vec![format!("Written for {nodes}.")],
        };
        let text = match seen.distribution {
            Some(Distribution::GkeAutopilot) => {
                "Autopilot admits hostPath for /var/log alone, read-only, and neither privileged pods nor host namespaces."
            }
            Some(Distribution::OpenShift) => {
                "Before the first deployment: oc adm policy add-scc-to-user privileged -z NAME -n NAMESPACE"
            }
            Some(Distribution::Talos) => "/usr and /etc of the nodes are read-only; /var is writable.",
            _ => "",
        };
        if !text.is_empty() {
            all.push(text.replace("NAMESPACE", &self.namespace).replace("NAME", &self.name));
        }
        all
    }

    fn tolerations(&self) -> Vec<String> {
        let mut all = vec![match self.use_case {
            UseCase::Network => {
                "  # A node becomes Ready by this plugin: the pods tolerate every taint, also those of nodes that are not.".to_owned()
            }
            _ => "  # Tainted nodes need the agent too. Narrow this if some pool must be left out.".to_owned(),
        }];
        let taints = self.seen.iter().flat_map(|seen| &seen.taints);
        all.extend(taints.map(|(taint, nodes)| {
            let nodes = if *nodes == 1 { "1 node has".to_owned() } else { format!("{nodes} nodes have") };
            format!("  # {nodes} the taint {taint}.")
        }));
        all.push(match self.use_case {
            UseCase::Network => "  tolerations: [{operator: Exists}]".to_owned(),
            _ => "  tolerations: [{operator: Exists, effect: NoSchedule}, {operator: Exists, effect: NoExecute}]"
                .to_owned(),
        });
        all
    }

    fn priority(&self) -> Vec<String> {
        let own = self.seen.as_ref().and_then(|seen| seen.priority_class.clone());
        let is_gke = self
            .seen
            .as_ref()
            .is_some_and(|seen| matches!(seen.distribution, Some(Distribution::Gke | Distribution::GkeAutopilot)));
        let is_vital = matches!(self.use_case, UseCase::Network | UseCase::Storage);
        match own {
            Some(class) if !is_vital => vec![
                "    # On a full node the scheduler evicts pods of lower priority. The cluster has this class."
                    .to_owned(),
                format!("    priority_class_name: {class}"),
            ],
            _ if is_gke && self.namespace != "kube-system" => vec![
                "    # GKE admits this class only in namespaces with a ResourceQuota for it; see `explain DS325`."
                    .to_owned(),
                "    priority_class_name: system-node-critical".to_owned(),
            ],
            _ => vec![
                "    # On a full node the scheduler evicts pods of lower priority. A class of your own may be enough."
                    .to_owned(),
                "    priority_class_name: system-node-critical".to_owned(),
            ],
        }
    }

    /// Virtual nodes, which run no DaemonSet pods.
    fn exclusion(&self) -> Vec<String> {
        let labels = self.seen.iter().flat_map(|seen| &seen.virtual_nodes);
        let terms: Vec<String> = labels
            .map(|(key, value)| format!("              - {{key: {key}, operator: NotIn, values: [{value}]}}"))
            .collect();
        if terms.is_empty() {
            return Vec::new();
        }
        let head = [
            "    # Virtual nodes run no DaemonSet pod.",
            "    scheduling:",
            "      node_affinity:",
            "        required:",
            "          - match_expressions:",
        ];
        head.map(str::to_owned).into_iter().chain(terms).collect()
    }
}
