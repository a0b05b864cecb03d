//! What must hold of verdicts on any cluster.

use kubectl_daemonset::rules::{Cause, Evaluation, OwnPods, Placement, Plugin, Verdict};
use kubectl_daemonset::store::{Builder, Cluster};
use proptest::prelude::*;
use serde_json::{Value, json};

/// One random cluster and DaemonSet as JSON objects.
#[derive(Debug, Clone)]
struct Case {
    nodes: Vec<Value>,
    pods: Vec<Value>,
    template: Value,
}

fn taint() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "dedicated",
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unschedulable",
        "x",
    ]);
    let effect = prop::sample::select(vec!["NoSchedule", "NoExecute", "PreferNoSchedule"]);
    (key, prop::sample::select(vec!["", "ml"]), effect).prop_map(|(k, v, e)| json!({"key": k, "value": v, "effect": e}))
}

fn toleration() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec!["dedicated", "node.kubernetes.io/not-ready", "x"]);
    let effect = prop::option::of(prop::sample::select(vec!["NoSchedule", "NoExecute"]));
    (key, any::<bool>(), prop::sample::select(vec!["", "ml"]), effect).prop_map(|(key, exists, value, effect)| {
        let mut toleration =
            if exists { json!({"key": key, "operator": "Exists"}) } else { json!({"key": key, "value": value}) };
        if let Some(effect) = effect {
            toleration["effect"] = effect.into();
        }
        toleration
    })
}

fn node(i: usize) -> impl Strategy<Value = Value> {
    let labels =
        (prop::sample::select(vec!["a", "b", ""]), prop::option::of(prop::sample::select(vec!["ssd", "SSD", "hdd"])));
    (labels, prop::collection::vec(taint(), 0..2), 1u32..5, 1u32..6).prop_map(
        move |((zone, disk), taints, cpu, pods)| {
            let mut labels = json!({"kubernetes.io/hostname": format!("n{i}")});
            if !zone.is_empty() {
                labels["zone"] = zone.into();
            }
            if let Some(disk) = disk {
                labels["disk"] = disk.into();
            }
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("n{i}"), "labels": labels},
               "spec": {"taints": taints},
               "status": {"allocatable": {"cpu": cpu.to_string(), "memory": "4Gi", "pods": pods.to_string()}}})
        },
    )
}

fn pod(i: usize, nodes: usize) -> impl Strategy<Value = Value> {
    let port = prop::option::of(8080u32..8083);
    (0..nodes, 1u32..20, port, -1i32..3, prop::bool::weighted(0.2)).prop_map(move |(node, cpu, port, priority, repels)| {
        let mut container = json!({"name": "c", "resources": {"requests": {"cpu": format!("{}m", cpu * 100)}}});
        if let Some(port) = port {
            container["ports"] = json!([{"containerPort": port, "hostPort": port}]);
        }
        let mut spec = json!({"nodeName": format!("n{node}"), "priority": priority, "containers": [container]});
        let labels = json!({"app": if cpu % 4 == 0 { "agent" } else { "web" }});
        if repels {
            spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                [{"labelSelector": {"matchLabels": {"app": "agent"}}, "topologyKey": "kubernetes.io/hostname"}]}});
        }
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("p{i}"), "namespace": "default", "labels": labels},
               "spec": spec, "status": {"phase": "Running"}})
    })
}

/// A label by which domains are made, and the pods that count.
fn domain_and_pods() -> impl Strategy<Value = Value> {
    (prop::sample::select(vec!["zone", "disk", "kubernetes.io/hostname"]), prop::sample::select(vec!["web", "agent"]))
        .prop_map(|(key, app)| json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}))
}

/// What a template asks of other pods: spread constraints, affinity and anti-affinity, most often nothing.
fn about_pods() -> impl Strategy<Value = [Vec<Value>; 3]> {
    let spread = (domain_and_pods(), 1u32..3, any::<bool>(), any::<bool>()).prop_map(
        |(mut constraint, skew, affinity, taints)| {
            constraint["maxSkew"] = skew.into();
            constraint["whenUnsatisfiable"] = "DoNotSchedule".into();
            constraint["nodeAffinityPolicy"] = if affinity { "Honor" } else { "Ignore" }.into();
            constraint["nodeTaintsPolicy"] = if taints { "Honor" } else { "Ignore" }.into();
            constraint
        },
    );
    prop_oneof![
        1 => Just([vec![], vec![], vec![]]),
        1 => prop::collection::vec(spread, 1..3).prop_map(|spread| [spread, vec![], vec![]]),
        1 => prop::collection::vec(domain_and_pods(), 1..3).prop_map(|near| [vec![], near, vec![]]),
        1 => prop::collection::vec(domain_and_pods(), 1..3).prop_map(|away| [vec![], vec![], away]),
    ]
}

