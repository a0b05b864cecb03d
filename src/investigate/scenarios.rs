//! Every code, produced by the smallest cluster that has its cause.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

mod clusters;

use clusters::*;

use crate::findings::codes;
use crate::findings::codes::Code;
use crate::findings::evidence::schema::report_schema;
use crate::findings::{Index, MadePod, Probed, Settings, Subject};
use crate::investigate::diagnose;
use crate::manifest::Language;
use crate::report::{DaemonSetReport, Severity};
use crate::store::{Builder, Cluster};

fn world(items: &[Value], deployed: Option<&Value>) -> Cluster {
    let mut builder = Builder::new();
    for object in items.iter().chain(deployed).chain([&other()]) {
        let text = object.to_string();
        builder.read(text.as_bytes(), None).expect("an object is read");
    }
    builder.finish(None)
}

fn settings() -> Settings {
    Settings { grace: 120, all_fixes: true, ..Settings::at(NOW) }
}

/// Checks reports of one DaemonSet: above all, the evidence of each code has the fields of its schema and no other.
static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let mut schema = report_schema();
    schema["$ref"] = json!("#/$defs/DaemonSetReport");
    schema.as_object_mut().expect("an object").retain(|key, _| ["$schema", "$defs", "$ref"].contains(&key.as_str()));
    jsonschema::validator_for(&schema).expect("the schema is one")
});

/// The report, which follows its schema.
fn valid(report: DaemonSetReport) -> DaemonSetReport {
    let json = serde_json::to_value(&report).expect("a report is JSON");
    let errors: Vec<String> = SCHEMA
        .iter_errors(&json)
        .map(|e| format!("{}: {e}\n{}", e.instance_path(), json.pointer(e.instance_path().as_str()).unwrap_or(&json)))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    report
}

#[test]
fn the_schema_refuses_unknown_and_missing_evidence() {
    let broken = crashed(json!({"exitCode": 3, "reason": "Error"}));
    let repelled = with(node("n1"), json!({"status": {"allocatable": {"cpu": "50m"}}}));
    let mut refused = 0;
    for (items, spec) in [
        (vec![node("n1"), broken], json!({})),
        (vec![node("n1"), node("n2")], json!({"nodeSelector": {"a": "b"}})),
        (vec![repelled], json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]})),
    ] {
        let (findings, report) = reported(&items, &daemon_set(spec), false, &settings());
        assert!(!findings.is_empty());
        let whole = serde_json::to_value(&report).expect("a report is JSON");
        for (number, finding) in findings.iter().enumerate().filter(|(_, (_, f))| !f.evidence.is_empty()) {
            let mut unknown = whole.clone();
            unknown["findings"][number]["evidence"]["unknown"] = json!(1);
            assert!(!SCHEMA.is_valid(&unknown), "{:?}", finding.1.evidence);
            let mut missing = whole.clone();
            let first = finding.1.evidence.keys().next().expect("a field");
            missing["findings"][number]["evidence"].as_object_mut().expect("an object").remove(first);
            assert!(!SCHEMA.is_valid(&missing), "{:?} without {first}", finding.1.evidence);
            refused += 1;
        }
    }
    assert!(refused >= 3, "{refused}");
}

fn found(items: &[Value], document: &Value, written: bool, settings: &Settings) -> Vec<(Code, crate::report::Finding)> {
    reported(items, document, written, settings).0
}

fn reported(
    items: &[Value],
    document: &Value,
    written: bool,
    settings: &Settings,
) -> (Vec<(Code, crate::report::Finding)>, DaemonSetReport) {
    let document = if written { document.clone() } else { stored(document) };
    let mut cluster = world(items, (!written).then_some(&document));
    let daemon_set = match written {
        true => world(&[], Some(&document)).daemon_sets.remove(0),
        false => cluster.daemon_sets[0].clone(),
    };
    let deployed = daemon_set.uid;
    let adopts = if deployed.is_none() { cluster.adopt(&daemon_set) } else { None };
    let index = Index::of(&cluster);
    let asked =
        Subject { daemon_set, deployed, adopts, written: written.then_some(Language::Apps), spec: None, origin: None };
    let report = valid(diagnose(&mut cluster, &index, &asked, settings).report);
    (report.findings.iter().map(|finding| (finding.code, finding.clone())).collect(), report)
}

