//! Does a deployment come to what it predicts, keep its bounds, say what holds it, and take back only what is its own?

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::test;
use crate::harness::{Behaviour, Cluster, Kubelets, Ran, is_ready, node, path_of};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("deploy::a_spec_becomes_pods_and_changes_roll_within_the_bound", a_spec_becomes_pods),
        test("deploy::a_rollout_that_cannot_succeed_stops_with_its_cause", a_hopeless_rollout_stops),
        test("deploy::what_looks_like_a_mistake_is_refused_before_any_write", mistakes_are_refused),
        test("deploy::strategies_are_followed", strategies_are_followed),
        test("deploy::the_examples_become_pods", the_examples_become_pods),
        test("deploy::the_corpus_is_taken", the_corpus_is_taken),
        test("deploy::rights_in_one_namespace_are_enough", one_namespace_is_enough),
    ]
}

const NODES: usize = 12;

fn names() -> impl Iterator<Item = String> {
    (1..=NODES).map(|n| format!("n{n:02}"))
}

/// Twelve nodes, two of them for others.
fn nodes() -> Vec<Value> {
    let dedicated = json!([{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}]);
    names()
        .map(|name| {
            let mut node = node(&name);
            if matches!(name.as_str(), "n05" | "n06") {
                node["spec"]["taints"] = dedicated.clone();
            }
            node
        })
        .collect()
}

fn cluster() -> (Cluster, Kubelets) {
    let cluster = Cluster::start();
    cluster.create_nodes(&nodes());
    let kubelets = Kubelets::start(&cluster, names());
    (cluster, kubelets)
}

/// A spec with everything that belongs to a DaemonSet.
pub fn spec(namespace: &str, image: &str, config: &str) -> String {
    format!(
        "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {{name: agent}}
spec:
  namespace: {namespace}
  create_namespace: true
  create_service_account: true
  rbac: {{cluster_rules: [{{api_groups: [''], resources: [pods], verbs: [get, list]}}]}}
  config_maps: {{conf: '{config}'}}
  container:
    app:
      image: {image}
      env: {{secrets: {{TOKEN: hush-hush}}}}
      volume_mounts: [{{name: conf, mount_path: /conf, config_map: {{name: conf}}}}]
  update_strategy: {{type: RollingUpdate, rolling_update: {{max_unavailable: 3}}}}
  pod: {{termination_grace_period_seconds: 1}}
"
    )
}

/// A plain DaemonSet with these fields in its spec and its pod.
pub fn plain(name: &str, image: &str, spec: Value, pod: Value) -> String {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": image}]}}},
    });
    for (target, fields) in [("/spec", spec), ("/spec/template/spec", pod)] {
        let target = object.pointer_mut(target).and_then(Value::as_object_mut).unwrap();
        target.extend(fields.as_object().cloned().unwrap_or_default());
    }
    object.to_string()
}

