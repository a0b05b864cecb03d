//! What keeps a pod from starting that its kubelet admitted, as far as objects show it.
//!
//! * `objects`: ConfigMaps, Secrets and their keys.
//! * `image`: names of images.
//! * Here: CSI drivers and handlers of the container runtime.
//!
//! A driver that has not registered with the kubelet (`newCsiDriverClient`, `pkg/volume/csi/csi_client.go`) is not in the
//! CSINode of the node. A handler that the runtime does not report fails the sandbox; the kubelet itself refuses user
//! namespaces (`GetOrCreateUserNamespaceMappings`, `pkg/kubelet/userns/userns_manager.go`) and recursive read-only mounts
//! (`resolveRecursiveReadOnly`, `pkg/kubelet/kubelet_pods.go`) that the handler lacks. All of v1.37.

mod image;
mod objects;

use crate::model::pod::{Disk, Volume};
use crate::model::pod_fields::PodFields;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Node, Symbol, migration};
use crate::rules::admission::Admission;
use crate::rules::verdict::{HandlerFeature, StartObstacle};
use crate::store::Cluster;

pub use crate::rules::start::objects::{ObjectReference, references};

/// What a pod needs to start, beside what the scheduler and the kubelet's admission look at.
#[derive(Debug, Default)]
pub struct StartNeeds {
    /// ConfigMaps and Secrets that the pod refers to and must have.
    references: Vec<ObjectReference>,
    /// What keeps the pod from starting on every node.
    everywhere: Vec<StartObstacle>,
    /// CSI drivers, each with the volume or claim that it serves; of one driver the first.
    drivers: Vec<(Symbol, Symbol)>,
    /// The RuntimeClass.
    class: Option<Symbol>,
    /// Its handler, empty for the default one; `None` where the class is not known.
    handler: Option<Symbol>,
    features: Vec<HandlerFeature>,
    has_bound_claims: bool,
}

impl StartNeeds {
    /// Finds what a pod of the template needs.
    pub fn of(cluster: &Cluster, daemon_set: &DaemonSet, admission: &Admission) -> Self {
        let fields = daemon_set.template.text.get().and_then(PodFields::read).unwrap_or_default();
        let class = admission.spec.runtime_class;
        let handler = match class {
            None => Some(Symbol::default()),
            Some(class) => cluster.runtime_classes.get(&class).map(|class| class.handler),
        };
        let mut features = Vec::new();
        if fields.host_users == Some(false) {
            features.push(HandlerFeature::UserNamespaces);
        }
        let containers = || fields.containers.iter().chain(fields.init_containers.iter());
        if containers()
            .flat_map(|c| c.volume_mounts.iter())
            .any(|m| m.recursive_read_only.as_deref() == Some("Enabled"))
        {
            features.push(HandlerFeature::RecursiveReadOnlyMounts);
        }
        let mut references = references(&fields);
        // The admission plugin ServiceAccount gives a pod without pull secrets those of its account
        // (plugin/pkg/admission/serviceaccount/admission.go, v1.37).
        if fields.image_pull_secrets.is_empty() {
            let account = admission.spec.service_account.unwrap_or_else(|| Symbol::new("default"));
            let of_account = cluster.service_accounts.get(&(daemon_set.namespace, account));
            references.extend(of_account.into_iter().flatten().map(|name| ObjectReference::pull_secret(*name)));
        }
        let mut everywhere = objects::failures(cluster, daemon_set.namespace, &references);
        everywhere.extend(image::failures(&fields));
        everywhere.sort_by_key(StartObstacle::stage);
        let drivers = drivers(cluster, daemon_set.namespace, &fields, &admission.spec.volumes);
        let is_bound = |volume: &Volume| match volume {
            Volume::Claim(name) => cluster
                .claims
                .get(&(daemon_set.namespace, *name))
                .is_some_and(|claim| claim.bound && !claim.one_pod_only),
            Volume::Ephemeral(_) | Volume::Disk(_) => false,
        };
        let has_bound_claims = admission.spec.volumes.iter().any(is_bound);
        StartNeeds { references, everywhere, drivers, class, handler, features, has_bound_claims }
    }

    /// ConfigMaps and Secrets that the pod refers to and must have.
    pub fn references(&self) -> &[ObjectReference] {
        &self.references
    }

