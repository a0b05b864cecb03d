//! Words the field that the log of a crashed container leads to.

use crate::explain::{access, next_step};
use crate::findings::cause::{CrashField, DnsPolicy, Elsewhere, Full, LikelyCause, MountPoint, ObjectKey, ProxyPod};
use crate::report::{Note, NoteKind};

/// Returns the clause that ends the headline: what is likely behind the crash.
pub(crate) fn because(cause: &LikelyCause) -> String {
    match &cause.field {
        CrashField::ReadOnlyMount { path, mount } => {
            format!("cannot write {path}: {} has readOnly: true", at(mount))
        }
        CrashField::ReadOnlyVolume { path, mount, volume_type } => {
            format!("cannot write {path}: {volume_type} volumes are read-only ({})", at(mount))
        }
        CrashField::ReadOnlyNode { path, mount, host_path } => {
            format!("cannot write {path}: the node has {host_path} read-only ({})", at(mount))
        }
        CrashField::ReadOnlyRoot { path, .. } => {
            format!("cannot write {path}: readOnlyRootFilesystem is true, and no volume is mounted there")
        }
        CrashField::KernelFile { path } if path.starts_with("/sys/kernel/") => {
            format!("the default AppArmor profile denies {path} to a container that is not privileged")
        }
        CrashField::KernelFile { path } => {
            format!("cannot change {path}: the container is not privileged")
        }
        CrashField::HostPathOwner { path, host_path, user, .. } => {
            format!("{} may not access {path}: hostPath {host_path} belongs to root", named(*user))
        }
        CrashField::SeLinux { path, host_path, .. } => {
            format!("SELinux keeps the container from {path}: the files of hostPath {host_path} have another label")
        }
        CrashField::ClaimOwner { path, claim, user, .. } => {
            format!("{} may not access {path}: the pod has no fsGroup that owns claim {claim}", named(*user))
        }
        CrashField::ImageOwner { path, user } => {
            format!("{} may not access {path}, which belongs to another user in the image", named(*user))
        }
        CrashField::NotExecutable { path, key, .. } => {
            format!("cannot execute {path}: files of {} {} are not executable", key.object_kind, key.name)
        }
        CrashField::Capabilities { capabilities, is_dropped, .. } => {
            let dropped = if *is_dropped { ", which capabilities.drop removes" } else { "" };
            let noun = if capabilities.len() == 1 { "capability" } else { "capabilities" };
            format!("the container lacks {noun} {}{dropped}", capabilities.join(" and "))
        }
        CrashField::CapabilitiesOfRoot { capabilities, user } => {
            format!("{} has no capabilities, and the call requires {}", named(*user), capabilities.join(" and "))
        }
        CrashField::Device { path } => format!("cannot open {path}: the container is not privileged"),
        CrashField::PrivilegedPort { port, user, .. } => {
            let port = port.map_or_else(|| "the port".to_owned(), |port| format!("port {port}"));
            match user {
                Some(user) => format!("{} may not bind {port}, which is below 1024", named(Some(*user))),
                None => format!("cannot bind {port}: capabilities.drop removes NET_BIND_SERVICE"),
            }
        }
        CrashField::PortOfContainer { port, container } => {
            format!("port {port} is in use: container {container} of the same pod has port {port}")
        }
        CrashField::PortOfPod { port, pods, daemon_sets, node } => {
            let of = match daemon_sets.as_slice() {
                [] => String::new(),
                all => format!(" (DaemonSet {})", all.join(", ")),
            };
            format!("port {port} of {node} is in use: pod {} has port {port}{of}", pods.join(", "))
        }
        CrashField::PortOfNode { port, node } => {
            format!("port {port} of {node} is in use: another process on the node has port {port} (hostNetwork: true)")
        }
        CrashField::PortOfItself { port } => {
            format!("port {port} is in use: another process of the pod has port {port}")
        }
        CrashField::ForeignAddress { address, own, node } => {
            let whose = node.as_deref().unwrap_or("the pod");
            let own = if own.is_empty() { String::new() } else { format!(" ({whose} has {})", own.join(", ")) };
            format!("no network interface of {whose} has the address {address}{own}")
        }
        CrashField::ServiceAddress { address, proxy: Some(proxy), node } => {
            let ProxyPod { daemon_set, pod, state } = proxy;
            format!("{node} cannot reach {address}: pod {pod} of DaemonSet {daemon_set} is not ready there: {state}")
        }
        CrashField::ServiceAddress { address, node, .. } => format!("{node} cannot reach {address}"),
        CrashField::SocketOfContainer { path, container, state } => {
            format!("{path} is a socket of container {container}, which does not run: {state}")
        }
        CrashField::NodeName { name, node, is_pod } => {
            let what = if *is_pod { "the name of the pod" } else { "another form of the node's name" };
            format!("no node is called {name}, which is {what}: the node is {node}")
        }
        CrashField::PodCidr { node } => format!("{node} has no spec.podCIDR"),
        CrashField::Credentials => "the API server does not accept the token (401 Unauthorized)".to_owned(),
        CrashField::MissingKind { name, group } => {
            format!("the API server does not know {name} of API group {group}: its CustomResourceDefinition is missing")
        }
        CrashField::KernelModule { module, node } => format!("the kernel of {node} has no module {module}"),
        CrashField::DriverLibrary { library, is_without_gpu: true, node, .. } => {
            format!("{library} belongs to the NVIDIA driver, and {node} offers no nvidia.com/gpu")
        }
        CrashField::DriverLibrary { library, runtime_class: None, .. } => format!(
            "{library} belongs to the NVIDIA driver, which the NVIDIA runtime mounts, and the template has no \
             runtimeClassName"
        ),
        CrashField::DriverLibrary { library, node, .. } => {
            format!("{library} belongs to the NVIDIA driver, which {node} lacks")
        }
        CrashField::DnsPolicy { host, policy: DnsPolicy::ClusterFirst } => format!(
            "{host} cannot be resolved: with hostNetwork, dnsPolicy ClusterFirst uses the resolver of the node, which \
             knows no Services"
        ),
        CrashField::DnsPolicy { host, policy: DnsPolicy::Default } => format!(
            "{host} cannot be resolved: dnsPolicy Default uses the resolver of the node, which knows no Services"
        ),
        CrashField::DnsPolicy { host, policy: DnsPolicy::None } => format!(
            "{host} cannot be resolved: dnsPolicy None uses the name servers of dnsConfig alone, which know no Services"
        ),
        CrashField::ServiceName { host, is_temporary: false, .. } => {
            format!("{host} cannot be resolved: the DNS server of the cluster does not know this name")
        }
        CrashField::ServiceName { host, .. } => {
            format!("{host} cannot be resolved: the DNS server of the cluster does not answer")
        }
        CrashField::OutsideName { host, is_resolved_by_node, is_temporary } => {
            let who = if *is_resolved_by_node { "the resolver of the node" } else { "the DNS server" };
            let what = if *is_temporary { "does not answer" } else { "does not know this name" };
            format!("{host} cannot be resolved: {who} {what}")
        }
        CrashField::Rule(rule) => access::because(rule),
        CrashField::OptionalVariable { variable, key } => match key.key {
            Some(_) => format!("variable {variable} comes from {}, which is optional and does not exist", of_key(key)),
            None => format!("{} {} (envFrom) has no key {variable}", key.object_kind, key.name),
        },
        CrashField::UnknownVariable { variable, container } => {
            let other = container.as_ref().map(|other| format!(" (container {other} has it)")).unwrap_or_default();
            format!("no env or envFrom of the container sets {variable}{other}")
        }
        CrashField::DirectoryAndFile { path, key: Some(key), .. } => format!(
            "cannot mount a directory onto the file {path}: subPath names {}, which is likely missing",
            of_key(key)
        ),
        CrashField::DirectoryAndFile { path, host_path: Some(host_path), .. } => {
            format!("cannot mount hostPath {host_path} at {path}: one of them is a directory, and the other one a file")
        }
        CrashField::DirectoryAndFile { path, mount, .. } => {
            format!(
                "cannot mount volume {} at {path}: one of them is a directory, and the other one a file",
                mount.volume
            )
        }
        CrashField::MountPointReadOnly { path, above, .. } => {
            format!("cannot create the mount point {path}: {} has readOnly: true", at(above))
        }
        CrashField::ConfigKey { path, line, key } => {
            let line = line.map(|line| format!("line {line} of ")).unwrap_or_default();
            format!("{line}{path} cannot be parsed: the file is {}", of_key(key))
        }
        CrashField::FullVolume { full, mount, node, .. } => match (full, mount) {
            (Full::Memory { size_limit }, Some(mount)) => {
                let limit = size_limit.as_ref().map(|limit| format!(", sizeLimit {limit}")).unwrap_or_default();
                format!("volume {} at {} (emptyDir in memory{limit}) is full", mount.volume, mount.mount_path)
            }
            (Full::HostPath { host_path }, _) => {
                format!("the file system of {node} that holds hostPath {host_path} is full")
            }
            (Full::Claim { claim }, _) => format!("the volume of claim {claim} is full"),
            (_, Some(mount)) => format!(
                "volume {} at {} is an emptyDir on the disk of {node}, and the file system there is full",
                mount.volume, mount.mount_path
            ),
            _ => format!("the file system of {node} that holds the files of containers is full"),
        },
        CrashField::Inotify { sysctl, node } => format!("{sysctl} of {node} is used up"),
        CrashField::OpenFiles => "too many open files: the process has reached its own limit".to_owned(),
        CrashField::Processes => "too many processes: the pod or the user has reached the limit".to_owned(),
        CrashField::Heap => "the heap that the runtime gives itself is full".to_owned(),
        CrashField::Memory { limit: Some(limit), .. } => {
            format!("the container gets no more memory: the memory limit is {limit}")
        }
        CrashField::Memory { limit: None, node } => {
            format!("the container gets no more memory: the container has no memory limit, and {node} has too little")
        }
        CrashField::UnknownFlag { flag, image } => format!("image {image} does not know the flag {flag}"),
        CrashField::LeftSocket { path, mount } => {
            format!("socket {path} exists already, left by an earlier run on {}", at(mount))
        }
        CrashField::FileOfDaemonSet { path, daemon_set, pod, state, node, .. } => {
            let state = match (pod, state) {
                (None, _) => format!(", which has no pod on {node}"),
                (Some(pod), Some(state)) => format!(", whose pod {pod} on {node} is not ready: {state}"),
                (Some(_), None) => String::new(),
            };
            format!("{path} is a file of DaemonSet {daemon_set}{state}")
        }
        CrashField::ProgramOfNode { program, node } => {
            format!("{node} has no program {program}, which the container runs on the node")
        }
        CrashField::MissingHostFile { path, host_path, node, .. } => {
            format!("{path} does not exist: {node} has no {host_path}")
        }
        CrashField::MissingKey { path, key, .. } => match &key.key {
            Some(_) => format!("{path} does not exist: {} is missing", of_key(key)),
            None => format!("{path} does not exist: the items of {} {} have no such path", key.object_kind, key.name),
        },
        CrashField::NoFile { path } => {
            format!("{path} does not exist: no volume is mounted there, and the image has no such file")
        }
        CrashField::NotMounted { path, .. } => {
            format!("{path} does not exist in the container: no volume is mounted there")
        }
        CrashField::NoToken { account: None } => {
            "the token is not mounted: automountServiceAccountToken is false".to_owned()
        }
        CrashField::NoToken { account: Some(account) } => {
            format!("the token is not mounted: ServiceAccount {account} has automountServiceAccountToken: false")
        }
    }
}

