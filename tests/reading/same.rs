//! The report is the same whether a cluster is read bit by bit or whole: recorded clusters, as an API server has them
//! and as a snapshot.

use std::path::{Path, PathBuf};

use kubectl_daemonset::model::wire::Kind;
use serde_json::{Value, json};

use super::report;
use super::server::{Served, Server};

/// Recordings of the project's own, and those that lie beside the project where there are any.
fn recordings() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("tests/recordings"), root.join("../shared/oracle")];
    let files = folders.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten().flatten();
    let mut files: Vec<PathBuf> =
        files.map(|f| f.path()).filter(|p| p.to_string_lossy().ends_with(".json.gz")).collect();
    files.sort();
    files
}

pub fn read(path: &Path) -> Value {
    let file = std::fs::File::open(path).expect("the recording can be opened");
    serde_json::from_reader(std::io::BufReader::new(flate2::read::GzDecoder::new(file))).expect("the recording is JSON")
}

/// Plugins whose refusals rest on other pods. They are not looked for on many nodes where no pod is wanted or can be.
const OF_PODS: [&str; 6] = [
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "NodeVolumeLimits",
    "PodTopologySpread",
    "InterPodAffinity",
];

/// Whether a report says that it leaves such refusals out.
fn leaves_out(report: &Value) -> bool {
    let missing = report["notChecked"].as_array().into_iter().flatten();
    missing.filter_map(|m| m["why"].as_str()).any(|why| why.starts_with("not needed for the verdict;"))
}

/// What must be equal of a report; but for refusals that rest on pods, where one of the two leaves them out.
fn essence(mut report: Value, without_pods: bool) -> Value {
    for node in report["daemonSets"][0]["nodes"].as_array_mut().into_iter().flatten() {
        let decided =
            matches!(node["placement"].as_str(), Some("placed" | "unschedulable" | "preempting" | "contended"));
        if let Some(reasons) = node["reasons"].as_array_mut().filter(|_| !decided && without_pods) {
            reasons.retain(|reason| !reason["plugin"].as_str().is_some_and(|plugin| OF_PODS.contains(&plugin)));
        }
    }
    // Whom a fix evicts is known by name only as far as pods were kept one by one; the rest is said to be more.
    for finding in report["daemonSets"][0]["findings"].as_array_mut().into_iter().flatten() {
        let Some(fix) = finding["fix"].as_object_mut() else { continue };
        fix.remove("victims");
        if let Some(summary) = fix.get_mut("summary")
            && let Some(text) = summary.as_str()
        {
            let parts = text.split("; ").filter(|part| !part.starts_with("the scheduler then evicts "));
            *summary = parts.collect::<Vec<_>>().join("; ").into();
        }
    }
    let spared = |missing: &Value| missing["what"].as_str().is_some_and(|what| what.starts_with("other pods on "));
    let missing: Vec<Value> =
        report["notChecked"].as_array().into_iter().flatten().filter(|m| !spared(m)).cloned().collect();
    json!({"daemonSets": report["daemonSets"], "notChecked": missing, "notices": report["notices"]})
}

/// The first place where two reports differ.
fn difference(place: &str, bits: &Value, whole: &Value) -> Option<String> {
    match (bits, whole) {
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).find_map(|key| {
            difference(
                &format!("{place}/{key}"),
                a.get(key).unwrap_or(&Value::Null),
                b.get(key).unwrap_or(&Value::Null),
            )
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{place}/{i}"), a, b))
        }
        (a, b) => (a != b).then(|| format!("{place}: {a} bit by bit, {b} whole")),
    }
}

/// The DaemonSet as deployed, with a pod where the scheduler put one and one that waits where it did not.
pub fn deployed(case: &Value) -> Option<Vec<Value>> {
    let mut daemon_set = case["live"].clone();
    let nodes = case["nodes"].as_object()?;
    let (uid, name) = (daemon_set["metadata"]["uid"].as_str()?.to_owned(), daemon_set["metadata"]["name"].clone());
    let namespace = daemon_set["metadata"]["namespace"].clone();
    daemon_set["apiVersion"] = "apps/v1".into();
    daemon_set["kind"] = "DaemonSet".into();
    let template = daemon_set["spec"]["template"].clone();
    let mut objects = vec![daemon_set];
    for (node, decided) in nodes {
        let outcome = decided["outcome"].as_str()?;
        if outcome == "excluded" {
            continue;
        }
        let mut spec = template["spec"].clone();
        let mut labels = template["metadata"]["labels"].clone();
        labels["controller-revision-hash"] = "h1".into();
        let mut status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        let pin = json!({"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]});
        spec["affinity"]["nodeAffinity"] = json!({"requiredDuringSchedulingIgnoredDuringExecution": pin});
        if outcome == "scheduled" {
            spec["nodeName"] = node.as_str().into();
        } else {
            let reason = decided["reason"].as_str().unwrap_or("Unschedulable");
            let message = decided["message"].as_str().unwrap_or_default();
            let condition = json!({"type": "PodScheduled", "status": "False", "reason": reason, "message": message});
            status = json!({"phase": "Pending", "conditions": [condition]});
        }
        let owner =
            json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": name, "uid": uid, "controller": true}]);
        objects.push(json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "status": status,
            "metadata": {"name": format!("{}-{node}", name.as_str()?), "namespace": namespace, "labels": labels, "uid": format!("{uid}-{node}"),
                "ownerReferences": owner, "creationTimestamp": "2026-01-01T00:00:00Z"}}));
    }
    Some(objects)
}

