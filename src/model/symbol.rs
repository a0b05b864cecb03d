//! Names held once: label keys and values, node names, taints, resource names.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hasher;
use std::num::NonZeroU32;
use std::sync::{LazyLock, OnceLock, RwLock};

use crate::model::hash::{FastHash, FastHasher};

/// A name that is stored once for the whole run, so that holding it costs four bytes and comparing it one
/// instruction.
///
/// A run reads one cluster and ends, so names are never freed. Symbols are not ordered: what is shown is sorted
/// by [`Symbol::as_str`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(NonZeroU32);

static IDS: LazyLock<RwLock<HashMap<&'static str, Symbol, FastHash>>> = LazyLock::new(Default::default);

/// The names by number, in rooms that double in size, so that a name is found without a lock and never moves.
static NAMES: [OnceLock<Box<[OnceLock<&'static str>]>>; 32] = [const { OnceLock::new() }; 32];

/// Names by the low bits of their hash: a thread asks for few again and again, and finds those without the lock.
const RECENT: usize = 512;
thread_local! {
    static LATELY: [Cell<Option<(&'static str, Symbol)>>; RECENT] = const { [const { Cell::new(None) }; RECENT] };
}

/// The room of a number, and the place in it.
fn place(id: NonZeroU32) -> (usize, usize) {
    let room = id.ilog2();
    (room as usize, (id.get() - (1 << room)) as usize)
}

impl Symbol {
    /// The symbol of `name`, which is stored if it is new.
    pub fn new(name: &str) -> Self {
        let mut hasher = FastHasher::default();
        hasher.write(name.as_bytes());
        let slot = hasher.finish() as usize % RECENT;
        LATELY.with(|lately| match lately[slot].get() {
            Some((held, symbol)) if held == name => symbol,
            _ => {
                let symbol = Self::known(name).unwrap_or_else(|| Self::store(name));
                lately[slot].set(Some((symbol.as_str(), symbol)));
                symbol
            }
        })
    }

    fn store(name: &str) -> Self {
        let mut ids = IDS.write().expect("no panic while the table is held");
        if let Some(symbol) = ids.get(name) {
            return *symbol;
        }
        let stored: &'static str = Box::leak(name.into());
        let number = u32::try_from(ids.len() + 1).ok().and_then(NonZeroU32::new).expect("fewer than 2^32 names");
        let (room, at) = place(number);
        let room = NAMES[room].get_or_init(|| (0..1usize << room).map(|_| OnceLock::new()).collect());
        room[at].set(stored).expect("a number is given once");
        ids.insert(stored, Symbol(number));
        Symbol(number)
    }

    /// The symbol of `name` if anything has that name already. What nothing is called matches nothing.
    pub fn known(name: &str) -> Option<Self> {
        IDS.read().expect("no panic while the table is held").get(name).copied()
    }

    /// The number behind the symbol: an order of first use, which means nothing to people.
    pub fn id(self) -> u32 {
        self.0.get()
    }

    /// The name itself.
    pub fn as_str(self) -> &'static str {
        let (room, at) = place(self.0);
        NAMES[room].get().and_then(|room| room[at].get()).expect("a symbol is given when its name is stored")
    }
}

impl Default for Symbol {
    /// The empty name.
    fn default() -> Self {
        static EMPTY: OnceLock<Symbol> = OnceLock::new();
        *EMPTY.get_or_init(|| Symbol::new(""))
    }
}

impl From<&str> for Symbol {
    fn from(name: &str) -> Self {
        Symbol::new(name)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl serde::Serialize for Symbol {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stored_once() {
        let a = Symbol::new("kubernetes.io/hostname");
        assert_eq!(a, Symbol::new(&String::from("kubernetes.io/hostname")));
        assert_ne!(a, Symbol::new("kubernetes.io/Hostname"));
        assert_eq!(a.as_str(), "kubernetes.io/hostname");
        assert_eq!(Symbol::known("never-said-anywhere"), None);
    }
}
