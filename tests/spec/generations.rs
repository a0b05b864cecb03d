//! One meaning in the spellings of all generations.

use kubectl_daemonset::manifest::{Loaded, load};
use serde_json::{Value, json};

pub fn daemon_set(text: &str) -> Value {
    let loaded = load("spec.yaml", text);
    let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    assert!(!loaded.has_errors(), "{}\n{text}", told.join("\n"));
    loaded.documents[0].daemon_set().expect("a DaemonSet")
}

fn pod(text: &str) -> Value {
    daemon_set(text)["spec"]["template"]["spec"].take()
}

const FIRST: &str = "
apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: {value: logging}
  container:
    app:
      image: {repo: registry.example/agent, tag: v1}
      env:
        variables: {LEVEL: info}
        secrets: {API_KEY: hush}
      ports: [{name: metrics, container_port: 9090, network_protocol: TCP}]
      volume_mounts:
        - {name: varlog, mount_path: /var/log, host_path: /var/log, host_path_type: Directory, read_only: true}
      liveness_probe: {http_get: {path: /health, port_number: 9090}}
      security_context: {privileged: true, run_as_user: 0, capabilities: {add: [NET_ADMIN], drop: [ALL]}}
    sidecars:
      - {name: side, image: 'registry.example/side:v1', env: [{name: A, value: b}], ports: [{name: pp, container_port: 1, protocol: UDP}]}
  node_selector: {kubernetes.io/os: linux}
  tolerations: [{operator: Exists, effect: NoExecute, toleration_seconds: 0}]
  update_strategy: {type: RollingUpdate, rolling_update: {max_unavailable: \"1\"}}
  min_ready_seconds: 5
";

const SECOND: &str = "
apiVersion: kubernetes.planton.dev/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: logging
  container:
    app:
      image: {repo: registry.example/agent, tag: v1}
      env:
        variables: [{name: LEVEL, value: info}]
        secrets: [{name: API_KEY, value: hush}]
      ports: [{name: metrics, containerPort: '9090', networkProtocol: TCP}]
      volumeMounts:
        - {name: varlog, mountPath: /var/log, hostPath: {path: /var/log, type: Directory}, readOnly: true}
      livenessProbe: {httpGet: {path: /health, portNumber: 9090}}
      securityContext: {privileged: true, runAsUser: 0, capabilities: {add: [NET_ADMIN], drop: [ALL]}}
    sidecars:
      - {name: side, image: 'registry.example/side:v1', env: [{name: A, value: b}], ports: [{name: pp, containerPort: 1, protocol: UDP}]}
  nodeSelector: {kubernetes.io/os: linux}
  tolerations: [{operator: Exists, effect: NoExecute, tolerationSeconds: '0'}]
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}
  minReadySeconds: 5
";

const THIRD: &str = "
api_version: kubernetes.planton.dev/v1alpha1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: {value: logging}
  container:
    app:
      name: daemonset-container
      image: {repo: registry.example/agent, tag: v1}
      env:
        variables: [{name: LEVEL, value: info}]
        secrets: [{name: API_KEY, value: hush}]
      ports: [{name: metrics, container_port: 9090, network_protocol: TCP}]
      volume_mounts:
        - {name: varlog, mount_path: /var/log, host_path: {path: /var/log, type: Directory}, read_only: true}
      liveness_probe: {http_get: {path: /health, port_number: 9090}}
      security_context: {privileged: true, run_as_user: 0, capabilities: {add: [NET_ADMIN], drop: [ALL]}}
    sidecars:
      - name: side
        image: 'registry.example/side:v1'
        env: {variables: [{name: A, value: b}]}
        ports: [{name: pp, container_port: 1, network_protocol: UDP}]
  pod:
    scheduling:
      node_selector: {kubernetes.io/os: linux}
      tolerations: [{operator: Exists, effect: NoExecute, toleration_seconds: 0}]
  update_strategy: {type: RollingUpdate, max_unavailable: 1}
  min_ready_seconds: 5
";

#[test]
fn three_generations_say_the_same() {
    let first = daemon_set(FIRST);
    assert_eq!(first, daemon_set(SECOND));
    assert_eq!(first, daemon_set(THIRD));
    let pod = &first["spec"]["template"]["spec"];
    let app = &pod["containers"][0];
    assert_eq!(app["name"], "daemonset-container");
    assert_eq!(app["image"], "registry.example/agent:v1");
    assert_eq!(app["securityContext"]["runAsUser"], 0);
    assert_eq!(app["ports"], json!([{"name": "metrics", "containerPort": 9090, "protocol": "TCP"}]));
    assert_eq!(app["livenessProbe"]["httpGet"], json!({"path": "/health", "port": 9090}));
    assert_eq!(app["env"][1]["valueFrom"]["secretKeyRef"], json!({"name": "agent-env-secrets", "key": "API_KEY"}));
    assert_eq!(app["resources"], Value::Null, "nothing is invented");
    assert_eq!(pod["tolerations"][0]["tolerationSeconds"], 0);
    assert_eq!(pod["volumes"], json!([{"name": "varlog", "hostPath": {"path": "/var/log", "type": "Directory"}}]));
    assert_eq!(first["spec"]["updateStrategy"]["rollingUpdate"], json!({"maxUnavailable": 1}));
    let labels = &first["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels["app"], "daemonset");
    assert_eq!(first["spec"]["selector"]["matchLabels"].as_object().map(|m| m.len()), Some(2));
}

fn spec(more: &str) -> String {
    let app = "container: {app: {image: 'registry.example/agent:v1'}}";
    let more = if more.contains("container:") { more.to_owned() } else { format!("{app}\n  {more}") };
    format!(
        "apiVersion: kubernetes.project-planton.org/v1\nkind: KubernetesDaemonSet\nmetadata: {{name: agent}}\nspec:\n  \
         namespace: logging\n  {more}\n"
    )
}

#[test]
fn a_bound_alone_gets_the_partner_that_it_needs() {
    for (bounds, rolling) in [
        ("{max_surge: 1}", json!({"maxSurge": 1, "maxUnavailable": 0})),
        ("{max_surge: '25%'}", json!({"maxSurge": "25%", "maxUnavailable": 0})),
        ("{rolling_update: {max_unavailable: 0}}", json!({"maxUnavailable": 0, "maxSurge": 1})),
        ("{rolling_update: {max_unavailable: '3'}}", json!({"maxUnavailable": 3})),
        ("{max_unavailable: '10%'}", json!({"maxUnavailable": "10%"})),
    ] {
        let made = daemon_set(&spec(&format!("update_strategy: {bounds}")));
        assert_eq!(made["spec"]["updateStrategy"]["rollingUpdate"], rolling, "{bounds}");
    }
}

#[test]
fn the_same_source_mounted_twice_is_one_volume() {
    let mounts = "container: {app: {image: 'registry.example/agent:v1', volume_mounts: [
        {name: host, mount_path: /a, host_path: /var/lib, sub_path: a},
        {name: host, mount_path: /b, host_path: /var/lib, sub_path: b}]},
      sidecars: [{name: side, image: 'registry.example/side:v1', volume_mounts: [{name: host, mount_path: /c}]}]}";
    let made = pod(&spec(mounts));
    assert_eq!(made["volumes"], json!([{"name": "host", "hostPath": {"path": "/var/lib"}}]));
    assert_eq!(made["containers"][1]["volumeMounts"], json!([{"name": "host", "mountPath": "/c"}]));
}