/// Returns what to do about it, with the command that confirms it. `namespace` is the pod's.
pub(crate) fn advice(cause: &LikelyCause, namespace: &str) -> Vec<Note> {
    let next = |text: String| Some(Note::new(NoteKind::Advice, text));
    let all: Vec<Option<Note>> = match &cause.field {
        CrashField::ReadOnlyMount { mount, .. } => {
            vec![next(format!("allow writing to {}, or keep the file in another volume", at(mount)))]
        }
        CrashField::ReadOnlyVolume { path, .. } => {
            vec![next(format!("let an init container copy the files to an emptyDir, and write {path} there"))]
        }
        CrashField::ReadOnlyNode { host_path, .. } => {
            vec![next(format!("use a directory that is writable on the node instead of {host_path}"))]
        }
        CrashField::ReadOnlyRoot { directory: Some(directory), .. } => {
            vec![next(format!("mount an emptyDir at {directory}"))]
        }
        CrashField::ReadOnlyRoot { .. } => {
            vec![next("let the program write to a directory of its own, and mount an emptyDir there".to_owned())]
        }
        CrashField::KernelFile { path } if path.starts_with("/sys/kernel/") => vec![next(
            "set appArmorProfile: {type: Unconfined} on the container, which is less than privileged: true".to_owned(),
        )],
        CrashField::KernelFile { .. } => vec![next(
            "set privileged: true for an init container that changes the setting, or change the setting on the node"
                .to_owned(),
        )],
        CrashField::SeLinux { .. } => vec![next(
            "set seLinuxOptions: {type: spc_t} (or privileged: true) on the container, which an SCC of OpenShift must allow"
                .to_owned(),
        )],
        CrashField::HostPathOwner { path, mount, host_path, is_created, user, fs_group } => {
            let created = is_created
                .then(|| Note::new(NoteKind::Cause, format!("the kubelet creates {host_path} as root with mode 0755")));
            let group = fs_group.map(|_| Note::from("fsGroup does not apply to hostPath volumes"));
            let owner = user.filter(|user| *user >= 0).map_or_else(|| "the user".to_owned(), |user| user.to_string());
            let change = match path.ends_with(".sock") {
                true => "run the container as root, or add the group of the socket to supplementalGroups".to_owned(),
                false => format!(
                    "let an init container that runs as root change the owner of {} (chown {owner}), or prepare {host_path} \
                     on the node",
                    mount.mount_path
                ),
            };
            vec![created, group, next(change)]
        }
        CrashField::ClaimOwner { user, .. } => {
            let group = user.map_or_else(|| "the group of the program".to_owned(), |user| user.to_string());
            vec![next(format!("set securityContext.fsGroup of the pod to {group}"))]
        }
        CrashField::ImageOwner { path, .. } => {
            vec![next(format!("mount an emptyDir over the directory of {path}, or run as the user that owns it"))]
        }
        CrashField::NotExecutable { key, .. } => {
            vec![next(format!("set defaultMode: 0755 on the volume of {} {}", key.object_kind, key.name))]
        }
        CrashField::Capabilities { capabilities, is_mount, user, .. } => {
            let mounts = is_mount.then(|| {
                Note::from("AppArmor and seccomp profiles may deny mounts as well; privileged: true lifts these, too")
            });
            let names = capabilities.join(", ");
            let change = match user {
                Some(user) => format!(
                    "run the container as root with capabilities.add [{names}]: user {user} gets no capability from that list"
                ),
                None => format!("add {names} to securityContext.capabilities.add of the container"),
            };
            vec![mounts, next(change)]
        }
        CrashField::CapabilitiesOfRoot { .. } => vec![next("run the container as root (runAsUser: 0)".to_owned())],
        CrashField::Device { path } => vec![next(format!(
            "set privileged: true, or let a device plugin offer {path}: mounting the device is not sufficient"
        ))],
        CrashField::PrivilegedPort { user: None, .. } => {
            vec![next(
                "add NET_BIND_SERVICE to securityContext.capabilities.add, or listen on a port from 1024".to_owned(),
            )]
        }
        CrashField::PrivilegedPort { user, host_network, .. } => {
            let who = named(*user);
            let sysctl = match host_network {
                true => "",
                false => ", or set sysctl net.ipv4.ip_unprivileged_port_start to 0 in the securityContext of the pod",
            };
            vec![
                next(format!("listen on a port from 1024, or run as root with NET_BIND_SERVICE added{sysctl}")),
                Some(Note::from(format!("NET_BIND_SERVICE alone does not reach {who}"))),
            ]
        }
        CrashField::PortOfContainer { container, .. } => {
            vec![next(format!("give this container or container {container} another port"))]
        }
        CrashField::PortOfPod { port, .. } => {
            vec![next(format!("let one of the two listen on another port than {port}"))]
        }
        CrashField::PortOfNode { node, .. } => vec![next_step::pods_on(node)],
        CrashField::PortOfItself { .. } => Vec::new(),
        CrashField::ForeignAddress { node, .. } => vec![next(match node {
            Some(_) => "listen on all addresses (0.0.0.0), or delete the pod if the address of the node changed".to_owned(),
            None => "listen on all addresses (0.0.0.0), or on status.podIP from a fieldRef".to_owned(),
        })],
        CrashField::ServiceAddress { proxy: Some(proxy), .. } => {
            let (namespace, name) = proxy.pod.split_once('/').unwrap_or(("", &proxy.pod));
            let why = format!("{} writes the rules of Services on each node, by its name", proxy.daemon_set);
            vec![Some(Note::new(NoteKind::Cause, why)), next_step::describe("pod", namespace, name)]
        }
        CrashField::ServiceAddress { node, .. } => vec![next_step::pods_on(node)],
        CrashField::SocketOfContainer { .. } => Vec::new(),
        CrashField::NodeName { is_pod, .. } => vec![next(match is_pod {
            true => "set the variable of the node's name from fieldRef spec.nodeName".to_owned(),
            false => "set the variable of the node's name from fieldRef spec.nodeName instead of the host's name".to_owned(),
        })],
        CrashField::PodCidr { node } => vec![
            Some(Note::from(
                "kube-controller-manager assigns the range (--allocate-node-cidrs, --cluster-cidr); no field of the template \
                 does",
            )),
            next_step::describe_node(node),
        ],
        CrashField::Credentials => {
            vec![next("recreate the pod, so that the pod gets a new token, and compare the clocks of the node".to_owned())]
        }
        CrashField::MissingKind { group, .. } => vec![next_step::resources_of(group)],
        CrashField::KernelModule { module, node } => {
            vec![next(format!("install the package that has {module} for the kernel of {node} (`modprobe {module}` there)"))]
        }
        CrashField::DriverLibrary { is_without_gpu: true, .. } => {
            vec![next("let nodeSelector or affinity select nodes with a GPU".to_owned())]
        }
        CrashField::DriverLibrary { existing_class: Some(class), .. } => {
            vec![next(format!("set runtimeClassName: {class}"))]
        }
        CrashField::DriverLibrary { runtime_class: None, .. } => vec![next(
            "create a RuntimeClass for the NVIDIA runtime and set runtimeClassName, or make that runtime the default of the node"
                .to_owned(),
        )],
        CrashField::DriverLibrary { node, .. } => {
            vec![next(format!("install the NVIDIA driver on {node}, or wait for the DaemonSet that installs it"))]
        }
        CrashField::DnsPolicy { policy, .. } => vec![next(match policy {
            DnsPolicy::ClusterFirst => "set dnsPolicy: ClusterFirstWithHostNet".to_owned(),
            DnsPolicy::Default | DnsPolicy::None => "set dnsPolicy: ClusterFirst".to_owned(),
        })],
        CrashField::ServiceName { service: Some((namespace, name)), is_temporary: false, .. } => {
            vec![next_step::get("service", namespace, name)]
        }
        CrashField::ServiceName { .. } => vec![next_step::cluster_dns()],
        CrashField::OutsideName { .. } => Vec::new(),
        CrashField::Rule(rule) => access::advice(rule),
        CrashField::DirectoryAndFile { key: None, path, .. } => {
            vec![next(format!("mount a file at {path}, or mount the volume at a directory"))]
        }
        CrashField::MountPointReadOnly { path, above, .. } => {
            vec![next(format!("create {path} in volume {}, or mount the volume elsewhere", above.volume))]
        }
        CrashField::OptionalVariable { key, .. }
        | CrashField::DirectoryAndFile { key: Some(key), .. }
        | CrashField::ConfigKey { key, .. } => {
            vec![next_step::describe(&key.object_kind.to_ascii_lowercase(), namespace, &key.name)]
        }
        CrashField::MissingKey { key, keys, .. } => {
            let has = format!("{} {} has {}", key.object_kind, key.name, folded(keys));
            let has = (!keys.is_empty()).then(|| Note::new(NoteKind::Cause, has));
            vec![has, next_step::describe(&key.object_kind.to_ascii_lowercase(), namespace, &key.name)]
        }
        CrashField::NoFile { path } => {
            vec![next(format!("mount a ConfigMap or Secret that holds {path}, or correct the path in args"))]
        }
        CrashField::UnknownVariable { variable, .. } => vec![next(format!("add {variable} to env of the container"))],
        CrashField::FullVolume { full, node, .. } => match full {
            Full::Memory { .. } => {
                vec![next("raise sizeLimit of the emptyDir, or let the program keep less".to_owned())]
            }
            Full::Claim { claim } => vec![next_step::describe("pvc", namespace, claim)],
            Full::HostPath { .. } | Full::Node => vec![next_step::describe_node(node)],
        },
        CrashField::Inotify { sysctl, node } => vec![
            Some(Note::from("a setting of the node, shared by all its pods: no field of a pod changes it")),
            next(format!("raise {sysctl} on {node} (`sysctl {sysctl}` there shows the present value)")),
        ],
        CrashField::OpenFiles => {
            vec![next(
                "raise the limit in the program's start script (ulimit -n) or in the runtime of the node".to_owned(),
            )]
        }
        CrashField::Processes => {
            vec![next(
                "raise podPidsLimit of the kubelet, or let the program start fewer processes and threads".to_owned(),
            )]
        }
        CrashField::Heap => vec![next(
            "raise the heap (-Xmx, -XX:MaxRAMPercentage, --max-old-space-size), and the memory limit with it"
                .to_owned(),
        )],
        CrashField::Memory { limit: Some(_), .. } => {
            vec![next("raise resources.limits.memory of the container, or let the program use less memory".to_owned())]
        }
        CrashField::Memory { limit: None, node } => vec![next_step::describe_node(node)],
        CrashField::UnknownFlag { flag, .. } => {
            vec![next(format!("remove {flag} from args and command, or use an image that knows it"))]
        }
        CrashField::LeftSocket { path, .. } => vec![next(format!("let the program remove {path} before it starts"))],
        CrashField::FileOfDaemonSet { daemon_set, pod, host_path, .. } => {
            let (resource, name) = match pod {
                Some(pod) => ("pod", pod),
                None => ("daemonset", daemon_set),
            };
            let (namespace, name) = name.split_once('/').unwrap_or(("", name));
            let mounts = format!("both DaemonSets mount the hostPath directory of {host_path}");
            vec![Some(Note::new(NoteKind::Cause, mounts)), next_step::describe(resource, namespace, name)]
        }
        CrashField::ProgramOfNode { program, node } => {
            vec![next(format!("install the package that has {program} on {node} (an image or extension of the node)"))]
        }
        CrashField::MissingHostFile { host_path, .. } if host_path.starts_with("/lib/modules/") => vec![next(
            "install the headers and modules of the running kernel on the node, or use a driver that needs none"
                .to_owned(),
        )],
        CrashField::MissingHostFile { node, elsewhere: Some(found), .. } => {
            vec![runs(node, found), next(format!("use {} in the hostPath volume and in the program's settings", found.path))]
        }
        CrashField::MissingHostFile { host_path, .. } => vec![next(format!(
            "let the program that makes {host_path} run on the node, or correct the path of the hostPath volume"
        ))],
        CrashField::NotMounted { elsewhere: Some(found), .. } => vec![
            runs("the node", found),
            next(format!("mount {} of the node with a hostPath volume, and name it in the program's settings", found.path)),
        ],
        CrashField::NotMounted { path, .. } => vec![next(format!("mount {path} of the node with a hostPath volume"))],
        CrashField::NoToken { .. } => vec![next("set automountServiceAccountToken: true".to_owned())],
    };
    all.into_iter().flatten().collect()
}

