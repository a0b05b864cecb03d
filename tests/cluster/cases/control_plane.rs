//! Is the cluster that the tests run what they take it for?

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use serde_json::json;

use super::test;
use crate::harness::{Cluster, Options, SWITCH, node, pod};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("control_plane::a_daemon_set_is_placed_by_the_real_thing", a_daemon_set_is_placed_by_the_real_thing),
        test("control_plane::rights_are_enforced_and_requests_written_down", rights_are_enforced),
        test("control_plane::two_run_side_by_side", two_run_side_by_side),
        test("control_plane::nothing_outlives_a_killed_test", nothing_outlives_a_killed_test),
        test("control_plane::nothing_outlives_an_interrupted_test", nothing_outlives_an_interrupted_test),
        test("control_plane::a_panic_leaves_the_logs_alone", a_panic_leaves_the_logs_alone),
        test("control_plane::a_component_that_dies_is_named_with_its_log", a_component_that_dies_is_named),
        test("control_plane::a_port_in_use_is_named", a_port_in_use_is_named),
        test("control_plane::without_go_one_sentence_says_so", without_go_one_sentence_says_so),
    ]
}

fn daemon_set(name: &str) -> serde_json::Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"ds": name}}, "template": {
            "metadata": {"labels": {"ds": name}},
            "spec": {"containers": [{"name": "c", "image": "registry.example/agent:1",
                                      "resources": {"requests": {"cpu": "1"}}}]}}},
    })
}

fn a_daemon_set_is_placed_by_the_real_thing() {
    let began = Instant::now();
    let cluster = Cluster::start();
    let took = began.elapsed();
    println!("Kubernetes {} started in {:.1} s", cluster.version(), took.as_secs_f64());
    // Under 8 s on two idle cores; the bar leaves room for a machine that does other things too.
    assert!(took < Duration::from_secs(60), "a control plane took {took:?} to start");

    let mut tainted = node("n3");
    tainted["spec"]["taints"] = json!([{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}]);
    cluster.create_nodes(&[node("n1"), node("n2"), tainted]);
    cluster.create(&pod("default", "full", "n2", json!({"cpu": "3500m"})));
    cluster.create(&daemon_set("agent"));
    let pods = cluster.until("the pods are decided", Duration::from_secs(30), || {
        let pods = cluster.list("Pod", Some("default"));
        let ours: Vec<_> = pods.into_iter().filter(|p| p["metadata"]["labels"]["ds"] == "agent").collect();
        let bound = ours.iter().filter(|p| p["spec"]["nodeName"].is_string()).count();
        let refused = ours.iter().filter(|p| p["status"]["conditions"][0]["reason"] == "Unschedulable").count();
        (ours.len() == 2 && bound == 1 && refused == 1).then_some(ours)
    });
    let bound = pods.iter().find(|p| p["spec"]["nodeName"].is_string()).expect("one is bound");
    assert_eq!(bound["spec"]["nodeName"], "n1");
    let refused = pods.iter().find(|p| !p["spec"]["nodeName"].is_string()).expect("one is not");
    let message = refused["status"]["conditions"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("1 Insufficient cpu"), "{message}");
}

fn rights_are_enforced() {
    let cluster = Cluster::start();
    cluster.create_nodes(&[node("n1")]);
    let mut kubectl = cluster.command(cluster.binaries().kubectl(), &["get", "nodes"]);
    kubectl.env("KUBECONFIG", cluster.kubeconfig("nobody"));
    let refused = crate::harness::Ran::of(kubectl).expect_code(1);
    assert!(refused.stderr.contains("cannot list resource \"nodes\""), "{refused}");
    let table = cluster.kubectl(&["get", "nodes"]).ok();
    assert!(table.stdout.contains("n1") && table.stdout.contains("Ready"), "{table}");
    let asked: Vec<_> = cluster
        .audit()
        .into_iter()
        .filter(|e| {
            e["verb"] == "list"
                && e["objectRef"]["resource"] == "nodes"
                && e["userAgent"].as_str().is_some_and(|a| a.starts_with("kubectl/"))
        })
        .map(|e| (e["user"]["username"].clone(), e["responseStatus"]["code"].clone()))
        .collect();
    assert_eq!(asked, [(json!("nobody"), json!(403)), (json!("admin"), json!(200))]);
}

fn two_run_side_by_side() {
    let (one, other) = (Cluster::start(), Cluster::start());
    assert_ne!(one.url(), other.url());
    one.create_nodes(&[node("n1")]);
    assert_eq!((one.list("Node", None).len(), other.list("Node", None).len()), (1, 0));
    let folder = one.folder().to_owned();
    drop(one);
    assert!(!folder.exists(), "{} is left", folder.display());
    assert_eq!(other.list("Node", None).len(), 0);
}

