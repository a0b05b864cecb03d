//! What a diagnosis of a live cluster costs, against the bare requests for the same lists.
//!
//! `doctor` beside a floor that asks for the same pages with the same client and drops them: a healthy DaemonSet (nodes
//! and its pods), and one that no node has room for (nodes and all pods). Nine pairs, in turns; medians, their ratio, and
//! the most memory (`VmHWM`) that either process held. Of a real API server also the processor time that it took.
//!
//! * `cargo bench --bench live -- replay [NODES PODS]`: a server on the loopback that makes its pages up; 15,000 nodes and
//!   450,000 pods. Twice: with a page in 16 ms, as a good API server has it (a real one gave 5,000 nodes and 54,750 pods,
//!   120 pages, in 1.9 s), and at once, where all that remains is the time that reading takes of a processor.
//! * `cargo bench --bench live -- cluster [NODES PODS]`: the real API server of the cluster tests (`make cluster-build`);
//!   5,000 nodes and 50,000 pods. Prints beside it what kubectl takes for what people ask it today.
//! * `fill [NODES PODS]` and `measure KUBECONFIG KUBECTL`: the same in two parts, since filling takes minutes. `fill` prints
//!   what `measure` takes, and serves until its input ends.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its figures")]

#[allow(dead_code, unused_imports, reason = "a bench needs little of what the tests need")]
#[path = "../tests/cluster/harness/mod.rs"]
mod harness;
#[path = "live/replay.rs"]
mod replay;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use kubectl_daemonset::client::{Connection, Environment, Flags, Patience, Target};
use serde_json::{Value, json};

const PAIRS: usize = 9;
const PAGE: usize = 500;
/// Milliseconds for a page.
const PACE: usize = 16;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let number = |place: usize, usual: usize| words.get(place).and_then(|w| w.parse().ok()).unwrap_or(usual);
    match words.first().map(String::as_str) {
        Some("floor") => floor(&words[1..]),
        Some("serve") => replay::serve(number(1, 15_000), number(2, 450_000), number(3, PACE) as u64),
        Some("replay") => {
            for page in [PACE, 0] {
                against_replay(number(1, 15_000), number(2, 450_000), page);
            }
        }
        Some("cluster") => {
            let cluster = filled(number(1, 5_000), number(2, 50_000));
            measure(&cluster.kubeconfig("admin").display().to_string(), &cluster.binaries().kubectl());
        }
        Some("fill") => {
            let cluster = filled(number(1, 5_000), number(2, 50_000));
            println!("{} {}", cluster.kubeconfig("admin").display(), cluster.binaries().kubectl().display());
            drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        }
        Some("measure") if words.len() == 3 => measure(&words[1], words[2].as_ref()),
        _ => println!("not run: name `replay` or `cluster`; `make bench-live` runs both"),
    }
}

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    /// The most memory in kB.
    memory: u64,
    /// The processor time of the API server.
    server: Duration,
}

