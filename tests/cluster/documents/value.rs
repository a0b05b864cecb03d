//! Values for fields: such as are right, and such as stand at an edge of a rule.

use serde_json::{Map, Value, json};

use super::Types;
use super::types::Kind;
use crate::differential::Random;

/// Text that some rule forbids or only just allows.
const EDGES: [&str; 34] = [
    "",
    " ",
    "a",
    "A",
    "-a",
    "a-",
    "a_b",
    "a.b",
    "a..b",
    ".a",
    "a/b",
    "/a",
    "a/b/c",
    "a//b",
    "..",
    "a/../b",
    "../a",
    "/",
    "a b",
    " a",
    "a ",
    "ü",
    "a=b",
    "a:b",
    "0",
    "1",
    "-1",
    "true",
    "1.5",
    "10.0.0.1",
    "::1",
    "010.0.0.1",
    "a\nb",
    "$(A)",
];

/// Words that have a meaning somewhere.
const WORDS: [&str; 84] = [
    "In",
    "NotIn",
    "Exists",
    "DoesNotExist",
    "Gt",
    "Lt",
    "Equal",
    "NoSchedule",
    "PreferNoSchedule",
    "NoExecute",
    "RollingUpdate",
    "OnDelete",
    "Always",
    "Never",
    "OnFailure",
    "IfNotPresent",
    "TCP",
    "UDP",
    "SCTP",
    "HTTP",
    "HTTPS",
    "ClusterFirst",
    "ClusterFirstWithHostNet",
    "Default",
    "None",
    "RuntimeDefault",
    "Unconfined",
    "Localhost",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
    "CharDevice",
    "BlockDevice",
    "Memory",
    "HugePages",
    "HugePages-2Mi",
    "Bidirectional",
    "HostToContainer",
    "Disabled",
    "IfPossible",
    "Enabled",
    "FallbackToLogsOnError",
    "Unmasked",
    "OnRootMismatch",
    "Merge",
    "Strict",
    "MountOption",
    "Recursive",
    "Honor",
    "Ignore",
    "DoNotSchedule",
    "ScheduleAnyway",
    "PreemptLowerPriority",
    "NotRequired",
    "RestartContainer",
    "Restart",
    "RestartAllContainers",
    "SIGTERM",
    "SIGUSR1",
    "linux",
    "windows",
    "ReadWriteOnce",
    "ReadWriteOncePod",
    "ReadOnlyMany",
    "Filesystem",
    "Block",
    "Shared",
    "Managed",
    "Dedicated",
    "ReadOnly",
    "ReadWrite",
    "RSA3072",
    "ED25519",
    "SYS_ADMIN",
    "CAP_SYS_ADMIN",
    "ALL",
    "kubernetes.io/hostname",
    "metadata.name",
    "spec.nodeName",
    "limits.cpu",
    "requests.memory",
    "metadata.labels['app']",
];

const RESOURCES: [&str; 14] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "hugepages-2Mi",
    "hugepages-1Gi",
    "hugepages-x",
    "storage",
    "pods",
    "example.com/gpu",
    "kubernetes.io/x",
    "requests.cpu",
    "widgets",
    "example.com/",
    "attachable-volumes-x",
];

const QUANTITIES: [&str; 18] = [
    "0", "1", "100m", "1m", "0.5", "1.5", "2Mi", "3Mi", "64Mi", "1Gi", "2Gi", "-1", "-100m", "1e3", "1E", "", "abc",
    "1 Gi",
];

/// A value for a field of this kind, right more often than not.
pub fn any(description: &str, field: &str, types: &Types, random: &mut Random, depth: usize) -> Value {
    match Kind::of(description) {
        Kind::List(item) => {
            let count = [0, 1, 1, 1, 2][random.below(5)];
            Value::Array((0..count).map(|_| any(item, field, types, random, depth + 1)).collect())
        }
        Kind::Map(item) => {
            let count = [0, 1, 1, 2][random.below(4)];
            let entries = (0..count).map(|_| (key(field, random), any(item, field, types, random, depth + 1)));
            Value::Object(entries.collect())
        }
        Kind::Object(name) => object(name, types, random, depth),
        Kind::Scalar(name) => scalar(name, field, random),
    }
}

fn object(name: &str, types: &Types, random: &mut Random, depth: usize) -> Value {
    let fields = &types[name];
    let mut made = Map::new();
    if depth > 6 {
        return Value::Object(made);
    }
    let wanted = if random.chance(10) { 0 } else { 1 + random.below(3.min(fields.len())) };
    for _ in 0..wanted {
        let number = random.below(fields.len());
        let Some((field, description)) = fields.iter().nth(number) else { continue };
        made.insert(field.clone(), any(description, field, types, random, depth + 1));
    }
    for field in ["name", "key", "path", "mountPath", "port", "containerPort", "operator", "topologyKey", "type"] {
        if let Some(description) = fields.get(field)
            && random.chance(80)
        {
            made.insert(field.to_owned(), any(description, field, types, random, depth + 1));
        }
    }
    Value::Object(made)
}

/// A key for a map of the author's.
pub fn key(field: &str, random: &mut Random) -> String {
    match field {
        "limits" | "requests" | "overhead" => random.one(&RESOURCES).to_owned(),
        _ if random.chance(60) => random
            .one(&[
                "app",
                "tier",
                "example.com/zone",
                "kubernetes.io/os",
                "Example.com/x",
                "controller.kubernetes.io/pod-deletion-cost",
            ])
            .to_owned(),
        _ => text(field, random),
    }
}

