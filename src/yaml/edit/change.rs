//! Which bytes of a text are replaced by what, so that one value becomes another.

use std::ops::Range;

use granit_parser::ScalarStyle;
use serde_json::{Map, Value as Json};

use crate::yaml::edit::refusal::Refusal;
use crate::yaml::edit::spot::{Form, Pair, Spot};
use crate::yaml::edit::write::{block, flow, flow_entry, scalar};

type Done = Result<(), Refusal>;

/// The longest product of two lists' lengths that are compared item by item.
const COMPARED: usize = 1 << 20;

/// Replacements in a text.
pub(super) struct Changes<'a> {
    text: &'a str,
    list: Vec<(Range<usize>, String)>,
}

/// What a value stands behind.
#[derive(Clone, Copy)]
struct Place {
    /// The column of its key or dash.
    column: usize,
    /// Behind the colon of its key, or behind its dash; the value's own start within braces.
    from: usize,
    /// Whether it is an item of a list.
    item: bool,
    /// Whether it stands within braces or brackets.
    flow: bool,
    /// Whether keys there are quoted, as in JSON.
    json: bool,
}

impl<'a> Changes<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Changes { text, list: Vec::new() }
    }

    /// The text with all replacements made.
    pub(super) fn applied(mut self) -> Result<String, Refusal> {
        // What is put in stands before what is taken away there.
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut out = String::with_capacity(self.text.len() + 256);
        let mut at = 0;
        for (range, put) in &self.list {
            let kept = self.text.get(at..range.start).ok_or(Refusal::Entangled)?;
            out.push_str(kept);
            if put.starts_with('\n') && out.is_empty() {
                return Err(Refusal::Entangled);
            }
            out.push_str(&put.replace('\n', newline));
            at = range.end;
        }
        out.push_str(self.text.get(at..).ok_or(Refusal::Entangled)?);
        Ok(out)
    }

    /// Changes a document, or what stands like one.
    pub(super) fn root(&mut self, spot: &Spot, was: &Json, wanted: &Json) -> Done {
        match (&spot.form, was, wanted) {
            (Form::Map { flow, entries }, Json::Object(was), Json::Object(wanted)) if !entries.is_empty() => {
                self.map(spot, entries, *flow, (was, wanted))
            }
            _ => Err(Refusal::Entangled),
        }
    }

    fn value(&mut self, spot: &Spot, was: &Json, wanted: &Json, place: Place) -> Done {
        if was == wanted {
            return Ok(());
        }
        match (&spot.form, was, wanted) {
            (Form::Map { flow, entries }, Json::Object(was), Json::Object(new))
                if entries.iter().any(|e| new.contains_key(&e.key))
                    || (entries.len() == 1 && renamed(was, new).is_some()) =>
            {
                self.map(spot, entries, *flow, (was, new))
            }
            (Form::List { flow, items }, Json::Array(was), Json::Array(new))
                if !new.is_empty()
                    && items.len() == was.len()
                    && was.len() * new.len() < COMPARED
                    && !items.is_empty() =>
            {
                self.items(spot, items, *flow, (was, new))
            }
            _ => self.replace(spot, wanted, place),
        }
    }

    fn map(
        &mut self,
        spot: &Spot,
        pairs: &[Pair],
        flow: bool,
        (was, new): (&Map<String, Json>, &Map<String, Json>),
    ) -> Done {
        let json = self.text[pairs[0].key_at.range.start..].starts_with('"');
        let column = if flow { spot.column } else { pairs[0].key_at.column };
        let mut removed = Vec::new();
        let mut added: Vec<(&String, &Json)> = Vec::new();
        for (key, value) in was {
            let pair = pairs.iter().rposition(|pair| pair.key == *key);
            match (pair, new.get(key)) {
                (_, Some(wanted)) if wanted == value => {}
                (Some(pair), Some(wanted)) => {
                    let pair = &pairs[pair];
                    let from = self.behind_colon(pair)?;
                    self.value(&pair.value, value, wanted, Place { column, from, item: false, flow, json })?;
                }
                (Some(pair), None) => removed.push(pair),
                // It came in by a merge key: what stands in the map itself goes before that.
                (None, Some(wanted)) => added.push((key, wanted)),
                (None, None) => return Err(Refusal::Entangled),
            }
        }
        added.extend(new.iter().filter(|(key, _)| !was.contains_key(*key)));
        if let ([i], [(key, _)], Some(_)) = (removed.as_slice(), added.as_slice(), renamed(was, new)) {
            let Form::Scalar { style } = &pairs[*i].key_at.form else { return Err(Refusal::Entangled) };
            self.list.push((pairs[*i].key_at.range.clone(), scalar(&Json::from(key.as_str()), Some(*style))));
            return Ok(());
        }
        let Some(last) = (0..pairs.len()).rev().find(|i| !removed.contains(i)) else { return Err(Refusal::Entangled) };
        let spots: Vec<(usize, usize)> = pairs.iter().map(|p| (p.key_at.range.start, p.end())).collect();
        if flow {
            self.remove_in_flow(&spots, &removed)?;
            let put = added.iter().map(|(key, value)| flow_entry(key, value, json)).collect();
            self.add_in_flow(spot, &spots[last], (&pairs[0].key_at, put));
            return Ok(());
        }
        for &i in &removed {
            let start = self.line_start(spots[i].0);
            let shares_line = !self.text[start..spots[i].0].trim().is_empty();
            let end = self.behind_line(spots[i].1, pairs[i].value.ends_with_block());
            if !shares_line {
                self.list.push((start..end, String::new()));
                continue;
            }
            // The first key after a dash: the next one takes its place.
            let next = (i + 1..pairs.len()).find(|n| !removed.contains(n)).ok_or(Refusal::Entangled)?;
            let gap = spots[i].0..spots[next].0;
            if self.text[gap.clone()].contains('#') || removed.iter().any(|r| *r > i && *r < next) {
                return Err(Refusal::Entangled);
            }
            self.list.push((gap, String::new()));
        }
        if !added.is_empty() {
            let more: Map<String, Json> = added.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            let lines = block(&Json::Object(more), column);
            self.add_lines(spots[last].1, pairs[last].value.ends_with_block(), lines);
        }
        Ok(())
    }

    fn items(&mut self, spot: &Spot, items: &[Spot], flow: bool, (was, new): (&[Json], &[Json])) -> Done {
        let (removed, added, changed) = aligned(was, new);
        if removed.len() == items.len() {
            return Err(Refusal::Entangled);
        }
        let json = self.text[spot.range.start..].contains('"') && self.text.trim_start().starts_with('{');
        let mut starts = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            starts.push(if flow { item.range.start } else { self.dash(spot, items, i)? });
        }
        for (i, n) in changed {
            let from = if flow { items[i].range.start } else { starts[i] + 1 };
            let place = Place { column: spot.column, from, item: true, flow, json };
            self.value(&items[i], &was[i], &new[n], place)?;
        }
        let spots: Vec<(usize, usize)> = items.iter().zip(&starts).map(|(item, start)| (*start, item.end())).collect();
        if flow {
            self.remove_in_flow(&spots, &removed)?;
            for (after, values) in added {
                let put = values.into_iter().map(|n| crate::yaml::edit::write::flow(&new[n], json)).collect();
                match after {
                    Some(after) => self.add_in_flow(spot, &spots[after], (&items[0], put)),
                    None => self.add_before_in_flow(spot, &items[0], put),
                }
            }
            return Ok(());
        }
        for i in removed {
            let start = self.line_start(spots[i].0);
            if !self.text[start..spots[i].0].trim().is_empty() {
                return Err(Refusal::Entangled);
            }
            let end = self.behind_line(spots[i].1, items[i].ends_with_block());
            self.list.push((start..end, String::new()));
        }
        for (after, values) in added {
            let more: Vec<Json> = values.into_iter().map(|n| new[n].clone()).collect();
            let lines = block(&Json::Array(more), spot.column);
            match after {
                Some(after) => self.add_lines(spots[after].1, items[after].ends_with_block(), lines),
                None => {
                    let start = self.line_start(spots[0].0);
                    if !self.text[start..spots[0].0].trim().is_empty() {
                        return Err(Refusal::Entangled);
                    }
                    self.list.push((start..start, format!("{lines}\n")));
                }
            }
        }
        Ok(())
    }

    /// Writes a value in the place of another one.
    fn replace(&mut self, spot: &Spot, new: &Json, place: Place) -> Done {
        if place.flow {
            let quoted = match &spot.form {
                Form::Scalar { style } if *style != ScalarStyle::Plain && new.is_string() => {
                    Some(scalar(new, Some(*style)))
                }
                _ => None,
            };
            let put = quoted.filter(|put| put.starts_with(['"', '\''])).unwrap_or_else(|| flow(new, place.json));
            let put = if spot.is_absent() { format!(" {put}") } else { put };
            let at = if spot.is_absent() { place.from..place.from } else { spot.range.clone() };
            self.list.push((at, put));
            return Ok(());
        }
        let style = if let Form::Scalar { style } = &spot.form { Some(*style) } else { None };
        let lines =
            matches!(new, Json::Object(map) if !map.is_empty()) || matches!(new, Json::Array(l) if !l.is_empty());
        let is_flow = matches!(&spot.form, Form::Map { flow: true, .. } | Form::List { flow: true, .. });
        let one_line = style.is_some_and(|_| !spot.ends_with_block()) || matches!(spot.form, Form::Alias) || is_flow;
        let end = if spot.is_absent() { place.from } else { spot.end() };
        if !lines || (is_flow && !self.is_empty_flow(spot)) {
            let put = if is_flow && lines { flow(new, place.json) } else { scalar(new, style) };
            match one_line && !spot.is_absent() {
                true => self.list.push((spot.range.clone(), put)),
                false => {
                    let tail = if spot.ends_with_block() && self.text[..end].ends_with('\n') { "\n" } else { "" };
                    self.list.push((place.from..end, format!(" {put}{tail}")));
                }
            }
            return Ok(());
        }
        if place.item {
            let text = block(new, place.column + 2);
            self.list.push((place.from..end, format!(" {}", text.trim_start())));
            return Ok(());
        }
        let column = if new.is_array() { place.column } else { place.column + 2 };
        let put = block(new, column);
        if spot.ends_with_block() && self.text[..end].ends_with('\n') {
            self.list.push((place.from..end, format!("\n{put}\n")));
        } else {
            // A comment behind the old value stays with the key.
            self.list.push((place.from..end, String::new()));
            self.add_lines(end, false, put);
        }
        Ok(())
    }

    fn is_empty_flow(&self, spot: &Spot) -> bool {
        match &spot.form {
            Form::Map { entries, .. } => entries.is_empty(),
            Form::List { items, .. } => items.is_empty(),
            _ => false,
        }
    }

    /// Takes at most one entry out of braces or brackets.
    fn remove_in_flow(&mut self, spots: &[(usize, usize)], removed: &[usize]) -> Done {
        match removed {
            [] => Ok(()),
            [i] if i + 1 < spots.len() => {
                self.list.push((spots[*i].0..spots[i + 1].0, String::new()));
                Ok(())
            }
            [i] if *i > 0 => {
                self.list.push((spots[i - 1].1..spots[*i].1, String::new()));
                Ok(())
            }
            _ => Err(Refusal::Entangled),
        }
    }

    /// Puts entries behind one that stands in braces or brackets, on lines of their own where the first has one.
    fn add_in_flow(&mut self, spot: &Spot, after: &(usize, usize), (first, put): (&Spot, Vec<String>)) {
        let separator = separator(spot, first);
        let text: String = put.iter().map(|entry| format!("{separator}{entry}")).collect();
        if !text.is_empty() {
            self.list.push((after.1..after.1, text));
        }
    }

    /// Puts items before the first one in brackets.
    fn add_before_in_flow(&mut self, spot: &Spot, first: &Spot, put: Vec<String>) {
        let separator = separator(spot, first);
        let text: String = put.iter().map(|item| format!("{item}{separator}")).collect();
        self.list.push((first.range.start..first.range.start, text));
    }

    /// Puts lines behind the line of what ends at `end`.
    fn add_lines(&mut self, end: usize, ends_with_block: bool, lines: String) {
        let at = self.behind_line(end, ends_with_block);
        let put = if self.text[..at].ends_with('\n') { format!("{lines}\n") } else { format!("\n{lines}") };
        self.list.push((at..at, put));
    }

    /// Behind the colon of a key.
    fn behind_colon(&self, pair: &Pair) -> Result<usize, Refusal> {
        let rest = &self.text[pair.key_at.range.end..];
        let colon = rest.find(':').filter(|at| rest[..*at].trim().is_empty()).ok_or(Refusal::Entangled)?;
        Ok(pair.key_at.range.end + colon + 1)
    }

    /// Where the dash of an item stands: first on its line, in the column of the list.
    fn dash(&self, spot: &Spot, items: &[Spot], i: usize) -> Result<usize, Refusal> {
        if i == 0 {
            let start = spot.range.start;
            return if self.text[start..].starts_with('-') { Ok(start) } else { Err(Refusal::Entangled) };
        }
        let from = items[i - 1].end();
        let between = &self.text[from..items[i].range.start];
        let lines = between.match_indices('\n').map(|(at, _)| from + at + 1);
        let lines = lines.chain((self.text[..from].ends_with('\n') || from == 0).then_some(from));
        let dash = |line: usize| {
            let at = line + spot.column;
            let blank = self.text.get(line..at)?.bytes().all(|b| b == b' ');
            (blank && self.text[at..].starts_with('-') && at < items[i].range.start.max(at + 1)).then_some(at)
        };
        lines.filter_map(dash).next().ok_or(Refusal::Entangled)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Behind the line end after `end`; a block of text has it already.
    fn behind_line(&self, end: usize, ends_with_block: bool) -> usize {
        if ends_with_block && self.text[..end].ends_with('\n') {
            return end;
        }
        self.text[end..].find('\n').map_or(self.text.len(), |newline| end + newline + 1)
    }
}