fn against_replay(nodes: usize, pods: usize, page: usize) {
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .args(["serve", &nodes.to_string(), &pods.to_string(), &page.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut port = String::new();
    let out = server.stdout.take().expect("a pipe");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut port).expect("a port");
    let pace = if page == 0 { "at once".to_owned() } else { format!("a page in {page} ms") };
    println!("replay: {nodes} nodes, {pods} pods, {pace}");
    both(&["--server".to_owned(), format!("http://127.0.0.1:{}", port.trim())], None);
    // It ends with its input.
    drop(server.stdin.take());
    drop(server.wait());
}

fn filled(nodes: usize, pods: usize) -> harness::Cluster {
    let cluster = harness::Cluster::start();
    let began = Instant::now();
    fill(&cluster, nodes, pods);
    let took = began.elapsed().as_secs_f64();
    println!("Kubernetes {}: {nodes} nodes, {pods} pods, after {took:.0} s", cluster.version());
    cluster
}

fn measure(kubeconfig: &str, kubectl: &Path) {
    let server = api_server(kubeconfig);
    both(&["--kubeconfig".to_owned(), kubeconfig.to_owned()], server);
    let mut snapshot = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
    snapshot.args(["snapshot", "--kubeconfig", kubeconfig]);
    show("snapshot", &median((0..PAIRS).map(|_| cost(&mut snapshot, server)).collect()));
    for words in [
        &["get", "nodes,pods", "-A", "-o", "json"][..],
        &["describe", "ds", "agent", "-n", "logging"],
        &["get", "events", "-A"],
    ] {
        let mut command = Command::new(kubectl);
        command.args(words).args(["--kubeconfig", kubeconfig]);
        show(&format!("kubectl {}", words.join(" ")), &cost(&mut command, server));
    }
}

fn show(what: &str, cost: &Cost) {
    let Cost { time, memory, server } = cost;
    let (time, server) = (time.as_secs_f64(), server.as_secs_f64());
    println!("{what:<36} {time:>8.3} s  {memory:>8} kB at most  {server:>8.2} s of the server's processors");
}

/// The process of the API server whose files are beside this kubeconfig.
fn api_server(kubeconfig: &str) -> Option<u32> {
    let folder = Path::new(kubeconfig).parent()?.to_str()?;
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    ids.find(|id| {
        let words = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        words.contains("kube-apiserver") && words.contains(folder)
    })
}

/// The processor time that a process has taken so far.
fn processor_time(process: Option<u32>) -> Duration {
    /// `USER_HZ`, which Linux has everywhere.
    const TICKS: u64 = 100;
    let read = |id: u32| {
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // Behind the name, which may hold anything: the 12th and 13th.
        let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        Some(ticks()? + ticks()?)
    };
    Duration::from_millis(process.and_then(read).unwrap_or(0) * 1000 / TICKS)
}

/// Nodes; a healthy DaemonSet `agent` and one that fits nowhere, `short`, on each of them; and other pods up to the
/// number.
fn fill(cluster: &harness::Cluster, nodes: usize, pods: usize) {
    let names: Vec<String> = (0..nodes).map(|n| format!("n{n:05}")).collect();
    cluster.create_nodes(&names.iter().map(|n| harness::node(n)).collect::<Vec<_>>());
    cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "logging"}}));
    let fillers = (0..pods.saturating_sub(2 * nodes)).zip(names.iter().cycle());
    let fillers = fillers.map(|(p, node)| {
        let mut pod = harness::pod("default", &format!("f{p:06}"), node, json!({"cpu": "300m", "memory": "64Mi"}));
        pod["status"] = running();
        pod
    });
    cluster.create_all(&fillers.collect::<Vec<_>>());
    for (name, cpu) in [("agent", "100m"), ("short", "3")] {
        let container =
            json!({"name": "c", "image": "registry.example/agent:1", "resources": {"requests": {"cpu": cpu}}});
        cluster.create(
            &json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "logging"},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]}}}}),
        );
        let minutes = Duration::from_secs(600);
        let own = |pod: &Value| pod["metadata"]["labels"]["app"] == name;
        let bound = |pod: &Value| name == "short" || pod["spec"]["nodeName"].is_string();
        let made = cluster.until("the DaemonSet has its pods", minutes, || {
            let made: Vec<Value> =
                cluster.list("Pod", Some("logging")).into_iter().filter(|p| own(p) && bound(p)).collect();
            (made.len() == nodes).then_some(made)
        });
        if name == "agent" {
            for pod in &made {
                let path = format!(
                    "/api/v1/namespaces/logging/pods/{}/status",
                    pod["metadata"]["name"].as_str().expect("a name")
                );
                cluster.patch(&path, &json!({"status": running()}));
            }
        }
    }
}

fn running() -> Value {
    let condition = json!({"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let container = json!({"name": "c", "ready": true, "started": true, "restartCount": 0, "image": "i", "imageID": "i",
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}});
    json!({"phase": "Running", "startTime": "2026-01-01T00:00:00Z", "conditions": [condition], "containerStatuses": [container]})
}

