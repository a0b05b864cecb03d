//! A random DaemonSet.

use serde_json::{Value, json};

use super::{
    CLASSES, CPUS, DISKS, EFFECTS, IPS, MEMORIES, NAMESPACES, NUMBERS, POOLS, PORTS, PROTOCOLS, Profile, Random,
    TAINT_KEYS, TAINT_VALUES, ZONES,
    cluster::{TEMPLATES, disk},
};

/// A DaemonSet of this profile. The API server may refuse it.
pub fn daemon_set(random: &mut Random, profile: Profile, name: &str) -> Value {
    let mut labels = json!({"ds": name});
    if random.chance(30) {
        labels[random.one(&["exclusive", "team"])] = json!("yes");
    }
    if random.chance(20) {
        labels["app"] = json!(random.one(&["web", "db"]));
    }
    let namespace = match profile {
        Profile::Admission => random.one(&NAMESPACES),
        Profile::Volumes => "default",
        _ => random.one(&["default", "default", "default", "team-a"]),
    };
    let mut spec = json!({"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false});
    spec["containers"] =
        json!((0..1 + random.below(2)).map(|c| container(random, profile, &format!("c{c}"))).collect::<Vec<_>>());
    nodes(random, profile, &mut spec);
    if random.chance(if profile == Profile::Edge { 60 } else { 20 }) {
        let init: Vec<Value> =
            (0..1 + random.below(2)).map(|i| init_container(random, profile, &format!("i{i}"))).collect();
        spec["initContainers"] = json!(init);
    }
    if random.chance(12) {
        spec["resources"] = pod_level(random);
    }
    if random.chance(if profile == Profile::Edge { 40 } else { 10 }) {
        spec["hostNetwork"] = json!(true);
    }
    let mut annotations = json!({});
    match profile {
        Profile::Admission => admission(random, &mut spec, &mut annotations),
        Profile::Volumes => volumes(random, &mut spec),
        Profile::Spread => spread(random, &mut spec, name),
        Profile::Interpod => interpod(random, &mut spec, name),
        Profile::Preempt => spec["priorityClassName"] = json!(random.one(&CLASSES)),
        Profile::Edge => edge(random, &mut spec),
        Profile::Devices => devices(random, &mut spec),
        Profile::Basic | Profile::Resize => {}
    }
    if profile != Profile::Preempt && random.chance(10) {
        spec["priorityClassName"] = json!(random.one(&["low", "high", "never"]));
    }
    let mut daemon_set = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"ds": name}}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    });
    if annotations != json!({}) {
        daemon_set["spec"]["template"]["metadata"]["annotations"] = annotations;
    }
    daemon_set
}

fn resources(random: &mut Random) -> Value {
    let mut requests = json!({});
    if random.chance(45) {
        requests["cpu"] = json!(random.one(&CPUS));
    }
    if random.chance(35) {
        requests["memory"] = json!(random.one(&MEMORIES));
    }
    if random.chance(10) {
        requests["ephemeral-storage"] = json!(random.one(&["10Mi", "60M", "1Gi"]));
    }
    let mut resources = json!({});
    if random.chance(8) {
        let name = random.one(&["nvidia.com/gpu", "example.com/none"]);
        let count = random.one(&["1", "1", "1e0", "0.001k"]);
        requests[name] = json!(count);
        resources["limits"][name] = json!(count);
    }
    if random.chance(5) {
        requests["hugepages-2Mi"] = json!("64Mi");
        requests["cpu"] = json!("100m");
        resources["limits"]["hugepages-2Mi"] = json!("64Mi");
    }
    // Limits without requests become requests when the pod is created, not in the template.
    match random.below(10) {
        0 => resources["limits"]["memory"] = json!("3Gi"),
        1 => resources["limits"]["cpu"] = json!("3"),
        _ => {}
    }
    if requests.as_object().is_some_and(|r| !r.is_empty()) {
        resources["requests"] = requests;
    }
    resources
}

