//! Label selectors as kubectl's `-l` writes them.

use crate::model::Symbol;
use crate::model::labels::{Operator, Requirement, Selector, is_label_key, is_label_value};

/// Reads `a=b,c!=d,e in (x,y),f notin (z),g,!h` (`apimachinery/pkg/labels/selector.go` v1.36).
///
/// # Errors
/// A sentence that names the part which is wrong.
pub fn parse(text: &str) -> Result<Selector, String> {
    let mut requirements = Vec::new();
    for part in split(text) {
        requirements.push(requirement(part.trim())?);
    }
    Ok(Selector { requirements })
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text.trim().is_empty() {
        parts.push(&text[start..]);
    }
    parts
}

fn requirement(part: &str) -> Result<Requirement, String> {
    if let Some(key) = part.strip_prefix('!') {
        return Ok(Requirement { key: key_of(key)?, operator: Operator::DoesNotExist });
    }
    if let Some((key, rest)) = part.split_once(|c: char| c.is_whitespace()) {
        let rest = rest.trim();
        for (word, negated) in [("notin", true), ("in", false)] {
            let Some(list) = rest.strip_prefix(word).map(str::trim_start).filter(|l| l.starts_with('(')) else {
                continue;
            };
            let list = list.strip_prefix('(').and_then(|l| l.strip_suffix(')'));
            let list = list.ok_or_else(|| format!("`{part}`: a `)` is missing at its end"))?;
            let values = list.split(',').map(|v| value_of(v.trim())).collect::<Result<Box<[Symbol]>, _>>()?;
            let operator = if negated { Operator::NotIn(values) } else { Operator::In(values) };
            return Ok(Requirement { key: key_of(key)?, operator });
        }
    }
    for (sign, negated) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((key, value)) = part.split_once(sign) {
            let values = [value_of(value.trim())?].into();
            let operator = if negated { Operator::NotIn(values) } else { Operator::In(values) };
            return Ok(Requirement { key: key_of(key)?, operator });
        }
    }
    for (sign, greater) in [('>', true), ('<', false)] {
        if let Some((key, bound)) = part.split_once(sign) {
            let bound = bound.trim().parse().map_err(|_| format!("`{part}`: `{bound}` is no whole number"))?;
            let operator = if greater { Operator::Gt(bound) } else { Operator::Lt(bound) };
            return Ok(Requirement { key: key_of(key)?, operator });
        }
    }
    Ok(Requirement { key: key_of(part)?, operator: Operator::Exists })
}

fn key_of(text: &str) -> Result<Symbol, String> {
    let text = text.trim();
    if is_label_key(text) { Ok(Symbol::new(text)) } else { Err(format!("`{text}` is no label key")) }
}

fn value_of(text: &str) -> Result<Symbol, String> {
    if is_label_value(text) { Ok(Symbol::new(text)) } else { Err(format!("`{text}` is not a label value")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Labels;

    #[test]
    fn selectors_as_kubectl_reads_them() {
        let labels: Labels = [("pool", "edge"), ("gen", "7"), ("disk", "ssd")].into_iter().collect();
        for (text, expected) in [
            ("", true),
            ("pool=edge", true),
            ("pool==edge,disk", true),
            ("pool!=edge", false),
            ("pool in (core, edge),!gpu", true),
            ("pool notin (core,edge)", false),
            ("gen>6", true),
            ("gen<7", false),
            ("!disk", false),
            ("absent!=x", true),
        ] {
            assert_eq!(parse(text).unwrap().matches(&labels), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_selector_is_told() {
        for wrong in ["pool in (a", "=x", "a=b c", "a>x", "a,,b", "pool inx (a)", "a=b=c"] {
            assert!(parse(wrong).is_err(), "{wrong}: {:?}", parse(wrong));
        }
    }
}