/// Writes a file for a command to read.
pub fn written(cluster: &Cluster, name: &str, text: &str) -> PathBuf {
    let path = cluster.folder().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs `deploy` (or `diff`) on a text with more flags.
fn run(cluster: &Cluster, command: &str, text: &str, flags: &[&str]) -> Ran {
    let path = written(cluster, "input.yaml", text);
    let path = path.display().to_string();
    cluster.plugin("admin", &[&[command, "-f", &path], flags].concat())
}

/// The pods that are not being deleted.
pub fn pods(cluster: &Cluster, namespace: &str) -> Vec<Value> {
    let all = cluster.list("Pod", Some(namespace));
    all.into_iter().filter(|p| p["metadata"]["deletionTimestamp"].is_null()).collect()
}

/// The node's kubelet falls silent, and the controllers have noticed: the node's Ready is Unknown, its pods' False.
pub fn falls_silent(cluster: &Cluster, kubelets: &Kubelets, node: &str) {
    kubelets.silence(node);
    let unready = |status: &str| {
        json!({"status": {"conditions": [{"type": "Ready", "status": status, "reason": "NodeStatusUnknown", "message": "",
            "lastHeartbeatTime": "2024-01-01T00:00:00Z", "lastTransitionTime": "2024-01-01T00:00:00Z"}]}})
    };
    cluster.patch(&format!("/api/v1/nodes/{node}/status"), &unready("Unknown"));
    for pod in cluster.list("Pod", None).iter().filter(|p| p["spec"]["nodeName"] == node) {
        let mut status = unready("False");
        status["status"]["conditions"][0].as_object_mut().unwrap().remove("lastHeartbeatTime");
        cluster.patch(&format!("{}/status", path_of(pod).1), &status);
    }
}

/// The node's kubelet is back, and says how it is.
pub fn is_back(cluster: &Cluster, kubelets: &Kubelets, node: &str) {
    let ready = json!([{"type": "Ready", "status": "True", "reason": "Test", "message": "",
        "lastHeartbeatTime": "2024-01-01T00:00:00Z", "lastTransitionTime": "2024-01-01T00:00:00Z"}]);
    cluster.patch(&format!("/api/v1/nodes/{node}/status"), &json!({"status": {"conditions": ready}}));
    kubelets.revive(node);
}

/// Whether a report of `deploy` or `status` names a finding of this code as a cause.
pub fn has_cause(report: &Value, code: &str) -> bool {
    report["causes"].as_array().is_some_and(|causes| causes.iter().any(|cause| cause["code"] == code))
}

fn ready_nodes(pods: &[Value]) -> BTreeSet<String> {
    pods.iter().filter(|p| is_ready(p)).filter_map(|p| Some(p["spec"]["nodeName"].as_str()?.to_owned())).collect()
}

/// The fewest nodes with a ready pod while `work` runs, and how often that was looked at.
fn fewest_ready<T>(cluster: &Cluster, namespace: &str, work: impl FnOnce() -> T) -> (T, usize, usize) {
    let (fewest, looks, over) = (AtomicUsize::new(usize::MAX), AtomicUsize::new(0), AtomicBool::new(false));
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                fewest.fetch_min(ready_nodes(&pods(cluster, namespace)).len(), Ordering::Relaxed);
                looks.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let outcome = work();
        over.store(true, Ordering::Relaxed);
        outcome
    });
    (outcome, fewest.into_inner(), looks.into_inner())
}

