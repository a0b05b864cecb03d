//! A real Kubernetes for the tests: built once for the machine, started privately, gone however the test ends.

mod binaries;
mod cluster;
mod control_plane;
mod kubelets;
mod objects;
mod process;
mod proxy;
mod real_node;
mod webhook;

pub use binaries::{Binaries, SWITCH};
pub use cluster::{Cluster, Options};
pub use kubelets::{Behaviour, Kubelets};
pub use objects::{Resource, is_ready, node, path_of, pod};
pub use process::Ran;
pub use proxy::{Proxy, Request, WriteOutcome};
pub use real_node::{IMAGE, RealNode, World as RealWorld};
pub use webhook::{Says, Webhook, webhook_of_nobody};
