//! Which fields of each kind are saved. What is not listed here is never written.
//!
//! Left out on purpose: values of environment variables, commands and arguments, annotations that nobody reads, which
//! fields are managed but for whether the template is, addresses of nodes and pods, what volumes are configured with.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::model::wire::Kind;

/// Fields of an object by name. Lists are seen through: what is said of a field holds for each element.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    names: HashMap<&'static str, Kept>,
    /// What names begin with, where all such are kept.
    prefixes: Vec<&'static str>,
}

/// What is kept of one field.
#[derive(Debug)]
pub(crate) enum Kept {
    /// The value as it is.
    Whole,
    /// These fields of it.
    Part(Fields),
}

impl Fields {
    /// What is kept of the field of this name, if anything.
    pub(crate) fn get(&self, name: &str) -> Option<&Kept> {
        let prefixed = || self.prefixes.iter().any(|prefix| name.starts_with(prefix)).then_some(&Kept::Whole);
        self.names.get(name).or_else(prefixed)
    }

    /// Reads `name`, `name{name ...}` and `prefix*`, separated by blanks.
    fn parse(text: &'static str) -> Fields {
        let mut rest = text.trim();
        let mut fields = Fields::default();
        while !rest.is_empty() {
            let end = rest.find([' ', '\n', '{']).unwrap_or(rest.len());
            let name = &rest[..end];
            rest = &rest[end..];
            let kept = match rest.strip_prefix('{') {
                Some(inside) => {
                    let close = closing(inside);
                    rest = &inside[close + 1..];
                    Kept::Part(Fields::parse(&inside[..close]))
                }
                None => Kept::Whole,
            };
            match name.strip_suffix('*') {
                Some(prefix) => fields.prefixes.push(prefix),
                None => drop(fields.names.insert(name, kept)),
            }
            rest = rest.trim_start();
        }
        fields
    }
}

/// Where the brace ends that was opened just before this text. The texts are constants below, and tested.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    let ends = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth < 0
    };
    text.find(ends).unwrap_or(text.len() - 1)
}

/// The fields of a kind.
pub(crate) fn of(kind: Kind) -> &'static Fields {
    static FIELDS: OnceLock<HashMap<Kind, Fields>> = OnceLock::new();
    let all = FIELDS.get_or_init(|| Kind::all().map(|kind| (kind, Fields::parse(text(kind)))).collect());
    all.get(&kind).unwrap_or(NOTHING.get_or_init(Fields::default))
}

static NOTHING: OnceLock<Fields> = OnceLock::new();