/// Where the terms of a template stand that `about_pods` makes.
const ABOUT_PODS: [&str; 3] = [
    "/topologySpreadConstraints",
    "/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution",
    "/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution",
];

/// Whether it is asked that other pods are there, so that a pod less may be worse.
fn needs_pods(template: &Value) -> bool {
    ABOUT_PODS[..2].iter().any(|place| template.pointer(place).is_some())
}

/// Whether pods of the template mean each other, so that a node more that may have one takes it from another.
fn competes(template: &Value) -> bool {
    let terms = ABOUT_PODS.iter().filter_map(|place| template.pointer(place)).filter_map(Value::as_array).flatten();
    terms.into_iter().any(|term| term["labelSelector"]["matchLabels"]["app"] == "agent")
}

fn template() -> impl Strategy<Value = Value> {
    let term = prop::sample::select(vec![
        json!({"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}),
        json!({"matchExpressions": [{"key": "disk", "operator": "DoesNotExist"}]}),
        json!({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["b"]}]}),
    ]);
    let terms = prop::option::of(prop::collection::vec(term, 1..3));
    let parts = (
        prop::collection::vec(toleration(), 0..3),
        terms,
        0u32..15,
        prop::option::of(8080u32..8083),
        prop::bool::weighted(0.2),
        about_pods(),
    );
    parts.prop_map(|(tolerations, terms, cpu, port, zone, [spread, near, away])| {
        let mut container = json!({"name": "c", "image": "i", "resources": {"requests": {"cpu": format!("{}m", cpu * 100)}}});
        if let Some(port) = port {
            container["ports"] = json!([{"containerPort": port, "hostPort": port}]);
        }
        let mut spec = json!({"tolerations": tolerations, "containers": [container]});
        if let Some(terms) = terms {
            spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
        }
        for (kind, terms) in [("podAffinity", near), ("podAntiAffinity", away)] {
            if !terms.is_empty() {
                spec["affinity"][kind] = json!({"requiredDuringSchedulingIgnoredDuringExecution": terms});
            }
        }
        if !spread.is_empty() {
            spec["topologySpreadConstraints"] = spread.into();
        }
        if zone {
            spec["nodeSelector"] = json!({"zone": "a"});
        }
        spec
    })
}

prop_compose! {
    fn case()(nodes in 1usize..6, pods in 0usize..8)(
        nodes in (0..nodes).map(node).collect::<Vec<_>>(),
        pods in (0..pods).map(|i| pod(i, nodes)).collect::<Vec<_>>(),
        template in template(),
    ) -> Case {
        Case { nodes, pods, template }
    }
}

fn build(case: &Case) -> Cluster {
    let mut builder = Builder::new();
    let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}},
                 "template": {"metadata": {"labels": {"app": "agent"}}, "spec": case.template}}});
    // A pod without a node keeps the kind known where there is no other.
    let witness =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "witness", "namespace": "default"}, "spec": {}});
    for object in case.nodes.iter().chain(&case.pods).chain([&daemon_set, &witness]) {
        builder.read(object.to_string().as_bytes(), None).expect("an object");
    }
    builder.finish(None)
}

