//! Volumes of every source.

use crate::manifest::fields::container::{FIELD_REF, PULL, RESOURCE_FIELD_REF};
use crate::manifest::fields::metadata::{
    ANNOTATIONS, FREE, ID, LABEL_SELECTOR, LABELS, LOCAL_REFERENCE, MODE, RESOURCES, SET, TEXTS, TYPED_REFERENCE,
};
use crate::manifest::fields::shape::Shape::{Any, Bool, Int, List, Map, Object as Of, Quantity, Text, Words};
use crate::manifest::fields::shape::{Field, Object, Rule, Shape, field, object, required};

pub(crate) const HOST_PATH_TYPES: Shape =
    Words(&["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"]);
const FS_TYPE: Field = field("fsType", FREE, "File system of the volume.");
const READ_ONLY: Field = field("readOnly", Bool, "Whether it cannot be written.").or("false");
const SECRET_REF: Field = field("secretRef", Of(&LOCAL_REFERENCE), "Secret with credentials.");
const DEFAULT_MODE: Field = field("defaultMode", MODE, "Mode of the files.").or("420");
const DEFAULT_USER: Field = field("defaultUser", ID, "Owner of the files.");
const OPTIONAL: Field = field("optional", Bool, "Whether the pod may start without it.");
const INT32: Shape = Int(i32::MIN as i64, i32::MAX as i64);

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

pub(crate) static HOST_PATH: Object = object(
    "HostPathVolumeSource",
    "A path of the node.",
    &[
        required("path", SET, "The path."),
        field("type", HOST_PATH_TYPES, "What must be there, or is made; empty for no check.").or("\"\""),
    ],
);

pub(crate) static EMPTY_DIR: Object = object(
    "EmptyDirVolumeSource",
    "An empty directory that lives as long as the pod.",
    &[
        field("medium", FREE, "Memory for a tmpfs, HugePages for huge pages; empty for the node's disk.").or("\"\""),
        field("sizeLimit", Quantity, "Size above which the pod is evicted."),
        field("mode", Int(0, 0o7777), "Mode of the directory."),
    ],
);

pub(crate) static KEY_TO_PATH: Object = object(
    "KeyToPath",
    "A key and the file that it becomes.",
    &[
        required("key", SET, "The key."),
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("mode", MODE, "Mode of the file; the volume's by default."),
        field("user", ID, "Owner of the file."),
    ],
);

static CONFIG_MAP: Object = object(
    "ConfigMapVolumeSource",
    "The keys of a ConfigMap as files.",
    &[
        field("name", FREE, "Name of the ConfigMap."),
        field("items", List(&Of(&KEY_TO_PATH)), "Keys that are wanted; all by default."),
        DEFAULT_MODE,
        DEFAULT_USER,
        OPTIONAL,
    ],
);

static SECRET: Object = object(
    "SecretVolumeSource",
    "The keys of a Secret as files.",
    &[
        field("secretName", FREE, "Name of the Secret."),
        field("items", List(&Of(&KEY_TO_PATH)), "Keys that are wanted; all by default."),
        DEFAULT_MODE,
        DEFAULT_USER,
        OPTIONAL,
    ],
);

static PROJECTED: Object = object(
    "ProjectedVolumeSource",
    "Several sources in one directory.",
    &[field("sources", List(&Of(&PROJECTION)), "The sources."), DEFAULT_MODE, DEFAULT_USER],
);

static PROJECTION: Object = object(
    "VolumeProjection",
    "One source of a projected volume.",
    &[
        field("configMap", Of(&PROJECTED_KEYS), "Keys of a ConfigMap."),
        field("secret", Of(&PROJECTED_KEYS), "Keys of a Secret."),
        field("downwardAPI", Of(&PROJECTED_DOWNWARD), "Fields of the pod."),
        field("serviceAccountToken", Of(&TOKEN), "A token of the pod's ServiceAccount."),
        field("clusterTrustBundle", Of(&TRUST_BUNDLE), "Certificates that the cluster trusts."),
        field("podCertificate", Of(&POD_CERTIFICATE), "A certificate made for the pod."),
    ],
);

static PROJECTED_KEYS: Object = object(
    "KeysProjection",
    "Keys of a ConfigMap or Secret as files.",
    &[
        field("name", FREE, "Its name."),
        field("items", List(&Of(&KEY_TO_PATH)), "Keys that are wanted; all by default."),
        OPTIONAL,
    ],
);

