//! What deploy and delete promise beside the plain case: what is put back and what is not, what is pruned when, whose
//! objects are left alone, nodes that come and go meanwhile, and what is said when somebody presses ctrl-c.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{
    deploy::{falls_silent, plain, pods, spec, written},
    test,
};
use crate::harness::{Behaviour, Cluster, Kubelets, Ran, node};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("deploy_rules::what_is_rolled_back_and_what_is_pruned", rollback_and_prune),
        test("deploy_rules::an_immutable_configuration_can_be_undone", undone),
        test("deploy_rules::what_is_shared_goes_with_the_last_one", together),
        test("deploy_rules::what_client_side_apply_made_is_taken_over", taken_over),
        test("deploy_rules::nodes_come_and_go_meanwhile", nodes_come_and_go),
        test("deploy_rules::nodes_that_do_not_answer_use_up_the_bound", nodes_that_do_not_answer),
        test("deploy_rules::whose_objects_are_deleted", whose_objects_are_deleted),
        test("deploy_rules::members_in_other_namespaces", members_elsewhere),
        test("deploy_rules::a_rollout_under_way_is_predicted", a_rollout_under_way),
        test("deploy_rules::orphans_are_its_own_again", orphans),
        test("deploy_rules::ctrl_c_says_what_stays", ctrl_c),
    ]
}

fn cluster(nodes: usize) -> (Cluster, Kubelets) {
    let cluster = Cluster::start();
    let names = || (1..=nodes).map(|n| format!("n{n:02}"));
    cluster.create_nodes(&names().map(|n| node(&n)).collect::<Vec<_>>());
    let kubelets = Kubelets::start(&cluster, names());
    kubelets.behave(by_tag);
    (cluster, kubelets)
}

/// What a pod does, by the tag of its image.
fn by_tag(pod: &Value) -> Behaviour {
    let image = pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
    match image.rsplit(':').next().unwrap_or_default() {
        "absent" => Behaviour::NoImage,
        tag if tag.ends_with("slow") => Behaviour::Ready(Duration::from_secs(6)),
        _ => Behaviour::QUICK,
    }
}

fn image(tag: &str) -> String {
    format!("registry.example/agent:{tag}")
}

fn run(cluster: &Cluster, text: &str, flags: &[&str]) -> Ran {
    let path = written(cluster, "rules.yaml", text).display().to_string();
    cluster.plugin("admin", &[&["deploy", "-f", &path, "--give-up-after=2s"], flags].concat())
}

#[track_caller]
fn tells(ran: &Ran, parts: &[&str]) {
    for part in parts {
        assert!(ran.stdout.contains(part) || ran.stderr.contains(part), "no `{part}` in {ran}");
    }
}

fn is_there(cluster: &Cluster, kind: &str, namespace: Option<&str>, name: &str) -> bool {
    cluster.list(kind, namespace).iter().any(|o| o["metadata"]["name"] == name)
}

fn rollback_and_prune() {
    let (cluster, _kubelets) = cluster(4);
    let first = spec("logging", &image("1"), "a: 1");
    run(&cluster, &first, &[]).ok();
    // Another image, another content, one map more, and no RBAC any more.
    let less = |text: &str| {
        text.lines().filter(|l| !l.trim().starts_with("rbac")).map(|l| format!("{l}\n")).collect::<String>()
    };
    let second =
        less(&spec("logging", &image("absent"), "a: 2").replace("{conf: 'a: 2'}", "{conf: 'a: 2', more: 'b: 1'}"));
    let failed = run(&cluster, &second, &["--rollback-on-failure"]).expect_code(2);
    tells(
        &failed,
        &[
            "cannot succeed",
            "ImagePullBackOff",
            "rolled back ConfigMap logging/conf",
            "rolled back: the pods of the previous template are available (4 of 4)",
            "new objects stay, and the next deployment prunes them: ConfigMap logging/more",
            "nothing was pruned",
        ],
    );
    assert!(is_there(&cluster, "ClusterRole", None, "logging:agent"), "pruned though the rollout failed");
    assert!(pods(&cluster, "logging").iter().all(|p| p["spec"]["containers"][0]["image"] == image("1").as_str()));
    let text = |path: &str| cluster.get(&format!("/api/v1/namespaces/logging/{path}"))["data"].clone();
    assert_eq!(text("configmaps/conf"), json!({"conf": "a: 1"}), "what the old pods read is back");
    assert!(!is_there(&cluster, "Secret", Some("logging"), "agent-rollback"), "the state before is of no use any more");
    // As data: why it failed, and how it is now.
    let failed = run(&cluster, &second, &["--rollback-on-failure", "-o", "json"]).expect_code(2);
    let report = failed.json();
    assert_eq!((&report["outcome"], &report["available"]), (&json!("rolled back"), &json!(4)), "{report}");
    assert!(report["reasons"].to_string().contains("ImagePullBackOff"), "{report}");
    // Not followed is not seen to succeed.
    let unseen = run(&cluster, &less(&first), &["--wait=false"]).ok();
    tells(&unseen, &["- ClusterRole logging:agent", "nothing was pruned"]);
    assert!(is_there(&cluster, "ClusterRole", None, "logging:agent"));
    run(&cluster, &less(&first), &["--prune=false"]).ok();
    assert!(is_there(&cluster, "ClusterRole", None, "logging:agent"));
    // Somebody else's of the same name stays.
    cluster.patch(
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/logging:agent",
        &json!({"metadata": {"labels": {"applyset.kubernetes.io/part-of": null}}}),
    );
    let pruned = run(&cluster, &less(&first), &[]).ok();
    tells(&pruned, &["ClusterRoleBinding logging:agent pruned"]);
    assert!(is_there(&cluster, "ClusterRole", None, "logging:agent"), "what is not ours was pruned");
}

