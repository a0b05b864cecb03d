//! A live cluster: found as kubectl finds it, read in pages into the same sink as a saved one.
//!
//! * [`flags`]: what the user and the surroundings say; `proxy` and `kuberc` are rules about parts of it.
//! * [`kubeconfig`]: which cluster, as whom; flags over files over the pod's own account.
//! * `user`: what of the kubeconfig's user counts.
//! * [`credential`]: which credential plugin may run, and what it gives.
//! * [`oidc`]: the token of an issuer.
//! * `client`: what requests go through.
//! * [`connection`]: requests, with our own patience: retries, time-outs, bounds.
//! * [`changes`]: whether an object changes.
//! * [`reader`]: lists by page and single objects.
//! * [`answers`]: what a diagnosis asks for, as it asks.
//! * `read`: what lint looks at.
//! * [`objects`]: whole objects, for whoever makes a document of them.
//! * [`save`]: all of it into a file.
//! * [`logs`]: the last lines of a container's log.
//! * [`admission`]: what the server would make of a pod, without storing it.
//! * [`names`]: names alone, for a shell that completes.

pub mod admission;
pub mod answers;
pub mod changes;
mod client;
pub mod connection;
pub mod credential;
pub mod flags;
pub mod kubeconfig;
mod kuberc;
pub mod logs;
pub mod names;
pub mod objects;
pub mod oidc;
mod once;
mod proxy;
mod read;
pub mod reader;
pub mod save;
pub(in crate::cluster) mod status;
mod user;

pub use answers::{Answers, Scope};
pub use connection::{Connection, Patience};
pub use flags::{Environment, Flags, Secret};
pub use kubeconfig::Target;
pub use read::{LINTED, read_for_lint};
pub use reader::{Found, Query, Reader};
