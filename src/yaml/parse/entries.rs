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

    /// Adds what stands in the map itself; gives it back where it stands there already.
    pub(super) fn add(&mut self, entry: Entry) -> Result<(), Entry> {
        match self.find(&entry.key) {
            Some(i) if !self.merged[i] => Err(entry),
            Some(i) => {
                self.list[i] = entry;
                self.merged[i] = false;
                Ok(())
            }
            None => {
                self.list.push(entry);
                self.merged.push(false);
                Ok(())
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
