//! Does a deployment that was killed before or after any of its writes come to the same when it is run again?

use std::{
    collections::BTreeMap,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use serde_json::json;

use super::{
    deploy::{pods, spec, written},
    test,
};
use crate::{
    differential::Random,
    harness::{Cluster, Kubelets, Proxy, Ran, WriteOutcome, is_ready, node},
};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("deploy_killed::a_killed_deploy_converges_when_run_again", a_killed_deploy_converges),
        test("deploy_killed::a_run_stopped_at_a_random_moment_converges", stopped_at_a_random_moment),
    ]
}

/// Runs deploy through the proxy and kills it at its how-manieth write, before the server has it or after it answered;
/// false where it came to its end before.
fn killed(cluster: &Cluster, proxy: &Proxy, file: &str, at: usize, after: bool) -> bool {
    let (writes, struck) = (AtomicUsize::new(0), Arc::new(AtomicBool::new(false)));
    let then = Arc::clone(&struck);
    let server =
        proxy.server(move |request| match request.writes() && writes.fetch_add(1, Ordering::SeqCst) + 1 == at {
            true => WriteOutcome::Hold { carried_out: after, then: Arc::clone(&then) },
            false => WriteOutcome::Pass,
        });
    let mut child = start(cluster, &["deploy", "-f", file, "--hold=0", "--server", &server]);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if struck.load(Ordering::SeqCst) {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "a run that was not killed failed: {status}");
            return false;
        }
        assert!(Instant::now() < until, "a run neither ended nor wrote");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Starts our program, whose output nobody reads.
fn start(cluster: &Cluster, arguments: &[&str]) -> Child {
    let mut command: Command = cluster.command(env!("CARGO_BIN_EXE_kubectl-daemonset"), arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Three nodes with kubelets, and what is deployed to them.
struct Scene {
    cluster: Cluster,
    _kubelets: Kubelets,
}

const NODES: [&str; 3] = ["n1", "n2", "n3"];

impl Scene {
    fn start() -> Self {
        let cluster = Cluster::start();
        cluster.create_nodes(&NODES.map(node));
        let kubelets = Kubelets::start(&cluster, NODES.map(str::to_owned));
        Self { cluster, _kubelets: kubelets }
    }

    /// A spec in a file; `pruned` has no RBAC.
    fn write(&self, namespace: &str, image: &str, pruned: bool) -> String {
        let text = spec(namespace, image, "a: 1");
        let kept = text.lines().filter(|l| !pruned || !l.trim().starts_with("rbac"));
        let text: String = kept.map(|l| format!("{l}\n")).collect();
        written(&self.cluster, &format!("{namespace}.yaml"), &text).display().to_string()
    }

    fn count(&self, kind: &str, namespace: Option<&str>, prefix: &str) -> usize {
        let all = self.cluster.list(kind, namespace);
        all.iter().filter(|o| o["metadata"]["name"].as_str().is_some_and(|n| n.starts_with(prefix))).count()
    }

    /// Runs deploy once more, to its end: everything is there, once, and as it should be.
    fn converges(&self, namespace: &str, file: &str, image: &str, roles: usize) {
        self.cluster.plugin("admin", &["deploy", "-f", file]).ok();
        self.cluster.plugin("admin", &["diff", "-f", file]).expect_code(0);
        let pods = pods(&self.cluster, namespace);
        assert_eq!(pods.iter().filter(|p| is_ready(p)).count(), 3, "{namespace}");
        assert!(pods.iter().all(|p| p["spec"]["containers"][0]["image"] == image), "{namespace}");
        for (kind, prefix) in
            [("ServiceAccount", "agent"), ("ConfigMap", "conf"), ("Secret", "agent"), ("DaemonSet", "agent")]
        {
            assert_eq!(self.count(kind, Some(namespace), prefix), 1, "{kind} in {namespace}");
        }
        for kind in ["ClusterRole", "ClusterRoleBinding"] {
            assert_eq!(self.count(kind, None, &format!("{namespace}:")), roles, "{kind} of {namespace}");
        }
        let path = format!("/api/v1/namespaces/{namespace}");
        let made = self.cluster.get(&path)["metadata"]["annotations"]["kubectl-daemonset/made-for"].clone();
        assert_ne!(made, json!(null), "nobody knows any more that {namespace} was made for the DaemonSet");
    }

    /// Runs delete once more, to its end: nothing of it is there.
    fn is_taken_back(&self, namespace: &str) {
        let arguments = ["delete", "agent", "-n", namespace, "--yes", "--delete-namespace"];
        let ran = self.cluster.plugin("admin", &arguments);
        assert!(ran.code == 0 || ran.stderr.contains("cannot find DaemonSet"), "{ran}");
        self.cluster.until("the namespace is gone", Duration::from_secs(30), || {
            let all = self.cluster.list("Namespace", None);
            all.iter().all(|n| n["metadata"]["name"] != namespace).then_some(())
        });
        for kind in ["ClusterRole", "ClusterRoleBinding"] {
            assert_eq!(self.count(kind, None, &format!("{namespace}:")), 0, "{kind} of {namespace}");
        }
    }
}

const OLD: &str = "registry.example/agent:1";
const NEW: &str = "registry.example/agent:2";

fn a_killed_deploy_converges() {
    let scene = Scene::start();
    let cluster = &scene.cluster;
    let proxy = Proxy::start(cluster);
    let mut points = 0;
    'new: for at in 1.. {
        for after in [false, true] {
            let namespace = format!("new-{at}-{after}");
            let file = scene.write(&namespace, OLD, false);
            if !killed(cluster, &proxy, &file, at, after) {
                break 'new;
            }
            points += 1;
            scene.converges(&namespace, &file, OLD, 1);
        }
    }
    let made = points;
    assert!(made >= 16, "a new deployment has 8 writes or more, {made} points were met");
    'pruned: for at in 1.. {
        for after in [false, true] {
            let namespace = format!("less-{at}-{after}");
            let file = scene.write(&namespace, OLD, false);
            cluster.plugin("admin", &["deploy", "-f", &file]).ok();
            let file = scene.write(&namespace, NEW, true);
            if !killed(cluster, &proxy, &file, at, after) {
                break 'pruned;
            }
            points += 1;
            scene.converges(&namespace, &file, NEW, 0);
        }
    }
    assert!(points - made >= 6, "a pruning deployment has 3 writes or more, {} points were met", points - made);
    println!("killed at {points} points, converged each time");
}

