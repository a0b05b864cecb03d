//! Files that a container may not read, write or execute, or does not find.

use crate::findings::cause::{CrashField, ObjectKey};
use crate::findings::crash::container::{CrashedContainer, RunsAs};
use crate::findings::crash::mounts::{Mounted, below, normalized};
use crate::findings::crash::node_paths::elsewhere;
use crate::model::message::os_image::enforces_se_linux;
use crate::model::pod_fields::PodFields;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Pod, Symbol};

/// Directories that hold files of nearly every image: a volume there would hide them.
const OF_THE_IMAGE: &[&str] = &[
    "/", "/app", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/root", "/sbin", "/srv", "/usr",
    "/var", "/var/lib",
];

/// Directories of the node that many programs share: two DaemonSets that mount one do not meet there.
const SHARED: &[&str] = &[
    "/",
    "/dev",
    "/etc",
    "/lib/modules",
    "/proc",
    "/run",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
    "/var/lib",
    "/var/lib/kubelet",
    "/var/log",
    "/var/log/containers",
    "/var/log/pods",
    "/var/lib/docker/containers",
    "/sys/fs/bpf",
    "/sys/fs/cgroup",
    "/run/netns",
    "/run/xtables.lock",
];

/// Files of the node that agents look for, by what their paths begin with.
const OF_THE_NODE: &[&str] = &[
    "/run/docker.sock",
    "/run/containerd",
    "/run/crio",
    "/run/k3s",
    "/run/systemd",
    "/run/dbus",
    "/run/udev",
    "/run/log/journal",
    "/var/log/containers",
    "/var/log/pods",
    "/var/log/journal",
    "/var/lib/kubelet",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/lib/modules",
    "/etc/cni",
    "/opt/cni",
    "/etc/kubernetes",
    "/etc/machine-id",
    "/dev",
    "/sys/fs/bpf",
    "/usr/src",
];

/// Endings of files that hold settings, certificates and keys.
const SETTINGS: &[&str] = &[
    "yaml",
    "yml",
    "json",
    "toml",
    "conf",
    "cfg",
    "cnf",
    "ini",
    "properties",
    "xml",
    "env",
    "pem",
    "crt",
    "cert",
    "key",
    "kubeconfig",
];

/// Where the token of the ServiceAccount is mounted.
const TOKEN: &str = "/run/secrets/kubernetes.io/serviceaccount";