/// Both questions.
fn both(way: &[String], server: Option<u32>) {
    let own = "/api/v1/namespaces/logging/pods?labelSelector=app%3Dagent";
    pairs("a healthy DaemonSet", "agent", &["/api/v1/nodes", own], way, server);
    pairs("free capacity on no node", "short", &["/api/v1/nodes", "/api/v1/pods"], way, server);
}

fn pairs(what: &str, name: &str, paths: &[&str], way: &[String], server: Option<u32>) {
    let doctor = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
        command.args(["doctor", name, "-n", "logging"]).args(way);
        cost(&mut command, server)
    };
    let floor = || {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg("floor").args(way).args(paths);
        cost(&mut command, server)
    };
    // The server's caches are warm before anything counts.
    doctor();
    floor();
    let (mut ours, mut bare): (Vec<Cost>, Vec<Cost>) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        if pair % 2 == 0 {
            ours.push(doctor());
            bare.push(floor());
        } else {
            bare.push(floor());
            ours.push(doctor());
        }
    }
    let (ours, bare) = (median(ours), median(bare));
    println!("{what}");
    show("  bare requests in pages of JSON", &bare);
    show("  doctor", &ours);
    let ratio = |of: fn(&Cost) -> Duration| of(&ours).as_secs_f64() / of(&bare).as_secs_f64();
    println!("  ratio {:>39.3}, {:.3} of the server's processors", ratio(|cost| cost.time), ratio(|cost| cost.server));
}

/// The median of the times, of the server's too, and the most memory.
fn median(mut runs: Vec<Cost>) -> Cost {
    let memory = runs.iter().map(|cost| cost.memory).max().unwrap_or(0);
    runs.sort_by_key(|cost| cost.server);
    let server = runs[runs.len() / 2].server;
    runs.sort_by_key(|cost| cost.time);
    Cost { time: runs[runs.len() / 2].time, memory, server }
}

/// Runs a program to its end and throws away what it says.
fn cost(command: &mut Command, server: Option<u32>) -> Cost {
    let before = processor_time(server);
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the program starts");
    let path = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let held: u64 = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0);
        most = most.max(held);
        std::thread::sleep(Duration::from_millis(1));
    };
    let time = start.elapsed();
    assert!(matches!(status.code(), Some(0 | 2)), "{command:?} ended with {status}");
    Cost { time, memory: most, server: processor_time(server).saturating_sub(before) }
}

/// `floor WAY PATH...`: asks for every page of these lists, the lists at the same time, and drops what comes.
fn floor(words: &[String]) {
    let flags = match words[0].as_str() {
        "--server" => Flags { server: Some(words[1].clone()), ..Flags::default() },
        _ => Flags { kubeconfig: Some(words[1].clone().into()), ..Flags::default() },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    runtime.block_on(async {
        let target = Target::choose(&flags, &Environment::of_process()).expect("a cluster");
        let connection = Arc::new(Connection::open(target, Patience::default()).await.expect("a connection"));
        let lists = words[2..].iter().cloned().map(|path| tokio::spawn(list(Arc::clone(&connection), path)));
        for list in lists.collect::<Vec<_>>() {
            list.await.expect("a list");
        }
    });
}

async fn list(connection: Arc<Connection>, path: String) {
    let client = connection.client().await;
    let mut token = String::new();
    loop {
        let mark = if path.contains('?') { '&' } else { '?' };
        let next = if token.is_empty() { String::new() } else { format!("&continue={token}") };
        let request = http::Request::get(format!("{path}{mark}limit={PAGE}{next}"));
        // Packing would cost the server more than it saves here.
        let request = request.header(http::header::ACCEPT_ENCODING, "identity");
        let request = request.body(kube::client::Body::empty()).expect("a request");
        let answer = client.send(request).await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        // What the next page is called stands before the objects.
        let head = String::from_utf8_lossy(&body[..body.len().min(2048)]).into_owned();
        match head.split_once("\"continue\":\"").and_then(|(_, rest)| rest.split_once('"')) {
            Some((next, _)) if !next.is_empty() => token = next.to_owned(),
            _ => return,
        }
    }
}
