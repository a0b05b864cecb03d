//! Words of kubelets, runtimes, registries, webhooks and schedulers, parsed into enums.
//!
//! Foreign text is matched in this room and nowhere else.

pub mod image_pull;
