//! Rights on the real API server: what `docs/rbac.md` grants is what is asked for, and with less the doctor says what it
//! does not know. What `snapshot` saves is enough for the same report.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::test;
use crate::harness::{Behaviour, Cluster, Kubelets, Ran};
use crate::sick::{AGENT, sick};
use crate::verdicts::{Verdicts, ageless, codes, contradiction, names, verdicts};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("rights::the_documented_role_is_what_is_asked_for", the_documented_role),
        test("rights::with_any_part_of_it_nothing_is_made_up", with_any_part_of_it),
        test("rights::a_snapshot_gives_the_same_report", a_snapshot_gives_the_same_report),
        test("rights::each_command_uses_the_verbs_of_the_table", each_command_uses_the_verbs_of_the_table),
    ]
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const DOCTOR: &[&str] = &["doctor", "-A", "--all-nodes", "--grace", "0s", "-o", "json"];

/// The cluster of many causes, as the real controllers make it; the pods of `agent` crash on n2.
fn furnished() -> (Cluster, Kubelets) {
    let cluster = Cluster::start();
    // Those that the controllers make are theirs to make, and events have a time to live.
    let made = |o: &Value| {
        o["kind"] == "ControllerRevision"
            || o["kind"] == "Event"
            || o["kind"] == "Namespace" && o["metadata"]["name"] == "default"
            || o["kind"] == "Pod" && o["metadata"]["ownerReferences"].is_array()
    };
    let mut objects: Vec<Value> = sick().into_iter().filter(|o| !made(o)).collect();
    for object in &mut objects {
        let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
        metadata.retain(|key, _| !matches!(key.as_str(), "uid" | "creationTimestamp" | "generation"));
    }
    let of = |kinds: &[&str], objects: &mut Vec<Value>| -> Vec<Value> {
        let (these, others) =
            std::mem::take(objects).into_iter().partition(|o| kinds.iter().any(|kind| o["kind"] == *kind));
        *objects = others;
        these
    };
    cluster.create_nodes(&of(&["Node"], &mut objects));
    cluster.create_all(&of(&["Namespace"], &mut objects));
    for namespace in ["logging", "storage", "busy", "secured"] {
        cluster.until("the namespace has its ServiceAccount", Duration::from_secs(30), || {
            let accounts = cluster.list("ServiceAccount", Some(namespace));
            (!accounts.is_empty()).then_some(())
        });
    }
    let (first, others): (Vec<Value>, Vec<Value>) =
        of(&["DaemonSet"], &mut objects).into_iter().partition(|set| set["metadata"]["name"] == "agent");
    let pods = of(&["Pod"], &mut objects);
    let (quotas, kinds): (Vec<Value>, Vec<Value>) = objects.into_iter().partition(|o| o["kind"] == "ResourceQuota");
    cluster.create_all(&kinds);
    cluster.create_all(&pods);
    cluster.create_all(&quotas);
    let kubelets = Kubelets::start(&cluster, ["n1", "n2", "n3", "n4", "n5"].map(str::to_owned));
    kubelets.behave(|pod| {
        let agent = pod["metadata"]["labels"]["app"] == "agent";
        match agent && pod["spec"]["nodeName"] == "n2" {
            true => Behaviour::Crash(3),
            false => Behaviour::QUICK,
        }
    });
    // Whoever is evicted for `urgent` is among those that came last: the agents stay.
    cluster.create_all(&first);
    settle(&cluster);
    cluster.create_all(&others);
    settle(&cluster);
    (cluster, kubelets)
}

/// Waits until nothing happens any more.
fn settle(cluster: &Cluster) {
    let mut before = String::new();
    let mut same = 0;
    cluster.until("the cluster comes to rest", Duration::from_secs(120), || {
        let pods = cluster.list("Pod", None);
        let told = |p: &Value| {
            let waits = &p["status"]["containerStatuses"][0]["state"]["waiting"]["reason"];
            format!(
                "{} {} {} {waits}",
                p["metadata"]["name"], p["spec"]["nodeName"], p["status"]["conditions"][0]["reason"]
            )
        };
        let now = pods.iter().map(told).collect::<Vec<_>>().join("\n");
        same = if now == before { same + 1 } else { 0 };
        before = now;
        std::thread::sleep(Duration::from_millis(250));
        (same > 12 && before.contains("CrashLoopBackOff")).then_some(())
    });
}

