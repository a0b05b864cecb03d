//! Random clusters and DaemonSets, the same for the same seed.
//!
//! What is drawn is meant to sit on the edges of the rules: near-miss tolerations, quantities in every notation, labels
//! that no number parser agrees on, ports that differ in one part. A profile says which rules a draw is about.

mod cluster;
mod daemon_set;

pub use cluster::{HOLD, cluster};
pub use daemon_set::daemon_set;

/// Which rules a random cluster and its DaemonSets are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Labels, affinity, taints, resources, ports, pod-level resources.
    Basic,
    /// LimitRange, quota, Pod Security, ServiceAccount, PriorityClass, RuntimeClass, gates, other schedulers.
    Admission,
    /// Claims of every binding mode, volume limits, zones.
    Volumes,
    /// Topology spread.
    Spread,
    /// Inter-pod terms with namespaces and namespace selectors.
    Interpod,
    /// Priorities and preemption.
    Preempt,
    /// Pods on the nodes that are being resized in place.
    Resize,
    /// Gates, template nodeName, host networking, Gt and Lt, native sidecars.
    Edge,
    /// Claims for devices that a driver of the test's own publishes, and extended resources of a DeviceClass.
    Devices,
}

impl Profile {
    /// Those that the number of a seed picks one of.
    pub const BY_SEED: [Self; 8] = [
        Self::Basic,
        Self::Admission,
        Self::Volumes,
        Self::Spread,
        Self::Interpod,
        Self::Preempt,
        Self::Resize,
        Self::Edge,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::BY_SEED.into_iter().chain([Self::Devices])
    }

    /// As in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Admission => "admission",
            Self::Volumes => "volumes",
            Self::Spread => "spread",
            Self::Interpod => "interpod",
            Self::Preempt => "preempt",
            Self::Resize => "resize",
            Self::Edge => "edge",
            Self::Devices => "devices",
        }
    }
}

/// A sequence of random numbers (splitmix64) and the draws that are made of it.
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True in so many of a hundred draws.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// One of these values.
    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Between `least` and `most` of these, in their order.
    pub fn some<'a, T: ?Sized>(&mut self, of: &[&'a T], least: usize, most: usize) -> Vec<&'a T> {
        let wanted = least + self.below(most - least + 1);
        let mut left = of.len();
        let mut chosen = Vec::new();
        for item in of {
            if self.below(left) < wanted - chosen.len() {
                chosen.push(*item);
            }
            left -= 1;
        }
        chosen
    }
}

/// Words that clusters and DaemonSets share, so that they meet.
const ZONES: [&str; 3] = ["z-a", "z-b", "z-c"];
const DISKS: [&str; 4] = ["ssd", "hdd", "SSD", ""];
const POOLS: [&str; 3] = ["red", "green", "gpu"];
/// Values of the label `cores`: numbers, and what is nearly one.
const NUMBERS: [&str; 7] = ["4", "8", "16", "007", "9223372036854775807", "9223372036854775808", "many"];
const TAINT_KEYS: [&str; 7] = [
    "dedicated",
    "gpu",
    "example.com/maintenance",
    "node-role.kubernetes.io/control-plane",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "ToBeDeletedByClusterAutoscaler",
    "node.kubernetes.io/out-of-service",
];
const TAINT_VALUES: [&str; 4] = ["", "ml", "true", "12"];
const EFFECTS: [&str; 3] = ["NoSchedule", "NoExecute", "PreferNoSchedule"];
const CPUS: [&str; 14] =
    ["100m", "0.25", "1", "1500m", "2", "0.1", "3", "250m", "500000u", "300000000n", "2e-1", ".5", "+1", "1.0001"];
const MEMORIES: [&str; 15] = [
    "64Mi",
    "128M",
    "1Gi",
    "1e9",
    "1.5Gi",
    "2147483648",
    "500000k",
    "3Gi",
    "1048576Ki",
    "1.1Gi",
    "12e7",
    "0.5G",
    "100000000000m",
    "1E",
    "1Ti",
];
const NAMESPACES: [&str; 10] =
    ["default", "team-a", "team-b", "baseline", "restricted", "old", "limits", "quota", "some", "full"];
const CLASSES: [&str; 5] = ["low", "middle", "high", "never", "system-node-critical"];
const PORTS: [i64; 4] = [8080, 9100, 53, 443];
const IPS: [&str; 5] = ["", "0.0.0.0", "127.0.0.1", "10.0.0.1", "::"];
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
