//! From the error that a container logged to the field or the object that causes it.
//!
//! A log proves an error: a path, a port, a name. Which field is behind it is inferred from the template that the pod
//! was made from, from the node and from other pods. A file for each story.

mod access;
mod capabilities;
pub mod container;
mod files;
pub(crate) mod mounts;
mod network;
mod node_paths;
mod reach;
mod space;
mod variables;

use std::cell::OnceCell;

use crate::findings::Subject;
use crate::findings::cause::{Cause, CrashField, End, LikelyCause, MissingRule};
use crate::findings::crash::container::CrashedContainer;
use crate::findings::node_status::NodeStatus;
use crate::model::message::log::{Logged, LoggedError, errors};
use crate::model::pod_fields::PodFields;
use crate::model::wire::{Kind, RBAC_KINDS};
use crate::model::{DaemonSet, LogKey, Pod};
use crate::store::{Cluster, DataRequest};

/// Adds to each crash the field that its log leads to.
pub fn add(cluster: &Cluster, asked: &Subject, statuses: &mut [NodeStatus]) {
    // The pods that run were not made from a document.
    if asked.written.is_some() {
        return;
    }
    let mut fields: Option<PodFields> = None;
    let others = OnceCell::new();
    for (place, status) in statuses.iter_mut().enumerate() {
        let pods = [status.pod, status.beside];
        for issue in &mut status.issues {
            let Cause::ContainerEnded(ended) = &mut issue.cause else { continue };
            if matches!(ended.end, End::OutOfMemory | End::KilledByProbe) {
                continue;
            }
            let is_meant = |name: &str| issue.pod.as_deref().is_none_or(|pod| pod == name);
            let pod = pods.iter().flatten().map(|pod| cluster.pod(*pod)).find(|pod| is_meant(&pod.name));
            let Some(pod) = pod.filter(|pod| is_of_template(cluster, pod, &asked.daemon_set)) else { continue };
            let fields = fields.get_or_insert_with(|| {
                asked.daemon_set.template.text.get().and_then(PodFields::read).unwrap_or_default()
            });
            let Some(container) = fields.container(&ended.container) else { continue };
            let node = &cluster.nodes[place];
            let crashed = CrashedContainer {
                cluster,
                daemon_set: &asked.daemon_set,
                pod,
                node,
                fields,
                container,
                others: &others,
            };
            let log = issue.log.as_ref().and_then(|log| {
                let key = LogKey {
                    namespace: pod.namespace,
                    pod: pod.name.as_ref().into(),
                    container: log.container.as_str().into(),
                    previous: log.previous,
                };
                cluster.log(&key).map(|log| log.lines.join("\n"))
            });
            let cause = crashed.likely_cause(&ended.message);
            let of_log = || Some(LikelyCause { is_from_log: true, ..crashed.likely_cause(&log?)? });
            ended.likely_cause = cause.or_else(of_log).map(Box::new);
        }
    }
}

/// A missing file that is named before these lines of a log is not why the program ended.
const LAST_LINES: usize = 3;

/// Most nodes whose other pods are asked for because a crash there may be about them.
const MAX_NODES_ASKED: usize = 8;

/// Returns what the causes rest on: the pods of a node on which a port is in use or a file is missing, and the DaemonSets of
/// all namespaces that may write to a directory of the node.
pub fn requests(cluster: &Cluster, statuses: &[NodeStatus]) -> Vec<DataRequest> {
    let mut requests = Vec::new();
    let mut nodes = 0;
    for (place, status) in statuses.iter().enumerate() {
        let fields = status.issues.iter().filter_map(|issue| Some(&issue.cause.likely_cause()?.field));
        let mut is_open = false;
        for field in fields {
            match field {
                CrashField::PortOfNode { .. } | CrashField::FileOfDaemonSet { pod: None, .. } => is_open = true,
                CrashField::MissingHostFile { .. } | CrashField::ServiceAddress { proxy: None, .. } => {
                    is_open = true;
                    requests.push(DataRequest::List(Kind::DaemonSet, None));
                }
                // Nobody is required to let the doctor read roles: refused lists leave the rule without a role.
                CrashField::Rule(MissingRule { gap: None, .. }) => {
                    requests.extend(RBAC_KINDS.map(|kind| DataRequest::List(kind, None)));
                }
                _ => {}
            }
        }
        if is_open && nodes < MAX_NODES_ASKED {
            nodes += 1;
            requests.push(DataRequest::PodsOn(cluster.nodes[place].name));
        }
    }
    requests
}

