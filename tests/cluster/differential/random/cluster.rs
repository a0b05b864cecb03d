//! A random cluster, as it is before any DaemonSet.

use serde_json::{Value, json};

use super::{
    CPUS, DISKS, EFFECTS, IPS, MEMORIES, NUMBERS, POOLS, PORTS, PROTOCOLS, Profile, Random, TAINT_KEYS, TAINT_VALUES,
    ZONES,
};
use crate::harness;

/// The finalizer of pods that are meant to stay while they are being deleted.
pub const HOLD: &str = "example.com/hold";

/// Its objects in the order in which they are created.
pub fn cluster(random: &mut Random, profile: Profile, version: &str, nodes: usize) -> Vec<Value> {
    let mut objects = policies(random, profile);
    let names: Vec<String> = (0..nodes).map(|n| format!("n{n:02}")).collect();
    objects.extend(names.iter().map(|name| node(random, profile, version, name)));
    if matches!(profile, Profile::Volumes | Profile::Edge | Profile::Interpod) {
        objects.extend(volumes(random, &names));
    }
    if matches!(profile, Profile::Preempt | Profile::Edge) {
        objects.extend(budgets(random));
    }
    if profile == Profile::Devices {
        objects.extend(devices(random, &names));
    }
    let mut number = 0;
    for name in &names {
        for _ in 0..random.below(4) {
            objects.push(pod(random, profile, &format!("f{number:03}"), name));
            number += 1;
        }
    }
    objects
}

