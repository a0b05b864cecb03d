//! What documents come to, and what they cannot.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::deploy::resources::{GROUP_KINDS, NAMESPACES, PART_OF, SET_ID, SHARED_WITH, annotation, set_id};
use crate::manifest::load;

fn intent(text: &str, given: Option<&str>) -> Result<Intent, Unfit> {
    Ok(all(text, given)?.remove(0))
}

fn all(text: &str, given: Option<&str>) -> Result<Vec<Intent>, Unfit> {
    let loaded = load("x.yaml", text);
    assert!(!loaded.has_errors(), "{:?}", loaded.problems);
    Intent::all(&loaded.documents, given, "default", &|_| Err("nothing is read".to_owned()))
}

fn error(outcome: Result<Intent, Unfit>) -> String {
    match outcome {
        Err(Unfit::Error(error)) => error.message,
        other => panic!("{other:?}"),
    }
}

const SPEC: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent, labels: {kubernetes.planton.dev/context: prod}}
spec:
  namespace: logging
  create_namespace: true
  create_service_account: true
  config_maps: {conf: \"a: 1\"}
  container: {app: {image: {repo: r/agent, tag: '1'}, env: {secrets: {KEY: hush}}}}
";

const PLAIN: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: r/agent:1}]}
";

#[test]
fn a_spec_is_a_set_in_order() {
    let intent = intent(SPEC, None).unwrap();
    let kinds: Vec<&str> = intent.objects.iter().map(|w| w.id.resource.kind).collect();
    assert_eq!(kinds, ["Namespace", "ServiceAccount", "ConfigMap", "Secret", "DaemonSet"]);
    let id = set_id("logging", "agent");
    for wanted in &intent.objects {
        let labels = &wanted.object["metadata"]["labels"];
        let (part, set) = match wanted.id.resource.kind {
            "Namespace" => (None, None),
            "DaemonSet" => (None, Some(id.as_str())),
            _ => (Some(id.as_str()), None),
        };
        assert_eq!((labels[PART_OF].as_str(), labels[SET_ID].as_str()), (part, set), "{wanted:?}");
    }
    assert!(intent.daemon_set().object["spec"]["template"]["metadata"]["labels"][PART_OF].is_null());
    assert_eq!(intent.daemon_set().object["metadata"]["annotations"][GROUP_KINDS], "ConfigMap,Secret,ServiceAccount");
    assert!(!format!("{intent:?}").contains("hush"));
}

#[test]
fn a_context_is_guarded() {
    let intent = intent(SPEC, None).unwrap();
    assert!(intent.guard(Some("prod"), false).is_ok());
    let refused = intent.guard(Some("dev"), true).unwrap_err();
    assert_eq!(refused.exit, ExitCode::RefusedBeforeWrite);
    assert!(refused.message.contains("context `prod`") && refused.message.contains("context `dev`"));
}

#[test]
fn a_cluster_that_cannot_be_checked_must_be_chosen_expressly() {
    let named = SPEC
        .replace(", labels: {kubernetes.planton.dev/context: prod}", "")
        .replace("spec:\n", "spec:\n  target_cluster: {cluster_name: prod-1}\n");
    let intent = intent(&named, None).unwrap();
    assert!(intent.targets_cluster);
    let refused = intent.guard(Some("prod"), false).unwrap_err();
    assert!(refused.exit == ExitCode::RefusedBeforeWrite && refused.hints[0].contains("--context"), "{refused:?}");
    assert!(intent.guard(Some("prod"), true).is_ok());
}

#[test]
fn members_elsewhere_are_found_through_the_daemon_set() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: far}\nrules: []\n";
    let mut intent = intent(&format!("{PLAIN}---\n{role}"), None).unwrap();
    let named = |intent: &Intent| annotation(&intent.daemon_set().object, NAMESPACES).map(str::to_owned);
    assert_eq!(named(&intent).as_deref(), Some("far"));
    assert!(intent.reach(&BTreeSet::from(["left".to_owned(), "default".to_owned()])));
    assert_eq!(named(&intent).as_deref(), Some("far,left"));
    intent.objects.remove(0);
    assert!(intent.reach(&BTreeSet::new()) && !intent.reach(&BTreeSet::new()));
    assert_eq!(named(&intent), None);
}

#[test]
fn a_plain_daemon_set_goes_where_it_is_told() {
    assert_eq!(intent(PLAIN, None).unwrap().namespace, "default");
    let there = intent(PLAIN, Some("x")).unwrap();
    assert_eq!(there.daemon_set().object["metadata"]["namespace"], "x");
    let secret = format!("{PLAIN}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{a: b}}\n");
    let with_secret = intent(&secret, None).unwrap();
    assert_eq!(with_secret.objects[0].object["data"]["a"], "Yg==");
    assert!(with_secret.objects[0].secret);
}

