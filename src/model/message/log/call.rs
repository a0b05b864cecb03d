//! System calls that require a capability, by their names and by what programs say when the kernel denies them.
//!
//! Which capability a call requires: capabilities(7), and the manual page of each call.

use crate::model::message::log::line::Lines;

/// Calls that require one capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Changes of interfaces, addresses, routes and firewall rules: `CAP_NET_ADMIN`.
    NetworkAdministration,
    /// Tracing another process: `CAP_SYS_PTRACE`.
    Trace,
    /// Raw and packet sockets: `CAP_NET_RAW`.
    RawSocket,
    /// Setting the clock: `CAP_SYS_TIME`.
    Clock,
    /// Loading and unloading kernel modules: `CAP_SYS_MODULE`.
    Module,
    /// Changing the owner of a file: `CAP_CHOWN`.
    Chown,
    /// Changing the mode or the times of a file of another user: `CAP_FOWNER`.
    Chmod,
    /// Becoming another user: `CAP_SETUID`.
    SetUser,
    /// Becoming a member of another group: `CAP_SETGID`.
    SetGroup,
    /// Becoming another user and group: `CAP_SETUID` and `CAP_SETGID`.
    SetUserAndGroup,
    /// Mounting a file system: `CAP_SYS_ADMIN`.
    Mount,
    /// Creating or entering a namespace, and other administration: `CAP_SYS_ADMIN`.
    Administration,
    /// Loading BPF programs and creating BPF maps: `CAP_BPF`.
    Bpf,
    /// Performance events: `CAP_PERFMON`.
    PerformanceEvents,
    /// Raising resource limits: `CAP_SYS_RESOURCE`.
    RaiseLimit,
    /// Opening files by handle: `CAP_DAC_READ_SEARCH`.
    OpenByHandle,
    /// Locking memory: `CAP_IPC_LOCK`.
    LockMemory,
    /// Raising priorities and setting the scheduling of processes: `CAP_SYS_NICE`.
    Schedule,
    /// Reading the kernel log: `CAP_SYSLOG`.
    KernelLog,
    /// `chroot(2)`: `CAP_SYS_CHROOT`.
    ChangeRoot,
    /// Access to I/O ports and to the memory of the machine: `CAP_SYS_RAWIO`.
    RawIo,
    /// Device files: `CAP_MKNOD`.
    MakeDevice,
    /// Signals to processes of other users: `CAP_KILL`.
    Kill,
    /// `reboot(2)`: `CAP_SYS_BOOT`.
    Reboot,
    /// The audit system of the kernel: `CAP_AUDIT_CONTROL`.
    Audit,
}

/// What names each call, in lower case. The first line that matches counts, so that what is more specific comes first.
const WORDS: &[(Call, &[&str])] = &[
    (Call::RaiseLimit, &["rlimit", "setrlimit", "prlimit", "ulimit", "cannot modify limit", "oom_score_adj"]),
    (Call::LockMemory, &["mlock", "lock memory", "lock jvm memory", "shm_hugetlb"]),
    (Call::OpenByHandle, &["open_by_handle_at", "openbyhandle"]),
    (Call::PerformanceEvents, &["perf_event_open", "perf event", "perf_event"]),
    (Call::Bpf, &["bpf(", "bpf_", "load program", "loading program", "map create", "ebpf", "bpf map", "bpf prog"]),
    (Call::Trace, &["ptrace", "process_vm_readv", "process_vm_writev", "strace:", "kcmp", "pidfd_getfd"]),
    (
        Call::Clock,
        &[
            "adjtimex",
            "settimeofday",
            "clock_settime",
            "clock_adjtime",
            "ntp_adjtime",
            "set date",
            "set the system clock",
            "hwclock",
            "/dev/rtc",
            "setting the clock",
            "system time",
        ],
    ),
    (
        Call::Module,
        &[
            "modprobe",
            "insmod",
            "init_module",
            "finit_module",
            "delete_module",
            "rmmod",
            "could not insert",
            "kernel module",
            "load module",
        ],
    ),
    (
        Call::SetUserAndGroup,
        &[
            "failed switching to",
            "su-exec",
            "gosu",
            "setpriv",
            "switch user",
            "drop privilege",
            "dropping privilege",
            "change user",
            "chroot --userspec",
            "setuidgid",
            "unable to switch to",
        ],
    ),
    (
        Call::SetGroup,
        &[
            "setgid",
            "setgroups",
            "initgroups",
            "setresgid",
            "setegid",
            "setregid",
            "set groups",
            "cannot set gid",
            "set gid",
        ],
    ),
    (Call::SetUser, &["setuid", "setresuid", "seteuid", "setreuid", "cannot set uid", "set uid"]),
    (
        Call::Chown,
        &[
            "chown",
            "changing ownership",
            "change ownership",
            "chgrp",
            "changing group",
            "change owner",
            "set owner",
            "preserve ownership",
        ],
    ),
    (
        Call::Chmod,
        &[
            "chmod",
            "changing permissions",
            "change permissions",
            "change mode",
            "setting times",
            "preserving times",
            "utime",
            "set permissions",
        ],
    ),
    (
        Call::Mount,
        &[
            "mount:",
            "mount(",
            "umount",
            "mount failed",
            "failed to mount",
            "pivot_root",
            "mounting ",
            "mount /",
            "mount \"",
            "move_mount",
            "fsmount",
            "swapon",
        ],
    ),
    (
        Call::Administration,
        &[
            "unshare",
            "setns",
            "sethostname",
            "fanotify",
            "nsenter",
            "reassociate to namespace",
            "clone(",
            "clone_new",
            "quotactl",
            "setdomainname",
            "network namespace",
            "new namespace",
        ],
    ),
    (Call::ChangeRoot, &["chroot"]),
    (
        Call::RawSocket,
        &[
            "raw socket",
            "sock_raw",
            "af_packet",
            "packet socket",
            "icmp",
            "ping:",
            "pcap",
            "capture on that device",
            "arping",
            "traceroute",
            "packet capture",
            "socket_raw",
        ],
    ),
    (
        Call::NetworkAdministration,
        &[
            "rtnetlink",
            "netlink",
            "iptables",
            "ip6tables",
            "nft",
            "nf_tables",
            "ipset",
            "siocs",
            "siocadd",
            "siocdel",
            "siocgif",
            "siocbr",
            "so_mark",
            "tunsetiff",
            "/dev/net/tun",
            "ipvs",
            "ip_vs",
            "ipvsadm",
            "conntrack",
            "promisc",
            "ebtables",
            "arptables",
            "ip route",
            "ip link",
            "ip addr",
            "ip rule",
            "add route",
            "adding route",
            "qdisc",
            "wireguard",
            "ethtool",
            "setsockopt",
            "network interface",
            "link up",
            "xdp",
            "linkadd",
            "linkset",
            "routeadd",
            "addradd",
        ],
    ),
    (Call::KernelLog, &["/dev/kmsg", "klogctl", "dmesg:", "syslog(", "kernel buffer", "kernel log"]),
    (
        Call::Schedule,
        &[
            "sched_set",
            "setpriority",
            "set niceness",
            "set_mempolicy",
            "mbind",
            "scheduling policy",
            "real-time priority",
            "ioprio",
            "move_pages",
        ],
    ),
    (Call::RawIo, &["ioperm", "iopl", "/dev/mem", "/dev/port", "/dev/cpu"]),
    (Call::MakeDevice, &["mknod"]),
    (Call::Reboot, &["reboot("]),
    (Call::Audit, &["audit"]),
    (Call::Kill, &["kill(", "kill -", "kill:", "kill "]),
];

