//! A live cluster: found as kubectl finds it, read in pages, written to by server-side apply. Prints nothing.
//!
//! * [`flags`], [`kubeconfig`], `kubeconfig_file`, `kuberc`, `proxy`: which cluster, as whom, by which way.
//! * [`user_credentials`], `secret_fields`, [`credential`], `oidc`, `sign_in`: what the user gives, what a plugin gives, what an issuer gives.
//! * `transport`, `tls`: what a request goes through.
//! * [`connection`]: requests with retries, time-outs and bounds; [`api_path`] builds every path and query.
//! * [`reader`]: lists and single objects, `list` one list on its way; [`fetcher`] answers the requests of a diagnosis.
//! * [`apply`]: server-side apply, creation, deletion, and whether the user may.
//! * [`admission`], [`logs`], [`objects`], [`changes`], [`snapshot_lists`], [`completion_names`]: one question each.

pub mod access_review;
pub mod admission;
mod answer_headers;
pub mod api_path;
pub mod apply;
mod certificates;
pub mod changes;
pub mod completion_names;
pub mod connection;
mod connection_errors;
pub mod credential;
pub(crate) mod executable;
mod fetch_round;
pub mod fetcher;
pub mod flags;
pub mod kubeconfig;
mod kubeconfig_file;
mod kuberc;
mod list;
pub mod logs;
pub mod objects;
pub mod oidc;
mod proxy;
pub mod query;
pub mod reader;
pub mod refusal;
mod secret_fields;
mod server_address;
mod sign_in;
mod single_shot;
pub mod snapshot_lists;
pub mod snapshot_logs;
pub(crate) mod status;
mod tls;
mod transport;
mod user_credentials;

pub use crate::client::connection::{Connection, Patience};
pub use crate::client::fetcher::Fetcher;
pub use crate::client::flags::{Environment, Flags, Secret};
pub use crate::client::kubeconfig::Target;
pub use crate::client::query::Query;
pub use crate::client::reader::{Found, Reader};
