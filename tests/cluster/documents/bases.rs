//! The documents that are changed; each is one that the API server takes.

use serde_json::{Value, json};

/// A small one, one with many fields of a pod, one with volumes of many kinds, one for Windows.
pub fn bases() -> Vec<Value> {
    vec![
        of("small", json!({"containers": [{"name": "main", "image": "registry.example/agent:1"}]})),
        of("full", full()),
        of("full", full()),
        of("volumes", volumes()),
        of("windows", windows()),
    ]
}

fn of(name: &str, pod: Value) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": name, "namespace": "agents", "labels": {"app": "agent"}, "annotations": {"example.com/note": "a note"},
        },
        "spec": {
            "selector": {
                "matchLabels": {"app": "agent"},
                "matchExpressions": [{"key": "tier", "operator": "In", "values": ["node", "edge"]}],
            },
            "minReadySeconds": 5,
            "revisionHistoryLimit": 3,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 0}},
            "template": {
                "metadata": {
                    "labels": {"app": "agent", "tier": "node"},
                    "annotations": {"container.apparmor.security.beta.kubernetes.io/main": "runtime/default"},
                },
                "spec": pod,
            },
        },
    })
}

fn probe() -> Value {
    json!({"httpGet": {"path": "/live", "port": "http", "scheme": "HTTP", "httpHeaders": [{"name": "X-A", "value": "b"}]},
        "initialDelaySeconds": 3, "periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 3})
}

fn full() -> Value {
    let variables = json!([
        {"name": "LEVEL", "value": "info"},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "api", "optional": true}}},
        {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}},
    ]);
    let main = json!({
        "name": "main", "image": "registry.example/agent:1", "imagePullPolicy": "IfNotPresent",
        "command": ["/agent"], "args": ["--level", "$(LEVEL)"], "workingDir": "/",
        "env": variables, "envFrom": [{"prefix": "P_", "configMapRef": {"name": "settings"}}, {"secretRef": {"name": "keys"}}],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}, {"containerPort": 9100, "hostPort": 9100, "hostIP": "10.0.0.1"}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi", "hugepages-2Mi": "4Mi"},
            "limits": {"cpu": "1", "memory": "128Mi", "hugepages-2Mi": "4Mi", "example.com/gpu": 1},
            "claims": [{"name": "gpu", "request": "one"}],
        },
        "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
        "livenessProbe": probe(), "readinessProbe": {"exec": {"command": ["true"]}, "successThreshold": 2},
        "startupProbe": {"grpc": {"port": 8080, "service": "health"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}, "postStart": {"exec": {"command": ["true"]}}},
        "securityContext": {
            "privileged": false, "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsUser": 1000,
            "runAsGroup": 1000, "runAsNonRoot": true, "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
            "seccompProfile": {"type": "Localhost", "localhostProfile": "a/b.json"}, "procMount": "Default",
            "seLinuxOptions": {"level": "s0"},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": "/data", "mountPropagation": "HostToContainer"},
            {"name": "config", "mountPath": "/etc/agent", "readOnly": true, "subPath": "a", "recursiveReadOnly": "Disabled"},
        ],
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "stdin": false, "tty": false,
    });
    let term = json!({"labelSelector": {"matchLabels": {"app": "other"},
        "matchExpressions": [{"key": "tier", "operator": "Exists"}]}, "namespaces": ["other"],
        "namespaceSelector": {"matchLabels": {"team": "a"}}, "topologyKey": "kubernetes.io/hostname", "matchLabelKeys": ["rev"]});
    json!({
        "containers": [main, {"name": "helper", "image": "registry.example/helper:1"}],
        "initContainers": [
            {"name": "setup", "image": "registry.example/setup:1", "command": ["true"]},
            {"name": "sidecar", "image": "registry.example/sidecar:1", "restartPolicy": "Always", "livenessProbe": {"tcpSocket": {"port": 90}}},
        ],
        "volumes": [{"name": "data", "hostPath": {"path": "/data", "type": "DirectoryOrCreate"}},
            {"name": "config", "configMap": {"name": "settings", "defaultMode": 420, "items": [{"key": "a", "path": "a", "mode": 256}]}}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}, {"key": "cores", "operator": "Gt", "values": ["4"]}],
                     "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]},
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 10, "preference": {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}}],
            },
            "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term.clone()]},
            "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 5, "podAffinityTerm": term}]},
        },
        "tolerations": [{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
            {"key": "dedicated", "operator": "Equal", "value": "ml", "effect": "NoSchedule"}],
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "agent"}}, "minDomains": 2, "nodeAffinityPolicy": "Honor", "nodeTaintsPolicy": "Ignore"}],
        "serviceAccountName": "agent", "automountServiceAccountToken": true, "priorityClassName": "agents",
        "imagePullSecrets": [{"name": "pull"}], "dnsPolicy": "ClusterFirst", "hostPID": true,
        "dnsConfig": {"nameservers": ["10.0.0.10"], "searches": ["example.com"], "options": [{"name": "ndots", "value": "2"}]},
        "hostAliases": [{"ip": "10.0.0.9", "hostnames": ["a.example"]}],
        "hostname": "agent", "subdomain": "agents", "enableServiceLinks": false, "terminationGracePeriodSeconds": 40,
        "readinessGates": [{"conditionType": "example.com/ready"}], "schedulingGates": [{"name": "example.com/wait"}],
        "securityContext": {"fsGroup": 2000, "fsGroupChangePolicy": "OnRootMismatch", "supplementalGroups": [3000],
            "sysctls": [{"name": "net.core.somaxconn", "value": "1024"}], "seccompProfile": {"type": "RuntimeDefault"}},
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "gpu"}],
        "os": {"name": "linux"}, "runtimeClassName": "plain", "schedulerName": "default-scheduler", "restartPolicy": "Always",
        "preemptionPolicy": "PreemptLowerPriority", "priority": 100,
    })
}

