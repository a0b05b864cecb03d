//! Chains: a pod that waits for what another DaemonSet sets up on its node, with the state of that DaemonSet there.

use crate::findings::cause::{Cause, MissingHostPath};
use crate::findings::crash::mounts::{below, normalized};
use crate::findings::index::Index;
use crate::findings::network_plugin;
use crate::findings::node_status::NodeStatus;
use crate::findings::pod_events::PodEvents;
use crate::findings::pod_health::{PodContext, issues};
use crate::findings::waits_for::{Need, ProviderState, WaitsFor};
use crate::findings::{Settings, Subject};
use crate::model::message::kubelet::{SetupFailure, device};
use crate::model::message::path;
use crate::model::message::sandbox::SandboxFailure;
use crate::model::message::volume::MountFailure;
use crate::model::pod_fields::PodFields;
use crate::model::resources::is_extended_resource;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Node, Pod};
use crate::rules::{Cause as Rule, KubeletRefusal, Rejection, StartObstacle};
use crate::store::{Cluster, DataRequest, DataRequests};

/// With more waiting nodes than this the pods of the other DaemonSets are not asked for.
const MAX_ASKED_NODES: usize = 4;

/// What the search for other DaemonSets looks at.
pub struct Chains<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Its events.
    pub index: &'a Index,
    /// The DaemonSet that is asked about.
    pub asked: &'a Subject,
    /// How to judge.
    pub settings: &'a Settings,
}

