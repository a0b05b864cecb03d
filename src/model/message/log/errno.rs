//! Errors of the kernel, by their sentences (strerror(3)), names and numbers.

use crate::model::message::log::address;
use crate::model::message::log::call::Call;
use crate::model::message::log::line::{Lines, Weight};
use crate::model::message::log::logged::LoggedError;
use crate::model::message::log::path::{nearest, paths};

/// An error number of Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errno {
    /// EPERM.
    NotPermitted,
    /// ENOENT.
    NoEntry,
    /// EACCES.
    Access,
    /// EMFILE.
    OpenFiles,
    /// ENOSPC.
    NoSpace,
    /// EROFS.
    ReadOnly,
    /// EADDRINUSE.
    AddressInUse,
    /// ECONNREFUSED.
    Refused,
    /// EAGAIN of `fork` and `pthread_create`.
    Processes,
    /// No error number: a runtime has no free memory in its own heap.
    Heap,
    /// ENOMEM.
    Memory,
}

/// How programs write each error, in lower case. What names an error beyond doubt comes first.
const WORDS: &[(Errno, &[&str])] = &[
    (
        Errno::AddressInUse,
        &["address already in use", "eaddrinuse", "address in use", "addrinuse", "connection in use"],
    ),
    (Errno::AddressInUse, &["already in use", "port is in use", "only one usage of each socket address"]),
    (Errno::ReadOnly, &["read-only file system", "erofs", "readonlyfilesystem", "read-only filesystem"]),
    (Errno::NoSpace, &["no space left on device", "enospc", "storagefull", "watch limit reached"]),
    (Errno::OpenFiles, &["too many open files", "emfile", "inotify resources exhausted", "could not create inotify"]),
    (Errno::OpenFiles, &["number of inotify instances has been reached"]),
    (Errno::NotPermitted, &["operation not permitted", "eperm", "errno 1]", "os error 1)", "errno=1]"]),
    (Errno::Access, &["permission denied", "eacces", "accessdeniedexception", "errno 13]", "os error 13)"]),
    (Errno::Access, &["don't have permission", "must be root", "are you root", "permissionerror"]),
    (Errno::Access, &["access a socket in a way forbidden"]),
    (Errno::NoEntry, &["no such file or directory", "enoent", "nosuchfileexception", "errno 2]", "os error 2)"]),
    (
        Errno::NoEntry,
        &["filenotfounderror", "filenotfoundexception", "does not exist: /", "is the docker daemon running"],
    ),
    (Errno::Refused, &["connection refused", "econnrefused"]),
    (
        Errno::Processes,
        &["resource temporarily unavailable", "unable to create native thread", "can't fork", "cannot fork"],
    ),
    (Errno::Processes, &["failed to create new os thread", "can't start new thread"]),
    (Errno::Heap, &["java heap space", "gc overhead limit exceeded", "javascript heap out of memory"]),
    (
        Errno::Memory,
        &["cannot allocate memory", "bad_alloc", "insufficient memory for the java", "runtime: out of memory"],
    ),
    (Errno::Memory, &["enomem", "errno 12]", "os error 12)", "runtime: cannot allocate memory"]),
];

/// What a line says that names the file which the next line could not open.
const TRIES: &[&str] = &[
    "cannot ",
    "can't ",
    "could not ",
    "couldn't ",
    "failed ",
    "unable to ",
    "error ",
    "opening ",
    "writing ",
    "creating ",
];

/// The first error number that a line names, and where.
fn named(line: &str) -> Option<(Errno, usize)> {
    let at = |(errno, words): &(Errno, &[&str])| words.iter().find_map(|word| line.find(word)).map(|at| (*errno, at));
    WORDS.iter().find_map(at)
}

