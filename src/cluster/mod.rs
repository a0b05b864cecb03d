//! Everything that talks: snapshots, kubeconfig, client, lists. Gives facts, takes objects; never prints.

pub mod items;
pub mod live;
pub mod path;
pub mod snapshot;
pub mod write;

pub use items::{ItemSink, ListKind, Origin, Taken, TakenKind};