static PROJECTED_DOWNWARD: Object = object(
    "DownwardAPIProjection",
    "Fields of the pod as files.",
    &[field("items", List(&Of(&DOWNWARD_FILE)), "The files.")],
);

static TOKEN: Object = object(
    "ServiceAccountTokenProjection",
    "A token of the pod's ServiceAccount.",
    &[
        field("audience", FREE, "For whom the token is; the API server by default."),
        field("expirationSeconds", Int(600, 1 << 32), "Seconds it is valid; it is renewed before.").or("3600"),
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("user", ID, "Owner of the file."),
    ],
);

static TRUST_BUNDLE: Object = object(
    "ClusterTrustBundleProjection",
    "Certificates that the cluster trusts.",
    &[
        field("name", FREE, "Name of one bundle; else a signer."),
        field("signerName", FREE, "Signer whose trust bundles are used."),
        field("labelSelector", Of(&LABEL_SELECTOR), "Which of the signer's bundles."),
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("user", ID, "Owner of the file."),
        OPTIONAL,
    ],
);

static POD_CERTIFICATE: Object = object(
    "PodCertificateProjection",
    "A certificate made for the pod.",
    &[
        required("signerName", SET, "Who signs."),
        required("keyType", SET, "Kind of key."),
        field("maxExpirationSeconds", INT32, "Seconds it is valid at most."),
        field("credentialBundlePath", FREE, "File for key and certificates together."),
        field("keyPath", FREE, "File for the key."),
        field("certificateChainPath", FREE, "File for the certificates."),
        field("user", ID, "Owner of the files."),
        field("userAnnotations", Map(Rule::NotEmpty, &FREE), "Notes for the signer."),
    ],
);

static DOWNWARD_API: Object = object(
    "DownwardAPIVolumeSource",
    "Fields of the pod as files.",
    &[field("items", List(&Of(&DOWNWARD_FILE)), "The files."), DEFAULT_MODE, DEFAULT_USER],
);

static DOWNWARD_FILE: Object = object(
    "DownwardAPIVolumeFile",
    "A field of the pod and the file that it becomes.",
    &[
        required("path", Text(Rule::RelativePath), "File within the volume."),
        field("fieldRef", Of(&FIELD_REF), "A field of the pod."),
        field("resourceFieldRef", Of(&RESOURCE_FIELD_REF), "A resource of a container."),
        field("mode", MODE, "Mode of the file; the volume's by default."),
        field("user", ID, "Owner of the file."),
    ],
);

static CLAIM: Object = object(
    "PersistentVolumeClaimVolumeSource",
    "A claim of the same namespace.",
    &[required("claimName", SET, "Name of the claim."), READ_ONLY],
);

static CSI: Object = object(
    "CSIVolumeSource",
    "A volume that a CSI driver makes for the pod.",
    &[
        required("driver", SET, "Name of the driver."),
        FS_TYPE,
        field("nodePublishSecretRef", Of(&LOCAL_REFERENCE), "Secret with credentials for the driver."),
        field("readOnly", Bool, "Whether it cannot be written."),
        field("volumeAttributes", Map(Rule::NotEmpty, &FREE), "Settings for the driver."),
    ],
);

static EPHEMERAL: Object = object(
    "EphemeralVolumeSource",
    "A claim that is made for the pod and goes with it.",
    &[field("volumeClaimTemplate", Of(&CLAIM_TEMPLATE), "The claim to make.")],
);

static CLAIM_TEMPLATE: Object = object(
    "PersistentVolumeClaimTemplate",
    "A claim to make.",
    &[
        field("metadata", Of(&CLAIM_META), "Labels and annotations of the claim."),
        required("spec", Of(&CLAIM_SPEC), "What is claimed."),
    ],
);

static CLAIM_META: Object = object(
    "ClaimMetadata",
    "Labels and annotations of a claim.",
    &[
        field("labels", LABELS, "Labels."),
        field("annotations", ANNOTATIONS, "Annotations."),
        field("creationTimestamp", Any, "Set by the API server."),
    ],
);