/// Reads the error of a line.
pub fn error(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let lower = lines.lower(number);
    // Node.js prints the fields of an error below its message, which says more.
    if lower.trim_start().starts_with("code:") {
        return None;
    }
    // Python says no more than the name of the exception; Rust's allocator says the size.
    if lower == "memoryerror" || lower.starts_with("memory allocation of ") && lower.ends_with(" bytes failed") {
        return Some(LoggedError::NoMemory);
    }
    let (errno, at) = named(lower)?;
    let path = || path_of(lines, number, at);
    Some(match errno {
        Errno::AddressInUse if is_about_sockets(lower) => LoggedError::SocketInUse { path: path()? },
        Errno::AddressInUse => LoggedError::AddressInUse { port: port_of(lines, number, at) },
        Errno::NoSpace if is_about_watches(lower) => LoggedError::InotifyWatches,
        Errno::NoSpace => LoggedError::NoSpaceLeft { path: path()? },
        Errno::OpenFiles if is_about_watches(lower) => LoggedError::InotifyInstances,
        Errno::OpenFiles => LoggedError::TooManyOpenFiles,
        Errno::ReadOnly => {
            let path = path().or_else(|| sysctl(lines.get(number))).or_else(|| relative(lines.get(number), at))?;
            LoggedError::ReadOnlyFileSystem { is_directory: is_made(lines, number, &path), path }
        }
        Errno::NotPermitted | Errno::Access => return denied(lines, number, errno, at),
        Errno::NoEntry => match program(lines.get(number), at) {
            Some(name) => LoggedError::NoProgram { is_of_node: lower.contains("nsenter"), name },
            None => LoggedError::NoSuchFile { path: path()? },
        },
        Errno::Processes => LoggedError::TooManyProcesses,
        Errno::Heap => LoggedError::HeapIsFull,
        // ENOMEM of these calls is about limits of their own (mlock(2), bpf(2)).
        Errno::Memory if ["mlock", "memlock", "bpf", "map create"].iter().any(|call| lower.contains(call)) => {
            return None;
        }
        Errno::Memory => LoggedError::NoMemory,
        Errno::Refused => LoggedError::SocketRefused { path: path().filter(|_| is_about_sockets(lower))? },
    })
}

/// Reads EPERM and EACCES: a port, a call that requires a capability, or a file.
fn denied(lines: &Lines<'_>, number: usize, errno: Errno, at: usize) -> Option<LoggedError> {
    let lower = lines.lower(number);
    let path = path_of(lines, number, at);
    let binds = |line: &str| line.contains("bind") || line.contains("listen");
    if binds(lower) && path.is_none() {
        let port = port_of(lines, number, at);
        if !matches!(Call::of(lines, number, errno == Errno::NotPermitted), Some(Call::RawSocket)) {
            return Some(LoggedError::BindDenied { port }).filter(|_| port.is_none_or(|port| port < 1024));
        }
    }
    // Python names the call in the line of code above the error.
    let is_bind_above = || lines.before(number, 3).any(|above| lines.lower(above).contains("bind(")) && path.is_none();
    if errno == Errno::Access && is_bind_above() {
        return Some(LoggedError::BindDenied { port: port_of(lines, number, at) });
    }
    if let Some(path) = sysctl(lines.get(number)).filter(|_| path.is_none()) {
        return Some(LoggedError::PermissionDenied { path, executes: false });
    }
    // A file of the kernel that could not be opened is not the call that would have used the file.
    let is_opened = errno == Errno::Access && path.as_ref().is_some_and(|path| path.starts_with("/sys/kernel/"));
    if let Some(call) = Call::of(lines, number, errno == Errno::NotPermitted).filter(|_| !is_opened) {
        return Some(LoggedError::CallDenied { call });
    }
    Some(LoggedError::PermissionDenied { path: path?, executes: executes(lower) })
}

/// Whether the error is that of a program that could not be started.
fn executes(line: &str) -> bool {
    line.contains("exec ") || line.contains("exec:") || line.contains("execve") || line.contains("spawn ")
}

fn is_about_watches(line: &str) -> bool {
    ["inotify", "fsnotify", "file watcher", "watcher", "watch "].iter().any(|word| line.contains(word))
}

fn is_about_sockets(line: &str) -> bool {
    line.contains("unix") || line.contains(".sock")
}