impl Chains<'_> {
    /// Adds to the issues of the nodes what they wait for, and requests what that rests on.
    pub fn add(&self, statuses: &mut [NodeStatus], questions: &mut DataRequests) {
        let own = PodFields::read(self.asked.daemon_set.template.text.get().unwrap_or("{}")).unwrap_or_default();
        let mut asked = 0;
        for (place, status) in statuses.iter_mut().enumerate() {
            let node = &self.cluster.nodes[place];
            for issue in &mut status.issues {
                if let Cause::ContainerWaiting(waiting) = &mut issue.cause {
                    waiting.missing_host_path = missing_host_path(&own, &waiting.container, &waiting.message);
                }
                let Some(need) = need(&issue.cause) else { continue };
                if asked < MAX_ASKED_NODES {
                    asked += 1;
                    questions.ask(DataRequest::List(Kind::DaemonSet, None));
                    questions.ask(DataRequest::PodsOn(node.name));
                }
                issue.waits_for =
                    self.own_deadlock(&issue.cause, &need, &own, node).or_else(|| self.provider(need, node));
            }
        }
    }

    /// Returns what a node that is NotReady waits for, if it says that it waits for its network.
    pub fn network_of(&self, node: &Node) -> Option<WaitsFor> {
        says_no_network(node.conditions.message.as_deref()?).then(|| self.provider(Need::Network, node)).flatten()
    }

    /// Returns what a node lacks by the rules that a DaemonSet sets up there, and requests what that rests on.
    pub fn of_rule(&self, rule: &Rule, node: &Node, questions: &mut DataRequests) -> Option<WaitsFor> {
        let need = need_of_rule(rule)?;
        questions.ask(DataRequest::List(Kind::DaemonSet, None));
        questions.ask(DataRequest::PodsOn(node.name));
        self.provider(need, node)
    }

    /// The pod that cannot start sets up itself what it waits for.
    fn own_deadlock(&self, cause: &Cause, need: &Need, own: &PodFields, node: &Node) -> Option<WaitsFor> {
        let Cause::SetupFailed(failed) = cause else { return None };
        let daemon_set = &self.asked.daemon_set;
        let is_own = match (&failed.failure, need) {
            (SetupFailure::Sandbox(_), Need::File(file)) => {
                host_paths(own).any(|(_, path)| below(&normalized(path), &normalized(file)).is_some() && path != "/")
            }
            (_, Need::Network) => network_plugin::is_called_so(daemon_set) && !daemon_set.template.spec.host_network,
            _ => false,
        };
        is_own.then(|| WaitsFor {
            need: need.clone(),
            daemon_set: full_name(daemon_set),
            pod: None,
            node: node.name.to_string(),
            state: ProviderState::Own,
        })
    }

    /// The DaemonSet that sets up what is needed and is not ready on the node; of several one with a pod there, then one
    /// of the same namespace.
    fn provider(&self, need: Need, node: &Node) -> Option<WaitsFor> {
        let own = &self.asked.daemon_set;
        let others = self.cluster.daemon_sets.iter().filter(|d| (d.namespace, d.name) != (own.namespace, own.name));
        let providers = others.filter_map(|d| Some((self.provides(d, &need)?, d)));
        let states = providers.filter_map(|(strength, d)| {
            let pod = self.pod_on(d, node);
            match pod {
                Some(pod) if pod.ready && !pod.terminating => None,
                pod => Some((
                    strength,
                    pod.is_some(),
                    d.namespace == own.namespace,
                    std::cmp::Reverse(d.name.as_str()),
                    d,
                    pod,
                )),
            }
        });
        let (.., daemon_set, pod) =
            states.max_by_key(|(strength, has_pod, same, name, ..)| (*strength, *has_pod, *same, *name))?;
        Some(WaitsFor {
            need,
            daemon_set: full_name(daemon_set),
            pod: pod.map(|pod| pod.name.to_string()),
            node: node.name.to_string(),
            state: match pod {
                None => ProviderState::NoPod,
                Some(pod) => ProviderState::NotReady(self.cause_of(pod, node).map(Box::new)),
            },
        })
    }

    /// How surely a DaemonSet sets up what is needed: `None` if nothing says so.
    fn provides(&self, daemon_set: &DaemonSet, need: &Need) -> Option<usize> {
        let name = daemon_set.name.as_str();
        let text = daemon_set.template.text.get().unwrap_or_default();
        match need {
            Need::Network => network_plugin::is_network_plugin(daemon_set).then_some(1),
            Need::RuntimeHandler(handler) => {
                let class = daemon_set.template.spec.runtime_class;
                let uses_it = class.is_some() && class == self.asked.daemon_set.template.spec.runtime_class;
                let is_called_so = words_of(handler).any(|word| has_word(name, word));
                (is_called_so && !uses_it).then_some(1)
            }
            Need::CsiDriver(driver) => {
                // The registrar of a driver names its socket, /var/lib/kubelet/plugins/DRIVER/csi.sock, and a hostPath volume
                // its directory.
                let names = [format!("/{driver}/"), format!("/{driver}\""), format!("{driver}-reg.sock")];
                let registers = names.iter().any(|name| text.contains(name));
                let is_called_so = name.contains("csi") && words_of(driver).any(|word| has_word(name, word));
                if registers { Some(2) } else { is_called_so.then_some(1) }
            }
            // The kubelet serves device plugins by sockets in this folder (pkg/kubelet/apis/deviceplugin/v1beta1 v1.36).
            Need::Device(resource) => {
                let is_device_plugin = || text.contains("/var/lib/kubelet/device-plugins");
                let is_called_so = || words_of(resource).any(|word| has_word(name, word));
                match text.contains(resource.as_str()) || is_called_so() {
                    true if is_device_plugin() => Some(2),
                    true if has_word(name, "device") && has_word(name, "plugin") && is_called_so() => Some(1),
                    _ => None,
                }
            }
            Need::File(file) => {
                let fields = PodFields::read(text)?;
                let file = normalized(file);
                let above = host_paths(&fields).filter_map(|(_, path)| {
                    let folder = normalized(path);
                    let is_own_folder = folder.matches('/').count() > 1;
                    (is_own_folder && below(&folder, &file).is_some()).then_some(folder.len())
                });
                above.max()
            }
        }
    }

    fn pod_on(&self, daemon_set: &DaemonSet, node: &Node) -> Option<&Pod> {
        let pods = self.cluster.owned_by(daemon_set.uid?).iter().map(|pod| self.cluster.pod(*pod));
        pods.filter(|pod| pod.node_or_target() == Some(node.name)).max_by_key(|pod| (pod.ready, pod.created))
    }

    /// What is wrong with a pod of another DaemonSet.
    fn cause_of(&self, pod: &Pod, node: &Node) -> Option<Cause> {
        let events = self.index.events_of_pod(pod.namespace, &pod.name).iter();
        let events = PodEvents(events.map(|place| &self.cluster.events[*place as usize]).collect());
        let around = PodContext { node: Some(node), events, now: self.settings.now, grace: self.settings.grace };
        issues(pod, &around).into_iter().map(|issue| issue.cause).next()
    }
}

