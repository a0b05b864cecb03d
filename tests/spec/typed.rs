//! Plain objects beside a DaemonSet: what Kubernetes' typed decoding refuses is refused here, at its place.

use kubectl_daemonset::manifest::load;

use super::album::Album;

const RBAC: &str = "rbac.authorization.k8s.io/v1";

fn document(version: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n{rest}\n")
}

#[test]
fn what_typed_decoding_refuses_is_refused_with_its_place() {
    let mut said = String::new();
    for (version, kind, rest) in [
        ("v1", "Secret", "stringData: {password: 12345678}"),
        ("v1", "Secret", "stringData: {p: true}"),
        ("v1", "Secret", "stringData: {p: null}"),
        ("v1", "Secret", "stringData: {p: [x]}"),
        ("v1", "Secret", "stringData: hush"),
        ("v1", "Secret", "data: {p: 1}"),
        ("v1", "Secret", "data: {p: 'no base64'}"),
        ("v1", "Secret", "data: [x]"),
        ("v1", "Secret", "type: 5"),
        ("v1", "Secret", "stringdata: {p: x}"),
        ("v1", "ConfigMap", "data: {port: 80}"),
        ("v1", "ConfigMap", "data: {empty: }"),
        ("v1", "ConfigMap", "binaryData: {b: '%'}"),
        ("v1", "ConfigMap", "immutable: 'true'"),
        ("v1", "ServiceAccount", "automountServiceAccountToken: 'no'"),
        ("v1", "ServiceAccount", "imagePullSecrets: [pull]"),
        ("v1", "Namespace", "spec: 5"),
        (RBAC, "Role", "rules: {verbs: [get]}"),
        (RBAC, "ClusterRole", "rules: [{verbs: get}]"),
        (RBAC, "RoleBinding", "roleRef: reader"),
        (RBAC, "ClusterRoleBinding", "roleRef: {kind: Role, name: 5}"),
    ] {
        let text = document(version, kind, rest);
        let loaded = load("x.yaml", &text);
        let found = loaded.problems.iter().find(|p| p.is_error() && p.at.is_some_and(|at| at.line == 4));
        let problem = found.unwrap_or_else(|| panic!("{text}{:?}", loaded.problems));
        said += &format!("{kind} {rest}\n  {}\n", problem.message);
        assert!(kind != "Secret" || !loaded.problems.iter().any(|p| p.to_string().contains("12345678")), "{text}");
    }
    let mut album = Album::new("typed");
    album.show("plain-objects", &said);
    album.close();
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
        assert!(shown.contains("secretz") && !shown.contains("hush-hush"), "{shown}");
    }
}
