//! A private control plane: etcd, API server, controller manager and scheduler on loopback.

use std::{
    fmt::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;

use super::{
    binaries::Binaries,
    cluster::{Cluster, Options},
    process::{Process, Ran},
};

/// The users that every cluster knows and their groups, each by a token: `admin` (all), `nobody` (no right but what a
/// test gives it), and the components. The controllers share one user, which therefore needs the rights of all.
const USERS: [(&str, &str); 5] = [
    ("admin", "system:masters"),
    ("nobody", ""),
    ("system:node:real", "system:nodes"),
    ("system:kube-scheduler", ""),
    ("system:kube-controller-manager", "system:masters"),
];

const CONTROLLERS: &str = "daemonset-controller,node-lifecycle-controller,taint-eviction-controller,\
serviceaccount-controller,serviceaccount-token-controller,root-ca-certificate-publisher-controller,namespace-controller,\
garbage-collector-controller,disruption-controller,resourcequota-controller,persistentvolume-binder-controller,\
ephemeral-volume-controller,resourceclaim-controller,persistentvolumeclaim-protection-controller,pod-garbage-collector-controller,replicaset-controller,deployment-controller";

/// What is asked of the API is written down: who, what verb, which object, with which program.
const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
  - {level: None, userGroups: ['system:nodes']}
  - {level: None, users: ['system:kube-scheduler', 'system:kube-controller-manager', 'system:apiserver']}
  - {level: None, nonResourceURLs: ['/healthz*', '/livez*', '/readyz*']}
  - {level: Metadata}
";

/// How long a component may take to work: seconds on an idle machine, minutes where many others do something too.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is decided before anything is started.
pub struct Plan<'a> {
    /// The upstream programs.
    pub binaries: &'static Binaries,
    /// What was asked for.
    pub options: &'a Options,
    /// For files and logs; not there yet.
    pub folder: &'a Path,
    /// etcd's address for clients.
    pub etcd: String,
    /// etcd's address for other members, of which there are none.
    pub peer: String,
    /// The API server's address.
    pub address: &'a str,
    /// The API server's port.
    pub secure: u16,
}

type Failed = (Vec<Process>, String);

