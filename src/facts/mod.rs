//! The domain's plain data, narrowed once from the JSON form of wire objects, impossible to hold wrong.
//!
//! Nothing here talks, waits or prints. [`wire`] is the one entrance; [`Builder`] collects what it reads into a
//! [`Cluster`].

mod builder;
mod cluster;
mod columns;
mod hash;
mod nullable;
mod symbol;

pub mod affinity;
pub mod daemonset;
pub mod fold;
pub mod labels;
pub mod migration;
pub mod node;
pub mod pod;
pub mod policy;
pub mod quantity;
pub mod question;
pub mod resources;
pub mod security;
pub mod storage;
pub mod taint;
pub mod time;
pub mod version;
#[allow(missing_docs, reason = "the fields are the API's own, documented there")]
pub mod wire;

pub use builder::{Builder, Taken, TakenKind};
pub use cluster::{Cluster, Coverage, Key, NodeIndex, Notice, PodIndex, VersionFrom, claim_of, host_ports};
pub use columns::{Free, Glance, LabelValues};
pub use daemonset::{DaemonSet, PodTemplate};
pub use fold::Keep;
pub use labels::{Labels, Selector};
pub use node::Node;
pub use pod::{Phase, Pod, PodSpec};
pub use quantity::Quantity;
pub use question::{Question, Questions};
pub use resources::Resources;
pub use symbol::Symbol;
pub use taint::{Effect, Taint, Toleration};
pub use version::Version;