/// What is found once the API server was asked for one pod.
fn asked(answer: &Probed) -> (Vec<crate::report::Finding>, Vec<String>, crate::report::DaemonSetReport) {
    let document = daemon_set(json!({}));
    let mut cluster = world(&[node("n1"), with(node("n2"), json!({"metadata": {"labels": {"pool": "gpu"}}}))], None);
    let daemon_set = world(&[], Some(&document)).daemon_sets.remove(0);
    let index = Index::of(&cluster);
    let asked =
        Subject { daemon_set, deployed: None, adopts: None, written: Some(Language::Apps), spec: None, origin: None };
    let diagnosis = crate::investigate::diagnose_with_probe(&mut cluster, &index, &asked, Some(answer), &settings());
    (diagnosis.report.findings.clone(), diagnosis.notices, valid(diagnosis.report))
}

fn made(spec: Value) -> Probed {
    let document = daemon_set(json!({}));
    let pod = with(crate::findings::admission_probe::pod(&document, "n1", None), json!({ "spec": spec }));
    Probed::Made(Box::new(MadePod::of(&pod).expect("it is a pod")))
}

#[test]
fn the_servers_answer_stands_in_the_place_of_what_is_expected() {
    let (found, ..) = asked(&made(json!({})));
    assert!(found.is_empty(), "nothing is changed, nothing is said: {found:?}");

    let (found, _, report) = asked(&made(json!({"nodeSelector": {"pool": "gpu"}})));
    let changed = found.iter().find(|f| f.code == Code::CHANGED_BY_ADMISSION).expect("it is told");
    assert_eq!((changed.severity, &changed.nodes), (Severity::Warning, &vec!["n1".to_owned()]), "{changed:?}");
    let placements: Vec<&str> = report.nodes.iter().map(|n| n.placement).collect();
    assert_eq!(placements, ["unschedulable", "placed"], "nodes are judged by the server's pod");

    let more = json!({"containers": [{"name": "c"}, {"name": "mesh", "resources": {"requests": {"cpu": "10m"}}}]});
    let (found, ..) = asked(&made(more));
    let changed = found.iter().find(|f| f.code == Code::CHANGED_BY_ADMISSION).expect("it is told");
    assert_eq!((changed.severity, changed.node_count), (Severity::Info, 0));
}

#[test]
fn what_the_kubelet_refused_before_is_told_from_events() {
    let failed = event(
        "DaemonSet",
        "agent",
        "FailedDaemonPod",
        "Found failed daemon pod a/agent-0 on node n1, will try to kill it",
    );
    let words = event(
        "Pod",
        "agent-0",
        "OutOfcpu",
        "Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000",
    );
    let found = found(&[node("n1"), failed, words], &daemon_set(json!({})), false, &settings());
    assert!(found.iter().any(|(code, _)| *code == Code::KUBELET_RESOURCES), "not told: {found:?}");
}

#[test]
fn events_that_are_over_are_not_believed() {
    let seen = |reason: &str, message: &str, at: &str| {
        with(event("DaemonSet", "agent", reason, message), json!({"lastTimestamp": at, "metadata": {"name": at}}))
    };
    let old = seen("FailedCreate", "Error creating: no", "2027-01-15T07:00:00Z");
    let new = seen("SuccessfulCreate", "Created pod: agent-1", "2027-01-15T07:59:00Z");
    let codes = |items: &[Value]| -> Vec<Code> {
        found(items, &daemon_set(json!({})), false, &settings()).iter().map(|(code, _)| *code).collect()
    };
    assert_eq!(codes(&[node("n1"), old.clone()]), [Code::CREATION_FAILED]);
    assert_eq!(codes(&[node("n1"), old, new]), [Code::MISSING]);
}

#[test]
fn a_rollout_that_surges_shows_the_new_pods_trouble() {
    let new = with(
        crashed(json!({"exitCode": 3, "reason": "Error"})),
        json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "new"}}}),
    );
    let found = found(&[node("n1"), running(), new, revision()], &surging(), false, &settings());
    assert!(found.iter().any(|(code, _)| *code == Code::CRASH_LOOP), "not told: {found:?}");
}

