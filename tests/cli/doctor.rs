use serde_json::{Value, json};

use super::album::Album;
use super::{assert_text, file, root, run};

const CLUSTER: &str = "docs/example/cluster.json";

const AGENT: &str = "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: monitoring}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      nodeSelector: {disk: ssd}
      containers:
        - name: agent
          image: registry.example/agent:1.0
          ports: [{containerPort: 9100, hostPort: 9100}]
          resources: {requests: {cpu: 100m, memory: 64Mi}}
";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the report is JSON")
}

fn schema() -> Value {
    json(&std::fs::read_to_string(root().join("docs/report.schema.json")).expect("the schema is there"))
}

#[test]
fn two_runs_give_the_same_bytes() {
    for format in ["table", "wide", "json", "yaml", "name", "markdown", "junit", "sarif", "html"] {
        let once = run(&["doctor", "--snapshot", CLUSTER, "-o", format]);
        let again = run(&["doctor", "--snapshot", CLUSTER, "-o", format]);
        assert_eq!((once.code, once.stdout.is_empty()), (2, false), "{format}: {}", once.stderr);
        assert_text(&again.stdout, &once.stdout);
    }
}

/// `-o name` names each node whose pod is not healthy, and each node on which a document would have no pod.
#[test]
fn names_are_of_the_nodes_that_lack_a_healthy_pod() {
    let lacking = |args: &[&str]| -> Vec<String> {
        let report = json(&run(&[args, &["-o", "json"]].concat()).stdout);
        let nodes = report["daemonSets"].as_array().unwrap().iter().flat_map(|d| d["nodes"].as_array().unwrap());
        let lacks = |node: &&Value| {
            node["placement"] != "excluded" && !matches!(node["state"].as_str(), Some("none" | "healthy" | "stranded"))
        };
        let mut names: Vec<String> =
            nodes.filter(lacks).map(|n| format!("node/{}", n["name"].as_str().unwrap())).collect();
        names.sort();
        names.dedup();
        names
    };
    for args in
        [vec!["doctor", "--snapshot", CLUSTER], vec!["doctor", "log-agent", "-n", "logging", "--snapshot", CLUSTER]]
    {
        let named = run(&[&args[..], &["-o", "name"]].concat()).stdout;
        assert_eq!(named.lines().collect::<Vec<_>>(), lacking(&args), "{args:?}");
        assert!(named.contains("node/edge-1\n"), "the pod of edge-1 is unhealthy: {named}");
    }

    // Each document fits on every node of 4 cpu, but not both.
    let folder = tempfile::tempdir().unwrap();
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "spec": {},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}, "conditions": [{"type": "Ready", "status": "True"}]}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "x"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"phase": "Running"}});
    let cluster = json!({"apiVersion": "v1", "kind": "List", "items": [node, pod]}).to_string();
    let cluster = file(&folder, "cluster.json", &cluster);
    let large = AGENT.replace("disk: ssd", "").replace(", hostPort: 9100", "").replace("cpu: 100m", "cpu: '3'");
    let one = file(&folder, "one.yaml", &large);
    let two =
        file(&folder, "two.yaml", &large.replace("name: agent,", "name: other,").replace("app: agent", "app: other"));
    let both = ["doctor", "-f", &one, "-f", &two, "--snapshot", &cluster, "-o", "name"];
    assert_eq!(run(&both).stdout, "node/n1\n");
    assert_eq!(run(&["doctor", "-f", &one, "--snapshot", &cluster, "-o", "name"]).stdout, "");
}

#[test]
fn the_report_follows_its_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let folder = tempfile::tempdir().unwrap();
    let agent = file(&folder, "agent.yaml", AGENT);
    for args in [
        vec!["doctor", "--snapshot", CLUSTER, "-o", "json", "--all-nodes"],
        vec!["doctor", "-f", &agent, "--snapshot", CLUSTER, "-o", "json"],
        vec!["doctor", "--node", "ml-1", "--snapshot", CLUSTER, "-o", "json"],
    ] {
        let report = json(&run(&args).stdout);
        let wrong: Vec<String> =
            validator.iter_errors(&report).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(wrong.is_empty(), "{args:?}: {wrong:?}");
        for daemon_set in report["daemonSets"].as_array().unwrap() {
            let findings = daemon_set["findings"].as_array().unwrap();
            for reason in daemon_set["nodes"].as_array().unwrap().iter().flat_map(|n| n["reasons"].as_array().unwrap())
            {
                let Some(finding) = reason["finding"].as_u64() else { continue };
                assert_eq!(findings[finding as usize]["severity"], reason["severity"], "{reason}");
            }
        }
    }
}

#[test]
fn yaml_and_json_are_the_same_report() {
    let as_json = json(&run(&["doctor", "--snapshot", CLUSTER, "-o", "json"]).stdout);
    let yaml = run(&["doctor", "--snapshot", CLUSTER, "-o", "yaml"]).stdout;
    let as_yaml: Value = serde_yaml::from_str(&yaml).expect("the report is YAML");
    assert_eq!(as_yaml, as_json);
}

