//! `--rollback-on-failure` restores ConfigMaps and Secrets, too, also those that a killed run left changed.

use serde_json::json;

use super::program::{Home, PROGRAM, Ran};
use super::server::{Server, Subject};
use super::world::World;

const CONFIG: &str = "/api/v1/namespaces/default/configmaps/conf";
const SECRET: &str = "/api/v1/namespaces/default/secrets/token";
const STATE: &str = "/api/v1/namespaces/default/secrets/agent-rollback";
const AGENT: &str = "/apis/apps/v1/namespaces/default/daemonsets/agent";

/// A DaemonSet with a ConfigMap and a Secret of these contents.
fn documents(image: &str, contents: &str) -> String {
    let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "c", "image": image}]}}}});
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf, namespace: default}}\ndata: {{a: {contents}}}\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {{name: token, namespace: default}}\nstringData: {{t: {contents}}}\n---\n\
         {daemon_set}\n"
    )
}

const DEPLOY: [&str; 6] = ["deploy", "-f", "all.yaml", "--hold=0", "--give-up-after=0s", "--rollback-on-failure"];

fn deploy(server: &Server, text: &str) -> Ran {
    let home = Home::new();
    home.write("all.yaml", text);
    home.run(&[&DEPLOY[..], &["--server", &server.url()]].concat())
}

#[track_caller]
fn is_as(world: &World, contents: &str, image: &str) {
    use base64::Engine;
    assert_eq!(world.get(CONFIG)["data"]["a"], contents);
    assert_eq!(world.get(SECRET)["data"]["t"], base64::engine::general_purpose::STANDARD.encode(contents));
    assert_eq!(world.get(AGENT)["spec"]["template"]["spec"]["containers"][0]["image"], image);
}

#[test]
fn contents_go_back_with_the_template() {
    let world = World::default();
    let server = world.serve();
    assert_eq!(deploy(&server, &documents("i:1", "old")).code(), Some(0));
    assert!(world.get(STATE).is_null(), "the first deployment has no state before it");
    let failed = deploy(&server, &documents("i:crash", "new"));
    assert_eq!(failed.code(), Some(2), "{failed:?}");
    for part in [
        "rolled back ConfigMap default/conf",
        "rolled back Secret default/token",
        "rolled back DaemonSet default/agent",
        "rolled back: the pods of the previous template are available (1 of 1)",
    ] {
        assert!(failed.stderr.contains(part), "no `{part}` in {failed:?}");
    }
    is_as(&world, "old", "i:1");
    assert!(world.get(STATE).is_null(), "the state is of no use any more");
    let writes = world.writes();
    let state = writes.iter().position(|name| name == "agent-rollback").expect("the state was kept");
    assert_eq!(writes[state + 1..], ["conf", "token", "agent", "conf", "token", "agent"], "the state is kept first");
}

#[test]
fn a_killed_run_can_go_back() {
    let world = World::default();
    let server = world.serve();
    assert_eq!(deploy(&server, &documents("i:1", "old")).code(), Some(0));
    // Killed while its pods start.
    let home = Home::new();
    home.write("all.yaml", documents("i:slow", "new"));
    let mut killed = home.command(PROGRAM);
    let mut killed = killed
        .args(DEPLOY)
        .args(["--server", &server.url()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    let is_applied = || world.get(AGENT)["spec"]["template"]["spec"]["containers"][0]["image"] == "i:slow";
    let began = std::time::Instant::now();
    while !is_applied() && began.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    killed.kill().expect("killed");
    killed.wait().expect("ended");
    is_as(&world, "new", "i:slow");
    assert!(!world.get(STATE).is_null(), "the state before it is kept in the cluster");
    // The next run fails, and goes back to what was before the first of both.
    let failed = deploy(&server, &documents("i:crash", "newer"));
    assert_eq!(failed.code(), Some(2), "{failed:?}");
    is_as(&world, "old", "i:1");
    assert!(world.get(STATE).is_null());
}

#[test]
fn a_state_that_is_left_goes_with_success() {
    let world = World::default();
    let server = world.serve();
    assert_eq!(deploy(&server, &documents("i:1", "old")).code(), Some(0));
    let left = json!({"apiVersion": "v1", "kind": "Secret", "data": {}, "metadata": {"name": "agent-rollback",
        "namespace": "default", "uid": "s", "resourceVersion": "1",
        "labels": world.get(CONFIG)["metadata"]["labels"]}});
    world.put(STATE, left);
    let home = Home::new();
    home.write("all.yaml", documents("i:1", "new"));
    let diff = home.run(&["diff", "-f", "all.yaml", "--server", &server.url()]);
    assert!(!diff.stdout.contains("agent-rollback"), "{diff:?}");
    let done = home.run(&["deploy", "-f", "all.yaml", "--hold=0", "--server", &server.url()]);
    assert_eq!(done.code(), Some(0), "{done:?}");
    assert!(world.get(STATE).is_null(), "{done:?}");
}

#[test]
fn what_somebody_else_changed_stays() {
    let world = World::default();
    let server = world.serve();
    assert_eq!(deploy(&server, &documents("i:1", "old")).code(), Some(0));
    // Another client changes the ConfigMap as soon as the DaemonSet is written.
    let hostile = world.clone();
    let meddling = Server::http(move |asked: &Subject, _| {
        let reply = hostile.reply(asked);
        if asked.method == "PATCH" && asked.path() == AGENT && asked.query("dryRun").is_none() {
            let mut config = hostile.get(CONFIG);
            config["data"]["a"] = json!("theirs");
            config["metadata"]["resourceVersion"] = json!("theirs");
            hostile.put(CONFIG, config);
        }
        reply
    });
    let failed = deploy(&meddling, &documents("i:crash", "new"));
    assert_eq!(failed.code(), Some(2), "{failed:?}");
    let part = "not rolled back, because someone else changed them: ConfigMap default/conf";
    assert!(failed.stderr.contains(part), "{failed:?}");
    assert_eq!(world.get(CONFIG)["data"]["a"], "theirs");
}