impl CrashedContainer<'_> {
    /// EACCES, or EPERM, for a file.
    pub fn denied_file(&self, path: &str, executes: bool) -> Option<CrashField> {
        let whole = normalized(path);
        if below("/dev", &whole).is_some() && !self.is_privileged() {
            return Some(CrashField::Device { path: path.to_owned() });
        }
        // Kubernetes sets no ambient capabilities: what is added is meant for a process of root.
        let runs_as = match self.runs_as() {
            RunsAs::Image if self.adds_capabilities() => RunsAs::Root,
            known => known,
        };
        let Some(mounted) = self.mounted(path) else {
            if is_of_the_kernel(&whole) {
                return (!self.is_privileged()).then(|| CrashField::KernelFile { path: path.to_owned() });
            }
            return match runs_as {
                RunsAs::Root => self.obeys_modes(),
                _ if executes => None,
                user => Some(CrashField::ImageOwner { path: path.to_owned(), user: user.user() }),
            };
        };
        let mount = mounted.point();
        if executes {
            let (key, _) = mounted.key()?;
            let mut sources = mounted.volume.config_map.iter().chain(&mounted.volume.secret);
            if sources.any(|source| source.is_executable()) {
                return None;
            }
            return Some(CrashField::NotExecutable { path: path.to_owned(), mount, key });
        }
        // The AppArmor profile of runtimes denies writing below /sys and /proc wherever the node's are mounted
        // (`deny /sys/[^f]*/** wklx` in containerd/contrib/apparmor/template.go v2.0).
        let is_of_kernel = mounted.host_path().is_some_and(|host_path| is_of_the_kernel(&normalized(&host_path)));
        if runs_as == RunsAs::Root && is_of_kernel && !self.is_privileged() {
            return Some(CrashField::KernelFile { path: path.to_owned() });
        }
        if runs_as == RunsAs::Root {
            return self.obeys_modes().or_else(|| self.confined(path, &mounted));
        }
        if let (Some(source), Some(host_path)) = (&mounted.volume.host_path, mounted.host_path()) {
            return Some(CrashField::HostPathOwner {
                path: path.to_owned(),
                mount,
                host_path: if is_socket(&host_path) { host_path } else { source.path.clone() },
                is_created: source.kind.as_str() == "DirectoryOrCreate",
                user: runs_as.user(),
                fs_group: self.fields.security_context.fs_group,
            });
        }
        let claim = mounted.volume.persistent_volume_claim.as_ref()?;
        self.fields.security_context.fs_group.is_none().then(|| CrashField::ClaimOwner {
            path: path.to_owned(),
            mount,
            claim: claim.claim_name.0.clone(),
            user: runs_as.user(),
        })
    }

    /// Root may open every file of the node but for SELinux, which confines containers that are not privileged to files with
    /// the label of containers (`container_t` and `container_file_t`, container-selinux).
    fn confined(&self, path: &str, mounted: &Mounted<'_>) -> Option<CrashField> {
        let is_enforced = self.node.os_image.is_some_and(|image| enforces_se_linux(image.as_str()));
        let is_unconfined = self.daemon_set.template.text.get().is_some_and(|text| text.contains("\"spc_t\""));
        let host_path = mounted.host_path().filter(|_| is_enforced && !is_unconfined && !self.is_privileged())?;
        Some(CrashField::SeLinux { path: path.to_owned(), mount: mounted.point(), host_path })
    }

    /// Root without CAP_DAC_OVERRIDE obeys the modes of files like any other user.
    fn obeys_modes(&self) -> Option<CrashField> {
        self.is_dropped("DAC_OVERRIDE").then(|| CrashField::Capabilities {
            capabilities: vec!["DAC_OVERRIDE"],
            is_dropped: true,
            is_mount: false,
            user: None,
        })
    }

    /// EROFS.
    pub fn read_only(&self, path: &str, is_directory: bool) -> Option<CrashField> {
        if !path.starts_with('/') {
            return self
                .has_read_only_root()
                .then(|| CrashField::ReadOnlyRoot { path: path.to_owned(), directory: None });
        }
        let Some(mounted) = self.mounted(path) else {
            if is_of_the_kernel(&normalized(path)) {
                return (!self.is_privileged()).then(|| CrashField::KernelFile { path: path.to_owned() });
            }
            let directory = || if is_directory { Some(path) } else { Some(path.rsplit_once('/')?.0) };
            let is_free = |at: &&str| !OF_THE_IMAGE.contains(at) && below("/usr", at).is_none() && !at.is_empty();
            return self.has_read_only_root().then(|| CrashField::ReadOnlyRoot {
                path: path.to_owned(),
                directory: directory().filter(is_free).map(str::to_owned),
            });
        };
        let (path, mount) = (path.to_owned(), mounted.point());
        if let Some(volume_type) = mounted.read_only_type() {
            return Some(CrashField::ReadOnlyVolume { path, mount, volume_type });
        }
        let claim = mounted.volume.persistent_volume_claim.as_ref();
        if mounted.mount.read_only.0 || claim.is_some_and(|claim| claim.read_only.0) {
            return Some(CrashField::ReadOnlyMount { path, mount });
        }
        mounted.host_path().map(|host_path| CrashField::ReadOnlyNode { path, mount, host_path })
    }

    /// A file that could not be created, for a reason that the program does not say: a field is named only if it forbids
    /// writing to anybody, or if another user than root writes to a directory of the node.
    pub fn not_created(&self, path: &str, is_directory: bool) -> Option<CrashField> {
        let is_certain =
            |field: &CrashField| !matches!(field, CrashField::ReadOnlyNode { .. } | CrashField::KernelFile { .. });
        let denied = || self.denied_file(path, false).filter(|field| matches!(field, CrashField::HostPathOwner { .. }));
        self.read_only(path, is_directory).filter(is_certain).or_else(denied)
    }

    /// A socket that exists already: on a volume that outlives the container, one of an earlier run.
    pub fn left_socket(&self, path: &str) -> Option<CrashField> {
        let mounted = self.mounted(path)?;
        let outlives = mounted.volume.host_path.is_some() || mounted.volume.empty_dir.is_some();
        outlives.then(|| CrashField::LeftSocket { path: path.to_owned(), mount: mounted.point() })
    }

    /// ENOENT, or a socket on which no process listens.
    pub fn missing_file(&self, path: &str) -> Option<CrashField> {
        let whole = normalized(path);
        if below(TOKEN, &whole).is_some() {
            let account = self.daemon_set.template.spec.service_account.map_or("default", |name| name.as_str());
            // The field of the pod counts before that of the account (`shouldAutomount`,
            // plugin/pkg/admission/serviceaccount/admission.go v1.36).
            return match self.fields.automount_service_account_token {
                Some(true) => None,
                Some(false) => Some(CrashField::NoToken { account: None }),
                None => Some(CrashField::NoToken { account: Some(account.to_owned()) }),
            };
        }
        let Some(mounted) = self.mounted(path) else {
            // The directory of the node is mounted elsewhere, and a link of the image leads there.
            if self.mounts_of_node().any(|host_path| below(&host_path, &whole).is_some()) {
                return Some(self.missing_host_file(path, whole));
            }
            if OF_THE_NODE.iter().any(|of| below(of, &whole).is_some()) {
                return Some(CrashField::NotMounted { path: path.to_owned(), elsewhere: elsewhere(self.node, &whole) });
            }
            let is_setting = whole.rsplit_once('.').is_some_and(|(_, end)| SETTINGS.contains(&end));
            return is_setting.then(|| CrashField::NoFile { path: path.to_owned() });
        };
        let path = path.to_owned();
        if let Some(host_path) = mounted.host_path() {
            let missing = self.missing_host_file(&path, host_path.clone());
            return match &missing {
                CrashField::MissingHostFile { elsewhere: Some(_), .. } => Some(missing),
                _ => Some(self.made_by_others(&path, &host_path).unwrap_or(missing)),
            };
        }
        let (key, is_optional) = mounted.key().filter(|_| is_file(&mounted))?;
        let keys = self.keys(&key);
        // The object has the key now: the container was started before, or something else hides the file.
        if key.key.as_ref().is_some_and(|key| keys.contains(key)) {
            return None;
        }
        Some(CrashField::MissingKey { path, key, is_optional, keys })
    }

    fn missing_host_file(&self, path: &str, host_path: String) -> CrashField {
        CrashField::MissingHostFile {
            path: path.to_owned(),
            elsewhere: elsewhere(self.node, &host_path),
            host_path,
            node: self.node.name.to_string(),
        }
    }

    /// The keys of a ConfigMap or Secret, as far as they are known.
    fn keys(&self, object: &ObjectKey) -> Vec<String> {
        let kind = if object.object_kind == "Secret" { Kind::Secret } else { Kind::ConfigMap };
        let Some(name) = Symbol::known(&object.name) else { return Vec::new() };
        let object = self.cluster.config_objects.get(&(kind, (self.daemon_set.namespace, name)));
        let keys = object.and_then(|object| object.keys.as_deref()).unwrap_or_default();
        keys.iter().map(|key| key.to_string()).collect()
    }

    /// A module that `modprobe` does not find: those of the node's kernel lie in `/lib/modules` of the node.
    pub fn kernel_module(&self, module: &str) -> CrashField {
        match self.mounted("/lib/modules") {
            Some(mounted) if mounted.volume.host_path.is_some() => {
                CrashField::KernelModule { module: module.to_owned(), node: self.node.name.to_string() }
            }
            _ => CrashField::NotMounted { path: "/lib/modules".to_owned(), elsewhere: None },
        }
    }

    /// The directories of the node that the container mounts, but for the root directory.
    fn mounts_of_node(&self) -> impl Iterator<Item = String> {
        let volumes = self.container.volume_mounts.iter().filter_map(|mount| self.fields.volume(&mount.name));
        volumes.filter_map(|volume| Some(normalized(&volume.host_path.as_ref()?.path))).filter(|path| path != "/")
    }

    /// A DaemonSet that writes to the directory of the node in which the file should be: of several the nearest above
    /// the file, and of those one whose pod on the node is not ready.
    fn made_by_others(&self, path: &str, host_path: &str) -> Option<CrashField> {
        let file = normalized(host_path);
        let writers = self.cluster.daemon_sets.iter().zip(self.all_fields()).filter_map(|(daemon_set, fields)| {
            let is_own = (daemon_set.namespace, daemon_set.name) == (self.daemon_set.namespace, self.daemon_set.name);
            let length = written_above(fields, &file).filter(|_| !is_own)?;
            let pod = self.pod_on_node(daemon_set);
            Some((length, pod.is_none_or(|pod| !pod.ready), daemon_set, pod))
        });
        let (.., daemon_set, pod) = writers.max_by_key(|(length, is_unready, ..)| (*length, *is_unready))?;
        Some(CrashField::FileOfDaemonSet {
            path: path.to_owned(),
            host_path: file,
            daemon_set: format!("{}/{}", daemon_set.namespace, daemon_set.name),
            pod: pod.map(Pod::full_name),
            state: pod.and_then(state),
            node: self.node.name.to_string(),
        })
    }

    /// The pod of a DaemonSet on the node of the crash.
    pub fn pod_on_node(&self, daemon_set: &DaemonSet) -> Option<&Pod> {
        let pods = self.cluster.owned_by(daemon_set.uid?).iter().map(|pod| self.cluster.pod(*pod));
        pods.filter(|pod| pod.node_or_target() == Some(self.node.name)).max_by_key(|pod| pod.ready)
    }
}

