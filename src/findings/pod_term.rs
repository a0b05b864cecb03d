//! Which pods a term of pod affinity or anti-affinity means.

use crate::model::Symbol;
use crate::model::labels::{Operator, Requirement, Selector};
use crate::model::pod::PodTerm;

/// The pods that a term of a pod in `home` means: `pods with app=db in namespace shop`.
pub fn of_term(term: &PodTerm, home: Symbol) -> String {
    let mut told = match &term.selector {
        None => "no pods (the term has no labelSelector)".to_owned(),
        Some(selector) if selector.is_empty() => "any pods".to_owned(),
        Some(selector) => format!("pods with {}", of_selector(selector)),
    };
    let names: Vec<&str> = term.namespaces.iter().map(|n| n.as_str()).collect();
    let by_name = (!names.is_empty() && term.namespaces != [home]).then(|| match names.as_slice() {
        [one] => format!("in namespace {one}"),
        several => format!("in namespaces {}", several.join(", ")),
    });
    let by_label = term.namespace_selector.as_ref().map(|selector| match selector.is_empty() {
        true => "in every namespace".to_owned(),
        false => format!("in namespaces with {}", of_selector(selector)),
    });
    let places: Vec<String> = by_name.into_iter().chain(by_label).collect();
    if !places.is_empty() {
        told.push_str(&format!(" {}", places.join(" and ")));
    }
    told
}

/// A selector as people write it: `app=db, tier In [a, b]`.
fn of_selector(selector: &Selector) -> String {
    let one = |r: &Requirement| match &r.operator {
        Operator::In(values) if values.len() == 1 => format!("{}={}", r.key, values[0]),
        _ => r.to_string(),
    };
    selector.requirements.iter().map(one).collect::<Vec<_>>().join(", ")
}
