//! The cluster that objects are read into: [`Builder`] collects them, [`Cluster`] holds them sorted, indexed and summed.
//!
//! Pods that no rule needs one by one are folded into sums of their node ([`pod_aggregation`]). What a verdict rests on and the
//! cluster does not hold yet is a [`DataRequest`].

pub mod builder;
pub mod cluster;
mod coverage;
pub mod data_request;
mod index;
pub mod item_sink;
pub mod node_columns;
pub mod pod_aggregation;
mod taken;
pub use crate::model::pod_use::{claim_of, host_ports};
pub use crate::store::builder::Builder;
pub use crate::store::cluster::{Cluster, Notice, SiblingPods, VersionFrom};
pub use crate::store::coverage::Coverage;
pub use crate::store::data_request::{DataRequest, DataRequests, LogRequest};
pub use crate::store::index::{Key, NodeIndex, PodIndex};
pub use crate::store::item_sink::{ItemSink, ListKind, Origin};
pub use crate::store::node_columns::{Free, LabelValues, NodeSummary};
pub use crate::store::pod_aggregation::RetainFilter;
pub use crate::store::taken::{Taken, TakenKind};
