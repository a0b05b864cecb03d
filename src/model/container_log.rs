//! The last lines of containers' logs, wherever they come from: an API server, a bundle, a snapshot that keeps logs.

use crate::model::Symbol;

/// Most lines that are kept of one log.
pub const MAX_LOG_LINES: usize = 200;
/// Most characters that are kept of one line.
pub const MAX_LINE_CHARS: usize = 2000;

/// Which log: of which container, and of which of its runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogKey {
    /// The pod's namespace.
    pub namespace: Symbol,
    /// The pod.
    pub pod: Box<str>,
    /// The container.
    pub container: Box<str>,
    /// Whether the log is of the run before the present one.
    pub previous: bool,
}

impl LogKey {
    /// The log of the other run of the same container.
    #[must_use]
    pub fn of_other_run(&self) -> Self {
        LogKey { previous: !self.previous, ..self.clone() }
    }
}

/// The last lines of a log, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerLog {
    /// The lines, at most [`MAX_LOG_LINES`], each with at most [`MAX_LINE_CHARS`] characters.
    pub lines: Vec<Box<str>>,
    /// Whether the lines are of the run before the present one.
    pub previous: bool,
}

impl ContainerLog {
    /// Keeps the last of these lines.
    pub fn of_last<'l>(lines: impl DoubleEndedIterator<Item = &'l str>, previous: bool) -> Self {
        let mut kept: Vec<Box<str>> = lines.rev().take(MAX_LOG_LINES).map(|line| bounded(line).into()).collect();
        kept.reverse();
        ContainerLog { lines: kept, previous }
    }
}

/// What came of asking for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogAnswer {
    /// The log, which may be of the other run.
    Read(ContainerLog),
    /// The user may not read logs.
    Forbidden,
    /// The log does not exist, or nobody returns it.
    Failed(String),
}

fn bounded(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.char_indices().nth(MAX_LINE_CHARS).map_or(line, |(end, _)| &line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_long_ones_are_cut() {
        let long = "é".repeat(MAX_LINE_CHARS + 5);
        let all: Vec<String> = (0..MAX_LOG_LINES + 3).map(|n| n.to_string()).chain([long]).collect();
        let log = ContainerLog::of_last(all.iter().map(String::as_str), true);
        assert_eq!((log.lines.len(), &*log.lines[0]), (MAX_LOG_LINES, "4"));
        assert_eq!(log.lines[MAX_LOG_LINES - 1].chars().count(), MAX_LINE_CHARS);
        assert!(log.previous);
    }
}