fn a_spec_becomes_pods() {
    let (cluster, _kubelets) = cluster();
    let first = spec("logging", "registry.example/agent:1", "a: 1");
    let began = Instant::now();
    let told = run(&cluster, "deploy", &first, &["-o", "json"]).ok();
    println!("deployed on 10 nodes in {:.1} s", began.elapsed().as_secs_f64());
    assert!(!told.stdout.contains("hush") && !told.stderr.contains("hush"), "{told}");
    let report = told.json();
    for key in ["desired", "current", "ready", "updated", "available"] {
        assert_eq!(report[key], 10, "{key} in {report}");
    }
    assert_eq!((&report["namespace"], &report["daemonset_name"]), (&json!("logging"), &json!("agent")));
    assert_eq!(report["selector_labels"], "app.kubernetes.io/instance=agent,app.kubernetes.io/name=agent");
    // What was predicted for each node is what happened there.
    let ready = ready_nodes(&pods(&cluster, "logging"));
    for name in names() {
        let predicted = &report["prediction"]["nodes"][&name];
        assert_eq!(*predicted == "placed", ready.contains(&name), "{name}: {predicted}");
    }

    // The same again is nothing.
    let object = || cluster.get("/apis/apps/v1/namespaces/logging/daemonsets/agent");
    let (generation, before) = (object()["metadata"]["generation"].clone(), pods(&cluster, "logging"));
    run(&cluster, "diff", &first, &[]).expect_code(0);
    let again = run(&cluster, "deploy", &first, &[]).ok();
    assert!(!again.stdout.contains("configured"), "{again}");
    assert_eq!(object()["metadata"]["generation"], generation);
    let names_of = |pods: &[Value]| pods.iter().map(|p| p["metadata"]["name"].to_string()).collect::<BTreeSet<_>>();
    assert_eq!(names_of(&before), names_of(&pods(&cluster, "logging")));

    // A changed ConfigMap and image are told, and roll within the bound.
    let second = spec("logging", "registry.example/agent:2", "a: 2");
    let diff = run(&cluster, "diff", &second, &[]).expect_code(1);
    for part in [
        "~ ConfigMap logging/conf",
        "-        image: registry.example/agent:1",
        "+        image: registry.example/agent:2",
    ] {
        assert!(diff.stdout.contains(part), "no `{part}` in {diff}");
    }
    let dry = run(&cluster, "deploy", &second, &["--dry-run=server"]).ok();
    let report = run(&cluster, "deploy", &second, &["--dry-run=server", "-o", "json"]).ok().json();
    let rollout = &report["prediction"]["rollout"];
    assert_eq!((&rollout["kind"], &rollout["surge"]), (&json!("rolling"), &json!(false)), "{rollout}");
    assert_eq!(
        (&rollout["old"], &rollout["atOnce"], &rollout["rounds"]),
        (&json!(10), &json!(3), &json!(4)),
        "{rollout}"
    );
    let client = run(&cluster, "deploy", &second, &["--dry-run=client"]).ok();
    let plan =
        |ran: &Ran| ran.stdout.lines().take_while(|l| !l.starts_with("nodes:")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(plan(&client), plan(&dry), "what the client plans is what the server would store");
    assert_eq!(object()["metadata"]["generation"], generation, "a dry run wrote");
    let (rolled, fewest, looks) =
        fewest_ready(&cluster, "logging", || run(&cluster, "deploy", &second, &["-o", "json"]).ok());
    println!("rolled: never fewer than {fewest} of 10 ready, out of {looks} looks");
    assert!((7..10).contains(&fewest) && looks > 20, "{fewest} of 10 were ready at worst, out of {looks} looks");
    let report = rolled.json();
    assert_eq!(
        (&report["outcome"], &report["updated"], &report["available"]),
        (&json!("done"), &json!(10), &json!(10))
    );
    assert!(names_of(&before).is_disjoint(&names_of(&pods(&cluster, "logging"))));

    // Another manager's field is told, and taken only when asked for.
    let other = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent, namespace: logging}\nspec: {minReadySeconds: 1}\n";
    let other = written(&cluster, "other.yaml", other).display().to_string();
    cluster.kubectl(&["apply", "--server-side", "--field-manager=somebody", "-f", &other]).ok();
    let third = second.replace("  pod:", "  min_ready_seconds: 2\n  pod:");
    let refused = run(&cluster, "deploy", &third, &[]).expect_code(3);
    for part in ["somebody", ".spec.minReadySeconds", "--force-conflicts"] {
        assert!(refused.stderr.contains(part), "no `{part}` in {refused}");
    }
    run(&cluster, "deploy", &third, &["--force-conflicts"]).ok();
    assert_eq!(object()["spec"]["minReadySeconds"], 2);

    // What is no longer wanted goes, if it is ours and no revision needs it.
    cluster.create(
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs", "namespace": "logging"}}),
    );
    let fourth: String = third
        .lines()
        .filter(|l| !["rbac", "config_maps", "volume_mounts"].iter().any(|k| l.trim().starts_with(k)))
        .map(|l| format!("{l}\n"))
        .collect();
    let pruned = run(&cluster, "deploy", &fourth, &["--force-conflicts"]).ok();
    for part in [
        "ClusterRole logging:agent pruned",
        "ClusterRoleBinding logging:agent pruned",
        "ConfigMap logging/conf: no longer in the documents; kept while revision",
    ] {
        assert!(pruned.stdout.contains(part), "no `{part}` in {pruned}");
    }
    let maps = || {
        cluster
            .list("ConfigMap", Some("logging"))
            .iter()
            .map(|m| m["metadata"]["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(maps(), ["conf", "kube-root-ca.crt", "theirs"]);

    // Deletion takes all that is ours and nothing else.
    let refused =
        cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--yes", "--delete-namespace"]).expect_code(3);
    assert!(refused.stderr.contains("not empty: ConfigMap theirs"), "{refused}");
    cluster.plugin("admin", &["delete", "agent", "-n", "logging"]).expect_code(3);
    assert_eq!(pods(&cluster, "logging").len(), 10, "a refusal deleted something");
    cluster.plugin("admin", &["delete", "ds/agent", "-n", "logging", "--yes"]).ok();
    assert_eq!(maps(), ["kube-root-ca.crt", "theirs"]);
    assert!(cluster.list("Pod", Some("logging")).is_empty() && cluster.list("Secret", Some("logging")).is_empty());
    cluster.delete("/api/v1/namespaces/logging/configmaps/theirs");
    cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--yes", "--delete-namespace"]).ok();
    cluster.until("the namespace is gone", Duration::from_secs(30), || {
        cluster.list("Namespace", None).iter().all(|n| n["metadata"]["name"] != "logging").then_some(())
    });

    // A namespace of somebody else is never ours.
    cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "logging"}}));
    run(&cluster, "deploy", &first, &[]).ok();
    cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--yes", "--delete-namespace"]).expect_code(3);
    cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--yes"]).ok();
    assert!(cluster.list("Namespace", None).iter().any(|n| n["metadata"]["name"] == "logging"));
}

