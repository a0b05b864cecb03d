//! A label that is nearly the required one.

use crate::model::labels::RENAMED_NODE_LABELS;
use crate::model::{Labels, Symbol};

/// A label of a node that is nearly the required label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NearLabel {
    /// The key that is there.
    pub key: Symbol,
    /// Its value.
    pub value: Symbol,
    /// How it differs.
    pub differs: Differs,
}

/// How a label differs from the required label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Differs {
    /// By upper and lower case.
    Case,
    /// One of the two is a name that Kubernetes has retired.
    OldName,
    /// By a letter or two, or by punctuation.
    Spelling,
    /// One of the two values is empty: the label is there as a mark only.
    Empty,
    /// Both values say yes, or no, in another word.
    Word,
    /// The key has another domain, or none.
    Domain,
    /// The key has a word more or less.
    Part,
    /// A role stands in the key of one and in the value of the other.
    Role,
    /// The value is the only one that the key has in the cluster.
    OnlyValue,
}

impl Differs {
    /// Whether it looks like a mistake. Another value may be a pool that is empty now.
    pub fn is_mistake(self) -> bool {
        self != Differs::OnlyValue
    }

    /// Whether it is told only where no node of the cluster has the required label: then the author meant another one.
    fn needs_absence(self) -> bool {
        matches!(self, Differs::Domain | Differs::Part | Differs::Role | Differs::OnlyValue)
    }
}

/// Most labels, values and tolerations compared for a near miss: an object with more is generated, not typed.
pub(super) const MAX_COMPARED: usize = 256;

/// The label that comes nearest to `key` with one of `wanted` (no value for any value), if one is near. `absent` tells
/// whether no node has the label that is asked for.
pub fn label(labels: &Labels, key: Symbol, wanted: &[Symbol], absent: bool) -> Option<NearLabel> {
    let wanted = &wanted[..wanted.len().min(MAX_COMPARED)];
    let fits = |value: Symbol| wanted.is_empty() || wanted.contains(&value);
    if let Some(value) = labels.get(key) {
        let differs = wanted.iter().filter_map(|w| values(w.as_str(), value.as_str())).next()?;
        return Some(NearLabel { key, value, differs });
    }
    let mut near: Vec<NearLabel> = labels
        .iter()
        .take(MAX_COMPARED)
        .filter_map(|(there, value)| {
            let key_differs = match is_renamed(key.as_str(), there.as_str()) {
                true => Some(Differs::OldName),
                false => texts(key.as_str(), there.as_str()),
            };
            let value_differs = || wanted.iter().any(|w| values(w.as_str(), value.as_str()).is_some());
            let near = key_differs.filter(|_| fits(value) || value_differs());
            let far = || other_key((key, wanted), (there, value)).filter(|differs| absent || !differs.needs_absence());
            Some(NearLabel { key: there, value, differs: near.or_else(far)? })
        })
        .collect();
    near.sort_by_key(|n| (n.differs.needs_absence(), n.key.as_str(), n.value.as_str()));
    near.first().copied()
}

/// How two values of one key differ that mean the same.
fn values(asked: &str, there: &str) -> Option<Differs> {
    /// Words for yes, and for no.
    const WORDS: [&[&str]; 2] = [&["true", "yes", "on", "1", "enabled"], &["false", "no", "off", "0", "disabled"]];
    let is_in = |words: &[&str], text: &str| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (asked, there) {
        _ if asked == there => None,
        ("", _) | (_, "") => Some(Differs::Empty),
        _ => texts(asked, there)
            .or_else(|| WORDS.iter().any(|words| is_in(words, asked) && is_in(words, there)).then_some(Differs::Word)),
    }
}

/// How the key of a label differs whose value is one that is asked for: by its domain, or by a part of its name.
fn other_key((key, wanted): (Symbol, &[Symbol]), (there, value): (Symbol, Symbol)) -> Option<Differs> {
    let split = |key: Symbol| key.as_str().rsplit_once('/').unwrap_or(("", key.as_str()));
    let ((domain, name), (other_domain, other_name)) = (split(key), split(there));
    let is_role = |(domain, role): (&str, &str), (key, value): (&str, Symbol)| {
        domain == "node-role.kubernetes.io" && ["role", "node-role"].contains(&key) && value.as_str() == role
    };
    if is_role((other_domain, other_name), (name, *wanted.first()?)) || is_role((domain, name), (other_name, value)) {
        return Some(Differs::Role);
    }
    // Too many labels say just yes; what such a label is about stands in its key.
    let says_little = ["", "true", "false"].contains(&value.as_str());
    if !wanted.contains(&value) {
        return None;
    }
    let is_below = |one: &str, other: &str| one.is_empty() || other.strip_suffix(one).is_some_and(|d| d.ends_with('.'));
    if name == other_name && (is_below(domain, other_domain) || is_below(other_domain, domain) || !says_little) {
        return Some(Differs::Domain);
    }
    let (short, long) = if name.len() < other_name.len() { (name, other_name) } else { (other_name, name) };
    let more = |end: &str, separator: fn(&str) -> bool| !end.is_empty() && separator(end) && short.len() >= 3;
    let behind = long.strip_prefix(short).is_some_and(|end| more(end, |end| end.starts_with(['-', '_', '.'])));
    let before = long.strip_suffix(short).is_some_and(|end| more(end, |end| end.ends_with(['-', '_', '.'])));
    let is_mark = || ["present", "enabled", "node"].iter().any(|mark| long.ends_with(mark));
    ((behind || before) && domain == other_domain && (!says_little || is_mark())).then_some(Differs::Part)
}