fn undone() {
    let (cluster, _kubelets) = cluster(3);
    let immutable = |config: &str, history: u8| {
        let head = format!("spec:\n  immutable_config: true\n  revision_history_limit: {history}\n");
        spec("logging", &image("1"), config).replacen("spec:\n", &head, 1)
    };
    let configs = |cluster: &Cluster| {
        let all = cluster.list("ConfigMap", Some("logging"));
        let names = all.iter().filter_map(|map| Some(map["metadata"]["name"].as_str()?.to_owned()));
        names.filter(|name| name.starts_with("conf-")).collect::<Vec<_>>()
    };
    let used = |cluster: &Cluster| {
        let daemon_set = cluster.get("/apis/apps/v1/namespaces/logging/daemonsets/agent");
        let volume = &daemon_set["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"];
        volume.as_str().unwrap_or_default().to_owned()
    };
    run(&cluster, &immutable("a: 1", 10), &[]).ok();
    let first = used(&cluster);
    let secrets = cluster.list("Secret", Some("logging")).len();
    run(&cluster, &immutable("a: 1", 10), &[]).ok();
    assert_eq!(
        (configs(&cluster).len(), cluster.list("Secret", Some("logging")).len()),
        (1, secrets),
        "the same again"
    );
    let changed = immutable("a: 2", 10);
    let path = written(&cluster, "changed.yaml", &changed).display().to_string();
    let diff = cluster.plugin("admin", &["diff", "-f", &path]).expect_code(1);
    tells(&diff, &["-  conf: \"a: 1\"", "+  conf: \"a: 2\""]);
    run(&cluster, &changed, &[]).ok();
    let second = used(&cluster);
    assert_ne!(first, second);
    assert_eq!(configs(&cluster).len(), 2, "what an old revision refers to stays");
    // kubectl takes the template and the text back.
    cluster.kubectl(&["rollout", "undo", "daemonset/agent", "-n", "logging"]).ok();
    cluster.kubectl(&["rollout", "status", "daemonset/agent", "-n", "logging", "--timeout=30s"]).ok();
    assert_eq!(used(&cluster), first);
    let diff = cluster.plugin("admin", &["diff", "-f", &path]).expect_code(1);
    tells(&diff, &["takes back the fields that `kubectl rollout undo` set", &format!("+          name: {second}")]);
    let again = run(&cluster, &changed, &[]).ok();
    tells(&again, &["takes back the fields that `kubectl rollout undo` set"]);
    assert_eq!(used(&cluster), second);
    // Old ones go once no revision refers to them.
    run(&cluster, &immutable("a: 3", 1), &[]).ok();
    cluster.until("the controller drops old revisions", Duration::from_secs(30), || {
        (cluster.list("ControllerRevision", Some("logging")).len() <= 2).then_some(())
    });
    run(&cluster, &immutable("a: 3", 1), &[]).ok();
    assert!(!configs(&cluster).contains(&first) && configs(&cluster).contains(&second), "{:?}", configs(&cluster));
}

