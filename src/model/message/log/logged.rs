//! The errors that are read from a log.

use crate::model::message::log::access::Forbidden;
use crate::model::message::log::call::Call;

/// An error that a program logged, and the line that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// What it is.
    pub error: LoggedError,
    /// The line, without white space around it.
    pub line: String,
}

/// An error that a program logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedError {
    /// EACCES, or EPERM, for a file.
    PermissionDenied {
        /// The file.
        path: String,
        /// Whether the file should have been executed.
        executes: bool,
    },
    /// EROFS.
    ReadOnlyFileSystem {
        /// The file; a path without a leading slash is relative to the working directory.
        path: String,
        /// Whether the path is the directory that should have been created.
        is_directory: bool,
    },
    /// EPERM or EACCES for a system call that requires a capability.
    CallDenied {
        /// The call.
        call: Call,
    },
    /// EACCES for a port, which is `None` where the text does not name the port.
    BindDenied {
        /// The port.
        port: Option<u16>,
    },
    /// EADDRINUSE, for a port that is `None` where the text does not name the port.
    AddressInUse {
        /// The port.
        port: Option<u16>,
    },
    /// EADDRNOTAVAIL of `bind`: no interface has the address.
    AddressNotAvailable {
        /// The address.
        address: String,
    },
    /// A private address does not answer.
    Unreachable {
        /// The address.
        address: String,
        /// The port.
        port: u16,
    },
    /// No process answers on a Unix socket in time.
    SocketSilent {
        /// The socket.
        path: String,
    },
    /// A file could not be opened or created, without an error number: of SQLITE_CANTOPEN and SQLITE_READONLY the text names no
    /// more than the database (sqlite.org/rescode.html).
    NotCreated {
        /// The file, or the directory in which files could not be created.
        path: String,
        /// Whether the path is that of the directory.
        is_directory: bool,
    },
    /// EADDRINUSE for a Unix socket: the file exists already.
    SocketInUse {
        /// The socket.
        path: String,
    },
    /// ENOENT.
    NoSuchFile {
        /// The file.
        path: String,
    },
    /// ENOENT of `execvp`: a program that is in no directory of `PATH`.
    NoProgram {
        /// Its name.
        name: String,
        /// Whether the program was looked for on the node, by `nsenter`.
        is_of_node: bool,
    },
    /// ECONNREFUSED for a Unix socket: the file exists, and no process listens.
    SocketRefused {
        /// The socket.
        path: String,
    },
    /// ENOSPC.
    NoSpaceLeft {
        /// The file.
        path: String,
    },
    /// ENOSPC of `inotify_add_watch`: `fs.inotify.max_user_watches` is used up (inotify_add_watch(2)).
    InotifyWatches,
    /// EMFILE of `inotify_init`: `fs.inotify.max_user_instances` is used up (inotify_init(2)).
    InotifyInstances,
    /// EMFILE otherwise: the limit of open files of the process.
    TooManyOpenFiles,
    /// EAGAIN of `fork` and `pthread_create`: the limit of processes of the pod or of the user.
    TooManyProcesses,
    /// A runtime has no free memory in the heap that it gives itself.
    HeapIsFull,
    /// ENOMEM, and what runtimes make of it.
    NoMemory,
    /// A flag that the program does not know.
    UnknownFlag {
        /// The flag without its leading dashes and its value.
        flag: String,
    },
    /// A host name that cannot be resolved.
    NoSuchHost {
        /// The name.
        host: String,
        /// Whether the server did not answer, rather than answering that the name does not exist.
        is_temporary: bool,
    },
    /// The API server forbids a request.
    Forbidden(Forbidden),
    /// The API server does not accept the credentials: status 401.
    Unauthorized,
    /// The API server does not know a kind or a resource of an API group that is not built in.
    NoSuchKind {
        /// The kind or the resource.
        name: String,
        /// The API group.
        group: String,
    },
    /// A node does not exist.
    NoSuchNode {
        /// The name.
        name: String,
    },
    /// The node has no range of pod addresses.
    NoPodCidr,
    /// A module of the kernel that `modprobe` does not find.
    NoModule {
        /// The module.
        module: String,
    },
    /// A library of the NVIDIA driver that the linker does not find.
    NoDriverLibrary {
        /// The library, without its version.
        library: &'static str,
    },
    /// An environment variable is missing.
    MissingVariable {
        /// Its name.
        name: String,
    },
    /// A file that the program cannot parse.
    ConfigFile {
        /// The file; `None` where the text names none.
        path: Option<String>,
        /// The line in the file, from 1.
        line: Option<u32>,
    },
    /// The runtime cannot mount a volume.
    MountFailed {
        /// The path in the container.
        target: String,
        /// Why.
        problem: MountProblem,
    },
}

/// Why a volume cannot be mounted at a path of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountProblem {
    /// One of both is a directory, and the other one a file.
    DirectoryAndFile,
    /// The mount point cannot be created on a read-only file system.
    ReadOnly,
}