fn container(random: &mut Random, profile: Profile, name: &str) -> Value {
    let mut container = json!({"name": name, "image": "registry.example/agent:1", "resources": resources(random)});
    if random.chance(if matches!(profile, Profile::Basic | Profile::Edge) { 35 } else { 10 }) {
        container["ports"] = json!([port(random)]);
    }
    container
}

fn port(random: &mut Random) -> Value {
    let number = PORTS[random.below(PORTS.len())];
    let mut port = json!({"containerPort": number});
    if random.chance(85) {
        port["hostPort"] = json!(number);
        let ip = random.one(&IPS);
        if !ip.is_empty() {
            port["hostIP"] = json!(ip);
        }
    }
    if random.chance(70) {
        port["protocol"] = json!(random.one(&PROTOCOLS));
    }
    port
}

fn init_container(random: &mut Random, profile: Profile, name: &str) -> Value {
    let mut container = container(random, profile, name);
    if random.chance(50) {
        container["restartPolicy"] = json!("Always");
    }
    container
}

fn pod_level(random: &mut Random) -> Value {
    match random.below(4) {
        0 => json!({"requests": {"cpu": random.one(&["3", "7", "9500m"])}}),
        3 => {
            json!({"requests": {"cpu": "1", "hugepages-2Mi": "64Mi"}, "limits": {"cpu": "8", "hugepages-2Mi": "64Mi"}})
        }
        1 => json!({"requests": {"cpu": "6", "memory": "7Gi"}, "limits": {"cpu": "8", "memory": "8Gi"}}),
        _ => json!({"limits": {"cpu": "3", "memory": "4Gi"}}),
    }
}

/// One or two claims of templates, or an extended resource that a DeviceClass provides.
fn devices(random: &mut Random, spec: &mut Value) {
    if random.chance(20) {
        let count = random.one(&["1", "1", "2"]);
        spec["containers"][0]["resources"]["limits"]["example.com/dra"] = json!(count);
        spec["containers"][0]["resources"]["requests"]["example.com/dra"] = json!(count);
        return;
    }
    let most = if random.chance(25) { 2 } else { 1 };
    let templates = random.some(&TEMPLATES, 1, most);
    let claims = templates.iter().map(|template| json!({"name": template, "resourceClaimTemplateName": template}));
    spec["resourceClaims"] = json!(claims.collect::<Vec<_>>());
    let uses = templates.iter().map(|template| json!({"name": template}));
    spec["containers"][0]["resources"]["claims"] = json!(uses.collect::<Vec<_>>());
}

/// Selectors, affinity and tolerations.
fn nodes(random: &mut Random, profile: Profile, spec: &mut Value) {
    let busy = matches!(profile, Profile::Basic | Profile::Edge);
    if random.chance(if busy { 35 } else { 12 }) {
        spec["nodeSelector"] = match random.below(4) {
            0 => json!({"disk": random.one(&DISKS)}),
            1 => json!({"kubernetes.io/os": "linux"}),
            2 => json!({"pool": random.one(&POOLS)}),
            _ => json!({"pool": random.one(&POOLS), "topology.kubernetes.io/zone": random.one(&ZONES)}),
        };
    }
    if random.chance(if busy { 50 } else { 12 }) {
        let terms: Vec<Value> = (0..1 + random.below(2)).map(|_| term(random)).collect();
        spec["affinity"]["nodeAffinity"] =
            json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
    }
    if random.chance(15) {
        spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
            json!([{"weight": 1, "preference": term(random)}]);
    }
    let tolerations: Vec<Value> = match random.below(10) {
        0..3 => vec![json!({"operator": "Exists"})],
        3..5 => Vec::new(),
        _ => (0..1 + random.below(4)).map(|_| toleration(random)).collect(),
    };
    if !tolerations.is_empty() {
        spec["tolerations"] = json!(tolerations);
    }
}

fn term(random: &mut Random) -> Value {
    let expressions: Vec<Value> = (0..1 + random.below(2)).map(|_| expression(random)).collect();
    let mut term = json!({"matchExpressions": expressions});
    if random.chance(15) {
        let operator = random.one(&["In", "NotIn"]);
        term["matchFields"] =
            json!([{"key": "metadata.name", "operator": operator, "values": [format!("n{:02}", random.below(30))]}]);
    }
    if random.chance(4) {
        term = json!({});
    }
    term
}

