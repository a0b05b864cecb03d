//! What a real kubelet says of pods that run and of pods that cannot.

use std::{sync::LazyLock, time::Duration};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{deploy::written, test};
use crate::harness::{Cluster, IMAGE, RealNode, RealWorld};
use crate::summary::skipped;

/// The test of this file: all of [`inside`], in a world of their own.
pub fn tests() -> Vec<Trial> {
    vec![Trial::test("real_node", || {
        if let Some(why) = RealWorld::missing() {
            skipped("the tests on a real node", &why, "as root: make cluster-packages");
            return Ok(());
        }
        match RealWorld::enter(&["inside"])? {
            0 => Ok(()),
            code => Err(format!("the tests on the real node exited {code}, they are above").into()),
        }
    })]
}

/// The tests that run on the real node; one after another, since they share it and the agents of those before.
pub fn inside() -> Vec<Trial> {
    vec![
        test("real_node::an_agent_runs_and_its_logs_are_read", an_agent_runs),
        test("real_node::what_cannot_run_says_why", what_cannot_run_says_why),
        test("real_node::what_the_kubelet_refuses_says_why", what_the_kubelet_refuses),
        test("real_node::the_doctor_names_what_the_kubelet_says", the_doctor_names_it),
        test("real_node::the_last_lines_of_a_log_are_told", last_lines_are_told),
        test("real_node::a_snapshot_tells_the_same_but_for_logs", a_snapshot_tells_the_same),
        test("real_node::what_the_kubelet_will_refuse_is_known_before", known_before),
    ]
}

/// Agents that cannot run, and the code that the doctor has for each without their logs.
const CODES: [(&str, &str); 22] = [
    ("crashes", "DS425"),
    ("eats", "DS426"),
    ("pulls", "DS420"),
    ("lacks", "DS423"),
    ("execs", "DS424"),
    ("unready", "DS436"),
    ("mounts", "DS431"),
    ("lives", "DS435"),
    ("inits", "DS440"),
    ("ends", "DS428"),
    ("misnamed", "DS421"),
    ("never", "DS422"),
    ("root", "DS429"),
    ("denied", "DS429"),
    ("foreign", "DS425"),
    ("mapless", "DS430"),
    ("sandbox", "DS433"),
    ("gate", "DS437"),
    ("out-of-cpu", "DS401"),
    ("off-selector", "DS402"),
    ("port-taken", "DS403"),
    ("kernel", "DS406"),
];

/// One for all: with this process it ends.
static NODE: LazyLock<RealNode> = LazyLock::new(RealNode::start);

fn cluster() -> &'static Cluster {
    &NODE.cluster
}

fn agent(name: &str, container: Value, volumes: Value) -> Value {
    let mut container = container;
    container["name"] = json!("agent");
    if container["image"].is_null() {
        container["image"] = json!(IMAGE);
    }
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], "volumes": volumes}}},
    })
}

/// One whose pod spec is laid over the plainest.
fn agent_of(name: &str, spec: Value) -> Value {
    let mut set = agent(name, json!({}), json!([]));
    for (key, value) in spec.as_object().into_iter().flatten() {
        set["spec"]["template"]["spec"][key] = value.clone();
    }
    set
}

/// The DaemonSet's one pod, once `what` finds what it looks for in it.
fn pod_with<T>(name: &str, what: &str, find: impl Fn(&Value) -> Option<T>) -> T {
    cluster().until(what, Duration::from_secs(120), || {
        let pods = cluster().list("Pod", Some("default"));
        pods.iter().filter(|p| p["metadata"]["labels"]["app"] == name).find_map(&find)
    })
}

/// What the one that crashes writes: a line that means something, and one that no terminal may get raw.
const CRASH: &str = r"echo first; echo 'open /data: permission denied'; printf 'last \033[31mred\n'; exit 3";