#[test]
fn modes_are_octal_and_words_are_kubectls() {
    let mounts = "container: {app: {image: 'registry.example/agent:v1', stdin: yes, volume_mounts: [
        {name: a, mount_path: /a, config_map: {name: a, default_mode: 0640}},
        {name: b, mount_path: /b, secret: {name: b, key: k, default_mode: 0o400}},
        {name: c, mount_path: /c, service_account_token: {audience: vault}}]}}";
    let made = pod(&spec(mounts));
    assert_eq!(made["volumes"][0]["configMap"], json!({"name": "a", "defaultMode": 416}));
    let secret = json!({"secretName": "b", "items": [{"key": "k", "path": "k"}], "defaultMode": 256});
    assert_eq!(made["volumes"][1]["secret"], secret);
    let token = json!({"audience": "vault", "expirationSeconds": 3600, "path": "token"});
    assert_eq!(made["volumes"][2]["projected"]["sources"], json!([{"serviceAccountToken": token}]));
    assert_eq!(made["containers"][0]["stdin"], true);
}

#[test]
fn upstream_conventions_come_only_when_asked_for() {
    let with = |conventions: &str| {
        pod(&spec(&format!(
            "conventions: {conventions}\n  container: {{app: {{image: 'registry.example/agent:v1', env: {{variables: {{HOSTNAME: mine}}}}}}}}"
        )))
    };
    assert_eq!(with("kubernetes")["containers"][0]["env"], json!([{"name": "HOSTNAME", "value": "mine"}]));
    let upstream = with("upstream");
    let names: Vec<&str> =
        upstream["containers"][0]["env"].as_array().unwrap().iter().filter_map(|e| e["name"].as_str()).collect();
    assert_eq!(names, ["K8S_POD_ID", "K8S_NODE_NAME", "HOSTNAME"]);
    assert_eq!(upstream["containers"][0]["resources"]["limits"], json!({"cpu": "1000m", "memory": "1Gi"}));
}

