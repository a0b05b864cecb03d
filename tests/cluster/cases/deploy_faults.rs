//! What does deploy say, and with which exit code does it end, where the server, the network or somebody else is in the
//! way? Each fault is one line of a table.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{
    deploy::{plain, spec, written},
    test,
};
use crate::harness::{Behaviour, Cluster, Kubelets, Proxy, Ran, Request, WriteOutcome, node};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("deploy_faults::of_the_server_and_the_network", of_the_server_and_the_network),
        test("deploy_faults::of_the_cluster", of_the_cluster),
        test("deploy_faults::of_rights", of_rights),
        test("deploy_faults::of_what_follows_a_failure", of_what_follows_a_failure),
    ]
}

struct Scene {
    cluster: Cluster,
    kubelets: Kubelets,
    number: AtomicUsize,
}

impl Scene {
    fn start() -> Self {
        let cluster = Cluster::start();
        let names = || ["n1", "n2", "n3"].map(str::to_owned);
        cluster.create_nodes(&names().map(|n| node(&n)));
        let kubelets = Kubelets::start(&cluster, names());
        Self { cluster, kubelets, number: AtomicUsize::new(0) }
    }

    /// A name that nobody has yet.
    fn name(&self) -> String {
        format!("case-{:02}", self.number.fetch_add(1, Ordering::Relaxed))
    }

    /// A plain DaemonSet in a file.
    fn file(&self, name: &str, spec: Value, pod: Value) -> String {
        self.file_in("default", name, spec, pod)
    }

    fn file_in(&self, namespace: &str, name: &str, spec: Value, pod: Value) -> String {
        let text =
            plain(name, "registry.example/agent:1", spec, pod).replace("\"default\"", &format!("\"{namespace}\""));
        written(&self.cluster, &format!("{name}.json"), &text).display().to_string()
    }

    fn is_there(&self, namespace: &str, name: &str) -> bool {
        let all = self.cluster.list("DaemonSet", Some(namespace));
        all.iter().any(|d| d["metadata"]["name"] == name)
    }

    fn deploy(&self, file: &str, flags: &[&str]) -> Ran {
        self.cluster.plugin("admin", &[&["deploy", "-f", file, "--give-up-after=2s"], flags].concat())
    }
}

/// A line of the table: what ended how, and what was said of it.
fn told(what: &str, ran: Ran, code: i32, parts: &[&str]) -> Ran {
    let said = ran.stderr.lines().filter(|l| l.starts_with("error") || l.contains("caused by:"));
    let said: Vec<&str> = said.map(|l| l.trim().trim_start_matches("caused by: ")).collect();
    println!("| {what} | {} | {} |", ran.code, if said.is_empty() { "done".to_owned() } else { said.join("; ") });
    assert_eq!(ran.code, code, "{what}: {ran}");
    // One sentence, not one for every attempt, and no panic.
    assert!(said.iter().filter(|l| l.starts_with("error")).count() <= 1, "{ran}");
    assert!(!ran.stderr.contains("panicked"), "{ran}");
    for part in parts {
        assert!(ran.stderr.contains(part) || ran.stdout.contains(part), "{what}: no `{part}` in {ran}");
    }
    ran
}

/// A server's refusal.
fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message})
}

/// The first so many requests that are picked have this fate, all others pass.
fn first(
    many: usize,
    pick: impl Fn(&Request) -> bool + Send + Sync + 'static,
    fate: WriteOutcome,
) -> impl Fn(&Request) -> WriteOutcome + Send + Sync + 'static {
    let met = AtomicUsize::new(0);
    move |request| match pick(request) && met.fetch_add(1, Ordering::SeqCst) < many {
        true => fate.clone(),
        false => WriteOutcome::Pass,
    }
}

const ALWAYS: usize = usize::MAX;

fn writes_it(request: &Request) -> bool {
    request.writes() && request.has(&["PATCH ", "/daemonsets/"])
}

fn asks_for_it(request: &Request) -> bool {
    request.has(&["PATCH ", "/daemonsets/", "dryRun"])
}

