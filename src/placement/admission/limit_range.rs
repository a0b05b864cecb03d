//! LimitRanger: defaults for containers that say nothing, bounds for those that say too much or too little.
//!
//! `plugin/pkg/admission/limitranger/admission.go` v1.36.

use crate::facts::pod::{Container, without_overhead};
use crate::facts::policy::{Limit, LimitKind, LimitRange};
use crate::facts::resources::ResourceList;
use crate::facts::{PodSpec, Quantity, Symbol};
use crate::placement::verdict::{CreationRefusal, LimitViolation};

/// Fills in default limits and requests.
pub fn default(spec: &mut PodSpec, ranges: &[LimitRange]) {
    let limits = ranges.iter().flat_map(|r| &r.limits).filter(|l| l.kind == LimitKind::Container);
    for limit in limits {
        for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
            for (name, amount) in limit.default_limit.iter() {
                container.resources.limits.set_default(name, amount);
            }
            for (name, amount) in limit.default_request.iter() {
                container.resources.requests.set_default(name, amount);
            }
        }
    }
}

/// Finds everything that the ranges object to, one refusal a range.
pub fn validate(spec: &PodSpec, ranges: &[LimitRange]) -> Vec<CreationRefusal> {
    let refusal = |range: &LimitRange| {
        let mut violations = Vec::new();
        for limit in &range.limits {
            match limit.kind {
                LimitKind::Container => {
                    for container in spec.containers.iter().chain(&spec.init_containers) {
                        let Container { name, resources, .. } = container;
                        check(limit, Some(*name), &resources.requests, &resources.limits, &mut violations);
                    }
                }
                LimitKind::Pod => {
                    let own = spec.resources.as_ref();
                    let requests = without_overhead(spec, |c| c.resources.requests.clone(), own.map(|r| &r.requests));
                    let limits = without_overhead(spec, |c| c.resources.limits.clone(), own.map(|r| &r.limits));
                    check(limit, None, &requests, &limits, &mut violations);
                }
                LimitKind::Other => {}
            }
        }
        (!violations.is_empty()).then_some(CreationRefusal::LimitRange { range: range.name, violations })
    };
    ranges.iter().filter_map(refusal).collect()
}

fn check(
    limit: &Limit,
    container: Option<Symbol>,
    requests: &ResourceList,
    limits: &ResourceList,
    found: &mut Vec<LimitViolation>,
) {
    let per = if container.is_some() { "Container" } else { "Pod" };
    let mut object = |resource: Symbol, text: String| found.push(LimitViolation { container, resource, text });
    for (name, least) in limit.min.iter() {
        let is = format!("minimum {name} usage per {per} is {least}");
        match (requests.get(name), limits.get(name)) {
            (None, _) => object(name, format!("{is}.  No request is specified")),
            (Some(request), _) if request < least => object(name, format!("{is}, but request is {request}")),
            (_, Some(limit)) if limit < least => object(name, format!("{is}, but limit is {limit}")),
            _ => {}
        }
    }
    for (name, most) in limit.max.iter() {
        let is = format!("maximum {name} usage per {per} is {most}");
        match (requests.get(name), limits.get(name)) {
            (_, None) => object(name, format!("{is}.  No limit is specified")),
            (_, Some(limit)) if limit > most => object(name, format!("{is}, but limit is {limit}")),
            (Some(request), _) if request > most => object(name, format!("{is}, but request is {request}")),
            _ => {}
        }
    }
    for (name, ratio) in limit.max_ratio.iter() {
        let is = format!("{name} max limit to request ratio per {per} is {ratio}");
        let given = |list: &ResourceList| list.get(name).filter(|q| !q.is_zero());
        match (given(requests), given(limits)) {
            (None, _) => object(name, format!("{is}, but no request is specified or request is 0")),
            (_, None) => object(name, format!("{is}, but no limit is specified or limit is 0")),
            (Some(request), Some(limit)) if exceeds(limit, request, ratio) => {
                object(name, format!("{is}, but the limit is {limit} and the request {request}"));
            }
            _ => {}
        }
    }
}

/// Whether `limit / request > ratio`, without dividing.
fn exceeds(limit: Quantity, request: Quantity, ratio: Quantity) -> bool {
    // All three are multiples of a thousandth: limit * 1000 > request * ratio in thousandths.
    let (limit, request, ratio) =
        (limit.nano_value() / 1_000_000, request.nano_value() / 1_000_000, ratio.nano_value() / 1_000_000);
    limit.saturating_mul(1000) > request.saturating_mul(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::pod::Requirements;

    fn list(amounts: &[(&str, &str)]) -> ResourceList {
        amounts.iter().map(|(name, amount)| ((*name).into(), Quantity::parse(amount).unwrap())).collect()
    }

    fn judge(limit: Limit, requests: &[(&str, &str)], limits: &[(&str, &str)]) -> Vec<String> {
        let resources = Requirements { requests: list(requests), limits: list(limits) };
        let container = Container { name: "c".into(), resources, ..Default::default() };
        let mut spec = PodSpec { containers: vec![container], ..Default::default() };
        let ranges = [LimitRange { limits: vec![limit.with_defaults()], ..Default::default() }];
        default(&mut spec, &ranges);
        let refusals = validate(&spec, &ranges).into_iter().flat_map(|r| match r {
            CreationRefusal::LimitRange { violations, .. } => violations,
            _ => Vec::new(),
        });
        refusals.map(|v| v.text).collect()
    }

    #[test]
    fn bounds_and_defaults() {
        let container = Limit { kind: LimitKind::Container, ..Default::default() };
        let max = Limit { max: list(&[("cpu", "1")]), ..container.clone() };
        let min = Limit { min: list(&[("cpu", "100m")]), ..container.clone() };
        let ratio = Limit { max_ratio: list(&[("cpu", "2")]), ..container.clone() };
        let pod = Limit { kind: LimitKind::Pod, max: list(&[("memory", "1Gi")]), ..Default::default() };
        let none: &[&str] = &[];
        for (what, limit, requests, limits, expected) in [
            ("a maximum alone is also the default", max.clone(), &[][..], &[][..], none),
            (
                "limit above",
                max.clone(),
                &[],
                &[("cpu", "1500m")],
                &["maximum cpu usage per Container is 1, but limit is 1500m"],
            ),
            (
                "request below",
                min.clone(),
                &[("cpu", "50m")],
                &[],
                &["minimum cpu usage per Container is 100m, but request is 50m"],
            ),
            ("a minimum alone is also the default", min, &[], &[], none),
            ("ratio held", ratio.clone(), &[("cpu", "500m")], &[("cpu", "1")], none),
            (
                "ratio broken",
                ratio,
                &[("cpu", "499m")],
                &[("cpu", "1")],
                &["cpu max limit to request ratio per Container is 2, but the limit is 1 and the request 499m"],
            ),
            ("pod without limit", pod, &[], &[], &["maximum memory usage per Pod is 1Gi.  No limit is specified"]),
        ] {
            assert_eq!(judge(limit, requests, limits), expected, "{what}");
        }
    }
}
