//! From a document to running pods: what will happen, doing it, and saying meanwhile why it does not.
//!
//! * [`resources`]: the kinds that are deployed, where they live, in which order they go.
//! * [`intent`]: what the documents ask for, each object marked as ours.
//! * [`field_ownership`]: which fields we own, and what server-side apply makes of an object.
//! * [`difference`]: what changes between two states of an object.
//! * [`plan`]: what becomes of every object.
//! * [`prediction`]: which nodes get a pod, who is evicted, how the rollout goes.
//! * [`config_checksum`]: the checksum of configuration and secrets on the pods.
//! * `apply_sets`: whose an object is.
//! * [`unseen_data`]: what a prediction rests on and could not be seen.
//! * [`guard`]: a deployment that is refused by what is predicted.
//! * [`pod_probe`]: what admission says of one pod.
//! * [`session`]: reading what is there, asking the server, writing.
//! * [`rollout`]: how far a rollout is, and what holds it.
//! * [`diagnose_blocked`]: what the doctor says of the nodes that hold it.
//! * [`poll`]: reading a DaemonSet, its pods and the nodes for one look.
//! * [`follow`]: following a rollout until it ends.
//! * [`delete`]: taking back what was deployed.
//! * [`report`]: all of it as data for machines.
//!
//! Only [`session`], [`load`], [`diagnose_blocked`], [`poll`], [`follow`] and [`delete`] talk to a cluster; nothing here prints.

mod apply_sets;
pub mod config_checksum;
pub mod delete;
pub mod desired_object;
pub mod diagnose_blocked;
pub mod difference;
pub mod field_ownership;
pub mod follow;
pub mod guard;
pub mod intent;
pub mod load;
pub mod plan;
pub mod pod_probe;
pub mod poll;
pub mod prediction;
pub mod report;
pub mod resources;
pub mod rollout;
pub mod session;
pub mod unseen_data;