/// The ClusterRole that the document shows.
fn documented() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac.md");
    let text = std::fs::read_to_string(path).expect("the document is there");
    let yaml = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it shows a role");
    serde_yaml::from_str(yaml).expect("it is YAML")
}

/// A verb on a resource of a group.
type Right = (String, String, String);

fn rights(role: &Value) -> BTreeSet<Right> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let mut all = BTreeSet::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    all.insert((verb, group.clone(), resource.clone()));
                }
            }
        }
    }
    all
}

fn role(name: &str, rights: &BTreeSet<Right>) -> Value {
    let rules: Vec<Value> = rights
        .iter()
        .map(|(verb, group, resource)| json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]}))
        .collect();
    json!({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
}

fn bound(user: &str, role: &str) -> Value {
    json!({"apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]})
}

/// Waits until the API server knows the rights of a user.
fn known(cluster: &Cluster, user: &str, (verb, group, resource): &Right) {
    let what = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
    cluster.until("the rights are in force", Duration::from_secs(30), || {
        let asked = cluster.kubectl(&["auth", "can-i", verb, &what, "--as", user, "-A"]);
        (asked.code == 0).then_some(())
    });
}

/// What a user asked of resources: the right that it takes, the status, and whether it was a question about rights.
struct Subject {
    right: Right,
    code: u64,
}

fn asked(cluster: &Cluster, user: &str) -> Vec<Subject> {
    let of_user = |e: &&Value| {
        let whose = if e["impersonatedUser"].is_null() { &e["user"] } else { &e["impersonatedUser"] };
        whose["username"] == user && e["objectRef"]["resource"].is_string()
    };
    let audit = cluster.audit_of(user);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let asked = audit.iter().filter(of_user).map(|e| {
        let of = &e["objectRef"];
        let resource = match of["subresource"].as_str() {
            Some(sub) => format!("{}/{sub}", text(&of["resource"])),
            None => text(&of["resource"]),
        };
        Subject {
            right: (text(&e["verb"]), text(&of["apiGroup"]), resource),
            code: e["responseStatus"]["code"].as_u64().unwrap_or(0),
        }
    });
    // Whoever is known may ask what they may do.
    let asked = asked.filter(|a| !(a.right.0 == "create" && a.right.2.starts_with("selfsubject")));
    asked.filter(|a| a.right.2 != "selfsubjectrulesreviews").collect()
}

fn report(ran: &Ran) -> Value {
    assert!(matches!(ran.code, 0 | 2) && !ran.stderr.contains("panicked"), "{ran}");
    ran.json()
}

const PORTED: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: written, namespace: logging}
spec:
  selector: {matchLabels: {app: written}}
  template:
    metadata: {labels: {app: written}}
    spec:
      containers:
        - name: c
          image: registry.example/agent:1
          ports: [{containerPort: 80, hostPort: 8080, hostIP: 10.1.2.3}]
";

fn the_documented_role() {
    let (cluster, _kubelets) = furnished();
    let document = documented();
    let granted = rights(&document);
    cluster.create(&document);
    cluster.create(&bound("nobody", document["metadata"]["name"].as_str().expect("a role has a name")));
    known(&cluster, "nobody", granted.last().expect("it grants something"));
    let file = |name: &str| cluster.folder().join(name).display().to_string();
    let (written, changed, saved) = (file("written.yaml"), file("changed.yaml"), file("saved.gz"));
    for (path, text) in [(&written, PORTED), (&changed, AGENT)] {
        std::fs::write(path, text).expect("the cluster's folder can be written");
    }

    let lines: &[&[&str]] = &[
        DOCTOR,
        &["doctor", "agent", "-n", "logging", "--grace", "0s", "-o", "json"],
        &["doctor", "-A", "--node", "n2", "-o", "json"],
        &["doctor", "-f", &written, "-o", "json"],
        &["status", "agent", "-n", "logging"],
        &["status", "agent", "-n", "logging", "--wait", "--timeout", "2s"],
        &["snapshot", "--file", &saved],
        &["snapshot", "--file", &saved, "--redact-names"],
        &["doctor", "-f", &changed, "-o", "json"],
        &["lint", "-f", &changed, "--live"],
    ];
    for line in lines {
        let ran = cluster.plugin("nobody", line);
        assert!(matches!(ran.code, 0 | 2), "{ran}");
        let unseen = ran.stderr.contains("not checked") || ran.told_of_rights();
        assert!(!unseen, "something was missing: {ran}");
        if line.contains(&"json") {
            // Pods that decide nothing are passed over, whatever the rights; of a document, admission has to be asked.
            let report = ran.json();
            let unseen = report["notChecked"].as_array().into_iter().flatten();
            let mut unseen = unseen.filter_map(|entry| entry["what"].as_str());
            let spared = ["other pods on ", "the default Pod Security level", "CPU, memory and topology managers"];
            assert!(unseen.all(|what| spared.iter().any(|spared| what.starts_with(spared))), "{ran}");
        }
    }
    let asked = asked(&cluster, "nobody");
    let refused: Vec<&Right> = asked.iter().filter(|a| a.code == 401 || a.code == 403).map(|a| &a.right).collect();
    assert!(refused.is_empty(), "the role does not grant {refused:?}");
    let used: BTreeSet<Right> = asked.iter().map(|a| a.right.clone()).collect();
    let writes: Vec<&Right> = used.iter().filter(|r| !matches!(r.0.as_str(), "get" | "list" | "watch")).collect();
    assert!(writes.is_empty(), "it writes: {writes:?}");
    let (beyond, idle): (Vec<_>, Vec<_>) = (used.difference(&granted).collect(), granted.difference(&used).collect());
    assert!(beyond.is_empty() && idle.is_empty(), "asked without being documented: {beyond:?}\nnever asked: {idle:?}");
    println!("{} commands, {} requests, {} rights: all granted, all used", lines.len(), asked.len(), used.len());
}

/// What a command may ask of a server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    /// Nothing: it knows no server.
    Nothing,
    /// `get`, `list` and `watch`, and questions about its own rights.
    Read,
    /// Also what the server is told not to store: `dryRun=All`.
    DryRun,
    /// Also what is stored.
    Write,
}

/// Every command that may meet a server, with files of the test's folder in capitals.
const USES: &[(&str, May)] = &[
    ("doctor -A", May::Read),
    ("doctor agent -n logging", May::Read),
    ("doctor agent -n logging --node n2 --logs 3", May::Read),
    ("doctor -f AGENT", May::Read),
    ("doctor -f AGENT --probe-admission", May::DryRun),
    ("doctor agent -n logging --wait --timeout 1s", May::Read),
    ("doctor -A --snapshot SAVED", May::Nothing),
    ("status agent -n logging", May::Read),
    ("status agent -n logging --wait --timeout 2s", May::Read),
    ("snapshot --file OUT", May::Read),
    ("lint -f AGENT", May::Nothing),
    ("lint -f AGENT --live", May::Read),
    ("render -f SPEC", May::Nothing),
    ("import agent -n logging --with-config", May::Read),
    ("diff -f SPEC", May::DryRun),
    ("deploy -f SPEC --dry-run=client", May::Read),
    ("deploy -f SPEC --dry-run=server", May::DryRun),
    ("deploy -f SPEC --wait=false", May::Write),
    ("delete -f SPEC --dry-run", May::Read),
    ("delete -f SPEC --yes", May::Write),
    ("explain DS210", May::Nothing),
    ("schema spec", May::Nothing),
];

const SPEC: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: audited}
spec:
  namespace: logging
  config_maps: {audited: {data: {a: b}}}
  container: {app: {image: {repo: registry.example/agent, tag: '1'}, env: {secrets: {TOKEN: secret}}}}
