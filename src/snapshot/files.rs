//! Which files there are: one, a directory, an archive; compressed or not. What each holds is judged by content.

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result};
use crate::snapshot::utf16::Utf16;
use crate::snapshot::wrapping::{MAGIC, MOST_WRAPPINGS, Wrapping, cannot_read, files_below, for_members};
use crate::snapshot::{logs, yaml};
use crate::store::item_sink::ItemSink;
use crate::stream::dispatch::{Feed, Plan, Summary};
use crate::stream::fault::Fault;
use crate::stream::json;
use crate::stream::limits::{Budget, Counted, Counting};
use crate::stream::window::Window;

/// Reads what the path names, or standard input for `-`.
///
/// # Errors
/// A located sentence for anything that cannot be read or makes no sense, and for a path without any object.
pub(crate) fn read_path(
    path: &Path,
    stdin: &mut dyn Read,
    sink: &mut dyn ItemSink,
    all: &mut Summary,
    budget: &Budget,
) -> Result<()> {
    let name = path.display().to_string();
    let mut summary = Summary::default();
    if path.as_os_str() == "-" {
        let later = Walk::new(sink, &mut summary, None, budget).text("standard input", stdin, true, 0)?;
        cannot_read_again("standard input", &later)?;
    } else {
        let metadata = std::fs::metadata(path).map_err(|error| cannot_read(&name, &error))?;
        if metadata.is_dir() {
            for file in files_below(path, &mut summary)? {
                read_file(&file, &file.display().to_string(), false, sink, &mut summary, budget)?;
            }
        } else {
            read_file(path, &name, true, sink, &mut summary, budget)?;
        }
    }
    if summary.files == 0 {
        return Err(match summary.other_files {
            0 => Error::new(format!("{name}: no file found")),
            1 => Error::new(format!("{name}: no Kubernetes object found")),
            count => Error::new(format!("{name}: no Kubernetes object found in {count} files")),
        }
        .hint("use the output of `kubectl get ... -o json`, a dump of a cluster, or a directory or `.tar.gz` of such files"));
    }
    all.files += summary.files;
    all.other_files += summary.other_files;
    all.log_files += summary.log_files;
    all.not_followed += summary.not_followed;
    all.known += summary.known;
    all.ignored += summary.ignored;
    all.kindless += summary.kindless;
    Ok(())
}

/// Reads one file, and again for what its lists said of themselves only in the end.
fn read_file(
    path: &Path,
    name: &str,
    named: bool,
    sink: &mut dyn ItemSink,
    summary: &mut Summary,
    budget: &Budget,
) -> Result<()> {
    let open = || File::open(path).map_err(|error| cannot_read(name, &error));
    let file = open()?;
    let regular = file.metadata().is_ok_and(|m| m.is_file());
    let later = Walk::new(sink, summary, None, budget).text(name, file, named, 0)?;
    if later.is_empty() {
        return Ok(());
    }
    if !regular {
        return cannot_read_again(name, &later);
    }
    Walk::new(sink, summary, Some(later), budget).text(name, open()?, named, 0).map(drop)
}

fn cannot_read_again(name: &str, later: &Plan) -> Result<()> {
    if later.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("{name}: cannot read a list that names its kind only after its items"))
        .cause("a pipe cannot be read a second time")
        .hint("save the list to a file, and name the file"))
}

/// One reading of one file, through all its wrappings.
struct Walk<'s> {
    feed: Feed<'s>,
    budget: &'s Budget,
    /// Where a limit ended the reading.
    stopped: Option<Error>,
}

impl<'s> Walk<'s> {
    fn new(sink: &'s mut dyn ItemSink, summary: &'s mut Summary, plan: Option<Plan>, budget: &'s Budget) -> Self {
        budget.start_file(plan.is_some());
        Walk { feed: Feed::new(sink, summary, plan).within(budget), budget, stopped: None }
    }

