//! The way of objects from files to the sink: counted, and those that must wait for their list's kind kept in mind.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::store::item_sink::{ItemSink, ListKind, Origin, TakenKind};
use crate::stream::fault::Fault;
use crate::stream::limits::Budget;

/// How many lists whose kind comes last one file may hold.
const MOST_LATE_LISTS: usize = 10_000;

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files and archive members that held objects.
    pub files: u64,
    /// Files and archive members without any: logs, texts, pictures.
    pub other_files: u64,
    /// Files and archive members that are called like logs of containers.
    pub log_files: u64,
    /// Symbolic links, devices and the like, which are not followed.
    pub not_followed: u64,
    /// Objects of kinds that are read.
    pub known: u64,
    /// Objects of other kinds.
    pub ignored: u64,
    /// JSON or YAML objects that say no kind.
    pub kindless: u64,
}

/// The lists of a file whose kind came after items that needed it, by stream and document.
pub(crate) type Plan = BTreeMap<(usize, usize), LateList>;

/// A list to read again: what it said of itself in the end, and which of its items wait for that.
#[derive(Debug)]
pub(crate) struct LateList {
    api_version: String,
    kind: String,
    items: Vec<Range<u64>>,
}

impl LateList {
    fn waits(&self, index: u64) -> bool {
        let next = self.items.partition_point(|items| items.end <= index);
        self.items.get(next).is_some_and(|items| items.contains(&index))
    }
}

/// One reading of one file.
pub(crate) struct Feed<'s> {
    sink: &'s mut dyn ItemSink,
    /// What was read so far.
    pub summary: &'s mut Summary,
    /// Where the next object stands.
    pub origin: Origin,
    /// Something in this stream said that it is of Kubernetes.
    pub recognised: bool,
    /// The lists to read now, in the second reading.
    plan: Option<Plan>,
    /// The lists to read in a second one.
    pub later: Plan,
    stream: usize,
    document: usize,
    index: u64,
    waiting: Vec<Range<u64>>,
    /// What counts the objects of files. Pages of an API server are bounded by the cluster itself.
    budget: Option<&'s Budget>,
}

impl<'s> Feed<'s> {
    /// The first reading of a file, or, with a plan, the second.
    pub(crate) fn new(sink: &'s mut dyn ItemSink, summary: &'s mut Summary, plan: Option<Plan>) -> Self {
        Feed {
            sink,
            summary,
            origin: Origin { source: Arc::from(""), item: 0, line: 1 },
            recognised: false,
            plan,
            later: Plan::new(),
            stream: 0,
            document: 0,
            index: 0,
            waiting: Vec::new(),
            budget: None,
        }
    }

    /// Counts every object in the budget.
    pub(crate) fn within(self, budget: &'s Budget) -> Self {
        Feed { budget: Some(budget), ..self }
    }

    /// Whether this is the second reading, which counts no files.
    pub(crate) fn again(&self) -> bool {
        self.plan.is_some()
    }

    /// A text begins, by the name that messages give it. False when nothing in it is to be read again.
    pub(crate) fn start_stream(&mut self, name: &str) -> bool {
        self.origin = Origin { source: Arc::from(name), item: 0, line: 1 };
        self.recognised = false;
        self.stream += 1;
        self.document = 0;
        let stream = self.stream;
        self.plan.as_ref().is_none_or(|plan| plan.range((stream, 0)..(stream + 1, 0)).next().is_some())
    }

    /// A document begins: a list, or an object by itself.
    pub(crate) fn start_document(&mut self) {
        self.document += 1;
        self.index = 0;
        self.waiting.clear();
    }

    /// Gives the object at the start of `json` to the sink; says how many bytes it had.
    ///
    /// # Errors
    /// The parser's; `is_eof()` asks for more of the text.
    pub(crate) fn item(
        &mut self,
        json: &[u8],
        list: Option<ListKind<'_>>,
        line: u64,
    ) -> Result<usize, serde_json::Error> {
        if let Some(budget) = self.budget {
            budget.check_objects().map_err(|what| serde::de::Error::custom(what.sentence()))?;
        }
        let origin = Origin { item: self.origin.item + 1, line, source: Arc::clone(&self.origin.source) };
        let bytes = match &self.plan {
            Some(plan) => match plan.get(&(self.stream, self.document)) {
                Some(late) if late.waits(self.index) => {
                    let list = ListKind { api_version: &late.api_version, kind: &late.kind };
                    let taken = self.sink.item(json, Some(list), &origin)?;
                    self.count(taken.kind);
                    taken.bytes
                }
                _ => skip(json)?,
            },
            None => {
                let taken = self.sink.item(json, list, &origin)?;
                if taken.kind == TakenKind::Kindless && list.is_none() {
                    match self.waiting.last_mut() {
                        Some(last) if last.end == self.index => last.end += 1,
                        _ => self.waiting.push(self.index..self.index + 1),
                    }
                }
                self.count(taken.kind);
                taken.bytes
            }
        };
        self.origin = origin;
        self.index += 1;
        if let Some(budget) = self.budget {
            budget.add_object();
        }
        Ok(bytes)
    }

    fn count(&mut self, kind: TakenKind) {
        match kind {
            TakenKind::Known => self.summary.known += 1,
            TakenKind::Ignored => self.summary.ignored += 1,
            TakenKind::Kindless => self.summary.kindless += 1,
        }
        self.recognised |= kind != TakenKind::Kindless;
    }

    /// A list ended, and said this of itself. Items that waited for it are put on the plan.
    ///
    /// # Errors
    /// Too many such lists in one file.
    pub(crate) fn end_list(&mut self, api_version: &str, kind: &str) -> Result<(), Fault> {
        self.recognised |= !kind.is_empty();
        let list = ListKind { api_version, kind };
        if self.again() || self.waiting.is_empty() || list.of_items().is_none() {
            return Ok(());
        }
        if self.later.len() == MOST_LATE_LISTS {
            return Err(Fault::new("too many lists that name their kind only after their items"));
        }
        let items = std::mem::take(&mut self.waiting);
        self.summary.kindless -= items.iter().map(|range| range.end - range.start).sum::<u64>();
        let late = LateList { api_version: api_version.to_owned(), kind: kind.to_owned(), items };
        self.later.insert((self.stream, self.document), late);
        Ok(())
    }
}

/// How many bytes the JSON value at the start of `json` has, with the white space before it.
pub(crate) fn skip(json: &[u8]) -> Result<usize, serde_json::Error> {
    value::<IgnoredAny>(json).map(|(_, bytes)| bytes)
}

/// Reads the JSON value at the start of `json`, and says how many bytes it took.
///
/// # Errors
/// The parser's; `is_eof()` where the text ends too early.
pub(crate) fn value<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<(T, usize), serde_json::Error> {
    let mut values = serde_json::Deserializer::from_slice(json).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) => Ok((value, values.byte_offset())),
        Some(Err(error)) => Err(error),
        // Nothing but white space: made into the parser's own word for that.
        None => serde_json::from_slice::<T>(b"").map(|value| (value, 0)),
    }
}