fn policies(random: &mut Random, profile: Profile) -> Vec<Value> {
    let namespace = |name: &str, labels: Value| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    let class = |name: &str, value: i64, policy: &str| json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value, "preemptionPolicy": policy});
    let mut team_a = json!({"team": "a", "tier": "front"});
    if profile == Profile::Devices {
        team_a["resource.kubernetes.io/admin-access"] = json!("true");
    }
    let mut objects = vec![
        namespace("team-a", team_a),
        namespace("team-b", json!({"team": "b"})),
        namespace("baseline", json!({"pod-security.kubernetes.io/enforce": "baseline"})),
        namespace(
            "restricted",
            json!({"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest"}),
        ),
        namespace(
            "old",
            json!({"pod-security.kubernetes.io/enforce": random.one(&["baseline", "restricted"]),
                                "pod-security.kubernetes.io/enforce-version": random.one(&["v1.0", "v1.18", "v1.22", "v1.24", "v1.28"])}),
        ),
        namespace("limits", json!({})),
        namespace("quota", json!({})),
        namespace("some", json!({})),
        namespace("full", json!({})),
        class("low", -10, "PreemptLowerPriority"),
        class("middle", 1000, "PreemptLowerPriority"),
        class("high", 100_000, "PreemptLowerPriority"),
        class("never", 100_000, "Never"),
        json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "sandbox"}, "handler": "sandbox",
               "overhead": {"podFixed": {"cpu": "250m", "memory": "120Mi"}},
               "scheduling": {"nodeSelector": {"pool": "red"}, "tolerations": [{"key": "dedicated", "operator": "Exists"}]}}),
        json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "plain"}, "handler": "plain"}),
    ];
    if random.chance(15) {
        let mut class = class("usual", random.below(2) as i64 * 50, "PreemptLowerPriority");
        class["globalDefault"] = json!(true);
        objects.push(class);
    }
    if profile == Profile::Admission || random.chance(25) {
        objects.push(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": "full"}, "spec": {"hard": {"pods": "0"}}}));
        // All or none of a DaemonSet's pods, mostly.
        let quota = match random.below(15) {
            0 => json!({"hard": {"requests.cpu": "500"}}),
            1 => json!({"hard": {"limits.memory": "900Gi"}}),
            2 => json!({"hard": {"requests.memory": "900Gi", "limits.cpu": "900"}}),
            3 => json!({"hard": {"requests.nvidia.com/gpu": "0"}}),
            4 => json!({"hard": {"cpu": "50m"}}),
            5 => json!({"hard": {"count/pods": "0"}}),
            6 => json!({"hard": {"pods": "0"}, "scopes": ["BestEffort"]}),
            7 => json!({"hard": {"pods": "0"}, "scopes": ["NotBestEffort", "NotTerminating"]}),
            8 | 12 => json!({"hard": {"pods": "0"}, "scopes": ["CrossNamespacePodAffinity"]}),
            13 => json!({"hard": {"requests.storage": "1Gi"}, "scopeSelector": {"matchExpressions": [
                {"scopeName": "VolumeAttributesClass", "operator": "In", "values": ["gold"]}]}}),
            9 => json!({"hard": {"requests.ephemeral-storage": "5Mi", "hugepages-2Mi": "2Mi"}}),
            10 => json!({"hard": {"pods": "0"}, "scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": random.one(&["Exists", "DoesNotExist"])}]}}),
            11 => {
                json!({"hard": {"requests.cpu": "500", "requests.memory": "900Gi", "limits.cpu": "500", "limits.memory": "900Gi"}})
            }
            _ => json!({"hard": {"pods": "0"}, "scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": random.one(&["In", "NotIn"]), "values": ["high", "low"]}]}}),
        };
        objects.push(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight", "namespace": "quota"}, "spec": quota}));
        // Some of them: which is a matter of order, how many is not.
        let few = match random.below(5) {
            0 => json!({"hard": {"pods": (1 + random.below(9)).to_string()}}),
            1 => json!({"hard": {"count/pods": "3", "requests.cpu": "2500m"}}),
            2 => json!({"hard": {"requests.cpu": random.one(&["350m", "1", "7"])}}),
            3 => json!({"hard": {"requests.memory": random.one(&["256Mi", "2Gi", "5G"])}}),
            _ => json!({"hard": {"pods": "4"}, "scopes": [random.one(&["BestEffort", "NotBestEffort"])]}),
        };
        objects.push(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": "some"}, "spec": few}));
        let limit = match random.below(10) {
            0 => {
                json!({"type": "Container", "default": {"cpu": "2", "memory": "2Gi"}, "defaultRequest": {"cpu": "300m", "memory": "1Gi"}})
            }
            1 => json!({"type": "Container", "max": {"cpu": "1", "memory": "1Gi"}}),
            2 => json!({"type": "Container", "min": {"cpu": "200m"}}),
            3 => json!({"type": "Pod", "max": {"cpu": "2", "memory": "2Gi"}}),
            4 => json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}),
            5 => json!({"type": "Pod", "min": {"memory": "200M"}}),
            6 => json!({"type": "Pod", "maxLimitRequestRatio": {"memory": "1.5"}}),
            7 => json!({"type": "Container", "max": {"cpu": "2"}, "default": {"cpu": "1500m"}}),
            8 => {
                json!({"type": "Container", "max": {"memory": "1.5Gi"}, "min": {"memory": "64Mi"}, "defaultRequest": {"memory": "100e6"}})
            }
            _ => json!({"type": "Container", "default": {"memory": "512Mi"}}),
        };
        objects.push(json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "bounds", "namespace": "limits"}, "spec": {"limits": [limit]}}));
    }
    objects
}

