//! Saved clusters: a text gives the same objects however it arrives.

use std::io::Read;
use std::path::PathBuf;

use kubectl_daemonset::snapshot::{Limits, Summary, read_within};
use kubectl_daemonset::store::{Builder, ItemSink, ListKind, Origin, Taken};

use super::{corpus, fuzz, mutation};

/// Gives `step` bytes at a time.
struct Slow<'a> {
    text: &'a [u8],
    step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.step.min(buffer.len()).min(self.text.len());
        let (now, rest) = self.text.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.text = rest;
        Ok(count)
    }
}

/// Reads objects as the doctor does, and remembers which.
#[derive(Default)]
struct Remembering {
    builder: Builder,
    taken: Vec<(Vec<u8>, Taken)>,
}

impl ItemSink for Remembering {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, origin: &Origin) -> Result<Taken, serde_json::Error> {
        let taken = self.builder.item(json, list, origin)?;
        self.taken.push((json[..taken.bytes].to_vec(), taken));
        Ok(taken)
    }
}

/// What came of reading, the bytes of each item, and how many nodes there are.
type Outcome = (Result<Summary, String>, Vec<(Vec<u8>, Taken)>, usize);

fn read(text: &[u8], step: usize) -> Outcome {
    let mut sink = Remembering::default();
    let limits = Limits::of_bytes(16 << 20);
    let read = read_within(limits, &[PathBuf::from("-")], &mut Slow { text, step }, &mut sink);
    let nodes = sink.builder.finish(None).nodes.len();
    (read.map_err(|error| error.to_string()), sink.taken, nodes)
}

#[test]
fn saved_clusters_are_read_alike_in_one_piece_and_in_many() {
    let seeds = corpus("snapshots");
    fuzz("snapshots", &seeds, mutation::bytes, |input| {
        let whole = read(input, usize::MAX);
        let pieces = read(input, 1 + input.len() % 61);
        assert!(whole == pieces, "{whole:?}\n{pieces:?}");
    });
}
