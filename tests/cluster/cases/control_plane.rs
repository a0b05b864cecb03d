//! Is the cluster that the tests run what they take it for?

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use libtest_mimic::{Failed, Trial};
use serde_json::json;

use super::test;
use crate::harness::{Cluster, Options, Proxy, SWITCH, node, pod};
use crate::summary::skipped;

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
        test("control_plane::a_component_that_dies_later_is_named_with_its_log", a_component_that_dies_later_is_named),
        Trial::test("control_plane::a_full_disk_is_named", a_full_disk_is_named),
        test("control_plane::without_go_one_sentence_says_so", without_go_one_sentence_says_so),
        test("control_plane::without_modules_one_sentence_says_so", without_modules_one_sentence_says_so),
        Trial::test("control_plane::without_root_one_sentence_says_so", without_root_one_sentence_says_so),
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
    if how == "full" {
        return on_a_full_disk();
    }
    let cluster = Cluster::start();
    let _proxy = Proxy::start(&cluster);
    println!("{}", cluster.folder().display());
    match how {
        "panic" => panic!("as asked"),
        _ => std::thread::sleep(Duration::from_secs(120)),
    }
}

fn held(how: &str) -> (Child, PathBuf) {
    let this = std::env::current_exe().expect("a program knows its path");
    let switch = std::env::var(SWITCH).unwrap_or_default();
    // What a shell starts in the background ignores interrupts, and so would this.
    let mut child = Command::new("env")
        .arg("--default-signal=INT")
        .arg(this)
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

/// Processes whose command line names the folder: their ids and command lines.
fn processes(folder: &Path) -> Vec<(String, String)> {
    // With the slash: cluster-7-1 is no part of cluster-7-12.
    let folder = format!("{}/", folder.display());
    let processes = std::fs::read_dir("/proc").expect("this is Linux").filter_map(Result::ok);
    let lines = processes.filter_map(|p| {
        let line = std::fs::read(p.path().join("cmdline")).ok()?;
        Some((p.file_name().into_string().ok()?, String::from_utf8_lossy(&line).replace('\0', " ")))
    });
    lines.filter(|(_, line)| line.contains(&folder)).collect()
}

fn left(folder: &Path) -> Vec<String> {
    processes(folder).into_iter().map(|(_, line)| line).collect()
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
    // Its four components, the proxy, and what holds that on a leash.
    assert_eq!(left(&folder).len(), 6, "{:#?}", left(&folder));
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

fn a_component_that_dies_later_is_named() {
    let cluster = Cluster::start();
    let asked = |what: &str| {
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| match what {
            "kube-apiserver" => drop(cluster.list("Node", None)),
            _ => cluster.until("never", Duration::from_secs(20), || None),
        }));
        let why = asked.expect_err("it has ended");
        why.downcast::<String>().map_or_else(|_| "no text".to_owned(), |text| *text)
    };
    for component in ["kube-scheduler", "kube-apiserver"] {
        let all = processes(cluster.folder());
        let (id, _) = all.iter().find(|(_, line)| line.contains(&format!("cluster {component} "))).expect(component);
        assert!(Command::new("kill").args(["-KILL", id]).status().expect("there is a kill").success());
        let why = asked(component);
        let log = cluster.folder().join(format!("{component}.log"));
        assert!(why.starts_with(&format!("{component} ended (signal: 9")), "{why}");
        assert!(why.contains(&log.display().to_string()) && log.exists(), "{why}");
    }
}

/// What a process of its own does whose mounts nobody else sees.
fn on_a_full_disk() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(folder.path());
    crate::harness::Ran::of(mount).ok();
    let options = Options { folder: Some(folder.path().join("cluster")), ..Options::default() };
    match Cluster::start_with(options) {
        Ok(_) => println!("it started"),
        Err(why) => println!("{why}"),
    }
}

fn a_full_disk_is_named() -> Result<(), Failed> {
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount").arg(std::env::current_exe()?).args(["hold", "full"]);
    unshare.env(SWITCH, std::env::var(SWITCH).unwrap_or_default());
    let ran = crate::harness::Ran::of(unshare);
    if ran.stderr.contains("Operation not permitted") {
        skipped("a_full_disk_is_named", "a small disk of the test's own needs root", "run the tests as root");
        return Ok(());
    }
    let why = ran.ok().stdout;
    assert!(why.starts_with("the disk that holds ") && why.contains("/cluster is full: "), "{why}");
    assert!(why.contains(".log"), "{why}");
    assert_eq!(why.lines().count(), 1, "{why}");
    Ok(())
}

fn without_modules_one_sentence_says_so() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let mut build = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/build.sh"));
    build.env("XDG_CACHE_HOME", folder.path()).env("GOMODCACHE", folder.path().join("modules"));
    build.env("GOPROXY", "http://127.0.0.1:1").env("GOFLAGS", "-modcacherw");
    let told = crate::harness::Ran::of(build).expect_code(1);
    let told = told.stderr.lines().filter(|l| !l.starts_with("building ")).collect::<Vec<_>>();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("Go modules") && told[0].contains("http://127.0.0.1:1"), "{told:#?}");
    let log = folder.path().join("kubectl-daemonset-tests");
    assert!(told[0].contains(&format!("the log is {}/", log.display())), "{told:#?}");
}

fn without_root_one_sentence_says_so() -> Result<(), Failed> {
    let this = std::env::current_exe()?;
    // In a user namespace without a mapping everybody is nobody.
    let as_nobody = |ci: bool| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--"]).arg(&this).args(["--exact", "real_node"]).env(SWITCH, "1").env_remove("CI");
        if ci {
            unshare.env("CI", "true");
        }
        crate::harness::Ran::of(unshare)
    };
    let ran = as_nobody(false);
    if ran.stderr.contains("unshare failed") {
        let command = "allow them with sysctl kernel.unprivileged_userns_clone=1";
        skipped("without_root_one_sentence_says_so", "this machine has no user namespaces", command);
        return Ok(());
    }
    let ran = ran.ok();
    let line = "skipped: the tests on a real node: a real node needs root; as root: make cluster-packages";
    assert!(ran.stderr.lines().any(|said| said == line), "{ran}");
    let ran = as_nobody(true).expect_code(101);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("a real node needs root"), "{ran}");
    Ok(())
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
