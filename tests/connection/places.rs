//! Names that people, files and servers give never lead a request to other objects than those that are meant.

use serde_json::{Value, json};

use crate::api::Api;
use crate::cluster::sick;
use kubectl_daemonset::deploy::resources::{SET_ID, set_id};

use crate::program::Home;
use crate::server::{Reply, Server, Subject, json as answer, status};

/// The set of `logging/agent`, by the program's own label.
const SET: &str = "applyset.kubernetes.io/part-of";

/// What lists of every kind hold, whatever was asked for.
fn list(items: Value) -> Reply {
    answer(200, &json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "items": items}))
}

#[test]
fn a_namespace_is_a_name_and_no_part_of_a_url() {
    let home = Home::new();
    let server =
        Server::http(|_, _| list(json!([{"metadata": {"name": "theirs", "namespace": "kube-system", "uid": "u"}}])));
    for evil in ["kube-system/configmaps?labelSelector=&x=", "../../x", "..", "a%2Fb", "a#b", "A", "a b"] {
        for line in ["delete agent --yes", "delete agent --dry-run", "status agent", "doctor agent", "import agent"] {
            let url = server.url();
            let mut args: Vec<&str> = line.split(' ').collect();
            args.extend(["-n", evil, "--server", &url]);
            let ran = home.run(&args);
            assert_eq!(ran.code(), Some(1), "`{line}` in {evil}: {ran:?}");
        }
        home.write(
            "config",
            json!({"apiVersion": "v1", "kind": "Config", "current-context": "one",
                "clusters": [{"name": "one", "cluster": {"server": server.url()}}],
                "contexts": [{"name": "one", "context": {"cluster": "one", "namespace": evil}}]})
            .to_string(),
        );
        let ran = home.run(&["delete", "agent", "--yes", "--kubeconfig", "config"]);
        assert_eq!(ran.code(), Some(1), "{evil} of the context: {ran:?}");
    }
    assert!(server.asked().is_empty(), "{:?}", server.asked());
}

#[test]
fn only_members_of_the_set_are_deleted() {
    let home = Home::new();
    let first = |asked: &Subject| asked.query("labelSelector").unwrap_or_default();
    let server = Server::http(move |asked, _| {
        let set = first(asked).split_once('=').map(|(_, set)| set.to_owned()).unwrap_or_default();
        match (asked.method.as_str(), asked.path()) {
            ("DELETE", _) => answer(200, &json!({"kind": "Status", "status": "Success"})),
            ("GET", path) if path.ends_with("/configmaps") => list(json!([
                {"metadata": {"name": "ours", "namespace": "logging", "uid": "1", "labels": {SET: set}}},
                {"metadata": {"name": "unmarked", "namespace": "logging", "uid": "2"}},
                {"metadata": {"name": "of-another", "namespace": "logging", "uid": "3", "labels": {SET: "applyset-x-v1"}}},
                {"metadata": {"name": "elsewhere", "namespace": "kube-system", "uid": "4", "labels": {SET: set}}},
                {"kind": "Secret", "metadata": {"name": "a-secret", "namespace": "logging", "uid": "5", "labels": {SET: set}}},
                {"metadata": {"name": "../secrets/x", "namespace": "logging", "uid": "6", "labels": {SET: set}}}])),
            ("GET", path) if path.ends_with("/clusterroles") => {
                list(json!([{"metadata": {"name": "lost", "namespace": "logging", "uid": "7", "labels": {SET: set}}}]))
            }
            _ => Api::new(sick()).answer(&Subject { target: "/none".to_owned(), ..asked.clone() }),
        }
    });
    let ran = home.run(&["delete", "gone", "-n", "logging", "--yes", "--server", &server.url()]);
    let deleted: Vec<String> =
        server.asked().iter().filter(|a| a.method == "DELETE").map(|a| a.path().to_owned()).collect();
    assert_eq!(deleted, ["/api/v1/namespaces/logging/configmaps/ours"], "{ran:?}");
    assert_eq!(ran.code(), Some(0), "{ran:?}");
}

/// A spec of `logging/mine` with everything that a spec can make.
const SPEC: &str = include_str!("../documents/everything.yaml");