fn a_hopeless_rollout_stops() {
    let (cluster, kubelets) = cluster();
    kubelets.behave(|pod| match pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default() {
        image if image.ends_with(":absent") => Behaviour::NoImage,
        image if image.ends_with(":crash") => Behaviour::Crash(3),
        image if image.ends_with(":slow") => Behaviour::NeverReady,
        image if image.ends_with(":refused") => Behaviour::Refused("OutOfcpu", "Node didn't have enough resource: cpu"),
        _ => Behaviour::QUICK,
    });
    let none = || json!({});
    let image = |tag: &str| plain("agent", &format!("registry.example/agent:{tag}"), none(), none());
    run(&cluster, "deploy", &image("1"), &[]).ok();
    for (tag, shown) in [
        ("absent", "ImagePullBackOff"),
        ("crash", "exited with code 3"),
        ("refused", "the kubelet rejected the pod (OutOfcpu): Node didn't have enough resource: cpu"),
    ] {
        let began = Instant::now();
        let failed =
            run(&cluster, "deploy", &image(tag), &["--give-up-after=2s", "--rollback-on-failure"]).expect_code(2);
        println!("{tag}: given up and rolled back after {:.1} s", began.elapsed().as_secs_f64());
        assert!(failed.stderr.contains("cannot succeed") && failed.stderr.contains(shown), "{failed}");
        assert!(failed.stdout.contains("the command gives up after 2s"), "{failed}");
        assert!(failed.stderr.contains("rolled back: the pods of the previous template are available"), "{failed}");
        let pods = pods(&cluster, "default");
        assert!(pods.iter().all(|p| p["spec"]["containers"][0]["image"] == "registry.example/agent:1"), "{tag}");
        assert_eq!(ready_nodes(&pods).len(), 10);
        run(&cluster, "diff", &image("1"), &[]).expect_code(0);
    }
    let late = run(&cluster, "deploy", &image("slow"), &["--timeout=3s"]).expect_code(2);
    assert!(late.stderr.contains("did not finish within 3s") && late.stderr.contains("not ready"), "{late}");
    let big = json!({"containers": [{"name": "c", "image": "registry.example/agent:slow", "resources": {"requests": {"cpu": "64"}}}]});
    let big = plain("big", "", none(), big);
    let late = run(&cluster, "deploy", &big, &["--timeout=3s"]).expect_code(2);
    assert!(late.stderr.contains("did not finish within 3s") && late.stderr.contains("up to 60 short"), "{late}");
    let quiet = cluster.plugin("admin", &["status", "agent", "--wait", "--no-progress-timeout=2s"]).expect_code(2);
    assert!(quiet.stderr.contains("made no progress"), "{quiet}");
    let look = cluster.plugin("admin", &["status", "daemonset/agent", "-o", "json"]).ok().json();
    assert_eq!(look["outcome"], "on its way");
    run(&cluster, "deploy", &image("1"), &[]).ok();

    // What no simulation knows is asked of admission, and told while it holds.
    let patch = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "strict"}}));
    cluster.patch("/api/v1/namespaces/strict", &patch);
    let strict = plain("agent", "registry.example/agent:1", none(), none()).replace("\"default\"", "\"strict\"");
    let refused = run(&cluster, "deploy", &strict, &["--fail-if-unschedulable", "-o", "json"]).expect_code(3).json();
    assert_eq!((&refused["outcome"], &refused["prediction"]["podSecurity"]), (&json!("refused"), &json!("baseline")));
    let failed = run(&cluster, "deploy", &strict, &["--give-up-after=2s", "-o", "json"]).expect_code(2).json();
    assert!(failed["outcome"] == "failed" && has_cause(&failed, "DS311"), "{failed:#}");
}