fn together() {
    let (cluster, _kubelets) = cluster(3);
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "shared", "namespace": "default"}});
    let config = |text: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared", "namespace": "default"},
            "data": {"a": text}})
    };
    let agent = |name: &str, tag: &str| {
        let volumes = json!([{"name": "v", "configMap": {"name": "shared"}}]);
        plain(name, &image(tag), json!({}), json!({"serviceAccountName": "shared", "volumes": volumes}))
    };
    let file =
        |name: &str, documents: &[String]| written(&cluster, name, &documents.join("\n---\n")).display().to_string();
    let all = |text: &str, second: &str| {
        let documents = [account.to_string(), config(text).to_string(), agent("first", "1"), agent("second", second)];
        file("together.yaml", &documents)
    };
    let done = cluster.plugin("admin", &["deploy", "-f", &all("old", "1")]).ok();
    tells(
        &done,
        &["DaemonSet default/first:", "\"first\" successfully rolled out", "\"second\" successfully rolled out"],
    );
    cluster.plugin("admin", &["diff", "-f", &all("old", "1")]).expect_code(0);
    // One that fails takes the others and what they share back with it.
    let back = ["deploy", "-f", &all("new", "absent"), "--give-up-after=1s", "--rollback-on-failure"];
    let failed = cluster.plugin("admin", &back).expect_code(2);
    tells(&failed, &["the rollout of DaemonSet default/second cannot succeed", "rolled back ConfigMap default/shared"]);
    assert_eq!(cluster.get("/api/v1/namespaces/default/configmaps/shared")["data"]["a"], "old");
    cluster.plugin("admin", &["diff", "-f", &all("old", "1")]).expect_code(0);
    // The first one goes, and what it held is the second's.
    let deleted = cluster.plugin("admin", &["delete", "first", "-n", "default", "--yes"]).ok();
    tells(&deleted, &["ConfigMap default/shared stays, because DaemonSet default/second shares it"]);
    let alone = file("alone.yaml", &[account.to_string(), config("old").to_string(), agent("second", "1")]);
    let changed = file("changed.yaml", &[account.to_string(), config("newer").to_string(), agent("second", "1")]);
    cluster.plugin("admin", &["deploy", "-f", &alone]).ok();
    cluster.plugin("admin", &["diff", "-f", &alone]).expect_code(0);
    cluster.plugin("admin", &["deploy", "-f", &changed]).ok();
    cluster.plugin("admin", &["delete", "second", "-n", "default", "--yes"]).ok();
    assert!(!is_there(&cluster, "ConfigMap", Some("default"), "shared"));
    assert!(!is_there(&cluster, "ServiceAccount", Some("default"), "shared"));
}

fn taken_over() {
    let (cluster, _kubelets) = cluster(2);
    let env = json!({"containers": [{"name": "c", "image": image("1"), "env": [{"name": "OLD", "value": "x"}]}]});
    let first = plain("agent", &image("1"), json!({"minReadySeconds": 1, "revisionHistoryLimit": 3}), env);
    let path = written(&cluster, "first.json", &first).display().to_string();
    cluster.kubectl(&["apply", "-f", &path]).ok();
    // Neither the variable nor the two fields of the spec are in the document any more.
    let second = plain("agent", &image("2"), json!({}), json!({}));
    let second = second.replace("\"default\"}", "\"default\",\"annotations\":{\"note\":\"x\"}}");
    let path = written(&cluster, "second.json", &second).display().to_string();
    let paths = |ran: &Ran| {
        let steps = ran.json();
        let changes = steps["plan"][0]["changes"].as_array().cloned().unwrap_or_default();
        let mut all: Vec<String> =
            changes.iter().map(|c| format!("{} {}", c["path"].as_str().unwrap_or_default(), c["after"])).collect();
        all.retain(|line| !line.contains("applyset") && !line.contains("last-applied"));
        all.sort();
        all
    };
    let diff = cluster.plugin("admin", &["diff", "-f", &path, "-o", "json"]).expect_code(1);
    let expected = [
        "metadata.annotations.note \"x\"".to_owned(),
        "spec.minReadySeconds null".to_owned(),
        "spec.revisionHistoryLimit 10".to_owned(),
        "spec.template.spec.containers[name=c].env null".to_owned(),
        format!("spec.template.spec.containers[name=c].image \"{}\"", image("2")),
    ];
    assert_eq!(paths(&diff), expected, "{diff}");
    assert_eq!(diff.json()["plan"][0]["takenOver"], json!(["kubectl-client-side-apply"]));
    // What another manager set still conflicts.
    cluster.kubectl(&["set", "image", "daemonset/agent", &format!("c={}", image("3"))]).ok();
    let refused = run(&cluster, &second, &[]).expect_code(3);
    tells(&refused, &["field manager `kubectl-set` owns"]);
    assert!(!refused.stderr.contains("kubectl-client-side-apply"), "{refused}");
    cluster.kubectl(&["apply", "-f", &written(&cluster, "first.json", &first).display().to_string()]).ok();
    tells(&run(&cluster, &second, &[]).ok(), &["takes over the fields of client-side `kubectl apply`"]);
    let object = cluster.get("/apis/apps/v1/namespaces/default/daemonsets/agent");
    let container = &object["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&container["env"], &container["image"]), (&Value::Null, &json!(image("2"))), "{object}");
    assert_eq!(object["spec"]["revisionHistoryLimit"], 10);
    assert!(object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].is_null());
    let managers = object["metadata"]["managedFields"].to_string();
    assert!(!managers.contains("kubectl-client-side-apply"), "{managers}");
    cluster.plugin("admin", &["diff", "-f", &path]).ok();
}

