//! The cases that the upstream schema is tested with, in our words: each is valid or not as there.

use kubectl_daemonset::manifest::load;

/// A document of the first generations with `container.app` and spec fields replaced or added.
fn older(app: &str, spec: &str) -> String {
    let defaults = "image: {repo: registry.example/fluentd, tag: latest}\n      ports: [{name: metrics, container_port: 9090, network_protocol: TCP}]";
    let app = if app.contains("image:") { app.to_owned() } else { format!("{defaults}\n      {app}") };
    let app = if app.matches("ports:").count() > 1 {
        app.replacen("ports: [{name: metrics, container_port: 9090, network_protocol: TCP}]", "", 1)
    } else {
        app
    };
    format!(
        "apiVersion: kubernetes.project-planton.org/v1\nkind: KubernetesDaemonSet\nmetadata: {{name: test-daemonset}}\nspec:\n  \
         target_cluster: {{cluster_kind: GcpGkeCluster, cluster_name: test}}\n  namespace: {{value: test}}\n  container:\n    app:\n      \
         {app}\n      resources: {{limits: {{cpu: 1000m, memory: 1Gi}}, requests: {{cpu: 50m, memory: 100Mi}}}}\n  {spec}\n"
    )
}

/// A document of the newest generation.
fn newest(app: &str, spec: &str) -> String {
    let app = if app.contains("image:") {
        app.to_owned()
    } else {
        format!("image: {{repo: registry.example/agent, tag: v1}}\n      {app}")
    };
    format!(
        "apiVersion: kubernetes.planton.dev/v1alpha1\nkind: KubernetesDaemonSet\nmetadata: {{name: agent}}\nspec:\n  \
         namespace: {{value: test}}\n  container:\n    app:\n      {app}\n  {spec}\n"
    )
}

fn assert_cases(cases: &[(&str, String, bool)]) {
    for (what, text, valid) in cases {
        let loaded = load("case.yaml", text);
        let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
        assert_eq!(!loaded.has_errors(), *valid, "{what}\n{}\n{text}", told.join("\n"));
    }
}

#[test]
fn cases_of_the_first_two_generations() {
    let toleration = |t: &str| older("", &format!("tolerations: [{t}]"));
    let port = |p: &str| older(&format!("ports: [{p}]"), "");
    let rule = |r: &str| older("", &format!("create_service_account: true\n  rbac: {{cluster_rules: [{r}]}}"));
    let variables = |v: &str| older(&format!("env: {{variables: {v}}}"), "");
    let secrets = |v: &str| older(&format!("env: {{secrets: {v}}}"), "");
    assert_cases(&[
        ("base", older("", ""), true),
        ("create namespace", older("", "create_namespace: true"), true),
        ("no namespace made", older("", "create_namespace: false"), true),
        ("no repo", older("image: {repo: '', tag: latest}", ""), false),
        ("no tag", older("image: {repo: registry.example/fluentd, tag: ''}", ""), false),
        ("port name upper case", port("{name: HTTP, container_port: 80, network_protocol: TCP}"), false),
        ("port name hyphen", port("{name: -metrics, container_port: 80, network_protocol: TCP}"), false),
        ("protocol", port("{name: http, container_port: 80, network_protocol: HTTP}"), false),
        ("Exists", toleration("{key: node-role.kubernetes.io/master, operator: Exists, effect: NoSchedule}"), true),
        ("Equal", toleration("{key: dedicated, operator: Equal, value: logs, effect: NoSchedule}"), true),
        ("operator", toleration("{key: dedicated, operator: Invalid}"), false),
        ("effect", toleration("{key: dedicated, operator: Exists, effect: InvalidEffect}"), false),
        ("rolling", older("", "update_strategy: {type: RollingUpdate, rolling_update: {max_unavailable: '1'}}"), true),
        ("on delete", older("", "update_strategy: {type: OnDelete}"), true),
        ("strategy", older("", "update_strategy: {type: InvalidStrategy}"), false),
        ("node selector", older("", "node_selector: {kubernetes.io/os: linux}"), true),
        (
            "flat path",
            older("volume_mounts: [{name: l, mount_path: /var/log, host_path: /var/log, read_only: true}]", ""),
            true,
        ),
        (
            "nested path",
            older(
                "volume_mounts: [{name: l, mount_path: /l, host_path: {path: /l, type: Directory}, read_only: true}]",
                "",
            ),
            true,
        ),
        (
            "config map key",
            older("volume_mounts: [{name: c, mount_path: /etc/c, config_map: {name: c, key: c.yaml}}]", ""),
            true,
        ),
        ("account and rule", rule("{api_groups: [''], resources: [pods, nodes], verbs: [get, list, watch]}"), true),
        ("no groups", rule("{api_groups: [], resources: [pods], verbs: [get]}"), false),
        ("no resources", rule("{api_groups: [''], resources: [], verbs: [get]}"), false),
        ("no verbs", rule("{api_groups: [''], resources: [pods], verbs: []}"), false),
        ("config map", older("", "config_maps: {conf: 'a = 1'}"), true),
        ("secret", secrets("[{name: A, value: b}]"), true),
        ("secret ref", secrets("[{name: A, secret_ref: {name: s, key: k}}]"), true),
        ("both", secrets("{A: {value: b}, C: {secret_ref: {name: s, key: k}}}"), true),
        ("ref without name", secrets("[{name: A, secret_ref: {name: '', key: k}}]"), false),
        ("ref without key", secrets("[{name: A, secret_ref: {name: s, key: ''}}]"), false),
        ("variables", variables("[{name: A, value: b}, {name: C, value: d}]"), true),
        // Stricter: upstream accepts a reference to another resource of its platform and then drops the variable
        // silently where nothing resolves it. Here nothing can, so it is told.
        ("value from", variables("[{name: A, value_from: {name: other}}]"), false),
        ("mixed", variables("[{name: A, value: b}, {name: C, value_from: {name: other}}]"), false),
        ("value from no name", variables("[{name: A, value_from: {name: ''}}]"), false),
        ("name 1BAD", variables("[{name: 1BAD_NAME, value: b}]"), false),
        ("name BAD-", variables("[{name: BAD-NAME, value: b}]"), false),
        ("secret 2BAD", secrets("[{name: 2BAD_SECRET, value: b}]"), false),
        ("secret BAD-", secrets("[{name: BAD-SECRET, value: b}]"), false),
    ]);
}