fn mistakes_are_refused() {
    let (cluster, _kubelets) = cluster();
    let none = || json!({});
    let greedy = json!({"containers": [{"name": "c", "image": "registry.example/agent:1", "resources": {"requests": {"cpu": "64"}}}]});
    let greedy = plain("agent", "", none(), greedy);
    let refused = run(&cluster, "deploy", &greedy, &["--fail-if-unschedulable", "-o", "json"]).expect_code(3).json();
    let group = &refused["prediction"]["groups"][0];
    assert_eq!(
        (&refused["outcome"], &group["placement"], &group["code"]),
        (&json!("refused"), &json!("unschedulable"), &json!("DS210"))
    );
    assert_eq!(group["nodes"].as_array().map(Vec::len), Some(10), "{refused:#}");
    run(&cluster, "deploy", &greedy, &["--fail-if-unschedulable=11", "--dry-run=server"]).ok();
    let nowhere = plain("agent", "registry.example/agent:1", none(), json!({"nodeSelector": {"disk": "ssd"}}));
    let refused = run(&cluster, "deploy", &nowhere, &["-o", "json"]).expect_code(3).json();
    assert_eq!((&refused["outcome"], &refused["prediction"]["desired"]), (&json!("refused"), &json!(0)), "{refused:#}");
    assert!(cluster.list("DaemonSet", None).is_empty(), "a refusal wrote");
    let zero = run(&cluster, "deploy", &nowhere, &["--allow-zero", "-o", "json"]).ok().json();
    assert_eq!((&zero["outcome"], &zero["desired"]), (&json!("done"), &json!(0)), "{zero:#}");

    // With the doctor's code, to look it up.
    let failed = run(&cluster, "deploy", &greedy, &["--give-up-after=2s", "-o", "json"]).expect_code(2).json();
    assert!(failed["outcome"] == "failed" && has_cause(&failed, "DS210"), "{failed:#}");

    // Pods of lower priority would be evicted.
    let evicting = json!({"priorityClassName": "system-node-critical", "containers": [
        {"name": "c", "image": "registry.example/agent:1", "resources": {"requests": {"cpu": "3"}}}]});
    cluster.create(&crate::harness::pod("default", "filler", "n01", json!({"cpu": "2"})));
    let evicting = plain("critical", "", none(), evicting).replace("\"default\"", "\"kube-system\"");
    let refused = run(&cluster, "deploy", &evicting, &["--fail-if-preempting", "-o", "json"]).expect_code(3).json();
    assert_eq!(refused["prediction"]["victims"]["n01"], json!(["default/filler"]), "{refused:#}");

    // Two that want the same pods.
    cluster.create(
        &json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "rival", "namespace": "default"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "second"}}, "template": {
            "metadata": {"labels": {"app": "second"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}}}),
    );
    let second = plain("second", "registry.example/agent:1", none(), none());
    let refused = run(&cluster, "deploy", &second, &[]).expect_code(3);
    assert!(refused.stderr.contains("the selector of Deployment rival matches"), "{refused}");

    // Whoever may not, is told everything that is missing, and nothing is written.
    let path =
        written(&cluster, "input.yaml", &spec("logging", "registry.example/agent:1", "a: 1")).display().to_string();
    let config = cluster.kubeconfig("nobody").display().to_string();
    let refused = cluster.plugin("admin", &["deploy", "-f", &path, "--kubeconfig", &config]).expect_code(3);
    for part in ["patch namespaces", "create daemonsets.apps in logging", "create secrets in logging"] {
        assert!(refused.stderr.contains(part), "no `{part}` in {refused}");
    }
    assert!(cluster.list("Namespace", None).iter().all(|n| n["metadata"]["name"] != "logging"));

    // A foreign DaemonSet is not deleted, and another context's document is not deployed.
    cluster.create(&serde_json::from_str(&plain("theirs", "registry.example/agent:1", none(), none())).unwrap());
    let refused = cluster.plugin("admin", &["delete", "theirs", "--yes"]).expect_code(3);
    assert!(refused.stderr.contains("was not deployed by kubectl daemonset"), "{refused}");
    let elsewhere = spec("logging", "registry.example/agent:1", "a: 1")
        .replace("{name: agent}", "{name: agent, labels: {kubernetes.planton.dev/context: production}}");
    let refused = run(&cluster, "deploy", &elsewhere, &[]).expect_code(3);
    assert!(refused.stderr.contains("is for context `production`"), "{refused}");
}

