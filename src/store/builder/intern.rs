//! Equal values held once.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use crate::model::hash::FastHash;

/// Returns the value that the set holds already, or puts this one into it.
pub(super) fn intern<T: Eq + Hash>(set: &mut HashSet<Arc<T>, FastHash>, value: T) -> Arc<T> {
    if let Some(held) = set.get(&value) {
        return Arc::clone(held);
    }
    let held = Arc::new(value);
    set.insert(Arc::clone(&held));
    held
}
