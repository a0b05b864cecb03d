//! What do `kubectl apply --server-side` with `kubectl rollout status` say of the same rollouts, and when?

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{
    deploy::{plain, written},
    test,
};
use crate::harness::{Behaviour, Cluster, Kubelets, Ran, node};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![test("deploy_compared::beside_kubectl", beside_kubectl)]
}

/// How long kubectl is left to wait.
const PATIENCE: &str = "--timeout=20s";

fn theirs(cluster: &Cluster, name: &str, file: &str) -> (Ran, Duration) {
    let began = Instant::now();
    let applied = cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", file]);
    if applied.code != 0 {
        return (applied, began.elapsed());
    }
    (cluster.kubectl(&["rollout", "status", &format!("daemonset/{name}"), PATIENCE]), began.elapsed())
}

fn ours(cluster: &Cluster, file: &str, flags: &[&str]) -> (Ran, Duration) {
    let began = Instant::now();
    let ran = cluster.plugin("admin", &[&["deploy", "-f", file, PATIENCE, "--force-conflicts"], flags].concat());
    (ran, began.elapsed())
}

/// The last thing that was said.
fn last(ran: &Ran) -> String {
    let told = ran.stderr.lines().filter(|l| l.starts_with("error") || l.contains("caused by"));
    let told: Vec<&str> = told.take(2).map(str::trim).collect();
    match told.is_empty() {
        true => ran.stdout.lines().last().unwrap_or_default().to_owned(),
        false => told.join(" / "),
    }
}

fn beside_kubectl() {
    let cluster = Cluster::start();
    let names = || (1..=10).map(|n| format!("n{n:02}"));
    cluster.create_nodes(&names().map(|n| node(&n)).collect::<Vec<_>>());
    let kubelets = Kubelets::start(&cluster, names());
    kubelets.behave(|pod| match pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default() {
        image if image.ends_with(":absent") => Behaviour::NoImage,
        _ => Behaviour::QUICK,
    });
    let bound = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 5}}});
    let file = |name: &str, tag: &str, spec: &Value, pod: Value| {
        let text = plain(name, &format!("registry.example/agent:{tag}"), spec.clone(), pod);
        written(&cluster, &format!("{name}-{tag}.json"), &text).display().to_string()
    };
    let (mut their_times, mut our_times) = (Vec::new(), Vec::new());
    for round in 0..6 {
        let tag = format!("good{round}");
        let (a, b) = (file("theirs", &tag, &bound, json!({})), file("ours", &tag, &bound, json!({})));
        let (told, time) = theirs(&cluster, "theirs", &a);
        told.ok();
        let (mine, my_time) = ours(&cluster, &b, &[]);
        mine.ok();
        // The first round makes the pods; the others roll them.
        if round > 0 {
            their_times.push(time);
            our_times.push(my_time);
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let (their_time, our_time) = (median(&mut their_times), median(&mut our_times));
    println!(
        "| a change that rolls on 10 nodes, 5 at a time | {their_time:.1} s | {our_time:.1} s | ratio {:.2} |",
        our_time / their_time
    );
    let big = json!({"containers": [{"name": "c", "image": "registry.example/agent:1", "resources": {"requests": {"cpu": "64"}}}]});
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    for (what, tag, spec, pod, code) in [
        ("an image that cannot be pulled", "absent", &bound, json!({}), 2),
        ("more cpu than any node has", "big", &bound, big, 2),
        ("no node matches", "nowhere", &bound, json!({"nodeSelector": {"disk": "ssd"}}), 3),
        ("OnDelete", "hand", &on_delete, json!({}), 0),
    ] {
        let name = format!("case-{tag}");
        let file = file(&name, tag, spec, pod);
        let (told, time) = theirs(&cluster, &name, &file);
        cluster.kubectl(&["delete", "daemonset", &name, "--wait=true"]).ok();
        let (mine, my_time) = ours(&cluster, &file, &[]);
        println!(
            "| {what} | exit {}, {:.1} s: {} | exit {}, {:.1} s: {} |",
            told.code,
            time.as_secs_f64(),
            last(&told),
            mine.code,
            my_time.as_secs_f64(),
            last(&mine)
        );
        mine.expect_code(code);
        assert!(my_time < Duration::from_secs(16), "{what} took {my_time:?}");
    }
    assert!(our_time < their_time * 1.5, "deploy took {our_time:.1} s where kubectl takes {their_time:.1} s");
}