fn nodes_come_and_go() {
    let (cluster, kubelets) = cluster(6);
    let rolling = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}}});
    let text =
        |tag: &str| plain("agent", &image(tag), rolling.clone(), json!({"tolerations": [{"operator": "Exists"}]}));
    run(&cluster, &text("1"), &[]).ok();
    let ready = |node: &str, status: &str| {
        let conditions = json!([{"type": "Ready", "status": status, "reason": "Test", "message": "",
            "lastHeartbeatTime": "2024-01-01T00:00:00Z", "lastTransitionTime": "2024-01-01T00:00:00Z"}]);
        cluster.patch(&format!("/api/v1/nodes/{node}/status"), &json!({"status": {"conditions": conditions}}));
    };
    for (all, number, flags) in
        [(false, 7, &["--timeout=60s"][..]), (true, 8, &["--timeout=60s", "--require-all-nodes"])]
    {
        let (new, gone) = (format!("n{number:02}"), format!("n{:02}", number - 6));
        let tag = if all { "slow" } else { "2-slow" };
        let rolled = std::thread::scope(|scope| {
            let meanwhile = scope.spawn(|| {
                cluster.until("the rollout has begun", Duration::from_secs(20), || {
                    pods(&cluster, "default")
                        .iter()
                        .any(|p| p["spec"]["containers"][0]["image"] == image(tag).as_str())
                        .then_some(())
                });
                cluster.create_nodes(&[node(&new)]);
                kubelets.revive(&new);
                cluster.delete(&format!("/api/v1/nodes/{gone}"));
                ready("n06", "False");
                std::thread::sleep(Duration::from_secs(2));
                ready("n06", "True");
                // Its kubelet says that its pod is ready again.
                kubelets.revive("n06");
            });
            let text = text(tag);
            let rolled = run(&cluster, &text, flags);
            meanwhile.join().unwrap();
            rolled.ok()
        });
        let joined = if all { format!("joined: {new}") } else { format!("joined, not waited for: {new}") };
        tells(
            &rolled,
            &[&joined, &format!("left: {gone}"), "NotReady now: n06", "Ready again: n06", "successfully rolled out"],
        );
        if all {
            tells(&rolled, &["6 of 6 nodes have the new pod"]);
        }
    }
}

