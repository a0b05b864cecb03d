//! Writes what the real control plane decided, in the format of `tests/recordings/README.md`.

use std::{
    fs::File,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::{
    decide::World,
    random::{Profile, Random, daemon_set},
};

/// How large a recording is.
const NODES: usize = 30;
const CASES: usize = 24;

/// How many clusters run at a time.
const SIDE_BY_SIDE: usize = 3;

/// Records `files` random clusters of each profile, the first from `seed`, into `folder`.
///
/// # Errors
/// A sentence about a file that cannot be written.
pub fn record(folder: &Path, profiles: &[Profile], files: u64, seed: u64) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    let began = Instant::now();
    let clusters: Vec<(u64, Profile)> =
        (seed..seed + files).flat_map(|s| profiles.iter().map(move |p| (s, *p))).collect();
    let total = AtomicUsize::new(0);
    side_by_side(&clusters, |(seed, profile)| {
        let (recording, verdicts, took) = one(*profile, *seed);
        let server = recording["server"].as_str().unwrap_or_default();
        let file = folder.join(format!("{}-{seed}-{server}.json.gz", profile.name()));
        write(&file, &recording).unwrap_or_else(|why| panic!("{why}"));
        total.fetch_add(verdicts, Ordering::Relaxed);
        let cases = recording["cases"].as_array().map_or(0, Vec::len);
        println!("{}: {cases} cases, {verdicts} verdicts in {:.0} s", file.display(), took.as_secs_f64());
    });
    println!("{} verdicts in {:.0} s", total.into_inner(), began.elapsed().as_secs_f64());
    Ok(())
}

/// Works on several at a time: most of the time is waiting until nothing more happens.
pub fn side_by_side<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..SIDE_BY_SIDE.min(items.len()) {
            threads.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

/// Records one cluster.
fn one(profile: Profile, seed: u64) -> (Value, usize, Duration) {
    let began = Instant::now();
    let mut random = Random::of(seed ^ (profile as u64) << 32);
    let world = World::random(&mut random, profile, NODES);
    let mut cases: Vec<Value> = Vec::new();
    let mut verdicts = 0;
    for number in 0..CASES {
        let ds = daemon_set(&mut random, profile, &format!("ds{number:02}"));
        if let Some(case) = world.decide(&ds, cases.is_empty()) {
            verdicts += case["nodes"].as_object().map_or(0, serde_json::Map::len).max(1);
            cases.push(case);
        }
    }
    let changed = world.changed();
    assert!(
        changed.is_empty(),
        "the cases of {} {seed} changed the cluster under each other: {changed:?}",
        profile.name()
    );
    let recording = json!({"server": world.cluster.version(), "cluster": world.objects, "cases": cases});
    (recording, verdicts, began.elapsed())
}

/// Writes one recording.
///
/// # Errors
/// A sentence that names the file.
pub fn write(file: &Path, recording: &Value) -> Result<(), String> {
    let cannot = |e: std::io::Error| format!("cannot write {}: {e}", file.display());
    let mut out = GzEncoder::new(File::create(file).map_err(cannot)?, Compression::best());
    serde_json::to_writer(&mut out, recording).map_err(|e| cannot(e.into()))?;
    out.finish().map_err(cannot)?;
    Ok(())
}
