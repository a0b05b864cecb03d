//! LimitRanger: defaults for containers that say nothing, bounds for those that say too much or too little.
//!
//! `plugin/pkg/admission/limitranger/admission.go` v1.36.

use crate::model::pod::{Container, without_overhead};
use crate::model::policy::{Limit, LimitKind, LimitRange};
use crate::model::resources::ResourceList;
use crate::model::{PodSpec, Quantity, Symbol};
use crate::rules::verdict::{CreationRefusal, LimitRule, LimitViolation};

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
                LimitKind::Claim | LimitKind::Other => {}
            }
        }
        (!violations.is_empty()).then_some(CreationRefusal::LimitRange { range: range.name, violations })
    };
    ranges.iter().filter_map(refusal).collect()
}

fn check(
    bounds: &Limit,
    container: Option<Symbol>,
    requests: &ResourceList,
    limits: &ResourceList,
    found: &mut Vec<LimitViolation>,
) {
    let rules =
        [(LimitRule::Min, &bounds.min), (LimitRule::Max, &bounds.max), (LimitRule::MaxRatio, &bounds.max_ratio)];
    for (rule, list) in rules {
        let mut list: Vec<_> = list.iter().collect();
        list.sort_unstable_by_key(|(resource, _)| resource.as_str());
        for (resource, bound) in list {
            let (request, limit) = (requests.get(resource), limits.get(resource));
            if is_violated(rule, bound, request, limit) {
                found.push(LimitViolation { container, resource, rule, bound, request, limit });
            }
        }
    }
}

fn is_violated(rule: LimitRule, bound: Quantity, request: Option<Quantity>, limit: Option<Quantity>) -> bool {
    match rule {
        LimitRule::Min => request.is_none_or(|r| r < bound) || limit.is_some_and(|l| l < bound),
        LimitRule::Max => limit.is_none_or(|l| l > bound) || request.is_some_and(|r| r > bound),
        LimitRule::MaxRatio => {
            let given = |amount: Option<Quantity>| amount.filter(|q| !q.is_zero());
            given(request).zip(given(limit)).is_none_or(|(request, limit)| exceeds(limit, request, bound))
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
    use crate::model::pod::Requirements;

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
        refusals.map(|v| v.text()).collect()
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
