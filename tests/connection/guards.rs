//! `deploy --fail-if-...` refuses whatever could not be seen, and `deploy` and `doctor -f` give one answer.

use serde_json::{Value, json};

use super::api::Api;
use super::program::{Home, Ran};
use super::server::{Reply, Server, Subject, json as answer, status};

const GUARDS: [&str; 2] = ["--fail-if-unschedulable", "--fail-if-preempting"];

fn named(api_version: &str, kind: &str, namespace: &str, name: &str, more: Value) -> Value {
    let mut object = more;
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    object["metadata"]["name"] = json!(name);
    object["metadata"]["uid"] = json!(format!("{kind}-{name}").to_lowercase());
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = json!(namespace);
    }
    object
}

fn node(name: &str) -> Value {
    let size = json!({"cpu": "1", "memory": "8Gi", "pods": "110"});
    named(
        "v1",
        "Node",
        "",
        name,
        json!({"metadata": {"labels": {"kubernetes.io/hostname": name}}, "status": {"allocatable": size, "capacity": size,
            "conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.3"}}}),
    )
}

fn pod(name: &str, node: &str, cpu: &str, labels: Value) -> Value {
    let containers = json!([{"name": "c", "image": "i:1", "resources": {"requests": {"cpu": cpu}}}]);
    named(
        "v1",
        "Pod",
        "default",
        name,
        json!({"metadata": {"labels": labels}, "spec": {"nodeName": node, "containers": containers},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}),
    )
}

/// Two nodes, and one object of each kind that a template here refers to.
fn objects() -> Vec<Value> {
    let none = || json!({});
    vec![
        node("n1"),
        node("n2"),
        named("v1", "Namespace", "", "default", none()),
        named("v1", "ServiceAccount", "default", "agent", none()),
        named("scheduling.k8s.io/v1", "PriorityClass", "", "high", json!({"value": 1000})),
        named("node.k8s.io/v1", "RuntimeClass", "", "kata", json!({"handler": "kata"})),
        named(
            "storage.k8s.io/v1",
            "StorageClass",
            "",
            "fast",
            json!({"provisioner": "p", "volumeBindingMode": "Immediate"}),
        ),
        named(
            "v1",
            "PersistentVolume",
            "",
            "pv",
            json!({"spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "storageClassName": "",
                "claimRef": {"namespace": "default", "name": "data"}}, "status": {"phase": "Bound"}}),
        ),
        named(
            "v1",
            "PersistentVolumeClaim",
            "default",
            "data",
            json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
                "spec": {"accessModes": ["ReadWriteMany"], "volumeName": "pv", "storageClassName": "",
                    "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Bound"}}),
        ),
    ]
}

fn document(spec: Value) -> Value {
    let mut pod = json!({"containers": [{"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "100m"}}}]});
    for (key, value) in spec.as_object().expect("an object") {
        pod[key] = value.clone();
    }
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}},
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": pod}}})
}

/// Answers as an API server that takes every write, but for what may not be listed.
fn serving(objects: Vec<Value>, forbidden: &'static str) -> Server {
    let api = Api::new(objects);
    Server::http(move |asked: &Subject, _| {
        let is_review = asked.path().ends_with("accessreviews");
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        match asked.method.as_str() {
            "POST" if is_review && forbidden == "create pods" => {
                let attributes = &body["spec"]["resourceAttributes"];
                let allowed = !(attributes["verb"] == "create" && attributes["resource"] == "pods");
                answer(201, &json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed}}))
            }
            "POST" if !is_review => answer(201, &body),
            "PATCH" => answer(200, &body),
            "GET" if !forbidden.is_empty() && Api::resource(asked.path()) == forbidden && is_list(asked) => {
                status(403, "Forbidden", "is forbidden: User \"jane\" cannot do that")
            }
            _ => api.answer(asked),
        }
    })
}

/// The single DaemonSet must be read for a plan.
fn is_list(asked: &Subject) -> bool {
    !asked.path().ends_with("daemonsets/agent")
}

/// Requests that change the cluster.
fn writes(server: &Server) -> Vec<String> {
    let asked = server.asked().into_iter();
    asked
        .filter(|a| a.method != "GET" && !a.path().ends_with("accessreviews") && a.query("dryRun").is_none())
        .map(|a| format!("{} {}", a.method, a.target))
        .collect()
}

fn run(home: &Home, server: &Server, args: &[&str]) -> Ran {
    home.run(&[args, &["--server", &server.url()]].concat())
}