/// Calls that the kernel denies with EACCES as well, or whose programs say "Permission denied" for EPERM.
const DENIED_WITH_ACCESS: &[Call] = &[
    Call::NetworkAdministration,
    Call::RawSocket,
    Call::Mount,
    Call::PerformanceEvents,
    Call::Bpf,
    Call::Trace,
    Call::Schedule,
    Call::Clock,
    Call::RaiseLimit,
    Call::KernelLog,
    Call::Module,
];

impl Call {
    /// Reads the call that was denied, from the line or from the command that a shell printed above it. `is_eperm` is
    /// `false` for EACCES, which only some calls return for a missing capability.
    pub fn of(lines: &Lines<'_>, number: usize, is_eperm: bool) -> Option<Call> {
        let line = lines.lower(number);
        let of = |line: &str| {
            WORDS.iter().find(|(_, words)| words.iter().any(|word| has_word(line, word))).map(|(call, _)| *call)
        };
        // `nsenter: cannot open /proc/1/ns/ipc` needs what tracing needs, not what entering needs (proc(5)).
        let foreign = line.contains("/proc/") && !line.contains("/proc/sys") && !line.contains("/proc/self");
        let opens_namespace = foreign && (line.contains("/ns/") || line.contains("/exe") || line.contains("/root"));
        let call = match opens_namespace && !line.contains("reassociate") {
            true => Call::Trace,
            false => of(line).or_else(|| lines.code_above(number).find_map(|above| of(lines.lower(above))))?,
        };
        (is_eperm || DENIED_WITH_ACCESS.contains(&call)).then_some(call)
    }

    /// The capabilities that the call requires, without the prefix `CAP_`, as `capabilities.add` names them.
    pub fn capabilities(self) -> &'static [&'static str] {
        match self {
            Call::NetworkAdministration => &["NET_ADMIN"],
            Call::Trace => &["SYS_PTRACE"],
            Call::RawSocket => &["NET_RAW"],
            Call::Clock => &["SYS_TIME"],
            Call::Module => &["SYS_MODULE"],
            Call::Chown => &["CHOWN"],
            Call::Chmod => &["FOWNER"],
            Call::SetUser => &["SETUID"],
            Call::SetGroup => &["SETGID"],
            Call::SetUserAndGroup => &["SETUID", "SETGID"],
            Call::Mount | Call::Administration => &["SYS_ADMIN"],
            Call::Bpf => &["BPF"],
            Call::PerformanceEvents => &["PERFMON"],
            Call::RaiseLimit => &["SYS_RESOURCE"],
            Call::OpenByHandle => &["DAC_READ_SEARCH"],
            Call::LockMemory => &["IPC_LOCK"],
            Call::Schedule => &["SYS_NICE"],
            Call::KernelLog => &["SYSLOG"],
            Call::ChangeRoot => &["SYS_CHROOT"],
            Call::RawIo => &["SYS_RAWIO"],
            Call::MakeDevice => &["MKNOD"],
            Call::Kill => &["KILL"],
            Call::Reboot => &["SYS_BOOT"],
            Call::Audit => &["AUDIT_CONTROL"],
        }
    }
}

/// Whether a line has a word that is no part of a longer one on its left: `umount` has no `mount`.
fn has_word(line: &str, word: &str) -> bool {
    let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_ascii_alphabetic());
    line.match_indices(word).any(|(at, _)| !word.starts_with(|c: char| c.is_ascii_alphabetic()) || begins(at))
}
