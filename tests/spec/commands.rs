//! The commands as they are called: what goes where, and how they end.

use std::path::PathBuf;
use std::process::{Command, Output};

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn with(name: &str, text: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join(name), text).expect("a file");
        Place { dir }
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"))
            .args(args)
            .current_dir(self.dir.path())
            .env("KUBECONFIG", "/nonexistent")
            .env("SPEC_TEST_TOKEN", "from-outside")
            .output()
            .expect("the program runs")
    }

    fn told(&self, args: &[&str], code: i32) -> (String, String) {
        let output = self.run(args);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
        (out, err)
    }
}

const SPEC: &str = include_str!("../documents/spec.yaml");

#[test]
fn render_prints_secrets_only_when_asked() {
    let place = Place::with("agent.yaml", SPEC);
    let (out, err) = place.told(&["render", "-f", "agent.yaml"], 0);
    assert!(!out.contains("aHVzaA") && !err.contains("hush"), "{out}{err}");
    let (out, err) = place.told(&["render", "-f", "agent.yaml", "--show-secrets"], 1);
    assert!(!err.contains("from-outside") && out.is_empty(), "{err}");
    let (out, _) = place.told(&["render", "-f", "agent.yaml", "--show-secrets", "--allow-env"], 0);
    assert!(out.contains("A: aHVzaA==") && out.contains("TOKEN: ZnJvbS1vdXRzaWRl"), "{out}");
    let (out, _) = place.told(&["render", "-f", ".", "-o", "json"], 0);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value["kind"], "DaemonSet");
    let (again, _) = place.told(&["render", "-f", "agent.yaml"], 0);
    assert_eq!(again, place.told(&["render", "-f", "agent.yaml"], 0).0);
}

#[test]
fn a_docker_config_file_becomes_the_pull_secret() {
    let place = Place::with("agent.yaml", SPEC);
    let config = r#"{"auths": {"registry.example": {"auth": "dTpw"}, "helper.example": {}}}"#;
    std::fs::write(place.dir.path().join("config.json"), config).expect("a file");
    let args = ["render", "-f", "agent.yaml", "--show-secrets", "--allow-env", "--image-pull-config", "config.json"];
    let (out, _) = place.told(&args, 0);
    assert!(out.contains("name: agent-image-pull-secret") && out.contains("imagePullSecrets:"), "{out}");
    std::fs::write(place.dir.path().join("config.json"), "{}").expect("a file");
    place.told(&args, 1);
}

#[test]
fn mistakes_stop_render_and_name_their_place() {
    let place = Place::with("agent.yaml", &SPEC.replace("node_selector", "node_selektor"));
    let (out, err) = place.told(&["render", "-f", "agent.yaml"], 1);
    assert!(out.is_empty());
    assert!(err.contains("--> agent.yaml:10:3\n"), "{err}");
    for (file, text) in [("empty.yaml", ""), ("binary.yaml", "\u{0}"), ("list.yaml", "- 1"), ("broken.yaml", "a: [")] {
        let (_, err) = Place::with(file, text).told(&["render", "-f", file], 1);
        assert!(err.contains(file), "{err}");
    }
    place.told(&["render", "-f", "missing.yaml"], 1);
    place.told(&["render"], 1);
}

#[test]
fn lint_ends_as_its_findings_say() {
    let place = Place::with("agent.yaml", SPEC);
    let (out, _) = place.told(&["lint", "-f", "agent.yaml"], 0);
    assert!(out.contains("warning[DS901]"), "{out}");
    place.told(&["lint", "-f", "agent.yaml", "--fail-on", "warning"], 2);
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "-o", "json"], 0);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value["kind"], "LintReport");
    let nodes = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n1", "labels": {"disk": "hdd", "kubernetes.io/os": "linux"}}}]}"#;
    let snapshot: PathBuf = place.dir.path().join("cluster.json");
    std::fs::write(&snapshot, nodes).expect("a file");
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "--snapshot", "cluster.json"], 2);
    assert!(out.contains("error[DS930]"), "{out}");
    Place::with("x.yaml", "a: [").told(&["lint", "-f", "x.yaml"], 1);
}