fn expression(random: &mut Random) -> Value {
    match random.below(7) {
        0 => json!({"key": "disk", "operator": "In", "values": random.some(&["ssd", "hdd", "SSD", "nvme"], 1, 3)}),
        1 => json!({"key": "disk", "operator": "NotIn", "values": random.some(&["ssd", "hdd", "absent"], 1, 2)}),
        2 => json!({"key": random.one(&["disk", "cores", "rack", "Disk"]), "operator": "Exists"}),
        3 => json!({"key": random.one(&["disk", "rack", "kubernetes.io/os"]), "operator": "DoesNotExist"}),
        4 => json!({"key": "cores", "operator": "Gt", "values": [random.one(&["4", "-5", "+7", "008", "0"])]}),
        5 => {
            json!({"key": "cores", "operator": "Lt", "values": [random.one(&["8", "9223372036854775807", "007", "-2"])]})
        }
        _ => json!({"key": "cores", "operator": "In", "values": random.some(&NUMBERS, 1, 3)}),
    }
}

/// Often one that nearly tolerates: another effect, another value, the operator that looks the same.
fn toleration(random: &mut Random) -> Value {
    let mut toleration = json!({});
    if random.chance(92) {
        let condition = [
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable",
            "node.kubernetes.io/unschedulable",
            "node.kubernetes.io/network-unavailable",
        ];
        toleration["key"] = json!(match random.below(20) {
            0..5 => random.one(&condition),
            5 => "Dedicated",
            _ => random.one(&TAINT_KEYS),
        });
    } else {
        toleration["operator"] = json!("Exists");
    }
    match random.below(3) {
        _ if toleration["operator"].is_string() => {}
        0 => toleration["operator"] = json!("Exists"),
        1 => {
            toleration["operator"] = json!("Equal");
            toleration["value"] = json!(random.one(&TAINT_VALUES));
        }
        _ => toleration["value"] = json!(random.one(&TAINT_VALUES)),
    }
    if random.chance(70) {
        toleration["effect"] = json!(random.one(&EFFECTS));
    }
    // Not 0: the taint would be tolerated by the scheduler and the pod evicted at once, again and again.
    if toleration["effect"] == "NoExecute" && random.chance(40) {
        toleration["tolerationSeconds"] = json!(3600);
    }
    toleration
}