fn strategies_are_followed() {
    let (cluster, kubelets) = cluster();
    let strategy = |update: Value| json!({"updateStrategy": update});
    let image =
        |tag: u8, update: &Value| plain("agent", &format!("registry.example/agent:{tag}"), update.clone(), json!({}));
    let surge = strategy(json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 4}}));
    run(&cluster, "deploy", &image(1, &surge), &[]).ok();
    let (told, fewest, looks) =
        fewest_ready(&cluster, "default", || run(&cluster, "deploy", &image(2, &surge), &["-o", "json"]).ok());
    println!("surge: never fewer than {fewest} of 10 ready, out of {looks} looks");
    assert_eq!(fewest, 10, "a surge left nodes without an agent, out of {looks} looks");
    let report = told.json();
    let rollout = &report["prediction"]["rollout"];
    assert_eq!(
        (&rollout["surge"], &rollout["atOnce"], &rollout["rounds"]),
        (&json!(true), &json!(4), &json!(3)),
        "{rollout}"
    );

    let by_hand = strategy(json!({"type": "OnDelete"}));
    let told = run(&cluster, "deploy", &image(3, &by_hand), &["-o", "json"]).ok().json();
    assert_eq!(
        (&told["outcome"], &told["prediction"]["rollout"]["kind"]),
        (&json!("done"), &json!("onDelete")),
        "{told:#}"
    );
    assert_eq!(told["old"].as_object().map(serde_json::Map::len), Some(10), "{told:#}");
    assert_eq!(
        cluster.plugin("admin", &["status", "agent", "-o", "json"]).ok().json()["old"]
            .as_object()
            .map(serde_json::Map::len),
        Some(10)
    );

    // A node that was NotReady before does not hold the rollout, unless it is asked to.
    let rolling = strategy(json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 4, "maxSurge": 0}}));
    let all = json!({"tolerations": [{"operator": "Exists"}]});
    let tolerant = |tag: u8| plain("agent", &format!("registry.example/agent:{tag}"), rolling.clone(), all.clone());
    run(&cluster, "deploy", &tolerant(4), &[]).ok();
    kubelets.silence("n03");
    let conditions = json!([{"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "",
        "lastHeartbeatTime": "2024-01-01T00:00:00Z", "lastTransitionTime": "2024-01-01T00:00:00Z"}]);
    cluster.patch("/api/v1/nodes/n03/status", &json!({"status": {"conditions": conditions}}));
    let told = run(&cluster, "deploy", &tolerant(5), &["--timeout=60s", "-o", "json"]).ok().json();
    assert_eq!((&told["outcome"], &told["excused"]), (&json!("done"), &json!(["n03"])), "{told:#}");
    let held = ["status", "agent", "--wait", "--require-all-nodes", "--timeout=2s", "-o", "json"];
    let held = cluster.plugin("admin", &held).expect_code(2).json();
    assert_eq!((&held["outcome"], held["waiting"].get("n03").is_some()), (&json!("timed out"), true), "{held:#}");
}