fn volumes() -> Value {
    let sources = json!([
        {"secret": {"name": "keys", "items": [{"key": "a", "path": "secret/a"}]}},
        {"configMap": {"name": "settings", "optional": true}},
        {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
            {"path": "cpu", "resourceFieldRef": {"containerName": "main", "resource": "limits.cpu", "divisor": "1m"}}]}},
        {"serviceAccountToken": {"path": "token", "audience": "a", "expirationSeconds": 3600}},
        {"clusterTrustBundle": {"signerName": "example.com/signer", "path": "bundle", "labelSelector": {"matchLabels": {"a": "b"}}}},
    ]);
    let claim = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
        "resources": {"requests": {"storage": "1Gi"}}, "volumeMode": "Filesystem", "selector": {"matchLabels": {"a": "b"}},
        "dataSource": {"kind": "PersistentVolumeClaim", "name": "seed"}}});
    json!({
        "containers": [{"name": "main", "image": "registry.example/agent:1",
            "volumeMounts": [{"name": "host", "mountPath": "/host", "mountPropagation": "Bidirectional"}, {"name": "all", "mountPath": "/all"},
                {"name": "scratch", "mountPath": "/scratch", "subPathExpr": "$(NODE)"}],
            "volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}],
            "securityContext": {"privileged": true}}],
        "volumes": [
            {"name": "host", "hostPath": {"path": "/", "type": ""}},
            {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
            {"name": "all", "projected": {"defaultMode": 420, "sources": sources}},
            {"name": "secret", "secret": {"secretName": "keys", "defaultMode": 256, "optional": false}},
            {"name": "pod", "downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}, "mode": 420}]}},
            {"name": "disk", "persistentVolumeClaim": {"claimName": "disk", "readOnly": false}},
            {"name": "own", "ephemeral": {"volumeClaimTemplate": claim}},
            {"name": "csi", "csi": {"driver": "csi.example.com", "volumeAttributes": {"a": "b"}, "fsType": "ext4",
                "nodePublishSecretRef": {"name": "keys"}}},
            {"name": "nfs", "nfs": {"server": "nfs.example", "path": "/exports", "readOnly": true}},
            {"name": "iscsi", "iscsi": {"targetPortal": "10.0.0.2", "iqn": "iqn.2001-04.com.example:storage", "lun": 0, "fsType": "ext4"}},
            {"name": "fc", "fc": {"targetWWNs": ["50060e801049cfd1"], "lun": 0}},
            {"name": "image", "image": {"reference": "registry.example/data:1", "pullPolicy": "IfNotPresent"}},
            {"name": "flex", "flexVolume": {"driver": "example.com/flex", "options": {"a": "b"}}},
            {"name": "ceph", "cephfs": {"monitors": ["10.0.0.3"], "path": "/"}},
            {"name": "rbd", "rbd": {"monitors": ["10.0.0.3"], "image": "data"}},
            {"name": "azure", "azureFile": {"secretName": "keys", "shareName": "data"}},
            {"name": "azuredisk", "azureDisk": {"diskName": "d", "diskURI": "https://example.com/d.vhd"}},
        ],
    })
}

fn windows() -> Value {
    json!({
        "containers": [{"name": "main", "image": "registry.example/agent:1", "command": ["agent.exe"],
            "securityContext": {"windowsOptions": {"runAsUserName": "ContainerAdministrator"}}, "ports": [{"containerPort": 80}]}],
        "os": {"name": "windows"}, "hostNetwork": true, "nodeSelector": {"kubernetes.io/os": "windows"},
        "securityContext": {"windowsOptions": {"hostProcess": true, "runAsUserName": "NT AUTHORITY\\SYSTEM"}},
        "tolerations": [{"operator": "Exists"}],
        "volumes": [{"name": "host", "hostPath": {"path": "C:\\data"}}],
    })
}