#[test]
fn a_rollout_says_whose_fault_it_is() {
    let on = |node: &str, pod: &str, hash: &str, ready: bool| {
        let status = if ready { "True" } else { "False" };
        with(
            own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": status}]})),
            json!({"metadata": {"name": pod, "labels": {"controller-revision-hash": hash}}, "spec": {"nodeName": node}}),
        )
    };
    let broken = with(
        node("n3"),
        json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]}}),
    );
    let items = [
        node("n1"),
        node("n2"),
        broken,
        node("n4"),
        revision(),
        on("n1", "agent-1", "old", true),
        on("n2", "agent-2", "new", false),
        on("n3", "agent-3", "new", false),
    ];
    let bound = json!({"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}}}});
    let found = found(&items, &with(daemon_set(json!({})), bound), false, &settings());
    let stuck = found.iter().find(|(code, _)| *code == Code::ROLLOUT_STUCK).map(|(_, f)| f);
    let stuck = stuck.unwrap_or_else(|| panic!("not told: {found:?}"));
    assert_eq!((&stuck.evidence["blockedByRollout"], &stuck.evidence["blockedByNode"]), (&json!(2), &json!(1)));
    assert_eq!(stuck.nodes, ["n2", "n4"]);
}

#[test]
fn an_intended_exclusion_is_info_wherever_the_other_daemon_sets_run() {
    let everywhere = daemon_set(json!({"tolerations": [{"operator": "Exists"}]}));
    let others = ["a", "b", "c", "d"].map(|name| with(everywhere.clone(), json!({"metadata": {"name": name}})));
    let items: Vec<Value> = [tainted("dedicated"), node("n2")].into_iter().chain(others).collect();
    let found = found(&items, &daemon_set(json!({})), true, &settings());
    let severities: Vec<Severity> =
        found.iter().filter(|(code, _)| *code == Code::TAINT).map(|(_, finding)| finding.severity).collect();
    assert_eq!(severities, [Severity::Info], "{found:?}");
}

/// As the real controller left it: one node of two was tainted while its pod ran.
#[test]
fn a_taint_that_came_later_is_not_in_the_status() {
    let told = |items: &[Value]| {
        let counted = with(daemon_set(json!({})), json!({"status": {"desiredNumberScheduled": 1}}));
        let found = found(items, &counted, false, &settings());
        let (_, finding) = found.into_iter().find(|(code, _)| *code == Code::STATUS_DIFFERS).expect("it is told");
        finding.severity
    };
    assert_eq!(told(&[tainted("dedicated"), running()]), Severity::Info);
    // Without a pod there it would have counted again.
    assert_eq!(told(&[tainted("dedicated")]), Severity::Warning);
}

#[test]
fn on_delete_names_the_old_pods() {
    let on_delete = with(daemon_set(json!({})), json!({"spec": {"updateStrategy": {"type": "OnDelete"}}}));
    let found = found(&[node("n1"), running(), revision()], &on_delete, false, &settings());
    let (_, old) = found.iter().find(|(code, _)| *code == Code::ON_DELETE).expect("it is told");
    assert_eq!(old.evidence["pods"], json!(["agent-1"]));
}

/// Two documents of which each fits alone.
fn together() -> Vec<crate::report::Finding> {
    let mut cluster = world(&[node("n1")], None);
    let index = Index::of(&cluster);
    let mut together = crate::investigate::CombinedFit::default();
    let mut last = Vec::new();
    for document in two_documents() {
        let daemon_set = world(&[], Some(&document)).daemon_sets.remove(0);
        let asked = Subject {
            daemon_set,
            deployed: None,
            adopts: None,
            written: Some(Language::Apps),
            spec: None,
            origin: None,
        };
        let mut diagnosis = diagnose(&mut cluster, &index, &asked, &settings());
        together.add(&cluster, &asked, &mut diagnosis, &settings());
        last = valid(diagnosis.report).findings;
    }
    last
}

#[test]
fn documents_that_do_not_fit_together_are_told() {
    let codes: Vec<Code> = together().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::DO_NOT_FIT_TOGETHER]);
}

