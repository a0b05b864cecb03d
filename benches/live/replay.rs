//! An API server that makes up its pages: nodes of 5 kB and pods of 4 kB, as many as asked for, each page no sooner than a
//! real server has it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// `serve NODES PODS MS`: prints the port, and serves until its input ends. A full page takes so many milliseconds.
pub fn serve(nodes: usize, pods: usize, page: u64) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
    println!("{}", listener.local_addr().expect("an address").port());
    let world: &'static World = Box::leak(Box::new(World::new(nodes, pods, page)));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(answer(stream, world)));
        }
    });
    drop(std::io::stdin().read_to_end(&mut Vec::new()));
}

/// What a pod that runs says of itself.
const RUNNING: &str = r#"{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}],"containerStatuses":[{"name":"c","ready":true,"restartCount":0,"state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}],"startTime":"2026-01-01T00:00:00Z"}"#;
/// What one says that waits for a node.
const PENDING: &str = r#"{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","lastTransitionTime":"2026-01-01T00:00:00Z","message":"0/15000 nodes are available: 1 Insufficient cpu, 14999 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/15000 nodes are available: 1 No preemption victims found for incoming pod, 14999 Preemption is not helpful for scheduling."}],"qosClass":"Burstable"}"#;

struct World {
    nodes: usize,
    pods: usize,
    page: u64,
    node_rest: String,
    pod_rest: String,
}