fn an_agent_runs() {
    let script = "echo hello from $NODE; exec sleep 2147483647";
    let container = json!({"command": ["sh", "-c", script], "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]});
    cluster().create(&agent("runs", container, json!([])));
    let pod = pod_with("runs", "the agent runs", |p| {
        (p["status"]["containerStatuses"][0]["ready"] == true).then(|| p["metadata"]["name"].clone())
    });
    let name = pod.as_str().unwrap_or_default();
    let logs = cluster().kubectl(&["logs", name]).ok();
    assert_eq!(logs.stdout, "hello from real\n");
    cluster().kubectl(&["rollout", "status", "daemonset/runs", "--timeout=20s"]).ok();
    cluster().kubectl(&["delete", "daemonset", "runs", "--wait"]).ok();
    cluster().kubectl(&["wait", "--for=delete", &format!("pod/{name}"), "--timeout=60s"]).ok();
}

fn what_cannot_run_says_why() {
    let none = json!([]);
    let absent_map = json!([{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "absent", "key": "a"}}}]);
    let sets = [
        ("crashes", json!({"command": ["sh", "-c", CRASH]}), none.clone()),
        (
            "eats",
            json!({"command": ["sh", "-c", "tail /dev/zero"], "resources": {"limits": {"memory": "24Mi"}}}),
            none.clone(),
        ),
        // A registry that refuses at once, on the node's own loopback.
        ("pulls", json!({"image": "127.0.0.1:1/absent:1"}), none.clone()),
        ("lacks", json!({"env": absent_map}), none.clone()),
        ("execs", json!({"command": ["/no/such/program"]}), none.clone()),
        ("unready", json!({"readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1}}), none),
        (
            "mounts",
            json!({"volumeMounts": [{"name": "h", "mountPath": "/h"}]}),
            json!([{"name": "h", "hostPath": {"path": "/etc/hostname", "type": "Directory"}}]),
        ),
    ];
    for (name, container, volumes) in sets {
        cluster().create(&agent(name, container, volumes));
    }
    let of = |container: Value| {
        let mut container = container;
        container["name"] = json!("agent");
        if container["image"].is_null() {
            container["image"] = json!(IMAGE);
        }
        container
    };
    cluster().create_all(&[
        json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "absent"}, "handler": "absent"}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "foreign", "namespace": "default"},
            "data": {"program": "this is no program of this machine\n"}}),
    ]);
    let fails = json!({"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1});
    let mounted = json!([{"name": "v", "mountPath": "/v"}]);
    let mut init = of(json!({"command": ["sh", "-c", "exit 4"]}));
    init["name"] = json!("init");
    cluster().create_all(&[
        agent_of("lives", json!({"containers": [of(json!({"livenessProbe": fails}))]})),
        agent_of("inits", json!({"initContainers": [init]})),
        agent_of("ends", json!({"containers": [of(json!({"command": ["true"]}))]})),
        agent_of("misnamed", json!({"containers": [of(json!({"image": "registry.example/UPPER:1"}))]})),
        agent_of(
            "never",
            json!({"containers": [of(json!({"image": "registry.example/absent:1", "imagePullPolicy": "Never"}))]}),
        ),
        agent_of("root", json!({"containers": [of(json!({"securityContext": {"runAsNonRoot": true}}))]})),
        agent_of("denied", json!({"containers": [of(json!({"command": ["/etc/passwd"]}))]})),
        agent_of(
            "foreign",
            json!({"containers": [of(json!({"command": ["/v/program"], "volumeMounts": mounted}))],
            "volumes": [{"name": "v", "configMap": {"name": "foreign", "defaultMode": 0o755}}]}),
        ),
        agent_of(
            "mapless",
            json!({"containers": [of(json!({"volumeMounts": mounted}))],
            "volumes": [{"name": "v", "configMap": {"name": "absent"}}]}),
        ),
        agent_of("sandbox", json!({"runtimeClassName": "absent"})),
        agent_of("gate", json!({"readinessGates": [{"conditionType": "example.com/gate"}]})),
    ]);

    let told = |name: &str, reason: &str, words: &str| {
        cluster().until(&format!("{name}: {reason}: {words}"), Duration::from_secs(120), || {
            let events = cluster().list("Event", Some("default"));
            let ours = |e: &&Value| e["involvedObject"]["name"].as_str().is_some_and(|n| n.starts_with(name));
            let told =
                events.iter().filter(ours).filter(|e| e["reason"] == reason).filter_map(|e| e["message"].as_str());
            told.into_iter().any(|m| m.contains(words)).then_some(())
        });
    };
    let waiting = |name: &str, reason: &str| {
        pod_with(name, &format!("{name} waits: {reason}"), |p| {
            let status = &p["status"]["containerStatuses"][0];
            (status["state"]["waiting"]["reason"] == reason).then(|| status.clone())
        })
    };
    assert_eq!(waiting("crashes", "CrashLoopBackOff")["lastState"]["terminated"]["exitCode"], 3);
    // The runtime does not notice it each time.
    pod_with("eats", "is killed for its memory", |p| {
        let status = &p["status"]["containerStatuses"][0];
        (status["lastState"]["terminated"]["reason"] == "OOMKilled").then_some(())
    });
    waiting("pulls", "ImagePullBackOff");
    let lacks = waiting("lacks", "CreateContainerConfigError")["state"]["waiting"]["message"].to_string();
    assert!(lacks.contains("configmap") && lacks.contains("absent"), "{lacks}");
    let execs = waiting("execs", "CrashLoopBackOff")["lastState"]["terminated"].clone();
    assert_eq!(execs["reason"], "StartError", "{execs}");
    pod_with("unready", "runs and is not ready", |p| {
        let status = &p["status"]["containerStatuses"][0];
        (status["state"]["running"].is_object() && status["ready"] == false).then_some(())
    });
    waiting("lives", "CrashLoopBackOff");
    waiting("ends", "CrashLoopBackOff");
    waiting("misnamed", "InvalidImageName");
    waiting("never", "ErrImageNeverPull");
    waiting("root", "CreateContainerConfigError");
    assert_eq!(waiting("denied", "CrashLoopBackOff")["lastState"]["terminated"]["reason"], "StartError");
    waiting("foreign", "CrashLoopBackOff");
    pod_with("inits", "its init container fails", |p| {
        (p["status"]["initContainerStatuses"][0]["restartCount"].as_u64() > Some(0)).then_some(())
    });
    pod_with("gate", "waits for its gate", |p| {
        p["status"]["conditions"].to_string().contains("ReadinessGatesNotReady").then_some(())
    });
    told("mapless", "FailedMount", "configmap \"absent\" not found");
    told("sandbox", "FailedCreatePodSandBox", "absent");
    cluster().until("the kubelet tells that the path is no directory", Duration::from_secs(60), || {
        let events = cluster().list("Event", Some("default"));
        let told = events.iter().filter(|e| e["reason"] == "FailedMount").filter_map(|e| e["message"].as_str());
        told.into_iter().any(|m| m.contains("hostPath type check failed")).then_some(())
    });
}

/// Templates that name the node meet no scheduler: the kubelet is the first to say no.
fn what_the_kubelet_refuses() {
    let port = json!([{"containerPort": 9999, "hostPort": 9999}]);
    let with_port = json!([{"name": "agent", "image": IMAGE, "ports": port}]);
    let much = json!([{"name": "agent", "image": IMAGE, "resources": {"requests": {"cpu": "1000"}}}]);
    cluster().create_all(&[
        json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "elsewhere"}, "handler": "runc",
            "scheduling": {"nodeSelector": {"never": "here"}}}),
        agent_of("port-holder", json!({"containers": with_port})),
    ]);
    pod_with("port-holder", "the port is held", |p| (p["status"]["phase"] == "Running").then_some(()));
    cluster().create_all(&[
        agent_of("out-of-cpu", json!({"nodeName": "real", "containers": much})),
        agent_of("off-selector", json!({"nodeName": "real", "runtimeClassName": "elsewhere"})),
        agent_of("port-taken", json!({"nodeName": "real", "containers": with_port})),
        agent_of(
            "kernel",
            json!({"nodeName": "real", "securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "65536"}]}}),
        ),
    ]);
    for (name, reason) in [
        ("out-of-cpu", "OutOfcpu"),
        ("off-selector", "NodeAffinity"),
        ("port-taken", "NodePorts"),
        ("kernel", "SysctlForbidden"),
    ] {
        cluster().until(&format!("the kubelet refuses {name}: {reason}"), Duration::from_secs(120), || {
            let events = cluster().list("Event", Some("default"));
            let ours = |e: &&Value| e["involvedObject"]["name"].as_str().is_some_and(|n| n.starts_with(name));
            events.iter().filter(ours).any(|e| e["reason"] == reason).then_some(())
        });
    }
}

/// [`CODES`] where logs can be read: only the log says that a program was built for another architecture.
fn codes_with_logs() -> [(&'static str, &'static str); CODES.len()] {
    CODES.map(|(name, code)| (name, if name == "foreign" { "DS427" } else { code }))
}

/// The report in which every agent that cannot run is told by its code. Now and then the runtime does not notice that a
/// container was killed for its memory, and says so the next time only.
fn once_all_is_told(codes: &[(&str, &str)], report: impl Fn() -> Value) -> Value {
    cluster().until("all that cannot run is told", Duration::from_secs(90), || {
        let report = report();
        let sets = report["daemonSets"].as_array().cloned().unwrap_or_default();
        let untold = codes.iter().filter(|(name, code)| {
            let set = sets.iter().find(|set| set["name"] == *name);
            !set.is_some_and(|set| set["findings"].to_string().contains(code))
        });
        let untold: Vec<_> = untold.collect();
        if !untold.is_empty() {
            println!("not told this time: {untold:?}");
        }
        untold.is_empty().then_some(report)
    })
}

/// After [`what_cannot_run_says_why`]: its agents are there still.
fn the_doctor_names_it() {
    let doctor = ["doctor", "-n", "default", "--grace", "0s", "-o", "json"];
    let codes = codes_with_logs();
    let report = once_all_is_told(&codes, || cluster().plugin("admin", &doctor).expect_code(2).json());
    let sets = report["daemonSets"].as_array().cloned().unwrap_or_default();
    for (name, code) in &codes {
        let set = sets.iter().find(|s| s["name"] == *name).unwrap_or_else(|| panic!("{name} is not in the report"));
        let node = set["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|n| n["name"] == "real")
            .unwrap_or_else(|| panic!("{name}: no node"));
        // Templates that name the node, of which the node's object and its pods say that the kubelet refuses them.
        let known = ["out-of-cpu", "off-selector", "port-taken"].contains(name);
        // What objects show to be missing keeps a bound pod from starting.
        let blocked = ["lacks", "mapless", "misnamed", "sandbox"].contains(name) && node["placement"] == "blocked";
        let expected = if known { "rejected" } else { "placed" };
        assert!(blocked || node["placement"] == expected, "{name}: {}", node["placement"]);
        // What the kubelet refused is made anew, and so is now this, now that.
        let states = ["unhealthy", "starting", "failed", "missing", "pending"];
        assert!(node["state"].as_str().is_some_and(|s| states.contains(&s)), "{name}: {}", node["state"]);
        let reasons = node["reasons"].as_array().cloned().unwrap_or_default();
        let codes: Vec<&str> = reasons.iter().filter_map(|r| r["code"].as_str()).collect();
        assert!(codes.contains(code), "{name} should tell {code}, tells {reasons:#?}");
    }
    let table = cluster().plugin("admin", &["doctor", "-n", "default", "--grace", "0s"]).expect_code(2);
    assert!(table.stdout.lines().all(|l| l.chars().count() <= 80), "wider than 80 columns: {table}");
}

/// The one DaemonSet of a report.
fn only(report: &Value) -> &Value {
    &report["daemonSets"][0]
}

/// After [`what_cannot_run_says_why`].
fn last_lines_are_told() {
    let doctor = |user: &str, more: &[&str]| {
        let arguments = [&["doctor", "crashes", "-n", "default", "--grace", "0s"], more].concat();
        cluster().plugin(user, &arguments).expect_code(2)
    };
    // Between two runs there may be no log for a moment, or that of a run that has just begun, but never another.
    let report = cluster().until("the log is there", Duration::from_secs(60), || {
        let report = doctor("admin", &["--logs", "2", "-o", "json"]).json();
        let finding = &only(&report)["findings"][0];
        assert_eq!(finding["code"], "DS425", "{finding:#}");
        assert!(!finding["log"].to_string().contains("real-node"), "{finding:#}");
        (finding["log"]["lines"] == json!(["open /data: permission denied", "last \u{1b}[31mred"])).then_some(report)
    });
    let finding = &only(&report)["findings"][0];
    assert_eq!(finding["log"]["container"], "agent");
    assert_eq!(finding["evidence"]["likelyCause"]["kind"], "imageOwner", "{finding:#}");
    let of_node = &only(&report)["nodes"][0]["reasons"][0];
    assert_eq!(of_node["log"], finding["log"], "{of_node:#}");

    cluster().until("the table shows it", Duration::from_secs(60), || {
        let table = doctor("admin", &["--logs", "3"]).stdout;
        table.contains("  | first\n  | open /data: permission denied\n  | last \\u{1b}[31mred\n").then_some(())
    });
    // A pipe that did not ask gets no lines but the one that leads to the cause.
    let quiet = doctor("admin", &[]).stdout;
    assert!(!quiet.contains("\n  | "), "{quiet}");

    // What the kernel said of a foreign program stands in the log alone.
    let foreign = ["doctor", "foreign", "-n", "default", "--grace", "0s", "-o", "json", "--logs", "3"];
    // While it starts once more, the runtime may have removed the run that wrote it.
    let finding = cluster().until("the log gives the cause", Duration::from_secs(60), || {
        let report = cluster().plugin("admin", &foreign).expect_code(2).json();
        let finding = &only(&report)["findings"][0];
        assert!(!finding["log"].to_string().contains("unable to retrieve"), "{finding:#}");
        (finding["code"] == "DS427").then(|| finding.clone())
    });
    assert!(finding["log"]["lines"].to_string().contains("exec format error"), "{finding:#}");

    // Who may not read logs is told which right that is.
    let rules = json!([
        {"apiGroups": ["", "apps", "node.k8s.io", "policy", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io"],
         "resources": ["nodes", "pods", "namespaces", "serviceaccounts", "limitranges", "resourcequotas", "events",
            "persistentvolumeclaims", "persistentvolumes", "daemonsets", "controllerrevisions", "runtimeclasses",
            "priorityclasses", "poddisruptionbudgets", "deviceclasses", "storageclasses", "csinodes", "csidrivers",
            "volumeattachments", "csistoragecapacities"],
         "verbs": ["get", "list"]}]);
    cluster().create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "looks"}, "rules": rules}));
    cluster().create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "looks"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "looks"},
        "subjects": [{"kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}]}));
    let report = doctor("nobody", &["--logs", "2", "-o", "json"]).json();
    assert_eq!(only(&report)["findings"][0]["code"], "DS425");
    assert!(only(&report)["findings"][0]["log"].is_null());
    let expected = json!([
        {"what": "other pods on 1 node", "why": "not needed: the running pod proves that the node has capacity"},
        {"what": "pods/log in namespace default", "why": "forbidden: needs `get` on `pods/log`"},
    ]);
    assert_eq!(report["notChecked"], expected, "{:#}", report["notChecked"]);
}

/// After [`what_the_kubelet_refuses`].
fn a_snapshot_tells_the_same() {
    let file = cluster().folder().join("saved.gz").display().to_string();
    let saved = ["doctor", "-n", "default", "--grace", "0s", "-o", "json", "--snapshot", &file];
    let report = once_all_is_told(&CODES, || {
        let _ = std::fs::remove_file(&file);
        cluster().plugin("admin", &["snapshot", "--file", &file]).ok();
        cluster().plugin("admin", &saved).expect_code(2).json()
    });
    assert!(report["notChecked"].to_string().contains("log lines of failed containers"), "{:#}", report["notChecked"]);
}

/// After all others: the node runs short of disk.
fn known_before() {
    let other = agent_of("other-os", json!({"os": {"name": "windows"}}));
    let strict = agent_of("strict", json!({"securityContext": {"supplementalGroupsPolicy": "Strict"}}));
    let pressed = agent_of("pressed", json!({"os": {"name": "linux"}}));
    let critical = agent_of("critical", json!({"priorityClassName": "system-node-critical"}));
    let all = [("other-os", &other), ("strict", &strict), ("pressed", &pressed), ("critical", &critical)];
    let placements = || {
        all.map(|(name, set)| {
            let file = written(cluster(), &format!("{name}.json"), &set.to_string()).display().to_string();
            let report = cluster().plugin("admin", &["doctor", "-f", &file, "-o", "json"]).json();
            only(&report)["placements"].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(",")
        })
    };
    let refused = |name: &str, reason: &str, words: &str| {
        cluster().until(&format!("the kubelet refuses {name}"), Duration::from_secs(60), || {
            let events = cluster().list("Event", Some("default"));
            let ours = |e: &&Value| e["involvedObject"]["name"].as_str().is_some_and(|n| n.starts_with(name));
            let told = |e: &Value| e["reason"] == reason && e["message"].as_str().is_some_and(|m| m.contains(words));
            events.iter().filter(ours).any(told).then_some(())
        });
    };
    // A runtime that can keep groups out takes the pod; Debian's of today cannot.
    let can = cluster().list("Node", None)[0]["status"]["features"]["supplementalGroupsPolicy"] == true;
    let groups = if can { "placed" } else { "rejected" };
    assert_eq!(placements(), ["rejected", groups, "placed", "placed"]);
    cluster().create_all(&[other.clone(), strict.clone()]);
    refused("other-os", "PodOSNotSupported", "the OS field doesn't match node OS");
    if can {
        println!("a pod with supplementalGroupsPolicy: Strict is not refused: the runtime supports it");
    } else {
        refused("strict", "SupplementalGroupsPolicyNotSupported", "SupplementalGroupsPolicy=Strict is not supported");
    }
    NODE.reconfigure("evictionHard", json!({"nodefs.available": "99.9%"}));
    NODE.until_it_has("DiskPressure", Duration::from_secs(60));
    assert_eq!(placements(), ["rejected", "rejected", "rejected", "placed"]);
    cluster().create_all(&[pressed.clone(), critical.clone()]);
    refused("pressed", "Evicted", "The node had condition: [DiskPressure]");
    // Whether it runs then is another matter: the kubelet removes images, too.
    pod_with("critical", "the critical one is let in", |p| {
        let status = &p["status"];
        (status["phase"] != "Failed" && status["containerStatuses"][0]["state"].is_object()).then_some(())
    });
}