/// What is found where the source holds no pod, and the status counts none that is ready.
fn without_pods(more: &[Value]) -> Vec<Code> {
    let mut builder = Builder::new();
    for object in [node("n1"), live(daemon_set(json!({})))].iter().chain(more) {
        builder.read(object.to_string().as_bytes(), None).expect("an object is read");
    }
    let mut cluster = builder.finish(None);
    let index = Index::of(&cluster);
    let asked = Subject::deployed(cluster.daemon_sets[0].clone());
    let report = valid(diagnose(&mut cluster, &index, &asked, &settings()).report);
    report.findings.iter().map(|finding| finding.code).collect()
}

/// The status counts the pod of each node, and may be older than the event.
#[test]
fn a_status_that_counts_every_pod_hides_no_event() {
    let denied = event("DaemonSet", "agent", "FailedCreate", "Error creating: no");
    assert_eq!(without_pods(std::slice::from_ref(&denied)), [Code::CREATION_FAILED]);
    let made = with(
        event("DaemonSet", "agent", "SuccessfulCreate", "Created pod: agent-1"),
        json!({"lastTimestamp": "2027-01-15T07:59:59Z", "metadata": {"name": "made"}}),
    );
    let denied = with(denied, json!({"lastTimestamp": "2027-01-15T07:50:00Z"}));
    assert_eq!(without_pods(&[denied, made]), [Code::STATUS_NOT_READY]);
}

#[test]
fn a_limit_range_names_the_init_container_and_what_it_may_have() {
    let range = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": "a"},
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "500m"}}]}});
    let resources = |cpu: &str| json!({"requests": {"cpu": "100m"}, "limits": {"cpu": cpu}});
    let spec = json!({"initContainers": [{"name": "setup", "image": "i:1", "resources": resources("2")}],
        "containers": [{"name": "c", "image": "i:1", "resources": resources("200m")}]});
    let found = found(&[node("n1"), range], &daemon_set(spec), true, &settings());
    let (_, finding) = found.iter().find(|(code, _)| *code == Code::LIMIT_RANGE).expect("it is found");
    assert!(
        finding.message.contains("container setup: maximum cpu usage per Container is 500m"),
        "{}",
        finding.message
    );
    let fix = finding.fix.as_ref().expect("the limit is lowered");
    assert_eq!(fix.nodes_fixed, 1);
    assert!(
        fix.patch.contains("      initContainers: [{name: setup, resources: {limits: {cpu: 500m}}}]\n"),
        "{}",
        fix.patch
    );
    assert!(!fix.patch.contains(" containers:"), "{}", fix.patch);
}

#[test]
fn every_code_has_a_cluster_that_produces_it() {
    let mut produced: BTreeSet<Code> = BTreeSet::new();
    let mut wrong = Vec::new();
    let papers = on_paper().into_iter().map(|scenario| (scenario, true));
    for ((code, items, document), written) in papers.chain(deployed().into_iter().map(|scenario| (scenario, false))) {
        let found = found(&items, &document, written, &settings());
        let codes: Vec<String> = found.iter().map(|(code, f)| format!("{code} {}", f.message)).collect();
        if found.iter().any(|(found, _)| *found == code) {
            produced.insert(code);
        } else {
            wrong.push(format!("{code} {}: found {codes:?}", code.page().title));
        }
    }
    let expecting = Settings { expect: Some(crate::findings::Expect::All), ..settings() };
    let ending = with(running(), json!({"metadata": {"deletionTimestamp": "2027-01-15T08:00:00Z"}}));
    let ending = found(&[node("n1"), ending], &daemon_set(json!({})), false, &expecting);
    produced.extend(ending.iter().map(|(code, _)| *code));
    produced.extend(without_pods(&[]));
    produced.extend(together().into_iter().map(|finding| finding.code));
    produced.extend(asked(&Probed::Refused("etcd is full".into())).0.into_iter().map(|finding| finding.code));
    assert!(wrong.is_empty(), "{} scenarios fail:\n{}", wrong.len(), wrong.join("\n"));
    let missing: Vec<String> = codes::all()
        .map(|p| p.code)
        .filter(|c| !produced.contains(c))
        .map(|c| format!("{c} {}", c.page().title))
        .collect();
    assert!(missing.is_empty(), "no scenario for:\n{}", missing.join("\n"));
}
