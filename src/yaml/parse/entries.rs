//! The entries of a map while it is read: keys that stand twice, and merge keys.

use std::collections::HashMap;

use crate::yaml::Entry;

/// The entries of a map while it is read; an index is kept only where there are many.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) list: Vec<Entry>,
    merged: Vec<bool>,
    index: HashMap<String, usize>,
}

impl Entries {
    fn find(&mut self, key: &str) -> Option<usize> {
        const FEW: usize = 24;
        if self.list.len() < FEW {
            return self.list.iter().position(|e| e.key == key);
        }
        for i in self.index.len()..self.list.len() {
            self.index.insert(self.list[i].key.clone(), i);
        }
        self.index.get(key).copied()
    }

    /// Adds what stands in the map itself. Of two with one key the last counts, as in kubectl; returns the key then.
    pub(super) fn add(&mut self, entry: Entry) -> Option<&str> {
        match self.find(&entry.key) {
            Some(i) => {
                self.list[i] = entry;
                let was_merged = std::mem::take(&mut self.merged[i]);
                (!was_merged).then(|| self.list[i].key.as_str())
            }
            None => {
                self.list.push(entry);
                self.merged.push(false);
                None
            }
        }
    }

    pub(super) fn merge(&mut self, entry: Entry) {
        match self.find(&entry.key) {
            Some(i) => {
                self.list[i] = entry;
                self.merged[i] = true;
            }
            None => {
                self.list.push(entry);
                self.merged.push(true);
            }
        }
    }
}