/// Why a path of the node is another one there.
fn runs(node: &str, found: &Elsewhere) -> Option<Note> {
    let Elsewhere { path, runs } = found;
    Some(Note::new(NoteKind::Cause, format!("{node} runs {runs}, by default with {path}")))
}

/// The first few keys, and how many more there are.
fn folded(keys: &[String]) -> String {
    const MAX_KEYS: usize = 4;
    let mut shown = keys.iter().take(MAX_KEYS).map(String::as_str).collect::<Vec<_>>().join(", ");
    if keys.len() > MAX_KEYS {
        shown.push_str(&format!(" +{}", keys.len() - MAX_KEYS));
    }
    shown
}

fn at(mount: &MountPoint) -> String {
    format!("volumeMount {} at {}", mount.volume, mount.mount_path)
}

/// `key main.yaml of ConfigMap settings`.
fn of_key(key: &ObjectKey) -> String {
    match &key.key {
        Some(name) => format!("key {name} of {} {}", key.object_kind, key.name),
        None => format!("{} {}", key.object_kind, key.name),
    }
}

/// The user of a container; one whose number is not known is another than root.
fn named(user: Option<i64>) -> String {
    match user {
        Some(user) if user >= 0 => format!("user {user}"),
        _ => "a user other than root".to_owned(),
    }
}
