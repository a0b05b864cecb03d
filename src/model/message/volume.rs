//! Why a volume cannot be mounted, as the kubelet's `FailedMount` events say it.

use crate::model::message::quoted;

/// What keeps a volume from being mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountFailure {
    /// A ConfigMap, a Secret or a key of one is missing.
    ObjectMissing,
    /// The path on the node is not of the required type.
    HostPathType,
    /// No CSI driver of this name has registered with the kubelet.
    DriverMissing(String),
    /// The text says another reason.
    Other,
    /// The kubelet's own cache of an object is not filled yet, or a time-out: the reason is elsewhere.
    Passing,
    /// All volumes that are missing, without a reason: the kubelet writes one every two minutes.
    Summary,
}

impl MountFailure {
    /// Reads the message of an event (pkg/kubelet/volumemanager/volume_manager.go, pkg/volume/configmap, pkg/volume/csi,
    /// pkg/volume/hostpath v1.36).
    pub fn of(message: &str) -> Self {
        let says = |words: &str| message.contains(words);
        if ["Unable to attach or mount volumes", "Unable to mount volumes for pod"]
            .iter()
            .any(|w| message.starts_with(w))
        {
            return MountFailure::Summary;
        }
        if says("hostPath type check failed") {
            return MountFailure::HostPathType;
        }
        if says("list of registered CSI drivers") {
            let driver = message.split_once("driver name ").and_then(|(_, rest)| rest.split_once(" not found"));
            return MountFailure::DriverMissing(driver.map_or("", |(name, _)| name).to_owned());
        }
        // A kubelet that has just started has not read the object yet: "object \"a\"/\"b\" not registered".
        let is_passing = says("not registered") || says("failed to sync");
        if !is_passing
            && (says("configmap \"") || says("secret \"") || says("configmaps \"") || says("secrets \""))
            && says("not found")
            || says("references non-existent")
        {
            return MountFailure::ObjectMissing;
        }
        let timed_out = ["timed out waiting for the condition", "context deadline exceeded", "DeadlineExceeded"];
        match is_passing || timed_out.iter().any(|words| says(words)) {
            true => MountFailure::Passing,
            false => MountFailure::Other,
        }
    }

    /// How much it explains: 0 for the least.
    pub fn specificity(&self) -> u8 {
        match self {
            MountFailure::Summary => 0,
            MountFailure::Passing => 1,
            _ => 2,
        }
    }
}

/// Returns the volume that a kubelet's message is about: `MountVolume.SetUp failed for volume "config" : ...`.
pub fn volume(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(" failed for volume ")?;
    quoted(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubelet_says_what_is_missing() {
        for (message, expected) in [
            (
                "MountVolume.SetUp failed for volume \"config\" : configmap \"app\" not found",
                MountFailure::ObjectMissing,
            ),
            ("MountVolume.SetUp failed for volume \"tls\" : secret \"tls\" not found", MountFailure::ObjectMissing),
            (
                "MountVolume.SetUp failed for volume \"c\" : references non-existent config key: a",
                MountFailure::ObjectMissing,
            ),
            (
                "MountVolume.SetUp failed for volume \"h\" : hostPath type check failed: /a is not a directory",
                MountFailure::HostPathType,
            ),
            (
                "MountVolume.MountDevice failed for volume \"pvc\" : kubernetes.io/csi: attacher.MountDevice failed to \
                 create newCsiDriverClient: driver name ebs.csi.aws.com not found in the list of registered CSI drivers",
                MountFailure::DriverMissing("ebs.csi.aws.com".into()),
            ),
            (
                "MountVolume.SetUp failed for volume \"a\" : failed to sync configmap cache: timed out waiting for the condition",
                MountFailure::Passing,
            ),
            ("MountVolume.SetUp failed for volume \"a\" : object \"d\"/\"cfg\" not registered", MountFailure::Passing),
            (
                "MountVolume.SetUp failed for volume \"a\" : rpc error: code = DeadlineExceeded desc = context deadline exceeded",
                MountFailure::Passing,
            ),
            ("MountVolume.SetUp failed for volume \"a\" : mount failed: exit status 32", MountFailure::Other),
            (
                "Unable to attach or mount volumes: unmounted volumes=[a], unattached volumes=[], failed to process \
                 volumes=[]: timed out waiting for the condition",
                MountFailure::Summary,
            ),
            (
                "Unable to mount volumes for pod \"a\": timeout expired waiting for volumes to attach or mount",
                MountFailure::Summary,
            ),
        ] {
            assert_eq!(MountFailure::of(message), expected, "{message}");
        }
        assert_eq!(volume("MountVolume.SetUp failed for volume \"config\" : no"), Some("config"));
        assert_eq!(volume("Unable to attach or mount volumes"), None);
    }
}
