//! Labels, and the selectors that pick objects by them.

use std::fmt;

/// Labels of nodes under names that Kubernetes gave up, and the names since.
pub const RENAMED_NODE_LABELS: [(&str, &str); 6] = [
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane"),
];

use crate::model::Symbol;

/// The labels of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels(Box<[(Symbol, Symbol)]>);

impl Labels {
    /// The value of `key`. Keys and values are case-sensitive, and an empty value is a value.
    pub fn get(&self, key: Symbol) -> Option<Symbol> {
        // Some twenty labels: a scan over eight-byte pairs beats any search.
        self.0.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }

    /// All labels, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, Symbol)> + '_ {
        self.0.iter().copied()
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These labels with others laid over them.
    #[must_use]
    pub fn with(&self, others: impl IntoIterator<Item = (Symbol, Symbol)>) -> Self {
        let mut labels = self.0.to_vec();
        for (key, value) in others {
            match labels.iter_mut().find(|(k, _)| *k == key) {
                Some(label) => label.1 = value,
                None => labels.push((key, value)),
            }
        }
        labels.into_iter().collect()
    }

    /// All labels by name, for people.
    pub fn sorted(&self) -> Vec<(&'static str, &'static str)> {
        let mut labels: Vec<_> = self.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        labels.sort_unstable();
        labels
    }
}

impl FromIterator<(Symbol, Symbol)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Symbol, Symbol)>>(labels: I) -> Self {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort_unstable_by_key(|(k, _)| symbol_order(*k));
        labels.dedup_by_key(|(k, _)| *k);
        Labels(labels.into())
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Labels {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(labels: I) -> Self {
        labels.into_iter().map(|(k, v)| (Symbol::new(k), Symbol::new(v))).collect()
    }
}

/// An order that makes equal label sets equal in memory; it has no meaning for people.
fn symbol_order(symbol: Symbol) -> u32 {
    symbol.id()
}

/// What a requirement asks of the value of one label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Present, and one of these.
    In(Box<[Symbol]>),
    /// Absent, or none of these.
    NotIn(Box<[Symbol]>),
    /// Present.
    Exists,
    /// Absent.
    DoesNotExist,
    /// Present and an integer greater than this.
    Gt(i64),
    /// Present and an integer less than this.
    Lt(i64),
    /// Written so that the API's own parser refuses it; the term that holds it matches nothing.
    Invalid,
}

/// One requirement on one label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The label's key.
    pub key: Symbol,
    /// What is asked of its value.
    pub operator: Operator,
}

/// As people write it: `disk In [ssd, nvme]`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A longer list says nothing to a reader.
        const MAX_VALUES: usize = 8;
        let list = |values: &[Symbol]| match values.len() {
            0..=MAX_VALUES => values.iter().map(|v| quoted(v.as_str())).collect::<Vec<_>>().join(", "),
            many => format!("{many} values"),
        };
        let key = self.key;
        match &self.operator {
            Operator::In(values) => write!(f, "{key} In [{}]", list(values)),
            Operator::NotIn(values) => write!(f, "{key} NotIn [{}]", list(values)),
            Operator::Exists => write!(f, "{key} Exists"),
            Operator::DoesNotExist => write!(f, "{key} DoesNotExist"),
            Operator::Gt(bound) => write!(f, "{key} Gt {bound}"),
            Operator::Lt(bound) => write!(f, "{key} Lt {bound}"),
            Operator::Invalid => write!(f, "{key}: not valid"),
        }
    }
}

/// A value as people see it: an empty one in quotes.
pub fn quoted(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

impl Requirement {
    /// As people write it, with a long list counted: it would hide what else is said. `disk In [7 values]`
    pub fn brief(&self) -> String {
        /// More values are counted.
        const MAX_VALUES: usize = 4;
        let word = match &self.operator {
            Operator::In(values) if values.len() > MAX_VALUES => "In",
            Operator::NotIn(values) if values.len() > MAX_VALUES => "NotIn",
            _ => return self.to_string(),
        };
        let (Operator::In(values) | Operator::NotIn(values)) = &self.operator else { return self.to_string() };
        format!("{} {word} [{} values]", self.key, values.len())
    }

    /// Whether a label set with `value` under the key meets it.
    ///
    /// Follows `apimachinery/pkg/labels/selector.go` v1.36: `NotIn` holds for an absent key; `Gt` and `Lt` need a
    /// value that is a base-10 64-bit integer, with a sign if one is written.
    pub fn holds(&self, value: Option<Symbol>) -> bool {
        let integer = || value.and_then(|v| v.as_str().parse::<i64>().ok());
        match &self.operator {
            Operator::In(values) => value.is_some_and(|v| values.contains(&v)),
            Operator::NotIn(values) => value.is_none_or(|v| !values.contains(&v)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt(bound) => integer().is_some_and(|v| v > *bound),
            Operator::Lt(bound) => integer().is_some_and(|v| v < *bound),
            Operator::Invalid => false,
        }
    }

    /// Whether the labels meet it.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.holds(labels.get(self.key))
    }

    /// Whether every label set that meets it meets the other one as well.
    pub fn implies(&self, other: &Requirement) -> bool {
        use Operator as O;
        if self.key != other.key {
            return false;
        }
        match (&self.operator, &other.operator) {
            // Each value that it allows can be tried.
            (O::In(values), _) => values.iter().all(|value| other.holds(Some(*value))),
            (O::DoesNotExist, _) => other.holds(None),
            (O::Exists | O::Gt(_) | O::Lt(_), O::Exists) => true,
            (O::NotIn(values), O::NotIn(others)) => others.iter().all(|value| values.contains(value)),
            (O::Gt(bound), O::Gt(other)) => bound >= other,
            (O::Lt(bound), O::Lt(other)) => bound <= other,
            // Values that are no numbers above or below the bound are left out.
            (O::Gt(_) | O::Lt(_), O::NotIn(others)) => others.iter().all(|value| !self.holds(Some(*value))),
            // What cannot be met implies anything; a term with it is reported as unusable.
            (O::Exists | O::NotIn(_) | O::Gt(_) | O::Lt(_) | O::Invalid, _) => false,
        }
    }
}

/// A label selector: all requirements must hold. An empty one matches every object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    /// The requirements.
    pub requirements: Vec<Requirement>,
}

