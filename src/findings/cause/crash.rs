//! What in the template, on the node or in the cluster a logged error is about.

use schemars::JsonSchema;
use serde::Serialize;

use crate::findings::cause::access::MissingRule;
use crate::model::message::log::LoggedError;

/// The field or the object that a logged error leads to. The log proves the error; that this field causes it is
/// inferred.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LikelyCause {
    /// The line of the log.
    pub line: String,
    /// Whether the line is of the log rather than of the termination message.
    #[serde(skip)]
    pub is_from_log: bool,
    /// The error that the line is read as.
    #[serde(skip)]
    pub error: LoggedError,
    /// What it is about.
    #[serde(flatten)]
    pub field: CrashField,
}

/// What a logged error is about.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CrashField {
    /// The volumeMount of the path is `readOnly`.
    ReadOnlyMount {
        /// The path.
        path: String,
        /// Its mount.
        mount: MountPoint,
    },
    /// The volume of the path is always mounted read-only.
    ReadOnlyVolume {
        /// The path.
        path: String,
        /// Its mount.
        mount: MountPoint,
        /// `configMap`, `secret`, `projected` or `downwardAPI`.
        volume_type: &'static str,
    },
    /// The mount is writable, and so the file system of the node is read-only there.
    ReadOnlyNode {
        /// The path.
        path: String,
        /// Its mount.
        mount: MountPoint,
        /// The path on the node.
        host_path: String,
    },
    /// `readOnlyRootFilesystem`, and no volume is mounted at or above the path.
    ReadOnlyRoot {
        /// The path.
        path: String,
        /// The directory that must be writable; `None` where a volume there would hide files of the image.
        directory: Option<String>,
    },
    /// `/proc/sys` and `/sys` are read-only in a container that is not privileged.
    KernelFile {
        /// The path.
        path: String,
    },
    /// A directory or a socket of the node belongs to root, and the container runs as another user.
    HostPathOwner {
        /// The path.
        path: String,
        /// Its mount.
        mount: MountPoint,
        /// The path on the node.
        host_path: String,
        /// Whether the kubelet creates the directory if it is missing.
        is_created: bool,
        /// The user of the container, if the template names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<i64>,
        /// The fsGroup of the pod, which does not apply to hostPath volumes.
        #[serde(skip_serializing_if = "Option::is_none")]
        fs_group: Option<i64>,
    },
    /// The container runs as root, and SELinux confines it: the file of the node has another label.
    SeLinux {
        /// The path.
        path: String,
        /// Its mount.
        mount: MountPoint,
        /// The path on the node.
        host_path: String,
    },
    /// A volume of a claim belongs to another user or group, and the pod has no fsGroup.
    ClaimOwner {
        /// The path.
        path: String,
        /// Its mount.
        mount: MountPoint,
        /// The claim.
        claim: String,
        /// The user of the container, if the template names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<i64>,
    },
    /// A path of the image, which belongs to root, and the container runs as another user.
    ImageOwner {
        /// The path.
        path: String,
        /// The user of the container.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<i64>,
    },
    /// A file of a ConfigMap or Secret is not executable.
    NotExecutable {
        /// The path.
        path: String,
        /// Its mount.
        mount: MountPoint,
        /// Its key.
        key: ObjectKey,
    },
    /// The container lacks capabilities.
    Capabilities {
        /// What it lacks.
        capabilities: Vec<&'static str>,
        /// Whether the template drops them.
        is_dropped: bool,
        /// Whether the call mounts a file system, which AppArmor profiles deny as well.
        is_mount: bool,
        /// The user of the container, if it is another than root.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<i64>,
    },
    /// The container has the capabilities, and its process does not: a user other than root gets none of them.
    CapabilitiesOfRoot {
        /// What the call requires.
        capabilities: Vec<&'static str>,
        /// The user of the container, if the template names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<i64>,
    },
    /// A device, which only privileged containers may open.
    Device {
        /// The path.
        path: String,
    },
    /// A port below 1024, and no right to bind it.
    PrivilegedPort {
        /// The port, if the log names it.
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// The user of the container, if it is known to be another than root; -1 if its number is not known.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<i64>,
        /// Whether the template drops NET_BIND_SERVICE.
        is_dropped: bool,
        /// Whether the pod uses the node's network.
        host_network: bool,
    },
    /// Another container of the pod has the port.
    PortOfContainer {
        /// The port.
        port: u16,
        /// The container.
        container: String,
    },
    /// A pod on the node's network has the port.
    PortOfPod {
        /// The port.
        port: u16,
        /// The pods, as `namespace/name`.
        pods: Vec<String>,
        /// The DaemonSets that they belong to, as `namespace/name`.
        daemon_sets: Vec<String>,
        /// The node of the first.
        node: String,
    },
    /// Something on the node has the port.
    PortOfNode {
        /// The port.
        port: u16,
        /// The node.
        node: String,
    },
    /// Something in the pod has the port.
    PortOfItself {
        /// The port.
        port: u16,
    },
    /// An address that no interface of the network has.
    ForeignAddress {
        /// The address.
        address: String,
        /// The addresses of the pod, or of its node under `hostNetwork`, as far as they are known.
        own: Vec<String>,
        /// The node, if the pod uses its network.
        #[serde(skip_serializing_if = "Option::is_none")]
        node: Option<String>,
    },
    /// A private address that does not answer, as those of Services do.
    ServiceAddress {
        /// The address with its port.
        address: String,
        /// A pod on the node that leads addresses of Services somewhere and is not ready.
        #[serde(skip_serializing_if = "Option::is_none")]
        proxy: Option<ProxyPod>,
        /// The node.
        node: String,
    },
    /// Another container of the pod creates the socket, and does not run.
    SocketOfContainer {
        /// The socket.
        path: String,
        /// The container.
        container: String,
        /// Why it does not run.
        state: String,
    },
    /// The program takes another name for that of its node.
    NodeName {
        /// The name.
        name: String,
        /// The name of the node.
        node: String,
        /// Whether the name is that of the pod.
        is_pod: bool,
    },
    /// The node has no range of pod addresses (`spec.podCIDR`).
    PodCidr {
        /// The node.
        node: String,
    },
    /// The token of the account is not accepted.
    Credentials,
    /// The API server does not know a kind: its CustomResourceDefinition is not installed.
    MissingKind {
        /// The kind or the resource.
        name: String,
        /// Its API group.
        group: String,
    },
    /// A module that the node's kernel does not have.
    KernelModule {
        /// The module.
        module: String,
        /// The node.
        node: String,
    },
    /// A library of the NVIDIA driver.
    DriverLibrary {
        /// The library.
        library: &'static str,
        /// The RuntimeClass of the template.
        #[serde(skip_serializing_if = "Option::is_none")]
        runtime_class: Option<String>,
        /// A RuntimeClass with a handler of NVIDIA, which the template does not name.
        #[serde(skip_serializing_if = "Option::is_none")]
        existing_class: Option<String>,
        /// Whether other nodes offer GPUs and this one does not.
        is_without_gpu: bool,
        /// The node.
        node: String,
    },
    /// The dnsPolicy uses the resolver of the node, which does not know Services.
    DnsPolicy {
        /// The name.
        host: String,
        /// The policy in effect.
        policy: DnsPolicy,
    },
    /// A name of the cluster that the cluster's DNS does not know.
    ServiceName {
        /// The name.
        host: String,
        /// The Service, if the name is that of one.
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<(String, String)>,
        /// Whether the server did not answer.
        is_temporary: bool,
    },
    /// A name outside of the cluster.
    OutsideName {
        /// The name.
        host: String,
        /// Whether the resolver is the node's.
        is_resolved_by_node: bool,
        /// Whether the server did not answer.
        is_temporary: bool,
    },
    /// The account of the pod lacks a rule.
    Rule(MissingRule),
    /// A variable comes from an optional reference to what is not there.
    OptionalVariable {
        /// The variable.
        variable: String,
        /// Where it comes from; without a key, every key of the object becomes a variable.
        key: ObjectKey,
    },
    /// A variable that the template does not name.
    UnknownVariable {
        /// The variable.
        variable: String,
        /// Another container that has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        container: Option<String>,
    },
    /// The runtime cannot mount a directory onto a file, or the reverse.
    DirectoryAndFile {
        /// The path in the container.
        path: String,
        /// The mount.
        mount: MountPoint,
        /// The key that the subPath names, of a ConfigMap or Secret.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<ObjectKey>,
        /// The path on the node, of a hostPath volume.
        #[serde(skip_serializing_if = "Option::is_none")]
        host_path: Option<String>,
    },
    /// The runtime cannot create the mount point, because it is in a volume that is mounted read-only.
    MountPointReadOnly {
        /// The path in the container.
        path: String,
        /// The mount.
        mount: MountPoint,
        /// The mount that it is in.
        above: MountPoint,
    },
    /// A file that cannot be parsed is a key of a ConfigMap or Secret.
    ConfigKey {
        /// The path.
        path: String,
        /// The line, from 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        /// The key.
        key: ObjectKey,
    },
    /// The volume of the path is full.
    FullVolume {
        /// The path.
        path: String,
        /// The mount; `None` for the container's own file system.
        #[serde(skip_serializing_if = "Option::is_none")]
        mount: Option<MountPoint>,
        /// What is full.
        full: Full,
        /// The node.
        node: String,
    },
    /// `fs.inotify.max_user_watches` or `fs.inotify.max_user_instances` of the node is used up.
    Inotify {
        /// The setting.
        sysctl: &'static str,
        /// The node.
        node: String,
    },
    /// The process has as many open files as it may.
    OpenFiles,
    /// The pod or the user has as many processes as it may.
    Processes,
    /// The heap that a runtime gives itself is full.
    Heap,
    /// The container gets no more memory.
    Memory {
        /// Its memory limit, as it is written.
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<String>,
        /// The node.
        node: String,
    },
    /// A flag of the template that the image does not know.
    UnknownFlag {
        /// The flag without dashes.
        flag: String,
        /// The image.
        image: String,
    },
    /// A socket that an earlier run of the container left on a volume.
    LeftSocket {
        /// The socket.
        path: String,
        /// Its mount.
        mount: MountPoint,
    },
    /// A file that a pod of another DaemonSet creates on the node.
    FileOfDaemonSet {
        /// The path.
        path: String,
        /// The path on the node.
        host_path: String,
        /// The DaemonSet, as `namespace/name`.
        daemon_set: String,
        /// Its pod on the node, as `namespace/name`; `None` if it has none there.
        #[serde(skip_serializing_if = "Option::is_none")]
        pod: Option<String>,
        /// What is wrong with the pod: a reason of a container, or its phase. `None` if it is ready.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<String>,
        /// The node.
        node: String,
    },
    /// The node lacks a program, which the container runs in the node's mount namespace.
    ProgramOfNode {
        /// Its name.
        program: String,
        /// The node.
        node: String,
    },
    /// A file that is not on the node.
    MissingHostFile {
        /// The path.
        path: String,
        /// The path on the node.
        host_path: String,
        /// The node.
        node: String,
        /// Where the node has what is missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        elsewhere: Option<Elsewhere>,
    },
    /// A file of a ConfigMap or Secret that has no such key.
    MissingKey {
        /// The path.
        path: String,
        /// The key; none if `items` has no file of that name.
        key: ObjectKey,
        /// Whether the pod starts without the object.
        is_optional: bool,
        /// The keys that the object has, as far as they are known.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        keys: Vec<String>,
    },
    /// A file of settings that no volume holds, and the image does not have.
    NoFile {
        /// The path.
        path: String,
    },
    /// A file of the node, of which the container sees nothing.
    NotMounted {
        /// The path.
        path: String,
        /// Where the node has what is missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        elsewhere: Option<Elsewhere>,
    },
    /// The token of the ServiceAccount is not mounted.
    NoToken {
        /// The ServiceAccount, if the template itself does not turn the token off.
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
}