fn admission(random: &mut Random, spec: &mut Value, annotations: &mut Value) {
    if random.chance(4) {
        spec["serviceAccountName"] = json!("absent");
    }
    if random.chance(20) {
        let all = ["low", "high", "high", "low", "middle", "absent", "system-cluster-critical"];
        spec["priorityClassName"] = json!(random.one(&all));
        match random.below(12) {
            0 => spec["priority"] = json!(random.one_of(&[1000, 5])),
            1 => spec["preemptionPolicy"] = json!(random.one(&["Never", "PreemptLowerPriority"])),
            _ => {}
        }
    }
    if random.chance(25) {
        spec["runtimeClassName"] =
            json!(random.one(&["sandbox", "sandbox", "sandbox", "plain", "plain", "plain", "absent"]));
        if random.chance(10) {
            spec["overhead"] = json!({"cpu": random.one(&["250m", "300m"]), "memory": "120Mi"});
        }
    }
    if random.chance(8) {
        spec["schedulingGates"] = json!([{"name": "example.com/wait"}]);
    }
    if random.chance(8) {
        spec["schedulerName"] = json!("other-scheduler");
    }
    if random.chance(30) {
        spec["volumes"] = match random.below(8) {
            0 => json!([{"name": "h", "hostPath": {"path": "/var/log"}}]),
            1 => json!([{"name": "e", "emptyDir": {}}]),
            2 => json!([{"name": "n", "nfs": {"server": "a", "path": "/"}}]),
            3 => json!([{"name": "s", "secret": {"secretName": "absent"}}, {"name": "h", "hostPath": {"path": "/"}}]),
            4 => json!([{"name": "p", "projected": {"sources": [{"downwardAPI": {"items": []}}]}}]),
            5 => json!([{"name": "i", "csi": {"driver": "csi.example.com"}}]),
            6 => {
                json!([{"name": "d", "downwardAPI": {"items": []}}, {"name": "g", "gcePersistentDisk": {"pdName": "x"}}])
            }
            _ => json!([{"name": "c", "configMap": {"name": "absent"}}]),
        };
    }
    // What only pods are checked for.
    match random.below(20) {
        0 => {
            spec["hostNetwork"] = json!(random.chance(80));
            let protocol = random.one(&["TCP", "TCP", "UDP"]);
            spec["containers"][0]["ports"] = json!([{"name": "a", "containerPort": 9100}, {"name": "b", "containerPort": 9100, "protocol": protocol}]);
        }
        1 => {
            spec["resources"] = json!({"limits": {"cpu": "8", "memory": "8Gi"}});
            let limits = json!({"cpu": random.one(&["8", "9"])});
            spec["initContainers"] = json!([{"name": "i", "image": "registry.example/agent:1",
                "resources": {"limits": limits, "requests": {"cpu": "10m"}}}]);
        }
        2..4 => {
            let mut term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {}});
            if random.chance(70) {
                term["namespaceSelector"] = json!({});
            }
            let kind = random.one(&["podAffinity", "podAntiAffinity"]);
            spec["affinity"][kind]["preferredDuringSchedulingIgnoredDuringExecution"] =
                json!([{"weight": 1, "podAffinityTerm": term}]);
        }
        _ => {}
    }
    // Near the borders of the Pod Security levels.
    if random.chance(40) {
        let mut all = json!({"allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}});
        match random.below(9) {
            0 => all["runAsUser"] = json!(0),
            1 => all["capabilities"]["add"] = json!(["NET_BIND_SERVICE"]),
            2 => all["capabilities"]["add"] = json!(["NET_RAW"]),
            3 => all["capabilities"] = json!({"drop": ["NET_RAW"]}),
            4 => all["seccompProfile"]["type"] = json!("Unconfined"),
            5 => all["allowPrivilegeEscalation"] = json!(true),
            6 => all["procMount"] = json!("Default"),
            _ => {}
        }
        for list in ["containers", "initContainers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                container["securityContext"] = all.clone();
            }
        }
        if spec["initContainers"].is_null() {
            spec.as_object_mut().expect("it is one").remove("initContainers");
        }
    } else if random.chance(15) {
        spec["containers"][0]["securityContext"] = json!({"privileged": true});
    }
    if random.chance(8) {
        spec[random.one(&["hostPID", "hostIPC"])] = json!(true);
    }
    if random.chance(15) {
        let sysctl = random.one(&SYSCTLS);
        spec["securityContext"] = match random.below(6) {
            0..2 => json!({"sysctls": [{"name": sysctl, "value": "60"}]}),
            2 => json!({"seLinuxOptions": selinux(random)}),
            3 => json!({"runAsNonRoot": random.chance(50)}),
            4 => json!({"seccompProfile": {"type": random.one(&["RuntimeDefault", "Unconfined"])}}),
            _ => json!({"runAsUser": 0}),
        };
    }
    if random.chance(10) {
        spec["hostUsers"] = json!(false);
    }
    if random.chance(35) {
        let (key, value) = security(random);
        let list = if spec["initContainers"].is_array() && random.chance(30) { "initContainers" } else { "containers" };
        let container = &mut spec[list][0];
        match key {
            "livenessProbe" | "lifecycle" => container[key] = value,
            "hostProcess" => {
                spec["hostNetwork"] = json!(true);
                spec["securityContext"]["runAsNonRoot"] = json!(true);
                spec["securityContext"]["windowsOptions"]["hostProcess"] = value;
            }
            _ => container["securityContext"][key] = value,
        }
    }
    if random.chance(8) {
        let (key, profile) = random.one_of(&[
            ("seccomp.security.alpha.kubernetes.io/pod", "unconfined"),
            ("seccomp.security.alpha.kubernetes.io/pod", "runtime/default"),
            ("container.seccomp.security.alpha.kubernetes.io/c0", "unconfined"),
            ("container.apparmor.security.beta.kubernetes.io/c0", "unconfined"),
            ("container.apparmor.security.beta.kubernetes.io/c0", "localhost/mine"),
            ("container.seccomp.security.alpha.kubernetes.io/c0", "docker/default"),
            ("container.seccomp.security.alpha.kubernetes.io/gone", "unconfined"),
        ]);
        annotations[key] = json!(profile);
    }
}