fn busy(wait: &'static str) -> WriteOutcome {
    WriteOutcome::Answer(429, wait, status(429, "TooManyRequests", "too many requests, please try again later"))
}

fn of_the_server_and_the_network() {
    let scene = Scene::start();
    let proxy = Proxy::start(&scene.cluster);
    let broken = || {
        WriteOutcome::Answer(
            503,
            "",
            status(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
        )
    };
    let late = || {
        WriteOutcome::AnswerAfter(504, "Retry-After: 0", status(504, "Timeout", "the request did not complete in time"))
    };
    let moved =
        status(409, "Conflict", "Operation cannot be fulfilled on daemonsets.apps: the object has been modified");
    let mut taken = status(409, "Conflict", "Apply failed with 1 conflict");
    taken["details"] = json!({"causes": [{"reason": "FieldManagerConflict", "field": ".spec.minReadySeconds",
        "message": "conflict with \"fleet\" using apps/v1"}]});
    let invalid = status(422, "Invalid", "DaemonSet.apps \"x\" is invalid: spec.selector: Required value");
    let forbidden = status(403, "Forbidden", "daemonsets.apps is forbidden: User \"admin\" cannot patch resource");
    let logged_out = status(401, "Unauthorized", "Unauthorized");
    type Decide = Box<dyn Fn(&Request) -> WriteOutcome + Send + Sync>;
    let from_then_on = || -> Decide {
        let struck = AtomicBool::new(false);
        Box::new(move |request: &Request| {
            let strikes = writes_it(request) && !struck.swap(true, Ordering::SeqCst);
            if strikes || struck.load(Ordering::SeqCst) { WriteOutcome::CutBefore } else { WriteOutcome::Pass }
        })
    };
    // What, the fate, the exit code, what is said, whether it is stored then, the fewest seconds that it takes.
    type Line<'a> = (&'a str, Decide, i32, Vec<&'a str>, bool, u64);
    let table: Vec<Line<'_>> = vec![
        (
            "busy once, 429 with Retry-After: 2",
            Box::new(first(1, writes_it, busy("Retry-After: 2"))),
            0,
            vec![],
            true,
            2,
        ),
        (
            "busy all the time, 429",
            Box::new(first(ALWAYS, asks_for_it, busy("Retry-After: 0"))),
            1,
            vec!["too many requests", "run the command again later"],
            false,
            0,
        ),
        ("503 twice", Box::new(first(2, writes_it, broken())), 0, vec![], true, 0),
        (
            "503 all the time",
            Box::new(first(ALWAYS, writes_it, broken())),
            1,
            vec!["currently unable to handle the request", "nothing was written"],
            false,
            0,
        ),
        ("504 all the time, though it was done", Box::new(first(ALWAYS, writes_it, late())), 0, vec![], true, 0),
        (
            "the connection cut once after the write was sent",
            Box::new(first(1, writes_it, WriteOutcome::CutAfter)),
            0,
            vec![],
            true,
            0,
        ),
        ("the same all the time", Box::new(first(ALWAYS, writes_it, WriteOutcome::CutAfter)), 0, vec![], true, 0),
        (
            "cut all the time before the server has it",
            Box::new(first(ALWAYS, writes_it, WriteOutcome::CutBefore)),
            1,
            vec!["the connection broke", "nothing was written"],
            false,
            0,
        ),
        (
            "the server gone from the write on",
            from_then_on(),
            2,
            vec!["the object may be stored", "safe to retry: run the same command again"],
            false,
            0,
        ),
        (
            "changed by somebody else in between, 409",
            Box::new(first(1, writes_it, WriteOutcome::Answer(409, "", moved))),
            0,
            vec![],
            true,
            0,
        ),
        (
            "a field taken by somebody else in between, 409",
            Box::new(first(ALWAYS, writes_it, WriteOutcome::Answer(409, "", taken))),
            3,
            vec!["manager `fleet` owns .spec.minReadySeconds", "--force-conflicts", "nothing was written"],
            false,
            0,
        ),
        (
            "refused at the write, 422",
            Box::new(first(ALWAYS, writes_it, WriteOutcome::Answer(422, "", invalid))),
            3,
            vec!["Error from server (Invalid)", "spec.selector: Required value", "nothing was written"],
            false,
            0,
        ),
        (
            "rights taken away in between, 403",
            Box::new(first(ALWAYS, writes_it, WriteOutcome::Answer(403, "", forbidden))),
            3,
            vec!["Error from server (Forbidden)", "nothing was written"],
            false,
            0,
        ),
        (
            "logged out in between, 401",
            Box::new(first(ALWAYS, writes_it, WriteOutcome::Answer(401, "", logged_out))),
            1,
            vec!["you must be logged in", "nothing was written"],
            false,
            0,
        ),
    ];
    for (what, decide, code, parts, stored, least) in table {
        let name = scene.name();
        let file = scene.file(&name, json!({}), json!({}));
        let server = proxy.server(decide);
        let began = Instant::now();
        let ran = told(what, scene.deploy(&file, &["--server", &server]), code, &parts);
        assert!(began.elapsed() >= Duration::from_secs(least), "{what}: after {:?}", began.elapsed());
        assert_eq!(scene.is_there("default", &name), stored, "{what}: {ran}");
        // Whatever it was, it is over: the same command comes to its end.
        scene.deploy(&file, &[]).ok();
        let object = scene.cluster.get(&format!("/apis/apps/v1/namespaces/default/daemonsets/{name}"));
        assert_eq!(object["metadata"]["generation"], 1, "{what}: it was written more than once");
    }

    // Where objects were written before, that is said.
    let text = spec("half", "registry.example/agent:1", "a: 1");
    let file = written(&scene.cluster, "half.yaml", &text).display().to_string();
    let server = proxy.server(first(ALWAYS, writes_it, WriteOutcome::Answer(422, "", status(422, "Invalid", "no"))));
    let parts = ["Namespace half created", "earlier objects are applied; run the command again to continue"];
    told("refused after others were written", scene.deploy(&file, &["--server", &server]), 2, &parts);
    scene.deploy(&file, &[]).ok();

    // During the wait the server may be away for a while.
    scene.kubelets.behave(|_| Behaviour::Ready(Duration::from_secs(9)));
    let name = scene.name();
    let file = scene.file(&name, json!({}), json!({}));
    let away: Mutex<Option<Instant>> = Mutex::new(None);
    let server = proxy.server(move |request| {
        let mut since = away.lock().unwrap();
        if writes_it(request) {
            *since = Some(Instant::now());
        }
        let gone = since.is_some_and(|at| (500..3500).contains(&at.elapsed().as_millis()));
        if gone { WriteOutcome::CutBefore } else { WriteOutcome::Pass }
    });
    let ran = scene.deploy(&file, &["--server", &server]);
    told("the server away for 3 s during the wait", ran, 0, &["successfully rolled out: 3 of 3"]);
    for (what, fate) in [("silent", None), ("gone", Some(WriteOutcome::CutBefore))] {
        let name = scene.name();
        let file = scene.file(&name, json!({}), json!({}));
        let applied = AtomicBool::new(false);
        let server = proxy.server(move |request| {
            if writes_it(request) {
                applied.store(true, Ordering::SeqCst);
                return WriteOutcome::Pass;
            }
            let hold = || WriteOutcome::Hold { carried_out: false, then: Default::default() };
            if applied.load(Ordering::SeqCst) { fate.clone().unwrap_or_else(hold) } else { WriteOutcome::Pass }
        });
        let began = Instant::now();
        let ran = scene.deploy(&file, &["--server", &server, "--timeout=4s"]);
        told(&format!("the server {what} during the wait, --timeout=4s"), ran, 2, &["did not finish within 4s"]);
        assert!(began.elapsed() < Duration::from_secs(9), "it took {:?}", began.elapsed());
        assert!(scene.is_there("default", &name));
    }
}

