//! A real node: the kubelet of the same build on Debian's containerd and runc.
//!
//! It lives in a world of its own: new network, mount and process namespaces. A kubelet refuses a loopback address, so
//! the namespace has a bridge whose address is the node's and whose ports are the pods'; nothing leads out of it. With the
//! first process of the namespaces everything ends, containers and mounts included, which is why [`World::enter`] starts
//! this program again inside and the tests run there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    binaries::Binaries,
    cluster::{Cluster, Options},
    process::{Process, Ran},
};

/// The node's address and that of the bridge of its pods.
pub const ADDRESS: &str = "10.88.0.1";

/// The image that the node has: a static busybox that sleeps.
pub const IMAGE: &str = "registry.example/busybox:1";

/// What the machine must have, by Debian package.
const NEEDED: [(&str, &str); 6] = [
    ("/usr/bin/containerd", "containerd"),
    ("/usr/sbin/runc", "runc"),
    ("/usr/lib/cni/bridge", "containernetworking-plugins"),
    ("/bin/busybox", "busybox-static"),
    ("/usr/sbin/ip", "iproute2"),
    ("/usr/bin/unshare", "util-linux"),
];

/// The variable that tells a process inside the world its name, which is the machine's only such.
pub const NAME: &str = "CLUSTER_WORLD";

/// The namespaces of one real node.
pub struct World;

impl World {
    /// Why there can be no real node here; None if there can.
    pub fn missing() -> Option<String> {
        if !cfg!(target_os = "linux") {
            return Some("a real node needs Linux".to_owned());
        }
        let root = fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
        if !root {
            return Some("a real node needs root".to_owned());
        }
        let lacking: Vec<&str> =
            NEEDED.iter().filter(|(path, _)| !Path::new(path).exists()).map(|(_, package)| *package).collect();
        (!lacking.is_empty()).then(|| format!("a real node needs the packages {}", lacking.join(", ")))
    }

    /// Runs this program again with `arguments` in new namespaces, to its end. However we go, that ends with us, and
    /// nothing of it is left but the logs of a failure.
    ///
    /// # Errors
    /// A sentence, if it could not be started.
    pub fn enter(arguments: &[&str]) -> Result<i32, String> {
        let this = std::env::current_exe().map_err(|e| format!("cannot find this program: {e}"))?;
        let name = format!("real-node-{}", std::process::id());
        // Control groups are the machine's, and outlive the processes in them.
        let after =
            format!("rm -rf /tmp/{name}; find /sys/fs/cgroup -depth -type d -path '*/{name}*' -exec rmdir {{}} +");
        let mut keep = Command::new(Binaries::get()?.cluster());
        keep.args(["keep", "--after", &after, "--"]);
        keep.args(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
        keep.arg(this).args(arguments).stdin(Stdio::piped()).env("CLUSTER_LEASH", "-").env(NAME, &name);
        let mut child = keep.spawn().map_err(|e| format!("cannot start the node's world: {e}"))?;
        // Our end of its standard input is held until it has ended; `wait` would let it go first.
        let leash = child.stdin.take();
        let status = child.wait().map_err(|e| format!("cannot wait for the node's world: {e}"))?;
        drop(leash);
        if status.success() {
            let _ = fs::remove_dir_all(Cluster::folder_of(&name, 0));
        }
        Ok(status.code().unwrap_or(1))
    }

    /// Makes the namespaces that this process is in fit for a node.
    fn furnish() {
        let run = |line: &str| {
            let mut command = Command::new("sh");
            command.args(["-ec", line]);
            Ran::of(command).ok();
        };
        run("mount --make-rshared /");
        run(&format!(
            "ip link set lo up
             ip link add cni0 type bridge
             ip addr add {ADDRESS}/24 dev cni0
             ip link set cni0 up
             ip route add default via 10.88.0.254"
        ));
        // A kubelet sets these for the whole machine. Here it finds them as it wants them.
        for (name, value) in [
            ("vm/overcommit_memory", "1"),
            ("vm/panic_on_oom", "0"),
            ("kernel/panic", "10"),
            ("kernel/panic_on_oops", "1"),
            ("kernel/keys/root_maxkeys", "1000000"),
            ("kernel/keys/root_maxbytes", "25000000"),
        ] {
            run(&format!(
                "[ -e /proc/sys/{name} ] || exit 0
                 file=$(mktemp); echo {value} >$file; mount --bind $file /proc/sys/{name}; rm $file"
            ));
        }
    }
}

/// A control plane with one real node, inside the world.
pub struct RealNode {
    /// The control plane.
    pub cluster: Cluster,
    folder: PathBuf,
    kubelet: Mutex<Option<Process>>,
}

impl RealNode {
    /// Starts all of it and waits until the node is Ready.
    pub fn start() -> Self {
        World::furnish();
        let options = Options {
            address: Some(ADDRESS.to_owned()),
            node_grace: Some(Duration::from_secs(40)),
            ..Options::default()
        };
        let cluster = Cluster::start_with(options).unwrap_or_else(|why| panic!("{why}"));
        // Socket paths are short.
        let folder = Path::new("/tmp").join(name());
        Self::configure(&folder).unwrap_or_else(|e| panic!("cannot write into {}: {e}", folder.display()));

        let log = |name: &str, cluster: &Cluster| cluster.folder().join(format!("{name}.log"));
        let mut containerd = Command::new("containerd");
        containerd.arg("--config").arg(folder.join("containerd.toml"));
        let containerd = Process::start("containerd", containerd, &log("containerd", &cluster), None);
        cluster.adopt(containerd.unwrap_or_else(|why| panic!("{why}")));
        cluster.until("containerd answers", Duration::from_secs(30), || {
            (Self::ctr(&folder, &["version"]).code == 0).then_some(())
        });
        Self::ctr(&folder, &["images", "import", &folder.join("image.tar").display().to_string()]).ok();

        let node = Self { cluster, folder, kubelet: Mutex::new(None) };
        node.start_kubelet("kubelet");
        node.until_it_has("Ready", Duration::from_secs(90));
        node
    }