fn object(version: &str, kind: &str, name: &str, labels: Value) -> Value {
    json!({"apiVersion": version, "kind": kind,
        "metadata": {"name": name, "namespace": "logging", "uid": format!("{kind}-{name}"), "labels": labels}})
}

#[test]
fn what_belongs_to_another_set_is_refused() {
    let home = Home::new();
    home.write("mine.yaml", SPEC);
    home.write("key.txt", "hush-hush");
    for (kind, name) in [("ConfigMap", "shared"), ("ServiceAccount", "agent")] {
        let other = set_id("logging", "other");
        let mut objects = sick();
        objects.push(object("v1", kind, name, json!({SET: other})));
        objects.push(object("apps/v1", "DaemonSet", "other", json!({SET_ID: other})));
        let api = Api::new(objects);
        let server = Server::http(move |asked, _| match asked.method.as_str() {
            "PATCH" => answer(200, &serde_json::from_str(&asked.body).unwrap_or_default()),
            _ => api.answer(asked),
        });
        let ran = home.run(&["deploy", "-f", "mine.yaml", "--server", &server.url()]);
        assert_eq!(ran.code(), Some(3), "{kind}: {ran:?}");
        for words in [&format!("{kind} logging/{name}"), "DaemonSet logging/other", "DaemonSet logging/mine"] {
            assert!(ran.stderr.contains(words), "{words}: {ran:?}");
        }
        assert!(!server.asked().iter().any(|asked| asked.method == "PATCH"), "{ran:?}");
    }
}

#[test]
fn what_another_set_took_meanwhile_is_not_deleted() {
    let home = Home::new();
    // The second list of ConfigMaps is the one before the deletion.
    let lists = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::http(move |asked, _| {
        let set = asked.query("labelSelector").unwrap_or_default().split_once('=').map(|(_, set)| set.to_owned());
        let member = |name: &str, uid: &str| json!({"metadata": {"name": name, "namespace": "logging", "uid": uid, "labels": {SET: set}}});
        match (asked.method.as_str(), asked.path()) {
            ("DELETE", _) => answer(200, &json!({"kind": "Status", "status": "Success"})),
            ("GET", path) if path.ends_with("/configmaps") => {
                match lists.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                    0 => list(json!([member("ours", "1"), member("taken", "2")])),
                    _ => list(json!([member("ours", "1")])),
                }
            }
            _ => status(404, "NotFound", "not found"),
        }
    });
    let ran = home.run(&["delete", "gone", "-n", "logging", "--yes", "--server", &server.url()]);
    let deleted: Vec<String> =
        server.asked().iter().filter(|a| a.method == "DELETE").map(|a| a.path().to_owned()).collect();
    assert_eq!(deleted, ["/api/v1/namespaces/logging/configmaps/ours"], "{ran:?}");
}

#[test]
fn local_values_are_named_in_the_plan_and_no_refusal_repeats_them() {
    let home = Home::new();
    home.write("mine.yaml", SPEC);
    home.write("key.txt", "hush-hush");
    let api = Api::new(sick());
    let server = Server::http(move |asked, _| match (asked.method.as_str(), asked.path()) {
        ("PATCH", path) if path.contains("/secrets/") && asked.body.contains("aHVzaC1odXNo") => {
            status(422, "Invalid", "Secret is invalid: data: Invalid value: \"hush-hush\" (aHVzaC1odXNo)")
        }
        ("PATCH", _) => answer(200, &serde_json::from_str(&asked.body).unwrap_or_default()),
        _ => api.answer(asked),
    });
    let url = server.url();
    let ran = home.run(&["deploy", "-f", "mine.yaml", "--dry-run=client", "--server", &url]);
    assert!(ran.stdout.contains("key.txt"), "{ran:?}");
    let ran = home.run(&["deploy", "-f", "mine.yaml", "--server", &url]);
    assert_eq!(ran.code(), Some(3), "{ran:?}");
    assert!(!ran.told().contains("hush"), "{ran:?}");
    assert!(!ran.told().contains("aHVzaC1odXNo"), "{ran:?}");
}
