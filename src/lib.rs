//! kubectl-daemonset: why a DaemonSet's pod is, or is not, on a node.
//!
//! The rooms, in the order in which data flows:
//!
//! * [`yaml`]: documents with positions; kubectl's scalars, read and written.
//! * [`spec`]: the `KubernetesDaemonSet` document: types, checks, rendering, importing, lint.
//! * [`facts`]: the domain's plain data, narrowed once from the JSON form of wire objects.
//! * [`placement`]: the rules. Facts in, verdict with evidence out. No I/O.
//! * [`doctor`]: from verdicts and what runs now to findings, remedies and the report.
//! * [`cluster`]: everything that talks: snapshots, kubeconfig, client, lists.
//! * [`deploy`]: plan, prediction, apply in order, rollout tracking, deletion.
//! * [`output`]: renderers, one file a format; styles, escaping, width.
//! * [`cli`]: the command line, one file a command.

pub mod cli;
pub mod cluster;
pub mod deploy;
pub mod doctor;
pub mod error;
pub mod facts;
pub mod output;
pub mod placement;
pub mod spec;
pub mod text;
pub mod yaml;