/// A test of its own process that holds a cluster until it is ended; what `main` runs for `hold`.
pub fn hold(how: &str) {
    let cluster = Cluster::start();
    println!("{}", cluster.folder().display());
    match how {
        "panic" => panic!("as asked"),
        _ => std::thread::sleep(Duration::from_secs(120)),
    }
}

fn held(how: &str) -> (Child, PathBuf) {
    let this = std::env::current_exe().expect("a program knows its path");
    let switch = std::env::var(SWITCH).unwrap_or_default();
    let mut child = Command::new(this)
        .args(["hold", how])
        .env(SWITCH, switch)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this program can be started");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says its folder");
    (child, PathBuf::from(line.trim()))
}

/// Processes whose command line names the folder.
fn left(folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let processes = std::fs::read_dir("/proc").expect("this is Linux").filter_map(Result::ok);
    let lines = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    let lines = lines.map(|l| String::from_utf8_lossy(&l).replace('\0', " "));
    lines.filter(|l| l.contains(&folder)).collect()
}

#[track_caller]
fn assert_gone(folder: &Path) {
    let end = Instant::now() + Duration::from_secs(10);
    while !left(folder).is_empty() {
        assert!(Instant::now() < end, "these outlived the test: {:#?}", left(folder));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!folder.join("etcd").exists(), "the data in {} is left", folder.display());
}

fn ended_by(signal: &str) {
    let (mut child, folder) = held("sleep");
    assert_eq!(left(&folder).len(), 4, "{:#?}", left(&folder));
    let kill = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("there is a kill");
    assert!(kill.success());
    child.wait().expect("it was started");
    assert_gone(&folder);
    std::fs::remove_dir_all(folder).expect("the logs are left");
}

fn nothing_outlives_a_killed_test() {
    ended_by("-KILL");
}

fn nothing_outlives_an_interrupted_test() {
    ended_by("-INT");
}

fn a_panic_leaves_the_logs_alone() {
    let (mut child, folder) = held("panic");
    assert!(!child.wait().expect("it was started").success());
    assert_gone(&folder);
    assert!(folder.join("kube-apiserver.log").exists(), "the logs in {} are gone", folder.display());
    std::fs::remove_dir_all(folder).expect("the logs are left");
}

/// The log that a failure names, which is there and is taken away.
#[track_caller]
fn named_log(why: &str) -> String {
    let named = why.split_once("its log is ").and_then(|(_, rest)| rest.split_once(": "));
    let log = named.map_or_else(|| panic!("no log is named: {why}"), |(path, _)| PathBuf::from(path));
    let text = std::fs::read_to_string(&log).unwrap_or_else(|e| panic!("{} is named: {e}", log.display()));
    std::fs::remove_dir_all(log.parent().expect("a log is in a folder")).expect("it is ours");
    text
}

fn a_component_that_dies_is_named() {
    let options = Options { api_server_flags: vec!["--no-such-flag".to_owned()], ..Options::default() };
    let Err(why) = Cluster::start_with(options) else { panic!("an unknown flag is accepted") };
    assert!(why.starts_with("kube-apiserver ended") && why.contains("unknown flag: --no-such-flag"), "{why}");
    assert!(named_log(&why).contains("unknown flag"));
    assert_eq!(why.lines().count(), 1, "{why}");
}

fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let options = Options { api_server_flags: vec![format!("--secure-port={port}")], ..Options::default() };
    let Err(why) = Cluster::start_with(options) else { panic!("two listen on one port") };
    assert!(why.starts_with("kube-apiserver ended") && why.contains("address already in use"), "{why}");
    assert!(named_log(&why).contains(&port.to_string()));
}

fn without_go_one_sentence_says_so() {
    let tools = tempfile::tempdir().expect("there is a temporary folder");
    for tool in ["dirname", "sed"] {
        std::os::unix::fs::symlink(format!("/usr/bin/{tool}"), tools.path().join(tool)).expect("it can be written");
    }
    let mut build = Command::new("/bin/sh");
    build.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/build.sh")).env("PATH", tools.path());
    let told = crate::harness::Ran::of(build).expect_code(1);
    assert!(told.stderr.starts_with("build.sh: there is no Go toolchain here (go 1.26"), "{told}");
    assert_eq!(told.stderr.lines().count(), 1, "{told}");
}