fn objects(text: &str) -> Vec<Value> {
    let loaded: Loaded = load("spec.yaml", text);
    assert!(!loaded.has_errors(), "{:?}", loaded.problems);
    let read = |_: kubectl_daemonset::manifest::SecretSource<'_>| Ok("from outside".to_owned());
    loaded.documents.iter().flat_map(|d| d.objects(&read).expect("objects")).map(|o| o.value).collect()
}

#[test]
fn what_belongs_to_a_daemonset_is_made_in_order() {
    let text = spec(
        "create_namespace: true\n  create_service_account: true\n  config_maps: {agent.conf: 'a: 1'}\n  \
         rbac: {cluster_rules: [{api_groups: [''], resources: [pods], verbs: [get]}], namespace_rules: [{api_groups: [''], resources: [secrets], verbs: [get]}]}\n  \
         container: {app: {image: 'registry.example/agent:v1', env: {secrets: {A: hush, B: {from_env: B}, C: {secret_ref: {name: s, key: c}}}}}}\n  \
         pod: {image_registries: [{server: registry.example, username: u, password: p}]}",
    );
    let made = objects(&text);
    let kinds: Vec<&str> = made.iter().filter_map(|o| o["kind"].as_str()).collect();
    let expected = [
        "Namespace",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "ConfigMap",
        "Secret",
        "Secret",
        "DaemonSet",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(made[2]["metadata"]["name"], "logging:agent");
    assert_eq!(made[6]["data"], json!({"agent.conf": "a: 1"}));
    assert_eq!(made[7]["metadata"]["name"], "agent-env-secrets");
    assert_eq!(made[7]["data"], json!({"A": "aHVzaA==", "B": "ZnJvbSBvdXRzaWRl"}));
    assert_eq!(made[8]["metadata"]["name"], "agent-image-pull-secret");
    let template = &made[9]["spec"]["template"];
    assert_eq!(template["spec"]["serviceAccountName"], "agent");
    assert_eq!(template["spec"]["imagePullSecrets"], json!([{"name": "agent-image-pull-secret"}]));
    // Only the Secret of a cluster has the key under which secret values are hashed.
    assert_eq!(template["metadata"]["annotations"]["kubectl-daemonset/config-checksum"], "made-by-deploy");
    let sum = |data: &str| {
        let body = format!(
            "config_maps: {{agent.conf: '{data}'}}\n  container: {{app: {{image: 'registry.example/agent:v1'}}}}"
        );
        let made = objects(&spec(&body)).pop().expect("a DaemonSet");
        made["spec"]["template"]["metadata"]["annotations"]["kubectl-daemonset/config-checksum"].clone()
    };
    assert_ne!(sum("a: 1"), sum("a: 2"));
}

#[test]
fn only_the_platforms_own_keys_are_left_out() {
    let made = daemon_set(
        &spec("pod: {labels: {app: mine}}").replace(
            "{name: agent}",
            "{name: agent, org: acme, labels: {team: a, planton.dev/provisioner: pulumi}, annotations: {note: b, kubernetes.planton.dev/context: c}}",
        ),
    );
    assert_eq!(made["metadata"]["labels"]["team"], "a");
    assert_eq!(made["metadata"]["labels"]["planton.dev/provisioner"], Value::Null);
    assert_eq!(made["metadata"]["annotations"], json!({"note": "b"}));
    assert_eq!(made["spec"]["template"]["metadata"]["labels"]["app"], "mine");
}
