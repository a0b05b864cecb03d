//! What a pod as a whole requests, and its limits.

use crate::model::Symbol;
use crate::model::pod::{Container, PodSpec};
use crate::model::resources::ResourceList;

enum Overhead {
    Always,
    WhereNamed,
    Never,
}

/// What a pod asks of a node, by `component-helpers/resource/helpers.go` v1.36: the larger of the running
/// containers' sum and any init container's moment; pod-level requests in their place where given; the overhead.
pub fn pod_requests(spec: &PodSpec) -> ResourceList {
    aggregate(
        spec,
        |container| container.resources.requests.clone(),
        spec.resources.as_ref().map(|r| &r.requests),
        Overhead::Always,
    )
}

/// What a pod may use at most, by the same formula; quotas and limit ranges look at it. The overhead counts only
/// where there is a limit.
pub fn pod_limits(spec: &PodSpec) -> ResourceList {
    aggregate(
        spec,
        |container| container.resources.limits.clone(),
        spec.resources.as_ref().map(|r| &r.limits),
        Overhead::WhereNamed,
    )
}

/// Sums without overhead, which limit ranges of type Pod compare.
pub fn without_overhead(
    spec: &PodSpec,
    amount: impl Fn(&Container) -> ResourceList,
    pod_level: Option<&ResourceList>,
) -> ResourceList {
    aggregate(spec, amount, pod_level, Overhead::Never)
}

/// Which pod-level resources replace the containers' sum.
pub fn is_pod_level_resource(name: Symbol) -> bool {
    matches!(name.as_str(), "cpu" | "memory") || name.as_str().starts_with("hugepages-")
}

fn aggregate(
    spec: &PodSpec,
    amount: impl Fn(&Container) -> ResourceList,
    pod_level: Option<&ResourceList>,
    overhead: Overhead,
) -> ResourceList {
    let mut total = containers_aggregate(spec, amount);
    for (name, quantity) in pod_level.into_iter().flat_map(ResourceList::iter) {
        if is_pod_level_resource(name) {
            total.set(name, quantity);
        }
    }
    for (name, quantity) in spec.overhead.iter() {
        match overhead {
            Overhead::Always => total.set(name, total.get(name).unwrap_or_default() + quantity),
            Overhead::WhereNamed => {
                if let Some(limit) = total.get(name).filter(|limit| !limit.is_zero()) {
                    total.set(name, limit + quantity);
                }
            }
            Overhead::Never => {}
        }
    }
    total
}

/// The containers' part of the formula: what runs together, or what starts before it where that is more.
pub fn containers_aggregate(spec: &PodSpec, amount: impl Fn(&Container) -> ResourceList) -> ResourceList {
    let mut running = ResourceList::default();
    for container in &spec.containers {
        running.add(&amount(container));
    }
    let mut sidecars = ResourceList::default();
    let mut starting = ResourceList::default();
    for container in &spec.init_containers {
        let mut moment = amount(container);
        if container.restartable {
            running.add(&moment);
            sidecars.add(&moment);
            moment = sidecars.clone();
        } else {
            moment.add(&sidecars);
        }
        starting.raise(&moment);
    }
    running.raise(&starting);
    running
}
