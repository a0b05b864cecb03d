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
