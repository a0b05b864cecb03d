//! Which distribution or managed service a cluster is, by what its nodes show.

use crate::model::message::os_image::OsImage;
use crate::model::node::Node;

/// What the nodes of a cluster show of who runs it. What decides elsewhere (admission plugins that only one distribution
/// has, defaults that it sets) rests on this.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Platform {
    /// OpenShift or OKD: its controller and its admission plugins differ from Kubernetes' own.
    pub openshift: bool,
    /// Google Kubernetes Engine, in whatever mode.
    pub gke: bool,
    /// GKE Autopilot, whose webhook Warden decides what pods may ask for.
    pub gke_autopilot: bool,
    /// Talos Linux, which configures Pod Security.
    pub talos: bool,
    /// A service whose API server is known to enforce no Pod Security level by default: GKE, EKS, AKS.
    pub privileged_by_default: bool,
}

impl Platform {
    /// Reads the nodes once. OpenShift labels nodes with `node.openshift.io/os_id` (its machine configuration) or
    /// `hypershift.openshift.io/...`, and runs RHEL CoreOS or its upstream; GKE labels them with their pool and builds its own
    /// kubelets; Autopilot names them `gk3-`; Talos says so in `osImage`.
    pub fn of(nodes: &[Node]) -> Self {
        let mut platform = Platform::default();
        for node in nodes {
            let kubelet = node.kubelet_version.map_or("", |version| version.as_str());
            let os_image = OsImage::of(node.os_image.map_or("", |image| image.as_str()));
            let mut managed = kubelet.contains("-eks-");
            platform.gke |= kubelet.contains("-gke.");
            platform.talos |= os_image == OsImage::Talos;
            platform.openshift |= os_image == OsImage::OpenShift;
            for (key, _) in node.labels.iter() {
                let key = key.as_str();
                platform.openshift |= key == "node.openshift.io/os_id" || key.starts_with("hypershift.openshift.io/");
                platform.gke |= key == "cloud.google.com/gke-nodepool";
                managed |= key == "eks.amazonaws.com/nodegroup" || key == "kubernetes.azure.com/cluster";
            }
            platform.privileged_by_default |= managed;
            platform.gke_autopilot |= node.name.as_str().starts_with("gk3-");
        }
        platform.gke_autopilot &= platform.gke;
        platform.privileged_by_default |= platform.gke;
        platform
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(name: &str, label: &str, kubelet: &str, os_image: &str) -> Platform {
        let labels = if label.is_empty() { Default::default() } else { [(label, "x")].into_iter().collect() };
        let (kubelet_version, os_image) = (Some(kubelet.into()), Some(os_image.into()));
        Platform::of(&[Node { name: name.into(), labels, kubelet_version, os_image, ..Default::default() }])
    }

    #[test]
    fn nodes_show_whose_they_are() {
        let none = Platform::default();
        let openshift = Platform { openshift: true, ..none };
        let managed = Platform { privileged_by_default: true, ..none };
        let gke = Platform { gke: true, ..managed };
        for (node, expected) in [
            (platform("n1", "kubernetes.io/os", "v1.37.2", "Ubuntu 26.04 LTS"), none),
            (platform("n1", "node.openshift.io/os_id", "v1.33.6", ""), openshift),
            (platform("n1", "", "v1.33.6", "Red Hat Enterprise Linux CoreOS 9.6.20260101-0 (Plow)"), openshift),
            (platform("gke-a", "cloud.google.com/gke-nodepool", "v1.34.1", ""), gke),
            (platform("gk3-a", "", "v1.34.1-gke.1000", ""), Platform { gke_autopilot: true, ..gke }),
            (platform("gk3-a", "", "v1.34.1", ""), none),
            (platform("ip-1", "", "v1.34.1-eks-1234567", "Amazon Linux 2023"), managed),
            (platform("t", "", "v1.35.4", "Talos (v1.12.0)"), Platform { talos: true, ..none }),
        ] {
            assert_eq!(node, expected);
        }
    }
}
