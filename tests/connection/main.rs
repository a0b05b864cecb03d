//! The program before an API server of the test's own making, as people and pipelines run it: which connection it
//! chooses, what it says when the server, the network or the rights fail it, what it never lets out.
//!
//! What is compared with the real kubectl needs it: `KUBECTL_DAEMONSET_CLUSTER=1`, as for `tests/cluster`.
#![expect(clippy::print_stdout, reason = "a test says how much it compared, and what it could not")]

#[path = "../cluster/harness/binaries.rs"]
mod binaries;

mod api;
mod choice;
mod cluster;
mod credentials;
mod faults;
mod files;
mod guards;
mod holding;
mod manners;
mod places;
mod program;
mod proxy;
mod rolling_back;
mod secrets;
mod server;
mod taking_over;
mod terminal;
mod together;
mod verdicts;
mod waiting;
mod world;
