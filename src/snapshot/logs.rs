//! Logs that lie in a bundle beside its objects: which file is whose log, and the last lines of each.
//!
//! A path names pod and container in one of these ways, whatever stands before it:
//!
//! | written by | path |
//! |---|---|
//! | `oc adm inspect`, must-gather | `namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs/{current,previous}.log` |
//! | crust-gather | `namespaces/NS/pods/POD/CONTAINER/{current,previous}.log` |
//! | troubleshoot | `cluster-resources/pods/logs/NS/POD/CONTAINER.log`, `CONTAINER-previous.log`, `NAME/POD/CONTAINER.log` |
//! | `kubectl cluster-info dump` | `NS/POD/logs.txt`, the logs of all containers one after the other; without `--output-directory` all of them among the objects, in a file that the user names |
//! | the kubelet, as in sosreport and `kind export logs` | `pods/NS_POD_UID/CONTAINER/RESTARTS.log` |
//!
//! Only the files of containers that somebody asks about are read.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::Result;
use crate::model::container_log::{ContainerLog, LogKey, MAX_LINE_CHARS, MAX_LOG_LINES};
use crate::model::message::log_line;
use crate::snapshot::wrapping::{MAGIC, MOST_WRAPPINGS, Wrapping, cannot_read, files_below, for_members};
use crate::stream::dispatch::Summary;
use crate::stream::fault::Fault;
use crate::stream::limits::{Budget, Counted, Counting, Limits};

/// Of a plain file, so many bytes at its end are looked through.
const MAX_TAIL: u64 = 1 << 20;
/// Of a file that the user named, so many bytes at its end say whether it holds logs.
const MAX_END: u64 = 64 << 10;
/// The longest line that is held while it is read.
const MAX_LINE: u64 = 64 << 10;

/// Whether a file is called as logs of containers are.
pub(super) fn is_log(path: &str) -> bool {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let file = file.strip_suffix(".gz").unwrap_or(file);
    file.ends_with(".log") || file == DUMP
}

/// The file of all logs of a pod in a dump.
const DUMP: &str = "logs.txt";

/// Returns the last lines of the logs of these containers, of both runs, as far as the saved clusters hold them.
///
/// # Errors
/// As [`crate::snapshot::read`].
pub fn read_logs(limits: Limits, paths: &[PathBuf], keys: &[LogKey]) -> Result<Vec<(LogKey, ContainerLog)>> {
    let mut wanted: HashMap<&str, Vec<&LogKey>> = HashMap::new();
    keys.iter().for_each(|key| wanted.entry(&key.pod).or_default().push(key));
    let budget = Budget::new(limits);
    let mut walk = Walk { wanted, budget: &budget, found: BTreeMap::new() };
    // Standard input cannot be read again.
    for path in paths.iter().filter(|path| path.as_os_str() != "-") {
        match path.is_dir() {
            true => {
                for file in files_below(path, &mut Summary::default())? {
                    let below = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().into_owned();
                    if walk.whose(&below).is_some() || !is_log(&below) && is_packed(&below) {
                        walk.file(&file, &below)?;
                    }
                }
            }
            false => walk.file(path, "")?,
        }
    }
    Ok(walk.logs())
}

/// Whether a file in a directory may be an archive with logs in it.
fn is_packed(path: &str) -> bool {
    [".tar", ".tgz", ".tar.gz"].iter().any(|end| path.ends_with(end))
}

/// Which of a container's runs a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    Current,
    Previous,
    /// By the number of restarts before it.
    Numbered(u32),
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holds {
    /// One log.
    Log(LogKey, Run),
    /// All logs of a pod of this namespace.
    Dump { namespace: String, pod: String },
    /// Logs of whatever pods, among objects.
    WholeDump,
}

struct Walk<'w> {
    /// What is asked for, by pod.
    wanted: HashMap<&'w str, Vec<&'w LogKey>>,
    budget: &'w Budget,
    /// By namespace, pod, container and run.
    found: BTreeMap<(String, String, String, Run), Vec<String>>,
}

