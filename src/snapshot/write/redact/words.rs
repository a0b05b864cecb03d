//! Words that tell nobody apart: they stay as they are.

/// Names that are the same everywhere, and decide; and words of Kubernetes, which its own sentences are made of.
pub(crate) const COMMON: &[&str] = &[
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "pod",
    "pods",
    "node",
    "nodes",
    "cpu",
    "memory",
    "linux",
    "windows",
    "system-node-critical",
    "system-cluster-critical",
];

/// Folders that nodes have whoever runs them.
pub(crate) const SYSTEM_FOLDERS: &[&str] = &[
    "bin",
    "boot",
    "cgroup",
    "cni",
    "containerd",
    "containers",
    "dev",
    "docker",
    "etc",
    "fs",
    "kernel",
    "kubelet",
    "kubernetes",
    "lib",
    "lib64",
    "log",
    "machine-id",
    "mnt",
    "net.d",
    "opt",
    "plugins",
    "plugins_registry",
    "pods",
    "proc",
    "run",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "var",
    "docker.sock",
    "containerd.sock",
];

/// What keys begin with whose values are words of Kubernetes or a product, by which rules decide.
pub(crate) const DECIDING: &[&str] = &[
    "pod-security.kubernetes.io/",
    "security.openshift.io/",
    "eks.amazonaws.com/compute-type",
    "node-role.kubernetes.io/",
    "node.kubernetes.io/",
    "karpenter.sh/",
];

/// Domains of products in keys of labels, taints and resources: everybody uses them, and rules know them.
const PRODUCTS: &[&str] = &[
    "kubernetes.io",
    "k8s.io",
    "x-k8s.io",
    "amazonaws.com",
    "azure.com",
    "google.com",
    "gke.io",
    "nvidia.com",
    "amd.com",
    "intel.com",
    "openshift.io",
    "karpenter.sh",
    "cilium.io",
    "projectcalico.org",
    "linkerd.io",
    "istio.io",
    "helm.sh",
    "digitalocean.com",
    "linode.com",
    "oraclecloud.com",
    "ibm.com",
    "hetzner.cloud",
    "k3s.io",
    "rke.cattle.io",
    "cattle.io",
    "longhorn.io",
    "talos.dev",
    "weave.works",
    "fluxcd.io",
    "argoproj.io",
    "spotinst.io",
    "cluster.x-k8s.io",
    "example.com",
    "kubernetes.azure.com",
    "kops.k8s.io",
    "eksctl.io",
    "harvesterhci.io",
    "ovn.org",
    "tigera.io",
    "mesosphere.io",
];

/// The domain of a key, if the domain is not a product's.
pub(crate) fn domain_of_people(key: &str) -> Option<&str> {
    let (domain, name) = key.split_once('/')?;
    let is_domain = domain.contains('.') && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    let is_product = PRODUCTS
        .iter()
        .any(|product| domain.strip_suffix(product).is_some_and(|before| before.is_empty() || before.ends_with('.')));
    (is_domain && !is_product && !name.contains('/')).then_some(domain)
}

/// Whether people may have made up the value of a label. Numbers are compared, truths and systems are the same everywhere.
pub(crate) fn is_of_people(value: &str) -> bool {
    const SAME_EVERYWHERE: &[&str] = &[
        "true",
        "false",
        "linux",
        "windows",
        "amd64",
        "arm64",
        "arm",
        "ppc64le",
        "s390x",
        "spot",
        "on-demand",
        "fargate",
        "virtual-kubelet",
    ];
    !value.is_empty() && value.parse::<i64>().is_err() && !SAME_EVERYWHERE.contains(&value) && !COMMON.contains(&value)
}