/// Notes that most sound manifests get are counted, and shown if asked for.
#[test]
fn lint_shows_quiet_notes_if_asked() {
    let place = Place::with("agent.yaml", SPEC);
    let (out, _) = place.told(&["lint", "-f", "agent.yaml"], 0);
    assert!(!out.contains("note[DS920]") && out.contains(" not shown (--notes)"), "{out}");
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "--notes"], 0);
    assert!(out.contains("note[DS920]") && !out.contains("not shown"), "{out}");
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "--fail-on", "note"], 2);
    assert!(out.contains("note[DS920]"), "{out}");
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "-o", "json"], 0);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert!(report["notesNotShown"].as_u64().is_some_and(|n| n > 0), "{report}");
}

/// Fields that Kubernetes does not know are named, and kept where the author of a patch says so.
#[test]
fn import_names_and_keeps_unknown_fields() {
    let place = Place::with(
        "agent.yaml",
        &DAEMON_SET.replace("      containers:", "      nodeSelectors: {disk: ssd}\n      containers:"),
    );
    let (spec, err) = place.told(&["import", "-f", "agent.yaml"], 0);
    assert!(err.contains("warning: unknown field `nodeSelectors`"), "{err}");
    assert!(err.contains("= field: spec.template.spec.nodeSelectors"), "{err}");
    std::fs::write(place.dir.path().join("spec.yaml"), &spec).expect("a file");
    let (out, err) = place.told(&["render", "-f", "spec.yaml"], 0);
    assert!(out.contains("nodeSelectors:") && err.contains("warning: after `patches`: unknown field"), "{out}{err}");
    std::fs::write(place.dir.path().join("spec.yaml"), spec.replace("allow_unknown: true", "allow_unknown: false"))
        .expect("a file");
    let (_, err) = place.told(&["render", "-f", "spec.yaml"], 1);
    assert!(err.contains("error: after `patches`: unknown field"), "{err}");
}

/// A directory that is more than its files is built, or its file says how.
#[test]
fn a_kustomization_and_a_chart_are_called_that() {
    let place = Place::with("agent.yaml", DAEMON_SET);
    let write = |name: &str, text: &str| std::fs::write(place.dir.path().join(name), text).expect("a file");
    write("kustomization.yaml", "resources: [agent.yaml]\nnamePrefix: edge-\n");
    let mut alone = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
    let alone = alone.args(["import", "-f", "."]).current_dir(place.dir.path()).env("PATH", "").output();
    let alone = alone.expect("the program runs");
    let err = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(alone.status.code() == Some(1) && err.contains("`kubectl kustomize . | ... -f -`"), "{err}");
    if Command::new("kubectl").arg("version").arg("--client").output().is_ok_and(|ran| ran.status.success()) {
        let (out, _) = place.told(&["import", "-f", "."], 0);
        assert!(out.contains("name: edge-agent"), "{out}");
    }
    std::fs::remove_file(place.dir.path().join("kustomization.yaml")).expect("a file");
    write("Chart.yaml", "name: agent\n");
    let (_, err) = place.told(&["lint", "-f", "."], 1);
    assert!(err.contains("is a Helm chart") && err.contains("helm template . | ... -f -"), "{err}");
}

/// What makes no spec ends with exit 1, says what stands in the way, and writes nothing, also of what could be made before.
#[test]
fn import_writes_a_whole_spec_or_nothing() {
    let good = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: a, namespace: x}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
      - name: c
        image: i:1
";
    for bad in [good.replace("image:", "imag:"), good.replace("i:1", "[1]")] {
        let place = Place::with("in.yaml", &format!("{good}---\n{bad}"));
        let (out, err) = place.told(&["import", "-f", "in.yaml"], 1);
        assert_eq!(out, "", "{err}");
    }
}