fn node(random: &mut Random, profile: Profile, version: &str, name: &str) -> Value {
    let mut node = harness::node(name);
    let labels = &mut node["metadata"]["labels"];
    if random.chance(85) {
        labels["topology.kubernetes.io/zone"] = json!(random.one(&ZONES));
    }
    if random.chance(20) {
        labels["topology.kubernetes.io/region"] = json!("r-1");
    }
    if random.chance(80) {
        labels["disk"] = json!(random.one(&DISKS));
    }
    labels["pool"] = json!(random.one(&POOLS));
    if random.chance(70) {
        labels["cores"] = json!(random.one(&NUMBERS));
    }
    if random.chance(15) {
        labels["kubernetes.io/os"] = json!("windows");
    }
    if random.chance(10) {
        labels["Disk"] = json!("ssd");
    }
    if random.chance(15) {
        labels["rack"] = json!(name);
    }

    let mut taints: Vec<Value> = Vec::new();
    if random.chance(40) {
        for key in random.some(&TAINT_KEYS, 1, 2) {
            let (value, effect) = (random.one(&TAINT_VALUES), random.one(&EFFECTS));
            taints.push(json!({"key": key, "value": value, "effect": effect}));
        }
    }
    if !taints.is_empty() {
        node["spec"]["taints"] = json!(taints);
    }
    if random.chance(8) {
        node["spec"]["unschedulable"] = json!(true);
    }

    let tight = matches!(profile, Profile::Preempt | Profile::Resize);
    let cpu = random.one(if tight {
        &["2", "1500m", "1", "2000m"]
    } else {
        &["4", "8", "16", "3920m", "0.75", "2", "32", "7500m"]
    });
    let memory = random.one(&["8Gi", "16Gi", "8e9", "7900Mi", "1048576k", "3221225472", "64Gi"]);
    let mut resources = json!({"cpu": cpu, "memory": memory, "pods": random.one(&["110", "110", "110", "110", "110", "250", "3", "2"])});
    if random.chance(3) {
        resources.as_object_mut().expect("it is one").remove("pods");
    }
    if random.chance(80) {
        resources["ephemeral-storage"] = json!(random.one(&["100Gi", "50M"]));
    }
    if random.chance(30) {
        resources["nvidia.com/gpu"] = json!(random.one(&["0", "1", "4"]));
    }
    if random.chance(15) {
        resources["hugepages-2Mi"] = json!(random.one(&["0", "128Mi"]));
    }
    node["status"]["capacity"] = resources.clone();
    node["status"]["allocatable"] = resources;
    node["status"]["nodeInfo"]["kubeletVersion"] = json!(version);
    if random.chance(30) {
        node["status"]["declaredFeatures"] = json!(["RestartAllContainersOnContainerExits"]);
    }
    if random.chance(12) {
        let (kind, status) = match random.below(6) {
            0 => ("Ready", "False"),
            1 => ("Ready", "Unknown"),
            2 => ("MemoryPressure", "True"),
            3 => ("DiskPressure", "True"),
            4 => ("PIDPressure", "True"),
            _ => ("NetworkUnavailable", "True"),
        };
        let conditions = node["status"]["conditions"].as_array_mut().expect("the harness writes a list");
        match conditions.iter_mut().find(|c| c["type"] == kind) {
            Some(condition) => condition["status"] = json!(status),
            None => {
                let mut condition = conditions[0].clone();
                condition["type"] = json!(kind);
                condition["status"] = json!(status);
                conditions.push(condition);
            }
        }
    }
    node
}

