//! What the API server takes is taken, and what it refuses is told.

use kubectl_daemonset::manifest::load;

/// An `apps/v1` DaemonSet with more in its container and its pod.
fn apps(container: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent, namespace: x}}\nspec:\n  \
         selector: {{matchLabels: {{app: agent}}}}\n  template:\n    metadata: {{labels: {{app: agent}}}}\n    \
         spec:\n      containers:\n      - name: agent\n        image: registry.example/agent:v1\n        \
         {container}\n      {pod}\n"
    )
}

/// A spec with more in its container and in itself.
fn spec(container: &str, more: &str) -> String {
    format!(
        "apiVersion: kubernetes.planton.dev/v1alpha1\nkind: KubernetesDaemonSet\nmetadata: {{name: agent}}\nspec:\n  \
         namespace: x\n  container:\n    app:\n      image: registry.example/agent:v1\n      {container}\n  {more}\n"
    )
}

/// Each is told in one error that says this.
fn assert_refused(cases: &[(String, &str)]) {
    for (text, why) in cases {
        let told: Vec<String> = load("x.yaml", text).problems.into_iter().map(|p| p.message).collect();
        assert!(told.len() == 1 && told[0].contains(why), "{told:?}, not {why}\n{text}");
    }
}

fn assert_taken(cases: &[String]) {
    for text in cases {
        let told: Vec<String> = load("x.yaml", text).problems.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}\n{text}", told.join("\n"));
    }
}

#[test]
fn a_path_of_windows_is_a_mount_path() {
    let mount = |path: &str| apps(&format!("volumeMounts: [{{name: d, mountPath: '{path}'}}]"), "volumes: [{name: d}]");
    assert_taken(&[mount("C:/ProgramData/Datadog"), mount(r"C:\var\log"), mount("/var/log")]);
    assert!(load("x.yaml", &mount("")).has_errors());
}

/// Empty words and zero times are what the API server fills in; pointers are not.
#[test]
fn what_is_filled_in_may_be_empty() {
    let probe = "{httpGet: {port: 80, path: '', scheme: ''}, initialDelaySeconds: 0, timeoutSeconds: 0, \
                 periodSeconds: 0, successThreshold: 0, failureThreshold: 0}";
    let snake = "{http_get: {port_number: 80}, initial_delay_seconds: 0, timeout_seconds: 0, period_seconds: 0, \
                 success_threshold: 0, failure_threshold: 0}";
    let strategy = apps("", "").replace("spec:\n  selector", "spec:\n  updateStrategy: {type: ''}\n  selector");
    assert_taken(&[
        apps("imagePullPolicy: ''", "dnsPolicy: ''"),
        apps("terminationMessagePolicy: ''", "restartPolicy: ''"),
        apps("ports: [{containerPort: 80, protocol: ''}]", ""),
        apps(&format!("livenessProbe: {probe}"), ""),
        apps("", "volumes: [{name: v, image: {reference: registry.example/data:v1, pullPolicy: ''}}]"),
        strategy,
        spec(&format!("liveness_probe: {snake}"), ""),
        spec("ports: [{name: a, container_port: 80, network_protocol: UDP, protocol: ''}]", ""),
    ]);
    let twice =
        "ports: [{containerPort: 1, hostPort: 9, protocol: ''}, {containerPort: 2, hostPort: 9, protocol: TCP}]";
    for text in [
        apps("restartPolicy: ''", ""),
        apps("livenessProbe: {httpGet: {port: 80}, timeoutSeconds: -1}", ""),
        apps("livenessProbe: {httpGet: {port: 80}, terminationGracePeriodSeconds: 0}", ""),
        apps(twice, ""),
    ] {
        assert!(load("x.yaml", &text).has_errors(), "{text}");
    }
}

#[test]
fn an_annotation_may_have_a_prefix_in_capitals_and_a_label_may_not() {
    let with = |what: &str| {
        apps("", "").replace("namespace: x", &format!("namespace: x, {what}: {{Example.com/note: hello}}"))
    };
    assert_taken(&[with("annotations")]);
    assert!(load("x.yaml", &with("labels")).has_errors());
    let with = |what: &str| {
        spec("", "").replace("{name: agent}", &format!("{{name: agent, {what}: {{Example.com/note: hello}}}}"))
    };
    assert_taken(&[with("annotations")]);
    assert!(load("x.yaml", &with("labels")).has_errors());
}

