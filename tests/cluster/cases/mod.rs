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
mod protobuf;
pub mod real_node;
mod rights;
mod spec;
pub mod validation;

use std::time::Instant;

use libtest_mimic::{Failed, Trial};

/// Every test; those that take longest come first, so that none is left alone at the end.
pub fn all() -> Vec<Trial> {
    [
        deploy_compared::tests(),
        agreement::tests(),
        deploy_killed::tests(),
        deploy_faults::tests(),
        kubelets::tests(),
        rights::tests(),
        life::tests(),
        protobuf::tests(),
        spec::tests(),
        validation::tests(),
        deploy_rolls::tests(),
        deploy::tests(),
        deploy_rules::tests(),
        end_to_end::tests(),
        real_node::tests(),
        control_plane::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A test by its name, which says how long it took.
fn test(name: &str, run: fn()) -> Trial {
    let whose = name.to_owned();
    Trial::test(name, move || {
        let began = Instant::now();
        run();
        println!("{whose} took {:.1} s", began.elapsed().as_secs_f64());
        Ok::<(), Failed>(())
    })
}