/// The length of the longest path of the node above a file that a container of the template may write to.
fn written_above(fields: &PodFields, file: &str) -> Option<usize> {
    let containers = fields.containers.iter().chain(fields.init_containers.iter());
    let written = containers.flat_map(|container| container.volume_mounts.iter().filter(|mount| !mount.read_only.0));
    let above = written.filter_map(|mount| {
        let directory = normalized(&fields.volume(&mount.name)?.host_path.as_ref()?.path);
        (below(&directory, file).is_some() && !SHARED.contains(&directory.as_str())).then_some(directory.len())
    });
    above.max()
}

/// What is wrong with a pod that is not ready: what its first container waits for or how it ended, else its phase.
pub fn state(pod: &Pod) -> Option<String> {
    if pod.ready {
        return None;
    }
    let containers = pod.detail.iter().flat_map(|detail| &detail.containers);
    let mut reasons = containers.filter_map(|container| match (&container.waiting, &container.terminated) {
        (Some((reason, _)), _) if !reason.is_empty() => Some(reason.clone()),
        (_, Some(end)) if container.ended => Some(end.reason.clone()),
        _ => None,
    });
    let told = reasons.find(|reason| reason != "PodInitializing" && !reason.is_empty());
    Some(told.unwrap_or_else(|| pod.phase.as_str().to_owned()))
}

fn is_of_the_kernel(path: &str) -> bool {
    below("/proc", path).is_some() || below("/sys", path).is_some()
}

fn is_socket(path: &str) -> bool {
    path.ends_with(".sock") || path.ends_with(".socket")
}

fn is_file(mounted: &Mounted<'_>) -> bool {
    !mounted.rest.is_empty()
}