/// By node name: the decision, and the scheduler's texts that are told.
fn verdicts(case: &Case) -> Vec<(String, &'static str, Vec<String>)> {
    let cluster = build(case);
    let daemon_set = &cluster.daemon_sets[0];
    let admission = Evaluation::admit(&cluster, daemon_set, OwnPods::None);
    let all = Evaluation::new(&cluster, daemon_set, &admission, OwnPods::None).all();
    let texts = |verdict: &Verdict| {
        let told = verdict.reasons.iter().filter(|r| r.reported_by_scheduler).filter_map(|r| match &r.cause {
            Cause::Rejection(rejection) => Some(rejection.status_text(cluster.rules()).into_owned()),
            _ => None,
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told.dedup();
        told
    };
    let rows = cluster.nodes.iter().zip(&all);
    rows.map(|(node, verdict)| (node.name.to_string(), verdict.placement.as_str(), texts(verdict))).collect()
}

/// The plugins that refuse, node by node.
fn refusing(case: &Case) -> Vec<Plugin> {
    let cluster = build(case);
    let admission = Evaluation::admit(&cluster, &cluster.daemon_sets[0], OwnPods::None);
    let all = Evaluation::new(&cluster, &cluster.daemon_sets[0], &admission, OwnPods::None).all();
    let causes = all.iter().flat_map(|verdict| &verdict.reasons).map(|reason| &reason.cause);
    let plugins = causes.filter_map(|cause| match cause {
        Cause::Rejection(rejection) => Some(rejection.plugin()),
        _ => None,
    });
    plugins.collect()
}

/// How good a decision is for who wants a pod there.
fn rank(placement: &str) -> u8 {
    match placement {
        "placed" => 4,
        "preempting" => 3,
        "contended" => 2,
        "unschedulable" => 1,
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn order_means_nothing(case in case(), turns in 0usize..4) {
        let before = verdicts(&case);
        let mut turned = case.clone();
        turned.nodes.reverse();
        let middle = turns.min(turned.pods.len());
        turned.pods.rotate_left(middle);
        if let Some(tolerations) = turned.template["tolerations"].as_array_mut() {
            tolerations.reverse();
        }
        let terms = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
        for place in [terms].iter().chain(&ABOUT_PODS) {
            if let Some(terms) = turned.template.pointer_mut(place).and_then(Value::as_array_mut) {
                terms.reverse();
            }
        }
        // Of several spread constraints the first that refuses is told, whether it lacks a label or has too many pods.
        let either = |mut all: Vec<(String, &'static str, Vec<String>)>| {
            let texts = all.iter_mut().flat_map(|(.., texts)| texts);
            texts.for_each(|text| *text = text.replace(" (missing required label)", ""));
            all
        };
        prop_assert_eq!(either(before), either(verdicts(&turned)));
    }

    #[test]
    fn a_toleration_more_never_makes_a_node_worse(case in case(), toleration in toleration()) {
        let before = verdicts(&case);
        let mut more = case.clone();
        more.template["tolerations"].as_array_mut().expect("a list").push(toleration);
        for (old, new) in before.iter().zip(verdicts(&more)) {
            let excluded_before = old.1 == "excluded";
            prop_assert!(excluded_before || new.1 != "excluded", "{old:?} became {new:?}");
            // A node more that counts may be an emptier domain.
            let other = case.template.pointer(ABOUT_PODS[0]).is_some() || competes(&case.template);
            prop_assert!(excluded_before || other || rank(new.1) >= rank(old.1), "{old:?} became {new:?}");
        }
    }

    #[test]
    fn a_pod_less_never_makes_a_node_worse(case in case(), which in 0usize..8) {
        prop_assume!(!case.pods.is_empty());
        let mut case = case;
        if needs_pods(&case.template) || competes(&case.template) {
            for place in ABOUT_PODS {
                case.template.pointer_mut(place).into_iter().for_each(|terms| *terms = Value::Null);
            }
        }
        let before = verdicts(&case);
        let mut fewer = case.clone();
        fewer.pods.remove(which % case.pods.len());
        for (old, new) in before.iter().zip(verdicts(&fewer)) {
            prop_assert!(rank(new.1) >= rank(old.1), "{old:?} became {new:?}");
        }
    }

    #[test]
    fn told_only_where_the_scheduler_refuses(case in case()) {
        for (name, placement, told) in verdicts(&case) {
            prop_assert_eq!(matches!(placement, "unschedulable" | "preempting"), !told.is_empty(), "{}", name);
        }
    }
}

#[test]
fn the_placements_that_the_cases_reach() {
    // A property over cases that all end alike would prove nothing: count what the generator reaches.
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut seen, mut refused) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
    for _ in 0..1000 {
        let case = case().new_tree(&mut runner).expect("a case").current();
        for (_, placement, _) in verdicts(&case) {
            *seen.entry(placement).or_insert(0) += 1;
        }
        for plugin in refusing(&case) {
            *refused.entry(plugin).or_insert(0) += 1;
        }
    }
    let reached = [Placement::Placed, Placement::Excluded, Placement::Unschedulable].map(|p| p.as_str());
    for placement in reached.into_iter().chain(["preempting"]) {
        assert!(seen.get(placement).copied().unwrap_or(0) > 20, "{seen:?}");
    }
    assert!(seen.get("contended").copied().unwrap_or(0) > 4, "{seen:?}");
    for plugin in [Plugin::PodTopologySpread, Plugin::InterPodAffinity] {
        assert!(refused.get(&plugin).copied().unwrap_or(0) > 20, "{refused:?}");
    }
}
