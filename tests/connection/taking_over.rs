//! `diff` and `deploy` after client-side `kubectl apply`: its fields become ours before the apply.

use serde_json::{Value, json};

use super::api::Api;
use super::program::{Home, Ran};
use super::server::{Server, Subject, json as answer};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn spec(image: &str, env: &Value) -> Value {
    json!({"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}},
        "spec": {"containers": [{"name": "c", "image": image, "env": env}]}}})
}

/// A DaemonSet as `kubectl apply -f` leaves it: the server's defaults belong to kubectl, too.
fn live() -> Value {
    let old = json!([{"name": "OLD", "value": "x"}]);
    let document = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
        "spec": spec("i:1", &old)});
    let mut spec = spec("i:1", &old);
    spec["revisionHistoryLimit"] = json!(10);
    let container = json!({".": {}, "f:name": {}, "f:image": {},
        "f:env": {".": {}, "k:{\"name\":\"OLD\"}": {".": {}, "f:name": {}, "f:value": {}}}});
    let fields = json!({"f:metadata": {"f:annotations": {".": {}, (format!("f:{LAST_APPLIED}")): {}}},
        "f:spec": {"f:revisionHistoryLimit": {}, "f:selector": {}, "f:template": {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"c\"}": container}}}}});
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default", "uid": "u-1", "resourceVersion": "41", "generation": 1,
            "annotations": {LAST_APPLIED: document.to_string()},
            "managedFields": [{"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "apps/v1",
                "fieldsType": "FieldsV1", "fieldsV1": fields}]},
        "spec": spec})
}

fn wanted() -> Value {
    let mut spec = spec("i:2", &json!([]));
    spec["template"]["spec"]["containers"][0].as_object_mut().expect("a container").remove("env");
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": spec})
}

fn conflict(manager: &str) -> Value {
    json!({"reason": "FieldManagerConflict", "message": format!("conflict with \"{manager}\" using apps/v1"),
        "field": ".spec.template.spec.containers[name=\"c\"].image"})
}

/// A server that knows who owns what as long as `other` is nobody.
fn serving(other: Option<&'static str>) -> Server {
    let api = Api::new(vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "uid": "n"}}),
        live(),
    ]);
    let moved = std::sync::atomic::AtomicBool::new(false);
    Server::http(move |asked: &Subject, _| {
        use std::sync::atomic::Ordering::Relaxed;
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        if asked.method != "PATCH" {
            return if asked.method == "POST" && !asked.path().ends_with("accessreviews") {
                answer(201, &body)
            } else {
                api.answer(asked)
            };
        }
        let dry = asked.query("dryRun").is_some();
        let mut now = live();
        if asked.header("content-type") == ["application/json-patch+json"] {
            for op in body.as_array().expect("a patch") {
                match op["path"].as_str().expect("a path") {
                    "/spec" => {
                        now["spec"] = op["value"].clone();
                        now["spec"]["revisionHistoryLimit"] = json!(10);
                    }
                    "/metadata/annotations" => now["metadata"]["annotations"] = op["value"].clone(),
                    "/metadata/labels" => now["metadata"]["labels"] = op["value"].clone(),
                    "/metadata/managedFields" => moved.store(!dry, Relaxed),
                    "/metadata/resourceVersion" => assert_eq!(op["value"], "41"),
                    path => panic!("{path}"),
                }
            }
            return answer(200, &now);
        }
        let forced = asked.query("force").as_deref() == Some("true");
        let theirs = Some("kubectl-client-side-apply").filter(|_| !moved.load(Relaxed));
        let causes: Vec<Value> = theirs.into_iter().chain(other).map(conflict).collect();
        if !forced && !causes.is_empty() {
            let refusal = json!({"kind": "Status", "status": "Failure", "code": 409, "reason": "Conflict",
                "message": "Apply failed", "details": {"causes": causes}});
            return answer(409, &refusal);
        }
        for map in ["labels", "annotations"] {
            for (key, value) in body["metadata"][map].as_object().into_iter().flatten() {
                now["metadata"][map][key] = value.clone();
            }
        }
        now["spec"]["template"]["spec"]["containers"][0]["image"] = json!("i:2");
        answer(200, &now)
    })
}

fn run(server: &Server, args: &[&str]) -> Ran {
    let home = Home::new();
    home.write("agent.json", wanted().to_string());
    home.run(&[args, &["-f", "agent.json", "--server", &server.url()]].concat())
}

/// What the server was asked to store.
fn writes(server: &Server) -> Vec<Subject> {
    let writes = server.asked().into_iter().filter(|a| a.method == "PATCH" && a.query("dryRun").is_none());
    writes.collect()
}

