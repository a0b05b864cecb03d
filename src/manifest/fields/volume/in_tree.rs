//! Sources of disks and file systems that Kubernetes itself names: most have moved to CSI drivers or are gone.

use crate::manifest::fields::metadata::{FREE, LOCAL_REFERENCE, SET, TEXTS};
use crate::manifest::fields::shape::Shape::{Bool, Map, Object as Of, Words};
use crate::manifest::fields::shape::{Object, Rule, field, object, required};
use crate::manifest::fields::volume::shared::{FS_TYPE, INT32, READ_ONLY, SECRET_REF};

pub(super) static NFS: Object = object(
    "NFSVolumeSource",
    "A directory of an NFS server.",
    &[required("server", SET, "The server."), required("path", SET, "The directory."), READ_ONLY],
);

pub(super) static ISCSI: Object = object(
    "ISCSIVolumeSource",
    "An iSCSI disk.",
    &[
        required("targetPortal", SET, "Address of the target."),
        required("iqn", SET, "Name of the target."),
        field("lun", INT32, "Number of the unit.").or("0"),
        field("portals", TEXTS, "Further addresses."),
        field("iscsiInterface", FREE, "Interface.").or("\"default\""),
        field("initiatorName", FREE, "Name of the initiator."),
        field("chapAuthDiscovery", Bool, "Whether discovery is authenticated."),
        field("chapAuthSession", Bool, "Whether sessions are authenticated."),
        SECRET_REF,
        FS_TYPE,
        READ_ONLY,
    ],
);

pub(super) static FC: Object = object(
    "FCVolumeSource",
    "A Fibre Channel disk.",
    &[
        field("targetWWNs", TEXTS, "World wide names of the target."),
        field("lun", INT32, "Number of the unit."),
        field("wwids", TEXTS, "World wide identifiers of the volume."),
        FS_TYPE,
        READ_ONLY,
    ],
);

pub(super) static AWS: Object = object(
    "AWSElasticBlockStoreVolumeSource",
    "An AWS disk.",
    &[required("volumeID", SET, "The disk."), field("partition", INT32, "Partition."), FS_TYPE, READ_ONLY],
);

pub(super) static AZURE_DISK: Object = object(
    "AzureDiskVolumeSource",
    "An Azure disk.",
    &[
        required("diskName", SET, "Name of the disk."),
        required("diskURI", SET, "Address of the disk."),
        field("cachingMode", Words(&["None", "ReadOnly", "ReadWrite"]), "How it is cached.").or("\"ReadWrite\""),
        field("kind", Words(&["Shared", "Dedicated", "Managed"]), "Kind of disk.").or("\"Shared\""),
        FS_TYPE.or("\"ext4\""),
        READ_ONLY,
    ],
);

pub(super) static AZURE_FILE: Object = object(
    "AzureFileVolumeSource",
    "An Azure share.",
    &[required("secretName", SET, "Secret with the account."), required("shareName", SET, "The share."), READ_ONLY],
);

pub(super) static CEPHFS: Object = object(
    "CephFSVolumeSource",
    "A Ceph file system.",
    &[
        required("monitors", TEXTS, "Addresses of the monitors."),
        field("path", FREE, "Root within it."),
        field("user", FREE, "User."),
        field("secretFile", FREE, "Key file on the node."),
        SECRET_REF,
        READ_ONLY,
    ],
);

pub(super) static CINDER: Object = object(
    "CinderVolumeSource",
    "An OpenStack disk.",
    &[required("volumeID", SET, "The disk."), SECRET_REF, FS_TYPE, READ_ONLY],
);

pub(super) static FLEX: Object = object(
    "FlexVolumeSource",
    "A volume of a Flex driver.",
    &[
        required("driver", SET, "Name of the driver."),
        field("options", Map(Rule::NotEmpty, &FREE), "Settings for the driver."),
        SECRET_REF,
        FS_TYPE,
        READ_ONLY,
    ],
);

pub(super) static FLOCKER: Object = object(
    "FlockerVolumeSource",
    "A Flocker dataset.",
    &[field("datasetName", FREE, "Its name."), field("datasetUUID", FREE, "Its UUID.")],
);

pub(super) static GCE: Object = object(
    "GCEPersistentDiskVolumeSource",
    "A Google disk.",
    &[required("pdName", SET, "The disk."), field("partition", INT32, "Partition."), FS_TYPE, READ_ONLY],
);

pub(super) static GIT: Object = object(
    "GitRepoVolumeSource",
    "A Git checkout.",
    &[
        required("repository", SET, "Address of the repository."),
        field("revision", FREE, "Revision."),
        field("directory", FREE, "Directory to make."),
    ],
);

pub(super) static GLUSTERFS: Object = object(
    "GlusterfsVolumeSource",
    "A GlusterFS volume.",
    &[required("endpoints", SET, "Endpoints object."), required("path", SET, "The volume."), READ_ONLY],
);

pub(super) static PHOTON: Object =
    object("PhotonPersistentDiskVolumeSource", "A Photon disk.", &[required("pdID", SET, "The disk."), FS_TYPE]);

pub(super) static PORTWORX: Object = object(
    "PortworxVolumeSource",
    "A Portworx volume.",
    &[required("volumeID", SET, "The volume."), FS_TYPE, READ_ONLY],
);

pub(super) static QUOBYTE: Object = object(
    "QuobyteVolumeSource",
    "A Quobyte volume.",
    &[
        required("registry", SET, "Address of the registry."),
        required("volume", SET, "The volume."),
        field("group", FREE, "Group."),
        field("user", FREE, "User."),
        field("tenant", FREE, "Tenant."),
        READ_ONLY,
    ],
);

pub(super) static RBD: Object = object(
    "RBDVolumeSource",
    "A Ceph block device.",
    &[
        required("monitors", TEXTS, "Addresses of the monitors."),
        required("image", SET, "The image."),
        field("pool", FREE, "Pool.").or("\"rbd\""),
        field("user", FREE, "User.").or("\"admin\""),
        field("keyring", FREE, "Key file on the node.").or("\"/etc/ceph/keyring\""),
        SECRET_REF,
        FS_TYPE,
        READ_ONLY,
    ],
);

pub(super) static SCALE_IO: Object = object(
    "ScaleIOVolumeSource",
    "A ScaleIO volume.",
    &[
        required("gateway", SET, "Address of the gateway."),
        required("system", SET, "Name of the system."),
        required("secretRef", Of(&LOCAL_REFERENCE), "Secret with credentials."),
        field("protectionDomain", FREE, "Protection domain."),
        field("storageMode", FREE, "Thick or thin.").or("\"ThinProvisioned\""),
        field("storagePool", FREE, "Pool."),
        field("sslEnabled", Bool, "Whether TLS is used."),
        field("volumeName", FREE, "The volume."),
        FS_TYPE.or("\"xfs\""),
        READ_ONLY,
    ],
);

pub(super) static STORAGEOS: Object = object(
    "StorageOSVolumeSource",
    "A StorageOS volume.",
    &[
        field("volumeName", FREE, "The volume."),
        field("volumeNamespace", FREE, "Its namespace."),
        SECRET_REF,
        FS_TYPE,
        READ_ONLY,
    ],
);

pub(super) static VSPHERE: Object = object(
    "VsphereVirtualDiskVolumeSource",
    "A vSphere disk.",
    &[
        required("volumePath", SET, "Path of the disk."),
        field("storagePolicyName", FREE, "Storage policy."),
        field("storagePolicyID", FREE, "ID of the storage policy."),
        FS_TYPE,
    ],
);