/// Whether a pod was made from the template at hand, as far as its label and the revisions say.
fn is_of_template(cluster: &Cluster, pod: &Pod, daemon_set: &DaemonSet) -> bool {
    let newest = daemon_set.uid.and_then(|uid| cluster.revisions.get(&uid)).and_then(|revision| revision.hash);
    newest.zip(pod.revision()).is_none_or(|(newest, of)| newest == of)
}

impl CrashedContainer<'_> {
    /// Returns what the most telling error of a log, that is about anything here, is about.
    pub fn likely_cause(&self, log: &str) -> Option<LikelyCause> {
        let mut found = errors(log).into_iter().filter_map(|Logged { error, line }| {
            let field = self.field(&error)?;
            Some(LikelyCause { line, is_from_log: false, error, field })
        });
        // Programs look for files that they can do without: such a file counts only if nothing follows.
        let is_weak = |cause: &LikelyCause| matches!(cause.field, CrashField::NoFile { .. });
        let first = found.next()?;
        if !is_weak(&first) {
            return Some(first);
        }
        let last = || log.lines().rev().map(str::trim).filter(|line| !line.is_empty()).take(LAST_LINES);
        let is_last = last().any(|line| first.line.contains(line) || line.contains(&first.line));
        found.find(|cause| !is_weak(cause)).or_else(|| Some(first).filter(|_| is_last))
    }

    /// Returns the field that an error is about.
    pub fn field(&self, error: &LoggedError) -> Option<CrashField> {
        match error {
            LoggedError::PermissionDenied { path, executes } => self.denied_file(path, *executes),
            LoggedError::ReadOnlyFileSystem { path, is_directory } => self.read_only(path, *is_directory),
            LoggedError::NotCreated { path, is_directory } => self.not_created(path, *is_directory),
            LoggedError::CallDenied { call } => self.denied_call(*call),
            LoggedError::BindDenied { port } => self.denied_port(*port),
            LoggedError::AddressInUse { port } => self.port_in_use(*port),
            LoggedError::SocketInUse { path } => self.left_socket(path),
            LoggedError::TooManyProcesses => Some(CrashField::Processes),
            LoggedError::HeapIsFull => Some(CrashField::Heap),
            LoggedError::NoMemory => Some(self.memory()),
            LoggedError::UnknownFlag { flag } => self.unknown_flag(flag),
            LoggedError::NoSuchFile { path } => self.socket_of_container(path).or_else(|| self.missing_file(path)),
            LoggedError::SocketRefused { path } => self.socket_of_container(path).or_else(|| self.missing_file(path)),
            LoggedError::SocketSilent { path } => self.socket_of_container(path),
            LoggedError::AddressNotAvailable { address } => self.foreign_address(address),
            LoggedError::Unreachable { address, port } => Some(self.unreachable(address, *port)),
            LoggedError::Unauthorized => Some(CrashField::Credentials),
            LoggedError::NoSuchKind { name, group } => {
                Some(CrashField::MissingKind { name: name.clone(), group: group.clone() })
            }
            LoggedError::NoSuchNode { name } => self.node_name(name),
            LoggedError::NoPodCidr => Some(CrashField::PodCidr { node: self.node.name.to_string() }),
            LoggedError::NoModule { module } => Some(self.kernel_module(module)),
            LoggedError::NoDriverLibrary { library } => Some(self.driver_library(library)),
            LoggedError::NoProgram { name, is_of_node } => is_of_node
                .then(|| CrashField::ProgramOfNode { program: name.clone(), node: self.node.name.to_string() }),
            LoggedError::NoSpaceLeft { path } => Some(self.full(path)),
            LoggedError::InotifyWatches => Some(self.inotify("fs.inotify.max_user_watches")),
            LoggedError::InotifyInstances => Some(self.inotify("fs.inotify.max_user_instances")),
            LoggedError::TooManyOpenFiles => Some(CrashField::OpenFiles),
            LoggedError::NoSuchHost { host, is_temporary } => self.unresolved(host, *is_temporary),
            LoggedError::Forbidden(forbidden) => self.forbidden(forbidden),
            LoggedError::MissingVariable { name } => Some(self.missing_variable(name)),
            LoggedError::ConfigFile { path: Some(path), line } => self.config_file(path, *line),
            LoggedError::ConfigFile { path: None, line } => self.config_file(&self.config_argument()?, *line),
            LoggedError::MountFailed { target, problem } => self.failed_mount(target, *problem),
        }
    }

    fn memory(&self) -> CrashField {
        let limit = self.container.resources.limits.get("memory").map(|limit| match limit {
            serde_json::Value::String(text) => text.clone(),
            number => number.to_string(),
        });
        CrashField::Memory { limit, node: self.node.name.to_string() }
    }

    fn inotify(&self, sysctl: &'static str) -> CrashField {
        CrashField::Inotify { sysctl, node: self.node.name.to_string() }
    }
}