macro_rules! meta {
    () => {
        meta!("")
    };
    ($more:literal) => {
        concat!(
            "metadata{name namespace uid generation resourceVersion creationTimestamp deletionTimestamp labels
            annotations{deprecated.daemonset.template.generation pv.kubernetes.io/bind-completed
                volume.kubernetes.io/selected-node volume.beta.kubernetes.io/storage-class
                storageclass.kubernetes.io/is-default-class openshift.io/node-selector
                scheduler.alpha.kubernetes.io/node-selector scheduler.alpha.kubernetes.io/tolerationsWhitelist
                openshift.io/sa.scc.uid-range openshift.io/sa.scc.supplemental-groups argocd.argoproj.io/tracking-id meta.helm.sh/release-name
                meta.helm.sh/release-namespace objectset.rio.cattle.io/owner-gvk objectset.rio.cattle.io/owner-name
                container.apparmor.security.beta.kubernetes.io/*
                kubectl-daemonset/*}
            ownerReferences{apiVersion kind uid controller} finalizers ",
            $more,
            "}"
        )
    };
}

macro_rules! handler {
    () => {
        "{httpGet{host port} tcpSocket{host port} grpc{port}}"
    };
}

macro_rules! container {
    () => {
        concat!(
            "{name image restartPolicy restartPolicyRules{action} resources{requests limits}
            ports{containerPort hostPort protocol hostIP}
            env{name valueFrom{configMapKeyRef{name key optional} secretKeyRef{name key optional} fieldRef{fieldPath}
                resourceFieldRef{containerName resource}}}
            envFrom{prefix configMapRef{name optional} secretRef{name optional}}
            volumeMounts{name mountPath readOnly subPath recursiveReadOnly mountPropagation}
            securityContext{privileged allowPrivilegeEscalation capabilities runAsNonRoot runAsUser runAsGroup
                readOnlyRootFilesystem
                seccompProfile{type} appArmorProfile{type} seLinuxOptions procMount windowsOptions{hostProcess}}
            livenessProbe",
            handler!(),
            " readinessProbe",
            handler!(),
            " startupProbe",
            handler!(),
            " lifecycle{postStart",
            handler!(),
            " preStop",
            handler!(),
            "}}"
        )
    };
}

macro_rules! pod_spec {
    () => {
        concat!(
            "{nodeName nodeSelector tolerations priorityClassName priority preemptionPolicy runtimeClassName
            serviceAccountName serviceAccount schedulerName schedulingGates hostNetwork hostPID hostIPC hostUsers os
            activeDeadlineSeconds terminationGracePeriodSeconds automountServiceAccountToken
            affinity topologySpreadConstraints resources{requests limits} overhead
            resourceClaims{name resourceClaimName resourceClaimTemplateName} dnsPolicy
            securityContext{runAsNonRoot runAsUser runAsGroup fsGroup fsGroupChangePolicy supplementalGroups
                supplementalGroupsPolicy seccompProfile{type} appArmorProfile{type} seLinuxOptions
                sysctls{name} windowsOptions{hostProcess}}
            volumes{name hostPath{path type} emptyDir{medium sizeLimit} persistentVolumeClaim{claimName readOnly}
                ephemeral{volumeClaimTemplate{spec{accessModes storageClassName volumeAttributesClassName volumeMode
                    resources}}}
                gcePersistentDisk{pdName readOnly} awsElasticBlockStore{volumeID readOnly}
                iscsi{iqn readOnly} rbd{monitors pool image readOnly} csi{driver readOnly}
                configMap{name items{key path} optional defaultMode} secret{secretName items{key path} optional defaultMode}
                projected{sources{configMap{name items{key path} optional} secret{name items{key path} optional}
                    serviceAccountToken{path} downwardAPI{}}}
                downwardAPI{} nfs{} glusterfs{} cephfs{} cinder{}
                fc{} flexVolume{} flocker{} azureFile{} azureDisk{} gitRepo{} photonPersistentDisk{}
                portworxVolume{} quobyte{} scaleIO{} storageos{} vsphereVolume{} image{}}
            containers",
            container!(),
            " initContainers",
            container!(),
            "}"
        )
    };
}

macro_rules! exact_request {
    () => {
        "{name deviceClassName allocationMode count adminAccess selectors tolerations capacity}"
    };
}

/// The requests of a claim for devices: v1beta1 has the fields of `exactly` in the request.
macro_rules! device_claim {
    () => {
        concat!(
            "{requests{name exactly",
            exact_request!(),
            " firstAvailable",
            exact_request!(),
            " deviceClassName allocationMode count adminAccess selectors tolerations capacity} constraints}"
        )
    };
}

macro_rules! device {
    () => {
        "attributes taints nodeName allNodes nodeSelector consumesCounters allowMultipleAllocations bindingConditions
            nodeAllocatableResources nodeAllocatableResourceMappings"
    };
}

macro_rules! rules {
    () => {
        "{operations apiGroups apiVersions resources scope resourceNames}"
    };
}

macro_rules! match_resources {
    () => {
        concat!(
            "{resourceRules",
            rules!(),
            " excludeResourceRules",
            rules!(),
            " namespaceSelector objectSelector matchPolicy}"
        )
    };
}

macro_rules! container_status {
    () => {
        "{name ready started restartCount resources{requests limits} allocatedResources
            state{running{startedAt} waiting{reason message} terminated{exitCode signal reason message startedAt finishedAt}}
            lastState{running{startedAt} waiting{reason message} terminated{exitCode signal reason message startedAt finishedAt}}}"
    };
}

fn text(kind: Kind) -> &'static str {
    match kind {
        Kind::Node => concat!(
            meta!(),
            " spec{unschedulable taints}
            status{allocatable capacity declaredFeatures features{supplementalGroupsPolicy}
                runtimeHandlers{name features{recursiveReadOnlyMounts userNamespaces}}
                conditions{type status reason message lastHeartbeatTime lastTransitionTime}
                nodeInfo{kubeletVersion architecture operatingSystem osImage kernelVersion containerRuntimeVersion}}"
        ),
        Kind::Pod => concat!(
            meta!(),
            " spec",
            pod_spec!(),
            " status{phase reason message startTime nominatedNodeName resize resources{requests limits}
                allocatedResources
                conditions{type status reason message lastTransitionTime}
                containerStatuses",
            container_status!(),
            " initContainerStatuses",
            container_status!(),
            "}"
        ),
        Kind::DaemonSet => concat!(
            meta!("managedFields{manager subresource time fieldsV1{f:spec{f:template{}}}}"),
            " spec{selector updateStrategy minReadySeconds revisionHistoryLimit template{",
            meta!(),
            " spec",
            pod_spec!(),
            "}} status{observedGeneration desiredNumberScheduled currentNumberScheduled updatedNumberScheduled
                numberReady numberAvailable numberUnavailable numberMisscheduled}"
        ),
        // What it stores is a template of its DaemonSet.
        Kind::ControllerRevision => {
            concat!(meta!(), " revision data{spec{template{", meta!(), " spec", pod_spec!(), "}}}")
        }
        Kind::ServiceAccount => concat!(meta!(), " imagePullSecrets{name}"),
        Kind::Namespace | Kind::ConfigMap | Kind::Secret => meta!(),
        Kind::PriorityClass => concat!(meta!(), " value globalDefault preemptionPolicy"),
        Kind::RuntimeClass => concat!(meta!(), " handler overhead{podFixed} scheduling{nodeSelector tolerations}"),
        Kind::LimitRange => concat!(meta!(), " spec{limits}"),
        Kind::ResourceQuota => concat!(meta!(), " spec{hard scopes scopeSelector} status{hard used}"),
        Kind::PersistentVolumeClaim => concat!(
            meta!(),
            " spec{volumeName storageClassName volumeAttributesClassName accessModes volumeMode selector
                resources{requests}} status{phase}"
        ),
        Kind::PersistentVolume => concat!(
            meta!(),
            " spec{capacity csi{driver volumeHandle} awsElasticBlockStore{volumeID} gcePersistentDisk{pdName}
                azureDisk{diskURI} cinder{volumeID} portworxVolume{volumeID} claimRef{namespace name} nodeAffinity
                storageClassName accessModes volumeMode} status{phase}"
        ),
        Kind::StorageClass => concat!(meta!(), " provisioner volumeBindingMode allowedTopologies"),
        Kind::CSINode => concat!(meta!(), " spec{drivers{name allocatable topologyKeys}}"),
        Kind::VolumeAttachment => {
            concat!(meta!(), " spec{attacher nodeName source{persistentVolumeName}} status{attached}")
        }
        Kind::CSIStorageCapacity => concat!(meta!(), " storageClassName nodeTopology capacity maximumVolumeSize"),
        Kind::CSIDriver => concat!(meta!(), " spec{storageCapacity preventPodSchedulingIfMissing attachRequired}"),
        Kind::DeviceClass => concat!(meta!(), " spec{extendedResourceName selectors}"),
        Kind::ResourceClaim => concat!(
            meta!(),
            " spec{devices",
            device_claim!(),
            "} status{allocation{devices{results{request driver pool device adminAccess shareID}} nodeSelector}
                reservedFor{resource name}}"
        ),
        Kind::ResourceClaimTemplate => concat!(meta!(), " spec{spec{devices", device_claim!(), "}}"),
        Kind::ResourceSlice => concat!(
            meta!(),
            " spec{driver pool{name generation resourceSliceCount} nodeName allNodes nodeSelector devices{name ",
            device!(),
            " basic{",
            device!(),
            "}}}"
        ),
        Kind::PodDisruptionBudget => concat!(meta!(), " spec{selector} status{disruptionsAllowed}"),
        Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration => concat!(
            meta!(),
            " webhooks{name failurePolicy clientConfig{service{namespace name}} namespaceSelector objectSelector matchPolicy
                matchConditions{name} rules",
            rules!(),
            "}"
        ),
        Kind::ValidatingAdmissionPolicy | Kind::MutatingAdmissionPolicy => concat!(
            meta!(),
            " spec{failurePolicy paramKind matchConditions{name} matchConstraints",
            match_resources!(),
            "}"
        ),
        Kind::ValidatingAdmissionPolicyBinding | Kind::MutatingAdmissionPolicyBinding => concat!(
            meta!(),
            " spec{policyName validationActions paramRef{name namespace} matchResources",
            match_resources!(),
            "}"
        ),
        Kind::EndpointSlice => concat!(meta!(), " endpoints{conditions{ready serving}}"),
        Kind::SecurityContextConstraints => concat!(
            meta!(),
            " users groups allowHostNetwork allowHostPID allowHostIPC allowHostPorts allowPrivilegedContainer
                allowPrivilegeEscalation readOnlyRootFilesystem volumes allowedCapabilities defaultAddCapabilities
                seccompProfiles allowedUnsafeSysctls forbiddenSysctls runAsUser{type uid uidRangeMin uidRangeMax}
                seLinuxContext{type} fsGroup{type ranges} supplementalGroups{type ranges} userNamespaceLevel"
        ),
        Kind::Event => concat!(
            meta!(),
            " involvedObject{kind namespace name uid fieldPath} regarding{kind namespace name uid fieldPath}
                reason message note type source{host} deprecatedSource{host} reportingComponent reportingInstance
                firstTimestamp lastTimestamp deprecatedFirstTimestamp deprecatedLastTimestamp eventTime count
                deprecatedCount series{count lastObservedTime}"
        ),
        Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::Job => concat!(meta!(), " spec{selector}"),
        // Who may do what is not saved.
        Kind::Role | Kind::ClusterRole | Kind::RoleBinding | Kind::ClusterRoleBinding | Kind::DoctorSnapshot => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::wire::RBAC_KINDS;

    #[test]
    fn every_list_of_fields_can_be_read() {
        for kind in Kind::all() {
            let text = text(kind);
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{kind}");
            let fields = of(kind);
            let metadata = fields.get("metadata");
            let is_saved = kind != Kind::DoctorSnapshot && !RBAC_KINDS.contains(&kind);
            assert!(!is_saved || matches!(metadata, Some(Kept::Part(_))), "{kind}");
        }
        let Some(Kept::Part(spec)) = of(Kind::Pod).get("spec") else { panic!("a pod has a spec") };
        assert!(matches!(spec.get("nodeName"), Some(Kept::Whole)));
        assert!(spec.get("imagePullSecrets").is_none());
        let Some(Kept::Part(container)) = spec.get("initContainers") else { panic!("a pod has init containers") };
        for secret in ["command", "args", "workingDir"] {
            assert!(container.get(secret).is_none(), "{secret}");
        }
        let Some(Kept::Part(variable)) = container.get("env") else { panic!("of variables names are saved") };
        assert!(variable.get("name").is_some() && variable.get("value").is_none());
        let Some(Kept::Part(meta)) = of(Kind::Node).get("metadata") else { panic!("a node has metadata") };
        let Some(Kept::Part(annotations)) = meta.get("annotations") else { panic!("annotations are told apart") };
        assert!(annotations.get("kubectl-daemonset/expect").is_some());
        assert!(annotations.get("kubectl.kubernetes.io/last-applied-configuration").is_none());
    }
}