fn nodes_that_do_not_answer() {
    let (cluster, kubelets) = cluster(5);
    let all = json!({"tolerations": [{"operator": "Exists"}]});
    let text = |tag: &str, bound: u8| {
        let rolling = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": bound}}});
        plain("agent", &image(tag), rolling, all.clone())
    };
    run(&cluster, &text("1", 1), &[]).ok();
    falls_silent(&cluster, &kubelets, "n03");
    // The controller replaces no other pod: that is foretold, and not waited for.
    let dry = run(&cluster, &text("2", 1), &["--dry-run=server", "-o", "json"]).expect_code(3).json();
    let deadlock = json!({"nodes": 1, "silent": ["n03"], "allowed": 1});
    assert_eq!(dry["prediction"]["rollout"]["deadlock"], deadlock, "{dry}");
    let began = Instant::now();
    tells(&run(&cluster, &text("2", 1), &[]).expect_code(3), &["the rollout cannot finish", "--allow-stuck"]);
    let failed = run(&cluster, &text("2", 1), &["--allow-stuck"]).expect_code(2);
    println!("a bound that is used up: given up after {:.1} s", began.elapsed().as_secs_f64());
    tells(
        &failed,
        &[
            "cannot finish: 1 node is unreachable (n03), which uses up maxUnavailable (1)",
            "NotReady before, not waited for: n03",
            "old pod not replaced: unreachable node n03 uses up maxUnavailable (1)",
        ],
    );
    // One more may be without, and it ends.
    let dry = run(&cluster, &text("2", 2), &["--dry-run=server", "-o", "json"]).ok().json();
    assert_eq!(dry["prediction"]["rollout"]["deadlock"], Value::Null, "{dry}");
    let done = run(&cluster, &text("2", 2), &[]).ok();
    tells(&done, &["not waited for (NotReady before, or new): n03", "successfully rolled out: 4 of 5"]);
}

fn whose_objects_are_deleted() {
    let (cluster, _kubelets) = cluster(2);
    let path = "/apis/apps/v1/namespaces/default/daemonsets/agent";
    let text = plain("agent", &image("1"), json!({}), json!({}));
    for (tool, metadata) in [
        (
            "Helm",
            json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "agent"}}),
        ),
        ("Argo CD", json!({"annotations": {"argocd.argoproj.io/tracking-id": "agent:apps/DaemonSet:default/agent"}})),
        ("Flux", json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "agents"}})),
    ] {
        run(&cluster, &text, &[]).ok();
        cluster.patch(path, &json!({"metadata": metadata}));
        let refused = cluster.plugin("admin", &["delete", "agent", "--yes"]).expect_code(3);
        tells(&refused, &[&format!("DaemonSet default/agent is managed by {tool}"), "--force"]);
        // Whoever changes it is told who will undo that.
        let told = run(&cluster, &text.replace("agent:1", "agent:2"), &["--dry-run=server"]).ok();
        tells(&told, &[&format!("{tool} manages this object and will revert the changes")]);
        assert_eq!(pods(&cluster, "default").len(), 2, "a refusal deleted something");
        cluster.plugin("admin", &["delete", "agent", "--yes", "--force"]).ok();
        assert!(pods(&cluster, "default").is_empty());
    }
    // A member that somebody else keeps stays, and is named.
    run(&cluster, &spec("logging", &image("1"), "a: 1"), &[]).ok();
    let map = "/api/v1/namespaces/logging/configmaps/conf";
    cluster.patch(map, &json!({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}));
    let dry = cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--dry-run"]).ok();
    tells(
        &dry,
        &["ConfigMap logging/conf stays, because Argo CD manages it", "- DaemonSet logging/agent", "- Secret logging/"],
    );
    // The namespace goes only where nothing is in it, of whatever kind.
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "wishes.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"plural": "wishes", "singular": "wish", "kind": "Wish"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    let definition = written(&cluster, "wishes.json", &definition.to_string()).display().to_string();
    cluster.kubectl(&["apply", "-f", &definition]).ok();
    let wish =
        json!({"apiVersion": "example.com/v1", "kind": "Wish", "metadata": {"name": "peace", "namespace": "logging"}});
    let wish = written(&cluster, "wish.json", &wish.to_string()).display().to_string();
    cluster.until("the kind is served", Duration::from_secs(30), || {
        (cluster.kubectl(&["apply", "-f", &wish]).code == 0).then_some(())
    });
    cluster.patch(map, &json!({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": null}}}));
    let refused =
        cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--yes", "--delete-namespace"]).expect_code(3);
    tells(&refused, &["namespace logging is not empty: Wish peace", "nothing was deleted"]);
    assert_eq!(pods(&cluster, "logging").len(), 2, "a refusal deleted something");
    cluster.kubectl(&["delete", "-f", &wish]).ok();
    // Nobody is there to answer.
    let asked = cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--delete-namespace"]).expect_code(3);
    tells(&asked, &["cannot ask for confirmation", "--yes"]);
    cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--yes", "--delete-namespace"]).ok();
    cluster.until("the namespace is gone", Duration::from_secs(30), || {
        (!is_there(&cluster, "Namespace", None, "logging")).then_some(())
    });
    let again = cluster.plugin("admin", &["delete", "agent", "-n", "logging", "--yes"]).expect_code(1);
    tells(&again, &["cannot find DaemonSet logging/agent"]);
}

/// A plain DaemonSet with a Role in another namespace.
fn members_elsewhere() {
    let (cluster, _kubelets) = cluster(2);
    cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "far"}}));
    let alone = plain("agent", &image("1"), json!({}), json!({}));
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reads", "namespace": "far"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]});
    let both = format!("{alone}\n---\n{role}\n");
    run(&cluster, &both, &[]).ok();
    // Not pruned yet, it is not forgotten.
    run(&cluster, &alone, &["--prune=false"]).ok();
    let pruned = run(&cluster, &alone, &[]).ok();
    tells(&pruned, &["Role far/reads pruned"]);
    assert!(!is_there(&cluster, "Role", Some("far"), "reads"));
    let path = written(&cluster, "rules.yaml", &alone).display().to_string();
    cluster.plugin("admin", &["diff", "-f", &path]).expect_code(0);
    run(&cluster, &both, &[]).ok();
    cluster.plugin("admin", &["delete", "agent", "--yes"]).ok();
    assert!(!is_there(&cluster, "Role", Some("far"), "reads"));
}

