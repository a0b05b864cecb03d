//! Which command belongs to which cause.

use crate::explain::ExplainContext;
use crate::explain::next_step::{NextStep, Object};
use crate::findings::codes::Code;
use crate::model::labels::Operator;
use crate::model::message::admission::SccObjection;
use crate::model::wire::Kind;
use crate::model::{Pod, Symbol};
use crate::rules::{
    Cause, ClaimDenial, CreationRefusal, DeviceRejection, Exclusion, KubeletRefusal, Race, Rejection, StartObstacle,
    Unknown,
};
use crate::store::{Coverage, PodIndex};

/// What a finding is about, beside its cause.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The code.
    pub code: Code,
    /// The first of the nodes, if the finding has nodes.
    pub node: Option<&'a str>,
    /// The DaemonSet's pod on that node.
    pub pod: Option<&'a str>,
    /// Whether the DaemonSet is a document: no command can name it.
    pub written: bool,
}

impl ExplainContext<'_> {
    /// Returns what to run about a cause that the rules found.
    pub fn step_of_rule(&self, cause: &Cause, about: About<'_>) -> NextStep {
        match cause {
            Cause::Exclusion(exclusion) => match exclusion {
                Exclusion::NodeName { .. } => self.template(about),
                Exclusion::NodeSelector { key, .. } => labels(&[*key]),
                Exclusion::NodeAffinity => NextStep::NodeLabels(self.keys()),
                // The selector stands in an annotation of the namespace.
                Exclusion::ProjectSelector { .. } => NextStep::Print(Object::cluster("namespace", self.namespace())),
                Exclusion::Taint { .. } => self.node_step(about),
            },
            Cause::Creation(refusal) => self.step_of_refusal(refusal, about),
            Cause::Gate(_) => self.pod_step(about),
            Cause::Rejection(rejection) | Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => {
                self.step_of_rejection(rejection, about)
            }
            Cause::Unknown(unknown) => self.step_of_unknown(unknown, about),
            Cause::Race(Race::Claim(claim)) => self.claim_step(*claim),
            Cause::Race(Race::Spread(key) | Race::Affinity(key)) => labels(&[*key]),
            Cause::Kubelet(_) => self.node_step(about),
            Cause::Start(failure) => self.step_of_start(failure, about),
        }
    }

    /// Returns what to run about a finding whose cause is its code alone.
    pub fn step_of_code(&self, about: About<'_>) -> NextStep {
        let namespace = self.namespace();
        match (about.code, about.pod) {
            // Before the document is applied the controller would recreate the old pod.
            (Code::ON_DELETE, _) if about.written => NextStep::PodsOf { namespace, labels: self.selected_labels() },
            (Code::ON_DELETE, Some(pod)) => NextStep::DeletePod { namespace, pod: pod.to_owned() },
            // The controller manager renews its lease every few seconds while it runs.
            (Code::NOT_OBSERVED, _) => NextStep::Print(Object::of("lease", "kube-system", "kube-controller-manager")),
            (Code::ROLLOUT_NODES, _) => self.node_step(about),
            (Code::SURGE_PORT, _) => self.template(about),
            _ => self.pod_step(about),
        }
    }

    fn step_of_refusal(&self, refusal: &CreationRefusal, about: About<'_>) -> NextStep {
        use CreationRefusal as R;
        let namespace = self.namespace();
        let class = self.daemon_set.template.spec.priority_class;
        let priority_class = || match class {
            Some(class) => NextStep::Print(Object::cluster("priorityclass", class.as_str())),
            _ => NextStep::List { kinds: "priorityclasses", namespace: None },
        };
        match refusal {
            R::NamespaceMissing => NextStep::CreateNamespace(namespace),
            R::NamespaceTerminating => NextStep::Describe(Object::cluster("namespace", namespace)),
            R::ServiceAccountMissing { .. } => NextStep::List { kinds: "serviceaccounts", namespace: Some(namespace) },
            R::PriorityClassMissing { .. } => NextStep::List { kinds: "priorityclasses", namespace: None },
            R::PriorityMismatch { .. } | R::PreemptionPolicyMismatch => priority_class(),
            R::RuntimeClassMissing { .. } | R::RuntimeClassConflict { .. } | R::OverheadMismatch => {
                NextStep::List { kinds: "runtimeclasses", namespace: None }
            }
            R::LimitRange { range, .. } => NextStep::Describe(Object::of("limitrange", namespace, range.as_str())),
            R::PodSecurity { .. } => NextStep::NamespaceLabels(namespace),
            R::QuotaExceeded { quota, .. } | R::QuotaUnspecified { quota, .. } | R::QuotaUnsynced { quota } => {
                NextStep::Describe(Object::of("resourcequota", namespace, quota.as_str()))
            }
            R::SecurityContextConstraints { account, others, .. } => {
                let scc = SMALLEST_FIRST.into_iter().find(|scc| others.iter().any(|other| *other == **scc));
                let scc = scc.or(others.first().map(|other| other.as_str())).unwrap_or("privileged");
                NextStep::GrantScc { namespace, account: account.to_string(), scc }
            }
            R::WebhookWithoutEndpoint { service: (at, service), .. } => {
                NextStep::Describe(Object::of("service", at.as_str(), service.as_str()))
            }
            R::QuotaForClassMissing { .. } => NextStep::List { kinds: "resourcequotas", namespace: Some(namespace) },
            _ => self.template(about),
        }
    }

    fn step_of_rejection(&self, rejection: &Rejection, about: About<'_>) -> NextStep {
        use Rejection as R;
        match rejection {
            R::NodeSelector { key, .. } => labels(&[*key]),
            R::PortTaken { holder, .. } | R::DiskInUse { holder } | R::ClaimInUse { holder, .. } => {
                NextStep::Describe(self.pod_object(*holder))
            }
            R::PodAntiAffinity { holder: Some(holder), .. } | R::ExistingAntiAffinity { holder: Some(holder), .. } => {
                NextStep::Describe(self.pod_object(*holder))
            }
            R::ClaimMissing { .. } => {
                NextStep::List { kinds: "persistentvolumeclaims", namespace: Some(self.namespace()) }
            }
            R::ClaimDenied(denied) => {
                let (kind, name) = match denied.denial {
                    ClaimDenial::AdminAccess => return NextStep::NamespaceLabels(self.namespace()),
                    ClaimDenial::Quota { quota, .. } => ("resourcequota", quota),
                    ClaimDenial::LimitRange { range, .. } => ("limitrange", range),
                };
                NextStep::Describe(Object::of(kind, self.namespace(), name.as_str()))
            }
            R::ClaimLost { claim, .. }
            | R::ClaimTerminating { claim }
            | R::ClaimUnbound { claim }
            | R::NoVolume { claim }
            | R::NoStorage { claim }
            | R::VolumeGone { claim, .. } => self.claim_step(*claim),
            R::VolumeAffinity { volume, .. } | R::VolumeZone { volume, .. } => {
                NextStep::Describe(Object::cluster("persistentvolume", volume.as_str()))
            }
            R::TooManyVolumes { .. } | R::DriverMissing { .. } => match about.node {
                Some(node) => NextStep::Print(Object::cluster("csinode", node)),
                None => NextStep::List { kinds: "csinodes", namespace: None },
            },
            R::SpreadLabelMissing { key }
            | R::SpreadSkew { key, .. }
            | R::PodAffinity { key, .. }
            | R::PodAntiAffinity { key, .. }
            | R::ExistingAntiAffinity { key, .. } => labels(&[*key]),
            R::Devices(rejection) => match **rejection {
                DeviceRejection::ClassMissing { .. } => NextStep::List { kinds: "deviceclasses", namespace: None },
                DeviceRejection::TooFew(_) => NextStep::List { kinds: "resourceslices", namespace: None },
                _ => {
                    NextStep::List { kinds: "resourceclaims,resourceclaimtemplates", namespace: Some(self.namespace()) }
                }
            },
            R::FeatureMissing { .. } => match about.node {
                Some(node) => NextStep::Print(Object::cluster("node", node)),
                None => self.node_step(about),
            },
            R::NodeUnschedulable | R::UntoleratedTaint { .. } | R::TooManyPods { .. } | R::Insufficient { .. } => {
                self.node_step(about)
            }
        }
    }

    fn step_of_unknown(&self, unknown: &Unknown, about: About<'_>) -> NextStep {
        match unknown {
            Unknown::OtherScheduler(_) => NextStep::SchedulerEvents(self.namespace()),
            Unknown::NotCollected { .. } if self.is_forbidden() => NextStep::Permissions(self.namespace()),
            Unknown::NotCollected { .. } => NextStep::Snapshot,
            Unknown::ResourceClaims => {
                NextStep::List { kinds: "resourceclaims,resourceclaimtemplates", namespace: Some(self.namespace()) }
            }
            Unknown::DeviceClass { class, .. } => NextStep::Print(Object::cluster("deviceclass", class.as_str())),
            Unknown::Unreadable(_) => match about.node {
                Some(node) => NextStep::Print(Object::cluster("node", node)),
                None => self.template(about),
            },
            Unknown::QuotaScope(_) => NextStep::List { kinds: "resourcequotas", namespace: Some(self.namespace()) },
        }
    }

    /// Whether a kind was asked for and refused.
    fn is_forbidden(&self) -> bool {
        self.cluster.coverage.values().any(Coverage::is_denied)
    }

    pub(super) fn namespace(&self) -> String {
        self.daemon_set.namespace.to_string()
    }

    /// Shows the pod, or what comes nearest to it.
    pub(super) fn pod_step(&self, about: About<'_>) -> NextStep {
        match about.pod {
            Some(pod) => NextStep::Describe(Object::of("pod", self.namespace(), pod)),
            None => self.daemon_set_step(about),
        }
    }

    /// Shows the DaemonSet with its events; a document has none, and its node says more.
    pub(super) fn daemon_set_step(&self, about: About<'_>) -> NextStep {
        match about.written {
            true => self.node_step(about),
            false => NextStep::Describe(Object::of("daemonset", self.namespace(), self.daemon_set.name.as_str())),
        }
    }

    pub(super) fn node_step(&self, about: About<'_>) -> NextStep {
        match about.node {
            Some(node) => NextStep::Describe(Object::cluster("node", node)),
            None => self.template(about),
        }
    }

    /// Shows the template of a deployed DaemonSet; the reader has the document.
    fn template(&self, about: About<'_>) -> NextStep {
        match about.written {
            true => NextStep::Page(about.code),
            false => NextStep::Print(Object::of("daemonset", self.namespace(), self.daemon_set.name.as_str())),
        }
    }

    fn step_of_start(&self, failure: &StartObstacle, about: About<'_>) -> NextStep {
        match failure {
            StartObstacle::ObjectMissing { kind, .. } => {
                let kinds = if *kind == Kind::Secret { "secrets" } else { "configmaps" };
                NextStep::List { kinds, namespace: Some(self.namespace()) }
            }
            // Describing a Secret shows its keys and no value.
            StartObstacle::KeyMissing { kind, name, .. } => {
                let resource = if *kind == Kind::Secret { "secret" } else { "configmap" };
                NextStep::Describe(Object::of(resource, self.namespace(), name.as_str()))
            }
            StartObstacle::DriverNotRegistered { .. } => match about.node {
                Some(node) => NextStep::Print(Object::cluster("csinode", node)),
                None => NextStep::List { kinds: "csinodes", namespace: None },
            },
            StartObstacle::HandlerMissing { .. } | StartObstacle::HandlerLacks { .. } => self.node_step(about),
            StartObstacle::ImageName { .. } => self.template(about),
            StartObstacle::AttachedOnce { claim, .. } => self.claim_step(*claim),
        }
    }

    fn claim_step(&self, claim: Symbol) -> NextStep {
        NextStep::Describe(Object::of("persistentvolumeclaim", self.namespace(), claim.as_str()))
    }

    fn pod_object(&self, pod: PodIndex) -> Object {
        let Pod { namespace, name, .. } = self.cluster.pod(pod);
        Object::of("pod", namespace.as_str(), &**name)
    }

    /// The keys of the labels that nodeSelector and the required node affinity ask for.
    pub(super) fn keys(&self) -> Vec<String> {
        const MOST: usize = 4;
        let spec = &self.daemon_set.template.spec;
        let selector = spec.node_affinity.selector.iter().map(|(key, _)| key.to_string());
        let terms = spec.node_affinity.required.as_deref().unwrap_or_default();
        let affinity = terms.iter().flat_map(|term| &term.expressions).map(|r| r.key.to_string());
        let mut keys: Vec<String> = Vec::new();
        for key in selector.chain(affinity) {
            if !keys.contains(&key) && keys.len() < MOST {
                keys.push(key);
            }
        }
        keys
    }

    /// The labels that the selector of the DaemonSet asks for by one value each.
    pub(super) fn selected_labels(&self) -> Vec<String> {
        let one = self.daemon_set.selector.requirements.iter().filter_map(|r| match &r.operator {
            Operator::In(values) if values.len() == 1 => Some(format!("{}={}", r.key, values[0])),
            _ => None,
        });
        one.collect()
    }
}

/// The SCCs that OpenShift comes with, those that allow least first.
const SMALLEST_FIRST: [&str; 9] = [
    "restricted-v2",
    "restricted",
    "nonroot-v2",
    "nonroot",
    "anyuid",
    "hostnetwork-v2",
    "hostnetwork",
    "hostmount-anyuid",
    "hostaccess",
];

/// The smallest of the SCCs that OpenShift comes with that allows all of this.
pub(crate) fn scc_for(objections: &[SccObjection]) -> &'static str {
    use SccObjection::{HostNetwork, HostPath, HostPorts, RunAsUser};
    const SMALL: [(&str, &[SccObjection]); 3] = [
        ("anyuid", &[RunAsUser]),
        ("hostnetwork-v2", &[HostNetwork, HostPorts]),
        ("hostmount-anyuid", &[RunAsUser, HostPath]),
    ];
    let allows = |allowed: &[SccObjection]| objections.iter().all(|objection| allowed.contains(objection));
    let small = SMALL.iter().find(|(_, allowed)| !objections.is_empty() && allows(allowed));
    small.map_or("privileged", |(name, _)| name)
}

fn labels(keys: &[Symbol]) -> NextStep {
    NextStep::NodeLabels(keys.iter().map(ToString::to_string).collect())
}