/// Every manifest of the corpus, as it is and as the spec that it is imported to, is one that the server would take.
fn the_corpus_is_taken() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(files) = std::fs::read_dir(&corpus) else {
        return println!("not checked: there is no corpus beside the project");
    };
    let (cluster, _kubelets) = cluster();
    let (mut checked, mut misspelt) = (0, 0);
    for file in files.map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "yaml")) {
        let name = file.display().to_string();
        let rendered = cluster.plugin("admin", &["render", "-f", &name, "-o", "json"]);
        // A manifest with a misspelt field is not applied.
        let sound = rendered.code == 0;
        assert!(sound || rendered.stderr.contains("unknown field"), "{rendered}");
        let namespace = match sound {
            true => rendered.json()["metadata"]["namespace"].as_str().unwrap_or("default").to_owned(),
            false => "kube-system".to_owned(),
        };
        if cluster.list("Namespace", None).iter().all(|n| n["metadata"]["name"] != namespace.as_str()) {
            cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
        }
        let taken = cluster.plugin("admin", &["deploy", "-f", &name, "--dry-run=server", "--allow-zero"]);
        assert_eq!(taken.code == 0, sound, "{taken}");
        misspelt += usize::from(!sound);
        if sound {
            let spec = cluster.plugin("admin", &["import", "-f", &name]).ok().stdout;
            run(&cluster, "deploy", &spec, &["--dry-run=server", "--allow-zero"]).ok();
        }
        checked += 1;
    }
    println!("{checked} manifests and their specs pass a dry run of the server, but for {misspelt} misspelt ones");
    assert!(checked > 30 && misspelt < 3, "{checked} manifests, {misspelt} misspelt");
}

/// An account with rights in one namespace alone deploys there, and is told what it could not look at.
fn one_namespace_is_enough() {
    let (cluster, _kubelets) = cluster();
    let rule = json!([
        {"apiGroups": ["apps"], "resources": ["daemonsets", "controllerrevisions"], "verbs": ["get", "list", "create", "patch", "delete"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]);
    let meta = json!({"name": "deployer", "namespace": "default"});
    cluster.create(
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": rule}),
    );
    cluster.create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}]}));
    let config = cluster.kubeconfig("nobody").display().to_string();
    let text = plain("agent", "registry.example/agent:1", json!({}), json!({}));
    let told = run(&cluster, "deploy", &text, &["--kubeconfig", &config]).ok();
    assert!(
        told.stdout.contains("nodes: unknown (nodes cannot be listed)")
            && told.stdout.contains("successfully rolled out: 10 of 10"),
        "{told}"
    );
    assert!(told.stdout.contains("nodes: forbidden") && told.stderr.contains("secrets: needs `list`"), "{told}");
    run(&cluster, "deploy", &text, &["--kubeconfig", &config, "--fail-if-unschedulable"]).expect_code(3);
    cluster.plugin("admin", &["delete", "agent", "--yes", "--kubeconfig", &config]).ok();
    assert!(pods(&cluster, "default").is_empty());
}

/// Every example of the docs is deployed to Ready pods, and taken back.
fn the_examples_become_pods() {
    let (cluster, _kubelets) = cluster();
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for namespace in ["monitoring", "security", "logging", "datadog", "sysdig-agent"] {
        cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
    }
    // What the specs of the systems refer to.
    for (namespace, name, key) in [
        ("logging", "elasticsearch", "elastic"),
        ("datadog", "datadog", "api-key"),
        ("sysdig-agent", "sysdig-agent", "access-key"),
    ] {
        cluster
            .create(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace},
            "stringData": {key: "hush"}}));
    }
    let mut deployed = 0;
    let files = ["examples", "systems"].into_iter().flat_map(|folder| std::fs::read_dir(docs.join(folder)).unwrap());
    let files = files.map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "yaml"));
    for file in files {
        let name = file.display().to_string();
        let mut deploy = cluster.command(
            env!("CARGO_BIN_EXE_kubectl-daemonset"),
            &["deploy", "-f", &name, "-o", "json", "--give-up-after=2s", "--allow-env", "--hold=0"],
        );
        // One example takes its secret from the environment.
        deploy.env("INGEST_TOKEN", "hush");
        let report = Ran::of(deploy).ok().json();
        let (namespace, daemon_set) =
            (report["namespace"].as_str().unwrap(), report["daemonset_name"].as_str().unwrap());
        assert_eq!((&report["outcome"], &report["ready"]), (&json!("done"), &report["desired"]), "{name}: {report}");
        assert!(report["desired"].as_u64().is_some_and(|d| d > 0), "{name}");
        cluster.plugin("admin", &["status", daemon_set, "-n", namespace]).ok();
        cluster.plugin("admin", &["delete", "-f", &name, "--yes"]).ok();
        assert!(pods(&cluster, namespace).is_empty(), "{name}");
        deployed += 1;
    }
    assert!(deployed >= 12, "{deployed} examples");
}
