//! What do `kubectl apply --server-side` with `kubectl rollout status` say of the same rollouts, and when? The rows are
//! those of `docs/deploy.md`.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{
    deploy::{falls_silent, is_back, plain, pods, written},
    test,
};
use crate::harness::{Behaviour, Cluster, Kubelets, Ran, node};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![test("deploy_compared::beside_kubectl", beside_kubectl)]
}

/// How long kubectl is left to wait.
const PATIENCE: &str = "--timeout=20s";
const NODES: usize = 10;
/// The head of the table in `docs/deploy.md`.
const TABLE_HEAD: &str = "| case | kubectl | kubectl daemonset deploy |\n|---|---|---|\n";

struct Scene {
    cluster: Cluster,
    kubelets: Kubelets,
}

impl Scene {
    fn start() -> Self {
        let cluster = Cluster::start();
        let names = || (1..=NODES).map(|n| format!("n{n:02}"));
        cluster.create_nodes(&names().map(|n| node(&n)).collect::<Vec<_>>());
        let kubelets = Kubelets::start(&cluster, names());
        kubelets.behave(|pod| match pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default() {
            image if image.ends_with(":absent") => Behaviour::NoImage,
            _ => Behaviour::QUICK,
        });
        Self { cluster, kubelets }
    }

    fn file(&self, namespace: &str, name: &str, tag: &str, spec: &Value, pod: &Value) -> String {
        let text = plain(name, &format!("registry.example/agent:{tag}"), spec.clone(), pod.clone());
        let text = text.replace("\"default\"", &format!("\"{namespace}\""));
        written(&self.cluster, &format!("{name}-{tag}.json"), &text).display().to_string()
    }

    fn theirs(&self, namespace: &str, name: &str, file: &str) -> (Ran, Duration) {
        let began = Instant::now();
        let applied = self.cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", file]);
        if applied.code != 0 {
            return (applied, began.elapsed());
        }
        let daemon_set = format!("daemonset/{name}");
        (self.cluster.kubectl(&["rollout", "status", &daemon_set, "-n", namespace, PATIENCE]), began.elapsed())
    }

    fn ours(&self, file: &str, flags: &[&str]) -> (Ran, Duration) {
        let began = Instant::now();
        let args = ["deploy", "-f", file, PATIENCE, "--force-conflicts"];
        (self.cluster.plugin("admin", &[&args, flags].concat()), began.elapsed())
    }
}

/// How it ended, after how long, and what was said last.
fn told((ran, time): &(Ran, Duration)) -> String {
    let last = match ran.code {
        0 => ran
            .stdout
            .lines()
            .filter(|l| ["daemon set", "not waited", "old pods that stay"].iter().any(|b| l.starts_with(b)))
            .collect(),
        _ => {
            let said = ran.stderr.lines().filter(|l| l.starts_with("error") || l.contains("caused by"));
            said.take(2)
                .map(|l| l.trim().trim_start_matches("error: ").trim_start_matches("caused by: "))
                .collect::<Vec<_>>()
        }
    };
    let last: Vec<String> = last.iter().map(|line| format!("`{}`", line.replace('|', "\\|"))).collect();
    format!("exit {}, {} s: {}", ran.code, time.as_secs(), last.join(" "))
}

/// A row without its times and names of pods, which are those of one run.
fn shape(row: &str) -> String {
    let words: Vec<&str> = row.split(' ').collect();
    let number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    let kept = words.iter().enumerate().map(|(at, word)| match (words.get(at + 1), word.split_once("-agent-")) {
        (Some(next), _) if number(word) && next.starts_with("s:") => "N",
        // Pods have random names.
        (_, Some((name, _))) => name,
        _ => word,
    });
    kept.collect::<Vec<_>>().join(" ")
}

/// The document with these rows in the table beside kubectl.
fn with_rows(text: &str, rows: &[String]) -> String {
    let (before, table) = text.split_once(TABLE_HEAD).expect("the table has its head");
    let after = table.split_once("\n\n").map_or("", |(_, after)| after);
    format!("{before}{TABLE_HEAD}{}\n\n{after}", rows.join("\n"))
}

