//! A text of one or more documents, YAML or JSON, into trees.
//!
//! * `limits`: how much a text may ask for.
//! * `mistake`: what is wrong with a text.
//! * `json_text`: JSON that YAML would not take, made readable.
//! * `json_stream`: JSON values one behind the other.
//! * `byte_order`: marks that editors put before a document.
//! * `reader`: the parser's events made into trees.
//! * `entries`: the entries of a map, with merge keys.

mod byte_order;
mod entries;
mod json_stream;
mod json_text;
mod limits;
mod mistake;
mod reader;

use crate::yaml::parse::byte_order::without_marks;
use crate::yaml::parse::json_stream::parts;
use crate::yaml::parse::json_text::json_for_yaml;
use crate::yaml::parse::reader::read_documents;
use crate::yaml::{Mark, Node};

pub use crate::yaml::parse::limits::Limits;
pub use crate::yaml::parse::mistake::Mistake;

/// What [`parse`] found: the documents that could be read, and what was wrong with the text.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The documents in order, empty ones left out.
    pub documents: Vec<Node>,
    /// Mistakes in the order in which they were met.
    pub mistakes: Vec<Mistake>,
    /// Keys that stand more than once in a map, of which kubectl takes the last without a word, and so do the documents.
    pub repeated: Vec<Mistake>,
    /// Whether anything has an anchor, to which an alias may refer.
    pub has_anchors: bool,
}

/// Reads all documents of a text within the usual [`Limits`].
pub fn parse(text: &str) -> Parsed {
    parse_within(text, Limits::default())
}

/// Reads all documents of a text. After a mistake in the syntax of one document the next one is read.
pub fn parse_within(text: &str, limits: Limits) -> Parsed {
    let mut parsed = Parsed::default();
    if text.len() > limits.bytes {
        parsed.mistakes.push(Mistake {
            at: Mark { line: 1, column: 1, length: 1 },
            message: format!("the text has {} MiB; at most {} are read", text.len() >> 20, limits.bytes >> 20),
            hint: None,
        });
        return parsed;
    }
    let text = &*without_marks(text);
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        simple_key_max_lookahead: 64 << 10,
        block_nesting_limit: 2 * limits.depth,
        flow_nesting_limit: 2 * limits.depth
    };
    let mut left = limits;
    for part in parts(text) {
        let fixed = json_for_yaml(part.text);
        let text = fixed.as_deref().unwrap_or(part.text);
        let mut read = read_documents(text, options.clone(), &mut left);
        part.place(&mut read.documents, &mut read.mistakes);
        part.place(&mut [], &mut read.repeated);
        parsed.documents.append(&mut read.documents);
        parsed.mistakes.append(&mut read.mistakes);
        parsed.repeated.append(&mut read.repeated);
        parsed.has_anchors |= read.has_anchors;
    }
    parsed
}
