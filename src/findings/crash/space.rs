//! File systems that are full.

use crate::findings::cause::{CrashField, Full};
use crate::findings::crash::container::CrashedContainer;

impl CrashedContainer<'_> {
    /// ENOSPC. A full `emptyDir` on disk shows as an eviction and not as an error: its `sizeLimit` does not bound what
    /// may be written (pkg/kubelet/eviction v1.36), so that an error means a full file system.
    pub fn full(&self, path: &str) -> CrashField {
        let mounted = self.mounted(path);
        let full = mounted.as_ref().map_or(Full::Node, |mounted| {
            let volume = mounted.volume;
            if let Some(host) = &volume.host_path {
                return Full::HostPath { host_path: host.path.clone() };
            }
            if let Some(claim) = &volume.persistent_volume_claim {
                return Full::Claim { claim: claim.claim_name.0.clone() };
            }
            match &volume.empty_dir {
                Some(empty) if empty.medium.as_str() == "Memory" => Full::Memory {
                    size_limit: empty.size_limit.as_ref().map(|limit| match limit.as_str() {
                        Some(limit) => limit.to_owned(),
                        None => limit.to_string(),
                    }),
                },
                _ => Full::Node,
            }
        });
        let mount = mounted.map(|mounted| mounted.point());
        CrashField::FullVolume { path: path.to_owned(), mount, full, node: self.node.name.to_string() }
    }
}
