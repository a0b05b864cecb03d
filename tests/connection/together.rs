//! Several DaemonSets of one file are deployed together, share objects, and are deleted one by one.

use serde_json::{Value, json};

use super::program::{Home, Ran};
use super::server::Server;
use super::world::World;

fn daemon_set(name: &str, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": image}],
                "volumes": [{"name": "v", "configMap": {"name": "conf"}}]}}}})
}

fn config(text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "namespace": "default"},
        "data": {"a": text}})
}

fn deploy(server: &Server, documents: &[Value], flags: &[&str]) -> Ran {
    let home = Home::new();
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    home.write("all.yaml", text.join("\n---\n"));
    let args = ["deploy", "-f", "all.yaml", "--hold=0", "--give-up-after=0s", "--server", &server.url()];
    home.run(&[&args[..], flags].concat())
}

fn delete(server: &Server, name: &str) -> Ran {
    let home = Home::new();
    home.run(&["delete", name, "-n", "default", "--yes", "--server", &server.url()])
}

const CONFIG: &str = "/api/v1/namespaces/default/configmaps/conf";

fn agent(name: &str) -> String {
    format!("/apis/apps/v1/namespaces/default/daemonsets/{name}")
}

#[test]
fn what_is_shared_goes_with_the_last_one() {
    let world = World::default();
    let server = world.serve();
    let both = [config("old"), daemon_set("first", "i:1"), daemon_set("second", "i:1")];
    let done = deploy(&server, &both, &[]);
    assert_eq!(done.code(), Some(0), "{done:?}");
    for part in
        ["DaemonSet default/first:", "DaemonSet default/second:", "\"first\" successfully", "\"second\" successfully"]
    {
        assert!(done.stdout.contains(part), "no `{part}` in {done:?}");
    }
    let again = deploy(&server, &both, &[]);
    assert!(!again.stdout.contains("configured") && !again.stdout.contains("pruned"), "{again:?}");
    // Alone, the second one changes what it shares, and takes it from nobody; the first keeps what it does not name.
    let alone = deploy(&server, &[config("new"), daemon_set("second", "i:1")], &[]);
    assert_eq!(alone.code(), Some(0), "{alone:?}");
    let alone = deploy(&server, &[daemon_set("first", "i:1")], &[]);
    assert!(alone.stdout.contains("kept for DaemonSet default/second, which shares it"), "{alone:?}");
    assert_eq!(world.get(CONFIG)["data"]["a"], "new");
    // A third one shares nothing, and is refused.
    let third = deploy(&server, &[config("theirs"), daemon_set("third", "i:1")], &[]);
    assert_eq!(third.code(), Some(3), "{third:?}");
    assert!(third.stderr.contains("belongs to DaemonSet default/first"), "{third:?}");
    let deleted = delete(&server, "first");
    assert_eq!(deleted.code(), Some(0), "{deleted:?}");
    assert!(
        deleted.stderr.contains("ConfigMap default/conf stays, because DaemonSet default/second shares it"),
        "{deleted:?}"
    );
    assert!(world.get(&agent("first")).is_null() && !world.get(CONFIG).is_null());
    let deleted = delete(&server, "second");
    assert!(deleted.stdout.contains("ConfigMap default/conf deleted"), "{deleted:?}");
    assert!(world.get(CONFIG).is_null() && world.get(&agent("second")).is_null());
}

#[test]
fn what_a_pod_waits_for_is_told_in_the_doctors_words() {
    let world = World::default();
    let server = world.serve();
    let mut agent = daemon_set("first", "i:mount");
    agent["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] = json!("absent");
    let failed = deploy(&server, &[agent], &["--timeout=60s"]);
    assert_eq!(failed.code(), Some(2), "{failed:?}");
    assert!(failed.took < std::time::Duration::from_secs(30), "{failed:?}");
    assert!(failed.stderr.contains("the rollout of DaemonSet default/first cannot succeed"), "{failed:?}");
    let home = Home::new();
    let doctor = home.run(&["doctor", "first", "-n", "default", "--grace=0s", "--server", &server.url()]);
    let headline = doctor.stdout.lines().find(|line| line.starts_with("error[DS")).expect("an error").to_owned();
    let (code, _) = headline.split_once("]: ").expect("a code");
    let code = code.trim_start_matches("error[");
    for told in [&failed.stdout, &failed.stderr] {
        assert!(told.contains(code) && told.contains("absent"), "no {code} in {failed:?}\n{doctor:?}");
    }
}

#[test]
fn a_crash_shows_its_log() {
    let world = World::default();
    let server = world.serve();
    let failed = deploy(&server, &[config("x"), daemon_set("first", "i:crash")], &[]);
    assert_eq!(failed.code(), Some(2), "{failed:?}");
    assert!(failed.stdout.contains("  | a line of the log\n"), "{failed:?}");
}

#[test]
fn a_ci_system_gets_sections_and_annotations() {
    let world = World::default();
    let server = world.serve();
    let home = Home::new();
    home.write("all.yaml", format!("{}\n---\n{}", config("x"), daemon_set("first", "i:crash")));
    let mut command = home.command(super::program::PROGRAM);
    command.args(["deploy", "-f", "all.yaml", "--hold=0", "--give-up-after=0s", "--server", &server.url()]);
    let ran = Ran::of(command.env("GITHUB_ACTIONS", "true"));
    let title = "::group::rollout of DaemonSet default/first\n";
    assert!(ran.stdout.contains(title) && ran.stdout.contains("\n::endgroup::\n"), "{ran:?}");
    let error =
        "::error title=the rollout of DaemonSet default/first cannot succeed::n1: container c exited with code 3";
    assert!(ran.stdout.contains(error), "{ran:?}");
}

#[test]
fn if_one_fails_all_go_back() {
    let world = World::default();
    let server = world.serve();
    let of = |text: &str, first: &str, second: &str| {
        [config(text), daemon_set("first", first), daemon_set("second", second)]
    };
    assert_eq!(deploy(&server, &of("old", "i:1", "i:1"), &[]).code(), Some(0));
    let failed = deploy(&server, &of("new", "i:1", "i:crash"), &["--rollback-on-failure", "-o", "json"]);
    assert_eq!(failed.code(), Some(2), "{failed:?}");
    assert!(failed.stderr.contains("the rollout of DaemonSet default/second cannot succeed"), "{failed:?}");
    assert_eq!(world.get(CONFIG)["data"]["a"], "old", "{failed:?}");
    let report: Value = serde_json::from_str(&failed.stdout).expect("a report");
    assert_eq!((&report["kind"], &report["items"][1]["outcome"]), (&json!("DeployReportList"), &json!("rolled back")));
}

#[test]
fn what_no_daemon_set_needs_is_refused_with_the_commands_that_do_it() {
    let world = World::default();
    let server = world.serve();
    let service =
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "metrics", "namespace": "default"}});
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "pools.example.com"}, "spec": {"group": "example.com"}});
    let refused = deploy(&server, &[crd, service, config("x"), daemon_set("first", "i:1")], &[]);
    assert_eq!(refused.code(), Some(3), "{refused:?}");
    for part in [
        "2 objects of the documents are not needed around a DaemonSet",
        "CustomResourceDefinition pools.example.com",
        "Service default/metrics",
        "`kubectl apply --server-side -f all.yaml`",
        "`kubectl daemonset status first -n default --wait`",
    ] {
        assert!(refused.stderr.contains(part), "no `{part}` in {refused:?}");
    }
    assert!(world.writes().is_empty(), "something was written");
}