fn with_file(spec: Value) -> Home {
    let home = Home::new();
    home.write("agent.json", document(spec).to_string());
    home
}

const DEPLOY: [&str; 4] = ["deploy", "-f", "agent.json", "--wait=false"];

#[test]
fn a_guard_refuses_whatever_could_not_be_seen() {
    let plain = || json!({});
    let claim = || json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]});
    let one = json!({"example.com/gpu": "1"});
    let device =
        || json!({"containers": [{"name": "c", "image": "i:1", "resources": {"requests": one, "limits": one}}]});
    let live = named("apps/v1", "DaemonSet", "default", "agent", document(plain()));
    let cases: Vec<(&'static str, Value, bool)> = vec![
        ("nodes", plain(), false),
        ("pods", plain(), false),
        ("namespaces", plain(), false),
        ("limitranges", plain(), false),
        ("resourcequotas", plain(), false),
        ("priorityclasses", plain(), false),
        ("priorityclasses", json!({"priorityClassName": "high"}), false),
        ("serviceaccounts", json!({"serviceAccountName": "agent"}), false),
        ("runtimeclasses", json!({"runtimeClassName": "kata"}), false),
        ("deviceclasses", device(), false),
        ("persistentvolumeclaims", claim(), false),
        ("persistentvolumes", claim(), false),
        ("storageclasses", claim(), false),
        ("csinodes", claim(), false),
        ("volumeattachments", claim(), false),
        ("csistoragecapacities", claim(), false),
        ("csidrivers", claim(), false),
        ("controllerrevisions", plain(), true),
        ("create pods", plain(), false),
    ];
    let mut wrong = Vec::new();
    for (forbidden, spec, deployed) in cases {
        for guard in GUARDS {
            let home = with_file(spec.clone());
            let mut objects = objects();
            objects.extend(deployed.then(|| live.clone()));
            let server = serving(objects, forbidden);
            let ran = run(&home, &server, &[&DEPLOY[..], &[guard]].concat());
            let permission = match forbidden {
                "create pods" => "`create` on `pods`".to_owned(),
                resource => format!("`list` on `{resource}`"),
            };
            let is_named = ran.stderr.contains(&permission);
            if ran.code() != Some(3) || !is_named || !writes(&server).is_empty() {
                wrong.push(format!("{forbidden} {spec} {guard}: {:?}\n{ran:#?}", writes(&server)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_guard_passes_on_what_is_seen_and_on_what_decides_nothing() {
    let builtin = json!({"priorityClassName": "system-node-critical"});
    for (forbidden, spec) in [
        ("", json!({})),
        ("", json!({"priorityClassName": "high", "serviceAccountName": "agent", "runtimeClassName": "kata"})),
        // The template does not refer to them.
        ("runtimeclasses", json!({})),
        ("serviceaccounts", json!({})),
        ("persistentvolumeclaims", json!({})),
        ("deviceclasses", json!({})),
        // Every server knows this one.
        ("priorityclasses", builtin),
        // Nobody is evicted.
        ("poddisruptionbudgets", json!({})),
        // Workloads with the same selector take no node from it.
        ("deployments", json!({})),
        ("statefulsets", json!({})),
    ] {
        let home = with_file(spec);
        let server = serving(objects(), forbidden);
        let ran = run(&home, &server, &[&DEPLOY[..], &GUARDS[..]].concat());
        let written = writes(&server);
        assert!(ran.code() == Some(0) && !written.is_empty(), "{forbidden}: {written:?} {ran:#?}");
    }
}

/// Two nodes with an old pod each; the next one of `n2` fits nowhere, and one node may be without.
fn stuck() -> (Home, Vec<Value>) {
    let mut objects = objects();
    let owner = json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "daemonset-agent",
        "controller": true}]);
    for name in ["n1", "n2"] {
        let mut own =
            pod(&format!("agent-{name}"), name, "100m", json!({"app": "agent", "controller-revision-hash": "h"}));
        own["metadata"]["ownerReferences"] = owner.clone();
        objects.push(own);
    }
    objects.push(pod("big", "n2", "900m", json!({})));
    let mut live = document(json!({}));
    live["metadata"]["uid"] = json!("daemonset-agent");
    objects.push(live);
    let home = Home::new();
    let more = json!({"containers": [{"name": "c", "image": "i:2", "resources": {"requests": {"cpu": "500m"}}}]});
    home.write("agent.json", document(more).to_string());
    (home, objects)
}

#[test]
fn a_rollout_that_cannot_finish_is_refused() {
    let (home, objects) = stuck();
    let server = serving(objects.clone(), "");
    let ran = run(&home, &server, &DEPLOY);
    assert_eq!(ran.code(), Some(3), "{}", ran.told());
    for part in ["error: the rollout cannot finish", "1 node will have no pod, which uses up maxUnavailable (1)"] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.told());
    }
    assert_eq!(writes(&server), [""; 0]);
    let ran = run(&home, &server, &[&DEPLOY[..], &["--allow-stuck"]].concat());
    assert_eq!(ran.code(), Some(0), "{}", ran.told());
    assert_eq!(writes(&server).len(), 1);
}

