//! What the API server takes is taken, and what it refuses is told.

use kubectl_daemonset::spec::load;

/// An `apps/v1` DaemonSet with more in its container and its pod.
fn apps(container: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent, namespace: x}}\nspec:\n  \
         selector: {{matchLabels: {{app: agent}}}}\n  template:\n    metadata: {{labels: {{app: agent}}}}\n    \
         spec:\n      containers:\n      - name: agent\n        image: registry.example/agent:v1\n        \
         {container}\n      {pod}\n"
    )
}

/// A spec with more in its container and in itself.
fn spec(container: &str, more: &str) -> String {
    format!(
        "apiVersion: kubernetes.planton.dev/v1alpha1\nkind: KubernetesDaemonSet\nmetadata: {{name: agent}}\nspec:\n  \
         namespace: x\n  container:\n    app:\n      image: registry.example/agent:v1\n      {container}\n  {more}\n"
    )
}

fn assert_taken(cases: &[String]) {
    for text in cases {
        let told: Vec<String> = load("x.yaml", text).problems.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}\n{text}", told.join("\n"));
    }
}

#[test]
fn a_path_of_windows_is_a_mount_path() {
    let mount = |path: &str| apps(&format!("volumeMounts: [{{name: d, mountPath: '{path}'}}]"), "volumes: [{name: d}]");
    assert_taken(&[mount("C:/ProgramData/Datadog"), mount(r"C:\var\log"), mount("/var/log")]);
    assert!(load("x.yaml", &mount("")).has_errors());
}

/// Empty words and zero times are what the API server fills in; pointers are not.
#[test]
fn what_is_filled_in_may_be_empty() {
    let probe = "{httpGet: {port: 80, path: '', scheme: ''}, initialDelaySeconds: 0, timeoutSeconds: 0, \
                 periodSeconds: 0, successThreshold: 0, failureThreshold: 0}";
    let snake = "{http_get: {port_number: 80}, initial_delay_seconds: 0, timeout_seconds: 0, period_seconds: 0, \
                 success_threshold: 0, failure_threshold: 0}";
    let strategy = apps("", "").replace("spec:\n  selector", "spec:\n  updateStrategy: {type: ''}\n  selector");
    assert_taken(&[
        apps("imagePullPolicy: ''", "dnsPolicy: ''"),
        apps("terminationMessagePolicy: ''", "restartPolicy: ''"),
        apps("ports: [{containerPort: 80, protocol: ''}]", ""),
        apps(&format!("livenessProbe: {probe}"), ""),
        apps("", "volumes: [{name: v, image: {reference: registry.example/data:v1, pullPolicy: ''}}]"),
        strategy,
        spec(&format!("liveness_probe: {snake}"), ""),
        spec("ports: [{name: a, container_port: 80, network_protocol: UDP, protocol: ''}]", ""),
    ]);
    let twice =
        "ports: [{containerPort: 1, hostPort: 9, protocol: ''}, {containerPort: 2, hostPort: 9, protocol: TCP}]";
    for text in [
        apps("restartPolicy: ''", ""),
        apps("livenessProbe: {httpGet: {port: 80}, timeoutSeconds: -1}", ""),
        apps("livenessProbe: {httpGet: {port: 80}, terminationGracePeriodSeconds: 0}", ""),
        apps(twice, ""),
    ] {
        assert!(load("x.yaml", &text).has_errors(), "{text}");
    }
}

#[test]
fn an_annotation_may_have_a_prefix_in_capitals_and_a_label_may_not() {
    let with = |what: &str| {
        apps("", "").replace("namespace: x", &format!("namespace: x, {what}: {{Example.com/note: hello}}"))
    };
    assert_taken(&[with("annotations")]);
    assert!(load("x.yaml", &with("labels")).has_errors());
    let with = |what: &str| {
        spec("", "").replace("{name: agent}", &format!("{{name: agent, {what}: {{Example.com/note: hello}}}}"))
    };
    assert_taken(&[with("annotations")]);
    assert!(load("x.yaml", &with("labels")).has_errors());
}