fn a_rollout_under_way() {
    let (cluster, _kubelets) = cluster(4);
    let text = |tag: &str| plain("agent", &image(tag), json!({}), json!({}));
    run(&cluster, &text("1"), &[]).ok();
    let nothing = run(&cluster, &text("1"), &["--dry-run=server"]).ok();
    tells(&nothing, &["DaemonSet default/agent: unchanged", "rollout: no pod is replaced"]);
    run(&cluster, &text("slow"), &["--wait=false"]).ok();
    cluster.until("the rollout has begun", Duration::from_secs(20), || {
        pods(&cluster, "default")
            .iter()
            .any(|p| p["spec"]["containers"][0]["image"] == image("slow").as_str())
            .then_some(())
    });
    let under_way = run(&cluster, &text("slow"), &["--dry-run=server"]).ok();
    tells(
        &under_way,
        &[
            "DaemonSet default/agent: unchanged",
            "rollout: replaces 3 pods, 1 at a time (delete first), in at least 3 rounds",
        ],
    );
    // Put back as it was, only what is new already is replaced.
    let back = run(&cluster, &text("1"), &["--dry-run=server"]).ok();
    tells(&back, &["rollout: replaces 1 pod, 1 at a time"]);
    // Where a pod is wanted no more, it is taken away.
    let one = plain("agent", &image("1"), json!({}), json!({"nodeSelector": {"kubernetes.io/hostname": "n02"}}));
    let fewer = run(&cluster, &one, &["--dry-run=server"]).ok();
    tells(&fewer, &["3 pods removed from nodes that are no longer eligible"]);
}

