//! A document changed in place: comments, order, quotes and anchors stay, and what is written reads as what was wanted.
//!
//! * `spot`: where values stand in the text.
//! * `change`: which bytes are replaced by what.
//! * `write`: values as the text around them is written.
//! * `refusal`: why a text is not changed.

mod change;
mod refusal;
mod spot;
mod write;

use serde_json::Value as Json;

use crate::yaml::edit::change::Changes;
use crate::yaml::edit::spot::{Form, Spot, documents};
use crate::yaml::{Mark, Node, parse};

pub use crate::yaml::edit::refusal::Refusal;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Changes the text so that the value that begins at `at` reads as `wanted`, and everything else as before. As few bytes
/// as possible are touched. The result is read again before it is returned.
///
/// # Errors
/// The text cannot be changed so.
pub fn edit(text: &str, at: Mark, wanted: &Json) -> Result<String, Refusal> {
    let before = parse(text);
    if !before.mistakes.is_empty() {
        return Err(Refusal::NotThere);
    }
    let mut expected = before.documents.clone();
    let place = expected.iter_mut().find_map(|document| find_node(document, at)).ok_or(Refusal::NotThere)?;
    let was = place.to_json();
    if was == *wanted {
        return Ok(text.to_owned());
    }
    *place = Node::from_json(wanted);
    let marked = text.starts_with(BYTE_ORDER_MARK);
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let spots = documents(body).ok_or(Refusal::NotThere)?;
    let spot = spots.iter().find_map(|document| find_spot(document, at)).ok_or(Refusal::NotThere)?;
    let mut changes = Changes::new(body);
    changes.root(spot, &was, wanted)?;
    let changed = changes.applied()?;
    let after = parse(&changed);
    let same = after.documents.len() == expected.len()
        && after.documents.iter().zip(&expected).all(|(after, expected)| after.to_json() == expected.to_json());
    if !after.mistakes.is_empty() || !same {
        return Err(Refusal::Entangled);
    }
    Ok(if marked { format!("{BYTE_ORDER_MARK}{changed}") } else { changed })
}

/// The value that begins at the place, the outermost one.
pub fn node_at(documents: &[Node], at: Mark) -> Option<&Node> {
    documents.iter().find_map(|node| {
        if begins(node, at) {
            return Some(node);
        }
        node.items()
            .iter()
            .find_map(|item| node_at(std::slice::from_ref(item), at))
            .or_else(|| node.entries().iter().find_map(|entry| node_at(std::slice::from_ref(&entry.node), at)))
    })
}

fn begins(node: &Node, at: Mark) -> bool {
    (node.at.line, node.at.column) == (at.line, at.column)
}

fn find_node(node: &mut Node, at: Mark) -> Option<&mut Node> {
    use crate::yaml::Value;
    if begins(node, at) {
        return Some(node);
    }
    match &mut node.value {
        Value::List(items) => items.iter_mut().find_map(|item| find_node(item, at)),
        Value::Map(entries) => entries.iter_mut().find_map(|entry| find_node(&mut entry.node, at)),
        _ => None,
    }
}

fn find_spot(spot: &Spot, at: Mark) -> Option<&Spot> {
    if (spot.line, spot.column + 1) == (at.line, at.column as usize) {
        return Some(spot);
    }
    match &spot.form {
        Form::List { items, .. } => items.iter().find_map(|item| find_spot(item, at)),
        Form::Map { entries, .. } => entries.iter().find_map(|entry| find_spot(&entry.value, at)),
        _ => None,
    }
}
