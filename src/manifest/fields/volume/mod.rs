//! Volumes: the field of every source, and what each source holds.

mod claim;
mod files;
mod in_tree;
mod node;
mod shared;

use crate::manifest::fields::shape::Shape::{Object as Of, Text};
use crate::manifest::fields::shape::{Object, Rule, field, object, required};
use crate::manifest::fields::volume::claim::{CLAIM, CSI, EPHEMERAL, IMAGE};
use crate::manifest::fields::volume::files::{CONFIG_MAP, DOWNWARD_API, PROJECTED, SECRET};
use crate::manifest::fields::volume::in_tree::{
    AWS, AZURE_DISK, AZURE_FILE, CEPHFS, CINDER, FC, FLEX, FLOCKER, GCE, GIT, GLUSTERFS, ISCSI, NFS, PHOTON, PORTWORX,
    QUOBYTE, RBD, SCALE_IO, STORAGEOS, VSPHERE,
};

pub(crate) use crate::manifest::fields::volume::files::KEY_TO_PATH;
pub(crate) use crate::manifest::fields::volume::node::{EMPTY_DIR, HOST_PATH, HOST_PATH_TYPES};

pub(crate) static VOLUME: Object = object(
    "Volume",
    "A volume of the pod: a name and one source.",
    &[
        required("name", Text(Rule::DnsLabel), "Name, unique within the pod."),
        field("hostPath", Of(&HOST_PATH), "A path of the node."),
        field("emptyDir", Of(&EMPTY_DIR), "An empty directory that lives as long as the pod."),
        field("configMap", Of(&CONFIG_MAP), "The keys of a ConfigMap as files."),
        field("secret", Of(&SECRET), "The keys of a Secret as files."),
        field("projected", Of(&PROJECTED), "Several sources in one directory."),
        field("downwardAPI", Of(&DOWNWARD_API), "Fields of the pod as files."),
        field("persistentVolumeClaim", Of(&CLAIM), "A claim of the same namespace."),
        field("csi", Of(&CSI), "A volume that a CSI driver makes for the pod."),
        field("ephemeral", Of(&EPHEMERAL), "A claim that is made for the pod and goes with it."),
        field("image", Of(&IMAGE), "The files of an image."),
        field("nfs", Of(&NFS), "A directory of an NFS server."),
        field("iscsi", Of(&ISCSI), "An iSCSI disk."),
        field("fc", Of(&FC), "A Fibre Channel disk."),
        field("awsElasticBlockStore", Of(&AWS), "An AWS disk; use CSI."),
        field("azureDisk", Of(&AZURE_DISK), "An Azure disk; use CSI."),
        field("azureFile", Of(&AZURE_FILE), "An Azure share; use CSI."),
        field("cephfs", Of(&CEPHFS), "A Ceph file system; use CSI."),
        field("cinder", Of(&CINDER), "An OpenStack disk; use CSI."),
        field("flexVolume", Of(&FLEX), "A volume of a Flex driver; use CSI."),
        field("flocker", Of(&FLOCKER), "A Flocker dataset; gone from Kubernetes."),
        field("gcePersistentDisk", Of(&GCE), "A Google disk; use CSI."),
        field("gitRepo", Of(&GIT), "A Git checkout; disabled in Kubernetes."),
        field("glusterfs", Of(&GLUSTERFS), "A GlusterFS volume; gone from Kubernetes."),
        field("photonPersistentDisk", Of(&PHOTON), "A Photon disk; gone from Kubernetes."),
        field("portworxVolume", Of(&PORTWORX), "A Portworx volume; use CSI."),
        field("quobyte", Of(&QUOBYTE), "A Quobyte volume; gone from Kubernetes."),
        field("rbd", Of(&RBD), "A Ceph block device; use CSI."),
        field("scaleIO", Of(&SCALE_IO), "A ScaleIO volume; gone from Kubernetes."),
        field("storageos", Of(&STORAGEOS), "A StorageOS volume; gone from Kubernetes."),
        field("vsphereVolume", Of(&VSPHERE), "A vSphere disk; use CSI."),
    ],
);
