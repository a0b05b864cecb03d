//! Names held once: label keys and values, node names, taints, resource names.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{LazyLock, RwLock};

/// A name that is stored once for the whole run, so that holding it costs four bytes and comparing it one
/// instruction.
///
/// A run reads one cluster and ends, so names are never freed. Symbols are not ordered: what is shown is sorted
/// by [`Symbol::as_str`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(NonZeroU32);

#[derive(Default)]
struct Table {
    ids: HashMap<&'static str, Symbol>,
    names: Vec<&'static str>,
}

static TABLE: LazyLock<RwLock<Table>> = LazyLock::new(Default::default);

impl Symbol {
    /// The symbol of `name`, which is stored if it is new.
    pub fn new(name: &str) -> Self {
        if let Some(symbol) = Self::known(name) {
            return symbol;
        }
        let mut table = TABLE.write().expect("no panic while the table is held");
        if let Some(symbol) = table.ids.get(name) {
            return *symbol;
        }
        let stored: &'static str = Box::leak(name.into());
        table.names.push(stored);
        let id = u32::try_from(table.names.len()).ok().and_then(NonZeroU32::new).expect("fewer than 2^32 names");
        table.ids.insert(stored, Symbol(id));
        Symbol(id)
    }

    /// The symbol of `name` if anything has that name already. What nothing is called matches nothing.
    pub fn known(name: &str) -> Option<Self> {
        TABLE.read().expect("no panic while the table is held").ids.get(name).copied()
    }

    /// The number behind the symbol: an order of first use, which means nothing to people.
    pub fn id(self) -> u32 {
        self.0.get()
    }

    /// The name itself.
    pub fn as_str(self) -> &'static str {
        TABLE.read().expect("no panic while the table is held").names[self.0.get() as usize - 1]
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