/// A value of one kind of scalar.
pub fn scalar(name: &str, field: &str, random: &mut Random) -> Value {
    match name {
        "string" => Value::String(text(field, random)),
        "bool" => Value::Bool(random.chance(50)),
        "int32" | "int64" => number(random),
        "Quantity" => match random.below(5) {
            0 => json!(random.one_of(&[0, 1, 2, -1, 1000])),
            _ => json!(random.one(&QUANTITIES)),
        },
        "IntOrString" => match random.below(3) {
            0 => json!(
                random
                    .one(&["http", "10%", "100%", "101%", "0%", "-1%", "", "HTTP", "80", "a--b", "1.5%", "5", "010%"])
            ),
            _ => json!(random.one_of(&[0, 1, 80, 65535, 65536, -1, 8080])),
        },
        "Time" | "MicroTime" => json!(random.one(&["2024-01-01T00:00:00Z", "yesterday", ""])),
        _ => Value::Object(Map::new()),
    }
}

fn number(random: &mut Random) -> Value {
    const NUMBERS: [i64; 20] = [
        -1,
        0,
        1,
        2,
        3,
        9,
        10,
        80,
        100,
        101,
        255,
        256,
        511,
        512,
        3600,
        65535,
        65536,
        2_147_483_647,
        2_147_483_648,
        -2_147_483_649,
    ];
    json!(random.one_of(&NUMBERS))
}

/// Text for a field of this name.
pub fn text(field: &str, random: &mut Random) -> String {
    match random.below(10) {
        0 | 1 => random.one(&EDGES).to_owned(),
        2 => random.one(&WORDS).to_owned(),
        3 => "a".repeat(random.one_of(&[15, 16, 63, 64, 65, 253, 254, 300])),
        _ => random.one(likely(field)).to_owned(),
    }
}

/// What probably stands there.
fn likely(field: &str) -> &'static [&'static str] {
    match field {
        "operator" => &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Equal", ""],
        "effect" => &["NoSchedule", "PreferNoSchedule", "NoExecute", ""],
        "type" => {
            &["Localhost", "RuntimeDefault", "Unconfined", "Directory", "Socket", "RollingUpdate", "OnDelete", ""]
        }
        "path" | "mountPath" | "devicePath" | "subPath" | "subPathExpr" | "localhostProfile" | "workingDir" => {
            &["/data", "data", "a/b", "../a", "/a/../b", "/a:b", "", "."]
        }
        "name" | "volumeName" | "containerName" | "claimName" | "secretName" => {
            &["main", "helper", "data", "config", "token", "setup", "http", "x", "gpu", "claim", "A.B"]
        }
        "image" => &["nginx", "nginx:1", " nginx", "nginx ", "", "NGINX", "{{ .Values.image }}"],
        "ip" | "hostIP" | "nameservers" => {
            &["10.0.0.1", "::1", "010.0.0.1", "10.0.0", "localhost", "fe80::1%eth0", "::ffff:1.2.3.4"]
        }
        "fieldPath" => &[
            "metadata.name",
            "metadata.labels",
            "metadata.labels['app']",
            "metadata.annotations['Example.com/x']",
            "spec.nodeName",
            "status.hostIPs",
            "spec.host",
            "metadata.uid",
            "status.phase",
            "metadata.labels['a b']",
            "metadata.labels['']",
        ],
        "resource" => &[
            "limits.cpu",
            "requests.memory",
            "limits.ephemeral-storage",
            "limits.hugepages-2Mi",
            "requests.example.com/gpu",
            "cpu",
        ],
        "apiVersion" => &["v1", "apps/v1", "v2", "a/b/c"],
        "kind" => &["Managed", "Shared", "Dedicated", "DaemonSet", "ConfigMap", "PersistentVolumeClaim"],
        "stopSignal" => &["SIGTERM", "SIGUSR1", "TERM", "SIGRTMIN+1", ""],
        "medium" => &["", "Memory", "HugePages", "HugePages-2Mi", "HugePages-1Gi", "HugePages-3Mi", "disk"],
        "port" => &["http", "80", "HTTP", ""],
        "add" | "drop" => &["SYS_ADMIN", "CAP_SYS_ADMIN", "ALL", "NET_ADMIN", ""],
        "values" => &["a", "1", "-1", "n1", "a b", "", "1.5", "007"],
        "sysctls" => &["net.core.somaxconn", "kernel.shm_rmid_forced", "net/ipv4/x", "a b"],
        "ephemeral" | "accessModes" => &["ReadWriteOnce", "ReadWriteOncePod", "ReadOnlyMany", "RWO"],
        _ => &["a", "main", "example.com/a", "linux", "data", "default", "x.y"],
    }
}

/// A value of another kind.
pub fn mistyped(value: &Value, random: &mut Random) -> Value {
    let all = [
        json!("text"),
        json!(5),
        json!(true),
        json!([]),
        json!({}),
        json!(["a"]),
        json!({"a": "b"}),
        json!(1.5),
        json!("5"),
    ];
    loop {
        let other = all[random.below(all.len())].clone();
        if std::mem::discriminant(&other) != std::mem::discriminant(value) || other != *value && random.chance(20) {
            return other;
        }
    }
}
