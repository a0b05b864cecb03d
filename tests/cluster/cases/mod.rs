//! The tests, by what they are about.

mod agreement;
pub mod control_plane;
mod deploy;
pub mod deploy_compared;
mod deploy_faults;
pub mod deploy_killed;
pub mod deploy_rolls;
mod deploy_rules;
mod end_to_end;
mod kubelets;
mod life;
pub mod real_node;
mod spec;

use libtest_mimic::{Failed, Trial};

/// Every test.
pub fn all() -> Vec<Trial> {
    [
        control_plane::tests(),
        kubelets::tests(),
        real_node::tests(),
        life::tests(),
        agreement::tests(),
        end_to_end::tests(),
        deploy::tests(),
        deploy_killed::tests(),
        deploy_compared::tests(),
        deploy_faults::tests(),
        deploy_rolls::tests(),
        deploy_rules::tests(),
        spec::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A test by its name.
fn test(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok::<(), Failed>(())
    })
}