impl Walk<'_> {
    /// What the file at the path holds, if somebody asked for it.
    fn whose(&self, path: &str) -> Option<Holds> {
        let parts: Vec<&str> = path.split(['/', '\\']).collect();
        (0..parts.len().saturating_sub(1)).find_map(|at| {
            let before = at.checked_sub(1).map(|at| parts[at]);
            let (namespace, pod) = match parts[at].split('_').collect::<Vec<_>>()[..] {
                [namespace, pod, _] => (Some(namespace), pod),
                _ => (None, parts[at]),
            };
            let keys = self.wanted.get(pod)?.iter();
            let keys = keys.filter(|key| namespace.is_none_or(|namespace| key.namespace.as_str() == namespace));
            let rest = &parts[at + 1..];
            if let ([DUMP], Some(namespace)) = (rest, before) {
                let mut keys = keys.filter(|key| key.namespace.as_str() == namespace);
                return keys.next().map(|_| Holds::Dump { namespace: namespace.to_owned(), pod: pod.to_owned() });
            }
            keys.filter_map(|key| Some(Holds::Log((*key).clone(), run(rest, &key.container)?))).next()
        })
    }

    fn file(&mut self, path: &Path, below: &str) -> Result<()> {
        let name = path.display().to_string();
        let told = |error| cannot_read(&name, &error);
        let mut file = File::open(path).map_err(told)?;
        let size = file.metadata().map_err(told)?.len();
        self.budget.start_file(false);
        let mut start = Vec::with_capacity(MAGIC);
        file.by_ref().take(MAGIC as u64).read_to_end(&mut start).map_err(told)?;
        let is_plain = Wrapping::of(&start).is_none();
        if is_plain && below.is_empty() {
            return self.named(&name, file, size);
        }
        let is_tail = is_plain && matches!(self.whose(below), Some(Holds::Log(..))) && size > MAX_TAIL;
        file.seek(SeekFrom::Start(if is_tail { size - MAX_TAIL } else { 0 })).map_err(told)?;
        let mut reader = Counting { reader: file, budget: self.budget, what: Counted::Packed };
        let outcome = self.unwrap(&name, below, &mut reader, 0);
        match self.budget.exceeded() {
            Some(what) => Err(Fault::limit(what).told(&name)),
            None => outcome,
        }
    }

    /// A file that the user named holds logs where `kubectl cluster-info dump` wrote it, which ends with those of the last
    /// namespace that has pods.
    fn named(&mut self, name: &str, mut file: File, size: u64) -> Result<()> {
        let told = |error| cannot_read(name, &error);
        file.seek(SeekFrom::Start(size.saturating_sub(MAX_END))).map_err(told)?;
        let mut end = Vec::new();
        file.by_ref().take(MAX_END).read_to_end(&mut end).map_err(told)?;
        if memchr::memmem::find(&end, log_line::DUMP_END.as_bytes()).is_none() {
            return Ok(());
        }
        file.seek(SeekFrom::Start(0)).map_err(told)?;
        let mut reader = Counting { reader: file, budget: self.budget, what: Counted::Packed };
        self.text(&Holds::WholeDump, &mut reader);
        match self.budget.exceeded() {
            Some(what) => Err(Fault::limit(what).told(name)),
            None => Ok(()),
        }
    }

    /// Takes off compression and archives, and reads what is asked for.
    fn unwrap(&mut self, name: &str, path: &str, reader: &mut dyn Read, wrappings: u8) -> Result<()> {
        let mut start = Vec::with_capacity(MAGIC);
        if (&mut *reader).take(MAGIC as u64).read_to_end(&mut start).is_err() || wrappings > MOST_WRAPPINGS {
            // The first reading said so already, where it matters.
            return Ok(());
        }
        let wrapping = Wrapping::of(&start);
        let mut whole = Cursor::new(start).chain(reader);
        match wrapping {
            Some(Wrapping::Gzip) => {
                let reader = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole));
                let mut counting = Counting { reader, budget: self.budget, what: Counted::Unpacked };
                let path = path.strip_suffix(".gz").unwrap_or(path);
                self.unwrap(name, path, &mut counting, wrappings + 1)
            }
            Some(Wrapping::Tar) => {
                for_members(name, whole, |path, member| self.unwrap(name, path, member, wrappings + 1)).map(drop)
            }
            Some(Wrapping::Other(..) | Wrapping::Utf16(_)) => Ok(()),
            None => {
                if let Some(holds) = self.whose(path) {
                    self.text(&holds, &mut whole);
                }
                Ok(())
            }
        }
    }

    fn text(&mut self, holds: &Holds, reader: &mut dyn Read) {
        match holds {
            Holds::Log(key, run) => {
                let mut tail = Tail::default();
                let lines = for_lines(reader, |line| {
                    tail.push(&match run {
                        Run::Numbered(_) => log_line::of_runtime(line),
                        _ => log_line::without_timestamp(line).to_owned(),
                    });
                });
                if lines > 0 {
                    let key = (key.namespace.to_string(), key.pod.to_string(), key.container.to_string(), *run);
                    self.found.insert(key, tail.lines.into());
                }
            }
            Holds::Dump { .. } | Holds::WholeDump => {
                let is_of_file = |of: &str, name: &str| match holds {
                    Holds::Dump { namespace, pod } => of == namespace && name == pod,
                    _ => true,
                };
                let is_wanted = |of: &str, name: &str, container: &str| {
                    let mut keys = self.wanted.get(name).into_iter().flatten();
                    keys.any(|key| key.namespace.as_str() == of && *key.container == *container)
                };
                let mut sections: BTreeMap<(String, String, String, Run), Tail> = BTreeMap::new();
                let mut open: Option<(String, String, String, Run)> = None;
                for_lines(reader, |line| match (log_line::dump_border(line), &open) {
                    (Some((begins, container, of, name)), _) if is_of_file(of, name) => {
                        let section = || (of.to_owned(), name.to_owned(), container.to_owned(), Run::Current);
                        open = (begins && is_wanted(of, name, container)).then(section);
                    }
                    (_, Some(section)) => sections.entry(section.clone()).or_default().push(line),
                    _ => {}
                });
                self.found.extend(sections.into_iter().map(|(section, tail)| (section, tail.lines.into())));
            }
        }
    }

    /// What was found: of numbered runs the last is the present one, the one before it the previous one.
    fn logs(self) -> Vec<(LogKey, ContainerLog)> {
        let mut logs: BTreeMap<(String, String, String, bool), Vec<String>> = BTreeMap::new();
        let mut numbered: BTreeMap<(String, String, String), Vec<Vec<String>>> = BTreeMap::new();
        for ((namespace, pod, container, run), lines) in self.found {
            match run {
                // They come by their number, the lowest first.
                Run::Numbered(_) => numbered.entry((namespace, pod, container)).or_default().push(lines),
                run => drop(logs.insert((namespace, pod, container, run == Run::Previous), lines)),
            }
        }
        for ((namespace, pod, container), runs) in numbered {
            for (lines, previous) in runs.into_iter().rev().zip([false, true]) {
                logs.entry((namespace.clone(), pod.clone(), container.clone(), previous)).or_insert(lines);
            }
        }
        let log = |((namespace, pod, container, previous), lines): ((String, String, String, bool), Vec<String>)| {
            let log = ContainerLog::of_last(lines.iter().map(String::as_str), previous);
            let key =
                LogKey { namespace: namespace.as_str().into(), pod: pod.into(), container: container.into(), previous };
            (key, log)
        };
        logs.into_iter().map(log).collect()
    }
}