/// How a run is stopped at a random moment.
const STOPS: [&str; 3] = ["kill -9", "ctrl-c", "connection cut for a second"];
/// What is stopped.
const RUNS: [&str; 4] = ["a new deployment", "a change", "a change that prunes", "a deletion"];

fn stopped_at_a_random_moment() {
    at_random(6, 7);
}

/// Stops runs at random moments and runs them again; panics where one does not converge.
pub fn at_random(rounds: u64, seed: u64) {
    let scene = Scene::start();
    let cluster = &scene.cluster;
    let proxy = Proxy::start(cluster);
    let mut random = Random::of(seed);
    let (mut counts, mut unfinished) = (BTreeMap::new(), 0);
    // How long such a run takes here, undisturbed.
    let mut lasts: BTreeMap<&str, Duration> = BTreeMap::new();
    let first = RUNS.len() as u64;
    for round in 0..first + rounds {
        // Each pair has its turn; only the moment is left to chance.
        let (run, stop) = (RUNS[round as usize % RUNS.len()], STOPS[round as usize / RUNS.len() % STOPS.len()]);
        let namespace = format!("at-{round}");
        let before = scene.write(&namespace, OLD, false);
        if run != RUNS[0] {
            cluster.plugin("admin", &["deploy", "-f", &before]).ok();
        }
        let file = if run == RUNS[0] { before } else { scene.write(&namespace, NEW, run == RUNS[2]) };
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = Arc::clone(&cut);
        let server = proxy
            .server(move |_| if is_cut.load(Ordering::SeqCst) { WriteOutcome::CutBefore } else { WriteOutcome::Pass });
        let arguments: &[&str] = match run == RUNS[3] {
            true => &["delete", "agent", "-n", &namespace, "--yes", "--delete-namespace", "--server", &server],
            false => &["deploy", "-f", &file, "--hold=0", "--server", &server],
        };
        let began = Instant::now();
        let mut child = start(cluster, arguments);
        let early = match lasts.get(run) {
            None => {
                child.wait().unwrap();
                lasts.insert(run, began.elapsed());
                false
            }
            Some(lasts) => {
                std::thread::sleep(Duration::from_millis(random.below(lasts.as_millis() as usize) as u64));
                child.try_wait().unwrap().is_none()
            }
        };
        match stop {
            _ if !early => {}
            "kill -9" => child.kill().unwrap(),
            "ctrl-c" => {
                let mut kill = Command::new("kill");
                kill.args(["-INT", &child.id().to_string()]);
                Ran::of(kill);
            }
            _ => {
                cut.store(true, Ordering::SeqCst);
                std::thread::sleep(Duration::from_secs(1));
                cut.store(false, Ordering::SeqCst);
            }
        }
        child.wait().unwrap();
        unfinished += u64::from(early);
        *counts.entry((run, stop)).or_insert(0) += u64::from(early);
        if run == RUNS[3] {
            scene.is_taken_back(&namespace);
            continue;
        }
        let (image, roles) = if run == RUNS[0] { (OLD, 1) } else { (NEW, usize::from(run != RUNS[2])) };
        scene.converges(&namespace, &file, image, roles);
        scene.is_taken_back(&namespace);
    }
    for ((run, stop), times) in counts {
        println!("{run}, {stop}: stopped {times} times before its end");
    }
    println!("{rounds} random moments from seed {seed}, {unfinished} of them before the end: converged each time");
}
