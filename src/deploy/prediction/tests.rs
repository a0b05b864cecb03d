//! Predictions as tables.

use serde_json::{Value, json};

use super::*;
use crate::model::Symbol;
use crate::model::daemonset::{Bound, UpdateStrategy};
use crate::store::Builder;

fn is_placed(placement: &Placement) -> bool {
    *placement == Placement::Placed
}

/// Two nodes of one core, each with an old pod; `second` is what the second one says: its own Ready and its pod's.
fn predicted(strategy: &Value, cpu: &str, second: (&str, bool)) -> Prediction {
    let node = |name: &str, ready: &str| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {
            "allocatable": {"cpu": "1", "memory": "8Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": ready}]}})
    };
    let containers = json!([{"name": "c", "resources": {"requests": {"cpu": cpu}}}]);
    let pod = |node: &str, ready: bool| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("agent-{node}"), "namespace": "ns",
                "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]},
            "spec": {"nodeName": node, "containers": containers},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}})
    };
    let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "ns", "uid": "u", "generation": 1},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": strategy,
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}}});
    let mut builder = Builder::new();
    let nodes = [node("n1", "True"), node("n2", second.0)];
    for object in nodes.iter().chain(&[pod("n1", true), pod("n2", second.1), daemon_set]) {
        builder.read(object.to_string().as_bytes(), None).unwrap();
    }
    let cluster = builder.finish(None);
    let live = &cluster.daemon_sets[0];
    predict(&cluster, live, Now { live: Some(live), adopts: None, rolls: true, like: None, time: 0 })
}

#[test]
fn orphans_are_replaced_unless_they_count_as_new() {
    let template = json!({"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]});
    // How many are of the first generation, of which revision, and how many of three are replaced then.
    for (first, like, replaced) in [(0, None, 3), (1, None, 2), (3, None, 0), (0, Some("same"), 1)] {
        let generation = |number: usize| if number < first { "1" } else { "4" };
        let hash = |number: usize| if number < 2 { "same" } else { "other" };
        let pods = [0, 1, 2].map(|number| (generation(number), hash(number), "Running"));
        let (mut cluster, wanted) = with_orphans(&pods, &template, &[]);
        let adopts = cluster.adopt(&wanted);
        let like = like.map(Symbol::new);
        let prediction = predict(&cluster, &wanted, Now { live: None, adopts, rolls: false, like, time: 0 });
        assert_eq!(prediction.count(is_placed), 3, "their ports are in nobody's way");
        assert_eq!((prediction.adopted, prediction.counted_as_updated), (3, first));
        let old = match prediction.rollout {
            RolloutPrediction::Nothing => 0,
            RolloutPrediction::Rolling { old, made: 0, .. } => old,
            other => panic!("{other:?}"),
        };
        assert_eq!(old, replaced, "{first} {like:?}");
    }
}

/// Three nodes of which the first has little room, each with a ready pod of these labels and in this phase.
fn with_orphans(pods: &[(&str, &str, &str)], template: &Value, more: &[Value]) -> (Cluster, DaemonSet) {
    let mut builder = Builder::new();
    for object in more {
        builder.read(object.to_string().as_bytes(), None).unwrap();
    }
    for (number, (generation, hash, phase)) in pods.iter().enumerate() {
        let name = format!("n{number}");
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"name": name}},
            "status": {"allocatable": {"cpu": if number == 0 { "1" } else { "4" }, "memory": "8Gi", "pods": "10"}}});
        let labels = json!({"a": "b", "pod-template-generation": generation, "controller-revision-hash": hash});
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("agent-{number}"), "namespace": "ns", "labels": labels},
            "spec": {"containers": template["containers"]},
            "status": {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]}});
        match *phase {
            "Pending" => {
                pod["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchFields": [
                        {"key": "metadata.name", "operator": "In", "values": [name]}]}]}}});
                pod["status"]["conditions"] = json!([]);
            }
            _ => pod["spec"]["nodeName"] = json!(name),
        }
        for object in [node, pod] {
            builder.read(object.to_string().as_bytes(), None).unwrap();
        }
    }
    let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "ns"},
        "spec": {"selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": template}}});
    builder.read(daemon_set.to_string().as_bytes(), None).unwrap();
    let mut cluster = builder.finish(None);
    let wanted = cluster.daemon_sets.pop().unwrap();
    (cluster, wanted)
}

/// What a new pod would meet on a node does not matter where the controller takes the old one for new.
#[test]
fn where_a_pod_stays_nothing_is_lost() {
    let big = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]});
    for (generation, lost, without) in [("1", None, 0), ("2", Some(1), 1)] {
        let old = ("2", "x", "Running");
        let (mut cluster, wanted) = with_orphans(&[(generation, "x", "Running"), old, old], &big, &[]);
        let adopts = cluster.adopt(&wanted);
        let prediction = predict(&cluster, &wanted, Now { live: None, adopts, rolls: false, like: None, time: 0 });
        let RolloutPrediction::Rolling { deadlock, .. } = &prediction.rollout else {
            panic!("{:?}", prediction.rollout)
        };
        let found = deadlock.as_ref().map(|deadlock| match deadlock {
            Deadlock::Bound { lost, .. } => *lost,
            Deadlock::SurgePort(_) => 0,
        });
        assert_eq!((found, prediction.without()), (lost, without), "{generation}");
    }
}