    /// Whether volumes need CSI drivers.
    pub fn has_drivers(&self) -> bool {
        !self.drivers.is_empty()
    }

    /// Whether the pod mounts claims that are bound.
    pub fn has_bound_claims(&self) -> bool {
        self.has_bound_claims
    }

    /// Whether the pod needs a handler of the container runtime by name, or a feature of the default one.
    pub fn asks_handlers(&self) -> bool {
        self.handler.is_some_and(|handler| !handler.as_str().is_empty()) || !self.features.is_empty()
    }

    /// Whether a node must be looked at for it.
    pub fn anything(&self) -> bool {
        !self.everywhere.is_empty() || !self.drivers.is_empty() || self.class.is_some() || !self.features.is_empty()
    }

    /// Everything that keeps the pod from starting on the node, the kubelet's first.
    pub fn failures(&self, cluster: &Cluster, node: &Node) -> Vec<StartObstacle> {
        let mut found = self.missing_drivers(cluster, node);
        found.extend(self.handler_failures(node));
        found.extend(self.everywhere.iter().cloned());
        found.sort_by_key(StartObstacle::stage);
        found
    }

    fn missing_drivers(&self, cluster: &Cluster, node: &Node) -> Vec<StartObstacle> {
        if self.drivers.is_empty() || !cluster.coverage(Kind::CSINode).is_whole() {
            return Vec::new();
        }
        let registered = cluster.csi_nodes.get(&node.name).map_or(&[][..], |csi_node| &csi_node.drivers);
        let is_registered = |driver: Symbol| registered.iter().any(|(name, _)| *name == driver);
        let missing = self.drivers.iter().filter(|(driver, _)| !is_registered(*driver));
        missing
            .map(|(driver, volume)| StartObstacle::DriverNotRegistered { driver: *driver, volume: *volume })
            .collect()
    }

    fn handler_failures(&self, node: &Node) -> Vec<StartObstacle> {
        // A kubelet before v1.30, or a runtime that does not list its handlers, says nothing.
        let Some(name) = self.handler.filter(|_| !node.runtime_handlers.is_empty()) else { return Vec::new() };
        let Some(handler) = node.runtime_handlers.iter().find(|handler| handler.name == name) else {
            let missing = |class| StartObstacle::HandlerMissing { class, handler: name };
            return self.class.map(missing).into_iter().collect();
        };
        let can = |feature: &HandlerFeature| match feature {
            HandlerFeature::UserNamespaces => handler.user_namespaces,
            HandlerFeature::RecursiveReadOnlyMounts => handler.recursive_read_only,
        };
        let lacking = self.features.iter().filter(|feature| can(feature) != Some(true));
        lacking.map(|feature| StartObstacle::HandlerLacks { handler: name, feature: *feature }).collect()
    }
}

/// The CSI drivers of a pod's volumes: inline ones, those of bound claims, and those that serve in-tree disks now.
fn drivers(cluster: &Cluster, namespace: Symbol, fields: &PodFields, volumes: &[Volume]) -> Vec<(Symbol, Symbol)> {
    let inline = fields.volumes.iter().filter_map(|volume| {
        let driver = volume.csi.as_ref().map(|csi| csi.driver.as_str()).filter(|driver| !driver.is_empty())?;
        Some((Symbol::new(driver), Symbol::new(&volume.name)))
    });
    let of_volume = |volume: &Volume| match volume {
        Volume::Claim(name) => {
            let claim = cluster.claims.get(&(namespace, *name)).filter(|claim| claim.bound)?;
            let volume = cluster.volumes.get(&claim.volume?)?;
            Some((volume.csi.or(volume.migrated)?.0, *name))
        }
        Volume::Disk(Disk::AwsElasticBlockStore { id }) => Some((migration::driver(migration::AWS_EBS.into())?, *id)),
        Volume::Disk(Disk::GcePersistentDisk { name, .. }) => {
            Some((migration::driver(migration::GCE_PD.into())?, *name))
        }
        Volume::Disk(_) | Volume::Ephemeral(_) => None,
    };
    let mut found: Vec<(Symbol, Symbol)> = Vec::new();
    for (driver, volume) in inline.chain(volumes.iter().filter_map(of_volume)) {
        if !found.iter().any(|(known, _)| *known == driver) {
            found.push((driver, volume));
        }
    }
    found
}