#[test]
fn a_token_lives_ten_minutes_at_least() {
    let mount = |seconds: &str| {
        spec(
            &format!(
                "volume_mounts: [{{name: t, mount_path: /t, service_account_token: {{audience: vault{seconds}}}}}]"
            ),
            "",
        )
    };
    for (seconds, made) in [("", 3600), (", expiration_seconds: 0", 3600), (", expiration_seconds: 600", 600)] {
        let loaded = load("x.yaml", &mount(seconds));
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        let made_of = loaded.documents[0].daemon_set().expect("a DaemonSet");
        let path = "/spec/template/spec/volumes/0/projected/sources/0/serviceAccountToken/expirationSeconds";
        assert_eq!(made_of.pointer(path), Some(&made.into()), "{seconds}");
    }
    let projected =
        "volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 0}}]}}]";
    assert_refused(&[
        (mount(", expiration_seconds: 1"), "at least 600"),
        (mount(", expiration_seconds: 599"), "at least 600"),
        (mount(", expiration_seconds: 4294967297"), "4294967296"),
        (apps("", projected), "from 600"),
    ]);
}

#[test]
fn what_lacks_a_part_is_refused() {
    let seccomp = |profile: &str| format!("securityContext: {{seccompProfile: {profile}}}");
    let app_armor = |profile: &str| format!("securityContext: {{appArmorProfile: {profile}}}");
    let key = |name: &str| format!("env: [{{name: A, valueFrom: {{configMapKeyRef: {{{name}key: k}}}}}}]");
    let from = |name: &str| format!("envFrom: [{{secretRef: {{{name}optional: true}}}}]");
    assert_taken(&[
        apps(&seccomp("{type: Localhost, localhostProfile: a/b.json}"), &seccomp("{type: RuntimeDefault}")),
        apps(&app_armor("{type: Localhost, localhostProfile: a}"), ""),
        apps("livenessProbe: {exec: {command: [a]}}", ""),
        apps(&key("name: a.b, "), ""),
        apps(&from("name: a, "), ""),
    ]);
    assert_refused(&[
        (apps(&seccomp("{type: Localhost}"), ""), "needs `localhostProfile`"),
        (apps("", &seccomp("{type: Localhost}")), "needs `localhostProfile`"),
        (apps(&seccomp("{type: Localhost, localhostProfile: /a}"), ""), "relative path"),
        (apps(&seccomp("{type: Unconfined, localhostProfile: a}"), ""), "needs `type: Localhost`"),
        (apps(&app_armor("{type: Localhost}"), ""), "needs `localhostProfile`"),
        (apps(&app_armor("{type: Localhost, localhostProfile: ' a'}"), ""), "without blanks"),
        (spec("security_context: {seccomp_profile: {type: Localhost}}", ""), "needs `localhost_profile`"),
        (apps("livenessProbe: {exec: {}}", ""), "no command"),
        (apps("livenessProbe: {exec: {command: []}}", ""), "no command"),
        (apps("lifecycle: {preStop: {exec: {}}}", ""), "no command"),
        (spec("liveness_probe: {exec: {}}", ""), "no command"),
        (apps(&key(""), ""), "lacks `name`"),
        (apps(&key("name: '', "), ""), "`name` must"),
        (apps(&from(""), ""), "lacks `name`"),
    ]);
}

