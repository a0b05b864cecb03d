//! Plans, predicts, applies and follows a deployment.
//!
//! * [`resources`]: the kinds that are deployed, where they live, in which order they go.
//! * [`hold`]: whether pods stay available after the rollout.
//! * [`intent`]: what the documents ask for, each object marked as ours.
//! * [`field_ownership`]: which fields we own, and the result of server-side apply.
//! * [`difference`]: what changes between two states of an object.
//! * [`documents`]: both states of an object for people.
//! * [`plan`]: the action for every object.
//! * [`prediction`]: which nodes get a pod, who is evicted, how the rollout goes.
//! * [`client_side_apply`]: fields of client-side `kubectl apply`, which become ours.
//! * [`config_checksum`]: the checksum of configuration and secrets on the pods.
//! * `apply_sets`: which ApplySet an object belongs to.
//! * [`unseen_data`]: data that a prediction needs and could not read.
//! * [`fit_together`]: whether DaemonSets that are deployed together fit together.
//! * [`guard`]: refuses a deployment because of its prediction.
//! * [`pod_probe`]: an admission dry run of one pod.
//! * [`session`]: the stages that talk to the server: plan, prediction, apply, prune, roll back.
//! * [`rollback_state`]: the state before a deployment, kept until its rollout succeeded.
//! * [`rollout`]: progress of a rollout, and what blocks it.
//! * [`diagnose_blocked`]: the doctor's findings for blocked nodes.
//! * [`poll`]: reading a DaemonSet, its pods and the nodes for one look.
//! * [`follow`]: following a rollout until it ends.
//! * [`delete`]: deletes what was deployed.
//! * [`report`]: the JSON report.
//!
//! Only [`session`], [`load`], [`fit_together`], [`diagnose_blocked`], [`poll`], [`follow`] and [`delete`] talk to a cluster; nothing here prints.

mod apply_sets;
pub mod client_side_apply;
pub mod config_checksum;
pub mod delete;
pub mod desired_object;
pub mod diagnose_blocked;
pub mod difference;
pub mod documents;
pub mod field_ownership;
pub mod fit_together;
pub mod follow;
pub mod guard;
pub mod hold;
pub mod intent;
pub mod load;
pub mod plan;
pub mod pod_probe;
pub mod poll;
pub mod prediction;
pub mod report;
pub mod resources;
pub mod rollback_state;
pub mod rollout;
pub mod session;
pub mod unseen_data;