impl Plan<'_> {
    /// Starts every component; on failure, those that were started and a sentence.
    pub fn start(&self) -> Result<(Vec<Process>, Client), Failed> {
        let mut processes = Vec::new();
        match self.start_all(&mut processes) {
            Ok(client) => Ok((processes, client)),
            Err(why) => Err((processes, why)),
        }
    }

    fn start_all(&self, processes: &mut Vec<Process>) -> Result<Client, String> {
        let write = |name: &str, text: &str| {
            let path = self.folder.join(name);
            std::fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
        };
        std::fs::create_dir_all(self.folder).map_err(|e| format!("cannot make {}: {e}", self.folder.display()))?;
        let secret =
            std::fs::read_to_string("/proc/sys/kernel/random/uuid").map_err(|e| format!("no randomness: {e}"))?;
        let secret = secret.trim();
        let mut tokens = String::new();
        for (user, group) in USERS {
            let _ = writeln!(tokens, "{secret}-{user},{user},{user},{group}");
        }
        write("tokens.csv", &tokens)?;
        write("audit-policy.yaml", AUDIT_POLICY)?;
        let keys = Ran::of(self.command("keys", &[self.folder.display().to_string(), self.address.to_owned()]));
        if keys.code != 0 {
            return Err(format!("cannot make keys: {}", keys.stderr.trim()));
        }
        for (user, _) in USERS {
            write(&format!("{user}.kubeconfig"), &self.kubeconfig(user, secret))?;
        }

        let data = self.folder.join("etcd");
        let etcd = self.command(
            "etcd",
            &[
                format!("--data-dir={}", data.display()),
                format!("--listen-client-url={}", self.etcd),
                format!("--listen-peer-url={}", self.peer),
            ],
        );
        processes.push(Process::start("etcd", etcd, &self.log("etcd"), Some(&data))?);
        processes.push(self.run("kube-apiserver", &self.api_server())?);
        let client = self.ready(processes)?;
        processes.push(self.run("kube-controller-manager", &self.controller_manager())?);
        processes.push(self.run("kube-scheduler", &self.scheduler())?);
        self.controllers_run(processes, &client)?;
        Ok(client)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    fn command(&self, component: &str, flags: &[String]) -> Command {
        let mut command = Command::new(self.binaries.cluster());
        command.arg(component).args(flags);
        command
    }

    fn run(&self, component: &str, flags: &[String]) -> Result<Process, String> {
        Process::start(component, self.command(component, flags), &self.log(component), None)
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn api_server(&self) -> Vec<String> {
        let mut flags = vec![
            format!("--etcd-servers={}", self.etcd),
            format!("--bind-address={}", self.address),
            format!("--advertise-address={}", self.address),
            format!("--secure-port={}", self.secure),
            format!("--token-auth-file={}", self.path("tokens.csv")),
            format!("--service-account-key-file={}", self.path("sa.key")),
            format!("--service-account-signing-key-file={}", self.path("sa.key")),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--tls-cert-file={}", self.path("serving.crt")),
            format!("--tls-private-key-file={}", self.path("serving.key")),
            format!("--audit-log-path={}", self.path("audit.log")),
            format!("--audit-policy-file={}", self.path("audit-policy.yaml")),
            "--authorization-mode=Node,RBAC".to_owned(),
            "--enable-admission-plugins=NodeRestriction".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
            "--kubelet-preferred-address-types=InternalIP".to_owned(),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            "--allow-privileged=true".to_owned(),
            "--max-requests-inflight=4000".to_owned(),
            "--max-mutating-requests-inflight=2000".to_owned(),
            // A cluster of minutes loses nothing to these.
            "--profiling=false".to_owned(),
            "--storage-media-type=application/vnd.kubernetes.protobuf".to_owned(),
        ];
        flags.extend(self.options.api_server_flags.iter().cloned());
        flags
    }

    fn controller_manager(&self) -> Vec<String> {
        // Where nothing beats, no silence is too long.
        let grace = self.options.node_grace.map_or("100000h".to_owned(), |g| format!("{}s", g.as_secs()));
        vec![
            format!("--kubeconfig={}", self.path("system:kube-controller-manager.kubeconfig")),
            format!("--controllers={CONTROLLERS}"),
            format!("--root-ca-file={}", self.path("ca.crt")),
            format!("--service-account-private-key-file={}", self.path("sa.key")),
            "--use-service-account-credentials=false".to_owned(),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
            format!("--node-monitor-grace-period={grace}"),
            "--node-monitor-period=1s".to_owned(),
            "--node-eviction-rate=100".to_owned(),
            "--kube-api-qps=2000".to_owned(),
            "--kube-api-burst=4000".to_owned(),
            "--resource-quota-sync-period=5s".to_owned(),
            "--pvclaimbinder-sync-period=1s".to_owned(),
        ]
    }

    fn scheduler(&self) -> Vec<String> {
        vec![
            format!("--kubeconfig={}", self.path("system:kube-scheduler.kubeconfig")),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
            "--kube-api-qps=2000".to_owned(),
            "--kube-api-burst=4000".to_owned(),
        ]
    }

    fn kubeconfig(&self, user: &str, secret: &str) -> String {
        let server = format!("https://{}:{}", self.address, self.secure);
        serde_json::to_string_pretty(&json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": self.path("ca.crt")}}],
            "users": [{"name": user, "user": {"token": format!("{secret}-{user}")}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
        }))
        .expect("a JSON value can be written")
    }

    /// Waits for the API server and gives its client.
    fn ready(&self, processes: &mut [Process]) -> Result<Client, String> {
        let kubeconfig = Kubeconfig::read_from(self.folder.join("admin.kubeconfig")).map_err(|e| e.to_string())?;
        let config = Cluster::wait(async {
            let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
            // Bad weather is the test's to see.
            config.connect_timeout = Some(Duration::from_secs(5));
            Ok::<_, kube::config::KubeconfigError>(config)
        });
        let client =
            Cluster::wait(async { Client::try_from(config.map_err(|e| e.to_string())?).map_err(|e| e.to_string()) })?;
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(why) = processes.iter_mut().find_map(Process::ended) {
                return Err(why);
            }
            let answer = Cluster::wait(
                client.request_text(http::Request::get("/readyz").body(Vec::new()).expect("a fixed request")),
            );
            if answer.is_ok() {
                return Ok(client);
            }
            if Instant::now() > end {
                return Err(format!(
                    "the API server is not ready after {PATIENCE:?}; its log is {}",
                    self.log("kube-apiserver").display()
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the controllers work: every namespace has the ServiceAccount without which no pod is admitted.
    fn controllers_run(&self, processes: &mut [Process], client: &Client) -> Result<(), String> {
        let path = "/api/v1/namespaces/default/serviceaccounts/default";
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(why) = processes.iter_mut().find_map(Process::ended) {
                return Err(why);
            }
            let answer =
                Cluster::wait(client.request_text(http::Request::get(path).body(Vec::new()).expect("a fixed request")));
            if answer.is_ok() {
                return Ok(());
            }
            if Instant::now() > end {
                let log = self.log("kube-controller-manager");
                return Err(format!("the controllers do nothing after {PATIENCE:?}; their log is {}", log.display()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Ports that are free now.
pub fn free_ports<const N: usize>() -> Result<[u16; N], String> {
    let held: Result<Vec<TcpListener>, _> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect();
    let held = held.map_err(|e| format!("there is no free port on loopback: {e}"))?;
    let port = |l: &TcpListener| l.local_addr().map(|a| a.port()).unwrap_or_default();
    Ok(std::array::from_fn(|i| port(&held[i])))
}