#[test]
fn what_a_server_had_set_is_no_wish() {
    let exported = PLAIN.replace(
        "{name: agent}",
        "{name: agent, uid: a-b, resourceVersion: '7', generation: 3, creationTimestamp: null, \
             annotations: {deprecated.daemonset.template.generation: '3', mine: x}}",
    );
    let intent = intent(&format!("{exported}status: {{numberReady: 1}}\n"), None).unwrap();
    let object = &intent.daemon_set().object;
    for path in ["/metadata/uid", "/metadata/resourceVersion", "/metadata/generation", "/status"] {
        assert_eq!(object.pointer(path), None, "{path}");
    }
    let annotations = &object["metadata"]["annotations"];
    assert_eq!(
        (annotations["mine"].as_str(), annotations.get("deprecated.daemonset.template.generation")),
        (Some("x"), None)
    );
}

#[test]
fn what_is_no_deployment_is_told() {
    let named = PLAIN.replace("name: agent}", "name: agent, namespace: other}");
    let refused = error(intent(&named, Some("x")));
    assert!(refused.contains("`other`") && refused.contains("`x`"), "{refused}");
    assert!(error(intent(&format!("{PLAIN}---\n{PLAIN}"), None)).contains("DaemonSet default/agent is defined twice"));
    let service = format!("{PLAIN}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s}}\n");
    let Err(Unfit::Foreign(foreign)) = intent(&service, None) else { panic!("a Service is not deployed") };
    assert_eq!(foreign.kinds, [("Service".to_owned(), vec!["s".to_owned()])]);
    assert_eq!(foreign.daemon_sets, [("default".to_owned(), "agent".to_owned())]);
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
    assert!(
        error(intent(&format!("{PLAIN}---\n{map}---\n{map}"), None)).contains("ConfigMap default/m is defined twice")
    );
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: ../../x}\n";
    let path = format!("{PLAIN}---\n{role}");
    assert!(error(intent(&path, None)).contains("not a valid object name"));
}

#[test]
fn what_several_need_belongs_to_the_first_and_names_the_others() {
    let second = PLAIN.replace("agent", "other").replace("r/other", "r/agent");
    let with = |text: &str| {
        text.replace(
            "{containers",
            "{serviceAccountName: sa, volumes: [{name: v, configMap: {name: conf}}], containers",
        )
    };
    let others = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n---\napiVersion: v1\nkind: ServiceAccount\n\
                      metadata: {name: sa}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
                      metadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\n\
                      subjects: [{kind: ServiceAccount, name: sa}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
                      metadata: {name: r}\nrules: []\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: loose}\n";
    let intents = all(&format!("{}---\n{}---\n{others}", with(PLAIN), with(&second)), None).unwrap();
    let names = |intent: &Intent| intent.objects.iter().map(|w| w.id.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&intents[0]), ["sa", "r", "b", "conf", "loose", "agent"]);
    assert_eq!(names(&intents[1]), ["other"]);
    assert_eq!(intents[1].beside.len(), 5);
    let shared = |intent: &Intent| {
        let named = intent.objects.iter().filter(|w| annotation(&w.object, SHARED_WITH) == Some("default/other"));
        named.map(|w| w.id.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(shared(&intents[0]), ["sa", "r", "b", "conf"]);
    // What only the second needs is its own.
    let intents = all(&format!("{PLAIN}---\n{}---\n{others}", with(&second)), None).unwrap();
    assert_eq!(names(&intents[0]), ["loose", "agent"]);
    assert_eq!(names(&intents[1]), ["sa", "r", "b", "conf", "other"]);
}

#[test]
fn specs_share_what_says_the_same() {
    let second = SPEC
        .replace("name: agent,", "name: other,")
        .replace("create_service_account: true", "create_service_account: false");
    let intents = all(&format!("{SPEC}---\n{second}"), None).unwrap();
    let config = intents[0].objects.iter().find(|w| w.id.name == "conf").unwrap();
    assert_eq!(annotation(&config.object, SHARED_WITH), Some("logging/other"));
    assert!(intents[1].objects.iter().all(|w| w.id.name != "conf"));
    assert!(intents.iter().all(|intent| intent.own_namespace().is_some()));
    assert_eq!(intents[1].repeated.len(), 1);
    let differs =
        error(all(&format!("{SPEC}---\n{}", second.replace("a: 1", "a: 2")), None).map(|mut all| all.remove(0)));
    assert!(differs.contains("ConfigMap logging/conf is defined twice"), "{differs}");
}

#[test]
fn the_selector_that_is_there_stays() {
    let mut intent = intent(SPEC, None).unwrap();
    let live = json!({"spec": {"selector": {"matchLabels": {"app": "old"}}}});
    assert_eq!(intent.keep_selector(&live), Some(vec!["app=old".to_owned()]));
    let spec = &intent.daemon_set().object["spec"];
    assert_eq!(spec["selector"]["matchLabels"], json!({"app": "old"}));
    assert_eq!(spec["template"]["metadata"]["labels"]["app"], "old");
    assert_eq!(intent.keep_selector(&live), None);
}