/// Allowed by Pod Security always, since some version, or never.
const SYSCTLS: [&str; 8] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_slow_start_after_idle",
    "kernel.msgmax",
];

fn selinux(random: &mut Random) -> Value {
    match random.below(5) {
        0 => json!({"type": "spc_t"}),
        1 => json!({"type": "container_engine_t"}),
        2 => json!({"type": "container_kvm_t", "level": "s0"}),
        3 => json!({"user": "system_u"}),
        _ => json!({"role": "object_r"}),
    }
}

/// One more thing that Pod Security looks at: where in the container, and what.
fn security(random: &mut Random) -> (&'static str, Value) {
    match random.below(10) {
        0 => ("seLinuxOptions", selinux(random)),
        1 => ("procMount", json!(random.one(&["Unmasked", "Default"]))),
        2 => ("appArmorProfile", json!({"type": random.one(&["Unconfined", "RuntimeDefault"])})),
        3 => ("livenessProbe", json!({"httpGet": {"port": 80, "host": random.one(&["10.0.0.1", "", "127.0.0.1"])}})),
        4 => ("lifecycle", json!({"postStart": {"tcpSocket": {"port": 80, "host": "example.com"}}})),
        5 => ("hostProcess", json!(true)),
        6 => (
            "capabilities",
            json!({"drop": ["ALL"], "add": [random.one(&["SYS_CHROOT", "CHOWN", "ALL", "SYS_ADMIN"])]}),
        ),
        7 => ("runAsNonRoot", json!(random.chance(50))),
        8 => ("seccompProfile", json!({"type": random.one(&["Unconfined", "RuntimeDefault"])})),
        _ => ("runAsUser", json!(random.below(2))),
    }
}

fn volumes(random: &mut Random, spec: &mut Value) {
    let claims = [
        "shared",
        "shared",
        "zonal",
        "zonal",
        "one",
        "once",
        "labelled",
        "waiting",
        "nowhere",
        "lost",
        "absent",
        "elsewhere",
        "published",
        "chosen",
        "leaving",
    ];
    let chosen = random.some(&claims, 1, 2);
    let volumes: Vec<Value> = chosen
        .iter()
        .enumerate()
        .map(|(i, claim)| json!({"name": format!("v{i}"), "persistentVolumeClaim": {"claimName": claim}}))
        .collect();
    spec["volumes"] = json!(volumes);
    // Claims of each pod's own, for which no volume can be had.
    if random.chance(20) {
        let class = random.one(&["local", "elsewhere", "published", "by-hand"]);
        spec["volumes"] = json!([{"name": "own", "ephemeral": {"volumeClaimTemplate": {"spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": class, "resources": {"requests": {"storage": "1Gi"}}}}}}]);
    }
    if random.chance(35) {
        let list = spec["volumes"].as_array_mut().expect("it was just made");
        list.push(disk(random));
        if random.chance(60) {
            list.retain(|v| v["name"] == "d");
        }
    }
}

fn selector(random: &mut Random, name: &str) -> Value {
    match random.below(6) {
        0..2 => json!({"matchLabels": {"ds": name}}),
        2 => json!({"matchLabels": {"app": random.one(&["web", "db", "cache"])}}),
        3 => {
            json!({"matchExpressions": [{"key": "app", "operator": random.one(&["In", "NotIn"]), "values": ["web", "cache"]}]})
        }
        4 => json!({"matchExpressions": [{"key": "tier", "operator": random.one(&["Exists", "DoesNotExist"])}]}),
        _ => json!({"matchLabels": {"app": "web", "tier": "front"}}),
    }
}