impl Selector {
    /// Whether the labels meet every requirement.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|r| r.matches(labels))
    }

    /// Whether it asks nothing.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Returns the labels that it asks for, if it asks for one value of each key and for nothing else.
    pub fn as_labels(&self) -> Option<Vec<(Symbol, Symbol)>> {
        let label = |requirement: &Requirement| match &requirement.operator {
            Operator::In(values) if values.len() == 1 => Some((requirement.key, values[0])),
            _ => None,
        };
        self.requirements.iter().map(label).collect()
    }

    /// The selector in the language of the API's `labelSelector` parameter; `None` for one that cannot be said there.
    pub fn to_query(&self) -> Option<String> {
        let set = |key: Symbol, word: &str, values: &[Symbol]| {
            let values: Vec<&str> = values.iter().map(|v| v.as_str()).collect();
            format!("{key} {word} ({})", values.join(","))
        };
        let one = |requirement: &Requirement| {
            let key = requirement.key;
            is_label_key(key.as_str()).then_some(())?;
            Some(match &requirement.operator {
                Operator::In(values) if values.len() == 1 => format!("{key}={}", values[0]),
                Operator::In(values) => set(key, "in", values),
                Operator::NotIn(values) => set(key, "notin", values),
                Operator::Exists => key.to_string(),
                Operator::DoesNotExist => format!("!{key}"),
                Operator::Gt(_) | Operator::Lt(_) | Operator::Invalid => return None,
            })
        };
        let all: Option<Vec<String>> = self.requirements.iter().map(one).collect();
        all.map(|all| all.join(","))
    }
}

/// Whether text is a valid label value: empty, or up to 63 of alphanumerics, `-`, `_`, `.` with alphanumeric ends.
pub fn is_label_value(text: &str) -> bool {
    text.len() <= 63
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.bytes().next().is_none_or(|b| b.is_ascii_alphanumeric())
        && text.bytes().last().is_none_or(|b| b.is_ascii_alphanumeric())
}

/// Whether text is a valid label key: a name as a label value is (not empty), optionally behind a DNS subdomain
/// of up to 253 characters and a slash.
pub fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let dns_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    !name.is_empty()
        && is_label_value(name)
        && prefix.is_none_or(|p| !p.is_empty() && p.len() <= 253 && p.split('.').all(dns_label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[&str]) -> Box<[Symbol]> {
        values.iter().map(|v| Symbol::new(v)).collect()
    }

    #[test]
    fn every_operator() {
        let labels: Labels =
            [("disk", "ssd"), ("gen", "7"), ("neg", "-3"), ("plus", "+5"), ("empty", "")].into_iter().collect();
        for (key, operator, expected) in [
            ("disk", Operator::In(values(&["hdd", "ssd"])), true),
            ("disk", Operator::In(values(&["SSD"])), false),
            ("none", Operator::In(values(&["ssd"])), false),
            ("empty", Operator::In(values(&[""])), true),
            ("none", Operator::In(values(&[""])), false),
            ("none", Operator::NotIn(values(&["ssd"])), true),
            ("disk", Operator::NotIn(values(&["ssd"])), false),
            ("disk", Operator::Exists, true),
            ("none", Operator::Exists, false),
            ("none", Operator::DoesNotExist, true),
            ("empty", Operator::DoesNotExist, false),
            ("gen", Operator::Gt(6), true),
            ("gen", Operator::Gt(7), false),
            ("gen", Operator::Lt(8), true),
            ("neg", Operator::Lt(0), true),
            ("plus", Operator::Gt(4), true),
            ("disk", Operator::Gt(0), false),
            ("none", Operator::Lt(9), false),
            ("disk", Operator::Invalid, false),
        ] {
            let requirement = Requirement { key: Symbol::new(key), operator };
            assert_eq!(requirement.matches(&labels), expected, "{requirement:?}");
        }
    }

    #[test]
    fn valid_keys_and_values() {
        for (text, key, value) in [
            ("disk", true, true),
            ("", false, true),
            ("kubernetes.io/os", true, false),
            ("Kubernetes.io/os", false, false),
            ("-a", false, false),
            ("a_b.c-d", true, true),
            ("a b", false, false),
            ("a/b/c", false, false),
        ] {
            assert_eq!((is_label_key(text), is_label_value(text)), (key, value), "{text:?}");
        }
    }
}