fn of_the_cluster() {
    let scene = Scene::start();
    let cluster = &scene.cluster;
    let namespace = |name: &str| {
        cluster.create(
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"case": name}}}),
        );
        cluster.until("the namespace has its ServiceAccount", Duration::from_secs(20), || {
            (!cluster.list("ServiceAccount", Some(name)).is_empty()).then_some(())
        });
    };

    // A policy of the cluster's own.
    namespace("strict");
    let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "patient"},
        "spec": {"matchConstraints": {"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"], "resources": ["daemonsets"]}]},
            "validations": [{"expression": "has(object.spec.minReadySeconds) && object.spec.minReadySeconds > 5", "message": "agents must settle for more than 5 s"}]}});
    let binding = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "patient"}, "spec": {"policyName": "patient", "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"case": "strict"}}}}});
    for (name, object) in [("policy", policy), ("binding", binding)] {
        let path = written(cluster, &format!("{name}.json"), &object.to_string()).display().to_string();
        cluster.kubectl(&["apply", "--server-side", "-f", &path]).ok();
    }
    let file = scene.file_in("strict", "hasty", json!({}), json!({}));
    let ran = cluster.until("the policy is in force", Duration::from_secs(30), || {
        let ran = scene.deploy(&file, &["--dry-run=server"]);
        (ran.code != 0).then_some(ran)
    });
    let parts = [
        "the API server would reject DaemonSet strict/hasty",
        "Error from server (Invalid)",
        "agents must settle for more than 5 s",
    ];
    told("a policy refuses it, 422", ran, 3, &parts);
    assert!(!scene.is_there("strict", "hasty"));

    // Webhooks that nobody answers for.
    for (kind, group, name) in [("daemonsets", "apps", "no-daemonsets"), ("pods", "", "no-pods")] {
        namespace(name);
        let hook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name}, "webhooks": [{"name": format!("{name}.example.com"), "failurePolicy": "Fail",
                "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 2,
                "namespaceSelector": {"matchLabels": {"case": name}},
                "clientConfig": {"url": "https://127.0.0.1:9/x"},
                "rules": [{"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": [kind]}]}]});
        let path = written(cluster, &format!("{name}-hook.json"), &hook.to_string()).display().to_string();
        cluster.kubectl(&["apply", "--server-side", "-f", &path]).ok();
    }
    let file = scene.file_in("no-daemonsets", "hooked", json!({}), json!({}));
    let began = Instant::now();
    // The server takes a moment to know its webhooks.
    let ran = cluster.until("the webhook is asked", Duration::from_secs(30), || {
        let ran = scene.deploy(&file, &["--dry-run=server"]);
        (ran.code != 0).then_some(ran)
    });
    let parts = ["failed calling webhook \"no-daemonsets.example.com\"", "validatingwebhookconfigurations"];
    told("a webhook for DaemonSets is down", ran, 1, &parts);
    assert!(began.elapsed() < Duration::from_secs(20), "a webhook that is down was waited for {:?}", began.elapsed());
    let file = scene.file_in("no-pods", "hooked", json!({}), json!({}));
    let parts = ["admission would reject a pod of the template", "failed calling webhook \"no-pods.example.com\""];
    told("a webhook for pods is down", scene.deploy(&file, &["--fail-if-unschedulable"]), 3, &parts);
    assert!(!scene.is_there("no-pods", "hooked"));
    let parts = [parts[0], "creation refused", "no-pods.example.com"];
    told("the same, deployed all the same", scene.deploy(&file, &[]), 2, &parts);

    // A namespace that does not go.
    namespace("going");
    cluster.create(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "holds", "namespace": "going", "finalizers": ["example.com/never"]}}));
    cluster.delete("/api/v1/namespaces/going");
    let file = scene.file_in("going", "late", json!({}), json!({}));
    let parts = ["because it is being terminated", "run the command again when the namespace is gone"];
    told("a namespace that terminates", scene.deploy(&file, &[]), 3, &parts);
    cluster.patch("/api/v1/namespaces/going/configmaps/holds", &json!({"metadata": {"finalizers": null}}));

    // Quotas.
    namespace("full");
    cluster.create(
        &json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": "full"},
        "spec": {"hard": {"count/daemonsets.apps": "0"}}}),
    );
    let used = |namespace: &str| {
        cluster.until("the quota is counted", Duration::from_secs(20), || {
            cluster.list("ResourceQuota", Some(namespace)).iter().all(|q| q["status"]["used"].is_object()).then_some(())
        });
    };
    used("full");
    let file = scene.file_in("full", "more", json!({}), json!({}));
    told("a quota of DaemonSets that is full", scene.deploy(&file, &[]), 3, &["exceeded quota: none", "resourcequota"]);
    namespace("tight");
    cluster.create(
        &json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "two", "namespace": "tight"},
        "spec": {"hard": {"pods": "2"}}}),
    );
    used("tight");
    let file = scene.file_in("tight", "three", json!({}), json!({}));
    let parts =
        ["3 eligible, 2 will get a pod", "a ResourceQuota admits 2 of 3 pods", "1 eligible node would get no pod"];
    told("a quota that admits 2 of 3 pods", scene.deploy(&file, &["--fail-if-unschedulable"]), 3, &parts);
    let parts = ["creation refused", "quota"];
    told("the same, deployed all the same", scene.deploy(&file, &[]), 2, &parts);

    // Another manager that wants it otherwise, before and during the rollout.
    let file = scene.file("contested", json!({}), json!({}));
    scene.deploy(&file, &[]).ok();
    let patch = r#"{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":2}}}}"#;
    let fights = || cluster.kubectl(&["patch", "daemonset", "contested", "--field-manager=fleet", "-p", patch]).ok();
    fights();
    let parts = ["manager `fleet` owns .spec.template.spec.terminationGracePeriodSeconds", "--force-conflicts"];
    told("another manager owns a field", scene.deploy(&file, &[]), 3, &parts);
    scene.kubelets.behave(|_| Behaviour::Ready(Duration::from_secs(3)));
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            cluster.until("it is taken over", Duration::from_secs(20), || {
                let object = cluster.get("/apis/apps/v1/namespaces/default/daemonsets/contested");
                let seconds = &object["spec"]["template"]["spec"]["terminationGracePeriodSeconds"];
                (*seconds == 1).then_some(())
            });
            // Times of managers are whole seconds.
            std::thread::sleep(Duration::from_millis(1100));
            fights();
        });
        scene.deploy(&file, &["--force-conflicts"])
    });
    let parts = ["another client changed DaemonSet default/contested during the rollout (field manager `fleet`)"];
    told("another manager fights for it during the rollout", ran, 2, &parts);
}