/// The path that an error is about: in its line, in the lines that it continues, or in the fields printed after it.
fn path_of(lines: &Lines<'_>, number: usize, at: usize) -> Option<String> {
    if let Some(path) = nearest(lines.get(number), at) {
        return Some(path.to_owned());
    }
    if lines.continues(number) {
        for above in lines.before(number, 4) {
            let line = lines.get(above);
            if let Some(found) = paths(line).last() {
                return Some(found.path.to_owned());
            }
            if !lines.continues(above) && !line.trim().is_empty() {
                break;
            }
        }
    }
    // A program that logs line by line names the file and then the error.
    let tried = |above: &usize| {
        let line = lines.lower(*above);
        lines.weight(*above) == Weight::Heavy && TRIES.iter().any(|word| line.contains(word))
    };
    if let Some(above) = lines.before(number, 3).find(tried)
        && let Some(found) = paths(lines.get(above)).last()
    {
        return Some(found.path.to_owned());
    }
    let field = |below: usize| {
        let line = lines.get(below);
        let is_path = line.trim_start().starts_with("path:") || line.trim_start().starts_with("path =");
        is_path.then(|| paths(line).first().map(|found| found.path.to_owned()))?
    };
    lines.after(number, 8).find_map(field)
}

/// The port that an error is about: in its line, in the fields printed after it, or in the lines that it continues.
fn port_of(lines: &Lines<'_>, number: usize, at: usize) -> Option<u16> {
    let field = |below: usize| lines.get(below).trim().strip_prefix("port:").and_then(address::number);
    let above = || lines.before(number, 4).find_map(|above| address::port(lines.get(above), usize::MAX));
    address::port(lines.get(number), at).or_else(|| lines.after(number, 8).find_map(field)).or_else(above)
}

/// Whether the path is a directory that should have been created.
fn is_made(lines: &Lines<'_>, number: usize, path: &str) -> bool {
    const MAKES: &[&str] =
        &["mkdir", "makedirs", "create directory", "create_dir", "createdirectory", "creating directory"];
    let makes = |line: &str| MAKES.iter().any(|word| line.contains(word));
    let is_file = path.rsplit('/').next().is_some_and(|name| name.trim_start_matches('.').contains('.'));
    makes(lines.lower(number)) || !is_file && lines.before(number, 4).any(|above| makes(lines.lower(above)))
}

/// A path that is relative to the working directory: `open state.json: read-only file system`, and Python's
/// `Read-only file system: 'data'`.
fn relative(line: &str, at: usize) -> Option<String> {
    let quoted = |text: &str| text.split('\'').nth(1).map(str::to_owned);
    let before = line[..at].trim_end().strip_suffix(':').and_then(|before| before.rsplit([' ', '"', '\'']).next());
    let is_path = |path: &str| {
        let chars = path.chars().all(|c| c.is_ascii_alphanumeric() || "._-/~".contains(c));
        !path.is_empty() && chars && (path.contains('.') || path.contains('/') || line.contains("mkdir"))
    };
    let path = before.map(str::to_owned).filter(|path| is_path(path));
    path.or_else(|| quoted(&line[at..]).filter(|path| !path.starts_with('/') && !path.is_empty()))
}

/// A program that was looked for in `PATH`: `nsenter: failed to execute iscsiadm: No such file or directory`
/// (util-linux sys-utils/nsenter.c v2.41), as a name without a directory.
fn program(line: &str, at: usize) -> Option<String> {
    let name =
        line[..at].trim_end().strip_suffix(':')?.rsplit_once("failed to execute ")?.1.trim_matches(['"', '\'', '`']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

/// The file of a kernel setting that is named by its key: `sysctl: setting key "vm.max_map_count": Read-only ...`.
fn sysctl(line: &str) -> Option<String> {
    let at = line.find("sysctl")?;
    let is_key = |word: &&str| word.contains('.') && word.split('.').all(|part| !part.is_empty());
    let mut words = line[at..].split(|c: char| c.is_whitespace() || "\"'=:,".contains(c));
    words.find(is_key).map(|key| format!("/proc/sys/{}", key.replace('.', "/")))
}
