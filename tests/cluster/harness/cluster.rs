//! A running cluster, as the tests see it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use kube::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{
    binaries::Binaries,
    control_plane::{Plan, free_ports},
    objects::{Resource, is_ready, path_of},
    process::{NO_SPACE, Process, Ran},
};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be started")
});

/// How a cluster is unlike the usual one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How long a node may be silent before it counts as gone; None for ever, as where nothing beats.
    pub node_grace: Option<Duration>,
    /// The address that the API server listens on instead of 127.0.0.1.
    pub address: Option<String>,
    /// More flags of the API server.
    pub api_server_flags: Vec<String>,
    /// A folder for its files other than the tests' own.
    pub folder: Option<PathBuf>,
}

/// A running control plane. Dropped, it is gone without a trace; its logs stay where the test panicked.
pub struct Cluster {
    folder: PathBuf,
    binaries: &'static Binaries,
    client: Client,
    url: String,
    // Last started, first stopped.
    processes: Mutex<Vec<Process>>,
}

impl Cluster {
    /// The usual one, ready to be asked.
    ///
    /// # Panics
    /// With one sentence that names the log, if it does not start.
    #[track_caller]
    pub fn start() -> Self {
        Self::start_with(Options::default()).unwrap_or_else(|why| panic!("{why}"))
    }