#[test]
fn exit_codes_follow_the_worst_finding() {
    let folder = tempfile::tempdir().unwrap();
    let fine = file(
        &folder,
        "fine.yaml",
        &AGENT.replace("nodeSelector: {disk: ssd}", "nodeSelector: {kubernetes.io/hostname: app-1}"),
    );
    let other = file(&folder, "other.yaml", &AGENT.replace("nodeSelector: {disk: ssd}", "schedulerName: mine"));
    for (what, args, code) in [
        ("fits", vec!["-f", &fine], 0),
        ("a warning, errors fail", vec!["-f", &other], 0),
        ("a warning fails", vec!["-f", &other, "--fail-on", "warning"], 2),
        ("an unknown fails", vec!["-f", &other, "--fail-on", "unknown"], 2),
        ("expected everywhere", vec!["-f", &fine, "--expect", "all"], 2),
        ("expected where it is", vec!["-f", &fine, "--expect", "kubernetes.io/hostname=app-1"], 0),
        (
            "accepted",
            vec!["log-agent", "-n", "logging", "--ignore", "DS210", "--ignore", "DS426", "--ignore", "DS503"],
            0,
        ),
        ("no such name", vec!["log-agnet", "-n", "logging"], 1),
        ("no such node", vec!["--node", "app-9"], 1),
        ("no such code", vec!["--ignore", "DS999"], 1),
        ("no such format", vec!["-o", "xml"], 1),
        ("another namespace", vec!["-f", &fine, "-n", "shop"], 1),
    ] {
        for format in ["table", "json", "name"] {
            let mut all = vec!["doctor", "--snapshot", CLUSTER];
            if what != "no such format" {
                all.extend(["-o", format]);
            }
            all.extend(args.iter().copied());
            let ran = run(&all);
            assert_eq!(ran.code, code, "{what} as {format}:\n{}{}", ran.stdout, ran.stderr);
            assert!(ran.code != 1 || ran.stdout.is_empty(), "{what} as {format}: {}", ran.stdout);
        }
    }
}

#[test]
fn what_is_accepted_is_counted() {
    let ran = run(&[
        "doctor",
        "log-agent",
        "-n",
        "logging",
        "--snapshot",
        CLUSTER,
        "--ignore",
        "DS104@pool=ml",
        "-o",
        "json",
    ]);
    let report = json(&ran.stdout);
    let ignored = &report["daemonSets"][0]["ignored"];
    assert_eq!(ignored[0]["code"], "DS104", "{ignored}");
    assert_eq!(report["summary"]["ignored"], 1);
}

#[test]
fn no_control_character_reaches_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let evil = "dedi\\u001b[31mcated\\u202e";
    let node = |name: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"name":"{name}","labels":{{"po\u001b]0;ol":"x\u009b"}}}},"spec":{{"taints":[{{"key":"{evil}","effect":"NoSchedule"}}]}}}}"#
        )
    };
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d"}}"#;
    let text = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{},{},{pod}]}}"#, node("a\\u001b[2J"), node("b"));
    let cluster = file(&folder, "cluster.json", &text);
    let agent = file(&folder, "agent.yaml", AGENT);
    for format in ["table", "wide", "name", "markdown", "junit", "sarif", "html"] {
        let ran = run(&["doctor", "-f", &agent, "--snapshot", &cluster, "-o", format]);
        let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ran.stdout.contains(raw) && !ran.stderr.contains(raw), "{format}: {:?}", ran.stdout);
    }
}

#[test]
fn five_thousand_nodes_fit_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let mut items = vec![r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d"}}"#.to_owned()];
    for i in 0..5000 {
        let (pool, taints) = match i % 10 {
            0 => ("ml", r#"[{"key":"dedicated","value":"ml","effect":"NoSchedule"}]"#),
            1 => ("old", "[]"),
            _ => ("app", "[]"),
        };
        let disk = if pool == "old" { "hdd" } else { "ssd" };
        let cpu = if i % 10 == 2 { "50m" } else { "4" };
        items.push(format!(
            r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"name":"node-{i:04}","labels":{{"pool":"{pool}","disk":"{disk}"}}}},"spec":{{"taints":{taints}}},"status":{{"allocatable":{{"cpu":"{cpu}","memory":"8Gi","pods":"110"}}}}}}"#
        ));
    }
    let cluster =
        file(&folder, "cluster.json", &format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, items.join(",")));
    let agent = file(&folder, "agent.yaml", AGENT);
    let ran = run(&["doctor", "-f", &agent, "--snapshot", &cluster]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stdout.lines().count() <= 40, "{}", ran.stdout);
    let wide: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let mut album = Album::new("large");
    album.show("five-thousand-nodes", &ran.stdout);
    album.close();
}

/// Lays a merge patch over a document.
fn merge(document: &mut Value, patch: Value) {
    match (document, patch) {
        (Value::Object(document), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    document.remove(&key);
                } else {
                    merge(document.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (document, patch) => *document = patch,
    }
}

/// Does to a document what its fix says.
fn paste(document: &mut Value, fix: &Value) {
    merge(document, serde_yaml::from_str(fix["patch"].as_str().unwrap()).unwrap());
}

#[test]
fn a_fix_that_is_pasted_mends_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "\
apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: monitoring
  node_selector: {pool: ML}
  container: {app: {image: {repo: registry.example/agent, tag: '1'}, resources: {requests: {cpu: 100m}}}}
";
    for (name, text) in [("spec", spec.to_owned()), ("apps", AGENT.replace("disk: ssd", "pool: ML"))] {
        let written = file(&folder, &format!("{name}.yaml"), &text);
        let report = json(&run(&["doctor", "-f", &written, "--snapshot", CLUSTER, "-o", "json"]).stdout);
        let findings = report["daemonSets"][0]["findings"].as_array().unwrap();
        let fix =
            findings.iter().map(|f| &f["fix"]).find(|fix| fix.is_object()).unwrap_or_else(|| panic!("{findings:#?}"));
        assert_eq!(fix["nodesFixed"], 2, "{fix}");
        let mut document: Value = serde_yaml::from_str(&text).unwrap();
        paste(&mut document, fix);
        let mended = file(&folder, &format!("{name}-mended.json"), &document.to_string());
        let ran = run(&["doctor", "-f", &mended, "--snapshot", CLUSTER, "-o", "json"]);
        assert_eq!(ran.stderr, "", "{document:#}");
        assert_eq!(json(&ran.stdout)["daemonSets"][0]["placements"]["placed"], 2, "{name}: {document:#}");
    }
}

/// Runs the doctor on a document, on the example cluster with more objects beside it, and gives the findings.
fn findings_with(folder: &tempfile::TempDir, document: &str, more: &Value) -> Vec<Value> {
    let written = file(folder, "document.yaml", document);
    let beside = file(folder, "beside.json", &json!({"apiVersion": "v1", "kind": "List", "items": more}).to_string());
    let ran = run(&["doctor", "-f", &written, "--snapshot", CLUSTER, "--snapshot", &beside, "-o", "json"]);
    json(&ran.stdout)["daemonSets"][0]["findings"].as_array().unwrap().clone()
}

fn coded<'f>(findings: &'f [Value], code: &str) -> Option<&'f Value> {
    findings.iter().find(|finding| finding["code"] == code)
}

