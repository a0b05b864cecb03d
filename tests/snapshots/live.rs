//! What is printed about a live cluster: plans, predictions, differences, rollouts, deletions, and what a server denies.
//!
//! The server answers over a fixed set of objects, so that a rollout never goes on: the time that deploy gives it ends.

use serde_json::{Value, json};

use super::album::Album;
use super::api::Api;
use super::cluster::{AGENT, sick};
use super::server::{Reply, Server, Subject, json as answer, status};
use super::story::{COLUMNS, Story, WIDE};

/// A spec of `logging/mine` with everything that a spec can make.
const SPEC: &str = include_str!("../documents/everything.yaml");

/// Takes what is applied as it is, and answers everything else with what `or` says or from the objects.
fn server(or: impl Fn(&Subject) -> Option<Reply> + Send + Sync + 'static) -> Server {
    server_of(sick(), or)
}

fn server_of(objects: Vec<Value>, or: impl Fn(&Subject) -> Option<Reply> + Send + Sync + 'static) -> Server {
    let api = Api::new(objects);
    Server::http(move |asked, _| {
        let is_review = asked.path().ends_with("accessreviews");
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        match (or(asked), asked.method.as_str()) {
            (Some(reply), _) => reply,
            (None, "PATCH") => answer(200, &body),
            (None, "POST") if !is_review => answer(201, &body),
            (None, "DELETE") => answer(200, &json!({"kind": "Status", "status": "Success"})),
            (None, _) => api.answer(asked),
        }
    })
}

/// Runs lines against the server, with files beside.
fn story(server: &Server, columns: usize, lines: &[&str]) -> Story {
    let mut story = Story::new();
    story.file("agent.yaml", AGENT);
    story.file("mine.yaml", SPEC);
    story.file("key.txt", "hush-hush");
    let url = server.url();
    for line in lines {
        let args: Vec<&str> = line.split(' ').chain(["--server", &url]).collect();
        let ran = story.run(columns, &args);
        assert!(!ran.stdout.contains("hush") && !ran.stderr.contains("hush"), "`{line}` shows a secret");
    }
    story
}

#[test]
fn what_deploy_says() {
    let mut album = Album::of_live("deploy");
    let fine = server(|_| None);
    let stories: &[(&str, usize, &[&str])] = &[
        ("plan", COLUMNS, &["deploy -f agent.yaml --dry-run=client", "deploy -f agent.yaml --dry-run=server"]),
        ("plan-wide", WIDE, &["deploy -f agent.yaml --dry-run=server --allow-stuck"]),
        ("plan-colour", COLUMNS, &["deploy -f agent.yaml --dry-run=server --color always"]),
        ("plan-json", COLUMNS, &["deploy -f agent.yaml --dry-run=server --allow-stuck -o json"]),
        ("plan-of-a-spec", COLUMNS, &["deploy -f mine.yaml --dry-run=server"]),
        (
            "guards",
            COLUMNS,
            &[
                "deploy -f agent.yaml --wait=false --fail-if-unschedulable",
                "deploy -f agent.yaml --wait=false --fail-if-preempting",
                "deploy -f agent.yaml --dry-run=client --fail-if-unschedulable",
            ],
        ),
        ("applied", COLUMNS, &["deploy -f agent.yaml --wait=false --allow-stuck", "deploy -f mine.yaml --wait=false"]),
        ("rollout", COLUMNS, &["deploy -f agent.yaml --allow-stuck --timeout 1s"]),
        ("diff", COLUMNS, &["diff -f agent.yaml", "diff -f agent.yaml -o json", "diff -f agent.yaml --color always"]),
        ("status", COLUMNS, &["status agent -n logging", "status no-such -n logging"]),
        ("status-wide", WIDE, &["status agent -n logging"]),
        ("status-json", COLUMNS, &["status agent -n logging -o json"]),
        (
            "delete",
            COLUMNS,
            &["delete agent -n logging --dry-run", "delete agent -n logging", "delete -f mine.yaml --dry-run"],
        ),
        ("doctor", COLUMNS, &["doctor agent -n logging", "doctor no-such -n logging", "doctor -f agent.yaml"]),
        ("rollout-followed", COLUMNS, &["status agent -n logging --wait --timeout 4s"]),
        ("snapshot", COLUMNS, &["snapshot --file out.gz"]),
        ("lint", COLUMNS, &["lint -f agent.yaml --live"]),
        ("import", COLUMNS, &["import agent -n logging", "import no-such -n logging"]),
    ];
    for (name, columns, lines) in stories {
        album.show(name, &story(&fine, *columns, lines).text());
    }
    #[cfg(target_os = "linux")]
    for (name, columns) in [("rollout-on-a-terminal", COLUMNS), ("rollout-on-a-narrow-terminal", 40)] {
        let mut story = Story::new();
        let line = format!("status agent -n logging --wait --timeout 4s --server {}", fine.url());
        story.run_on_terminal(columns, &line.split(' ').collect::<Vec<_>>());
        album.show(name, &story.text());
    }
    album.close();
}

