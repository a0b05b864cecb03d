//! Lint: each rule finds its example, each patch mends what it was given for.

use kubectl_daemonset::manifest::lint::{
    HostPort, NodeAround, RULES, Report, SelectorAround, Surroundings, example, lint,
};
use kubectl_daemonset::manifest::{Severity, Source, load};
use kubectl_daemonset::yaml;
use serde_json::{Value, json};

fn looked(text: &str, around: &Surroundings) -> (Report, Vec<&'static str>) {
    let loaded = load("spec.yaml", text);
    let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    assert!(!loaded.has_errors(), "{}\n{text}", told.join("\n"));
    let report = lint(&loaded.documents[0], &Source::new("spec.yaml", text), around);
    let codes = report.findings.iter().map(|f| &f.problem).chain(&loaded.problems).filter_map(|p| p.code).collect();
    (report, codes)
}

/// Merges as a strategic merge does with lists whose items have names.
fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    into.shift_remove(key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(into), Value::Array(patch)) if patch.iter().all(|p| p.get("name").is_some()) => {
            for item in patch {
                match into.iter_mut().find(|i| i["name"] == item["name"]) {
                    Some(known) => merge(known, item),
                    None => into.push(item.clone()),
                }
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

fn merged(text: &str, patch: &str) -> String {
    let mut document = yaml::parse(text).documents[0].to_json();
    merge(&mut document, &yaml::parse(patch).documents[0].to_json());
    yaml::emit(&document, yaml::Style::Block)
}

/// The first patch of a rule, if it has one.
fn patch_of(code: &str, text: &str, around: &Surroundings) -> Option<String> {
    let (report, codes) = looked(text, around);
    assert!(codes.contains(&code), "{code}: {codes:?}\n{text}");
    report.findings.into_iter().find(|f| f.problem.code == Some(code))?.patch
}

/// Whatever shape the variables have: the value goes, the source comes, the other variables stay.
#[test]
fn a_secret_moves_and_leaves_the_other_variables() {
    let app = "container: {app: {image: 'registry.example/agent:v1', env: ENV}}";
    let sidecar =
        "container: {app: {image: 'registry.example/agent:v1'}, sidecars: [{name: s, image: 'i:v1', env: ENV}]}";
    let init = "container: {app: {image: 'registry.example/agent:v1'}}\n  \
                pod: {init_containers: [{name: s, image: 'i:v1', env: ENV}]}";
    let head = "apiVersion: kubernetes.project-planton.org/v1\nkind: KubernetesDaemonSet\nmetadata: {name: agent}\n\
                spec:\n  namespace: agents\n  ";
    let apps = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n  \
                selector: {matchLabels: {app: a}}\n  template: {metadata: {labels: {app: a}}, spec: {containers: \
                [{name: c, image: 'i:v1', env: ENV}]}}\n";
    let list = "[{name: A_B, value: x}, {name: API_TOKEN, value: abcd}]";
    let mut texts = vec![apps.replace("ENV", list)];
    for place in [app, sidecar, init] {
        for env in [
            "{variables: {A_B: x, API_TOKEN: abcd}}",
            "{variables: {A_B: x, API_TOKEN: {value: abcd}}}",
            &format!("{{variables: {list}}}"),
            list,
        ] {
            texts.push(format!("{head}{}\n", place.replace("ENV", env)));
        }
    }
    for text in texts {
        let patch = patch_of("DS919", &text, &Surroundings::default()).expect("a patch");
        let mended = merged(&text, &patch);
        let (_, codes) = looked(&mended, &Surroundings::default());
        assert!(!codes.contains(&"DS919"), "{patch}\n{mended}");
        let made = load("spec.yaml", &mended).documents[0].daemon_set().expect("a DaemonSet");
        let pod = &made["spec"]["template"]["spec"];
        let all = ["containers", "initContainers"].map(|l| pod[l].as_array().cloned().unwrap_or_default()).concat();
        let env: Vec<&Value> = all.iter().filter_map(|c| c["env"].as_array()).flatten().collect();
        let source = json!({"secretKeyRef": {"name": "name-of-a-secret", "key": "API_TOKEN"}});
        let wanted = [json!({"name": "A_B", "value": "x"}), json!({"name": "API_TOKEN", "valueFrom": source})];
        assert_eq!(env, wanted.iter().collect::<Vec<_>>(), "{patch}");
    }
}

#[test]
fn the_label_of_a_role_is_named_after_it() {
    let with = |selector: &str| SMALL.replace("{disk: ssd}", selector);
    let nothing = Surroundings::default();
    for (role, label) in [("master", "control-plane"), ("node", "node")] {
        let text = with(&format!("{{kubernetes.io/role: {role}}}"));
        let mended = merged(&text, &patch_of("DS914", &text, &nothing).expect("a patch"));
        let made = load("spec.yaml", &mended).documents[0].daemon_set().expect("a DaemonSet");
        let selector = &made["spec"]["template"]["spec"]["nodeSelector"];
        assert_eq!(*selector, json!({format!("node-role.kubernetes.io/{label}"): ""}));
        assert!(!looked(&mended, &nothing).1.contains(&"DS914"));
    }
    // Nodes tell what they have there; where they differ or have no such label, nobody can say.
    let nodes = |values: &[&str]| {
        let label = "node-role.kubernetes.io/node".to_owned();
        let node =
            |value: &&str| NodeAround { name: (*value).into(), labels: [(label.clone(), (*value).to_owned())].into() };
        Surroundings { nodes: Some(values.iter().map(node).collect()), ..Surroundings::default() }
    };
    let text = with("{kubernetes.io/role: node}");
    assert!(
        patch_of("DS914", &text, &nodes(&["true", "true"]))
            .expect("a patch")
            .contains("node-role.kubernetes.io/node: \"true\"")
    );
    assert_eq!(patch_of("DS914", &text, &nodes(&["true", ""])), None);
    assert_eq!(patch_of("DS914", &text, &nodes(&[])), None);
    assert_eq!(patch_of("DS914", &with("{kubernetes.io/role: ''}"), &nothing), None);
}

#[test]
fn every_rule_finds_its_example_and_its_patch_mends_it() {
    let mut patched = 0;
    for rule in RULES.iter().filter(|r| !r.example.is_empty()) {
        let text = example(rule);
        let (report, codes) = looked(&text, &Surroundings::default());
        assert!(codes.contains(&rule.code), "{} finds {codes:?} in\n{text}", rule.code);
        let finding = report.findings.iter().find(|f| f.problem.code == Some(rule.code));
        let Some(patch) = finding.and_then(|f| f.patch.as_ref()) else { continue };
        let mended = merged(&text, patch);
        let (_, codes) = looked(&mended, &Surroundings::default());
        assert!(!codes.contains(&rule.code), "{}: its patch does not mend it\n{patch}\n{mended}", rule.code);
        patched += 1;
    }
    assert!(patched >= 15, "{patched} patches were tried");
    let mut codes: Vec<&str> = RULES.iter().map(|r| r.code).collect();
    codes.dedup();
    assert_eq!(codes.len(), RULES.len());
    assert!(codes.is_sorted());
}

const SMALL: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: agents
  container:
    app: {image: 'registry.example/agent:v1', ports: [{name: http, container_port: 80, host_port: 9100}]}
  node_selector: {disk: ssd}
";

#[test]
fn what_stands_around_is_looked_at() {
    let mut around = Surroundings {
        nodes: Some(vec![NodeAround { name: "n1".into(), labels: [("disk".into(), "hdd".into())].into() }]),
        ..Surroundings::default()
    };
    let labels = |value: &str| [("app.kubernetes.io/name".to_owned(), value.to_owned())].into();
    around.selectors.push(SelectorAround {
        kind: "Deployment".into(),
        namespace: "agents".into(),
        name: "other".into(),
        match_labels: labels("agent"),
        template_labels: labels("agent"),
    });
    around.host_ports.push(HostPort { port: 9100, protocol: "TCP".into(), owner: "DaemonSet m/e".into(), nodes: 3 });
    let (report, codes) = looked(SMALL, &around);
    for code in ["DS930", "DS931"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert!(!codes.contains(&"DS932"), "no pod goes anywhere");
    let told = &report.findings.iter().find(|f| f.problem.code == Some("DS930")).unwrap().problem.message;
    assert_eq!(told, "no node has `disk=ssd`; nodes have hdd");
    around.nodes.as_mut().unwrap()[0].labels.insert("disk".into(), "ssd".into());
    let (_, codes) = looked(SMALL, &around);
    assert!(codes.contains(&"DS932"), "{codes:?}");
    let itself = around.selectors.last_mut().unwrap();
    (itself.kind, itself.name) = ("DaemonSet".into(), "agent".into());
    around.host_ports[0].owner = "DaemonSet agents/agent".into();
    let (_, codes) = looked(SMALL, &around);
    assert!(!codes.iter().any(|c| c.starts_with("DS93")), "{codes:?}");
}

/// Two DaemonSets of one label, told apart by another one that only an expression of the selector names.
#[test]
fn a_sibling_for_windows_overlaps_with_nothing() {
    let text = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ne-linux, namespace: x}
spec:
  selector: {matchLabels: {app: ne}, matchExpressions: [{key: os, operator: In, values: [l]}]}
  template:
    metadata: {labels: {app: ne, os: l}}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      tolerations: [{operator: Exists}]
      containers: [{name: c, image: 'i:1', ports: [{containerPort: 9100, hostPort: 9100}]}]
";
    let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let node = |name: &str, os: &str| NodeAround { name: name.into(), labels: labels(&[("kubernetes.io/os", os)]) };
    let sibling = SelectorAround {
        kind: "DaemonSet".into(),
        namespace: "x".into(),
        name: "ne-windows".into(),
        match_labels: labels(&[("app", "ne"), ("os", "w")]),
        template_labels: labels(&[("app", "ne"), ("os", "w")]),
    };
    let held = HostPort { port: 9100, protocol: "TCP".into(), owner: "DaemonSet x/ne-windows".into(), nodes: 1 };
    let around = Surroundings {
        nodes: Some(vec![node("l1", "linux"), node("l2", "linux"), node("w1", "windows")]),
        selectors: vec![sibling],
        host_ports: vec![held],
    };
    let (_, codes) = looked(text, &around);
    assert!(!codes.iter().any(|c| c.starts_with("DS93")), "{codes:?}");

    // The same labels overlap, with a selector of expressions alone too; a workload without known labels does not.
    for (from, to, overlaps) in [
        ("values: [l]", "values: [l, w]", true),
        (
            "{matchLabels: {app: ne}, matchExpressions: [{key: os, operator: In, values: [l]}]}",
            "{matchExpressions: [{key: os, operator: Exists}]}",
            true,
        ),
        ("operator: In, values: [l]", "operator: NotIn, values: [w]", false),
    ] {
        assert!(text.contains(from));
        let (_, codes) = looked(&text.replace(from, to), &around);
        assert_eq!(codes.contains(&"DS931"), overlaps, "{to}");
    }
    let mut unknown = around.clone();
    unknown.selectors[0].template_labels.clear();
    let to = "{matchExpressions: [{key: os, operator: DoesNotExist}]}";
    let bare = text.replace("{matchLabels: {app: ne}, matchExpressions: [{key: os, operator: In, values: [l]}]}", to);
    let (_, codes) = looked(&bare.replace("{app: ne, os: l}", "{app: ne}"), &unknown);
    assert!(!codes.contains(&"DS931"));

    // Of three nodes two are ours: whoever holds the port on two of them holds it on one of ours.
    let ports = |nodes: usize, text: &str| {
        let mut around = around.clone();
        around.host_ports[0].nodes = nodes;
        looked(text, &around).1.contains(&"DS932")
    };
    assert!(ports(2, text) && ports(3, text));
    let affinity = "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
        {matchFields: [{key: metadata.name, operator: In, values: [l1]}]},
        {matchExpressions: [{key: kubernetes.io/os, operator: NotIn, values: [linux, windows]}]}]}}}";
    for (from, to) in [
        ("tolerations: [{operator: Exists}]", "tolerations: [{operator: Exists, effect: NoSchedule}]"),
        ("hostPort: 9100", "hostPort: 9100, hostIP: 10.0.0.1"),
        ("nodeSelector: {kubernetes.io/os: linux}", affinity),
        ("nodeSelector: {kubernetes.io/os: linux}", "nodeName: l1"),
    ] {
        assert!(text.contains(from));
        assert!(!ports(2, &text.replace(from, to)), "{to}");
    }
    assert!(ports(3, &text.replace("[{operator: Exists}]", "[]")), "it is held wherever the pods go");
    assert!(ports(3, &text.replace("nodeSelector: {kubernetes.io/os: linux}", affinity)));
    let unknown = Surroundings { nodes: None, ..around.clone() };
    assert!(!looked(text, &unknown).1.contains(&"DS932"), "where the pods go is not known");
}

