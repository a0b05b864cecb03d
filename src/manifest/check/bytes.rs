//! Bytes in a ConfigMap or Secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::manifest::problem::{Problem, Source};
use crate::severity::Severity;
use crate::yaml::Node;

/// Reports every value under `field` that is not base64. Go ignores line breaks in it (`Decode`, encoding/base64).
pub fn check_bytes(node: &Node, field: &str, secret: bool, source: &Source<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in node.get(field).map(Node::entries).unwrap_or_default() {
        let Some(text) = entry.node.text() else { continue };
        if BASE64.decode(text.replace(['\n', '\r'], "")).is_ok() {
            continue;
        }
        let key = crate::manifest::text::shorten(&entry.key);
        let mut problem = source.problem(Severity::Error, entry.node.at, format!("`{key}` in `{field}` is not base64"));
        if secret {
            problem.source = None;
            problem.hint = Some("use `stringData` for a value without base64".to_owned());
        }
        problems.push(problem);
    }
    problems
}