/// Fields as a server manages them, of about so many bytes.
fn managed(bytes: usize) -> String {
    let mut text =
        String::from(r#"[{"manager":"kubelet","operation":"Update","fieldsType":"FieldsV1","fieldsV1":{"f:a":{}"#);
    let mut i = 0;
    while text.len() < bytes {
        let _ = write!(text, r#","f:field-{i}":{{"k:{{\"type\":\"Ready\"}}":{{".":{{}},"f:status":{{}}}}}}"#);
        i += 1;
    }
    text.push_str("}}]");
    text
}

impl World {
    fn new(nodes: usize, pods: usize, page: u64) -> Self {
        World { nodes, pods, page, node_rest: managed(3_500), pod_rest: managed(2_300) }
    }

    fn node(&self, i: usize, out: &mut String) {
        let _ = write!(
            out,
            r#"{{"metadata":{{"name":"node-{i:05}","uid":"node-{i}","resourceVersion":"{i}","creationTimestamp":"2026-01-01T00:00:00Z","labels":{{"beta.kubernetes.io/arch":"amd64","kubernetes.io/arch":"amd64","kubernetes.io/hostname":"node-{i:05}","kubernetes.io/os":"linux","node.kubernetes.io/instance-type":"m5.2xlarge","pool":"pool-{}","topology.kubernetes.io/region":"r1","topology.kubernetes.io/zone":"r1-{}"}},"annotations":{{"node.alpha.kubernetes.io/ttl":"0"}},"managedFields":{}}},"spec":{{"podCIDR":"10.0.0.0/24","providerID":"cloud:///i-{i}"}},"status":{{"capacity":{{"cpu":"8","ephemeral-storage":"100Gi","memory":"32Gi","pods":"110"}},"allocatable":{{"cpu":"7910m","ephemeral-storage":"95Gi","memory":"30Gi","pods":"110"}},"conditions":[{{"type":"MemoryPressure","status":"False"}},{{"type":"DiskPressure","status":"False"}},{{"type":"PIDPressure","status":"False"}},{{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}}],"nodeInfo":{{"architecture":"amd64","kubeletVersion":"v1.36.3","operatingSystem":"linux"}}}}}}"#,
            i % 20,
            i % 3,
            self.node_rest
        );
    }

    /// A node's pod of the DaemonSet that is healthy, or of the one that nowhere has room.
    fn own(&self, name: &str, node: usize, out: &mut String) {
        let cpu = if name == "agent" { "100m" } else { "7" };
        let (bound, status) = match name {
            "agent" => (format!(r#""nodeName":"node-{node:05}","#), RUNNING),
            _ => (String::new(), PENDING),
        };
        let _ = write!(
            out,
            r#"{{"metadata":{{"name":"{name}-{node:05}","generateName":"{name}-","namespace":"logging","uid":"{name}-{node}","resourceVersion":"{node}","creationTimestamp":"2026-01-01T00:00:00Z","labels":{{"app":"{name}","controller-revision-hash":"h1","pod-template-generation":"1"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"DaemonSet","name":"{name}","uid":"{name}","controller":true,"blockOwnerDeletion":true}}],"managedFields":{}}},"spec":{{"containers":[{{"name":"c","image":"registry.example/agent:1","resources":{{"requests":{{"cpu":"{cpu}"}}}},"terminationMessagePath":"/dev/termination-log","imagePullPolicy":"IfNotPresent"}}],{bound}"priority":0,"affinity":{{"nodeAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{{"nodeSelectorTerms":[{{"matchFields":[{{"key":"metadata.name","operator":"In","values":["node-{node:05}"]}}]}}]}}}}}},"tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute"}}],"schedulerName":"default-scheduler"}},"status":{status}}}"#,
            self.pod_rest
        );
    }

    fn other(&self, i: usize, out: &mut String) {
        let _ = write!(
            out,
            r#"{{"metadata":{{"name":"app-{a}-{i:06}","generateName":"app-{a}-","namespace":"team-{t}","uid":"p-{i}","resourceVersion":"{i}","creationTimestamp":"2026-01-01T00:00:00Z","labels":{{"app":"app-{a}","pod-template-hash":"7d9c6b5f4"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"app-{a}","uid":"r-{a}","controller":true,"blockOwnerDeletion":true}}],"managedFields":{}}},"spec":{{"containers":[{{"name":"main","image":"registry.example/app:{a}","env":[{{"name":"MODE","value":"production"}}],"ports":[{{"containerPort":8080,"protocol":"TCP"}}],"resources":{{"limits":{{"memory":"512Mi"}},"requests":{{"cpu":"{cpu}m","memory":"128Mi"}}}},"volumeMounts":[{{"name":"token","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}]}}],"nodeName":"node-{n:05}","priority":0,"tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}}],"volumes":[{{"name":"token","projected":{{"sources":[{{"serviceAccountToken":{{"path":"token"}}}}]}}}}]}},"status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}}],"containerStatuses":[{{"name":"main","ready":true,"restartCount":0,"state":{{"running":{{"startedAt":"2026-01-01T00:00:00Z"}}}}}}],"podIP":"10.0.0.1","startTime":"2026-01-01T00:00:00Z"}}}}"#,
            self.pod_rest,
            a = i % 2_000,
            t = i % 40,
            cpu = 180 + i % 50,
            n = i % self.nodes,
        );
    }

    fn daemon_set(&self, name: &str, cpu: &str) -> String {
        let desired = self.nodes;
        format!(
            r#"{{"metadata":{{"name":"{name}","namespace":"logging","uid":"{name}","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z"}},"spec":{{"selector":{{"matchLabels":{{"app":"{name}"}}}},"template":{{"metadata":{{"labels":{{"app":"{name}"}}}},"spec":{{"containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{cpu}"}}}}}}]}}}}}},"status":{{"observedGeneration":1,"desiredNumberScheduled":{desired}}}}}"#
        )
    }

    /// How many objects a list has, and its kind.
    fn list(&self, path: &str, query: &str) -> (usize, &'static str, &'static str) {
        match path {
            "/api/v1/nodes" => (self.nodes, "v1", "NodeList"),
            "/api/v1/pods" if !query.contains("fieldSelector") => (self.pods, "v1", "PodList"),
            "/api/v1/namespaces/logging/pods" => (self.nodes, "v1", "PodList"),
            "/api/v1/namespaces" => (1, "v1", "NamespaceList"),
            "/apis/apps/v1/namespaces/logging/daemonsets" => (2, "apps/v1", "DaemonSetList"),
            _ => (0, "v1", "List"),
        }
    }

    fn item(&self, path: &str, query: &str, i: usize, out: &mut String) {
        match path {
            "/api/v1/nodes" => self.node(i, out),
            "/api/v1/namespaces/logging/pods" if query.contains("agent") => self.own("agent", i, out),
            "/api/v1/namespaces/logging/pods" => self.own("short", i, out),
            "/api/v1/pods" if i < self.nodes => self.own("agent", i, out),
            "/api/v1/pods" if i < 2 * self.nodes => self.own("short", i - self.nodes, out),
            "/api/v1/pods" => self.other(i, out),
            "/api/v1/namespaces" => out.push_str(r#"{"metadata":{"name":"logging"}}"#),
            _ => out.push_str(&match i {
                0 => self.daemon_set("agent", "100m"),
                _ => self.daemon_set("short", "7"),
            }),
        }
    }

    /// Writes the answer, and says how long it takes at least.
    fn body(&self, path: &str, query: &str, out: &mut String) -> Duration {
        if path == "/version" {
            out.push_str(r#"{"gitVersion":"v1.36.3"}"#);
            return Duration::ZERO;
        }
        let number = |name: &str| {
            query.split('&').find_map(|p| p.strip_prefix(name)?.strip_prefix('=')).and_then(|v| v.parse::<usize>().ok())
        };
        let (count, api_version, kind) = self.list(path, query);
        let start = number("continue").unwrap_or(0);
        let end = (start + number("limit").unwrap_or(count)).min(count);
        let next = if end < count { end.to_string() } else { String::new() };
        let _ = write!(
            out,
            r#"{{"kind":"{kind}","apiVersion":"{api_version}","metadata":{{"resourceVersion":"1","continue":"{next}"}},"items":["#
        );
        for i in start..end {
            if i > start {
                out.push(',');
            }
            self.item(path, query, i, out);
        }
        out.push_str("]}");
        Duration::from_millis(self.page) * (end - start.min(end)) as u32 / 500
    }
}

fn answer(mut stream: TcpStream, world: &World) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut body = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let target = line.split_whitespace().nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        body.clear();
        let began = Instant::now();
        let least = world.body(path, query, &mut body);
        std::thread::sleep(least.saturating_sub(began.elapsed()));
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len())?;
        stream.write_all(body.as_bytes())?;
    }
}