/// One that has ended is made anew, one where no pod is wanted goes, and one that waits is on its node already.
#[test]
fn who_stays_of_the_first_generation() {
    let template = json!({"nodeSelector": {"name": "n1"}, "containers": [{"name": "c"}]});
    for (phase, staying, made, removed) in [("Running", 1, 0, 2), ("Failed", 0, 0, 2), ("Pending", 1, 0, 2)] {
        let first = ("1", "x", "Running");
        let (mut cluster, wanted) = with_orphans(&[first, ("1", "x", phase), first], &template, &[]);
        let adopts = cluster.adopt(&wanted);
        let prediction = predict(&cluster, &wanted, Now { live: None, adopts, rolls: false, like: None, time: 0 });
        assert_eq!((prediction.adopted, prediction.counted_as_updated), (3, staying), "{phase}");
        match prediction.rollout {
            RolloutPrediction::Create { pods, removed: gone } => {
                assert_eq!((pods, gone, staying), (made, removed, 1), "{phase}");
            }
            RolloutPrediction::Rolling { old, made: now, removed: gone, .. } => {
                assert_eq!((old, now, gone), (1 - staying, made, removed), "{phase}");
            }
            other => panic!("{phase}: {other:?}"),
        }
    }
}

/// A deployed one goes on to the next generation, which pods that it adopted may have already.
#[test]
fn the_next_generation_counts_as_new() {
    let pods = [("2", "x", "Running"), ("2", "y", "Running"), ("1", "y", "Running")];
    let (mut cluster, wanted) = with_orphans(&pods, &json!({"containers": [{"name": "c"}]}), &[]);
    let live = DaemonSet { uid: cluster.adopt(&wanted), template_generation: Some(1), ..wanted.clone() };
    for (like, replaced, taken) in [(None, 1, 2), (Some(Symbol::new("x")), 1, 1), (Some(Symbol::new("y")), 0, 1)] {
        let prediction =
            predict(&cluster, &wanted, Now { live: Some(&live), adopts: None, rolls: true, like, time: 0 });
        let old = match prediction.rollout {
            RolloutPrediction::Nothing => 0,
            RolloutPrediction::Rolling { old, .. } => old,
            other => panic!("{other:?}"),
        };
        assert_eq!((old, prediction.counted_as_updated), (replaced, taken), "{like:?}");
    }
}

/// Pods that are there take nothing more of a quota: those that stay, those that go first, and with surge the next
/// takes what the one before it left.
#[test]
fn a_quota_is_held_against_pods_that_are_made() {
    let half = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "500m"}}}]});
    let quota = |hard: &Value, used: &Value| {
        json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "ns"},
            "spec": {"hard": hard}, "status": {"hard": hard, "used": used}})
    };
    let cpu = |amount: &str| json!({"requests.cpu": amount});
    let surge = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(0), max_surge: Bound::Count(1) };
    let one = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(1), max_surge: Bound::Count(0) };
    for (what, hard, used, update, generation, rolls, expected) in [
        (
            "the next takes what the one before it left",
            json!({"pods": "4"}),
            json!({"pods": "3"}),
            surge,
            "1",
            true,
            None,
        ),
        ("what goes leaves its room", cpu("1500m"), cpu("1500m"), one, "1", true, None),
        ("the quota was lowered, and nothing is made", cpu("500m"), cpu("1500m"), one, "1", false, None),
        ("the quota was lowered, and all are made", cpu("500m"), cpu("1500m"), one, "1", true, Some((1, 3))),
        ("adopted ones leave it, too", cpu("1500m"), cpu("1500m"), one, "2", false, None),
        ("adopted ones that stay take no more", cpu("500m"), cpu("1500m"), one, "1", false, None),
    ] {
        let pods = [(generation, "x", "Running"); 3];
        let (mut cluster, wanted) = with_orphans(&pods, &half, &[quota(&hard, &used)]);
        let wanted = DaemonSet { update, ..wanted };
        let uid = cluster.adopt(&wanted);
        let live = DaemonSet { uid, template_generation: Some(1), ..wanted.clone() };
        let now = match what.starts_with("adopted") {
            true => Now { live: None, adopts: uid, rolls: false, like: None, time: 0 },
            false => Now { live: Some(&live), adopts: None, rolls, like: None, time: 0 },
        };
        let prediction = predict(&cluster, &wanted, now);
        assert_eq!(prediction.quota, expected, "{what}: {prediction:#?}");
        let lost = expected.map_or(0, |(admits, of)| (of - admits) as usize);
        assert_eq!((prediction.without(), prediction.count(is_placed)), (lost, 3), "{what}");
    }
}