fn beside_kubectl() {
    let scene = Scene::start();
    let cluster = &scene.cluster;
    cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "strict",
        "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}));
    let rolling =
        |bound: u8| json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": bound}}});
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    let none = json!({});
    let big = json!({"containers": [{"name": "c", "image": "registry.example/agent:2", "resources": {"requests": {"cpu": "64"}}}]});
    let (nowhere, host) = (json!({"nodeSelector": {"disk": "ssd"}}), json!({"hostNetwork": true}));
    let everywhere = json!({"tolerations": [{"operator": "Exists"}]});
    let mut rows = Vec::new();
    for (what, namespace, tag, spec, pod, down, code) in [
        ("an image that cannot be pulled", "default", "absent", &rolling(5), &none, false, 2),
        ("more cpu than any node has", "default", "big", &rolling(5), &big, false, 2),
        ("pods that the namespace does not admit", "strict", "host", &rolling(5), &host, false, 2),
        ("no node matches", "default", "nowhere", &rolling(5), &nowhere, false, 3),
        ("strategy OnDelete", "default", "hand", &on_delete, &none, false, 0),
        ("a node that does not answer, 5 may be unavailable", "default", "down", &rolling(5), &everywhere, true, 0),
        ("the same, 1 may be unavailable", "default", "stuck", &rolling(1), &everywhere, true, 3),
    ] {
        let mut says = Vec::new();
        for who in ["theirs", "ours"] {
            let name = format!("{tag}-agent");
            // What changes is there before, but for what would not run.
            if ["hand", "down", "stuck"].contains(&tag) {
                let before = scene.file(namespace, &name, "1", spec, pod);
                cluster.plugin("admin", &["deploy", "-f", &before]).ok();
            }
            if down {
                falls_silent(cluster, &scene.kubelets, "n03");
            }
            let file = scene.file(namespace, &name, tag, spec, pod);
            let ran = if who == "ours" { scene.ours(&file, &[]) } else { scene.theirs(namespace, &name, &file) };
            says.push(told(&ran));
            if who == "ours" {
                ran.0.expect_code(code);
            }
            if down {
                is_back(cluster, &scene.kubelets, "n03");
            }
            cluster
                .kubectl(&["delete", "daemonset", &name, "-n", namespace, "--ignore-not-found", "--cascade=foreground"])
                .ok();
            cluster.until("its pods are gone", Duration::from_secs(60), || {
                pods(cluster, namespace).is_empty().then_some(())
            });
        }
        rows.push(format!("| {what} | {} | {} |", says[0], says[1]));
        println!("{}", rows[rows.len() - 1]);
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy.md");
    let text = std::fs::read_to_string(&docs).unwrap();
    if std::env::var("UPDATE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::write(&docs, with_rows(&text, &rows)).unwrap();
        return;
    }
    let docs: Vec<String> = text.lines().map(shape).collect();
    let missing: Vec<&String> = rows.iter().filter(|row| !docs.contains(&shape(row))).collect();
    assert!(missing.is_empty(), "docs/deploy.md has other rows than these: {missing:#?}");
}

/// One deployment: how long the whole command took, and how long it was from the server's taking of the change to
/// the end of the command, which says that the rollout succeeded. In seconds.
struct Timed {
    whole: f64,
    from_apply: f64,
}

impl Timed {
    fn of(cluster: &Cluster, name: &str, (ran, whole): (Ran, Duration)) -> Self {
        let ended = Timestamp::now();
        ran.ok();
        let path = format!("/daemonsets/{name}?");
        let applied = cluster.audit().into_iter().rfind(|event| {
            let address = event["requestURI"].as_str().unwrap_or_default();
            event["verb"] == "patch" && address.contains(&path) && !address.contains("dryRun")
        });
        let applied = applied.unwrap_or_else(|| panic!("the audit log does not have how {name} was applied"));
        let applied: Timestamp = applied["stageTimestamp"].as_str().unwrap().parse().unwrap();
        Self { whole: whole.as_secs_f64(), from_apply: ended.duration_since(applied).as_secs_f64() }
    }
}

/// `compare`: how long a change that rolls takes, ours and theirs, one after the other so many times; the first pair,
/// which makes the pods, does not count.
pub fn pairs(pairs: usize) {
    let scene = Scene::start();
    let bound = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 5}}});
    let mut times = Vec::new();
    for pair in 0..=pairs {
        let tag = format!("v{pair}");
        let file = |name: &str| scene.file("default", name, &tag, &bound, &json!({}));
        let theirs = || Timed::of(&scene.cluster, "theirs", scene.theirs("default", "theirs", &file("theirs")));
        // kubectl does not watch pods once they are available.
        let ours = || Timed::of(&scene.cluster, "ours", scene.ours(&file("ours"), &["--hold=0"]));
        // Who is first changes, so that nobody always finds the server warm.
        times.push(match pair % 2 {
            0 => {
                let theirs = theirs();
                (ours(), theirs)
            }
            _ => (ours(), theirs()),
        });
    }
    println!("a change that rolls on {NODES} nodes, 5 at a time; {pairs} pairs, deploy/kubectl in s");
    for (what, of) in [
        ("from the server's taking of it to success", (|timed: &Timed| timed.from_apply) as fn(&Timed) -> f64),
        ("the whole command", |timed| timed.whole),
    ] {
        let (mut ours, mut theirs): (Vec<f64>, Vec<f64>) =
            times[1..].iter().map(|(ours, theirs)| (of(ours), of(theirs))).unzip();
        let each = ours.iter().zip(&theirs).map(|(ours, theirs)| format!("{ours:.2}/{theirs:.2}"));
        let each = each.collect::<Vec<_>>().join(" ");
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let (ours, theirs) = (median(&mut ours), median(&mut theirs));
        println!("{what}: deploy {ours:.2}, kubectl {theirs:.2}, ratio {:.2}: {each}", ours / theirs);
    }
}