/// Compares both ways of reading for one set of objects and one question.
fn compare(server: &str, objects: &[Value], arguments: &[&str]) -> (Option<String>, Vec<String>) {
    // What a live cluster's events tell is over after some minutes.
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut objects = objects.to_vec();
    for event in objects.iter_mut().filter(|object| object["kind"] == "Event") {
        event["lastTimestamp"] = now.as_str().into();
    }
    // A saved cluster is as old as its newest heartbeat, a live one as the clock says.
    let nodes = objects.iter_mut().filter(|object| object["kind"] == "Node");
    for condition in nodes.filter_map(|node| node["status"]["conditions"].as_array_mut()).flatten() {
        condition["lastHeartbeatTime"] = now.as_str().into();
    }
    let objects = objects.as_slice();
    let home = tempfile::tempdir().expect("a folder");
    let looked_at: Vec<&str> = Kind::all().filter(|k| *k != Kind::DoctorSnapshot).map(Kind::resource).collect();
    let header = json!({"apiVersion": "kubectl-daemonset/v1", "kind": "DoctorSnapshot", "serverVersion": server, "lookedAt": looked_at});
    let items: Vec<&Value> = std::iter::once(&header).chain(objects).collect();
    let path = home.path().join("whole.json");
    std::fs::write(&path, json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()).expect("a file");
    let whole = report(&[arguments, &["--snapshot", path.to_str().expect("a name")]].concat(), home.path());
    let api = Server::start(Served::new(server, objects.iter().cloned()));
    let address = format!("http://127.0.0.1:{}", api.port);
    let bits = report(&[arguments, &["--server", &address]].concat(), home.path());
    let without_pods = leaves_out(&bits);
    (difference("", &essence(bits, without_pods), &essence(whole, without_pods)), api.asked())
}

/// What `of_file` gives for every recording and its number, on the two cores that a test may take.
pub fn of_recordings<T: Send>(of_file: impl Fn(&Path, usize) -> T + Sync) -> Vec<T> {
    let files = std::sync::Mutex::new(recordings());
    let found = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let (path, turn) = {
                        let mut files = files.lock().expect("a list");
                        let Some(path) = files.pop() else { return };
                        (path, files.len())
                    };
                    let result = of_file(&path, turn);
                    found.lock().expect("a list").push(result);
                }
            });
        }
    });
    found.into_inner().expect("a list")
}

#[derive(Default)]
struct Tally {
    cases: usize,
    without_all_pods: usize,
    differences: Vec<String>,
}

impl Tally {
    fn add(&mut self, what: &str, (difference, asked): (Option<String>, Vec<String>)) {
        self.cases += 1;
        self.without_all_pods += usize::from(!asked.iter().any(|a| a == "GET /api/v1/pods"));
        self.differences.extend(difference.map(|difference| format!("{what} {difference}")));
    }
}

/// One recording's cases, each `step`th from another on than in the recording before: what is deployed by name, and
/// documents; and of each third recording what the DaemonSet left behind.
fn of_file(path: &Path, turn: usize, step: usize) -> Tally {
    let recording = read(path);
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let server = recording["server"].as_str().expect("a version");
    let cluster: Vec<Value> = recording["cluster"]["items"].as_array().expect("items").clone();
    let mut tally = Tally::default();
    for (number, case) in recording["cases"].as_array().expect("cases").iter().enumerate() {
        let metadata = &case["daemonSet"]["metadata"];
        let name = metadata["name"].as_str().expect("a name");
        let namespace = metadata["namespace"].as_str().unwrap_or("default");
        // Who was evicted for the pods is gone once they are there.
        let victims: Vec<&str> = case["victims"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let stays = |object: &&Value| {
            object["kind"] != "Pod" || !object["metadata"]["name"].as_str().is_some_and(|name| victims.contains(&name))
        };
        if (number + turn).is_multiple_of(step)
            && let Some(own) = deployed(case)
        {
            let objects: Vec<Value> = cluster.iter().filter(stays).cloned().chain(own).collect();
            let outcome = compare(server, &objects, &[name, "-n", namespace]);
            tally.add(&format!("{file} {name} deployed"), outcome);
        }
        if number == 0
            && turn.is_multiple_of(step.min(3))
            && let Some(after) = case["after"]["items"].as_array()
        {
            let objects: Vec<Value> = cluster.iter().filter(stays).chain(after).cloned().collect();
            tally.add(&format!("{file} {name} after"), compare(server, &objects, &[name, "-n", namespace]));
            tally.add(&format!("{file} all"), compare(server, &objects, &["-A", "--all-nodes"]));
        }
        if (number + turn) % (step * 3) == 1 % (step * 3) {
            let folder = tempfile::tempdir().expect("a folder");
            let document = folder.path().join("ds.json");
            std::fs::write(&document, case["daemonSet"].to_string()).expect("a file");
            let arguments = ["-n", namespace, "-f", document.to_str().expect("a name")];
            tally.add(&format!("{file} {name} written"), compare(server, &cluster, &arguments));
        }
    }
    tally
}

#[test]
#[expect(clippy::print_stdout, reason = "a test says how much it compared")]
fn reading_bit_by_bit_gives_the_same_report() {
    // All of them take minutes (`make reading`).
    let step = std::env::var("READING_STEP").ok().and_then(|s| s.parse().ok()).unwrap_or(12);
    let mut all = Tally::default();
    for tally in of_recordings(|path, turn| of_file(path, turn, step)) {
        all.cases += tally.cases;
        all.without_all_pods += tally.without_all_pods;
        all.differences.extend(tally.differences);
    }
    println!(
        "reading: {} reports compared, {} of them without a list of all pods, {} differ",
        all.cases,
        all.without_all_pods,
        all.differences.len()
    );
    assert!(all.cases > 0 && all.without_all_pods > 0);
    assert!(all.differences.is_empty(), "{}", all.differences[..all.differences.len().min(20)].join("\n"));
}