    /// One that is unlike the usual. Starts again, on other ports, if somebody else was quicker to take one.
    ///
    /// # Errors
    /// One sentence that names the component and its log.
    pub fn start_with(options: Options) -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let binaries = Binaries::get()?;
        let mut tries = 0;
        loop {
            // Inside a world of its own every process id is small.
            let name =
                std::env::var(super::real_node::NAME).unwrap_or_else(|_| format!("cluster-{}", std::process::id()));
            let folder = Self::folder_of(&name, NUMBER.fetch_add(1, Ordering::Relaxed));
            let folder = options.folder.clone().unwrap_or(folder);
            tries += 1;
            match Self::try_start(binaries, &options, &folder) {
                Err(why) if why.contains("address already in use") && tries < 4 => {
                    let _ = std::fs::remove_dir_all(&folder);
                }
                outcome => return outcome,
            }
        }
    }

    fn try_start(binaries: &'static Binaries, options: &Options, folder: &Path) -> Result<Self, String> {
        let [etcd, peer, secure] = free_ports()?;
        let address = options.address.as_deref().unwrap_or("127.0.0.1");
        let plan = Plan {
            binaries,
            options,
            folder,
            etcd: format!("http://127.0.0.1:{etcd}"),
            peer: format!("http://127.0.0.1:{peer}"),
            address,
            secure,
        };
        let started = plan.start();
        // A component may have failed because another one did.
        let (processes, client) = started.map_err(|(mut processes, why)| {
            let dead = processes.iter_mut().find_map(Process::ended);
            drop(processes);
            let why = dead.unwrap_or(why);
            // A log that could not be written tells nothing of it.
            let full = why.contains(NO_SPACE) || disk_is_full(folder);
            let _ = std::fs::remove_dir_all(folder.join("etcd"));
            if full { format!("the disk that holds {} is full: {why}", folder.display()) } else { why }
        })?;
        let url = format!("https://{address}:{secure}");
        Ok(Self { folder: folder.to_owned(), binaries, client, url, processes: Mutex::new(processes) })
    }

    /// Where the cluster of this number that the test of this name starts has its files.
    pub fn folder_of(name: &str, number: u32) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{number}"))
    }

    /// Runs a future to its end on the tests' runtime.
    pub fn wait<F: Future>(future: F) -> F::Output {
        RUNTIME.block_on(future)
    }

    /// As `admin`.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// `https://ADDRESS:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its logs and files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The kubeconfig of a user: `admin` or `nobody`.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.folder.join(format!("{user}.kubeconfig"))
    }

    /// The real version that runs, as `v1.36.3`.
    pub fn version(&self) -> String {
        self.get("/version")["gitVersion"].as_str().expect("a server tells its version").to_owned()
    }

    /// A command of the test's own with this cluster's kubeconfig and nothing of the machine's.
    pub fn command(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        let path = std::env::var("PATH").unwrap_or_default();
        command.args(arguments).env_clear().env("PATH", path).env("HOME", &self.folder);
        command.env("KUBECONFIG", self.kubeconfig("admin")).env("KUBECACHEDIR", self.folder.join("cache"));
        command
    }

    /// Runs the real kubectl as `admin`.
    pub fn kubectl(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(self.binaries.kubectl(), arguments))
    }

    /// Runs our own program as kubectl's plugin, as a user: `kubectl daemonset ARGUMENTS`.
    pub fn plugin(&self, user: &str, arguments: &[&str]) -> Ran {
        let mut arguments = [&["daemonset"], arguments].concat();
        // Only tests of the hold wait for it.
        let waits = arguments.contains(&"deploy") || arguments.contains(&"status") && arguments.contains(&"--wait");
        if waits && !arguments.iter().any(|argument| argument.starts_with("--hold")) {
            arguments.push("--hold=0");
        }
        let mut command = self.command(self.binaries.kubectl(), &arguments);
        let folder = Path::new(env!("CARGO_BIN_EXE_kubectl-daemonset")).parent().expect("a program is in a folder");
        command.env("PATH", format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default()));
        Ran::of(command.env("KUBECONFIG", self.kubeconfig(user)))
    }

    /// The upstream programs that it runs.
    pub fn binaries(&self) -> &'static Binaries {
        self.binaries
    }

    /// Something to ask with that can be handed to a task.
    pub fn asker(&self) -> Asker {
        Asker(self.client())
    }

    /// Runs a future beside the test.
    pub fn spawn<F: Future<Output: Send> + Send + 'static>(future: F) -> tokio::task::JoinHandle<F::Output> {
        RUNTIME.spawn(future)
    }

    fn processes(&self) -> MutexGuard<'_, Vec<Process>> {
        self.processes.lock().expect("nobody panics with them in hand")
    }

    /// Panics with one sentence that names the log, if a component is not running any more.
    #[track_caller]
    fn assert_runs(&self) {
        let ended = self.processes().iter_mut().find_map(Process::ended);
        assert!(ended.is_none(), "{}", ended.unwrap_or_default());
    }

    /// As [`Asker::ask`]; where nobody answers, who has ended is the better answer.
    #[track_caller]
    fn ask(&self, verb: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        Self::wait(self.asker().try_ask(verb, path, body)).unwrap_or_else(|why| {
            // The connection breaks a moment before the process is gone.
            std::thread::sleep(Duration::from_millis(300));
            self.assert_runs();
            panic!("{why}")
        })
    }

    #[track_caller]
    fn asked(&self, verb: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.ask(verb, path, body);
        assert!(status < 300, "{verb} {path} was answered {status}: {}", answer["message"]);
        answer
    }

    /// The object or list at a path.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.asked("GET", path, None)
    }

    /// All objects of a kind, in one namespace or everywhere.
    #[track_caller]
    pub fn list(&self, kind: &str, namespace: Option<&str>) -> Vec<Value> {
        let resource = Resource::of(kind);
        let mut list = self.get(&resource.path(namespace));
        let mut items = match list["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        for item in &mut items {
            item["apiVersion"] = json!(resource.api_version());
            item["kind"] = json!(resource.kind);
        }
        items
    }

    /// Creates one object.
    #[track_caller]
    pub fn create(&self, object: &Value) -> Value {
        self.asked("POST", &path_of(object).0, Some(object))
    }

    /// Creates many at a time, with their status where they have one.
    #[track_caller]
    pub fn create_all(&self, objects: &[Value]) {
        let asker = self.asker();
        let failed = Self::wait(async {
            let all = stream::iter(objects).map(|o| asker.create_whole(o)).buffer_unordered(64);
            all.filter_map(async |outcome| outcome.err()).collect::<Vec<String>>().await
        });
        if !failed.is_empty() {
            self.assert_runs();
        }
        assert!(failed.is_empty(), "{} of {} were not created: {}", failed.len(), objects.len(), failed[0]);
    }

    /// Merges a patch into the object at a path, for example `/api/v1/nodes/n1` or `/api/v1/nodes/n1/status`.
    #[track_caller]
    pub fn patch(&self, path: &str, patch: &Value) -> Value {
        self.asked("PATCH", path, Some(patch))
    }

    /// Deletes the object or all objects at a path, at once: nobody is there to end their processes.
    #[track_caller]
    pub fn delete(&self, path: &str) {
        let now = json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "propagationPolicy": "Background"});
        let (status, answer) = self.ask("DELETE", path, Some(&now));
        assert!(status < 300 || status == 404, "DELETE {path} was answered {status}: {}", answer["message"]);
    }

    /// Creates nodes and waits until the controllers have lifted the taint that every new node has.
    #[track_caller]
    pub fn create_nodes(&self, nodes: &[Value]) {
        self.create_all(nodes);
        let new = |n: &Value| {
            let taints = n["spec"]["taints"].as_array();
            taints.is_some_and(|t| t.iter().any(|t| t["key"] == "node.kubernetes.io/not-ready"))
        };
        self.until("the controllers lift the taint of new nodes", Duration::from_secs(120), || {
            self.list("Node", None).iter().all(|n| !is_ready(n) || !new(n)).then_some(())
        });
    }

    /// Asks again and again until there is an answer.
    ///
    /// # Panics
    /// When the time is over, or a component of the cluster is.
    #[track_caller]
    pub fn until<T>(&self, what: &str, at_most: Duration, mut answer: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + at_most;
        loop {
            if let Some(answer) = answer() {
                return answer;
            }
            self.assert_runs();
            assert!(Instant::now() < end, "waited {at_most:?} in vain: {what}; logs in {}", self.folder.display());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What was asked of the API so far by everybody but the cluster's own components, as audit events.
    pub fn audit(&self) -> Vec<Value> {
        let log = std::fs::read_to_string(self.folder.join("audit.log")).unwrap_or_default();
        // The last line may be half written.
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The same, of one user alone, in whose name somebody else may have asked.
    pub fn audit_of(&self, user: &str) -> Vec<Value> {
        let log = std::fs::read_to_string(self.folder.join("audit.log")).unwrap_or_default();
        let named = format!("\"username\":\"{user}\"");
        // Most lines are of the others, and not worth reading.
        log.lines().filter(|line| line.contains(&named)).filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Takes a process along: it is stopped before the control plane is.
    pub fn adopt(&self, process: Process) {
        self.processes().push(process);
    }
}

/// Whether nothing more can be written into a folder.
fn disk_is_full(folder: &Path) -> bool {
    let probe = folder.join("probe");
    let written = std::fs::write(&probe, [0; 16384]);
    let _ = std::fs::remove_file(probe);
    written.is_err_and(|e| e.kind() == std::io::ErrorKind::StorageFull)
}

/// Asks the API server.
#[derive(Clone)]
pub struct Asker(Client);

impl Asker {
    /// Asks for a path and gives the answer's status and JSON.
    ///
    /// # Panics
    /// If nobody answers.
    pub async fn ask(&self, verb: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.try_ask(verb, path, body).await.unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same; why there is no answer where there is none.
    ///
    /// # Errors
    /// A sentence.
    pub async fn try_ask(&self, verb: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), String> {
        use http_body_util::BodyExt as _;
        let kind = match verb {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let bytes = body.map_or_else(Vec::new, |b| serde_json::to_vec(b).expect("a JSON value can be written"));
        let request = http::Request::builder().method(verb).uri(path).header("content-type", kind);
        let request = request.body(kube::client::Body::from(bytes)).expect("a request of known parts");
        let answer = self.0.send(request).await.map_err(|e| format!("{verb} {path}: {e}"))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|e| format!("{verb} {path}: {e}"))?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    async fn create_whole(&self, object: &Value) -> Result<(), String> {
        let (all, one) = path_of(object);
        let (code, answer) = self.try_ask("POST", &all, Some(object)).await?;
        if code >= 300 {
            return Err(format!("{one}: {code}: {}", answer["message"]));
        }
        // A node keeps the status it was created with, as kubelets need it; no other kind does.
        if object["status"].is_object() && object["kind"] != "Node" {
            let patch = json!({"status": object["status"]});
            let (code, answer) = self.try_ask("PATCH", &format!("{one}/status"), Some(&patch)).await?;
            if code >= 300 {
                return Err(format!("{one}/status: {code}: {}", answer["message"]));
            }
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut processes =
            std::mem::take(&mut *self.processes.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        while let Some(process) = processes.pop() {
            drop(process);
        }
        let keep = std::thread::panicking();
        let path = if keep { self.folder.join("etcd") } else { self.folder.clone() };
        let _ = std::fs::remove_dir_all(path);
        if keep {
            eprintln!("the cluster's logs are kept in {}", self.folder.display());
        }
    }
}