/// Pods that a deleted DaemonSet left behind are those of the next one that selects them.
fn orphans() {
    let (cluster, _kubelets) = cluster(3);
    let all_at_once = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}}});
    let with = |tag: &str, strategy: &Value| {
        let container = json!({"name": "c", "image": image(tag), "ports": [{"containerPort": 9100, "hostPort": 9100}]});
        plain("agent", &image(tag), strategy.clone(), json!({"containers": [container]}))
    };
    let text = |tag: &str| with(tag, &all_at_once);
    let leave = || {
        cluster.kubectl(&["delete", "daemonset", "agent", "--cascade=orphan"]).ok();
        cluster.until("the pods are nobody's", Duration::from_secs(30), || {
            pods(&cluster, "default").iter().all(|p| p["metadata"]["ownerReferences"].is_null()).then_some(())
        });
    };
    let run_it = |tag: &str| {
        let of = |pod: &Value| pod["spec"]["containers"][0]["image"] == image(tag).as_str();
        pods(&cluster, "default").into_iter().filter(of).count()
    };
    let (adopted, replaced) = ("3 pods without a controller are adopted", "rollout: replaces 3 pods, 3 at a time");
    let stay = "3 existing pods count as up to date and are not replaced";
    run(&cluster, &text("1"), &[]).ok();
    run(&cluster, &text("2"), &[]).ok();
    leave();
    // They hold the port that the new ones want, and are not in the way.
    let path = written(&cluster, "rules.yaml", &text("3")).display().to_string();
    let report = cluster.plugin("admin", &["doctor", "-f", &path, "-o", "json"]).json();
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": 3}), "{report:#}");
    let findings = report["daemonSets"][0]["findings"].as_array().cloned().unwrap_or_default();
    let adopts = findings.iter().find(|finding| finding["code"] == "DS509").expect("it would adopt pods");
    assert_eq!(adopts["evidence"]["count"], 3, "{adopts:#}");
    tells(&run(&cluster, &text("3"), &["--dry-run=server"]).ok(), &[adopted, replaced]);
    // Only the server knows which revision holds the template.
    let same = run(&cluster, &text("2"), &["--dry-run=server", "-o", "json"]).ok().json();
    assert_eq!(same["prediction"]["rollout"], json!({"kind": "nothing"}), "{same:#}");
    assert_eq!((&same["prediction"]["adopted"], &same["prediction"]["countedAsUpdated"]), (&json!(3), &json!(0)));
    let assumed = "not checked: controllerrevisions: whether one already has this template: the server was not asked";
    tells(&run(&cluster, &text("2"), &["--dry-run=client"]).ok(), &[adopted, replaced, assumed]);
    // They are of the second generation, which the one that adopts them comes to with the next template.
    run(&cluster, &with("3", &json!({"updateStrategy": {"type": "OnDelete"}})), &[]).ok();
    tells(&run(&cluster, &text("4"), &["--dry-run=server"]).ok(), &[stay, "rollout: no pod is replaced"]);
    run(&cluster, &text("4"), &[]).ok();
    assert_eq!((run_it("2"), run_it("4")), (3, 0));
    run(&cluster, &text("5"), &[]).ok();
    assert_eq!(run_it("5"), 3);
    leave();
    // What is new is of the first generation, and so is what comes after it.
    run(&cluster, &text("6"), &[]).ok();
    assert_eq!(run_it("6"), 3);
    leave();
    tells(&run(&cluster, &text("7"), &["--dry-run=server"]).ok(), &[adopted, stay, "rollout: no pod is replaced"]);
    run(&cluster, &text("7"), &[]).ok();
    assert_eq!((run_it("6"), run_it("7")), (3, 0));
}

/// Starts deploy, and presses ctrl-c once `ready` says so.
fn pressed(cluster: &Cluster, arguments: &[&str], ready: impl FnMut() -> Option<()>) -> (i32, String) {
    let mut command: Command = cluster.command(env!("CARGO_BIN_EXE_kubectl-daemonset"), arguments);
    let child: Child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    cluster.until("it is time", Duration::from_secs(20), ready);
    let mut kill = Command::new("kill");
    Ran::of(kill.args(["-INT", &child.id().to_string()])).ok();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn ctrl_c() {
    let (cluster, _kubelets) = cluster(2);
    let file =
        written(&cluster, "slow.json", &plain("agent", &image("slow"), json!({}), json!({}))).display().to_string();
    let (code, told) = pressed(&cluster, &["deploy", "-f", &file], || {
        let seen = is_there(&cluster, "DaemonSet", Some("default"), "agent");
        std::thread::sleep(Duration::from_millis(500));
        seen.then_some(())
    });
    assert_eq!(code, 130, "{told}");
    for part in [
        "error: interrupted: everything is applied; the rollout continues in the cluster",
        "kubectl daemonset status agent -n default --wait",
        "kubectl rollout undo daemonset/agent -n default",
    ] {
        assert!(told.contains(part), "no `{part}` in {told}");
    }
    cluster.plugin("admin", &["status", "agent", "--wait"]).ok();

    // While it is put back, undoing would bring the failed one again.
    let file =
        written(&cluster, "absent.json", &plain("agent", &image("absent"), json!({}), json!({}))).display().to_string();
    let (code, told) =
        pressed(&cluster, &["deploy", "-f", &file, "--give-up-after=1s", "--rollback-on-failure"], || {
            let object = cluster.get("/apis/apps/v1/namespaces/default/daemonsets/agent");
            let back = object["metadata"]["generation"] == 3;
            std::thread::sleep(Duration::from_millis(500));
            back.then_some(())
        });
    assert_eq!(code, 130, "{told}");
    assert!(told.contains("interrupted: the rollout failed; the DaemonSet is rolled back"), "{told}");
    assert!(told.contains("status agent -n default --wait") && !told.contains("rollout undo"), "{told}");
    cluster.plugin("admin", &["status", "agent", "--wait"]).ok();
}