/// What a finding and its fix say, for a snapshot.
fn sentences(finding: &Value) -> String {
    let mut text =
        format!("{}: {}\n", finding["code"].as_str().expect("a code"), finding["message"].as_str().expect("text"));
    for note in finding["notes"].as_array().into_iter().flatten() {
        text += &format!("  {}\n", note.as_str().expect("text"));
    }
    if let Some(summary) = finding["fix"]["summary"].as_str() {
        text += &format!("  fix: {summary}\n");
    }
    text
}

#[test]
fn a_quota_is_raised_to_what_all_pods_use() {
    let folder = tempfile::tempdir().unwrap();
    let quota = |hard: &Value| {
        json!([
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring"}},
            {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "share", "namespace": "monitoring"},
             "spec": {"hard": hard},
             "status": {"hard": hard, "used": {"requests.memory": "192Mi", "pods": "3"}}},
        ])
    };
    let agent = AGENT.replace("nodeSelector: {disk: ssd}", "nodeSelector: {}");
    let wanted = run(&["doctor", "-f", &file(&folder, "free.yaml", &agent), "--snapshot", CLUSTER, "-o", "json"]);
    let wanted = json(&wanted.stdout)["daemonSets"][0]["desiredNumberScheduled"].as_u64().unwrap();
    let mut album = Album::new("fixes/quota");
    for (code, pods, mends) in [("DS315", 5, wanted - 2), ("DS312", 3, wanted - 3)] {
        let mut hard = json!({"pods": pods.to_string(), "requests.memory": "100Gi"});
        let found = findings_with(&folder, &agent, &quota(&hard));
        let fix = &coded(&found, code).unwrap_or_else(|| panic!("{found:#?}"))["fix"];
        album.show(code, &sentences(coded(&found, code).expect("it is found")));
        assert_eq!((&fix["target"], &fix["language"]), (&json!("resourcequota"), &json!("v1")));
        assert_eq!(fix["nodesFixed"], mends, "{fix}");
        let patch: Value = serde_yaml::from_str(fix["patch"].as_str().unwrap()).unwrap();
        assert_eq!(patch["metadata"], json!({"name": "share", "namespace": "monitoring"}));
        merge(&mut hard, patch["spec"]["hard"].clone());
        let mended = findings_with(&folder, &agent, &quota(&hard));
        assert!(coded(&mended, "DS312").is_none() && coded(&mended, "DS315").is_none(), "{mended:#?}");
    }
    album.close();
}

/// A document whose pods are labelled `name` and have these fields more.
fn document_with(name: &str, more: &Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": "registry.example/agent:1"}]});
    merge(&mut spec, more.clone());
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "monitoring"},
        "spec": {"selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name, "tier": "agent"}}, "spec": spec}}})
}

fn constraint(key: &str, app: &str, more: &Value) -> Value {
    let mut constraint = json!({"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": app}}});
    merge(&mut constraint, more.clone());
    constraint
}

fn term(key: &str, app: &str, more: &Value) -> Value {
    let mut term = json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}});
    merge(&mut term, more.clone());
    term
}

const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

#[test]
fn what_is_asked_of_other_pods_is_let_go_and_the_rest_kept() {
    let folder = tempfile::tempdir().unwrap();
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let preferred = json!([{"weight": 7, "podAffinityTerm": term(HOST, "db", &json!({"matchLabelKeys": ["tier"]}))}]);
    let terms = |terms: Value| json!({"preferredDuringSchedulingIgnoredDuringExecution": preferred, required: terms});
    let soft = constraint("kubernetes.io/arch", "agent", &json!({"whenUnsatisfiable": "ScheduleAnyway"}));
    let in_shop = json!({"namespaces": ["shop"]});
    let other = term(ZONE, "none", &json!({"mismatchLabelKeys": ["tier"], "namespaceSelector": {}}));
    // What it asks, the code, and where in the pod what of it is left.
    let cases = [
        (
            json!({"topologySpreadConstraints": [soft, constraint("rack", "agent", &json!({"minDomains": 2}))]}),
            "DS240",
            "/topologySpreadConstraints",
            json!([soft, constraint("rack", "agent", &json!({"whenUnsatisfiable": "ScheduleAnyway"}))]),
        ),
        (
            json!({"topologySpreadConstraints": [constraint(HOST, "old-exporter", &json!({"minDomains": 2,
                "labelSelector": {"matchLabels": null, "matchExpressions": [{"key": "app", "operator": "Exists"}]}})), soft]}),
            "DS241",
            "/topologySpreadConstraints/1",
            soft.clone(),
        ),
        (
            json!({"affinity": {"podAffinity": terms(json!([term(HOST, "web", &in_shop)]))}}),
            "DS250",
            "/affinity/podAffinity",
            terms(json!([])),
        ),
        (
            json!({"affinity": {"podAntiAffinity": terms(json!([other, term(HOST, "web", &in_shop)]))}}),
            "DS251",
            "/affinity/podAntiAffinity",
            terms(json!([other])),
        ),
        (
            json!({"topologySpreadConstraints": [constraint(ZONE, "agent",
                &json!({"nodeAffinityPolicy": "Ignore", "nodeTaintsPolicy": "Honor"}))]}),
            "DS291",
            "/topologySpreadConstraints/0/nodeAffinityPolicy",
            json!("Ignore"),
        ),
        (
            json!({"affinity": {"podAntiAffinity": terms(json!([term(ZONE, "agent", &json!({}))]))}}),
            "DS292",
            "/affinity/podAntiAffinity",
            terms(json!([])),
        ),
    ];
    let mut album = Album::new("fixes/other-pods");
    for (asks, code, place, left) in cases {
        let mut document = document_with("agent", &asks);
        let found = findings_with(&folder, &document.to_string(), &json!([]));
        let finding = coded(&found, code).unwrap_or_else(|| panic!("{code}: {found:#?}"));
        album.show(code, &sentences(finding));
        let fix = &finding["fix"];
        assert_eq!(fix["nodesFixed"], finding["nodeCount"], "{fix}");
        paste(&mut document, fix);
        let mut kept = document["spec"]["template"]["spec"].pointer(place).cloned().unwrap_or_default();
        // A patch takes a field away by giving none.
        let constraints = kept.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
        constraints.for_each(|constraint| constraint.retain(|_, value| !value.is_null()));
        assert_eq!(kept, left, "{code}: {fix}");
        let mended = findings_with(&folder, &document.to_string(), &json!([]));
        assert!(coded(&mended, code).is_none(), "{code}: {mended:#?}");
    }
    album.close();
}

