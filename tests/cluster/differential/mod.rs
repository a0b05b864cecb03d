//! Random clusters and DaemonSets before the real control plane: what it decides, and whether the doctor agrees.

mod agree;
mod decide;
mod random;
mod record;
mod shrink;

pub use agree::{Run, agree, our_doctor};
pub use random::{Profile, Random};
pub use record::record;