    fn start_kubelet(&self, name: &str) {
        let (cluster, folder) = (&self.cluster, &self.folder);
        let mut command = Command::new(cluster.binaries().cluster());
        command.arg("kubelet").args([
            format!("--config={}", folder.join("kubelet.yaml").display()),
            format!("--kubeconfig={}", cluster.kubeconfig("system:node:real").display()),
            format!("--root-dir={}", folder.join("kubelet").display()),
            format!("--cert-dir={}", folder.join("certificates").display()),
            "--hostname-override=real".to_owned(),
            format!("--node-ip={ADDRESS}"),
        ]);
        let process = Process::start(name, command, &cluster.folder().join(format!("{name}.log")), None);
        *self.kubelet.lock().unwrap() = Some(process.unwrap_or_else(|why| panic!("{why}")));
    }

    /// Starts the kubelet anew with another configuration of one thing.
    pub fn reconfigure(&self, key: &str, value: Value) {
        let file = self.folder.join("kubelet.yaml");
        let mut kubelet: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        kubelet[key] = value;
        fs::write(&file, kubelet.to_string()).unwrap();
        drop(self.kubelet.lock().unwrap().take());
        self.start_kubelet("kubelet-again");
    }

    /// Waits until the node says so of itself.
    pub fn until_it_has(&self, condition: &str, at_most: Duration) {
        self.cluster.until(&format!("the real node has {condition}"), at_most, || {
            let nodes = self.cluster.list("Node", None);
            let conditions = nodes.iter().flat_map(|n| n["status"]["conditions"].as_array()).flatten();
            conditions.into_iter().any(|c| c["type"] == condition && c["status"] == "True").then_some(())
        });
    }

    fn ctr(folder: &Path, arguments: &[&str]) -> Ran {
        let mut ctr = Command::new("ctr");
        ctr.arg("--address").arg(folder.join("containerd.sock")).args(["-n", "k8s.io"]).args(arguments);
        Ran::of(ctr)
    }

