//! YAML, and the documents that are written in it.

use kubectl_daemonset::manifest::load;
use kubectl_daemonset::yaml::{Style, emit, parse};

use super::random::Random;
use super::{corpus, fuzz, mutation};

/// What is written of values is read back as the same values.
#[test]
fn yaml_is_read_back() {
    let seeds = corpus("yaml");
    fuzz("yaml", &seeds, mutation::bytes, |input| {
        let text = String::from_utf8_lossy(input);
        let parsed = parse(&text);
        for document in &parsed.documents {
            let value = document.to_json();
            for style in [Style::Block, Style::Compact(80)] {
                let written = emit(&value, style);
                let again = parse(&written);
                assert!(again.mistakes.is_empty(), "{:?} in\n{written}", again.mistakes);
                let read: Vec<_> = again.documents.iter().map(|document| document.to_json()).collect();
                if !value.is_null() {
                    assert_eq!(read, std::slice::from_ref(&value), "{written}");
                }
            }
        }
    });
}

/// A scalar that kubectl's reader and its writer decide on by few characters.
fn scalar(random: &mut Random, _: &[Vec<u8>]) -> Vec<u8> {
    const PARTS: &[&str] = &[
        "0", "1", "7", "9", "x", "o", "b", "e", "E", "_", ".", "+", "-", ":", " ", "n", "N", "y", "o", "ff", "rue",
        "t", "T", "~", "null", "inf", ".nan", "0x", "0b", "<<", "=", "#", "'", "\"", "%", "@", "`", "!", "&", "*", "|",
        ">", "?", ",", "[", "{", "é", "\t", "\n", "\u{85}", "\u{2028}", "\u{feff}", "\u{7f}",
    ];
    (0..1 + random.below(7)).map(|_| *random.pick(PARTS)).collect::<String>().into_bytes()
}

#[test]
fn scalars_are_read_back() {
    let seeds = corpus("scalars");
    let lines: Vec<Vec<u8>> =
        seeds.iter().flat_map(|seed| seed.split(|byte| *byte == b'\n')).map(<[u8]>::to_vec).collect();
    fuzz("scalars", &lines, scalar, |input| {
        let text = String::from_utf8_lossy(input).into_owned();
        for value in [serde_json::json!({"a": text}), serde_json::json!({text.clone(): ["b", text]})] {
            for style in [Style::Block, Style::Compact(80)] {
                let written = emit(&value, style);
                let again = parse(&written);
                assert_eq!(
                    again.documents.iter().map(|d| d.to_json()).collect::<Vec<_>>(),
                    std::slice::from_ref(&value),
                    "{written}"
                );
            }
        }
        drop(parse(&format!("a: {text}\n")));
    });
}

/// Documents of specs and manifests: every mistake has a place in the text, and what has none is rendered.
#[test]
fn documents_are_read() {
    let seeds = corpus("documents");
    fuzz("documents", &seeds, mutation::bytes, |input| {
        let text = String::from_utf8_lossy(input);
        let loaded = load("agent.yaml", &text);
        let lines = text.split(['\n', '\r']).count() as u32;
        for problem in &loaded.problems {
            assert!(problem.at.is_none_or(|at| (1..=lines + 1).contains(&at.line)), "{problem:?}");
            assert!(!format!("{problem}").is_empty());
        }
        if loaded.has_errors() {
            return;
        }
        for document in &loaded.documents {
            for object in document.objects(&|_| Ok("value".to_owned())).into_iter().flatten() {
                let written = emit(&object.value, Style::Block);
                let again = parse(&written);
                assert!(again.mistakes.is_empty(), "{:?} in\n{written}", again.mistakes);
                assert_eq!(again.documents.first().map(|d| d.to_json()), Some(object.value));
            }
        }
    });
}