/// A taint that came later and only keeps new pods away lets the new one stay; an old one is replaced by none.
#[test]
fn what_goes_from_nodes_that_want_no_pod() {
    let tainted = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n9", "labels": {"name": "n9"}},
        "spec": {"taints": [{"key": "dedicated", "effect": "NoSchedule"}]},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}}});
    let pod = |generation: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "agent-9", "namespace": "ns", "labels": {"a": "b", "pod-template-generation": generation}},
            "spec": {"nodeName": "n9", "containers": [{"name": "c"}]}, "status": {"phase": "Running"}})
    };
    let one = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(1), max_surge: Bound::Count(0) };
    for (update, generation, expected) in [(one, "2", 0), (one, "1", 1), (UpdateStrategy::OnDelete, "1", 0)] {
        let (mut cluster, wanted) = with_orphans(
            &[("1", "x", "Running")],
            &json!({"containers": [{"name": "c"}]}),
            &[tainted.clone(), pod(generation)],
        );
        let wanted = DaemonSet { update, ..wanted };
        let live = DaemonSet { uid: cluster.adopt(&wanted), template_generation: Some(1), ..wanted.clone() };
        let prediction =
            predict(&cluster, &wanted, Now { live: Some(&live), adopts: None, rolls: true, like: None, time: 0 });
        match prediction.rollout {
            RolloutPrediction::Rolling { old: 1, made: 0, removed, .. }
            | RolloutPrediction::OnDelete { old: 1, made: 0, removed } => {
                assert_eq!(removed, expected, "{generation}");
            }
            other => panic!("{generation}: {other:?}"),
        }
    }
}

/// A rollout with surge that is under way goes on as it began: the new pod must find room beside the old one.
#[test]
fn a_surge_under_way_is_judged_as_one() {
    let most = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "600m"}}}]});
    let update = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(0), max_surge: Bound::Count(1) };
    for (generation, expected) in [("1", ("unschedulable", 1)), ("2", ("placed", 0))] {
        let (mut cluster, wanted) = with_orphans(&[(generation, "x", "Running")], &most, &[]);
        let wanted = DaemonSet { update, ..wanted };
        let live = DaemonSet { uid: cluster.adopt(&wanted), template_generation: Some(2), ..wanted.clone() };
        let prediction =
            predict(&cluster, &wanted, Now { live: Some(&live), adopts: None, rolls: false, like: None, time: 0 });
        assert_eq!((prediction.nodes[0].1.as_str(), prediction.without()), expected, "{generation}");
    }
}

#[test]
fn what_the_kubelet_refuses_is_no_pod() {
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {
        "allocatable": {"cpu": "1", "memory": "8Gi", "pods": "10"}, "conditions": [
            {"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "True"}]}});
    let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "ns"},
        "spec": {"selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c"}]}}}});
    let mut builder = Builder::new();
    for object in [node, daemon_set] {
        builder.read(object.to_string().as_bytes(), None).unwrap();
    }
    let cluster = builder.finish(None);
    let prediction =
        predict(&cluster, &cluster.daemon_sets[0], Now { live: None, adopts: None, rolls: false, like: None, time: 0 });
    assert_eq!((prediction.desired, prediction.without(), prediction.count(|p| *p == Placement::Rejected)), (1, 1, 1));
    let group = &prediction.groups[0];
    assert_eq!(
        (group.placement.as_str(), group.why.as_str()),
        ("rejected", "the kubelet rejects new pods while the node has DiskPressure")
    );
}

#[test]
fn what_old_pods_leave_and_who_uses_up_the_bound() {
    let surge = |n: u8| json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": n}});
    let unavailable = |n: u8| json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": n}});
    let silent = |allowed| Some(Deadlock::Bound { lost: 0, silent: vec![Symbol::new("n2")], allowed });
    let (ready, broken, lost) = (("True", true), ("True", false), ("Unknown", false));
    for (what, strategy, cpu, second, placements, expected) in [
        ("old pods go first", unavailable(1), "600m", ready, ["placed", "placed"], None),
        ("with surge they stay", surge(1), "600m", ready, ["unschedulable", "unschedulable"], None),
        ("but for one that is not ready", surge(1), "600m", broken, ["unschedulable", "placed"], None),
        ("unless nobody ends it", surge(1), "600m", lost, ["unschedulable", "unschedulable"], None),
        ("a silent node uses up the bound", unavailable(1), "100m", lost, ["placed", "placed"], silent(1)),
        ("a bound of more", unavailable(2), "100m", lost, ["placed", "placed"], None),
        ("a surge of one", surge(1), "100m", lost, ["placed", "placed"], None),
    ] {
        let prediction = predicted(&strategy, cpu, second);
        let found: Vec<&str> = prediction.nodes.iter().map(|(_, placement)| placement.as_str()).collect();
        assert_eq!(found, placements, "{what}");
        let RolloutPrediction::Rolling { deadlock, .. } = prediction.rollout else { panic!("{what}: {prediction:?}") };
        assert_eq!(deadlock, expected, "{what}");
    }
}