/// Where a node has what is missing at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Elsewhere {
    /// The path.
    pub path: String,
    /// What the node runs that has its files there.
    pub runs: String,
}

/// A pod that leads addresses of Services somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProxyPod {
    /// Its DaemonSet, as `namespace/name`.
    pub daemon_set: String,
    /// The pod, as `namespace/name`.
    pub pod: String,
    /// What is wrong with the pod: a reason of a container, or its phase.
    pub state: String,
}

/// A volumeMount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MountPoint {
    /// The volume.
    pub volume: String,
    /// The path in the container.
    pub mount_path: String,
}

/// A key of a ConfigMap or Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectKey {
    /// `ConfigMap` or `Secret`.
    pub object_kind: &'static str,
    /// The object.
    pub name: String,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The `dnsPolicy` that keeps a pod from resolving Services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum DnsPolicy {
    /// `ClusterFirst` under `hostNetwork`, which counts as `Default`.
    ClusterFirst,
    /// `Default`.
    Default,
    /// `None`: the name servers of `dnsConfig` alone.
    None,
}

/// A file system that is full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "full", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Full {
    /// A tmpfs.
    Memory {
        /// Its limit, as it is written.
        #[serde(skip_serializing_if = "Option::is_none")]
        size_limit: Option<String>,
    },
    /// A path of the node.
    HostPath {
        /// The path.
        host_path: String,
    },
    /// A claim's volume.
    Claim {
        /// The claim.
        claim: String,
    },
    /// The file system of the kubelet, which holds emptyDir volumes and containers.
    Node,
}

impl CrashField {
    /// A name that tells the causes apart, so that nodes with different causes are different findings.
    pub fn name(&self) -> String {
        match serde_json::to_value(self) {
            Ok(value) => value["kind"].as_str().unwrap_or_default().to_owned(),
            Err(_) => String::new(),
        }
    }
}