#[test]
fn an_exemption_needs_a_known_rule_and_a_reason() {
    let with = |exemption: &str| {
        let metadata = format!("{{name: agent, annotations: {{kubectl-daemonset/lint-ignore: '{exemption}'}}}}");
        looked(&SMALL.replace("{name: agent}", &metadata), &Surroundings::default())
    };
    let (report, codes) = with("DS901 measured elsewhere; DS902: the same");
    assert_eq!(report.exempt.len(), 2);
    assert_eq!(report.exempt[1].1, "the same");
    assert!(!codes.contains(&"DS901") && !codes.contains(&"DS929"));
    let (report, codes) = with("DS901; DS99 because");
    assert!(report.exempt.is_empty() && codes.contains(&"DS901"));
    assert_eq!(codes.iter().filter(|c| **c == "DS929").count(), 2);
}

/// The same right is part of the work of one agent and a warning for another.
#[test]
fn rules_are_graded_by_purpose() {
    let of = |name: &str| {
        let app = "{image: 'registry.example/x:v1', security_context: {privileged: true}}";
        let text = SMALL.replace("name: agent", &format!("name: {name}"));
        let text = text.replace(
            "{image: 'registry.example/agent:v1', ports: [{name: http, container_port: 80, host_port: 9100}]}",
            app,
        );
        let (report, _) = looked(&text, &Surroundings::default());
        report.findings.iter().find(|f| f.problem.code == Some("DS905")).map(|f| f.problem.severity)
    };
    assert_eq!(of("calico-node"), Some(Severity::Info));
    assert_eq!(of("csi-node"), Some(Severity::Info));
    assert_eq!(of("falco"), Some(Severity::Info));
    assert_eq!(of("fluent-bit"), Some(Severity::Warning));
    assert_eq!(of("node-exporter"), Some(Severity::Warning));
}