/// What stands between two entries in braces or brackets.
fn separator(spot: &Spot, first: &Spot) -> String {
    if first.line != spot.line { format!(",\n{}", " ".repeat(first.column)) } else { ", ".to_owned() }
}

/// The key that another one took the place of, with the same value.
fn renamed<'a>(was: &'a Map<String, Json>, new: &Map<String, Json>) -> Option<&'a String> {
    let mut gone = was.iter().filter(|(key, _)| !new.contains_key(*key));
    let mut come = new.iter().filter(|(key, _)| !was.contains_key(*key));
    match (gone.next(), gone.next(), come.next(), come.next()) {
        (Some((key, value)), None, Some((_, now)), None) if value == now => Some(key),
        _ => None,
    }
}

/// Items that go, items that come behind one that was there, and items that become others.
type Aligned = (Vec<usize>, Vec<(Option<usize>, Vec<usize>)>, Vec<(usize, usize)>);

/// Lays two lists side by side so that as many items as possible are the same.
fn aligned(was: &[Json], new: &[Json]) -> Aligned {
    let (n, m) = (was.len(), new.len());
    let mut common = vec![vec![0_u32; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            let both = common[i + 1][j].max(common[i][j + 1]);
            common[i][j] = if was[i] == new[j] { common[i + 1][j + 1] + 1 } else { both };
        }
    }
    let (mut removed, mut added, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < n || j < m {
        let (from, to) = (i, j);
        while i < n && j < m && was[i] != new[j] {
            if common[i + 1][j] >= common[i][j + 1] { i += 1 } else { j += 1 }
        }
        if i == n || j == m {
            (i, j) = (n, m);
        }
        // Between two items that stay, the others are paired in order.
        let pairs = (i - from).min(j - to);
        changed.extend((0..pairs).map(|k| (from + k, to + k)));
        removed.extend(from + pairs..i);
        if to + pairs < j {
            let after = (from + pairs).checked_sub(1);
            added.push((after, (to + pairs..j).collect()));
        }
        if i < n && j < m {
            (i, j) = (i + 1, j + 1);
        }
    }
    (removed, added, changed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_laid_side_by_side() {
        let list = |text: &str| text.chars().map(|c| json!(c.to_string())).collect::<Vec<_>>();
        assert_eq!(aligned(&list("abc"), &list("ac")), (vec![1], vec![], vec![]));
        assert_eq!(aligned(&list("ab"), &list("abxy")), (vec![], vec![(Some(1), vec![2, 3])], vec![]));
        assert_eq!(aligned(&list("ab"), &list("xab")), (vec![], vec![(None, vec![0])], vec![]));
        assert_eq!(aligned(&list("abc"), &list("axc")), (vec![], vec![], vec![(1, 1)]));
    }
}
