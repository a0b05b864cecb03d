//! A real Kubernetes for the tests: built once for the machine, started privately, gone however the test ends.

mod binaries;
mod cluster;
mod control_plane;
mod kubelets;
mod objects;
mod process;

pub use binaries::{Binaries, SWITCH};
pub use cluster::{Asker, Cluster, Home, Options};
pub use kubelets::{Behaviour, Kubelets};
pub use objects::{Resource, node, path_of, pod};
pub use process::{Process, Ran};
