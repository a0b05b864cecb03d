//! Does a deployment that was killed before or after any of its writes come to the same when it is run again?

use std::{
    io::{BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
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
    deploy::{is_ready, pods, spec, written},
    test,
};
use crate::harness::{Cluster, Kubelets, node};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![test("deploy_killed::a_killed_deploy_converges_when_run_again", a_killed_deploy_converges)]
}

/// Where a run is killed: at its how-manieth write, before the server has it or after it answered.
struct Strike {
    at: usize,
    after: bool,
    writes: AtomicUsize,
    struck: AtomicBool,
}

/// kubectl's own proxy, which speaks plain HTTP, gone with this value.
struct KubectlProxy {
    child: Child,
    address: SocketAddr,
}

impl KubectlProxy {
    fn start(cluster: &Cluster) -> Self {
        let mut command = cluster.command(cluster.binaries().kubectl(), &["proxy", "--port=0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().and_then(|a| a.parse().ok());
        Self { child, address: address.unwrap_or_else(|| panic!("kubectl proxy said `{line}`")) }
    }
}

impl Drop for KubectlProxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes requests on, one a connection, until the strike falls. Gives the address that it listens on.
fn between(upstream: SocketAddr, strike: Arc<Strike>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (Ok(connection), strike) = (connection, Arc::clone(&strike)) else { return };
            if strike.struck.load(Ordering::SeqCst) {
                return;
            }
            std::thread::spawn(move || pass(connection, upstream, &strike));
        }
    });
    address
}

/// One request and its answer.
fn pass(mut client: TcpStream, upstream: SocketAddr, strike: &Strike) -> Option<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).ok()?;
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body).ok()?;
    let first = head.lines().next()?;
    let writes = ["PATCH ", "POST ", "DELETE "].iter().any(|verb| first.starts_with(verb))
        && !first.contains("dryRun")
        && !first.contains("selfsubjectaccessreviews");
    let falls = writes && strike.writes.fetch_add(1, Ordering::SeqCst) + 1 == strike.at;
    if falls && !strike.after {
        strike.struck.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(20));
        return None;
    }
    let mut server = TcpStream::connect(upstream).ok()?;
    let kept: Vec<&str> =
        head.lines().filter(|l| !l.is_empty() && !l.to_ascii_lowercase().starts_with("connection:")).collect();
    server.write_all(format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n")).as_bytes()).ok()?;
    server.write_all(&body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    if falls {
        strike.struck.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(20));
        return None;
    }
    client.write_all(&answer).ok()
}

/// Runs deploy through the proxy and kills it where the strike falls; false where it came to its end before.
fn killed(cluster: &Cluster, proxy: &KubectlProxy, file: &str, at: usize, after: bool) -> bool {
    let strike = Arc::new(Strike { at, after, writes: AtomicUsize::new(0), struck: AtomicBool::new(false) });
    let server = format!("http://{}", between(proxy.address, Arc::clone(&strike)));
    let arguments = ["deploy", "-f", file, "--server", &server];
    let mut command: Command = cluster.command(env!("CARGO_BIN_EXE_kubectl-daemonset"), &arguments);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if strike.struck.load(Ordering::SeqCst) {
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

fn a_killed_deploy_converges() {
    let cluster = Cluster::start();
    let names = || ["n1", "n2", "n3"].into_iter().map(str::to_owned);
    cluster.create_nodes(&names().map(|n| node(&n)).collect::<Vec<_>>());
    let _kubelets = Kubelets::start(&cluster, names());
    let proxy = KubectlProxy::start(&cluster);
    let write = |namespace: &str, image: &str, pruned: bool| {
        let text = spec(namespace, image, "a: 1");
        let kept = text.lines().filter(|l| !pruned || !l.trim().starts_with("rbac"));
        let text: String = kept.map(|l| format!("{l}\n")).collect();
        written(&cluster, &format!("{namespace}.yaml"), &text).display().to_string()
    };
    let count = |kind: &str, namespace: Option<&str>, prefix: &str| {
        let all = cluster.list(kind, namespace);
        all.iter().filter(|o| o["metadata"]["name"].as_str().is_some_and(|n| n.starts_with(prefix))).count()
    };
    let converged = |namespace: &str, file: &str, image: &str, roles: usize| {
        cluster.plugin("admin", &["deploy", "-f", file]).ok();
        cluster.plugin("admin", &["diff", "-f", file]).expect_code(0);
        let pods = pods(&cluster, namespace);
        assert_eq!(pods.iter().filter(|p| is_ready(p)).count(), 3, "{namespace}");
        assert!(pods.iter().all(|p| p["spec"]["containers"][0]["image"] == image), "{namespace}");
        for (kind, prefix) in
            [("ServiceAccount", "agent"), ("ConfigMap", "conf"), ("Secret", "agent"), ("DaemonSet", "agent")]
        {
            assert_eq!(count(kind, Some(namespace), prefix), 1, "{kind} in {namespace}");
        }
        for kind in ["ClusterRole", "ClusterRoleBinding"] {
            assert_eq!(count(kind, None, &format!("{namespace}:")), roles, "{kind} of {namespace}");
        }
        let made = cluster.get(&format!("/api/v1/namespaces/{namespace}"))["metadata"]["annotations"]["kubectl-daemonset/made-for"].clone();
        assert_ne!(made, json!(null), "nobody knows any more that {namespace} was made for the DaemonSet");
    };
    let mut points = 0;
    'new: for at in 1.. {
        for after in [false, true] {
            let namespace = format!("new-{at}-{after}");
            let file = write(&namespace, "registry.example/agent:1", false);
            if !killed(&cluster, &proxy, &file, at, after) {
                break 'new;
            }
            points += 1;
            converged(&namespace, &file, "registry.example/agent:1", 1);
        }
    }
    let made = points;
    assert!(made >= 16, "a new deployment has 8 writes or more, {made} points were met");
    'pruned: for at in 1.. {
        for after in [false, true] {
            let namespace = format!("less-{at}-{after}");
            let file = write(&namespace, "registry.example/agent:1", false);
            cluster.plugin("admin", &["deploy", "-f", &file]).ok();
            let file = write(&namespace, "registry.example/agent:2", true);
            if !killed(&cluster, &proxy, &file, at, after) {
                break 'pruned;
            }
            points += 1;
            converged(&namespace, &file, "registry.example/agent:2", 0);
        }
    }
    assert!(points - made >= 6, "a pruning deployment has 3 writes or more, {} points were met", points - made);
    println!("killed at {points} points, converged each time");
}