static CLAIM_SPEC: Object = object(
    "PersistentVolumeClaimSpec",
    "What is claimed.",
    &[
        field("accessModes", TEXTS, "Who may use it: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod."),
        field("resources", Of(&CLAIM_RESOURCES), "How much."),
        field("storageClassName", FREE, "Class of storage."),
        field("volumeMode", Words(&["Filesystem", "Block"]), "Files or a raw device.").or("\"Filesystem\""),
        field("volumeName", FREE, "A volume that is meant."),
        field("volumeAttributesClassName", FREE, "Class of changeable attributes."),
        field("selector", Of(&LABEL_SELECTOR), "Volumes that come into question."),
        field("dataSource", Of(&TYPED_REFERENCE), "What it is filled from."),
        field("dataSourceRef", Of(&TYPED_REFERENCE), "What it is filled from, of any kind."),
    ],
);

static CLAIM_RESOURCES: Object = object(
    "VolumeResourceRequirements",
    "How much is claimed.",
    &[field("requests", RESOURCES, "At least."), field("limits", RESOURCES, "At most.")],
);

static IMAGE: Object = object(
    "ImageVolumeSource",
    "The files of an image.",
    &[field("reference", FREE, "Image reference."), field("pullPolicy", PULL, "When it is pulled.")],
);

static NFS: Object = object(
    "NFSVolumeSource",
    "A directory of an NFS server.",
    &[required("server", SET, "The server."), required("path", SET, "The directory."), READ_ONLY],
);

static ISCSI: Object = object(
    "ISCSIVolumeSource",
    "An iSCSI disk.",
    &[
        required("targetPortal", SET, "Address of the target."),
        required("iqn", SET, "Name of the target."),
        required("lun", INT32, "Number of the unit."),
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

static FC: Object = object(
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

static AWS: Object = object(
    "AWSElasticBlockStoreVolumeSource",
    "An AWS disk.",
    &[required("volumeID", SET, "The disk."), field("partition", INT32, "Partition."), FS_TYPE, READ_ONLY],
);

static AZURE_DISK: Object = object(
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

static AZURE_FILE: Object = object(
    "AzureFileVolumeSource",
    "An Azure share.",
    &[required("secretName", SET, "Secret with the account."), required("shareName", SET, "The share."), READ_ONLY],
);

static CEPHFS: Object = object(
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

static CINDER: Object = object(
    "CinderVolumeSource",
    "An OpenStack disk.",
    &[required("volumeID", SET, "The disk."), SECRET_REF, FS_TYPE, READ_ONLY],
);

static FLEX: Object = object(
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

static FLOCKER: Object = object(
    "FlockerVolumeSource",
    "A Flocker dataset.",
    &[field("datasetName", FREE, "Its name."), field("datasetUUID", FREE, "Its UUID.")],
);

static GCE: Object = object(
    "GCEPersistentDiskVolumeSource",
    "A Google disk.",
    &[required("pdName", SET, "The disk."), field("partition", INT32, "Partition."), FS_TYPE, READ_ONLY],
);

static GIT: Object = object(
    "GitRepoVolumeSource",
    "A Git checkout.",
    &[
        required("repository", SET, "Address of the repository."),
        field("revision", FREE, "Revision."),
        field("directory", FREE, "Directory to make."),
    ],
);

static GLUSTERFS: Object = object(
    "GlusterfsVolumeSource",
    "A GlusterFS volume.",
    &[required("endpoints", SET, "Endpoints object."), required("path", SET, "The volume."), READ_ONLY],
);

static PHOTON: Object =
    object("PhotonPersistentDiskVolumeSource", "A Photon disk.", &[required("pdID", SET, "The disk."), FS_TYPE]);

static PORTWORX: Object = object(
    "PortworxVolumeSource",
    "A Portworx volume.",
    &[required("volumeID", SET, "The volume."), FS_TYPE, READ_ONLY],
);

static QUOBYTE: Object = object(
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

static RBD: Object = object(
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

static SCALE_IO: Object = object(
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

static STORAGEOS: Object = object(
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

static VSPHERE: Object = object(
    "VsphereVirtualDiskVolumeSource",
    "A vSphere disk.",
    &[
        required("volumePath", SET, "Path of the disk."),
        field("storagePolicyName", FREE, "Storage policy."),
        field("storagePolicyID", FREE, "ID of the storage policy."),
        FS_TYPE,
    ],
);
