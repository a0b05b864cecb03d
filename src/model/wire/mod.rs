//! The one entrance of facts: lean structs over the JSON form of Kubernetes objects. What comes as protobuf becomes JSON
//! first ([`protobuf`]).
//!
//! They name only what placement and diagnosis look at; serde skips the rest without storing it.

mod config_object;
pub mod devices;
mod event;
pub mod hooks;
mod json;
mod kind;
mod label_keys;
pub mod meta;
pub mod node;
mod object;
pub mod pod;
pub mod policy;
pub mod protobuf;
pub mod rbac;
mod requirements;
mod rest;
pub mod scc;
pub mod selector;
pub mod status;
pub mod storage;
mod strict;
pub mod workload;

pub use crate::model::wire::config_object::WireConfigObject;
pub use crate::model::wire::kind::{Kind, RBAC_KINDS};
pub use crate::model::wire::object::{Object, ObjectError, Read, read_object};