    /// Reads a whole file; gives the lists that need a second reading. `named` says that the user named this very
    /// file, so that whatever it holds must be objects.
    fn text(mut self, name: &str, reader: impl Read, named: bool, wrappings: u8) -> Result<Plan> {
        let counting = Counting { reader, budget: self.budget, what: Counted::Packed };
        let outcome = self.unwrap(name, Box::new(counting), named, wrappings);
        // A limit ends the reading also if something between made another error, or nothing, of the limit's own.
        match self.budget.exceeded() {
            Some(what) => Err(self.stopped.unwrap_or_else(|| Fault::limit(what).told(name))),
            None => outcome.map(|()| self.feed.later),
        }
    }

    /// Takes off one wrapping, or reads the text.
    fn unwrap(&mut self, name: &str, mut reader: Box<dyn Read + '_>, named: bool, wrappings: u8) -> Result<()> {
        let mut start = Vec::with_capacity(MAGIC);
        if let Err(error) = reader.by_ref().take(MAGIC as u64).read_to_end(&mut start) {
            let fault = Fault::io(&error);
            if named || fault.unreadable {
                return Err(fault.told(name));
            }
            self.feed.summary.other_files += u64::from(!self.feed.again());
            return Ok(());
        }
        let wrapping = Wrapping::of(&start);
        let whole = Cursor::new(start).chain(reader);
        match wrapping {
            Some(_) if wrappings == MOST_WRAPPINGS => {
                Err(Fault::new(format!("archives nested deeper than {MOST_WRAPPINGS} levels")).told(name))
            }
            Some(Wrapping::Gzip) => {
                let reader = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole));
                let counting = Counting { reader, budget: self.budget, what: Counted::Unpacked };
                self.unwrap(name, Box::new(counting), named, wrappings + 1)
            }
            Some(Wrapping::Tar) => self.archive(name, whole, wrappings + 1),
            Some(Wrapping::Utf16(order)) => self.objects(name, Utf16::new(whole, order), named),
            Some(Wrapping::Other(what, hint)) if named => {
                Err(Fault::new(format!("cannot read {what}")).hint(hint).told(name))
            }
            Some(Wrapping::Other(..)) => {
                self.feed.summary.other_files += u64::from(!self.feed.again());
                Ok(())
            }
            None => self.objects(name, whole, named),
        }
    }

    /// Every regular member of a tar archive.
    fn archive(&mut self, name: &str, reader: impl Read, wrappings: u8) -> Result<()> {
        let not_followed = for_members(name, reader, |path, entry| {
            self.unwrap(&format!("{name}: {path}"), Box::new(entry), false, wrappings)
        })?;
        if !self.feed.again() {
            self.feed.summary.not_followed += not_followed;
        }
        Ok(())
    }

    /// A text: objects, or something else that only passes in a directory or archive.
    fn objects(&mut self, name: &str, reader: impl Read, named: bool) -> Result<()> {
        if !self.feed.start_stream(name) {
            return Ok(());
        }
        self.feed.summary.log_files += u64::from(logs::is_log(name) && !self.feed.again());
        let outcome = self.read_objects(reader, named);
        if let (Some(what), Err(fault)) = (self.budget.exceeded(), &outcome) {
            let stopped = Fault { position: fault.position, ..Fault::limit(what) };
            self.stopped.get_or_insert_with(|| stopped.told(name));
        }
        match outcome {
            Err(fault) if named || fault.unreadable || self.feed.recognised => return Err(fault.told(name)),
            _ if self.feed.again() => {}
            Ok(()) if self.feed.recognised => self.feed.summary.files += 1,
            _ => self.feed.summary.other_files += 1,
        }
        Ok(())
    }

    fn read_objects(&mut self, reader: impl Read, named: bool) -> Result<(), Fault> {
        let mut window = Window::new(reader);
        window.fill()?;
        let start = window.bytes();
        if start.starts_with(&[0xef, 0xbb, 0xbf]) {
            window.consume(3);
        }
        let start = window.bytes();
        match start.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{') => json::read(&mut window, &mut self.feed),
            Some(_) if named || yaml::looks_like_object(start) => yaml::read(&mut window, &mut self.feed),
            Some(_) => Ok(()),
            None if named && start.len() < crate::stream::window::WINDOW => Err(Fault::new("is empty")),
            None => json::read(&mut window, &mut self.feed),
        }
    }
}