/// What a cause says that the pod needs on its node.
fn need(cause: &Cause) -> Option<Need> {
    match cause {
        Cause::SetupFailed(failed) => match &failed.failure {
            SetupFailure::Sandbox(SandboxFailure::RuntimeHandler(name)) => Some(Need::RuntimeHandler(name.clone())),
            SetupFailure::Sandbox(SandboxFailure::PluginNotInitialized) | SetupFailure::NetworkNotReady => {
                Some(Need::Network)
            }
            SetupFailure::Sandbox(SandboxFailure::Plugin(_)) => {
                let file = path::missing(&failed.message).map(|file| Need::File(file.to_owned()));
                Some(file.unwrap_or(Need::Network))
            }
            SetupFailure::Sandbox(SandboxFailure::PluginMissing(_)) => Some(Need::Network),
            SetupFailure::Mount(MountFailure::DriverMissing(name)) if !name.is_empty() => {
                Some(Need::CsiDriver(name.clone()))
            }
            SetupFailure::Mount(MountFailure::HostPathType) => {
                path::paths(&failed.message).last().map(|file| Need::File(file.to_owned()))
            }
            _ => None,
        },
        Cause::PodFailed(failed) => device(&failed.message).map(|name| Need::Device(name.to_owned())),
        Cause::EarlierPodFailed(failed) => device(&failed.message).map(|name| Need::Device(name.to_owned())),
        Cause::NodeNotReady(node) | Cause::NodeRunsNoPods(node) => {
            says_no_network(node.message.as_deref()?).then_some(Need::Network)
        }
        Cause::ContainerWaiting(waiting) => {
            waiting.missing_host_path.as_ref().map(|missing| Need::File(missing.path.clone()))
        }
        _ => None,
    }
}

/// What a rule says that the node lacks.
fn need_of_rule(rule: &Rule) -> Option<Need> {
    match rule {
        Rule::Rejection(rejection) | Rule::Kubelet(KubeletRefusal::Unfit(rejection)) => match rejection {
            Rejection::Insufficient { resource, allocatable: 0, .. } if is_extended_resource(resource.as_str()) => {
                Some(Need::Device(resource.to_string()))
            }
            Rejection::DriverMissing { driver } => Some(Need::CsiDriver(driver.to_string())),
            _ => None,
        },
        Rule::Start(StartObstacle::DriverNotRegistered { driver, .. }) => Some(Need::CsiDriver(driver.to_string())),
        Rule::Start(StartObstacle::HandlerMissing { handler, .. }) => Some(Need::RuntimeHandler(handler.to_string())),
        _ => None,
    }
}

fn says_no_network(message: &str) -> bool {
    SandboxFailure::of(message) == SandboxFailure::PluginNotInitialized
}

/// The hostPath volume without a type that a container mounts and whose path the runtime does not find: the kubelet
/// creates nothing where no type asks for it (pkg/volume/hostpath v1.36).
fn missing_host_path(fields: &PodFields, container: &str, message: &str) -> Option<MissingHostPath> {
    let missing = normalized(path::missing(message)?);
    let container = fields.container(container)?;
    let is_mounted = |volume: &str| container.volume_mounts.iter().any(|mount| mount.name == volume);
    let volume = fields.volumes.iter().find(|volume| {
        let host_path = volume.host_path.as_ref().filter(|_| is_mounted(&volume.name));
        host_path.is_some_and(|host_path| host_path.kind.is_empty() && normalized(&host_path.path) == missing)
    })?;
    let path = volume.host_path.as_ref()?.path.clone();
    Some(MissingHostPath { volume: volume.name.clone(), path })
}

fn host_paths(fields: &PodFields) -> impl Iterator<Item = (&str, &str)> {
    fields.volumes.iter().filter_map(|volume| Some((volume.name.as_str(), volume.host_path.as_ref()?.path.as_str())))
}

/// The words of a handler's or a driver's name by which its DaemonSet may be called.
fn words_of(name: &str) -> impl Iterator<Item = &str> {
    /// Words that many names have.
    const COMMON: &[&str] =
        &["csi", "com", "org", "dev", "k8s", "runc", "qemu", "v2", "container", "storage", "driver"];
    // gVisor's handler is called after its program.
    let alias = (name == "runsc").then_some("gvisor");
    name.split(['.', '-', '_', '/']).filter(|word| word.len() > 2 && !COMMON.contains(word)).chain(alias)
}

fn has_word(name: &str, word: &str) -> bool {
    name.split(['.', '-', '_']).any(|part| part == word)
}

fn full_name(daemon_set: &DaemonSet) -> String {
    format!("{}/{}", daemon_set.namespace, daemon_set.name)
}