    fn configure(folder: &Path) -> std::io::Result<()> {
        let path = |name: &str| folder.join(name).display().to_string();
        fs::create_dir_all(folder.join("cni"))?;
        let network = json!({
            "cniVersion": "0.4.0", "name": "pods",
            "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": false, "ipMasq": false,
                         "ipam": {"type": "host-local", "dataDir": path("addresses"), "ranges": [[{"subnet": "10.88.0.0/24", "rangeStart": "10.88.0.10"}]]}}],
        });
        fs::write(folder.join("cni/pods.conflist"), network.to_string())?;
        fs::write(
            folder.join("containerd.toml"),
            format!(
                "version = 2
root = \"{root}\"
state = \"{state}\"
disabled_plugins = [\"io.containerd.snapshotter.v1.btrfs\", \"io.containerd.snapshotter.v1.zfs\", \"io.containerd.snapshotter.v1.aufs\", \"io.containerd.snapshotter.v1.devmapper\"]
[grpc]
  address = \"{socket}\"
[plugins.\"io.containerd.grpc.v1.cri\"]
  sandbox_image = \"{IMAGE}\"
  restrict_oom_score_adj = true
  [plugins.\"io.containerd.grpc.v1.cri\".containerd]
    snapshotter = \"native\"
  [plugins.\"io.containerd.grpc.v1.cri\".cni]
    bin_dir = \"/usr/lib/cni\"
    conf_dir = \"{cni}\"
",
                root = path("containerd"),
                state = path("state"),
                socket = path("containerd.sock"),
                cni = path("cni"),
            ),
        )?;
        let socket = format!("unix://{}", path("containerd.sock"));
        let kubelet = json!({
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "address": ADDRESS, "containerRuntimeEndpoint": socket, "cgroupDriver": "cgroupfs", "failCgroupV1": false,
            "cgroupRoot": format!("/{}", name()), "failSwapOn": false, "makeIPTablesUtilChains": false,
            "authentication": {"anonymous": {"enabled": true}, "webhook": {"enabled": false}},
            "authorization": {"mode": "AlwaysAllow"}, "resolvConf": "", "podLogsDir": path("logs"),
            "volumePluginDir": path("plugins"), "enforceNodeAllocatable": [], "cgroupsPerQOS": true,
            "evictionHard": {"nodefs.available": "1Mi", "imagefs.available": "1Mi", "memory.available": "1Mi"},
            "nodeStatusUpdateFrequency": "5s", "syncFrequency": "5s", "fileCheckFrequency": "0s",
            "crashLoopBackOff": {"maxContainerRestartPeriod": "20s"}, "featureGates": {"KubeletCrashLoopBackOffMax": true},
        });
        fs::write(folder.join("kubelet.yaml"), kubelet.to_string())?;
        Self::make_cgroups()?;
        write_image(&folder.join("image.tar"))?;
        Ok(())
    }

    fn make_cgroups() -> std::io::Result<()> {
        for controller in fs::read_dir("/sys/fs/cgroup")? {
            let path = controller?.path();
            if path.is_symlink() || !path.join("tasks").exists() {
                continue;
            }
            let ours = path.join(name());
            fs::create_dir_all(&ours)?;
            // A group without processors and memory nodes can hold no process.
            for file in ["cpuset.cpus", "cpuset.mems"] {
                if let Ok(inherited) = fs::read_to_string(path.join(file)) {
                    fs::write(ours.join(file), inherited.trim())?;
                }
            }
        }
        Ok(())
    }
}

fn name() -> String {
    std::env::var(NAME).expect("a real node is started inside its world")
}

/// Writes a one-layer image around Debian's static busybox, in the archive format of `docker save`.
fn write_image(file: &Path) -> std::io::Result<()> {
    let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let entry = |archive: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8], mode: u32| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        archive.append_data(&mut header, name, bytes)
    };
    let link = |archive: &mut tar::Builder<Vec<u8>>, name: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, name, "/bin/busybox")
    };
    let mut layer = tar::Builder::new(Vec::new());
    entry(&mut layer, "bin/busybox", &fs::read("/bin/busybox")?, 0o755)?;
    for applet in ["sh", "sleep", "cat", "echo", "true", "false", "dd", "tail", "httpd", "wget"] {
        link(&mut layer, &format!("bin/{applet}"))?;
    }
    entry(&mut layer, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\n", 0o644)?;
    let layer = layer.into_inner()?;
    let config = json!({
        "architecture": "amd64", "os": "linux",
        "config": {"Cmd": ["/bin/sleep", "2147483647"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", hex(&layer))]},
    })
    .to_string();
    let config_name = format!("{}.json", hex(config.as_bytes()));
    let manifest = json!([{"Config": config_name, "RepoTags": [IMAGE], "Layers": ["layer.tar"]}]).to_string();
    let mut image = tar::Builder::new(Vec::new());
    entry(&mut image, &config_name, config.as_bytes(), 0o644)?;
    entry(&mut image, "layer.tar", &layer, 0o644)?;
    entry(&mut image, "manifest.json", manifest.as_bytes(), 0o644)?;
    fs::write(file, image.into_inner()?)
}