#[test]
fn a_spec_lets_go_of_other_pods_in_its_own_language() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "\
apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: monitoring
  container: {app: {image: {repo: registry.example/agent, tag: '1'}}}
  pod:
    topology_spread_constraints:
    - {max_skew: 1, topology_key: rack, when_unsatisfiable: DoNotSchedule, min_domains: 2,
       label_selector: {match_labels: {camelCase: kept}}, match_label_keys: [appName]}
    affinity:
      pod_anti_affinity:
        required_during_scheduling_ignored_during_execution:
        - {topology_key: kubernetes.io/hostname, namespaces: [shop], label_selector: {match_labels: {app: web}}}
";
    let mut document: Value = serde_yaml::from_str(spec).unwrap();
    // The fix of a finding may take the node's next cause along.
    for code in ["DS240", "DS251"] {
        let found = findings_with(&folder, &document.to_string(), &json!([]));
        let Some(finding) = coded(&found, code) else { continue };
        let fix = &finding["fix"];
        assert_eq!(fix["language"], "spec", "{fix}");
        paste(&mut document, fix);
    }
    let kept = &document["spec"]["pod"]["topology_spread_constraints"];
    assert_eq!(
        *kept,
        json!([{"max_skew": 1, "topology_key": "rack", "when_unsatisfiable": "ScheduleAnyway",
            "label_selector": {"match_labels": {"camelCase": "kept"}}, "match_label_keys": ["appName"]}])
    );
    let mended = findings_with(&folder, &document.to_string(), &json!([]));
    assert!(coded(&mended, "DS240").is_none() && coded(&mended, "DS251").is_none(), "{mended:#?}");
}

#[test]
fn two_constraints_for_one_key_have_no_patch() {
    // kubectl patch tells items of this list apart by their key alone.
    let folder = tempfile::tempdir().unwrap();
    let twice = json!({"topologySpreadConstraints": [constraint("rack", "agent", &json!({"whenUnsatisfiable": "ScheduleAnyway"})),
        constraint("rack", "agent", &json!({}))]});
    let found = findings_with(&folder, &document_with("agent", &twice).to_string(), &json!([]));
    assert_eq!(coded(&found, "DS240").unwrap_or_else(|| panic!("{found:#?}"))["fix"], Value::Null);
}

#[test]
fn who_keeps_others_away_is_named_with_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let hermit = |owners: Value| {
        json!([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hermit-0", "namespace": "shop", "ownerReferences": owners},
            "spec": {"nodeName": "app-1", "containers": [{"name": "c"}], "affinity": {"podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "other"}}},
                    {"topologyKey": HOST, "labelSelector": {"matchLabels": {"tier": "agent"}}, "namespaceSelector": {}}]}}},
            "status": {"phase": "Running"}}])
    };
    let owner =
        json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "hermit", "uid": "u", "controller": true}]);
    let mut album = Album::new("neighbours/keep-away");
    for (name, owners) in [("a-controller", owner), ("nobody", json!([]))] {
        let found = findings_with(&folder, &document_with("agent", &json!({})).to_string(), &hermit(owners));
        let finding = coded(&found, "DS252").unwrap_or_else(|| panic!("{found:#?}"));
        assert_eq!(finding["fix"], Value::Null);
        album.show(name, &sentences(finding));
    }
    album.close();
}

#[test]
fn where_pods_run_that_it_must_be_near() {
    let folder = tempfile::tempdir().unwrap();
    let near =
        |term: Value| json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}});
    let mut album = Album::new("neighbours/be-near");
    for (name, term) in [
        ("elsewhere", term(HOST, "web", &json!({"namespaces": ["shop"]}))),
        ("another-namespace", term(HOST, "web", &json!({}))),
        ("nowhere", term(HOST, "nobody", &json!({"namespaceSelector": {}}))),
        ("retired-key", term("failure-domain.beta.kubernetes.io/zone", "web", &json!({"namespaces": ["shop"]}))),
    ] {
        let found = findings_with(&folder, &document_with("agent", &near(term)).to_string(), &json!([]));
        let finding = coded(&found, "DS250").unwrap_or_else(|| panic!("{found:#?}"));
        album.show(name, &sentences(finding));
    }
    album.close();
}

#[test]
fn a_pod_that_has_its_node_evicts_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let asks = |cpu: &str| json!([{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}]);
    let owner =
        json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]);
    let pin = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]}}});
    for (node, expected) in [(json!("n1"), false), (Value::Null, true)] {
        let mut daemon_set = document_with("agent", &json!({"priorityClassName": "high", "containers": asks("500m")}));
        daemon_set["metadata"]["uid"] = json!("u1");
        let items = json!([
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
             "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}}},
            {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 9},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
             "spec": {"nodeName": "n1", "containers": asks("1")}, "status": {"phase": "Running"}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent-1", "namespace": "monitoring",
                "ownerReferences": owner, "labels": {"app": "agent", "tier": "agent"}},
             "spec": {"nodeName": node, "priority": 9, "affinity": pin, "containers": asks("500m")},
             "status": {"phase": "Pending"}},
            daemon_set,
        ]);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        let cluster = file(&folder, "cluster.json", &list.to_string());
        let report = json(&run(&["doctor", "-A", "--snapshot", &cluster, "-o", "json"]).stdout);
        let found = report["daemonSets"][0]["findings"].as_array().unwrap();
        assert_eq!(coded(found, "DS280").is_some(), expected, "{found:#?}");
        assert_eq!(report["daemonSets"][0]["nodes"][0]["placement"], "preempting", "{report:#}");
    }
}