#[test]
fn import_refuses_mistakes_and_takes_objects_in() {
    let manifest = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: agents}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      hostNetwork: 5
      serviceAccountName: agent
      containers: [{name: a, image: 'registry.example/a:v1', volumeMounts: [{name: c, mountPath: /c}]}]
      volumes: [{name: c, configMap: {name: conf}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: agents}
data: {conf: text}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: agents}
";
    let place = Place::with("agent.yaml", manifest);
    let (out, err) = place.told(&["import", "-f", "agent.yaml"], 1);
    assert!(out.is_empty() && err.contains("hostNetwork"), "{out}{err}");
    let place = Place::with("agent.yaml", &manifest.replace("hostNetwork: 5", "hostNetwork: true"));
    let (out, err) = place.told(&["import", "-f", "agent.yaml"], 0);
    assert!(!out.contains("config_maps"), "{out}");
    assert!(err.contains("note: not imported: 1 ConfigMap, 1 ServiceAccount"), "{err}");
    let (out, _) = place.told(&["import", "-f", "agent.yaml", "--with-config"], 0);
    assert!(out.contains("config_maps: {conf: text}") && out.contains("create_service_account: true"), "{out}");
    std::fs::write(place.dir.path().join("spec.yaml"), &out).expect("a file");
    let (out, _) = place.told(&["render", "-f", "spec.yaml"], 0);
    assert!(out.contains("kind: ConfigMap") && out.contains("hostNetwork: true"), "{out}");
    place.told(&["import", "-f", "spec.yaml"], 1);
}

const CONFIGURED: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: agents
  config_maps: {conf: 'level: info'}
  service_account_name: agent
  container:
    app:
      image: registry.example/agent:v1
      env: {variables: {LEVEL: {value_from: {config_map_key_ref: {name: conf, key: conf}}}}, secrets: {KEY: hush}}
      volume_mounts: [{name: conf, mount_path: /conf, config_map: {name: conf}}]
  rbac: {namespace_rules: [{api_groups: [''], resources: [configmaps], resource_names: [conf], verbs: [get]}]}
";

#[test]
fn an_immutable_configuration_has_its_hash_in_every_name() {
    let rendered = |text: &str| {
        let place = Place::with("agent.yaml", text);
        place.told(&["render", "-f", "agent.yaml"], 0).0
    };
    let immutable = CONFIGURED.replace("  config_maps", "  immutable_config: true\n  config_maps");
    let first = rendered(&immutable);
    let name = |out: &str| {
        let config = out.split("---\n").find(|object| object.contains("kind: ConfigMap")).expect("a ConfigMap");
        let line = config.lines().find(|line| line.starts_with("  name: conf-")).expect("a hash in its name");
        line.trim_start_matches("  name: ").to_owned()
    };
    let conf = name(&first);
    assert_eq!(conf.len(), "conf-".len() + 10, "{conf}");
    // The object, the volume, the variable and the role.
    assert_eq!(first.matches(&conf).count(), 4, "{first}");
    assert!(first.contains("immutable: true") && !first.contains("config-checksum"), "{first}");
    assert!(first.contains("name: agent-env-secrets-made-by-deploy"), "{first}");
    assert_ne!(name(&rendered(&immutable.replace("info", "debug"))), conf);
    assert_eq!(name(&rendered(&immutable)), conf);
    let place =
        Place::with("agent.yaml", &immutable.replace("  config_maps", "  roll_on_config_change: false\n  config_maps"));
    let (_, err) = place.told(&["render", "-f", "agent.yaml"], 0);
    assert!(err.contains("no effect: with `immutable_config`"), "{err}");
}

#[test]
fn import_takes_off_what_deploy_adds() {
    for text in [CONFIGURED.to_owned(), CONFIGURED.replace("  config_maps", "  immutable_config: true\n  config_maps")]
    {
        let text = text.replace(", secrets: {KEY: hush}", "");
        let place = Place::with("agent.yaml", &text);
        let (rendered, _) = place.told(&["render", "-f", "agent.yaml"], 0);
        let place = Place::with("rendered.yaml", &rendered);
        let (out, _) = place.told(&["import", "-f", "rendered.yaml", "--with-config"], 0);
        for mark in [
            "managed-by",
            "app.kubernetes.io/",
            "roll_on_config_change",
            "patches",
            "checksum",
            "conf-",
            "kubectl-daemonset/",
        ] {
            assert!(!out.contains(mark), "{mark} in\n{out}");
        }
        assert!(out.contains("config_maps: {conf: 'level: info'}") || out.contains("conf: \"level: info\""), "{out}");
        assert_eq!(out.contains("immutable_config: true"), text.contains("immutable_config: true"), "{out}");
    }
}

