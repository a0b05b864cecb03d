//! Words a fix that was verified.

use crate::explain::MAX_VICTIMS;
use crate::explain::pods::selected_pods;
use crate::explain::units::{and, count, human, some};
use crate::findings::amount::amount;
use crate::findings::evidence::OtherPods;
use crate::fix::{Edit, FieldChange, FitAmount, Terms, VerifiedFix};
use crate::model::Quantity;
use crate::report::Fix;

/// Words a fix.
pub fn tell(fix: VerifiedFix) -> Fix {
    let changes = fix.edits.iter().map(change).chain(fix.field.as_ref().map(field_change));
    let mut summary = changes.collect::<Vec<_>>().join("; and ");
    if let Some(evicted) = evicted(&fix) {
        summary.push_str(&format!("; {evicted}"));
    }
    if let Some((code, nodes)) = fix.still_blocks {
        summary.push_str(&format!("; {code} still blocks {}", count(nodes, "node")));
    }
    let VerifiedFix { target, language, patch, risk, nodes_fixed, nodes_broken, mut victims, .. } = fix;
    victims.truncate(MAX_VICTIMS);
    Fix { summary, target, language, patch, risk, nodes_fixed, nodes_broken, victims, managed_by: None }
}

/// Names the pods that the scheduler evicts.
fn evicted(fix: &VerifiedFix) -> Option<String> {
    Some(match (fix.victims.as_slice(), fix.has_unnamed_victims) {
        ([], false) => return None,
        ([], true) => "the scheduler then evicts lower-priority pods".to_owned(),
        (named, true) => format!("the scheduler then evicts lower-priority pods, such as {}", some(named, 3)),
        (named, false) => format!("the scheduler then evicts {}", some(named, 3)),
    })
}

/// Words the change of a field in the imperative.
fn field_change(change: &FieldChange) -> String {
    match change {
        FieldChange::AddCapabilities { container, capabilities } => {
            format!("add {} to the capabilities of container {container}", capabilities.join(" and "))
        }
        FieldChange::WritableMount { container, volume } => {
            format!("set readOnly: false on volumeMount {volume} of container {container}")
        }
        FieldChange::EmptyDir { container, directory } => {
            format!("mount an emptyDir at {directory} of container {container}")
        }
        FieldChange::UnprivilegedPorts { sysctl } => {
            format!("let every user bind ports below 1024 of the pod's own network ({sysctl})")
        }
        FieldChange::CreateDirectory { volume, path } => format!(
            "set type: DirectoryOrCreate on hostPath volume {volume}, so that the kubelet creates {path} where it does not exist"
        ),
        FieldChange::FsGroup { group } => {
            format!("set fsGroup: {group}, so that the kubelet gives the volume to group {group}")
        }
        FieldChange::Executable { volume } => format!("set defaultMode 0755 (decimal 493) on volume {volume}"),
        FieldChange::DnsPolicy { policy } => format!("set dnsPolicy: {policy}"),
        FieldChange::MountToken => "mount the token of the ServiceAccount".to_owned(),
    }
}

/// Words one change in the imperative.
fn change(edit: &Edit) -> String {
    match edit {
        Edit::Tolerate(taint) => format!("tolerate {taint}"),
        Edit::Correct { was, now } if now.effect.is_none() => format!("tolerate every effect of {now} (now {was})"),
        Edit::Correct { was, now } => format!("correct the toleration {was}: tolerate {now}"),
        Edit::Select { was: Some(was), key, value } if was == key => format!("set nodeSelector {key}={value}"),
        Edit::Select { was: Some(was), key, value } => format!("set nodeSelector {key}={value} instead of {was}"),
        Edit::Select { was: None, key, value } => {
            format!("add nodeSelector {key}={value}, so that other nodes get no pod")
        }
        Edit::Require { now, .. } => format!("change the node affinity to {}", now.brief()),
        Edit::Exclude { key, value } => format!("exclude nodes with {key}={value} (node affinity)"),
        Edit::SpreadAnyway(constraint) => format!(
            "set whenUnsatisfiable: ScheduleAnyway for topologyKey {} (a DaemonSet runs one pod per node anyway)",
            constraint.topology_key
        ),
        Edit::Drop { list, term, home } => {
            let (meant, key) = (selected_pods(&OtherPods::of(term, *home)), term.topology_key);
            let only_if = match list {
                Terms::Affinity => "the agent works without these pods",
                Terms::AntiAffinity => "the agent can run next to these pods",
            };
            format!("remove the required {} to {meant} by {key} (only if {only_if})", list.field())
        }
        Edit::Priority(class) => format!("set priorityClassName: {class}"),
        Edit::NoPriorityClass(class) => format!("remove priorityClassName: {class} (the pods need no priority here)"),
        Edit::CreatePriorityClass { name, value } => format!("create PriorityClass {name} with value {value}"),
        Edit::RuntimeClass { now: Some(now), .. } => format!("set runtimeClassName: {now}"),
        Edit::RuntimeClass { was, now: None } => {
            format!("remove runtimeClassName: {was}, but only if the containers need no runtime of their own")
        }
        Edit::CreateRuntimeClass(name) => {
            format!("create RuntimeClass {name}: the container runtime of the nodes has a handler of this name")
        }
        Edit::StorageClass { volume, was, now } => {
            let was = was.map_or("unset", |was| was.as_str());
            format!("set storageClassName: {now} on volume {volume} (now {was})")
        }
        Edit::Request { container, resource, was, now, .. } => {
            let read =
                |q: &Quantity| human(*resource, if resource.as_str() == "cpu" { q.milli_value() } else { q.value() });
            format!(
                "lower the {resource} request of container {container} to {} (now {}), but only if the container \
                 needs no more: a busy node guarantees only the request",
                read(now),
                read(was)
            )
        }
        Edit::HostPort { container, was, now } => {
            let was = was.host_port;
            format!("change the host port of container {container} from {was} to {now}; clients must use the new port")
        }
        Edit::Fit { range, amounts } => {
            let asks = amounts.iter().flat_map(|FitAmount { container, resource, request, limit }| {
                let request =
                    request.map(|q| format!("set the {resource} request of {container} to {}", amount(*resource, q)));
                let limit =
                    limit.map(|q| format!("set the {resource} limit of {container} to {}", amount(*resource, q)));
                request.into_iter().chain(limit)
            });
            format!("{}, as LimitRange {range} requires", and(&asks.collect::<Vec<_>>()))
        }
        Edit::QuotaForClass { namespace, class, pods } => {
            let pods = count(*pods as usize, "pod");
            format!("create a ResourceQuota for PriorityClass {class} in namespace {namespace} (enough for {pods})")
        }
        Edit::RaiseQuota { quota: (_, name), hard, pods } => {
            let raises = hard.iter().map(|(resource, was, now)| {
                format!("{resource} from {} to {}", amount(*resource, *was), amount(*resource, *now))
            });
            let raises = and(&raises.collect::<Vec<_>>());
            format!("raise quota {name}: {raises} (enough for {})", count(*pods as usize, "pod"))
        }
        Edit::NoSurge => "set maxUnavailable: 1 and maxSurge: 0, which replaces pods one node at a time".to_owned(),
        Edit::CreateNamespace(name) => format!("create namespace {name}"),
        Edit::CreateServiceAccount(_, name) => format!("create ServiceAccount {name}"),
        Edit::Enforce { namespace, level } => {
            format!("set pod-security.kubernetes.io/enforce={level} on namespace {namespace}")
        }
    }
}
