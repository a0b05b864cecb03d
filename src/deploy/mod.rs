//! From a document to running pods: what will happen, doing it, and saying meanwhile why it does not.
//!
//! * [`object`]: the kinds that are deployed, where they live, in which order they go.
//! * [`intent`]: what the documents ask for, each object marked as ours.
//! * [`managed`]: which fields we own, and what server-side apply makes of an object.
//! * [`difference`]: what changes between two states of an object.
//! * [`plan`]: what becomes of every object.
//! * [`prediction`]: which nodes get a pod, who is evicted, how the rollout goes.
//! * [`seal`]: the checksum of configuration and secrets on the pods.
//! * `sets`: whose an object is.
//! * [`unseen`]: what a prediction rests on and could not be seen.
//! * [`guard`]: a deployment that is refused by what is predicted.
//! * [`session`]: reading what is there, asking the server, writing.
//! * [`rollout`]: how far a rollout is, and what holds it.
//! * [`reasons`]: what the doctor says of the nodes that hold it.
//! * [`track`]: following one until it ends.
//! * [`delete`]: taking back what was deployed.
//! * [`report`]: all of it as data for machines.
//!
//! Only [`session`], [`look`], [`reasons`], [`track`] and [`delete`] talk to a cluster; nothing here prints.

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
pub mod prediction;
pub mod report;
pub mod resources;
pub mod rollout;
pub mod session;
pub mod unseen_data;
