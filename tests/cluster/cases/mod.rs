//! The tests, by what they are about.

pub mod control_plane;
pub mod deploy;
pub mod deploy_compared;
pub mod deploy_killed;
pub mod kubelets;

use libtest_mimic::{Failed, Trial};

/// A test by its name.
fn test(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok::<(), Failed>(())
    })
}
