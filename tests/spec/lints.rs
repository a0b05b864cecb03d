//! Lint: each rule finds its example, each patch mends what it was given for.

use kubectl_daemonset::spec::lint::{HostPort, NodeAround, RULES, Report, SelectorAround, Surroundings, example, lint};
use kubectl_daemonset::spec::{Severity, Source, load};
use kubectl_daemonset::yaml;
use serde_json::Value;

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

#[test]
fn every_rule_finds_its_example_and_its_patch_mends_it() {
    let mut patched = 0;
    for rule in RULES.iter().filter(|r| !r.example.is_empty()) {
        let text = example(rule);
        let (report, codes) = looked(&text, &Surroundings::default());
        assert!(codes.contains(&rule.code), "{} finds {codes:?} in\n{text}", rule.code);
        let finding = report.findings.iter().find(|f| f.problem.code == Some(rule.code));
        let Some(patch) = finding.and_then(|f| f.patch.as_ref()) else { continue };
        // A variable's value and its source exclude each other, which a merge cannot know; and the patch of
        // environment lists is for specs whose variables are lists.
        if rule.code == "DS919" {
            continue;
        }
        let mut document = yaml::parse(&text).documents[0].to_json();
        merge(&mut document, &yaml::parse(patch).documents[0].to_json());
        let mended = yaml::emit(&document, yaml::Style::Block);
        let (_, codes) = looked(&mended, &Surroundings::default());
        assert!(!codes.contains(&rule.code), "{}: its patch does not mend it\n{patch}\n{mended}", rule.code);
        patched += 1;
    }
    assert!(patched >= 14, "{patched} patches were tried");
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
    for code in ["DS930", "DS931", "DS932"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    let told = &report.findings.iter().find(|f| f.problem.code == Some("DS930")).unwrap().problem.message;
    assert_eq!(told, "no node has `disk=ssd`; nodes have hdd");
    let itself = around.selectors.last_mut().unwrap();
    (itself.kind, itself.name) = ("DaemonSet".into(), "agent".into());
    around.nodes.as_mut().unwrap()[0].labels.insert("disk".into(), "ssd".into());
    around.host_ports[0].owner = "DaemonSet agents/agent".into();
    let (_, codes) = looked(SMALL, &around);
    assert!(!codes.iter().any(|c| c.starts_with("DS93")), "{codes:?}");
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
    assert_eq!(of("calico-node"), Some(Severity::Note));
    assert_eq!(of("csi-node"), Some(Severity::Note));
    assert_eq!(of("falco"), Some(Severity::Note));
    assert_eq!(of("fluent-bit"), Some(Severity::Warning));
    assert_eq!(of("node-exporter"), Some(Severity::Warning));
}
