//! The domain's plain data: what a node, a pod, a DaemonSet and a policy are to the rules.
//!
//! Types are parsed once from the JSON form of Kubernetes objects; [`wire`] is the one entrance. A value that no cluster can
//! hold has no representation. This room imports std, serde and itself alone.

pub mod admission_hook;
pub mod affinity;
pub mod config_object;
pub mod container_log;
pub mod daemonset;
pub mod default_security;
pub mod devices;
pub mod hash;
pub mod image_name;
pub mod label_selector;
pub mod labels;
pub mod manager;
pub mod message;
pub mod migration;
pub mod node;
pub mod nullable;
pub mod platform;
pub mod pod;
pub mod pod_fields;
pub mod pod_resources;
pub mod pod_use;
pub mod policy;
pub mod quantity;
pub mod rbac;
pub mod resources;
pub mod scc;
pub mod security;
pub mod storage;
pub mod symbol;
pub mod taint;
pub mod time;
pub mod version;
#[allow(missing_docs, reason = "the fields are the API's own, documented there")]
pub mod wire;

pub use crate::model::container_log::{ContainerLog, LogAnswer, LogKey};
pub use crate::model::daemonset::{DaemonSet, PodTemplate};
pub use crate::model::labels::{Labels, Selector};
pub use crate::model::node::Node;
pub use crate::model::platform::Platform;
pub use crate::model::pod::{Phase, Pod, PodSpec};
pub use crate::model::quantity::Quantity;
pub use crate::model::resources::Resources;
pub use crate::model::symbol::Symbol;
pub use crate::model::taint::{Effect, Taint, Toleration};
pub use crate::model::version::Version;
