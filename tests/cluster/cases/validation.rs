//! Does the program refuse the documents that the API server refuses, and no others?

use std::collections::BTreeMap;

use libtest_mimic::Trial;

use super::test;
use crate::documents::{Comparison, Server, bases, compare};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("validation::the_documents_that_are_changed_are_taken", documents_are_taken),
        test("validation::changed_documents_are_refused_as_the_server_refuses_them", || some(600, 21)),
    ]
}

fn documents_are_taken() {
    let mut server = Server::start();
    for document in bases() {
        let refusals = server.refusals(&document);
        assert!(refusals.is_empty(), "{refusals:?}");
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        let errors: Vec<String> = kubectl_daemonset::manifest::load("document", &text)
            .problems
            .iter()
            .filter(|problem| problem.is_error())
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}

/// Compares `count` documents and fails on a difference.
pub fn some(count: usize, seed: u64) {
    let found = compare(&mut Server::start(), count, seed);
    println!(
        "{} documents, {} refused by the API server, {} fields named, {} differences",
        found.documents,
        found.refused,
        found.fields.len(),
        found.differences.len()
    );
    print_differences(&found);
    assert!(found.differences.is_empty(), "the program and the API server differ");
    assert!(found.refused * 10 > count && found.refused < count, "{} of {count} refused", found.refused);
}

/// One document of each kind of difference, the most frequent first.
fn print_differences(found: &Comparison) {
    let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, difference) in found.differences.iter().enumerate() {
        kinds.entry(&difference.what).or_default().push(number);
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    kinds.sort_by_key(|numbers| std::cmp::Reverse(numbers.len()));
    for numbers in kinds {
        println!("{} x {}", numbers.len(), found.differences[numbers[0]]);
    }
}