#[test]
fn a_document_reads_files_of_its_own_directory_alone() {
    let spec = SPEC.replace("TOKEN: {from_env: SPEC_TEST_TOKEN}", "FILE: {from_file: PATH}");
    let place = Place::with("unused.txt", "");
    let dir = place.dir.path();
    std::fs::create_dir(dir.join("own")).expect("a directory");
    std::fs::write(dir.join("own/near.txt"), "near").expect("a file");
    std::fs::write(dir.join("far.txt"), "far").expect("a file");
    std::fs::write(dir.join("own/large.txt"), vec![b'x'; (1 << 20) + 1]).expect("a file");
    let far = dir.join("far.txt").display().to_string();
    let render = |path: &str, more: &[&str], code: i32| {
        std::fs::write(dir.join("own/agent.yaml"), spec.replace("PATH", path)).expect("a file");
        let args = [&["render", "-f", "own/agent.yaml", "--show-secrets"], more].concat();
        place.told(&args, code)
    };
    assert!(render("near.txt", &[], 0).0.contains("FILE: bmVhcg=="), "relative to the document");
    for path in ["../far.txt", far.as_str()] {
        let (out, err) = render(path, &[], 1);
        assert!(!err.contains("ZmFy") && out.is_empty(), "{path}: {out}{err}");
        assert!(render(path, &["--allow-local-files"], 0).0.contains("FILE: ZmFy"), "{path}");
    }
    render("large.txt", &[], 1);
    render(".", &[], 1);
    // What is not shown is not read.
    std::fs::write(dir.join("own/agent.yaml"), spec.replace("PATH", "missing.txt")).expect("a file");
    place.told(&["render", "-f", "own/agent.yaml"], 0);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../far.txt", dir.join("own/link.txt")).expect("a link");
        render("link.txt", &[], 1);
        let made = Command::new("mkfifo").arg(dir.join("own/fifo")).status().expect("mkfifo runs");
        assert!(made.success());
        render("fifo", &[], 1);
        render("/dev/zero", &["--allow-local-files"], 1);
    }
}

#[test]
fn what_render_prints_tells_nothing_of_a_secret() {
    let sum = |value: &str, more: &[&str]| {
        let place = Place::with("agent.yaml", &SPEC.replace("A: hush, TOKEN: {from_env: SPEC_TEST_TOKEN}", value));
        let (out, _) = place.told(&[&["render", "-f", "agent.yaml"], more].concat(), 0);
        out.lines().find(|line| line.contains("config-checksum")).map(str::to_owned).expect("a checksum")
    };
    for more in [&[][..], &["--show-secrets"]] {
        assert_eq!(sum("PIN: '473921'", more), sum("PIN: '000000'", more));
    }
}

const DAEMON_SET: &str = "# of the team
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: agents}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      nodeSelector:
        beta.kubernetes.io/os: \"linux\"  # only there
      tolerations:
      # the old nodes
      - {key: node-role.kubernetes.io/control-plane, value: \"true\", effect: NoSchedule}
      containers:
      - {name: agent, image: \"registry.example/agent:v1\"}
";

#[test]
fn lint_fixes_the_file_and_shows_how() {
    let place = Place::with("agent.yaml", DAEMON_SET);
    let file = || std::fs::read_to_string(place.dir.path().join("agent.yaml")).expect("a file");
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "--fix", "--dry-run"], 0);
    assert!(out.contains("+        kubernetes.io/os: \"linux\"  # only there"), "{out}");
    assert!(out.contains("would be fixed: DS914") && file() == DAEMON_SET, "{out}");
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "--fix"], 0);
    let wanted = DAEMON_SET
        .replace("beta.kubernetes.io/os", "kubernetes.io/os")
        .replace("value: \"true\", effect: NoSchedule}", "effect: NoSchedule, operator: Exists}");
    assert_eq!(file(), wanted);
    assert!(out.contains("fixed: DS927") && out.contains("2 fixed"), "{out}");
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "--fix", "-o", "json"], 0);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["fixed"], serde_json::json!([]));
    // What was not read as it stands is not written.
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(DAEMON_SET.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(place.dir.path().join("agent.yaml"), &wide).expect("a file");
    let (_, err) = place.told(&["lint", "-f", "agent.yaml", "--fix"], 1);
    assert!(err.contains("not in UTF-8"), "{err}");
    assert_eq!(std::fs::read(place.dir.path().join("agent.yaml")).expect("a file"), wide);
}