/// Two nodes with old, available pods, and one that does not answer: its taints keep new pods away, and its pod counts.
#[test]
fn a_node_that_does_not_answer_uses_up_the_bound_though_no_pod_is_wanted_there() {
    let folder = tempfile::tempdir().unwrap();
    let node = |name: &str, ready: &str| {
        let taints = match ready {
            "True" => json!([]),
            _ => json!([{"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
                {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]),
        };
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"taints": taints}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"},
                "conditions": [{"type": "Ready", "status": ready}]}})
    };
    let owner =
        json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]);
    let pod = |node: &str, hash: &str, ready: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("agent-{node}"), "namespace": "monitoring",
                "creationTimestamp": "2026-01-02T00:00:00Z", "ownerReferences": owner,
                "labels": {"app": "agent", "tier": "agent", "controller-revision-hash": hash}},
            "spec": {"nodeName": node, "containers": [{"name": "c"}]},
            "status": {"phase": "Running", "conditions": [
                {"type": "Ready", "status": ready, "lastTransitionTime": "2026-01-02T00:01:00Z"}]}})
    };
    let revision = |hash: &str, number: u8| {
        json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": number, "metadata": {"name": hash,
            "namespace": "monitoring", "labels": {"controller-revision-hash": hash}, "ownerReferences": owner}})
    };
    let mut daemon_set = document_with("agent", &json!({}));
    daemon_set["metadata"]["uid"] = json!("u1");
    let mut leaving = pod("n3", "old", "False");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-03T00:00:00Z");
    for (third, expected) in [(pod("n3", "new", "False"), true), (leaving, true), (pod("n3", "new", "True"), false)] {
        let items = json!([
            node("n1", "True"),
            node("n2", "True"),
            node("n3", "Unknown"),
            pod("n1", "old", "True"),
            pod("n2", "old", "True"),
            third,
            revision("old", 1),
            revision("new", 2),
            daemon_set
        ]);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        let cluster = file(&folder, "cluster.json", &list.to_string());
        let ran = run(&["doctor", "agent", "-n", "monitoring", "--snapshot", &cluster, "-o", "json"]);
        let report = json(&ran.stdout)["daemonSets"][0].clone();
        let found = report["findings"].as_array().unwrap();
        let held = ["DS503", "DS505"].iter().any(|code| coded(found, code).is_some());
        assert_eq!(held, expected, "{found:#?}");
    }
}

/// Pods that a DaemonSet left behind, as with `--cascade=orphan`, are the next one's own and not in its way. Whoever has
/// another owner, is elsewhere or on its way out is.
#[test]
fn what_it_will_adopt_is_not_in_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let node = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
            "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}}})
    };
    let container = json!({"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}},
        "ports": [{"containerPort": 80, "hostPort": 80}]});
    let pod = |node: &str, metadata: Value| {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("agent-{node}"),
                "namespace": "monitoring", "labels": {"app": "agent", "pod-template-generation": "2"}},
            "spec": {"nodeName": node, "containers": [container]}, "status": {"phase": "Running"}});
        merge(&mut pod["metadata"], metadata);
        pod
    };
    let owner = json!([{"apiVersion": "v1", "kind": "ReplicaSet", "name": "r", "uid": "u9", "controller": true}]);
    let mut items: Vec<Value> = ["n1", "n2", "n3", "n4", "n5", "n6"].map(node).into();
    items.extend([
        pod("n1", json!({})),
        pod("n2", json!({"labels": {"pod-template-generation": "1"}})),
        pod("n3", json!({"namespace": "shop"})),
        pod("n4", json!({"deletionTimestamp": "2026-01-01T00:00:00Z"})),
        pod("n5", json!({"ownerReferences": owner})),
        pod("n6", json!({"labels": {"app": "another"}})),
    ]);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let cluster = file(&folder, "cluster.json", &list.to_string());
    let document = document_with("agent", &json!({"containers": [container]}));
    let written = file(&folder, "agent.json", &document.to_string());
    let report = json(&run(&["doctor", "-f", &written, "--snapshot", &cluster, "-o", "json"]).stdout);
    let report = &report["daemonSets"][0];
    assert_eq!(report["placements"], json!({"placed": 2, "unschedulable": 4}), "{report:#}");
    let adopts = coded(report["findings"].as_array().unwrap(), "DS509").unwrap();
    assert_eq!(adopts["evidence"]["pods"], json!(["monitoring/agent-n1", "monitoring/agent-n2"]));
    let mut album = Album::new("neighbours/adopts");
    album.show("one-of-its-generation", &sentences(adopts));
    album.close();
}

/// What the controller said of another DaemonSet of that name is over.
#[test]
fn events_are_those_of_the_daemon_set_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut daemon_set = document_with("agent", &json!({}));
    daemon_set["metadata"]["uid"] = json!("u2");
    for (uid, told) in [("u1", false), ("u2", true), ("", true)] {
        let mut about = json!({"kind": "DaemonSet", "namespace": "monitoring", "name": "agent"});
        if !uid.is_empty() {
            about["uid"] = json!(uid);
        }
        let items = json!([
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
             "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "x"}, "spec": {"containers": []}},
            {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "monitoring"}, "involvedObject": about,
             "type": "Warning", "reason": "FailedCreate", "lastTimestamp": "2026-01-01T00:00:00Z",
             "message": "Error creating: admission webhook \"w\" denied the request: no"},
            daemon_set,
        ]);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        let cluster = file(&folder, "cluster.json", &list.to_string());
        let ran = run(&["doctor", "agent", "-n", "monitoring", "--snapshot", &cluster, "-o", "json"]);
        let report = json(&ran.stdout);
        let found = report["daemonSets"][0]["findings"].as_array().unwrap();
        assert_eq!(coded(found, "DS320").is_some(), told, "{uid}: {found:#?}");
    }
}

