//! Packaging, and life with the real krew and kubectl.
//!
//! What needs neither always runs. The rest needs the programs that `make cluster-build` builds, and is run by
//! `make krew-test`; without them the tests say so.

// A test runner talks.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../cluster/harness/binaries.rs"]
mod binaries;

mod completion;
mod home;
mod life;
mod manners;
mod packages;
mod refused;
mod server;
#[path = "../summary/mod.rs"]
mod summary;
mod supply;
mod workflows;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut tests =
        [packages::tests(), supply::tests(), workflows::tests(), completion::hermetic(), manners::tests()].concat_all();
    let real = [completion::real(), manners::real(), life::tests(), refused::tests()].concat_all();
    if std::env::var(binaries::SWITCH).is_ok_and(|v| !v.is_empty()) || arguments.list {
        tests.extend(real);
    } else {
        println!(
            "{} tests with the real kubectl and krew were not run: they need both; `make krew-test` builds and runs them",
            real.len()
        );
    }
    libtest_mimic::run(&arguments, tests).exit_code()
}

/// One list of several.
trait ConcatAll {
    fn concat_all(self) -> Vec<Trial>;
}

impl<const N: usize> ConcatAll for [Vec<Trial>; N] {
    fn concat_all(self) -> Vec<Trial> {
        self.into_iter().flatten().collect()
    }
}

/// A test by its name; a panic fails it.
fn test(name: &'static str, body: impl Fn() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        body();
        Ok(())
    })
}