#[test]
fn what_a_server_denies() {
    let mut album = Album::of_live("denied");
    const LINES: &[&str] = &[
        "doctor agent -n logging",
        "doctor -f agent.yaml",
        "doctor no-such -n logging",
        "status agent -n logging",
        "deploy -f agent.yaml --wait=false --fail-if-unschedulable",
    ];
    for resource in
        ["nodes", "pods", "daemonsets", "events", "controllerrevisions", "resourcequotas", "poddisruptionbudgets"]
    {
        let server = server(move |asked| {
            (asked.method == "GET" && Api::resource(asked.path()) == resource)
                .then(|| status(403, "Forbidden", &format!("{resource} is forbidden: User \"jane\" cannot list it")))
        });
        album.show(resource, &story(&server, COLUMNS, LINES).text());
    }
    let probe = server(|asked| {
        (asked.method == "POST" && asked.path().ends_with("/pods"))
            .then(|| status(403, "Forbidden", "admission webhook \"w.example\" denied the request: no naked pods"))
    });
    let lines = ["doctor -f agent.yaml --probe-admission", "deploy -f agent.yaml --dry-run=server"];
    album.show("probe", &story(&probe, COLUMNS, &lines).text());
    let full = server(|asked| {
        (asked.method == "POST" && asked.path().ends_with("/pods")).then(|| status(403, "Forbidden", "etcd is full"))
    });
    let full = story(&full, COLUMNS, &lines[..1]).text();
    assert!(full.contains("DS324"), "{full}");
    album.show("probe-fails", &full);
    for (name, code, reason) in [("unauthorized", 401, "Unauthorized"), ("broken", 500, "InternalError")] {
        let server = server(move |_| Some(status(code, reason, "no")));
        album.show(name, &story(&server, COLUMNS, &LINES[..1]).text());
    }
    let tokens = server(|_| Some(status(401, "Unauthorized", "no")));
    let lines = ["doctor agent -n logging --token canary"];
    album.show("token-over-http", &story(&tokens, COLUMNS, &lines).text());
    // With the permissions of the namespace alone a DaemonSet is known to be absent all the same.
    let namespaced = server(|asked| {
        let is_of_all = asked.target.starts_with("/apis/apps/v1/daemonsets");
        is_of_all.then(|| status(403, "Forbidden", "no"))
    });
    album.show("all-namespaces", &story(&namespaced, COLUMNS, &["doctor no-such -n logging"]).text());
    let mut objects = sick();
    objects.push(json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"selector": 5},
        "metadata": {"name": "broken", "namespace": "logging", "uid": "u"}}));
    let unreadable = server_of(objects, |_| None);
    album.show("unreadable", &story(&unreadable, COLUMNS, &["doctor broken -n logging"]).text());
    let silent = server(|_| Some(Reply::Silence));
    album.show("silent", &story(&silent, COLUMNS, &["doctor agent -n logging --request-timeout 1s"]).text());
    let nobody = server(|asked| {
        let review = json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": false}});
        asked.path().ends_with("accessreviews").then(|| answer(201, &review))
    });
    album.show("no-permissions", &story(&nobody, COLUMNS, &["snapshot --file out.gz"]).text());
    let writes = server(|asked| {
        let causes =
            json!([{"reason": "FieldManagerConflict", "message": "conflict with \"helm\"", "field": ".spec.template"}]);
        (asked.method == "PATCH").then(|| {
            answer(
                409,
                &json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 409, "reason": "Conflict",
                "message": "Apply failed with 1 conflict: conflict with \"helm\": .spec.template", "details": {"causes": causes}}),
            )
        })
    });
    album.show(
        "conflict",
        &story(&writes, COLUMNS, &["deploy -f agent.yaml --wait=false", "diff -f agent.yaml"]).text(),
    );
    album.close();
}