/// Answers as an API server whose admission takes no pod.
fn denying_pods(objects: Vec<Value>) -> Server {
    let api = Api::new(objects);
    Server::http(move |asked: &Subject, _| -> Reply {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        match asked.method.as_str() {
            "POST" if asked.path().ends_with("/pods") => status(403, "Forbidden", "no naked pods"),
            "PATCH" => answer(200, &body),
            _ => api.answer(asked),
        }
    })
}

#[test]
fn a_refusal_hides_no_other_reason() {
    let (home, objects) = stuck();
    let server = denying_pods(objects);
    let ran = run(&home, &server, &DEPLOY);
    assert_eq!(ran.code(), Some(3), "{}", ran.told());
    for part in ["error: the rollout cannot finish", "warning: admission would reject a pod of the template: "] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.told());
    }
    // The guard refuses for the same reason, and says so once.
    let home = with_file(json!({}));
    let ran = run(&home, &denying_pods(self::objects()), &[&DEPLOY[..], &["--fail-if-unschedulable"]].concat());
    assert_eq!(ran.stderr.matches("admission would reject a pod of the template").count(), 1, "{}", ran.told());
}

/// Who was asked needs no longer be told that webhooks could not be read.
#[test]
fn what_the_probe_answers_is_checked() {
    let home = with_file(json!({}));
    let unchecked = |more: &[&str]| {
        let server = serving(objects(), "mutatingwebhookconfigurations");
        let ran = run(&home, &server, &[&["doctor", "-f", "agent.json", "-o", "json"], more].concat());
        let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
        report["notChecked"].to_string()
    };
    assert!(unchecked(&[]).contains("admission webhooks and policies"), "{}", unchecked(&[]));
    let asked = unchecked(&["--probe-admission"]);
    assert!(!asked.contains("admission webhooks"), "{asked}");
}

#[test]
fn a_guard_refuses_nodes_whose_placement_is_unknown() {
    let home = with_file(json!({"schedulerName": "another"}));
    for (guard, code) in [
        (vec!["--fail-if-unschedulable"], 3),
        (vec!["--fail-if-preempting"], 3),
        // With both nodes it is still fewer than three.
        (vec!["--fail-if-unschedulable=3"], 0),
        (vec![], 0),
    ] {
        let server = serving(objects(), "");
        let ran = run(&home, &server, &[&DEPLOY[..], &guard].concat());
        assert_eq!(ran.code(), Some(code), "{guard:?}: {ran:#?}");
        assert_eq!(writes(&server).is_empty(), code == 3, "{guard:?}: {ran:#?}");
    }
}

#[test]
fn a_guard_refuses_a_plan_that_asks_no_admission() {
    let home = with_file(json!({}));
    let server = serving(objects(), "");
    let ran = run(&home, &server, &["deploy", "-f", "agent.json", "--dry-run=client", "--fail-if-unschedulable"]);
    assert_eq!(ran.code(), Some(3), "{ran:#?}");
}