";

/// The verbs of one command, each with the resources that it was used on.
#[derive(Default)]
struct Used {
    read: BTreeSet<Right>,
    asked_of_itself: BTreeSet<String>,
    dry: BTreeSet<Right>,
    written: BTreeSet<Right>,
}

impl Used {
    fn of(events: &[Value]) -> Used {
        let mut used = Used::default();
        for event in events.iter().filter(|event| event["objectRef"]["resource"].is_string()) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (verb, of) = (text(&event["verb"]), &event["objectRef"]);
            let mut resource = text(&of["resource"]);
            if let Some(sub) = of["subresource"].as_str() {
                resource = format!("{resource}/{sub}");
            }
            let right = (verb.clone(), text(&of["apiGroup"]), resource.clone());
            let dry = text(&event["requestURI"]).contains("dryRun=All");
            match verb.as_str() {
                "get" | "list" | "watch" => used.read.insert(right),
                "create" if resource.starts_with("selfsubject") => used.asked_of_itself.insert(resource),
                _ if dry => used.dry.insert(right),
                _ => used.written.insert(right),
            };
        }
        used
    }

    fn is_within(&self, may: May) -> bool {
        let reads = !self.read.is_empty();
        match may {
            May::Nothing => !reads && self.asked_of_itself.is_empty() && self.dry.is_empty() && self.written.is_empty(),
            May::Read => reads && self.dry.is_empty() && self.written.is_empty(),
            May::DryRun => reads && self.written.is_empty(),
            May::Write => reads && !self.written.is_empty(),
        }
    }

    /// A cell: the verbs with their resources, without those that are everybody's.
    fn cell(rights: &BTreeSet<Right>) -> String {
        let mut verbs: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
        for (verb, _, resource) in rights {
            verbs.entry(verb).or_default().push(resource);
        }
        let told = verbs.into_iter().map(|(verb, mut resources)| {
            resources.sort_unstable();
            format!("**{verb}** {}", resources.join(", "))
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

const TABLE_BEGINS: &str = "<!-- the table is written by tests/cluster, from the audit log -->\n";
const TABLE_ENDS: &str = "<!-- the table ends -->\n";

/// Each command is run by a user of its own, who may do everything; the audit log says what it used.
fn each_command_uses_the_verbs_of_the_table() {
    let (cluster, _kubelets) = furnished();
    let file = |name: &str| cluster.folder().join(name).display().to_string();
    for (name, text) in [("AGENT", AGENT), ("SPEC", SPEC)] {
        std::fs::write(cluster.folder().join(format!("{name}.yaml")), text)
            .expect("the cluster's folder can be written");
    }
    cluster.plugin("admin", &["snapshot", "--file", &file("SAVED.gz")]).ok();
    let mut table = String::from(
        "| command | reads | asks about its own rights | with `dryRun=All` | writes |\n|---|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    for (number, (line, may)) in USES.iter().enumerate() {
        let (user, agent) = (format!("audited-{number}"), file("AGENT.yaml"));
        let (spec, saved, out) = (file("SPEC.yaml"), file("SAVED.gz"), file(&format!("out-{number}.gz")));
        let mut words: Vec<&str> = line
            .split(' ')
            .map(|word| match word {
                "AGENT" => agent.as_str(),
                "SPEC" => &spec,
                "SAVED" => &saved,
                "OUT" => &out,
                word => word,
            })
            .collect();
        words.extend(["--as", &user, "--as-group", "system:masters"]);
        let ran = cluster.plugin("admin", &words);
        let differs = ran.code == 1 && line.starts_with("diff");
        assert!(!ran.stderr.contains("panicked") && (differs || matches!(ran.code, 0 | 2)), "{line}: {ran}");
        let own = |event: &Value| event["impersonatedUser"]["username"] == user.as_str();
        let events: Vec<Value> = cluster.audit_of(&user).into_iter().filter(own).collect();
        let used = Used::of(&events);
        if !used.is_within(*may) {
            wrong.push(format!("{line}: dry {:?}, written {:?}, read {:?}", used.dry, used.written, used.read));
        }
        let reviews: Vec<&str> = used.asked_of_itself.iter().map(String::as_str).collect();
        let cells = [Used::cell(&used.read), reviews.join(", "), Used::cell(&used.dry), Used::cell(&used.written)];
        let cells = cells.map(|cell| if cell.is_empty() { "-".to_owned() } else { cell });
        let shown = line.replace("AGENT", "agent.yaml").replace("SPEC", "spec.yaml").replace("SAVED", "prod.json.gz");
        table += &format!("| `{}` | {} |\n", shown.replace("OUT", "prod.json.gz"), cells.join(" | "));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac.md");
    let text = std::fs::read_to_string(&path).expect("the document is there");
    let (before, rest) = text.split_once(TABLE_BEGINS).expect("a place for the table");
    let (kept, after) = rest.split_once(TABLE_ENDS).expect("its end");
    let wanted = format!("\n{table}\n");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty()) {
        let text = format!("{before}{TABLE_BEGINS}{wanted}{TABLE_ENDS}{after}");
        std::fs::write(&path, text).expect("the document can be written");
    } else {
        let diff = similar::TextDiff::from_lines(kept, &wanted);
        let diff = diff.unified_diff().header("docs/rbac.md", "the audit log").to_string();
        assert!(kept == wanted, "UPDATE_DOCS=1 writes the table of docs/rbac.md anew:\n{diff}");
    }
    println!("{} commands: the audit log shows no verb beyond the table", USES.len());
}

impl Ran {
    /// Whether something says that a right is missing.
    fn told_of_rights(&self) -> bool {
        (self.stdout.clone() + &self.stderr).contains("forbidden: needs")
    }
}

/// Numbers as good as random, the same each time.
fn scrambled(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 11
    }
}

fn with_any_part_of_it() {
    let (cluster, _kubelets) = furnished();
    let granted = rights(&documented());
    let whole: Verdicts = verdicts(&report(&cluster.plugin("admin", DOCTOR)));
    assert!(codes(&whole).len() > 12, "{:?}", codes(&whole));

    // Each right alone is missing, then many at a time; and all of it, but in one namespace only.
    let mut parts: Vec<BTreeSet<Right>> =
        granted.iter().map(|missing| granted.iter().filter(|r| *r != missing).cloned().collect()).collect();
    for seed in 1..=24 {
        let mut random = scrambled(seed);
        let sparing = 2 + seed % 8;
        parts.push(granted.iter().filter(|_| !random().is_multiple_of(sparing)).cloned().collect());
    }
    for (number, part) in parts.iter().enumerate() {
        let user = format!("user-{number}");
        cluster.create(&role(&user, part));
        cluster.create(&bound(&user, &user));
    }
    let all = format!("user-{}", parts.len());
    cluster.create(&role(&all, &granted));
    cluster.create(
        &json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": all, "namespace": "logging"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": all},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": all}]}),
    );
    for (number, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
        known(&cluster, &format!("user-{number}"), part.last().expect("not empty"));
    }

    let one: &[&str] = &["doctor", "agent", "-n", "logging", "--grace", "0s", "-o", "json"];
    let of_one: Verdicts = verdicts(&report(&cluster.plugin("admin", one)));
    let (mut runs, mut refusals, mut failed, mut wrong) = (0, 0, 0, Vec::new());
    for number in 0..=parts.len() {
        let user = format!("user-{number}");
        for (line, whole) in [(DOCTOR, &whole), (one, &of_one)] {
            let before = asked(&cluster, &user).len();
            let ran = cluster.plugin("admin", &[line, &["--as", &user]].concat());
            runs += 1;
            let refused: BTreeSet<Right> =
                asked(&cluster, &user)[before..].iter().filter(|a| a.code == 403).map(|a| a.right.clone()).collect();
            refusals += refused.len();
            let missing: Vec<String> = parts
                .get(number)
                .map(|p| granted.difference(p).map(|r| format!("{} {}", r.0, r.2)).collect())
                .unwrap_or_default();
            let mut say = |why: String| wrong.push(format!("without {missing:?}: {why}\n{ran}"));
            if ran.stderr.contains("panicked") || !matches!(ran.code, 0..=2) {
                say("it panics".to_owned());
                continue;
            }
            if ran.code == 1 {
                failed += 1;
                if !refused.iter().any(|(verb, _, resource)| {
                    ran.stderr.contains(&format!("`{verb}`")) && ran.stderr.contains(resource)
                }) {
                    say(format!("it fails without naming one of {refused:?}"));
                }
                continue;
            }
            let report = ran.json();
            for (verb, _, resource) in &refused {
                let told = report["notChecked"].to_string();
                if !names(&report, resource) || !told.contains(&format!("`{verb}`")) {
                    say(format!("`{verb}` on `{resource}` was refused and is not named"));
                }
            }
            if refused.is_empty() && verdicts(&report) != *whole {
                say("nothing was refused, and it is another report".to_owned());
            }
            if report["notChecked"].as_array().is_none_or(Vec::is_empty)
                && let Some(why) = contradiction(whole, &verdicts(&report))
            {
                say(why);
            }
        }
    }
    println!(
        "{} parts of {} rights, {runs} runs: {refusals} refusals, {failed} runs that could say nothing, {} wrong",
        parts.len() + 1,
        granted.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} of {runs}:\n{}", wrong.len(), wrong.join("\n"));
}

/// A report without what a snapshot cannot have (where it is from, lines of logs, true addresses), and without what is
/// another each time it is looked at.
fn comparable(mut report: Value) -> Value {
    fn clear(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| !matches!(key.as_str(), "log" | "logs") && !key.ends_with("Seconds"));
                map.values_mut().for_each(clear);
            }
            Value::Array(values) => values.iter_mut().for_each(clear),
            Value::String(text) => *text = ageless(text).replace("240.0.0.1", "10.1.2.3"),
            _ => {}
        }
    }
    report["source"] = json!(null);
    // The one has no logs, the other passes over pods that decide nothing.
    let unseen = report["notChecked"].as_array_mut().expect("a report says what was not looked at");
    let passed = |what: &str| what == "log lines of failed containers" || what.starts_with("other pods on ");
    unseen.retain(|entry| !entry["what"].as_str().is_some_and(passed));
    clear(&mut report);
    report
}

