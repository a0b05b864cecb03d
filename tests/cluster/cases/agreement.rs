//! Does the doctor agree with the real control plane? A short run; `make agree` is the long one.

use std::path::Path;

use libtest_mimic::Trial;

use super::test;
use crate::differential;

/// The test of this file.
pub fn tests() -> Vec<Trial> {
    vec![test("agreement::on_random_clusters_of_every_profile", on_random_clusters)]
}

fn on_random_clusters() {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("disagreements");
    // The same seeds each time: what is not known yet is looked for by hand.
    let agreement = differential::agree(8, 4000, 12, 6, &kept);
    println!("{} cases, {} verdicts, seeds 4000 to 4007", agreement.cases, agreement.verdicts);
    assert!(agreement.disagreements.is_empty(), "{:#?}", agreement.disagreements);
    assert!(agreement.verdicts > 300, "only {} verdicts were compared", agreement.verdicts);
}