fn spread(random: &mut Random, spec: &mut Value, name: &str) {
    let mut constraints: Vec<Value> = Vec::new();
    for key in random.some(&["topology.kubernetes.io/zone", "kubernetes.io/hostname", "rack"], 1, 2) {
        let mut constraint = json!({"maxSkew": 1 + random.below(3), "topologyKey": key, "labelSelector": selector(random, name),
            "whenUnsatisfiable": if random.chance(85) { "DoNotSchedule" } else { "ScheduleAnyway" }});
        if constraint["whenUnsatisfiable"] == "DoNotSchedule" && random.chance(30) {
            constraint["minDomains"] = json!(1 + random.below(3));
        }
        if random.chance(40) {
            constraint["nodeAffinityPolicy"] = json!(random.one(&["Ignore", "Honor"]));
        }
        if random.chance(15) {
            constraint["matchLabelKeys"] =
                json!([random.one(&["controller-revision-hash", "team", "exclusive", "app"])]);
        }
        if random.chance(40) {
            constraint["nodeTaintsPolicy"] = json!(random.one(&["Ignore", "Honor"]));
        }
        constraints.push(constraint);
    }
    spec["topologySpreadConstraints"] = json!(constraints);
}

fn interpod(random: &mut Random, spec: &mut Value, name: &str) {
    for kind in random.some(&["podAffinity", "podAntiAffinity"], 1, 1) {
        let terms: Vec<Value> = (0..1 + random.below(2))
            .map(|_| {
                let key = random.one(&["topology.kubernetes.io/zone", "kubernetes.io/hostname", "rack"]);
                let mut term = json!({"topologyKey": key, "labelSelector": selector(random, name)});
                match random.below(6) {
                    0 => term["namespaces"] = json!(["team-a"]),
                    1 => term["namespaceSelector"] = json!({}),
                    2 => {
                        term["namespaceSelector"] =
                            json!({"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]})
                    }
                    3 => {
                        term["namespaceSelector"] = json!({"matchLabels": {"tier": "front"}});
                        term["namespaces"] = json!(["default"]);
                    }
                    _ => {}
                }
                if random.chance(25) {
                    // With one that the selector names too the API server refuses the pods.
                    let key = random.one(&["controller-revision-hash", "team", "exclusive", "app", "ds"]);
                    term[random.one(&["matchLabelKeys", "mismatchLabelKeys"])] = json!([key]);
                }
                term
            })
            .collect();
        spec["affinity"][kind] = json!({"requiredDuringSchedulingIgnoredDuringExecution": terms});
        // No node is refused for it, but the pod may be.
        if random.chance(15) {
            let mut term = json!({"topologyKey": "rack", "labelSelector": selector(random, name)});
            term[random.one(&["matchLabelKeys", "mismatchLabelKeys"])] = json!([random.one(&["team", "app", "ds"])]);
            spec["affinity"][kind]["preferredDuringSchedulingIgnoredDuringExecution"] =
                json!([{"weight": 1, "podAffinityTerm": term}]);
        }
    }
}

fn edge(random: &mut Random, spec: &mut Value) {
    if random.chance(10) {
        spec["os"] = json!({"name": random.one(&["linux", "windows"])});
    }
    if random.chance(10) {
        spec["runtimeClassName"] = json!(random.one(&["sandbox", "plain"]));
    }
    if random.chance(8) {
        // Only where the node declares that it can.
        spec["containers"][0]["restartPolicy"] = json!("Never");
        spec["containers"][0]["restartPolicyRules"] =
            json!([{"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}}]);
    }
    match random.below(8) {
        0 => spec["schedulingGates"] = json!([{"name": "example.com/wait"}]),
        1 => spec["schedulerName"] = json!("other-scheduler"),
        2 => spec["nodeName"] = json!(format!("n{:02}", random.below(32))),
        3 => {
            spec["volumes"] =
                json!([{"name": "v", "persistentVolumeClaim": {"claimName": random.one(&["shared", "one", "absent"])}}])
        }
        4 => {
            spec["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}])
        }
        _ => {}
    }
}