#[test]
fn what_is_exempt_has_a_reason_and_is_counted() {
    let place = Place::with("agent.yaml", DAEMON_SET);
    std::fs::create_dir(place.dir.path().join("deep")).expect("a directory");
    std::fs::write(place.dir.path().join("deep/agent.yaml"), DAEMON_SET).expect("a file");
    let exemptions =
        |text: &str| std::fs::write(place.dir.path().join(".kubectl-daemonset.yaml"), text).expect("a file");
    exemptions(
        "lint:\n  ignore:\n  - {code: DS901, reason: measured, name: agent}\n  - {code: DS902, reason: none, name: other}\n",
    );
    for file in [".", "deep/agent.yaml"] {
        let (out, _) = place.told(&["lint", "-f", file, "--ignore", "DS914=later"], 0);
        assert!(out.contains("exempt[DS901]") && out.contains("measured") && out.contains("later"), "{out}");
        assert!(out.contains("warning[DS902]") && out.contains("2 exempt"), "{out}");
    }
    let (out, _) = place.told(&["lint", "-f", "agent.yaml", "--no-exemptions"], 0);
    assert!(out.contains("warning[DS901]") && !out.contains("exempt"), "{out}");
    for (text, why) in [
        ("lint: {ignore: [{code: DS901}]}", "needs a `reason`"),
        ("lint: {ignore: [{code: DS1, reason: x}]}", "must be a rule"),
        ("lint: {ignored: []}", "did you mean `ignore`"),
    ] {
        exemptions(text);
        let (_, err) = place.told(&["lint", "-f", "agent.yaml"], 1);
        assert!(err.contains(why), "{err}");
    }
    place.told(&["lint", "-f", "agent.yaml", "--ignore", "DS1"], 1);
}

/// kubectl passes over them, too.
#[test]
fn a_file_without_a_document_is_passed_over_beside_others() {
    let place = Place::with("agent.yaml", DAEMON_SET);
    std::fs::write(place.dir.path().join("empty.yaml"), "").expect("a file");
    std::fs::write(place.dir.path().join("notes.yaml"), "# nothing yet\n---\n").expect("a file");
    for command in ["lint", "render"] {
        place.told(&[command, "-f", "."], 0);
        let (_, err) = place.told(&[command, "-f", "empty.yaml", "-f", "notes.yaml"], 1);
        assert!(err.contains("contains no document"), "{err}");
    }
}

#[test]
fn doctor_writes_the_document_with_its_fixes() {
    let text = DAEMON_SET.replace("\"linux\"", "\"Linux\"");
    let place = Place::with("agent.yaml", &text);
    let node = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1",
        "labels": {"beta.kubernetes.io/os": "linux"}}, "spec": {"taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}, "conditions": [{"type": "Ready", "status": "True"}]}}]}"#;
    std::fs::write(place.dir.path().join("cluster.json"), node).expect("a file");
    let args = ["doctor", "-f", "agent.yaml", "--snapshot", "cluster.json", "--fix-out", "fixed.yaml"];
    let (_, err) = place.told(&args, 2);
    assert!(err.contains("wrote fixed.yaml with 1 fix"), "{err}");
    let fixed = std::fs::read_to_string(place.dir.path().join("fixed.yaml")).expect("a file");
    assert!(fixed.contains("beta.kubernetes.io/os: \"linux\"  # only there"), "{fixed}");
    assert!(fixed.contains("  # the old nodes\n") && fixed.starts_with("# of the team\n"), "{fixed}");
    assert_eq!(std::fs::read_to_string(place.dir.path().join("agent.yaml")).expect("a file"), text);
    place.told(&["doctor", "-f", "fixed.yaml", "--snapshot", "cluster.json"], 0);
    let args = ["doctor", "-f", ".", "--snapshot", "cluster.json", "--fix-out", "fixed.yaml"];
    assert!(place.told(&args, 1).1.contains("cannot combine --fix-out"));
}