/// No scheduler looks where the template names the node: the kubelet is the first to.
#[test]
fn a_template_that_names_its_node_meets_the_kubelet_alone() {
    let folder = tempfile::tempdir().unwrap();
    let items = json!([
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
         "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9", "example.com/fpga": "1"}}},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n2"}, "status": {"allocatable": {"pods": "9"}}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"nodeName": "n1",
            "containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]}, "status": {"phase": "Running"}},
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "system-node-critical"},
         "value": 2_000_001_000},
        {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "elsewhere"}, "handler": "h",
         "scheduling": {"nodeSelector": {"never": "here"}}},
    ]);
    let cluster =
        file(&folder, "cluster.json", &json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string());
    let asks = |name: &str, amount: &str| json!({"containers": [{"name": "c", "image": "i", "resources": {"requests": {name: amount}, "limits": {name: amount}}}]});
    let mut critical = asks("cpu", "100");
    critical["priorityClassName"] = json!("system-node-critical");
    let port = json!({"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80, "hostPort": 80}]}]});
    for (spec, code) in [
        (asks("cpu", "1"), None),
        (asks("cpu", "100"), Some("DS401")),
        (port, Some("DS403")),
        (json!({"runtimeClassName": "elsewhere"}), Some("DS402")),
        // For a critical pod the kubelet makes room.
        (critical, None),
        (asks("example.com/fpga", "2"), Some("DS401")),
        // What no node has may be somebody else's to give.
        (asks("example.com/none", "2"), None),
    ] {
        let mut document = document_with("agent", &spec);
        document["spec"]["template"]["spec"]["nodeName"] = json!("n1");
        let written = file(&folder, "agent.json", &document.to_string());
        let ran = run(&["doctor", "-f", &written, "--snapshot", &cluster, "-o", "json"]);
        let report = json(&ran.stdout)["daemonSets"][0].clone();
        let expected = if code.is_some() { "rejected" } else { "placed" };
        assert_eq!(report["placements"], json!({expected: 1, "excluded": 1}), "{spec}: {report:#}");
        let found = report["findings"].as_array().unwrap();
        assert!(code.is_none_or(|code| coded(found, code).is_some()), "{spec}: {found:#?}");
    }
}

#[test]
fn what_the_kubelet_will_refuse_is_told_beforehand() {
    let folder = tempfile::tempdir().unwrap();
    let node = |name: &str, os: &str, pressure: &str| {
        json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/os": os}},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}, "conditions": [
                {"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": pressure}]}})
    };
    let agent = |more: Value| {
        let mut spec = json!({"os": {"name": "linux"}, "containers": [{"name": "c", "image": "i"}]});
        merge(&mut spec, more);
        document_with("agent", &spec)
    };
    let owner =
        json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": true}]);
    let pod = |node: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("agent-{node}"), "namespace": "monitoring",
                "ownerReferences": owner, "labels": {"app": "agent", "tier": "agent"}},
            "spec": {"nodeName": node, "containers": [{"name": "c"}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})
    };
    let mut items = vec![
        node("fine", "linux", "False"),
        node("full", "linux", "True"),
        node("other", "windows", "False"),
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "system-node-critical"},
            "value": 2_000_001_000}),
    ];
    let cluster = |items: &[Value]| {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        file(&folder, "cluster.json", &list.to_string())
    };
    let report = |document: &Value, cluster: &str| {
        let written = file(&folder, "agent.json", &document.to_string());
        json(&run(&["doctor", "-f", &written, "--snapshot", cluster, "-o", "json"]).stdout)["daemonSets"][0].clone()
    };
    let nodes = cluster(&items);
    let before = report(&agent(json!({})), &nodes);
    assert_eq!(before["placements"], json!({"placed": 1, "rejected": 2}));
    let found = before["findings"].as_array().unwrap();
    let (pressure, other) = (coded(found, "DS405").unwrap(), coded(found, "DS409").unwrap());
    assert_eq!((&pressure["severity"], &other["severity"]), (&json!("error"), &json!("error")));
    let mut album = Album::new("kubelet");
    album.show("pressure", &sentences(pressure));
    album.show("operating-system", &sentences(other));
    let mut mended = agent(json!({}));
    paste(&mut mended, &other["fix"]);
    assert_eq!(report(&mended, &nodes)["placements"], json!({"placed": 1, "rejected": 1, "excluded": 1}));
    let critical = agent(json!({"priorityClassName": "system-node-critical", "os": null}));
    assert_eq!(report(&critical, &nodes)["placements"], json!({"placed": 3}));
    let mut old = node("old", "linux", "False");
    merge(&mut old, json!({"status": {"features": {"supplementalGroupsPolicy": false}}}));
    let strict = agent(json!({"securityContext": {"supplementalGroupsPolicy": "Strict"}}));
    let found = report(&strict, &cluster(&[node("fine", "linux", "False"), old]));
    assert_eq!(found["placements"], json!({"placed": 1, "rejected": 1}), "{found:#}");
    let groups = coded(found["findings"].as_array().unwrap(), "DS409").unwrap();
    album.show("supplemental-groups", &sentences(groups));
    let nodes = cluster(&items);
    let written = file(&folder, "agent.json", &agent(json!({})).to_string());
    album.show("report", &run(&["doctor", "-f", &written, "--snapshot", &nodes]).stdout);
    album.close();

    // A pod that runs is let be; one that is not there has its reason.
    let mut deployed = agent(json!({}));
    deployed["metadata"]["uid"] = json!("u1");
    items.extend([deployed, pod("fine")]);
    for (there, state, severity) in [(true, "healthy", "info"), (false, "missing", "error")] {
        let pods = there.then(|| pod("full"));
        let all: Vec<Value> = items.iter().cloned().chain(pods).collect();
        let arguments = ["doctor", "agent", "-n", "monitoring", "--snapshot", &cluster(&all), "-o", "json"];
        let report = json(&run(&arguments).stdout)["daemonSets"][0].clone();
        let full = report["nodes"].as_array().unwrap().iter().find(|node| node["name"] == "full");
        let found = coded(report["findings"].as_array().unwrap(), "DS405").unwrap_or_else(|| panic!("{report:#}"));
        assert_eq!(found["severity"], severity, "{report:#}");
        if let Some(full) = full {
            assert_eq!((&full["placement"], &full["state"]), (&json!("rejected"), &json!(state)), "{full:#}");
            let codes: Vec<&Value> = full["reasons"].as_array().unwrap().iter().map(|r| &r["code"]).collect();
            assert_eq!(codes, ["DS405"], "{full:#}");
        }
    }
}