#[test]
fn a_guard_of_evictions_refuses_where_budgets_could_not_be_seen() {
    let home = with_file(json!({"priorityClassName": "high", "containers": [
        {"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "600m"}}}]}));
    let mut objects = objects();
    objects.push(pod("loose", "n1", "500m", json!({})));
    let server = serving(objects, "poddisruptionbudgets");
    let ran = run(&home, &server, &[&DEPLOY[..], &["--fail-if-preempting=2"]].concat());
    assert_eq!(ran.code(), Some(3), "{ran:#?}");
    assert!(writes(&server).is_empty(), "{:?}", writes(&server));
}

/// Placement and victims of every node, by either command.
fn answers(home: &Home, objects: &[Value]) -> [Value; 2] {
    let read = |ran: &Ran| -> Value { serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:#?}")) };
    let server = serving(objects.to_vec(), "");
    let told = read(&run(home, &server, &["doctor", "-f", "agent.json", "-o", "json", "--all-nodes"]));
    let nodes = told["daemonSets"][0]["nodes"].as_array().expect("nodes").iter();
    let doctor =
        nodes.map(|n| (n["name"].as_str().expect("a name"), n["placement"].clone(), n["evidence"]["victims"].clone()));
    let doctor = doctor.map(|(name, placement, victims)| json!([name, placement, victims])).collect();
    let told = read(&run(home, &server, &["deploy", "-f", "agent.json", "--dry-run=server", "-o", "json"]));
    let prediction = &told["prediction"];
    let nodes = prediction["nodes"].as_object().expect("nodes").iter();
    let deploy = nodes.map(|(name, placement)| json!([name, placement, prediction["victims"][name]])).collect();
    [doctor, deploy]
}

#[test]
fn doctor_and_deploy_name_the_same_victims() {
    let home = with_file(json!({"priorityClassName": "high", "containers": [
        {"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "500m"}}}]}));
    for (guarded, victim) in [("one", "two"), ("two", "one")] {
        let mut objects = objects();
        objects.extend(["one", "two"].map(|name| pod(name, "n1", "500m", json!({"app": name}))));
        objects.push(named(
            "policy/v1",
            "PodDisruptionBudget",
            "default",
            guarded,
            json!({"spec": {"selector": {"matchLabels": {"app": guarded}}}, "status": {"disruptionsAllowed": 0}}),
        ));
        let [doctor, deploy] = answers(&home, &objects);
        assert_eq!(doctor, deploy);
        assert_eq!(deploy[0], json!(["n1", "preempting", [format!("default/{victim}")]]));
    }
}

#[test]
fn doctor_and_deploy_know_the_same_of_device_classes() {
    let one = json!({"example.com/gpu": "1"});
    let home = with_file(
        json!({"containers": [{"name": "c", "image": "i:1", "resources": {"requests": one, "limits": one}}]}),
    );
    let mut objects = objects();
    let class = json!({"spec": {"extendedResourceName": "example.com/gpu"}});
    objects.push(named("resource.k8s.io/v1", "DeviceClass", "", "gpu", class));
    let [doctor, deploy] = answers(&home, &objects);
    assert_eq!(doctor, deploy);
    // No driver offers a device there, which needs no allocator to say.
    assert_eq!(deploy[0], json!(["n1", "unschedulable", null]));
}

/// Nobody reads this server's words as an answer to a dry run.
#[test]
fn a_probe_that_is_refused_is_told() {
    let home = with_file(json!({}));
    let server = denying_pods(objects());
    for guard in GUARDS {
        let ran = run(&home, &server, &[&DEPLOY[..], &[guard]].concat());
        let refuses = guard == GUARDS[0];
        assert_eq!(ran.code(), Some(if refuses { 3 } else { 0 }), "{guard}: {ran:#?}");
    }
}

/// Either command asks admission for the pod that the controller would send.
#[test]
fn doctor_and_deploy_ask_admission_for_the_same_pod() {
    let live = named("apps/v1", "DaemonSet", "default", "agent", document(json!({})));
    for deployed in [false, true] {
        let home = with_file(json!({"hostNetwork": true}));
        let mut all = objects();
        all.extend(deployed.then(|| live.clone()));
        let asked = |args: &[&str]| -> Value {
            let server = serving(all.clone(), "");
            run(&home, &server, args);
            let asked = server.asked();
            let of_pod = asked.iter().find(|a| a.method == "POST" && a.path().ends_with("/pods"));
            let of_pod = of_pod.unwrap_or_else(|| panic!("{args:?} asks for no pod"));
            assert_eq!(of_pod.query("dryRun").as_deref(), Some("All"));
            serde_json::from_str(&of_pod.body).expect("a pod")
        };
        let doctor = asked(&["doctor", "-f", "agent.json", "--probe-admission"]);
        let deploy = asked(&["deploy", "-f", "agent.json", "--dry-run=server"]);
        assert_eq!(doctor, deploy);
        assert_eq!(doctor["metadata"]["ownerReferences"][0]["kind"], "DaemonSet");
        let uid = &doctor["metadata"]["ownerReferences"][0]["uid"];
        assert_eq!(*uid == live["metadata"]["uid"], deployed);
        let tolerations = doctor["spec"]["tolerations"].as_array().expect("tolerations");
        assert!(tolerations.iter().any(|t| t["key"] == "node.kubernetes.io/network-unavailable"), "{tolerations:?}");
        let pin = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0";
        assert_eq!(doctor.pointer(pin).expect("a pin")["matchFields"][0]["values"], json!(["n1"]));
    }
}
