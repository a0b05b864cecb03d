//! What a pod's status says: where it is in its life, what its containers do, what it takes while it is resized.

use serde::Deserialize;

use crate::model::nullable::Nullable;
use crate::model::pod::{
    Container, ContainerState, Phase, PodDetail, PodSpec, Terminated, containers_aggregate, is_pod_level_resource,
    pod_requests,
};
use crate::model::resources::{ResourceList, Resources};
use crate::model::wire::meta::{Time, cut_middle, non_empty};
use crate::model::wire::requirements::WireRequirements;
use crate::model::{Symbol, Version};

/// A pod's status.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WirePodStatus {
    phase: Nullable<Phase>,
    reason: Option<String>,
    message: Option<String>,
    start_time: Time,
    nominated_node_name: Option<Symbol>,
    conditions: Nullable<Vec<WireCondition>>,
    container_statuses: Nullable<Vec<WireContainerStatus>>,
    init_container_statuses: Nullable<Vec<WireContainerStatus>>,
    resources: Option<WireRequirements>,
    allocated_resources: Option<ResourceList>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireCondition {
    #[serde(rename = "type")]
    kind: Nullable<Symbol>,
    status: Nullable<Symbol>,
    reason: Option<Symbol>,
    message: Option<String>,
    last_transition_time: Time,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireContainerStatus {
    name: Nullable<Symbol>,
    ready: Nullable<bool>,
    restart_count: Nullable<u32>,
    started: Option<bool>,
    state: Nullable<WireState>,
    last_state: Nullable<WireState>,
    resources: Option<WireRequirements>,
    allocated_resources: Option<ResourceList>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireState {
    running: Option<WireRunning>,
    waiting: Option<WireWaiting>,
    terminated: Option<WireTerminated>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireRunning {
    started_at: Time,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WireWaiting {
    reason: Nullable<String>,
    message: Nullable<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireTerminated {
    exit_code: Nullable<i32>,
    reason: Nullable<String>,
    message: Nullable<String>,
    started_at: Time,
    finished_at: Time,
}

impl WirePodStatus {
    /// Where the pod is in its life.
    pub fn phase(&self) -> Phase {
        self.phase.0
    }

    /// The node that preemption freed for it.
    pub fn nominated(&self) -> Option<Symbol> {
        non_empty(self.nominated_node_name)
    }

    /// When it started.
    pub fn started(&self) -> Option<i64> {
        self.start_time.0
    }

    fn condition(&self, kind: &str) -> Option<&WireCondition> {
        self.conditions.iter().find(|c| *c.kind == *kind)
    }

    /// Whether the condition Ready is True.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| *c.status == *"True")
    }

    /// The status in detail, with messages bounded.
    pub fn detail(self) -> PodDetail {
        let unscheduled = self.condition("PodScheduled").filter(|c| *c.status == *"False").map(|c| {
            (
                c.reason.map(|r| r.as_str().to_owned()).unwrap_or_default(),
                bounded(c.message.clone().unwrap_or_default()),
            )
        });
        let ready_since = self.condition("Ready").and_then(|c| c.last_transition_time.0);
        let by_containers = |reason: &str| matches!(reason, "" | "ContainersNotReady" | "PodCompleted" | "PodFailed");
        let unready = self.condition("Ready").filter(|c| *c.status == *"False").and_then(|c| {
            let reason = c.reason.map(|r| r.as_str().to_owned()).filter(|reason| !by_containers(reason))?;
            Some((reason, bounded(c.message.clone().unwrap_or_default())))
        });
        let disruption = self.condition("DisruptionTarget").filter(|c| *c.status == *"True").map(|c| {
            let reason = c.reason.map(|r| r.as_str().to_owned()).unwrap_or_default();
            (reason, bounded(c.message.clone().unwrap_or_default()))
        });
        let starts = self.init_container_statuses.iter().chain(self.container_statuses.iter());
        let starts = starts.flat_map(|c| [c.state.0.started(), c.last_state.0.started()]);
        let started_last = starts.flatten().max();
        let all = || self.init_container_statuses.iter().chain(self.container_statuses.iter());
        let has_running = all().any(|c| c.state.0.running.is_some());
        let main = self.container_statuses.0.into_iter().filter_map(|c| c.narrow(false));
        let init = self.init_container_statuses.0.into_iter().filter_map(|c| c.narrow(true));
        PodDetail {
            reason: self.reason,
            message: self.message.map(bounded),
            unscheduled,
            unready,
            disruption,
            started_last,
            has_running,
            containers: init.chain(main).collect(),
            ready_since,
            deleted: None,
            finalizers: Vec::new(),
        }
    }

    /// What the pod takes of its node, with what its status says while it is being resized in place
    /// (`component-helpers/resource/helpers.go`: v1.36 takes the larger per container, v1.37 the larger of three
    /// sums over the pod).
    pub fn requests(&self, spec: &PodSpec, version: Version) -> Resources {
        if !version.at_least(33) || !self.is_resizing(spec) {
            return Resources::of(&pod_requests(spec));
        }
        let infeasible = self.resize_is_infeasible();
        let list = if version.at_least(37) {
            self.requests_by_sum(spec, infeasible)
        } else {
            self.requests_by_container(spec, infeasible, version)
        };
        Resources::of(&list)
    }

    /// The node cannot give what the spec asks for now: the spec does not count.
    fn resize_is_infeasible(&self) -> bool {
        self.condition("PodResizePending").is_some_and(|c| c.reason.is_some_and(|r| r == *"Infeasible"))
    }

    /// Whether the status says anything of resources that the spec does not.
    pub fn is_resizing(&self, spec: &PodSpec) -> bool {
        let differs = |held: &WireContainerStatus, container: &Container| {
            let requests = &container.resources.requests;
            held.resources.as_ref().is_some_and(|r| r.requests != *requests)
                || held.allocated_resources.as_ref().is_some_and(|a| a != requests)
        };
        let of = |statuses: &[WireContainerStatus], containers: &[Container]| {
            statuses.iter().any(|held| containers.iter().any(|c| c.name == *held.name && differs(held, c)))
        };
        self.resize_is_infeasible()
            || self.resources.is_some()
            || self.allocated_resources.is_some()
            || of(&self.container_statuses, &spec.containers)
            || of(&self.init_container_statuses, &spec.init_containers)
    }

    fn status_of(&self, container: &Container, init: bool) -> Option<&WireContainerStatus> {
        let statuses = if init { &self.init_container_statuses } else { &self.container_statuses };
        statuses.iter().find(|s| *s.name == container.name)
    }

    /// v1.33 to v1.36.
    fn requests_by_container(&self, spec: &PodSpec, infeasible: bool, version: Version) -> ResourceList {
        let mut raised = spec.clone();
        let raise = |container: &mut Container, init: bool| {
            let Some(status) = self.status_of(container, init).filter(|s| s.resources.is_some()) else { return };
            let mut requests = if infeasible { ResourceList::default() } else { container.resources.requests.clone() };
            requests.raise(&status.resources.as_ref().map(|r| r.requests.clone()).unwrap_or_default());
            requests.raise(&status.allocated_resources.clone().unwrap_or_default());
            container.resources.requests = requests;
        };
        raised.containers.iter_mut().for_each(|c| raise(c, false));
        raised.init_containers.iter_mut().filter(|c| c.restartable).for_each(|c| raise(c, true));
        if let (Some(own), Some(held), true) = (&mut raised.resources, &self.resources, version.at_least(36)) {
            let effective = self.pod_level(held, &own.requests, infeasible);
            // Of the names that the spec gives.
            own.requests = own.requests.iter().map(|(n, _)| (n, effective.get(n).unwrap_or_default())).collect();
        }
        pod_requests(&raised)
    }

    /// v1.37 on.
    fn requests_by_sum(&self, spec: &PodSpec, infeasible: bool) -> ResourceList {
        let status =
            |container: &Container| self.status_of(container, false).or_else(|| self.status_of(container, true));
        let unresized = |c: &Container| if infeasible { ResourceList::default() } else { c.resources.requests.clone() };
        let allocated =
            |c: &Container| status(c).and_then(|s| s.allocated_resources.clone()).unwrap_or_else(|| unresized(c));
        let actuated = |c: &Container| {
            let actual = status(c).and_then(|s| s.resources.as_ref()).map(|r| &r.requests);
            actual.filter(|r| !r.is_empty()).cloned().unwrap_or_else(|| allocated(c))
        };
        // The status of the pod as a whole, where it is given, holds the sums already.
        let mut total = match (&self.allocated_resources, &self.resources) {
            (Some(allocated), Some(actual)) if !actual.requests.is_empty() => {
                let mut total = allocated.clone();
                total.raise(&actual.requests);
                total
            }
            _ => {
                let mut total = containers_aggregate(spec, allocated);
                total.raise(&containers_aggregate(spec, actuated));
                total
            }
        };
        if !infeasible {
            total.raise(&containers_aggregate(spec, |c| c.resources.requests.clone()));
        }
        let own = spec.resources.as_ref().map(|r| &r.requests);
        if let Some(own) = own.filter(|own| own.iter().any(|(name, _)| is_pod_level_resource(name))) {
            let held = self.resources.as_ref();
            let raised = held.map_or_else(|| own.clone(), |held| self.pod_level(held, own, infeasible));
            for (name, amount) in raised.iter().filter(|(name, _)| is_pod_level_resource(*name)) {
                total.set(name, amount);
            }
        }
        total.add(&spec.overhead);
        total
    }

    /// What the pod as a whole takes while it is being resized.
    fn pod_level(&self, held: &WireRequirements, own: &ResourceList, infeasible: bool) -> ResourceList {
        let mut raised = if infeasible { ResourceList::default() } else { own.clone() };
        raised.raise(&held.requests);
        raised.raise(&self.allocated_resources.clone().unwrap_or_default());
        raised
    }
}

impl WireState {
    /// When the container started that runs or ran.
    fn started(&self) -> Option<i64> {
        let running = self.running.as_ref().and_then(|running| running.started_at.0);
        running.or_else(|| self.terminated.as_ref().and_then(|end| end.started_at.0))
    }
}

impl WireContainerStatus {
    /// A container that waits, has ended or is not ready; `None` for one that simply runs.
    fn narrow(self, init: bool) -> Option<ContainerState> {
        let ended = self.state.terminated.is_some();
        if init && self.state.0.terminated.as_ref().is_some_and(|t| t.exit_code.0 == 0) {
            return None;
        }
        if self.ready.0 && self.restart_count.0 == 0 {
            return None;
        }
        Some(ContainerState {
            name: self.name.as_str().to_owned(),
            init,
            ready: self.ready.0,
            restarts: self.restart_count.0,
            is_running: self.state.0.running.is_some(),
            started: self.started,
            running_since: self.state.0.running.and_then(|running| running.started_at.0),
            waiting: self.state.0.waiting.map(|w| (w.reason.0, bounded(w.message.0))),
            terminated: self.state.0.terminated.or(self.last_state.0.terminated).map(|t| Terminated {
                exit_code: t.exit_code.0,
                reason: t.reason.0,
                message: bounded(t.message.0),
                started: t.started_at.0,
                finished: t.finished_at.0,
            }),
            ended,
        })
    }
}

/// A message of a cluster, cut to what a report needs.
fn bounded(mut message: String) -> String {
    cut_middle(&mut message, 4096);
    message
}
