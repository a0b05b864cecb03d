//! Disks that Kubernetes itself served once, and that CSI drivers serve now.
//!
//! `k8s.io/csi-translation-lib` v0.36, for the plugins of which the scheduler takes the migration for granted
//! (`isCSIMigrationOn`, `pkg/scheduler/framework/plugins/nodevolumelimits/utils.go`, v1.34 to v1.37).

use crate::model::Symbol;

/// Amazon EBS.
pub const AWS_EBS: &str = "kubernetes.io/aws-ebs";
/// Google persistent disks.
pub const GCE_PD: &str = "kubernetes.io/gce-pd";
/// Azure disks.
pub const AZURE_DISK: &str = "kubernetes.io/azure-disk";
/// OpenStack volumes.
pub const CINDER: &str = "kubernetes.io/cinder";
/// Portworx volumes.
pub const PORTWORX: &str = "kubernetes.io/portworx-volume";

/// The driver that serves an in-tree plugin's disks; nothing for a provisioner that is none of them.
pub fn driver(plugin: Symbol) -> Option<Symbol> {
    Some(Symbol::new(match plugin.as_str() {
        AWS_EBS => "ebs.csi.aws.com",
        GCE_PD => "pd.csi.storage.gke.io",
        AZURE_DISK => "disk.csi.azure.com",
        CINDER => "cinder.csi.openstack.org",
        PORTWORX => "pxd.portworx.com",
        _ => return None,
    }))
}

/// What the driver calls a disk: of `aws://us-east-1a/vol-1` it is the last part. A disk of Google has its project and
/// zone in the handle, which no other volume has that is not this disk; here its name does.
pub fn handle(id: Symbol) -> Symbol {
    match id.as_str().strip_prefix("aws://").and_then(|rest| rest.rsplit('/').next()) {
        Some(volume) => Symbol::new(volume),
        None => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_have_their_names_at_the_driver() {
        assert_eq!(handle("aws://us-east-1a/vol-1".into()), *"vol-1");
        assert_eq!(handle("vol-1".into()), *"vol-1");
        assert_eq!(driver("kubernetes.io/aws-ebs".into()).map(Symbol::as_str), Some("ebs.csi.aws.com"));
        assert_eq!(driver("kubernetes.io/vsphere-volume".into()), None);
    }
}