#[test]
fn a_diff_shows_what_left_the_document_and_not_the_defaults() {
    let server = serving(None);
    let ran = run(&server, &["diff", "-o", "json"]);
    assert_eq!(ran.code(), Some(1), "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    let changes = |report: &Value| {
        let all = report["plan"][0]["changes"].as_array().cloned().unwrap_or_default();
        let paths = all.iter().map(|c| c["path"].as_str().unwrap_or_default().to_owned());
        paths.filter(|path| path.starts_with("spec") || path.contains("last-applied")).collect::<Vec<_>>()
    };
    let expected = [
        &format!("metadata.annotations.{LAST_APPLIED}"),
        "spec.template.spec.containers[name=c].image",
        "spec.template.spec.containers[name=c].env",
    ];
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    assert_eq!(sorted(changes(&report)), sorted(expected.map(str::to_owned).to_vec()), "{}", ran.stdout);
    assert_eq!(report["plan"][0]["takenOver"], json!(["kubectl-client-side-apply"]));
    for how in ["--dry-run=client", "--dry-run=server"] {
        let dry: Value =
            serde_json::from_str(&run(&server, &["deploy", how, "--allow-zero", "-o", "json"]).stdout).expect("JSON");
        assert_eq!(sorted(changes(&dry)), sorted(changes(&report)), "{how}");
        assert_eq!(dry["plan"][0]["takenOver"], report["plan"][0]["takenOver"], "{how}");
    }
    assert_eq!(writes(&server).len(), 0);
}

#[test]
fn a_deployment_moves_the_fields_and_then_applies_without_force() {
    let server = serving(None);
    let ran = run(&server, &["deploy", "--wait=false", "--allow-zero"]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(ran.stdout.contains("takes over the fields of client-side `kubectl apply`"), "{}", ran.stdout);
    let writes = writes(&server);
    let kinds: Vec<_> = writes.iter().map(|w| w.header("content-type").concat()).collect();
    assert_eq!(kinds, ["application/json-patch+json", "application/apply-patch+yaml"]);
    let patch: Value = serde_json::from_str(&writes[0].body).expect("a patch");
    assert_eq!(patch[0]["value"][0]["manager"], "kubectl-daemonset");
    assert_eq!(patch[0]["value"][0]["operation"], "Apply");
    assert_eq!(patch[1], json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "41"}));
    assert_eq!(writes[1].query("force").as_deref(), Some("false"));
}

#[test]
fn another_manager_still_conflicts() {
    let server = serving(Some("kubectl-edit"));
    for args in [&["diff"][..], &["deploy", "--wait=false", "--allow-zero"]] {
        let ran = run(&server, args);
        assert_eq!(ran.code(), Some(if args[0] == "diff" { 2 } else { 3 }), "{ran:?}");
        assert!(ran.stderr.contains("field manager `kubectl-edit` owns"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("client-side"), "{}", ran.stderr);
    }
    assert_eq!(writes(&server).len(), 0);
}

#[test]
fn a_diff_shows_lines_without_the_marks() {
    let ran = run(&serving(None), &["diff"]);
    assert_eq!(ran.code(), Some(1), "{ran:?}");
    let diff = "+++ deployed/apps.v1.DaemonSet.default.agent
@@ -14,8 +14,5 @@
         app: agent
     spec:
       containers:
-      - env:
-        - name: OLD
-          value: x
-        image: i:1
+      - image: i:2
         name: c
";
    assert!(ran.stdout.ends_with(diff), "{}", ran.stdout);
    for mark in ["applyset", "last-applied-configuration\":", "managedFields", "uid"] {
        assert!(!ran.stdout.contains(mark), "`{mark}` in {}", ran.stdout);
    }
}

#[cfg(unix)]
#[test]
fn another_program_shows_the_differences() {
    for (ends, code) in [(0, 0), (1, 1), (7, 2)] {
        let home = Home::new();
        home.write("agent.json", wanted().to_string());
        let script = "echo \"$3 $#\"; cat $1/*.agent | grep image:; cat $2/*.agent | grep image:; exit ";
        home.script("bin/mine", &format!("{script}{ends}"));
        let server = serving(None);
        let mut command = home.command(super::program::PROGRAM);
        command.env("KUBECTL_EXTERNAL_DIFF", "mine -u ;no").args([
            "diff",
            "-f",
            "agent.json",
            "--server",
            &server.url(),
        ]);
        let ran = Ran::of(&mut command);
        assert_eq!(ran.code(), Some(code), "{ran:?}");
        let words: Vec<&str> = ran.stdout.split_whitespace().collect();
        assert_eq!(words, ["-u", "3", "image:", "i:1", "-", "image:", "i:2"], "{ran:?}");
    }
}