fn of_rights() {
    let scene = Scene::start();
    let cluster = &scene.cluster;
    let rules = |extra: Value| {
        let mut rules = vec![
            json!({"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["get", "patch"]}),
            json!({"apiGroups": ["", "rbac.authorization.k8s.io"], "verbs": ["get", "list", "patch", "create"],
                "resources": ["namespaces", "serviceaccounts", "configmaps", "secrets", "clusterroles", "clusterrolebindings"]}),
        ];
        rules.extend(extra.as_array().cloned().unwrap_or_default());
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "some"}, "rules": rules});
        let path = written(cluster, "role.json", &role.to_string()).display().to_string();
        cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &path]).ok();
    };
    rules(json!([]));
    cluster.create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "some"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "some"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}]}));
    let config = cluster.kubeconfig("nobody").display().to_string();
    let as_nobody =
        |file: &str, flags: &[&str]| scene.deploy(file, &[&["--kubeconfig", config.as_str()], flags].concat());
    let text = spec("owned", "registry.example/agent:1", "a: 1");
    let file = written(cluster, "owned.yaml", &text).display().to_string();
    // The authorizer takes a moment to know its rules.
    let parts = [
        "user `nobody` cannot create daemonsets.apps in owned, list pods in owned, list controllerrevisions.apps in owned",
    ];
    let ran = cluster.until("the rights are known", Duration::from_secs(20), || {
        let ran = as_nobody(&file, &[]);
        ran.stderr.contains("cannot create daemonsets").then_some(ran)
    });
    told("rights are missing", ran, 3, &parts);
    assert!(cluster.list("Namespace", None).iter().all(|n| n["metadata"]["name"] != "owned"), "something was written");

    // Whoever does not follow needs no right to.
    let more = json!([{"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["create"]}]);
    rules(more.clone());
    let parts = [
        "the API server would reject ClusterRole owned:agent",
        "currently held",
        "nobody can grant permissions that they do not have",
    ];
    let ran = cluster.until("the rights are known", Duration::from_secs(20), || {
        let ran = as_nobody(&file, &["--wait=false"]);
        (!ran.stderr.contains("may not")).then_some(ran)
    });
    told("rights are given that one does not have", ran, 3, &parts);
    assert!(cluster.list("Namespace", None).iter().all(|n| n["metadata"]["name"] != "owned"), "something was written");

    // What is there already needs no right to create, and what is pruned one to delete.
    scene.deploy(&file, &[]).ok();
    let mut fewer = more.as_array().cloned().unwrap();
    fewer[0] = json!({"apiGroups": ["", "apps"], "resources": ["pods", "controllerrevisions"], "verbs": ["list"]});
    rules(Value::Array(fewer));
    let less: String = text.lines().filter(|l| !l.trim().starts_with("rbac")).map(|l| format!("{l}\n")).collect();
    let less = written(cluster, "less.yaml", &less).display().to_string();
    let ran = cluster.until("the rights are known", Duration::from_secs(20), || {
        let ran = as_nobody(&less, &[]);
        ran.stderr.contains("cannot delete cluster").then_some(ran)
    });
    let parts = [
        "user `nobody` cannot delete clusterrolebindings.rbac.authorization.k8s.io, delete clusterroles.rbac.authorization.k8s.io",
    ];
    told("the right to prune is missing", ran, 3, &parts);
    told("nothing is pruned, and nothing created", as_nobody(&less, &["--prune=false"]), 0, &[]);
}

/// What is put back, what is not, and what is said, where a rollout fails or something fails after it.
fn of_what_follows_a_failure() {
    let scene = Scene::start();
    let cluster = &scene.cluster;
    scene.kubelets.behave(|pod| match pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default() {
        image if image.ends_with(":absent") => Behaviour::NoImage,
        image if image.ends_with(":slow") => Behaviour::Ready(Duration::from_secs(3)),
        _ => Behaviour::QUICK,
    });
    let file = |name: &str, tag: &str| {
        let text = plain(name, &format!("registry.example/agent:{tag}"), json!({}), json!({}));
        written(cluster, &format!("{name}-{tag}.json"), &text).display().to_string()
    };
    let path = |name: &str| format!("/apis/apps/v1/namespaces/default/daemonsets/{name}");
    let spec_of = |name: &str| cluster.get(&path(name))["spec"]["template"]["spec"].clone();
    let image = |name: &str| spec_of(name)["containers"][0]["image"].as_str().unwrap_or_default().to_owned();
    let is_applied = |name: &str, tag: &str| {
        cluster.until("it is applied", Duration::from_secs(20), || image(name).ends_with(tag).then_some(()));
    };
    let back = "--rollback-on-failure";
    let patch = r#"{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":7}}}}"#;
    let ours = "not rolled back: the DaemonSet was changed by someone else";

    // Somebody else changes it, or deletes it, while it rolls out.
    scene.deploy(&file("changed", "1"), &[]).ok();
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            is_applied("changed", ":slow");
            cluster.kubectl(&["patch", "daemonset", "changed", "--field-manager=fleet", "-p", patch]).ok();
        });
        scene.deploy(&file("changed", "slow"), &[back])
    });
    told("changed by somebody else during the rollout", ran, 2, &["another client changed", ours]);
    let now = spec_of("changed");
    assert_eq!((&now["terminationGracePeriodSeconds"], image("changed").ends_with(":slow")), (&json!(7), true));
    scene.deploy(&file("deleted", "1"), &[]).ok();
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            is_applied("deleted", ":slow");
            cluster.delete(&path("deleted"));
        });
        scene.deploy(&file("deleted", "slow"), &[back])
    });
    told("deleted by somebody during the rollout", ran, 2, &["was deleted during the rollout", ours]);
    assert!(!scene.is_there("default", "deleted"), "it was made again");

    // The change comes between the end of the rollout and its being put back.
    scene.deploy(&file("late", "1"), &[]).ok();
    let proxy = Proxy::start(cluster);
    let change = ["patch", "daemonset", "late", "--field-manager=fleet", "-p", patch];
    let change = Mutex::new(cluster.command(cluster.binaries().kubectl(), &change));
    let written_before = AtomicUsize::new(0);
    let server = proxy.server(move |request| {
        if writes_it(request) && written_before.fetch_add(1, Ordering::SeqCst) == 1 {
            assert!(change.lock().unwrap().output().unwrap().status.success());
        }
        WriteOutcome::Pass
    });
    let ran = scene.deploy(&file("late", "absent"), &[back, "--server", &server]);
    told("changed just before it would be put back", ran, 2, &["ImagePullBackOff", ours]);
    let now = spec_of("late");
    assert_eq!((&now["terminationGracePeriodSeconds"], image("late").ends_with(":absent")), (&json!(7), true));

    // It may not be put back: why the rollout failed is told all the same.
    scene.deploy(&file("held", "1"), &[]).ok();
    let refused = status(422, "Invalid", "DaemonSet.apps \"held\" is invalid: denied");
    let written_before = AtomicUsize::new(0);
    let server =
        proxy.server(move |request| match writes_it(request) && written_before.fetch_add(1, Ordering::SeqCst) == 1 {
            true => WriteOutcome::Answer(422, "", refused.clone()),
            false => WriteOutcome::Pass,
        });
    let ran = scene.deploy(&file("held", "absent"), &[back, "-o", "json", "--server", &server]);
    let parts = ["ImagePullBackOff", "not rolled back: cannot roll back DaemonSet default/held"];
    let report = told("putting it back is refused, 422", ran, 2, &parts).json();
    assert_eq!(report["outcome"], "failed");
    assert!(report["reasons"].to_string().contains("ImagePullBackOff"), "{report}");

    // So may pruning.
    let text = spec("pruned", "registry.example/agent:1", "a: 1");
    let all = written(cluster, "pruned.yaml", &text).display().to_string();
    scene.deploy(&all, &[]).ok();
    let less: String = text.lines().filter(|l| !l.trim().starts_with("rbac")).map(|l| format!("{l}\n")).collect();
    let less = written(cluster, "less.yaml", &less).display().to_string();
    let refused = status(403, "Forbidden", "denied");
    let deletes = |request: &Request| request.line().starts_with("DELETE ");
    let server = proxy.server(first(ALWAYS, deletes, WriteOutcome::Answer(403, "", refused)));
    let ran = scene.deploy(&less, &["-o", "json", "--server", &server]);
    let report = told("pruning is refused, 403", ran, 2, &["cannot prune ClusterRole"]).json();
    assert_eq!((&report["outcome"], &report["available"]), (&json!("done"), &json!(3)), "{report}");
    assert!(report["reasons"].to_string().contains("cannot prune ClusterRole"), "{report}");

    // Nobody reads any more.
    scene.deploy(&file("unread", "1"), &[]).ok();
    let absent = file("unread", "absent");
    let arguments = ["deploy", "-f", &absent, "--give-up-after=1s", back];
    let ran = Ran::unread(cluster.command(env!("CARGO_BIN_EXE_kubectl-daemonset"), &arguments));
    told(
        "nobody reads what is told",
        ran,
        2,
        &["ImagePullBackOff", "rolled back: the pods of the previous template are available"],
    );
    assert!(image("unread").ends_with(":1"));

    // Who only looks on is done then.
    scene.deploy(&file("unread", "slow"), &["--wait=false"]).ok();
    let arguments = ["status", "unread", "--wait"];
    let ran = Ran::unread(cluster.command(env!("CARGO_BIN_EXE_kubectl-daemonset"), &arguments));
    told("nobody reads a status", ran, 0, &[]);
    assert_ne!(cluster.get(&path("unread"))["status"]["updatedNumberScheduled"], 3, "it was followed to its end");
}
