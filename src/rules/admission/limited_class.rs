//! ResourceQuota's `limitedResources`: classes that pods may have only where a quota covers them.
//!
//! `CheckRequest` in `staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go` v1.36. Which classes
//! are limited stands in a file of the API server. GKE limits the two built-in ones, and has a quota for them
//! (`gcp-critical-pods`) in `kube-system`; a FailedCreate event shows it of any server.

use crate::model::Symbol;
use crate::model::policy::QuotaScope;
use crate::model::wire::Kind;
use crate::rules::admission::admitted::Admission;
use crate::rules::admission::quota::is_in_scope;
use crate::rules::verdict::CreationRefusal;
use crate::store::Cluster;

/// The built-in classes.
pub const CRITICAL_CLASSES: [&str; 2] = ["system-node-critical", "system-cluster-critical"];

/// The least priority of a pod with one of the built-in classes.
const CRITICAL_PRIORITY: i32 = 2_000_000_000;

/// Refuses the pod where its class is limited and no quota of the namespace covers it.
pub(super) fn admit(cluster: &Cluster, namespace: Symbol, admission: &mut Admission) {
    let class = admission.spec.priority_class.filter(|class| CRITICAL_CLASSES.contains(&class.as_str()));
    let Some(class) = class.filter(|_| is_limited(cluster, namespace)) else { return };
    let quotas = cluster.quotas.get(&namespace).into_iter().flatten();
    // One scope that names the class is enough, whatever else the quota counts.
    let mut scopes = quotas.flat_map(|quota| &quota.scopes);
    let covers = |scope: &QuotaScope| {
        matches!(scope, QuotaScope::PriorityClass(_)) && is_in_scope(scope, &admission.spec) == Some(true)
    };
    if !scopes.any(covers) {
        admission.refuse([CreationRefusal::QuotaForClassMissing { class }]);
    }
}

/// Whether the built-in classes are limited in a namespace whose quotas are known. A pod that has one shows that they are
/// not.
fn is_limited(cluster: &Cluster, namespace: Symbol) -> bool {
    let has_class = || {
        let pods = cluster.pods.iter().filter(|pod| pod.namespace == namespace && pod.node.is_some());
        pods.into_iter().any(|pod| pod.priority >= CRITICAL_PRIORITY)
    };
    cluster.platform.gke
        && namespace != *"kube-system"
        && cluster.coverage(Kind::ResourceQuota).is_whole()
        && !has_class()
}