fn pod(random: &mut Random, profile: Profile, name: &str, node: &str) -> Value {
    let namespace = random.one(&["default", "default", "team-a", "team-b"]);
    let cpu = if matches!(profile, Profile::Preempt | Profile::Resize) {
        &["250m", "0.5", "1", "750m"][..]
    } else {
        &CPUS[..]
    };
    // One that asks for more than there is has no place on a node.
    let memories = &MEMORIES[..MEMORIES.len() - 2];
    let mut requests = json!({});
    if random.chance(70) {
        requests["cpu"] = json!(random.one(cpu));
    }
    if random.chance(50) {
        requests["memory"] = json!(random.one(memories));
    }
    let mut pod = harness::pod(namespace, name, node, requests);
    pod["metadata"]["labels"] = json!({"app": random.one(&["web", "db", "cache"])});
    if random.chance(30) {
        pod["metadata"]["labels"]["tier"] = json!(random.one(&["front", "back"]));
    }
    let spec = &mut pod["spec"];
    spec["tolerations"] = json!([{"operator": "Exists"}]);
    if random.chance(25) {
        let number = PORTS[random.below(PORTS.len())];
        let mut port = json!({"containerPort": number, "hostPort": number, "protocol": random.one(&PROTOCOLS)});
        let ip = random.one(&IPS);
        if !ip.is_empty() {
            port["hostIP"] = json!(ip);
        }
        spec["containers"][0]["ports"] = json!([port]);
    }
    if random.chance(15) {
        let mut init = json!({"name": "i", "image": "registry.example/x:1", "resources": {"requests": {"cpu": random.one(&CPUS)}}});
        if random.chance(50) {
            init["restartPolicy"] = json!("Always");
        }
        spec["initContainers"] = json!([init]);
    }
    if random.chance(6) {
        spec["resources"] = json!({"requests": {"cpu": "6", "memory": "7Gi"}, "limits": {"cpu": "6", "memory": "7Gi"}});
    }
    if profile == Profile::Preempt || random.chance(20) {
        spec["priorityClassName"] = json!(random.one(&["low", "low", "middle", "high"]));
    }
    if profile == Profile::Interpod && random.chance(30) {
        let mut term = json!({"topologyKey": random.one(&["topology.kubernetes.io/zone", "kubernetes.io/hostname", "rack"]),
                              "labelSelector": {"matchLabels": {random.one(&["exclusive", "team"]): "yes"}}});
        match random.below(4) {
            0 => term["namespaces"] = json!(["default", "team-a"]),
            1 => term["namespaceSelector"] = json!({}),
            2 => term["namespaceSelector"] = json!({"matchLabels": {"team": "a"}}),
            _ => {}
        }
        spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
    }
    if profile == Profile::Volumes && namespace == "default" && random.chance(30) {
        let claim = random.one(&["shared", "once", "shared"]);
        spec["volumes"] = json!([{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]);
    }
    if profile == Profile::Volumes && random.chance(25) {
        spec["volumes"] = json!([disk(random)]);
    }
    if random.chance(8) {
        spec["hostNetwork"] = json!(true);
    }
    if random.chance(6) {
        // On its way out for ever; what is that important nobody evicts.
        spec["priorityClassName"] = json!("system-node-critical");
        pod["metadata"]["finalizers"] = json!([HOLD]);
        pod["status"] = json!({"phase": "Running"});
        return pod;
    }
    let phase = match random.below(20) {
        0 => "Succeeded",
        1 => "Failed",
        _ => "Running",
    };
    pod["status"] = json!({"phase": phase});
    if phase == "Running" && random.chance(80) {
        // Of pods alike the one that started last is evicted first.
        let (minute, second) = (random.below(60), random.below(60));
        pod["status"]["startTime"] = json!(format!("2024-01-01T00:{minute:02}:{second:02}Z"));
    }
    if profile == Profile::Resize && phase == "Running" && random.chance(60) {
        let now = json!({"cpu": random.one(cpu), "memory": random.one(memories)});
        let mut container = json!({"name": "c", "image": "x", "imageID": "", "ready": true, "restartCount": 0, "resources": {"requests": now}});
        if random.chance(60) {
            container["allocatedResources"] = json!({"cpu": random.one(cpu), "memory": random.one(memories)});
        }
        pod["status"]["containerStatuses"] = json!([container]);
        if pod["spec"]["initContainers"].is_array() {
            let now = json!({"cpu": random.one(cpu)});
            pod["status"]["initContainerStatuses"] = json!([{"name": "i", "image": "x", "imageID": "", "ready": true, "restartCount": 0,
                "resources": {"requests": now}, "allocatedResources": {"cpu": random.one(cpu)}}]);
        }
        if pod["spec"]["resources"].is_object() {
            let held = json!({"cpu": random.one(&["5", "7"]), "memory": "7Gi"});
            pod["status"]["resources"] = json!({"requests": held, "limits": held});
            pod["status"]["allocatedResources"] = json!({"cpu": random.one(&["5", "8"]), "memory": "6Gi"});
        }
        if random.chance(40) {
            let reason = random.one(&["Infeasible", "Deferred"]);
            pod["status"]["conditions"] = json!([{"type": "PodResizePending", "status": "True", "reason": reason}]);
        }
    }
    pod
}

/// A disk that at most one pod of a node may use, unless all only read.
pub fn disk(random: &mut Random) -> Value {
    let (read_only, same) = (random.chance(40), random.one(&["1", "2"]));
    match random.below(4) {
        3 => json!({"name": "d", "awsElasticBlockStore": {"volumeID": format!("vol-{same}"), "readOnly": read_only}}),
        0 => {
            json!({"name": "d", "iscsi": {"targetPortal": "10.0.0.9", "iqn": format!("iqn.2020-01.example:{same}"), "lun": 0, "readOnly": read_only}})
        }
        1 => {
            json!({"name": "d", "rbd": {"monitors": ["10.0.0.9", same], "image": "image", "pool": "rbd", "readOnly": read_only}})
        }
        _ => json!({"name": "d", "gcePersistentDisk": {"pdName": format!("disk-{same}"), "readOnly": read_only}}),
    }
}

/// Claims of every kind, in `default`. None of them is bound by the scheduler, so that no case changes the next one's.
fn volumes(random: &mut Random, nodes: &[String]) -> Vec<Value> {
    let class = |name: &str, provisioner: &str, mode: &str| json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode});
    let mut elsewhere = class("elsewhere", "csi.example.com", "WaitForFirstConsumer");
    elsewhere["allowedTopologies"] =
        json!([{"matchLabelExpressions": [{"key": "topology.kubernetes.io/zone", "values": ["z-none"]}]}]);
    let mut objects = vec![
        class("now", "csi.example.com", "Immediate"),
        class("late", "csi.example.com", "WaitForFirstConsumer"),
        class("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer"),
        class("by-hand", "kubernetes.io/no-provisioner", "Immediate"),
        class("published", "capacity.example.com", "WaitForFirstConsumer"),
        elsewhere,
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "capacity.example.com"}, "spec": {"storageCapacity": true}}),
    ];
    // Nowhere is room for a gibibyte.
    for (name, zone, sizes) in [
        ("little", "z-a", json!({"capacity": "512Mi"})),
        ("in-pieces", "z-b", json!({"capacity": "100Gi", "maximumVolumeSize": "900Mi"})),
    ] {
        let mut capacity = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity", "metadata": {"name": name, "namespace": "default"},
            "storageClassName": "published", "nodeTopology": {"matchLabels": {"topology.kubernetes.io/zone": zone}}});
        capacity.as_object_mut().expect("it is one").extend(sizes.as_object().cloned().unwrap_or_default());
        objects.push(capacity);
    }
    if random.chance(40) {
        objects.push(
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "csi.example.com"},
            "spec": {"preventPodSchedulingIfMissing": true}}),
        );
    }
    let zone = random.one(&ZONES);
    let home = &nodes[random.below(nodes.len())];
    let (mut far, mut two) = (json!({}), json!({}));
    far["required"]["nodeSelectorTerms"] =
        json!([{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]);
    two["required"]["nodeSelectorTerms"] =
        json!([{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [home]}]}]);
    for (name, mode, class, affinity, labels) in [
        ("shared", "ReadWriteMany", "now", json!(null), json!({})),
        ("zonal", "ReadWriteMany", "late", far, json!({})),
        ("one", "ReadWriteOnce", "local", two, json!({})),
        ("once", "ReadWriteOncePod", "now", json!(null), json!({})),
        ("labelled", "ReadWriteMany", "now", json!(null), json!({"topology.kubernetes.io/zone": "z-a__z-b"})),
    ] {
        let mut volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("pv-{name}"), "labels": labels},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": [mode], "storageClassName": class, "persistentVolumeReclaimPolicy": "Retain",
                     "csi": {"driver": "csi.example.com", "volumeHandle": format!("h-{name}")},
                     "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "default", "name": name}}});
        if name == "shared" && random.chance(40) {
            volume["spec"]["csi"] = json!(null);
            volume["spec"]["awsElasticBlockStore"] = json!({"volumeID": "aws://z-a/vol-1"});
        }
        if !affinity.is_null() {
            volume["spec"]["nodeAffinity"] = affinity;
        }
        objects.push(volume);
        objects.push(claim(name, mode, class, Some(&format!("pv-{name}"))));
    }
    objects.push(claim("waiting", "ReadWriteMany", "now", None));
    objects.push(claim("nowhere", "ReadWriteMany", "local", None));
    objects.push(claim("elsewhere", "ReadWriteMany", "elsewhere", None));
    objects.push(claim("published", "ReadWriteMany", "published", None));
    let mut chosen = claim("chosen", "ReadWriteMany", "late", None);
    chosen["metadata"]["annotations"] = json!({"volume.kubernetes.io/selected-node": "n99"});
    objects.push(chosen);
    let mut leaving = claim("leaving", "ReadWriteMany", "now", None);
    leaving["metadata"]["finalizers"] = json!([HOLD]);
    objects.push(leaving);
    let mut lost = claim("lost", "ReadWriteMany", "now", Some("pv-gone"));
    lost["metadata"]["annotations"] = json!({"pv.kubernetes.io/bind-completed": "yes"});
    objects.push(lost);
    for name in nodes {
        if random.chance(60) {
            let driver = |driver: &str, count: usize| json!({"name": driver, "nodeID": name, "topologyKeys": [], "allocatable": {"count": count}});
            let mut drivers = vec![driver("csi.example.com", random.below(3))];
            // Drivers that serve disks of old sources.
            for old in ["pd.csi.storage.gke.io", "ebs.csi.aws.com"] {
                if random.chance(60) {
                    drivers.push(driver(old, random.below(3)));
                }
            }
            objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": name}, "spec": {"drivers": drivers}}));
        }
        if random.chance(15) {
            let volume = random.one(&["pv-shared", "pv-labelled"]);
            objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": format!("at-{name}")},
                "spec": {"attacher": "csi.example.com", "nodeName": name, "source": {"persistentVolumeName": volume}}}));
        }
    }
    objects
}