/// Which run of the container the rest of a path below the pod is about. An insecure read is none: the kubelet of a
/// must-gather refuses it, and its file is empty.
fn run(rest: &[&str], container: &str) -> Option<Run> {
    let file = rest.last()?.strip_suffix(".gz").unwrap_or(rest.last()?);
    let stem = file.strip_suffix(".log")?;
    let is_below = match &rest[..rest.len() - 1] {
        [] => false,
        [of] | [of, "logs"] => *of == container,
        [of, again, "logs"] => *of == container && *again == container,
        _ => return None,
    };
    match (is_below, stem) {
        (true, "current") => Some(Run::Current),
        (true, "previous") => Some(Run::Previous),
        (true, number) => number.parse().ok().map(Run::Numbered),
        (false, stem) if stem == container => Some(Run::Current),
        (false, stem) => match stem.strip_prefix(container)? {
            "-previous" | ".previous" | "_previous" => Some(Run::Previous),
            _ => None,
        },
    }
}

/// The last lines of a text.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
}

impl Tail {
    fn push(&mut self, line: &str) {
        if self.lines.len() == MAX_LOG_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.chars().take(MAX_LINE_CHARS).collect());
    }
}

/// Gives every line to `take`, the end of a longer one as lines of its own; returns how many there are. A log that cannot
/// be read further ends there.
fn for_lines(reader: &mut dyn Read, mut take: impl FnMut(&str)) -> usize {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let mut count = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return count,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        take(text.trim_end_matches(['\n', '\r']));
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(namespace: &str, pod: &str, container: &str) -> LogKey {
        LogKey { namespace: namespace.into(), pod: pod.into(), container: container.into(), previous: true }
    }

    #[test]
    fn a_path_names_pod_container_and_run() {
        let keys = [key("logging", "agent-x7k2p", "main"), key("logging", "agent-x7k2p", "side")];
        let budget = Budget::new(Limits::default());
        let wanted = HashMap::from([("agent-x7k2p", keys.iter().collect())]);
        let walk = Walk { wanted, budget: &budget, found: BTreeMap::new() };
        let log = |container: usize, run: Run| Some(Holds::Log(keys[container].clone(), run));
        for (path, holds) in [
            ("mg/quay/namespaces/logging/pods/agent-x7k2p/main/main/logs/current.log", log(0, Run::Current)),
            ("mg/quay/namespaces/logging/pods/agent-x7k2p/side/side/logs/previous.log", log(1, Run::Previous)),
            ("mg/quay/namespaces/logging/pods/agent-x7k2p/main/main/logs/previous.insecure.log", None),
            ("namespaces/logging/pods/agent-x7k2p/main/previous.log", log(0, Run::Previous)),
            ("cluster-resources/pods/logs/logging/agent-x7k2p/side.log", log(1, Run::Current)),
            ("cluster-resources/pods/logs/logging/agent-x7k2p/side-previous.log", log(1, Run::Previous)),
            ("my-collector/agent-x7k2p/main.log", log(0, Run::Current)),
            ("my-collector/agent-x7k2p/main-all-logs-errors.log", None),
            ("cluster-resources/pods/logs/logging/agent-other/main.log", None),
            ("var/log/pods/logging_agent-x7k2p_1b2c-3d/main/4.log", log(0, Run::Numbered(4))),
            ("var/log/pods/other_agent-x7k2p_1b2c-3d/main/4.log", None),
            ("node-1\\pods\\logging_agent-x7k2p_1b2c\\side\\0.log", log(1, Run::Numbered(0))),
            (
                "logging/agent-x7k2p/logs.txt",
                Some(Holds::Dump { namespace: "logging".into(), pod: "agent-x7k2p".into() }),
            ),
            ("other/agent-x7k2p/logs.txt", None),
            ("agent-x7k2p", None),
        ] {
            assert_eq!(walk.whose(path), holds, "{path}");
        }
    }

    #[test]
    fn of_numbered_runs_the_last_two_count() {
        let budget = Budget::new(Limits::default());
        let mut walk = Walk { wanted: HashMap::new(), budget: &budget, found: BTreeMap::new() };
        for (number, line) in [(9, "nine"), (10, "ten"), (8, "eight")] {
            walk.text(&Holds::Log(key("n", "p", "c"), Run::Numbered(number)), &mut line.as_bytes());
        }
        let logs = walk.logs();
        let found: Vec<(bool, &str)> = logs.iter().map(|(key, log)| (key.previous, &*log.lines[0])).collect();
        assert_eq!(found, [(false, "ten"), (true, "nine")]);
    }
}