#[test]
fn what_is_not_shared_out_has_a_limit() {
    let with = |resources: &str| apps(&format!("resources: {{{resources}}}"), "");
    assert_taken(&[
        with("requests: {example.com/gpu: 1}, limits: {example.com/gpu: 1}"),
        with("requests: {cpu: 1, ephemeral-storage: 1Gi, kubernetes.io/batch-cpu: 1}"),
        with("requests: {kubernetes.io/batch-cpu: 1}, limits: {kubernetes.io/batch-cpu: 2}"),
    ]);
    assert_refused(&[
        (with("requests: {example.com/gpu: 1}"), "without a limit"),
        (with("requests: {example.com/gpu: 1}, limits: {cpu: 1}"), "without a limit"),
        (with("requests: {cpu: 1, hugepages-2Mi: 2Mi}"), "without a limit"),
        (with("requests: {example.com/gpu: 1}, limits: {example.com/gpu: 2}"), "must be equal"),
    ]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let spread = |more: &str| {
        apps("", &format!("topologySpreadConstraints: [{{maxSkew: 1, topologyKey: z, minDomains: 2, {more}}}]"))
    };
    let scheduling = |more: &str| {
        let constraint = format!("{{max_skew: 1, topology_key: z, when_unsatisfiable: DoNotSchedule{more}}}");
        spec("", &format!("pod: {{scheduling: {{topology_spread_constraints: [{constraint}]}}}}"))
    };
    let labelled =
        |labels: &str| spec("", "").replace("{name: agent}", &format!("{{name: agent, labels: {{{labels}}}}}"));
    assert_taken(&[
        spread("whenUnsatisfiable: DoNotSchedule"),
        apps("", "shareProcessNamespace: true"),
        apps("", "hostPID: true\n      shareProcessNamespace: false"),
        scheduling(", match_labels: {a: b}"),
        scheduling(", label_selector: {match_labels: {c: d}}"),
        labelled("team: a_b.c, empty: ''"),
        labelled("planton.dev/note: hello world"),
    ]);
    assert_refused(&[
        (spread("whenUnsatisfiable: ScheduleAnyway"), "needs `whenUnsatisfiable: DoNotSchedule`"),
        (apps("", "hostPID: true\n      shareProcessNamespace: true"), "cannot both be true"),
        (
            scheduling(", match_labels: {a: b}, label_selector: {match_labels: {c: d}}"),
            "and `label_selector` cannot be combined",
        ),
        (labelled("team: hello world"), "`team` in `labels` must be a label value"),
    ]);
}

/// Names of other objects, and paths of what the pod knows of itself.
#[test]
fn what_nothing_can_be_named_is_refused() {
    let variable = |from: &str| format!("env: [{{name: A, valueFrom: {{{from}}}}}]");
    let field = |path: &str| variable(&format!("fieldRef: {{fieldPath: \"{path}\"}}"));
    let file = |path: &str| {
        let items = format!("items: [{{path: a, fieldRef: {{fieldPath: \"{path}\"}}}}]");
        apps("", &format!("volumes: [{{name: v, projected: {{sources: [{{downwardAPI: {{{items}}}}}]}}}}]"))
    };
    let volume = |items: &str| apps("", &format!("volumes: [{{name: v, downwardAPI: {{items: [{items}]}}}}]"));
    let amount = |of: &str| volume(&format!("{{path: a, resourceFieldRef: {{{of}}}}}"));
    assert_taken(&[
        apps(&field("spec.nodeName"), "serviceAccountName: ''\n      priorityClassName: system-node-critical"),
        apps(&field("spec.host"), "hostname: agent"),
        apps(&field("metadata.labels['example.com/a']"), ""),
        apps(&field("metadata.annotations['Example.com/a']"), ""),
        apps(&variable("resourceFieldRef: {resource: limits.hugepages-2Mi}"), ""),
        file("metadata.labels"),
        file("metadata.labels['a']"),
        amount("containerName: agent, resource: limits.cpu"),
        volume("{path: a, fieldRef: null, resourceFieldRef: {containerName: agent, resource: limits.cpu}}"),
        apps(&variable("fieldRef: {fieldPath: metadata.name}, secretKeyRef: null"), ""),
        apps(
            &variable("fieldRef: {apiVersion: v1, fieldPath: metadata.name}"),
            "serviceAccountName: a\n      serviceAccount: Old_A",
        ),
        spec("env: {variables: {A: {field_ref: status.podIPs}}}", "service_account_name: my.sa"),
    ]);
    assert_refused(&[
        (spec("env: {}", "").replace("namespace: x", "namespace: Bad_Name"), "`namespace` must"),
        (spec("env: {}", "service_account_name: My_SA"), "`service_account_name` must"),
        (spec("env: {}", "pod: {hostname: a.b}"), "`hostname` must"),
        (apps("", "priorityClassName: 'high priority'"), "`priorityClassName` must"),
        (apps("", "nodeName: Node_1"), "`nodeName` must"),
        (
            spec("env: {variables: {A: {field_ref: spec.nodename}}}", ""),
            "`spec.nodename` is not a pod field that is available here",
        ),
        (apps(&field("metadata.labels"), ""), "`metadata.labels` is not a pod field that is available here"),
        (
            apps(&field("metadata.labels['a b']"), ""),
            "`metadata.labels['a b']` is not a pod field that is available here",
        ),
        (apps(&field("spec.nodeName['a']"), ""), "`spec.nodeName['a']` is not a pod field that is available here"),
        (apps(&variable("resourceFieldRef: {resource: cpu}"), ""), "`cpu` is not a resource"),
        (file("spec.nodeName"), "`spec.nodeName` is not a pod field that is available here"),
        (apps("", "serviceAccount: Old_A"), "`serviceAccount` must"),
        (apps("", "runtimeClassName: ''"), "`runtimeClassName` must not be empty"),
        (
            apps(&variable("fieldRef: {apiVersion: v2, fieldPath: metadata.name}"), ""),
            "`fieldPath` can be read only in `v1`",
        ),
        (amount("resource: limits.cpu"), "in a volume `resourceFieldRef` needs `containerName`"),
        (volume("{path: a, fieldRef: null}"), "the file needs `fieldRef` or `resourceFieldRef`"),
        (volume("{path: a}"), "the file needs `fieldRef` or `resourceFieldRef`"),
    ]);
}

/// Each of these is refused by `ValidateDaemonSet` of v1.36 too; the field that it names stands in the message.
#[test]
fn what_the_api_server_refuses_is_refused() {
    let cases: Vec<(String, &str)> = [
        ("volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]", "volumes: [{name: v}]", "needs a privileged container"),
        ("volumeMounts: [{name: v, mountPath: /v, recursiveReadOnly: Enabled}]", "volumes: [{name: v}]", "needs `readOnly: true`"),
        ("volumeDevices: [{name: v, devicePath: /dev/v}]", "volumes: [{name: v}]", "block volumes"),
        ("", "volumes: [{name: v, configMap: {}}]", "`configMap` needs `name`"),
        ("", "volumes: [{name: v, secret: {}}]", "`secret` needs `secretName`"),
        ("", "volumes: [{name: v, nfs: {server: s, path: p}}]", "absolute path"),
        ("", "volumes: [{name: v, csi: {driver: 'a b'}}]", "DNS name"),
        ("", "volumes: [{name: v, iscsi: {targetPortal: p, iqn: x}}]", "`iqn.`"),
        ("", "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 1Gi}}}}}}]", "accessModes"),
        ("", "volumes: [{name: v, projected: {sources: [{configMap: {name: a, items: [{key: k, path: p}]}}, {secret: {name: b, items: [{key: k, path: p}]}}]}}]", "have the path `p`"),
        ("resources: {limits: {widgets: 1}}", "", "not a resource of a container"),
        ("resources: {limits: {x.example/gpu: 500m}}", "", "integer"),
        ("resources: {limits: {hugepages-2Mi: 4Mi}}", "", "cpu or memory"),
        ("resources: {limits: {memory: 1Gi, hugepages-2Mi: 3Mi}}", "", "page size"),
        ("resources: {claims: [{name: g}]}", "", "no claim `g`"),
        ("", "resourceClaims: [{name: g}]", "exactly one of"),
        ("", "resources: {limits: {memory: 1Gi, x.example/gpu: 1}}", "not a resource of a pod"),
        ("envFrom: [{prefix: A}]", "", "needs one of"),
        ("env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: '2'}}}]", "", "`divisor` must be one of"),
        ("lifecycle: {preStop: {sleep: {seconds: 60}}}", "", "longer than"),
        ("restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]", "", "needs `restartPolicy`"),
        ("", "securityContext: {sysctls: [{name: a b, value: '1'}]}", "no name of a sysctl"),
        ("securityContext: {procMount: Unmasked}", "", "needs `hostUsers: false`"),
        ("securityContext: {windowsOptions: {hostProcess: true}}", "", "needs `hostNetwork: true`"),
        ("securityContext: {windowsOptions: {runAsUserName: 'a/b'}}", "", "no user name of Windows"),
        ("", "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]", "second entry"),
        ("", "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [a]}]", "needs `labelSelector`"),
        ("", "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: 'a b', labelSelector: {}}]}}", "label key"),
        ("", "schedulingGates: [{name: a}, {name: a}]", "duplicate scheduling gate"),
        ("", "dnsConfig: {searches: ['a b']}", "search domain"),
        ("", "hostAliases: [{ip: 10.0.0.1, hostnames: ['A b']}]", "host name"),
    ]
    .into_iter()
    .map(|(container, pod, why)| (apps(container, pod), why))
    .collect();
    assert_refused(&cases);
}

/// What a patch makes of the DaemonSet is checked at the patch, also where the mistake stands elsewhere.
#[test]
fn what_a_patch_breaks_is_refused_at_the_patch() {
    for (patch, why) in [
        ("{op: add, path: /spec/template/spec/hostPid, value: true}", "unknown field"),
        ("{op: add, path: /spec/template/spec/containers/0/image, value: ''}", "must not be empty"),
        ("{op: remove, path: /spec/selector}", "selector"),
    ] {
        let text = spec("", &format!("patches:\n  - {patch}"));
        let problems = load("x.yaml", &text).problems;
        let line = text.lines().position(|l| l.contains(patch)).map(|l| l as u32 + 1);
        let found = problems.iter().find(|p| p.is_error() && p.message.contains(why));
        assert_eq!(found.and_then(|p| p.at).map(|at| at.line), line, "{problems:?}\n{text}");
    }
}
