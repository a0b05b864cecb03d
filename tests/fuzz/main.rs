//! Inputs from outside, changed at random and at speed: nothing panics, and what two ways of reading give is the same.
//!
//! `make fuzz SECONDS=60` gives each target a minute; the tests take a moment of each. A run is decided by `FUZZ_SEED`:
//! an input that fails is written to `target/fuzz` with its seed, and belongs into `corpus` once the fault is mended.
//! The corpus of a target is its seeds; what stands there is tried first, as it is.

#![expect(clippy::print_stdout, reason = "a test says how much it tried")]

mod both_forms;
mod doctor;
mod documents;
mod kubeconfig;
mod mutation;
mod objects;
mod protobuf;
mod quantities;
mod random;
mod snapshots;

use std::any::Any;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use random::Random;

/// Seconds for a target where `FUZZ_SECONDS` does not say.
const SECONDS: f64 = 0.5;

fn number(name: &str) -> Option<f64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The files of a target's corpus, by name.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .flatten()
        .map(|f| f.path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no seed", folder.display());
    files.iter().map(|file| fs::read(file).expect("a seed can be read")).collect()
}

/// Tries the seeds, then inputs that `make` changes, until the time is over.
fn fuzz(target: &str, seeds: &[Vec<u8>], make: impl Fn(&mut Random, &[Vec<u8>]) -> Vec<u8>, check: impl Fn(&[u8])) {
    let seed = number("FUZZ_SEED").unwrap_or(1.0) as u64;
    let time = Duration::from_secs_f64(number("FUZZ_SECONDS").unwrap_or(SECONDS));
    for input in seeds {
        attempt(target, seed, input, &check);
    }
    // The time is for what is changed: on a busy machine the seeds alone may take all of it.
    let start = Instant::now();
    let mut tried = 0u64;
    while tried == 0 || start.elapsed() < time {
        // Each input has its own numbers, so that one can be made again without those before it.
        let input = make(&mut Random::new(seed, tried), seeds);
        attempt(target, seed, &input, &check);
        tried += 1;
    }
    println!("{target}: {tried} inputs from {} seeds in {:.1?}, seed {seed}", seeds.len(), start.elapsed());
}

fn attempt(target: &str, seed: u64, input: &[u8], check: &impl Fn(&[u8])) {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| check(input)));
    // Far above what any input of this size may take, on a busy machine too.
    let slow = start.elapsed() > Duration::from_secs(30);
    if outcome.is_ok() && !slow {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    let path = folder.join(format!("{target}-{seed}"));
    fs::create_dir_all(&folder).and_then(|()| fs::write(&path, input)).expect("the input can be written");
    let why = outcome.err().map_or_else(|| format!("took {:.1?}", start.elapsed()), |panic| words(&*panic));
    panic!("{target}, seed {seed}: {why}\nthe input is {}", path.display());
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