#[test]
fn cases_of_the_newest_generation() {
    let affinity = |e: &str| {
        newest("", &format!("pod: {{scheduling: {{node_affinity: {{required: [{{match_expressions: [{e}]}}]}}}}}}"))
    };
    let full = newest(
        "name: agent\n      image_pull_policy: IfNotPresent\n      image: {repo: registry.example/agent, tag: v1}\n      \
         ports: [{name: metrics, container_port: 9100, host_port: 9100}]\n      security_context: {privileged: true}",
        "pod:\n    service_account: {value: agent}\n    host_network: true\n    host_pid: true\n    dns_policy: ClusterFirstWithHostNet\n    \
         priority_class_name: system-node-critical\n    scheduling:\n      \
         tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule}]\n      \
         node_affinity: {required: [{match_expressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]}]}\n  \
         update_strategy: {type: RollingUpdate, max_unavailable: 10%}\n  min_ready_seconds: 15\n  revision_history_limit: 5",
    );
    let preferred = "pod: {scheduling: {node_affinity: {preferred: [{weight: W, term: {match_expressions: [{key: cores, operator: Gt, values: ['1']}]}}]}}}";
    assert_cases(&[
        ("minimal", newest("", ""), true),
        ("full", full, true),
        ("on delete", newest("", "update_strategy: {type: OnDelete}"), true),
        ("surge", newest("", "update_strategy: {max_unavailable: '0', max_surge: '1'}"), true),
        ("Exists", affinity("{key: a, operator: Exists}"), true),
        ("preferred Gt", newest("", &preferred.replace('W', "10")), true),
        ("host alias", newest("", "pod: {host_aliases: [{ip: 10.0.0.1, hostnames: [a]}]}"), true),
        ("no namespace", newest("", "").replace("namespace: {value: test}", ""), false),
        ("no container", newest("", "").split("  container:").next().unwrap_or_default().to_owned(), false),
        (
            "no app",
            newest("", "").replace("app:\n      image: {repo: registry.example/agent, tag: v1}", "sidecars: []"),
            false,
        ),
        ("no repo", newest("image: {tag: v1}", ""), false),
        ("no tag, no digest", newest("image: {repo: registry.example/agent}", ""), false),
        (
            "unnamed sidecar",
            newest("", "").replace("    app:", "    sidecars: [{image: 'registry.example/side:v1'}]\n    app:"),
            false,
        ),
        ("Recreate", newest("", "update_strategy: {type: Recreate}"), false),
        ("both zero", newest("", "update_strategy: {max_unavailable: 0%, max_surge: '0'}"), false),
        ("both set", newest("", "update_strategy: {max_unavailable: 5, max_surge: 1}"), false),
        ("ready -1", newest("", "min_ready_seconds: -1"), false),
        ("history -1", newest("", "revision_history_limit: -1"), false),
        ("pull policy", newest("image_pull_policy: Sometimes", ""), false),
        ("host port", newest("ports: [{name: a, container_port: 1, host_port: 70000}]", ""), false),
        // Kubernetes asks for no name, and so does this program.
        ("port without name", newest("ports: [{container_port: 1}]", ""), true),
        ("In without values", affinity("{key: a, operator: In}"), false),
        ("Exists with values", affinity("{key: a, operator: Exists, values: [b]}"), false),
        ("Gt with two", affinity("{key: a, operator: Gt, values: ['1', '2']}"), false),
        ("Equals", affinity("{key: a, operator: Equals, values: [b]}"), false),
        ("weight", newest("", &preferred.replace('W', "101")), false),
        ("alias address", newest("", "pod: {host_aliases: [{ip: nowhere, hostnames: [a]}]}"), false),
        ("alias without names", newest("", "pod: {host_aliases: [{ip: 10.0.0.1}]}"), false),
        ("dns policy", newest("", "pod: {dns_policy: NodeFirst}"), false),
        (
            "registry twice",
            newest(
                "",
                "pod: {image_registries: [{server: r, username: u, password: p}, {server: r, username: u, password: p}]}",
            ),
            false,
        ),
    ]);
}

#[test]
fn images_are_put_together_from_their_parts() {
    let digest = "a".repeat(64);
    for (parts, image) in [
        ("{repo: r, tag: t}".to_owned(), "r:t".to_owned()),
        (format!("{{repo: r, tag: t, digest: 'sha256:{digest}'}}"), format!("r:t@sha256:{digest}")),
        (format!("{{repo: r, digest: 'sha256:{digest}'}}"), format!("r@sha256:{digest}")),
        ("r".to_owned(), "r".to_owned()),
    ] {
        let made = super::generations::daemon_set(&newest(&format!("image: {parts}"), ""));
        assert_eq!(made["spec"]["template"]["spec"]["containers"][0]["image"], image);
    }
}