#[test]
fn what_a_limit_range_asks_is_proposed_and_mends() {
    let folder = tempfile::tempdir().unwrap();
    let document = "\
apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: monitoring
  container:
    app:
      image: {repo: registry.example/agent, tag: '1'}
      resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {cpu: '3', memory: 64Mi}}
";
    let range = json!([
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring"}},
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "bounds", "namespace": "monitoring"}, "spec": {
            "limits": [{"type": "Container", "min": {"memory": "100Mi"}, "max": {"cpu": "2"},
                        "maxLimitRequestRatio": {"cpu": "10"}}]}},
    ]);
    let found = findings_with(&folder, document, &range);
    let fix = &coded(&found, "DS310").unwrap_or_else(|| panic!("{found:#?}"))["fix"];
    let mut album = Album::new("fixes/limit-range");
    album.show("DS310", &sentences(coded(&found, "DS310").expect("it is found")));
    album.close();
    let mut mended: Value = serde_yaml::from_str(document).unwrap();
    paste(&mut mended, fix);
    let after = findings_with(&folder, &mended.to_string(), &range);
    assert!(coded(&after, "DS310").is_none(), "{after:#?}");
}

#[test]
fn a_port_whose_number_repeats_has_no_patch() {
    // kubectl patch tells ports of a container apart by their numbers alone.
    let folder = tempfile::tempdir().unwrap();
    let port = |name: &str, number: u16, protocol: &str| json!({"name": name, "containerPort": number, "hostPort": 9100, "protocol": protocol});
    for (other, patch) in [
        (9100, Value::Null),
        (
            9200,
            json!({"containers": [{"name": "c", "ports": [{"containerPort": 9100, "protocol": "TCP", "hostPort": 9101}]}]}),
        ),
    ] {
        let ports = json!([port("udp", other, "UDP"), port("tcp", 9100, "TCP")]);
        let agent = json!({"containers": [{"name": "c", "image": "registry.example/agent:1", "ports": ports}]});
        let found = findings_with(&folder, &document_with("agent", &agent).to_string(), &json!([]));
        let fix = &coded(&found, "DS204").unwrap_or_else(|| panic!("{found:#?}"))["fix"];
        let told: Value = fix["patch"].as_str().map_or(Value::Null, |text| serde_yaml::from_str(text).unwrap());
        assert_eq!(told["spec"]["template"]["spec"], patch, "{fix}");
    }
}

#[test]
fn a_fix_of_a_spec_stands_where_the_thing_stands() {
    let folder = tempfile::tempdir().unwrap();
    let ports = "ports: [{name: m, container_port: 9100, host_port: 9100}, {name: web, container_port: 8080}]";
    let dns = "ports: [{name: u, container_port: 53, host_port: 9100, network_protocol: UDP}, \
               {name: t, container_port: 53, host_port: 9100}]";
    // Fields of the container, fields of the spec, the code, where something of the document is, and what.
    let cases = [
        (
            "",
            "pod: {scheduling: {node_affinity: {required: [{match_expressions: [{key: pool, operator: In, values: [ML]}]}], \
             preferred: [{weight: 1, term: {match_expressions: [{key: arch, operator: Exists}]}}]}}}",
            "DS102",
            "/pod/scheduling/node_affinity",
            json!({"required": [{"match_expressions": [{"key": "pool", "operator": "In", "values": ["ml"]}]}],
                "preferred": [{"weight": 1, "term": {"match_expressions": [{"key": "arch", "operator": "Exists"}]}}]}),
        ),
        (
            "",
            "pod: {scheduling: {topology_spread_constraints: [{max_skew: 1, topology_key: rack, \
             when_unsatisfiable: DoNotSchedule, min_domains: 2, match_labels: {camelCase: kept}}]}}",
            "DS240",
            "/pod/scheduling/topology_spread_constraints",
            json!([{"max_skew": 1, "topology_key": "rack", "when_unsatisfiable": "ScheduleAnyway",
                "match_labels": {"camelCase": "kept"}}]),
        ),
        (
            "",
            "pod: {scheduling: {pod_anti_affinity: {required: [\
             {match_labels: {app: none}, topology_key: kubernetes.io/hostname}, \
             {match_labels: {app: web}, topology_key: kubernetes.io/hostname, namespaces: [shop]}]}}}",
            "DS251",
            "/pod/scheduling/pod_anti_affinity/required",
            json!([{"match_labels": {"app": "none"}, "topology_key": "kubernetes.io/hostname"}]),
        ),
        (
            "",
            "pod: {scheduling: {node_selector: {POOL: ml}}}",
            "DS101",
            "/pod/scheduling/node_selector",
            json!({"pool": "ml"}),
        ),
        ("", "node_selector: {POOL: ml}", "DS101", "/node_selector", json!({"pool": "ml"})),
        (
            "",
            "pod: {scheduling: {tolerations: [{key: other, operator: Exists}, \
             {key: dedicated, value: ml, effect: NoExecute}]}}",
            "DS104",
            "/pod/scheduling/tolerations",
            json!([{"key": "other", "operator": "Exists"},
                {"key": "dedicated", "value": "ml", "effect": "NoSchedule"}]),
        ),
        (
            ports,
            "update_strategy: {max_surge: 1}",
            "DS504",
            "/update_strategy",
            json!({"max_unavailable": 1, "max_surge": 0}),
        ),
        (
            ports,
            "update_strategy: {max_unavailable: 0, rolling_update: {max_surge: 1}}",
            "DS504",
            "/update_strategy",
            json!({"rolling_update": {"max_unavailable": 1, "max_surge": 0}}),
        ),
        (
            ports,
            "",
            "DS204",
            "/container/app/ports",
            json!([{"name": "m", "container_port": 9100, "host_port": 9101}, {"name": "web", "container_port": 8080}]),
        ),
        (
            dns,
            "",
            "DS204",
            "/container/app/ports",
            json!([{"name": "u", "container_port": 53, "host_port": 9100, "network_protocol": "UDP"},
                {"name": "t", "container_port": 53, "host_port": 9101}]),
        ),
    ];
    for (container, spec, code, place, left) in cases {
        let text = format!(
            "apiVersion: kubernetes.planton.dev/v1alpha1\nkind: KubernetesDaemonSet\nmetadata: {{name: agent}}\n\
             spec:\n  namespace: monitoring\n  container: {{app: {{image: 'registry.example/agent:1', {container}}}}}\n  \
             {spec}\n"
        );
        let found = findings_with(&folder, &text, &json!([]));
        let before = coded(&found, code).unwrap_or_else(|| panic!("{code}: {text}{found:#?}"));
        let fix = &before["fix"];
        assert_eq!(fix["language"], "spec", "{text}{found:#?}");
        let mut document: Value = serde_yaml::from_str(&text).unwrap();
        paste(&mut document, fix);
        assert_eq!(document["spec"].pointer(place), Some(&left), "{fix}");
        let mended = findings_with(&folder, &document.to_string(), &json!([]));
        let fewer = |after: &Value| after["nodeCount"].as_u64() < before["nodeCount"].as_u64();
        assert!(coded(&mended, code).is_none_or(fewer), "{document:#} {mended:#?}");
    }
}