/// Whether one of the two keys is the retired name of the other.
pub(super) fn is_renamed(one: &str, other: &str) -> bool {
    RENAMED_NODE_LABELS.iter().any(|(old, new)| (one, other) == (*old, *new) || (one, other) == (*new, *old))
}

/// Whether two names that are not equal nearly are.
pub fn is_near(asked: &str, there: &str) -> bool {
    texts(asked, there).is_some()
}

/// How two texts that are not equal nearly are.
fn texts(asked: &str, there: &str) -> Option<Differs> {
    if asked == there {
        return None;
    }
    if asked.eq_ignore_ascii_case(there) {
        return Some(Differs::Case);
    }
    // One slip leaves one end as it is.
    let ends = |text: &str| {
        let mut letters = text.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase());
        let first = letters.next();
        (first, letters.next_back().or(first))
    };
    let (one, other) = (ends(asked), ends(there));
    if one.0 != other.0 && one.1 != other.1 {
        return None;
    }
    let plain = |text: &str| -> Vec<char> {
        text.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect()
    };
    let (a, b) = (plain(asked), plain(there));
    if a == b {
        return Some(Differs::Spelling);
    }
    // One and many (gpu, gpus): the last letter of a word, however short.
    let (one, many) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    if one.len() >= 3 && one.iter().all(char::is_ascii_alphabetic) && many.strip_suffix(&['s']) == Some(one.as_slice())
    {
        return Some(Differs::Spelling);
    }
    // Short names differ by a letter for good reasons (a1, a2); digits are never misspelt.
    let letters = |text: &[char]| text.iter().filter(|c| !c.is_ascii_digit()).count();
    let digits = |text: &[char]| text.iter().filter(|c| c.is_ascii_digit()).collect::<String>();
    let long = letters(&a).min(letters(&b)) >= 5 && a.len().max(b.len()) <= 320;
    (long && digits(&a) == digits(&b) && distance(&a, &b) == 1).then_some(Differs::Spelling)
}

/// How many letters must be added, dropped, changed or swapped with a neighbour; above 1 it does not matter.
fn distance(a: &[char], b: &[char]) -> usize {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let (short, long) = (&short[same..], &long[same..]);
    match long.len() - short.len() {
        0 if short.len() > 1 && short[1..] == long[1..] => 1,
        0 if short.len() == 1 => 1,
        0 if short.len() > 1 && short[0] == long[1] && short[1] == long[0] && short[2..] == long[2..] => 1,
        1 if short == &long[1..] => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_nearly_match() {
        let labels: Labels = [
            ("disk", "SSD"),
            ("Pool", "edge"),
            ("kubernetes.io/os", "linux"),
            ("disk-kind", "fast"),
            ("environment", "prod"),
            ("rack", "a1"),
            ("team", "gpu"),
        ]
        .into_iter()
        .collect();
        for (key, value, expected) in [
            ("disk", "ssd", Some(("disk", Differs::Case))),
            ("pool", "edge", Some(("Pool", Differs::Case))),
            ("beta.kubernetes.io/os", "linux", Some(("kubernetes.io/os", Differs::OldName))),
            ("diskkind", "fast", Some(("disk-kind", Differs::Spelling))),
            ("enviroment", "prod", Some(("environment", Differs::Spelling))),
            ("rack", "a2", None),
            ("team", "gpus", Some(("team", Differs::Spelling))),
            ("teams", "gpu", Some(("team", Differs::Spelling))),
            ("racks", "a2", None),
            ("disk", "nvme", None),
            ("zone", "a", None),
        ] {
            let near = label(&labels, key.into(), &[value.into()], false);
            assert_eq!(near.map(|n| (n.key.as_str(), n.differs)), expected, "{key}={value}");
        }
    }

    #[test]
    fn labels_that_mean_the_same() {
        let labels: Labels = [
            ("node-role.kubernetes.io/worker", ""),
            ("gpu", "yes"),
            ("kubernetes.azure.com/agentpool", "edge"),
            ("nvidia.com/gpu.present", "true"),
            ("amd.com/gpu", "true"),
            ("disk-kind", "nvme"),
            ("feature.node.kubernetes.io/cpu-cpuid.AVX2", "true"),
        ]
        .into_iter()
        .collect();
        for (key, value, absent, expected) in [
            ("node-role.kubernetes.io/worker", "true", false, Some(Differs::Empty)),
            ("gpu", "true", false, Some(Differs::Word)),
            ("gpu", "no", false, None),
            ("agentpool", "edge", true, Some(Differs::Domain)),
            ("agentpool", "edge", false, None),
            ("agentpool", "core", true, None),
            ("nvidia.com/gpu", "true", true, Some(Differs::Part)),
            ("intel.com/gpu", "true", true, None),
            ("disk", "nvme", true, Some(Differs::Part)),
            ("feature.node.kubernetes.io/cpu-cpuid.AVX", "true", true, None),
            ("role", "worker", true, Some(Differs::Role)),
            ("kubernetes.io/role", "worker", true, Some(Differs::Role)),
        ] {
            let near = label(&labels, key.into(), &[value.into()], absent);
            assert_eq!(near.map(|near| near.differs), expected, "{key}={value} {absent}");
        }
    }
}
