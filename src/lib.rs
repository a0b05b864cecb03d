//! kubectl-daemonset: why a DaemonSet's pod is, or is not, on a node.
//!
//! The rooms, in the order in which data flows:
//!
//! * [`severity`]: how bad something is.
//! * [`text`]: escaping, plurals, lists, durations.
//! * [`yaml`]: documents with positions; kubectl's scalars, read and written.
//! * [`model`]: the domain's plain data and its one entrance per wire form.
//! * [`store`]: the cluster that is built of it.
//! * [`manifest`]: the `KubernetesDaemonSet` document: types, checks, rendering, importing, lint.
//! * [`rules`]: what the controller, admission, the scheduler and the kubelet decide. Pure.
//! * [`findings`]: from verdicts and what runs now to findings.
//! * [`fix`]: changes that are proposed, tried and judged again.
//! * [`explain`]: causes in words.
//! * [`report`]: the report's types and schema.
//! * [`investigate`]: the engine that asks, reads and judges.
//! * [`stream`]: objects out of JSON text as it arrives.
//! * [`snapshot`]: saved clusters, read and written.
//! * [`client`]: the API server.
//! * [`deploy`]: plan, prediction, apply, rollout, deletion.
//! * [`render`]: a file per format; styles, width.
//! * [`cli`]: the command line, a file per command.

pub mod cli;
pub mod client;
pub mod deploy;
pub mod error;
pub mod exit_code;
pub mod explain;
pub mod findings;
pub mod fix;
pub mod investigate;
pub mod manifest;
pub mod model;
pub mod render;
pub mod report;
pub mod rules;
pub mod severity;
pub mod snapshot;
pub mod store;
pub mod stream;
pub mod text;
pub mod yaml;