/// Templates of claims, by name, with their requests.
pub const TEMPLATES: [&str; 11] =
    ["one", "two", "big", "any", "all", "tolerant", "odd", "pair", "alike", "lost", "either"];

/// DeviceClasses, templates of claims, what a driver publishes of the nodes, and claims that have devices already.
fn devices(random: &mut Random, nodes: &[String]) -> Vec<Value> {
    const API: &str = "resource.k8s.io/v1";
    let class = |name: &str, expressions: &[&str]| {
        let selectors: Vec<Value> = expressions.iter().map(|e| json!({"cel": {"expression": e}})).collect();
        json!({"apiVersion": API, "kind": "DeviceClass", "metadata": {"name": name}, "spec": {"selectors": selectors}})
    };
    let mut extended = class("extended", &["device.driver == 'gpu.example.com'"]);
    extended["spec"]["extendedResourceName"] = json!("example.com/dra");
    let mut objects = vec![
        class("gpus", &["device.driver == \"gpu.example.com\""]),
        class("big", &["device.driver == 'gpu.example.com' && device.attributes['gpu.example.com'].type == 'big'"]),
        class("any", &[]),
        class("odd", &["device.driver == 'gpu.example.com'", "device.attributes['gpu.example.com'].cores > 4"]),
        class("nics", &["device.driver == 'nic.example.com'"]),
        extended,
    ];
    for namespace in ["default", "team-a"] {
        let admin = namespace == "team-a";
        for name in TEMPLATES {
            let request = |name: &str, class: &str| json!({"name": name, "exactly": {"deviceClassName": class}});
            let mut first = request("a", "gpus");
            let exactly = &mut first["exactly"];
            let mut more: Vec<Value> = Vec::new();
            let mut constraints = json!([]);
            match name {
                "two" => exactly["count"] = json!(2),
                "big" | "any" | "odd" => exactly["deviceClassName"] = json!(name),
                "all" => {
                    exactly["allocationMode"] = json!("All");
                    if admin {
                        exactly["adminAccess"] = json!(true);
                    }
                }
                "tolerant" => exactly["tolerations"] = json!([{"key": "broken", "operator": "Exists"}]),
                "pair" => more.push(request("b", "nics")),
                "alike" => {
                    exactly["count"] = json!(2);
                    constraints = json!([{"matchAttribute": "gpu.example.com/type"}]);
                }
                "lost" => exactly["deviceClassName"] = json!("no-such-class"),
                "either" => {
                    first = json!({"name": "a", "firstAvailable": [
                        {"name": "x", "deviceClassName": "big", "count": 2}, {"name": "y", "deviceClassName": "nics"}]});
                }
                _ => {}
            }
            let requests: Vec<Value> = std::iter::once(first).chain(more).collect();
            objects.push(json!({"apiVersion": API, "kind": "ResourceClaimTemplate",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"spec": {"devices": {"requests": requests, "constraints": constraints}}}}));
        }
    }
    for node in nodes {
        for (driver, chance) in [("gpu.example.com", 80), ("nic.example.com", 40)] {
            if !random.chance(chance) {
                continue;
            }
            let count = 1 + random.below(3);
            let device = |random: &mut Random, number: usize| {
                let mut device = json!({"name": format!("d{number}"), "attributes": {
                    "type": {"string": random.one(&["big", "small"])}, "cores": {"int": random.one_of(&[2, 8])}}});
                if random.chance(20) {
                    device["taints"] = json!([{"key": random.one(&["broken", "old"]), "effect": random.one(&["NoSchedule", "NoExecute"])}]);
                }
                device
            };
            let devices: Vec<Value> = (0..count).map(|number| device(random, number)).collect();
            let slices = if random.chance(10) { 2 } else { 1 };
            let pool = format!("{node}-{}", &driver[..3]);
            objects.push(json!({"apiVersion": API, "kind": "ResourceSlice", "metadata": {"name": pool},
                "spec": {"driver": driver, "nodeName": node, "devices": devices,
                    "pool": {"name": pool, "generation": 1, "resourceSliceCount": slices}}}));
            for number in 0..count {
                if !random.chance(25) {
                    continue;
                }
                let class = if driver.starts_with("gpu") { "gpus" } else { "nics" };
                objects.push(json!({"apiVersion": API, "kind": "ResourceClaim",
                    "metadata": {"name": format!("held-{pool}-{number}"), "namespace": "team-b"},
                    "spec": {"devices": {"requests": [{"name": "a", "exactly": {"deviceClassName": class}}]}},
                    "status": {"allocation": {
                        "devices": {"results": [{"request": "a", "driver": driver, "pool": pool, "device": format!("d{number}")}]},
                        "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [
                            {"key": "metadata.name", "operator": "In", "values": [node]}]}]}}}}));
            }
        }
    }
    if random.chance(20) {
        objects.push(json!({"apiVersion": API, "kind": "ResourceSlice", "metadata": {"name": "everywhere"},
            "spec": {"driver": "gpu.example.com", "allNodes": true, "devices": [{"name": "d0"}],
                "pool": {"name": "everywhere", "generation": 1, "resourceSliceCount": 1}}}));
    }
    objects
}

/// What preemption spares where it can.
fn budgets(random: &mut Random) -> Vec<Value> {
    let mut objects = Vec::new();
    for namespace in ["default", "team-a"] {
        for app in random.some(&["web", "db", "cache"], 0, 2) {
            let mut spec = json!({"selector": {"matchLabels": {"app": app}}});
            match random.below(3) {
                0 => spec["maxUnavailable"] = json!(0),
                1 => spec["minAvailable"] = json!(random.below(2)),
                _ => spec["maxUnavailable"] = json!("50%"),
            }
            objects.push(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": app, "namespace": namespace}, "spec": spec}));
        }
    }
    objects
}

fn claim(name: &str, mode: &str, class: &str, volume: Option<&str>) -> Value {
    let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "default"},
        "spec": {"accessModes": [mode], "storageClassName": class, "resources": {"requests": {"storage": "1Gi"}}}});
    if let Some(volume) = volume {
        claim["spec"]["volumeName"] = json!(volume);
    }
    claim
}
