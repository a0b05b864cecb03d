//! A live cluster: found as kubectl finds it, read in pages into the same sink as a saved one.
//!
//! * [`kubeconfig`]: which cluster, as whom; flags over files over the pod's own account.
//! * [`credential`]: what a credential plugin gives.
//! * [`connection`]: requests, with our own patience: retries, time-outs, bounds.
//! * [`reader`]: lists by page and single objects.
//! * [`save`]: all of it into a file.
//! * [`names`]: names alone, for a shell that completes.

pub mod connection;
pub mod credential;
pub mod kubeconfig;
pub mod names;
mod read;
pub mod reader;
pub mod save;
mod status;
mod timeout;

pub use connection::{Connection, Patience};
pub use kubeconfig::{Environment, Flags, Target};
pub use read::read_for_doctor;
pub use reader::{Found, Query, Reader};
pub use timeout::parse_timeout;