fn a_snapshot_gives_the_same_report() {
    let (cluster, _kubelets) = furnished();
    let file = |name: &str| cluster.folder().join(name).display().to_string();
    let (saved, redacted, written) = (file("saved.gz"), file("redacted.gz"), file("written.yaml"));
    std::fs::write(&written, PORTED).expect("the cluster's folder can be written");
    let lines: &[&[&str]] = &[
        DOCTOR,
        &["doctor", "-A", "--grace", "0s", "-o", "json"],
        &["doctor", "agent", "-n", "logging", "--grace", "0s", "-o", "json"],
        &["doctor", "-A", "--node", "n2", "--grace", "0s", "-o", "json"],
    ];
    let (mut daemon_sets, mut nodes) = (0, 0);
    for line in lines {
        // Something may happen between the two.
        let same = cluster.until_within(5, || {
            cluster.plugin("admin", &["snapshot", "--file", &saved]).ok();
            let live = comparable(report(&cluster.plugin("admin", line)));
            let from_file = report(&cluster.plugin("nobody", &[*line, &["--snapshot", &saved][..]].concat()));
            assert!(names(&from_file, "log"), "a container failed, and nothing is said of its log");
            let from_file = comparable(from_file);
            if live == from_file { Ok(live) } else { Err(differences(&live, &from_file)) }
        });
        let live = same.unwrap_or_else(|why| panic!("{line:?}: {why}"));
        daemon_sets += live["daemonSets"].as_array().map_or(0, Vec::len);
        nodes += verdicts(&live).len();
    }

    // Names are others, the rest is the same.
    cluster.plugin("admin", &["snapshot", "--file", &redacted, "--redact-names"]).ok();
    let shape = |report: &Value| {
        let mut all: Vec<_> = verdicts(report)
            .into_values()
            .map(|(placement, state, reasons)| {
                let codes: Vec<String> =
                    reasons.iter().map(|r| r.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
                (placement, state, codes)
            })
            .collect();
        all.sort();
        all
    };
    let live = report(&cluster.plugin("admin", DOCTOR));
    let hidden = report(&cluster.plugin("nobody", &[DOCTOR, &["--snapshot", &redacted][..]].concat()));
    assert_eq!(shape(&hidden), shape(&live));
    let text = hidden.to_string() + &unpacked(&redacted);
    for name in
        ["\"n1\"", "\"n2\"", "webhooked", "accountless", "logging", ":\"storage\"", "pv-local", "nobody", "10.1.2.3"]
    {
        assert!(!text.contains(name), "{name} is in what has no names: {}", around(&text, name));
    }
    assert!(!unpacked(&saved).contains("10.1.2.3"), "an address of a host is in the snapshot");

    // A clash that only a true address shows.
    let clash = ["doctor", "-f", &written, "--grace", "0s", "-o", "json"];
    let live = report(&cluster.plugin("admin", &clash));
    assert!(codes(&verdicts(&live)).contains("DS204"), "{live:#}");
    let from_file = report(&cluster.plugin("nobody", &[&clash[..], &["--snapshot", &saved]].concat()));
    let told = from_file["notChecked"].to_string();
    assert!(told.contains("host port 8080/TCP of 10.1.2.3"), "{told}");
    println!(
        "{} commands, {daemon_sets} DaemonSets, {nodes} verdicts and lists of findings: the same from the cluster and from a file",
        lines.len()
    );
}

fn unpacked(path: &str) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("it was saved");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).expect("it is text");
    text
}

fn around<'t>(text: &'t str, word: &str) -> &'t str {
    let at = text.find(word).unwrap_or(0);
    text.get(at.saturating_sub(80)..(at + 80).min(text.len())).unwrap_or_default()
}

fn differences(one: &Value, other: &Value) -> String {
    let text = |value: &Value| serde_json::to_string_pretty(value).expect("a JSON value can be written");
    let (one, other) = (text(one), text(other));
    similar::TextDiff::from_lines(&one, &other).unified_diff().header("the cluster", "the snapshot").to_string()
}

impl Cluster {
    /// Tries so many times, for what may move between two looks.
    fn until_within<T>(&self, times: usize, mut each: impl FnMut() -> Result<T, String>) -> Result<T, String> {
        let mut last = Err("not tried".to_owned());
        for _ in 0..times {
            last = each();
            if last.is_ok() {
                break;
            }
        }
        last
    }
}
