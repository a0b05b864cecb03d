//! Makes a disagreement small: what can be taken away while the doctor and the real control plane still differ.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    agree::{differences, judge},
    decide::World,
    random::HOLD,
};
use crate::{harness::Cluster, rules::Setting};

/// How many smaller cases are tried at most, each of which takes a second or more.
const TRIES: usize = 60;

/// The smallest cluster and case that were found.
pub fn shrink(doctor: &Path, world: &World, case: Value) -> (Value, Value) {
    let mut tries = TRIES;
    let mut best = case;
    let whole = |case: &Value| !judge(doctor, world, case).disagreements.is_empty();
    // The template first, on the cluster as it is.
    loop {
        let smaller = without_one(&best["daemonSet"]).into_iter().find_map(|ds| {
            tries = tries.checked_sub(1)?;
            world.decide(&ds, true).filter(whole)
        });
        match smaller {
            Some(case) => best = case,
            None => break,
        }
    }
    small_cluster(doctor, world, &best).unwrap_or_else(|| (world.objects.clone(), best))
}

/// The same on a new cluster of the differing nodes and one more, if it still differs there.
fn small_cluster(doctor: &Path, world: &World, case: &Value) -> Option<(Value, Value)> {
    let differing: Vec<String> =
        judge(doctor, world, case).disagreements.into_iter().filter_map(|d| d.node).take(2).collect();
    let items = world.objects["items"].as_array()?;
    let mut nodes: Vec<&str> =
        items.iter().filter(|o| o["kind"] == "Node").filter_map(|o| o["metadata"]["name"].as_str()).collect();
    nodes.retain(|n| differing.iter().any(|d| d == n));
    if nodes.is_empty() {
        return None;
    }
    let kept = items.iter().filter(|o| match o["kind"].as_str() {
        Some("Node" | "CSINode") => o["metadata"]["name"].as_str().is_some_and(|n| nodes.contains(&n)),
        Some("Pod") => o["spec"]["nodeName"].as_str().is_some_and(|n| nodes.contains(&n)),
        Some("ServiceAccount") => false,
        Some("Namespace" | "PriorityClass") => !built_in(o["metadata"]["name"].as_str().unwrap_or_default()),
        _ => true,
    });
    let objects: Vec<Value> = kept.cloned().map(fresh).collect();
    let world = World::of(Cluster::start(), &objects);
    let case = world.decide(&case["daemonSet"], true)?;
    let folder = world.cluster.folder().join("shrunk");
    let differs =
        !differences(doctor, &folder, &world.objects, &Setting::of(&world.objects), &case).disagreements.is_empty();
    differs.then(|| (world.objects.clone(), case))
}

fn built_in(name: &str) -> bool {
    name == "default" || name.starts_with("kube-") || name.starts_with("system-")
}

/// An object as it could be created again.
fn fresh(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().expect("every object has metadata");
    let held = metadata.get("finalizers").is_some_and(|f| f.as_array().is_some_and(|f| f.contains(&json!(HOLD))));
    metadata.retain(|key, _| matches!(key.as_str(), "name" | "namespace" | "labels" | "annotations"));
    if held {
        metadata.insert("finalizers".to_owned(), json!([HOLD]));
    }
    if let Some(spec) = object["spec"].as_object_mut() {
        // What admission has put there, it puts there again.
        for computed in ["priority", "preemptionPolicy", "overhead"] {
            spec.remove(computed);
        }
        if let Some(claim) = spec.get_mut("claimRef").and_then(Value::as_object_mut) {
            claim.retain(|key, _| key != "uid" && key != "resourceVersion");
        }
    }
    if !matches!(object["kind"].as_str(), Some("Node" | "Pod")) {
        object.as_object_mut().expect("an object").remove("status");
    }
    object
}

/// The DaemonSet without each of the things that its template could do without.
fn without_one(daemon_set: &Value) -> Vec<Value> {
    let mut paths = Vec::new();
    let spec = &daemon_set["spec"]["template"]["spec"];
    removable(spec, "/spec/template/spec", 0, &mut paths);
    paths
        .iter()
        .filter_map(|path| {
            let mut smaller = daemon_set.clone();
            remove(&mut smaller, path).then_some(smaller)
        })
        .collect()
}

/// Paths of optional parts, the largest first.
fn removable(value: &Value, path: &str, depth: usize, into: &mut Vec<String>) {
    const NEEDED: [&str; 5] =
        ["name", "image", "terminationGracePeriodSeconds", "automountServiceAccountToken", "containers"];
    if depth > 5 {
        return;
    }
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => return,
    };
    for (key, _) in children.iter().filter(|(k, _)| !NEEDED.contains(&k.as_str())) {
        into.push(format!("{path}/{key}"));
    }
    for (key, child) in &children {
        removable(child, &format!("{path}/{key}"), depth + 1, into);
    }
}

fn remove(object: &mut Value, path: &str) -> bool {
    let Some((parent, key)) = path.rsplit_once('/') else { return false };
    match object.pointer_mut(parent) {
        Some(Value::Object(map)) => map.remove(&key.replace("~1", "/").replace("~0", "~")).is_some(),
        Some(Value::Array(list)) => match key.parse::<usize>() {
            Ok(index) if index < list.len() && list.len() > 1 => {
                *list != [json!(null)] && !list.remove(index).is_null()
            }
            _ => false,
        },
        _ => false,
    }
}