/// What is about several documents is filtered as everything else.
#[test]
fn what_does_not_fit_together_is_accepted_and_restricted_as_any_finding() {
    let folder = tempfile::tempdir().unwrap();
    let port =
        json!({"containers": [{"name": "c", "image": "i:1", "ports": [{"containerPort": 80, "hostPort": 8088}]}]});
    let one = file(&folder, "one.json", &document_with("one", &port).to_string());
    let two = file(&folder, "two.json", &document_with("two", &port).to_string());
    let found = |more: &[&str]| {
        let args = ["doctor", "-f", &one, "-f", &two, "--snapshot", CLUSTER, "-o", "json"];
        let report = json(&run(&[&args[..], more].concat()).stdout);
        let two = report["daemonSets"][1].clone();
        let finding = coded(two["findings"].as_array().unwrap(), "DS610").cloned();
        (finding, two["ignored"].clone())
    };
    let all = found(&[]).0.expect("both want the port")["nodes"].as_array().unwrap().clone();
    assert!(all.len() > 1 && all.contains(&json!("app-1")), "{all:?}");

    let (on_one, _) = found(&["--node", "app-1"]);
    assert_eq!(on_one.expect("it is so on this node")["nodes"], json!(["app-1"]));

    let (accepted, ignored) = found(&["--ignore", "DS610"]);
    assert!(accepted.is_none(), "{accepted:?}");
    assert_eq!(ignored, json!([{"code": "DS610", "nodeCount": all.len(), "by": "--ignore"}]));

    let (partly, ignored) = found(&["--ignore", "DS610@kubernetes.io/hostname=app-1"]);
    let left = partly.map_or(0, |finding| finding["nodes"].as_array().unwrap().len());
    let counted = ignored[0]["nodeCount"].as_u64().map_or(0, |n| n as usize);
    assert_eq!(left + counted, all.len());
}

/// A pod that two documents would adopt is judged for each as if the other were not given.
#[test]
fn the_order_of_documents_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let container = json!({"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}});
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
        "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}}});
    let orphan = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "left", "namespace": "monitoring", "labels": {"app": "agent", "team": "x"}},
        "spec": {"nodeName": "n1", "containers": [container]}, "status": {"phase": "Running"}});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [node, orphan]});
    let cluster = file(&folder, "cluster.json", &list.to_string());
    let document = |name: &str, labels: Value| {
        let mut document = document_with(name, &json!({"containers": [container]}));
        document["spec"]["selector"]["matchLabels"] = labels.clone();
        document["spec"]["template"]["metadata"]["labels"] = labels;
        file(&folder, &format!("{name}.json"), &document.to_string())
    };
    let (a, b) = (document("a", json!({"app": "agent"})), document("b", json!({"team": "x"})));
    let report = |first: &str, second: &str| {
        json(&run(&["doctor", "-f", first, "-f", second, "--snapshot", &cluster, "-o", "json"]).stdout)
    };
    let (once, again) = (report(&a, &b), report(&b, &a));
    assert_eq!(once, again);
    for daemon_set in once["daemonSets"].as_array().unwrap() {
        assert_eq!(daemon_set["placements"], json!({"placed": 1}), "{daemon_set:#}");
    }
}

#[test]
fn a_duration_is_gos() {
    for (text, code) in [("90s", 2), ("1h30m", 2), ("0", 2), ("90", 1), ("PT2M", 1), ("2 m", 1), ("2minutes", 1)] {
        let ran = run(&["doctor", "log-agent", "-n", "logging", "--snapshot", CLUSTER, "--grace", text]);
        assert_eq!(ran.code, code, "{text}: {}", ran.stderr);
    }
}
