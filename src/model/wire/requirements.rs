//! Requests and limits, of a container or a whole pod, in spec and status.

use serde::Deserialize;

use crate::model::pod::Requirements;
use crate::model::resources::ResourceList;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WireRequirements {
    pub(crate) requests: ResourceList,
    pub(crate) limits: ResourceList,
}

impl From<WireRequirements> for Requirements {
    fn from(wire: WireRequirements) -> Self {
        Requirements { requests: wire.requests, limits: wire.limits }
    }
}
