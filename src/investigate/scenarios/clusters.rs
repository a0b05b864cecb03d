//! For every code the smallest cluster that has its cause. Holds only data: the tests beside judge the clusters, and
//! `tests/snapshots/codes.rs` shows what the program prints about each.
//!
//! * `objects`: the objects that the clusters are made of.
//! * `volumes`: documents whose volumes decide where their pods may run.
//! * `creation`: documents whose pods the API server denies or changes, or that nobody can judge.

// The snapshots of what is printed include this file from elsewhere.
#[path = "clusters/creation.rs"]
mod creation;
#[path = "clusters/objects.rs"]
mod objects;
#[path = "clusters/volumes.rs"]
mod volumes;

use serde_json::{Value, json};

use super::Code;
use creation::created_on_paper;
use volumes::volumes_on_paper;

pub use objects::*;

pub fn on_paper() -> Vec<Paper> {
    let mut all = scheduled_on_paper();
    all.extend(volumes_on_paper());
    all.extend(created_on_paper());
    all
}

/// What the controller excludes and the scheduler refuses.
fn scheduled_on_paper() -> Vec<Paper> {
    use Code as C;
    let plain = || daemon_set(json!({}));
    let n1 = || node("n1");
    let anti = |labels: Value, key: &str| {
        json!({"affinity": {"podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": labels}, "topologyKey": key}]}}})
    };
    let spread = |more: Value| {
        daemon_set(json!({"topologySpreadConstraints": [with(json!({"maxSkew": 1, "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "agent"}}}), more)]}))
    };
    vec![
        (C::NODE_SELECTOR, vec![n1()], daemon_set(json!({"nodeSelector": {"disk": "ssd"}}))),
        (C::NOTHING_MATCHES, vec![n1()], daemon_set(json!({"nodeSelector": {"disk": "ssd"}}))),
        (
            C::NODE_AFFINITY,
            vec![n1()],
            daemon_set(json!({"affinity": {"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]}}}})),
        ),
        (C::NODE_NAME, vec![n1()], daemon_set(json!({"nodeName": "n2"}))),
        (
            C::PROJECT_SELECTOR,
            vec![
                labelled(json!({"node.openshift.io/os_id": "rhel"})),
                with(
                    namespace(json!({})),
                    json!({"metadata": {"annotations": {"openshift.io/node-selector": "disk=ssd"}}}),
                ),
            ],
            plain(),
        ),
        (C::TAINT, vec![tainted("dedicated")], plain()),
        (C::ALL_EXCLUDED, vec![tainted("dedicated")], plain()),
        (C::CONTROL_PLANE_TAINT, vec![tainted("node-role.kubernetes.io/control-plane")], plain()),
        (C::STATE_TAINT, vec![tainted("node.kubernetes.io/unreachable")], plain()),
        (C::STARTUP_TAINT, vec![tainted("node.cloudprovider.kubernetes.io/uninitialized")], plain()),
        (C::LEAVING_TAINT, vec![tainted("karpenter.sh/disrupted")], plain()),
        (C::VIRTUAL_TAINT, vec![tainted("virtual-kubelet.io/provider")], plain()),
        (
            C::SCHEDULER_SELECTOR,
            vec![
                n1(),
                class(
                    "RuntimeClass",
                    json!({"handler": "kata",
            "scheduling": {"nodeSelector": {"kata": "yes"}}}),
                ),
            ],
            daemon_set(json!({"runtimeClassName": "kata"})),
        ),
        (
            C::PORT_TAKEN,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "holder"}, "spec": {"containers": [
            {"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]}}),
                ),
            ],
            port(),
        ),
        (C::INSUFFICIENT, vec![n1()], asking(json!({"cpu": "3"}))),
        (C::TOO_MANY_PODS, vec![with(n1(), json!({"status": {"allocatable": {"pods": "1"}}}))], plain()),
        (C::FEATURE_MISSING, vec![n1()], restarting_all()),
        (C::SPREAD_LABEL, vec![n1()], spread(json!({}))),
        (
            C::SPREAD_SKEW,
            vec![
                labelled(json!({"zone": "a"})),
                with(
                    other(),
                    json!({"metadata": {"name": "alike", "labels": {"app": "agent"},
                        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u9",
                            "controller": true}]}}),
                ),
            ],
            spread(json!({"minDomains": 2})),
        ),
        (
            C::POD_AFFINITY,
            vec![n1()],
            daemon_set(json!({"affinity": {"podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": {"app": "db"}},
                "topologyKey": "kubernetes.io/hostname"}]}}})),
        ),
        (
            C::POD_ANTI_AFFINITY,
            vec![n1(), with(other(), json!({"metadata": {"name": "db", "labels": {"app": "db"}}}))],
            daemon_set(anti(json!({"app": "db"}), "kubernetes.io/hostname")),
        ),
        (
            C::EXISTING_ANTI_AFFINITY,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "alone"},
            "spec": anti(json!({"app": "agent"}), "kubernetes.io/hostname")}),
                ),
            ],
            plain(),
        ),
        (C::GATED, vec![n1()], daemon_set(json!({"schedulingGates": [{"name": "g"}]}))),
        (
            C::PREEMPTING,
            vec![
                n1(),
                with(
                    other(),
                    json!({"metadata": {"name": "victim"}, "spec": {"containers": [
            {"name": "c", "resources": {"requests": {"cpu": "2"}}}]}}),
                ),
            ],
            with(
                asking(json!({"cpu": "1"})),
                json!({"spec": {"template": {"spec": {"priorityClassName": "system-node-critical"}}}}),
            ),
        ),
        (
            C::RACE_CLAIM,
            vec![
                n1(),
                node("n2"),
                claim(json!({"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"volumeName": "pv", "accessModes": ["ReadWriteOncePod"]}})),
                volume(json!({})),
            ],
            claiming(),
        ),
        (
            C::RACE_SPREAD,
            vec![
                labelled(json!({"zone": "a"})),
                with(node("n2"), json!({"metadata": {"labels": {"zone": "a"}}})),
                with(tainted("x"), json!({"metadata": {"name": "n3", "labels": {"zone": "b"}}})),
            ],
            spread(json!({"nodeAffinityPolicy": "Ignore"})),
        ),
        (
            C::RACE_AFFINITY,
            vec![labelled(json!({"zone": "a"})), with(node("n2"), json!({"metadata": {"labels": {"zone": "a"}}}))],
            daemon_set(anti(json!({"app": "agent"}), "zone")),
        ),
    ]
}

/// A scenario about what is deployed: what the cluster holds beside the DaemonSet and a pod on `n1`.
pub fn deployed() -> Vec<(Code, Vec<Value>, Value)> {
    use Code as C;
    let plain = || daemon_set(json!({}));
    let on = |items: Vec<Value>| items.into_iter().chain([node("n1")]).collect::<Vec<_>>();
    let starting = || own(json!({"phase": "Pending"}));
    let pod_event = |reason: &str, message: &str| event("Pod", "agent-1", reason, message);
    let end = |code: i32, reason: &str, message: &str| {
        crashed(json!({"exitCode": code, "reason": reason, "message": message}))
    };
    let unbound = |conditions: Value| {
        with(
            own(json!({"phase": "Pending", "conditions": conditions})),
            json!({"spec": {
        "nodeName": null, "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]}}}}}),
        )
    };
    let refused_by_scheduler = |reason: &str| {
        json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": format!("0/1 nodes are available: 1 {reason}.")}])
    };
    let on_delete = || with(plain(), json!({"spec": {"updateStrategy": {"type": "OnDelete"}}}));
    let second = |more: Value| {
        with(
            with(
                own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]})),
                json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "new"}}, "spec": {"nodeName": "n2"}}),
            ),
            more,
        )
    };
    let unready_node = |name: &str| {
        with(
            node(name),
            json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]}}),
        )
    };
    let mut all: Vec<(Code, Vec<Value>, Value)> = vec![
        (C::KUBELET_RESOURCES, on(vec![failed("OutOfcpu")]), plain()),
        (C::KUBELET_AFFINITY, on(vec![failed("NodeAffinity")]), plain()),
        (C::KUBELET_PORTS, on(vec![failed("NodePorts")]), plain()),
        (C::KUBELET_TAINT, on(vec![failed("TaintToleration")]), plain()),
        (C::EVICTED, on(vec![failed("Evicted")]), plain()),
        (C::SYSCTL_FORBIDDEN, on(vec![failed("SysctlForbidden")]), plain()),
        (C::DEVICES, on(vec![failed("UnexpectedAdmissionError")]), plain()),
        (C::NODE_SHUTDOWN, on(vec![failed("NodeShutdown")]), plain()),
        (C::KUBELET_REFUSED, on(vec![failed("AppArmor")]), plain()),
        (C::POD_FAILED, on(vec![failed("Strange")]), plain()),
        (C::IMAGE_PULL, on(vec![waiting("ImagePullBackOff", "not found")]), plain()),
        (C::IMAGE_NAME, on(vec![waiting("InvalidImageName", "")]), plain()),
        (C::IMAGE_ABSENT, on(vec![waiting("ErrImageNeverPull", "")]), plain()),
        (C::CONTAINER_CONFIG, on(vec![waiting("CreateContainerConfigError", "secret \"s\" not found")]), plain()),
        (C::CONTAINER_START, on(vec![waiting("RunContainerError", "no such file")]), plain()),
        (
            C::SECURITY_CONTEXT,
            on(vec![waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")]),
            plain(),
        ),
        (C::CRASH_LOOP, on(vec![end(1, "Error", "")]), plain()),
        (C::OUT_OF_MEMORY, on(vec![end(137, "OOMKilled", "")]), plain()),
        (C::ARCHITECTURE, on(vec![end(1, "Error", "exec format error")]), plain()),
        (C::ENDS_AT_ONCE, on(vec![end(0, "Completed", "")]), plain()),
        (C::LIVENESS, on(vec![end(137, "Error", ""), pod_event("Unhealthy", "Liveness probe failed: 500")]), plain()),
        (
            C::INIT_FAILED,
            on(vec![own(json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "ready": false,
            "restartCount": 3, "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}))]),
            plain(),
        ),
        (
            C::INIT_RUNNING,
            on(vec![own(json!({"phase": "Pending", "initContainerStatuses": [{"name": "wait", "ready": false,
            "restartCount": 0, "state": {"running": {"startedAt": "2027-01-15T07:00:00Z"}}}]}))]),
            plain(),
        ),
        (C::MOUNT, on(vec![starting(), pod_event("FailedMount", "configmap \"c\" not found")]), plain()),
        (
            C::HOST_PATH_TYPE,
            on(vec![starting(), pod_event("FailedMount", "hostPath type check failed: /p is not a directory")]),
            plain(),
        ),
        (C::ATTACH, on(vec![starting(), pod_event("FailedAttachVolume", "Multi-Attach error")]), plain()),
        (C::SANDBOX, on(vec![starting(), pod_event("FailedCreatePodSandBox", "no address left")]), plain()),
        (C::NETWORK_NOT_READY, on(vec![starting(), pod_event("NetworkNotReady", "network is not ready")]), plain()),
        (C::READINESS, on(vec![unready(), pod_event("Unhealthy", "Readiness probe failed: 503")]), plain()),
        (C::NOT_READY, on(vec![unready()]), plain()),
        (C::STARTING_LONG, on(vec![starting()]), plain()),
        (C::TERMINATING_LONG, on(vec![with(running(), json!({"metadata": {"deletionTimestamp": LONG_AGO}}))]), plain()),
        (C::PENDING_UNEXPLAINED, on(vec![unbound(json!([]))]), plain()),
        (
            C::DISAGREES,
            on(vec![unbound(json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available: 1 Insufficient cpu."}]))]),
            plain(),
        ),
        (
            C::NODE_NOT_READY,
            vec![
                own(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]})),
                unready_node("n1"),
            ],
            plain(),
        ),
        (C::MISSING, on(vec![]), plain()),
        // No document may say so; a DaemonSet of an older server may.
        (
            C::CONTRADICTION,
            on(vec![]),
            daemon_set(
                json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}]}),
            ),
        ),
        (
            C::WEBHOOK_REFUSED,
            on(vec![event(
                "DaemonSet",
                "agent",
                "FailedCreate",
                "Error creating: admission webhook \"w\" denied the request: no",
            )]),
            plain(),
        ),
        (
            C::WEBHOOK_UNREACHABLE,
            on(vec![event(
                "DaemonSet",
                "agent",
                "FailedCreate",
                "Error creating: Internal error occurred: failed calling webhook \"w\"",
            )]),
            plain(),
        ),
        (
            C::SCC_DENIED,
            on(vec![event(
                "DaemonSet",
                "agent",
                "FailedCreate",
                "Error creating: pods \"agent-\" is forbidden: unable to validate against any security context constraint: \
                 [provider restricted-v2: .spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed \
                 to be used, provider \"privileged\": Forbidden: not usable by user or serviceaccount]",
            )]),
            plain(),
        ),
        (
            C::CREATION_FAILED,
            on(vec![event("DaemonSet", "agent", "FailedCreate", "Error creating: etcd is full")]),
            plain(),
        ),
        (C::STRANDED, vec![tainted("dedicated"), running()], plain()),
        (C::AUTOSCALER_STRANDED, vec![tainted("karpenter.sh/disrupted"), running()], plain()),
        (C::MISSCHEDULED, on(vec![running()]), daemon_set(json!({"nodeSelector": {"disk": "ssd"}}))),
        (C::ON_DELETE, on(vec![running(), revision()]), on_delete()),
        (
            C::STATUS_DIFFERS,
            on(vec![
                running(),
                node("n2"),
                with(running(), json!({"metadata": {"name": "agent-2"}, "spec": {"nodeName": "n2"}})),
            ]),
            plain(),
        ),
        (C::ROLLOUT_STUCK, on(vec![running(), node("n2"), second(json!({})), revision()]), plain()),
        (
            C::SURGE_BLOCKED,
            on(vec![
                running(),
                with(
                    unbound(refused_by_scheduler(
                        "node(s) didn't have free ports for the requested pod \
                ports",
                    )),
                    json!({"metadata": {"name": "agent-2", "labels": {"controller-revision-hash": "new"}}}),
                ),
                revision(),
            ]),
            surging(),
        ),
        (
            C::CHANGED_BY_ADMISSION,
            on(vec![with(
                unbound(refused_by_scheduler("node(s) didn't match Pod's node affinity/selector")),
                json!({"spec": {"nodeSelector": {"pool": "gpu"}, "tolerations": default_tolerations()}}),
            )]),
            plain(),
        ),
        (C::NEW_REVISION_FAILS, new_revision_fails(), on_delete()),
        (C::ROLLOUT_NODES, on(vec![running(), unready_node("n2"), second(json!({})), revision()]), plain()),
    ];
    all.push((C::NOT_OBSERVED, on(vec![running()]), with(plain(), json!({"metadata": {"generation": 7}}))));
    all
}
