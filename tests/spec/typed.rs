//! Plain objects beside a DaemonSet: what Kubernetes' typed decoding refuses is refused here, at its place.

use kubectl_daemonset::manifest::load;

const RBAC: &str = "rbac.authorization.k8s.io/v1";

fn document(version: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n{rest}\n")
}

#[test]
fn what_typed_decoding_refuses_is_refused_with_its_place() {
    for (version, kind, rest, told) in [
        ("v1", "Secret", "stringData: {password: 12345678}", "`password` in `stringData` takes text, not a number"),
        ("v1", "Secret", "stringData: {p: true}", "takes text, not true or false"),
        ("v1", "Secret", "stringData: {p: null}", "`p` in `stringData` has no value"),
        ("v1", "Secret", "stringData: {p: [x]}", "takes text, not a list"),
        ("v1", "Secret", "stringData: hush", "`stringData` takes a map, not text"),
        ("v1", "Secret", "data: {p: 1}", "`p` in `data` takes text, not a number"),
        ("v1", "Secret", "data: {p: 'no base64'}", "`p` in `data` is no base64"),
        ("v1", "Secret", "data: [x]", "`data` takes a map, not a list"),
        ("v1", "Secret", "type: 5", "`type` takes text, not a number"),
        ("v1", "Secret", "stringdata: {p: x}", "unknown field `stringdata`"),
        ("v1", "ConfigMap", "data: {port: 80}", "`port` in `data` takes text, not a number"),
        ("v1", "ConfigMap", "data: {empty: }", "`empty` in `data` has no value"),
        ("v1", "ConfigMap", "binaryData: {b: '%'}", "`b` in `binaryData` is no base64"),
        ("v1", "ConfigMap", "immutable: 'true'", "`immutable` takes true or false, not text"),
        ("v1", "ServiceAccount", "automountServiceAccountToken: 'no'", "takes true or false, not text"),
        ("v1", "ServiceAccount", "imagePullSecrets: [pull]", "takes a map of fields, not text"),
        ("v1", "Namespace", "spec: 5", "`spec` takes a map of fields, not a number"),
        (RBAC, "Role", "rules: {verbs: [get]}", "`rules` takes a list, not a map"),
        (RBAC, "ClusterRole", "rules: [{verbs: get}]", "`verbs` takes a list, not text"),
        (RBAC, "RoleBinding", "roleRef: reader", "`roleRef` takes a map of fields, not text"),
        (RBAC, "ClusterRoleBinding", "roleRef: {kind: Role, name: 5}", "`name` takes text, not a number"),
    ] {
        let text = document(version, kind, rest);
        let loaded = load("x.yaml", &text);
        let found = loaded.problems.iter().find(|problem| problem.message.contains(told));
        let problem = found.unwrap_or_else(|| panic!("{text}{:?}", loaded.problems));
        assert!(problem.is_error() && problem.at.is_some_and(|at| at.line == 4), "{problem}");
        assert!(kind != "Secret" || !loaded.problems.iter().any(|p| p.to_string().contains("12345678")), "{text}");
    }
}

#[test]
fn sound_objects_pass() {
    for (version, kind, rest) in [
        ("v1", "Secret", "type: Opaque\nstringData: {p: '1', e: ''}\ndata: {q: aHVzaA==}\nimmutable: true"),
        ("v1", "Secret", "data:\n"),
        ("v1", "ConfigMap", "data: {a: '1'}\nbinaryData: {b: aHVzaA==}"),
        ("v1", "ServiceAccount", "imagePullSecrets: [{name: pull}]\nsecrets: [{name: s}]"),
        ("v1", "Namespace", "spec: {finalizers: [kubernetes]}\nstatus: {phase: Active}"),
        (RBAC, "Role", "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]"),
        (RBAC, "ClusterRole", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\nrules: []"),
        (RBAC, "RoleBinding", "subjects: [{kind: User, name: jane}]\nroleRef: {apiGroup: a, kind: Role, name: r}"),
        (RBAC, "ClusterRoleBinding", "roleRef: {kind: ClusterRole, name: 'system:node'}"),
    ] {
        let text = document(version, kind, rest);
        let loaded = load("x.yaml", &text);
        assert!(loaded.problems.is_empty(), "{text}{:?}", loaded.problems);
    }
    let colons = document(RBAC, "ClusterRole", "rules: []").replace("name: x", "name: 'logging:agent'");
    assert!(load("x.yaml", &colons).problems.is_empty());
}

#[test]
fn a_misspelt_secret_is_not_shown() {
    let spec = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: logging
  container: {app: {image: {repo: r/agent, tag: '1'}, env: {secretz: {K: hush-hush}}}}
";
    let plain = document("v1", "Secret", "secretz: {K: hush-hush}");
    for text in [spec, plain.as_str()] {
        let loaded = load("x.yaml", text);
        assert!(loaded.has_errors(), "{text}");
        let shown: String = loaded.problems.iter().map(ToString::to_string).collect();
        assert!(shown.contains("unknown field `secretz`") && !shown.contains("hush-hush"), "{shown}");
    }
}
