use super::*;
use crate::model::rbac::RoleKind;

fn first(text: &str) -> Option<LoggedError> {
    errors(text).into_iter().next().map(|logged| logged.error)
}

fn denied(path: &str) -> LoggedError {
    LoggedError::PermissionDenied { path: path.into(), executes: false }
}

fn read_only(path: &str, is_directory: bool) -> LoggedError {
    LoggedError::ReadOnlyFileSystem { path: path.into(), is_directory }
}

fn no_file(path: &str) -> LoggedError {
    LoggedError::NoSuchFile { path: path.into() }
}

fn unresolved(host: &str, is_temporary: bool) -> LoggedError {
    LoggedError::NoSuchHost { host: host.into(), is_temporary }
}

fn all(cases: &[(&str, LoggedError)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let read = first(text);
            (read.as_ref() != Some(expected)).then(|| format!("{text}\n   read as {read:?}\n   expected {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_denied_file_is_read() {
    all(&[
        ("open /data/state.db: permission denied", denied("/data/state.db")),
        (
            "Error: cannot open \"/data/state.db\"\n\nCaused by:\n    Permission denied (os error 13)",
            denied("/data/state.db"),
        ),
        (
            "Error: cannot open /data/state.db\n\nCaused by:\n    0: open\n    1: Permission denied (os error 13)",
            denied("/data/state.db"),
        ),
        ("PermissionError: [Errno 13] Permission denied: '/data/state.db'", denied("/data/state.db")),
        (
            "  File \"/app/main.py\", line 3, in <module>\nPermissionError: [Errno 13] Permission denied: '/data/x'",
            denied("/data/x"),
        ),
        (
            "Error: EACCES: permission denied, open '/data/state.db'\n    at Object.openSync (node:fs:573:18)",
            denied("/data/state.db"),
        ),
        ("java.io.FileNotFoundException: /data/state.db (Permission denied)", denied("/data/state.db")),
        ("Caused by: java.nio.file.AccessDeniedException: /data/state.db", denied("/data/state.db")),
        (
            "/app/lib/x.rb:12:in `initialize': Permission denied @ rb_sysopen - /data/state.db (Errno::EACCES)",
            denied("/data/state.db"),
        ),
        ("nginx: [emerg] open() \"/var/cache/nginx/x\" failed (13: Permission denied)", denied("/var/cache/nginx/x")),
        ("touch: cannot touch '/data/x': Permission denied", denied("/data/x")),
        ("sh: can't create /data/x: Permission denied", denied("/data/x")),
        ("/entrypoint.sh: 12: /entrypoint.sh: cannot create /data/x: Permission denied", denied("/data/x")),
        ("dial unix /var/run/docker.sock: connect: permission denied", denied("/var/run/docker.sock")),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            denied("/var/run/docker.sock"),
        ),
        ("2026-11-30T11:58:24Z ERROR open /data/x: permission denied", denied("/data/x")),
        (
            "fork/exec /scripts/run.sh: permission denied\nexec /scripts/run.sh: permission denied",
            LoggedError::PermissionDenied { path: "/scripts/run.sh".into(), executes: true },
        ),
    ]);
}

#[test]
fn a_read_only_file_system_is_read() {
    all(&[
        ("level=error err=\"open /var/log/.p.tmp: read-only file system\"", read_only("/var/log/.p.tmp", false)),
        (
            "panic: mkdir /etc/agent-state: read-only file system\n\ngoroutine 1:\n\t/src/agent/x.go:41 +0x1d4",
            read_only("/etc/agent-state", true),
        ),
        (
            "mkdir: can't create directory '/var/log/rotated': Read-only file system",
            read_only("/var/log/rotated", true),
        ),
        (
            "    os.makedirs(path)\n  File \"<frozen os>\", line 225, in makedirs\nOSError: [Errno 30] Read-only file system: '/var/cache/c'",
            read_only("/var/cache/c", true),
        ),
        ("Error: EROFS: read-only file system, mkdir '/app/tmp'", read_only("/app/tmp", true)),
        ("java.nio.file.FileSystemException: /opt/x/a.log: Read-only file system", read_only("/opt/x/a.log", false)),
        (
            "thread 'main' panicked at src/main.rs:4:5: /opt/x: Os { code: 30, kind: ReadOnlyFilesystem, message: \"Read-only file system\" }",
            read_only("/opt/x", false),
        ),
        (
            "sysctl: setting key \"vm.max_map_count\": Read-only file system",
            read_only("/proc/sys/vm/max_map_count", false),
        ),
        (
            "sysctl: error setting key 'net.core.somaxconn': Read-only file system",
            read_only("/proc/sys/net/core/somaxconn", false),
        ),
    ]);
}

#[test]
fn a_denied_call_names_its_capability() {
    let cases: &[(&str, &[&str])] = &[
        ("RTNETLINK answers: Operation not permitted", &["NET_ADMIN"]),
        (
            "iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)",
            &["NET_ADMIN"],
        ),
        ("can't initialize iptables table `filter': Permission denied (you must be root)", &["NET_ADMIN"]),
        ("open /dev/net/tun: operation not permitted", &["NET_ADMIN"]),
        ("strace: attach: ptrace(PTRACE_SEIZE, 4142): Operation not permitted", &["SYS_PTRACE"]),
        ("readlink /proc/1/exe: permission denied", &["SYS_PTRACE"]),
        ("error=\"listen ip4:icmp 0.0.0.0: socket: operation not permitted\"", &["NET_RAW"]),
        ("ping: socket: Operation not permitted", &["NET_RAW"]),
        (
            "tcpdump: eth0: You don't have permission to capture on that device\n(socket: Operation not permitted)",
            &["NET_RAW"],
        ),
        ("Fatal error : adjtimex(0x8001) failed : Operation not permitted", &["SYS_TIME"]),
        ("date: cannot set date: Operation not permitted", &["SYS_TIME"]),
        ("modprobe: ERROR: could not insert 'wireguard': Operation not permitted", &["SYS_MODULE"]),
        ("chown: changing ownership of '/var/lib/x': Operation not permitted", &["CHOWN"]),
        ("chown /data: operation not permitted", &["CHOWN"]),
        ("chmod /data: operation not permitted", &["FOWNER"]),
        ("error: failed switching to \"agent\": operation not permitted", &["SETUID", "SETGID"]),
        ("setgid(101) failed (1: Operation not permitted)", &["SETGID"]),
        ("setpriv: setresuid failed: Operation not permitted", &["SETUID", "SETGID"]),
        ("mount: /sys/fs/bpf: permission denied.", &["SYS_ADMIN"]),
        ("unshare: unshare failed: Operation not permitted", &["SYS_ADMIN"]),
        ("nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted", &["SYS_ADMIN"]),
        ("nsenter: cannot open /proc/1/ns/ipc: Permission denied", &["SYS_PTRACE"]),
        ("failed to load program: operation not permitted: bpf(BPF_PROG_LOAD)", &["BPF"]),
        ("perf_event_open: Permission denied", &["PERFMON"]),
        ("remove memlock: failed to set memlock rlimit: operation not permitted", &["SYS_RESOURCE"]),
        (
            "    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)\nPermissionError: [Errno 1] Operation not permitted",
            &["NET_RAW"],
        ),
        (
            "  File \"/app/x.py\", line 3, in f\n    os.chown(path, 0, 0)\nPermissionError: [Errno 1] Operation not permitted: '/data'",
            &["CHOWN"],
        ),
        ("Error: EPERM: operation not permitted, chown '/data'", &["CHOWN"]),
        ("Error: cannot create raw socket\n\nCaused by:\n    Operation not permitted (os error 1)", &["NET_RAW"]),
        ("mlockall: Operation not permitted", &["IPC_LOCK"]),
        ("open /dev/kmsg: operation not permitted", &["SYSLOG"]),
    ];
    let read = |text: &str| match first(text) {
        Some(LoggedError::CallDenied { call }) => call.capabilities().to_vec(),
        _ => Vec::new(),
    };
    let wrong: Vec<_> =
        cases.iter().filter(|(text, expected)| read(text) != *expected).map(|(text, _)| (text, first(text))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(first("worker: operation not permitted"), None, "the call is not known");
}

#[test]
fn a_port_is_read() {
    let used = |port| LoggedError::AddressInUse { port: Some(port) };
    let denied = |port| LoggedError::BindDenied { port: Some(port) };
    all(&[
        ("listen tcp :8080: bind: address already in use", used(8080)),
        ("2026/11/30 11:58:24 listen tcp 0.0.0.0:9100: bind: address already in use", used(9100)),
        ("Error: listen EADDRINUSE: address already in use :::9100\n  port: 9100", used(9100)),
        (
            "OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 9100): address already in use",
            used(9100),
        ),
        ("[ERROR] Connection in use: ('0.0.0.0', 9100)", used(9100)),
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", used(80)),
        ("nginx: [emerg] bind() to [::]:80 failed (98: Address in use)", used(80)),
        ("Web server failed to start. Port 8080 was already in use.", used(8080)),
        ("(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:8081", used(8081)),
        ("cannot bind socket (Address already in use) [0.0.0.0:8404]", used(8404)),
        ("Could not create server TCP listening socket *:6379: bind: Address already in use", used(6379)),
        ("Error: failed to bind 127.0.0.1:2020\n\nCaused by:\n    Address already in use (os error 98)", used(2020)),
        ("nginx: [emerg] bind() to 0.0.0.0:443 failed (13: Permission denied)", denied(443)),
        ("listen tcp :80: bind: permission denied", denied(80)),
        ("Error: listen EACCES: permission denied 0.0.0.0:80", denied(80)),
        (
            "    self.socket.bind(self.server_address)\nPermissionError: [Errno 13] Permission denied",
            LoggedError::BindDenied { port: None },
        ),
    ]);
}

#[test]
fn full_and_used_up_things_are_read() {
    let full = |path: &str| LoggedError::NoSpaceLeft { path: path.into() };
    all(&[
        ("write /mnt/a/x.zst: no space left on device", full("/mnt/a/x.zst")),
        ("OSError: [Errno 28] No space left on device: '/var/spool/x'", full("/var/spool/x")),
        ("Error: ENOSPC: no space left on device, write '/tmp/x'", full("/tmp/x")),
        (
            "Error: ENOSPC: System limit for number of file watchers reached, watch '/var/log'",
            LoggedError::InotifyWatches,
        ),
        ("inotify_add_watch(/var/log/x): No space left on device", LoggedError::InotifyWatches),
        (
            "[/src/fluent-bit/plugins/in_tail/tail_fs_inotify.c:360 errno=24] Too many open files",
            LoggedError::InotifyInstances,
        ),
        ("failed to create fsnotify watcher: too many open files", LoggedError::InotifyInstances),
        ("accept tcp [::]:8080: accept4: too many open files", LoggedError::TooManyOpenFiles),
    ]);
}

#[test]
fn limits_of_the_process_are_read() {
    all(&[
        ("sh: can't fork: Resource temporarily unavailable", LoggedError::TooManyProcesses),
        ("runtime: failed to create new OS thread (have 12 already; errno=11)", LoggedError::TooManyProcesses),
        ("java.lang.OutOfMemoryError: unable to create native thread", LoggedError::TooManyProcesses),
        ("Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space", LoggedError::HeapIsFull),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", LoggedError::HeapIsFull),
    ]);
}

#[test]
fn an_unknown_flag_is_read() {
    let unknown = |flag: &str| LoggedError::UnknownFlag { flag: flag.into() };
    all(&[
        ("Error: unknown flag: --enable-x", unknown("enable-x")),
        ("flag provided but not defined: -enable-x\nUsage of agent:", unknown("enable-x")),
        ("agent: unrecognized option '--enable-x=true'", unknown("enable-x")),
        ("usage: agent\nagent: error: unrecognized arguments: --enable-x", unknown("enable-x")),
        ("error: unexpected argument '--enable-x' found", unknown("enable-x")),
        ("agent: error: unknown long flag '--enable-x', try --help", unknown("enable-x")),
    ]);
}

#[test]
fn a_missing_file_is_read() {
    all(&[
        ("dial unix /run/x/agent.sock: connect: no such file or directory", no_file("/run/x/agent.sock")),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/etc/x/a.yaml'", no_file("/etc/x/a.yaml")),
        ("Error: ENOENT: no such file or directory, open '/etc/x/a.yaml'", no_file("/etc/x/a.yaml")),
        ("java.nio.file.NoSuchFileException: /etc/x/a.yaml", no_file("/etc/x/a.yaml")),
        ("cat: can't open '/etc/x/a.yaml': No such file or directory", no_file("/etc/x/a.yaml")),
        (
            "error=\"connection error: desc = \\\"transport: Error while dialing: dial unix /api/agent.sock: connect: no such file or directory\\\"\"",
            no_file("/api/agent.sock"),
        ),
        (
            "dial unix /run/a.sock: connect: connection refused",
            LoggedError::SocketRefused { path: "/run/a.sock".into() },
        ),
    ]);
}

#[test]
fn an_unknown_host_is_read() {
    all(&[
        (
            "dial tcp: lookup elastic.logging.svc on 10.96.0.10:53: no such host",
            unresolved("elastic.logging.svc", false),
        ),
        (
            "dial tcp: lookup elastic on 10.96.0.10:53: read udp 10.0.0.1:3->10.96.0.10:53: i/o timeout",
            unresolved("elastic", true),
        ),
        (
            "NameResolutionError(<urllib3.connection.HTTPConnection object at 0x7f>: Failed to resolve 'elastic.logging.svc' ([Errno -2] Name or service not known))",
            unresolved("elastic.logging.svc", false),
        ),
        (
            "HTTPConnectionPool(host='elastic', port=9200): Max retries: [Errno -3] Temporary failure in name resolution",
            unresolved("elastic", true),
        ),
        ("Error: getaddrinfo ENOTFOUND elastic.logging.svc", unresolved("elastic.logging.svc", false)),
        ("Error: getaddrinfo EAI_AGAIN elastic.logging.svc:9200", unresolved("elastic.logging.svc", true)),
        (
            "java.net.UnknownHostException: elastic.logging.svc: Name or service not known",
            unresolved("elastic.logging.svc", false),
        ),
        (
            "error sending request for url (http://elastic.logging.svc:9200/)\n\nCaused by:\n    failed to lookup address information: Name or service not known",
            unresolved("elastic.logging.svc", false),
        ),
        (
            "Failed to open TCP connection to elastic.logging.svc:9200 (getaddrinfo: Name or service not known)",
            unresolved("elastic.logging.svc", false),
        ),
        ("curl: (6) Could not resolve host: elastic.logging.svc", unresolved("elastic.logging.svc", false)),
        ("wget: bad address 'elastic.logging.svc:9200'", unresolved("elastic.logging.svc", false)),
        ("ping: elastic.logging.svc: Name or service not known", unresolved("elastic.logging.svc", false)),
        (
            "nginx: [emerg] host not found in upstream \"elastic.logging.svc\" in /etc/nginx/conf.d/a.conf:12",
            unresolved("elastic.logging.svc", false),
        ),
        (
            "could not translate host name \"db.shop.svc\" to address: Name or service not known",
            unresolved("db.shop.svc", false),
        ),
        (
            "[error] [net] getaddrinfo(host='elastic.logging.svc', err=4): Domain name not found",
            unresolved("elastic.logging.svc", false),
        ),
    ]);
}

#[test]
fn what_the_api_server_forbids_is_read() {
    let forbidden = |user: &str, verb: &str, resource: &str, group: &str, namespace: Option<&str>| {
        LoggedError::Forbidden(Forbidden {
            user: format!("system:serviceaccount:{user}"),
            verb: verb.into(),
            resource: resource.into(),
            group: group.into(),
            namespace: namespace.map(Into::into),
            name: None,
            missing_role: None,
        })
    };
    let of = |name: &str, error: LoggedError| match error {
        LoggedError::Forbidden(forbidden) => LoggedError::Forbidden(Forbidden { name: Some(name.into()), ..forbidden }),
        other => other,
    };
    let without_role = |kind: RoleKind, role: &str, error: LoggedError| match error {
        LoggedError::Forbidden(forbidden) => {
            LoggedError::Forbidden(Forbidden { missing_role: Some((kind, role.into())), ..forbidden })
        }
        other => other,
    };
    all(&[
        (
            "Error: forbidden: User \"system:serviceaccount:a:b\" cannot get path \"/metrics/cadvisor\"",
            forbidden("a:b", "get", "/metrics/cadvisor", "", None),
        ),
        (
            "nodes \"n1\" is forbidden: User \"system:serviceaccount:a:b\" cannot patch resource \"nodes/status\" in API group \"\" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io \"agent:node\" not found",
            of(
                "n1",
                without_role(RoleKind::ClusterRole, "agent:node", forbidden("a:b", "patch", "nodes/status", "", None)),
            ),
        ),
        (
            "pods is forbidden: User \"system:serviceaccount:a:b\" cannot list resource \"pods\" in API group \"\" in the namespace \"a\": RBAC: [role.rbac.authorization.k8s.io \"x\" not found, role.rbac.authorization.k8s.io \"y\" not found]",
            without_role(RoleKind::Role, "x", forbidden("a:b", "list", "pods", "", Some("a"))),
        ),
        (
            "E1130 11:58:24.204117 1 reflector.go:204] \"Failed to watch\" err=\"failed to list *v1.Node: nodes is forbidden: User \\\"system:serviceaccount:logging:collector\\\" cannot list resource \\\"nodes\\\" in API group \\\"\\\" at the cluster scope\" type=\"*v1.Node\"",
            forbidden("logging:collector", "list", "nodes", "", None),
        ),
        (
            "panic: leases.coordination.k8s.io \"x\" is forbidden: User \"system:serviceaccount:a:b\" cannot get resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"kube-system\"",
            of("x", forbidden("a:b", "get", "leases", "coordination.k8s.io", Some("kube-system"))),
        ),
        (
            "HTTP response body: {\"message\":\"pods is forbidden: User \\\"system:serviceaccount:a:b\\\" cannot watch resource \\\"pods/log\\\" in API group \\\"\\\" in the namespace \\\"a\\\"\"}",
            forbidden("a:b", "watch", "pods/log", "", Some("a")),
        ),
        (
            "endpoints is forbidden: User \"system:serviceaccount:a:b\" cannot list endpoints in the namespace \"a\"",
            forbidden("a:b", "list", "endpoints", "", Some("a")),
        ),
    ]);
}

#[test]
fn a_missing_variable_is_read() {
    let missing = |name: &str| LoggedError::MissingVariable { name: name.into() };
    all(&[
        (
            "    throw new Error(`Missing required environment variable: ${name}`);\nError: Missing required environment variable: ES_PASSWORD",
            missing("ES_PASSWORD"),
        ),
        (
            "    cluster = os.environ[\"CLUSTER_NAME\"]\n  File \"<frozen os>\", line 685, in __getitem__\nKeyError: 'CLUSTER_NAME'",
            missing("CLUSTER_NAME"),
        ),
        ("/entrypoint.sh: line 3: NODE_NAME: unbound variable", missing("NODE_NAME")),
        ("/entrypoint.sh: 3: NODE_NAME: parameter not set", missing("NODE_NAME")),
        ("FATAL: NODE_NAME must be set", missing("NODE_NAME")),
        ("level=fatal msg=\"POD_IP must be set\"", missing("POD_IP")),
        ("env: required environment variable \"API_TOKEN\" is not set", missing("API_TOKEN")),
        ("required key API_TOKEN missing value", missing("API_TOKEN")),
        ("app.rb:3:in `fetch': key not found: \"API_TOKEN\" (KeyError)", missing("API_TOKEN")),
        ("Could not resolve placeholder 'API_TOKEN' in value \"${API_TOKEN}\"", missing("API_TOKEN")),
        ("level=fatal msg=\"environment variable HOSTNAME is required\"", missing("HOSTNAME")),
    ]);
}

#[test]
fn a_file_that_cannot_be_parsed_is_read() {
    let config = |path: &str, line| LoggedError::ConfigFile { path: Some(path.into()), line };
    all(&[
        (
            "level=error msg=\"Error loading config (--config.file=/etc/s/s.yaml)\" file=/etc/s/s.yaml err=\"parsing YAML file /etc/s/s.yaml: yaml: line 14: mapping values are not allowed in this context\"",
            config("/etc/s/s.yaml", Some(14)),
        ),
        (
            "yaml.scanner.ScannerError: mapping values are not allowed here\n  in \"/etc/s/s.yaml\", line 14, column 9",
            config("/etc/s/s.yaml", Some(14)),
        ),
        (
            "nginx: [emerg] unknown directive \"liste\" in /etc/nginx/nginx.conf:14",
            config("/etc/nginx/nginx.conf", Some(14)),
        ),
        (
            "2026/11/30 11:58:24 [emerg] 1#1: unexpected \"}\" in /etc/nginx/conf.d/a.conf:7",
            config("/etc/nginx/conf.d/a.conf", Some(7)),
        ),
        (
            "Error loading config file /etc/telegraf/telegraf.conf: line 3: invalid TOML syntax: parse error",
            config("/etc/telegraf/telegraf.conf", Some(3)),
        ),
        (
            "[error] [config] error in /fluent-bit/etc/fluent-bit.conf:14: undefined value",
            config("/fluent-bit/etc/fluent-bit.conf", Some(14)),
        ),
        (
            "failed to parse /etc/a.json: invalid character '}' looking for beginning of object key string",
            config("/etc/a.json", None),
        ),
    ]);
}

#[test]
fn the_error_that_ended_the_program_comes_first() {
    let text = "level=warn msg=\"open /etc/optional.yaml: no such file or directory\"\nlevel=error err=\"open /data/x: permission denied\"\n";
    assert_eq!(first(text), Some(denied("/data/x")));
    let text = "level=error err=\"open /a: permission denied\"\nlevel=error err=\"open /b: permission denied\"";
    let paths: Vec<LoggedError> = errors(text).into_iter().map(|logged| logged.error).collect();
    assert_eq!(paths, [denied("/b"), denied("/a")]);
    assert_eq!(errors("all is well\n"), []);
}

#[test]
fn a_line_is_quoted_with_what_it_continues() {
    let logged = &errors("Error: cannot open \"/data/x\"\n\nCaused by:\n    Permission denied (os error 13)")[0];
    assert_eq!(logged.line, "Error: cannot open \"/data/x\" Permission denied (os error 13)");
}

#[test]
fn no_text_is_too_strange_to_be_read() {
    for text in [
        "",
        "/",
        "://",
        "permission denied",
        "é: permission denied: /é",
        &"/".repeat(9000),
        "unix:",
        "forbidden: User \"",
        "line",
        ":",
    ] {
        errors(text);
    }
}

#[test]
fn a_database_that_is_not_opened_is_read() {
    let database = |path: &str| LoggedError::NotCreated { path: path.to_owned(), is_directory: false };
    all(&[
        ("[2026/11/02 09:54:58] [error] [sqldb] cannot open database /var/log/tail.db", database("/var/log/tail.db")),
        ("could not open/create database '/data/tail/systemd.db'", database("/data/tail/systemd.db")),
        ("Error: unable to open database file: /data/state.sqlite", database("/data/state.sqlite")),
        // The error number says more.
        ("cannot open database /data/state.db: Read-only file system", read_only("/data/state.db", false)),
    ]);
    assert_eq!(errors("[error] cannot open database"), Vec::new());
}

#[test]
fn a_program_that_the_node_lacks_is_read() {
    let text = "failed to execute: nsenter [--mount=/host/proc/1/ns/mnt iscsiadm --version], stderr nsenter: failed to execute \
                iscsiadm: No such file or directory";
    assert_eq!(first(text), Some(LoggedError::NoProgram { name: "iscsiadm".to_owned(), is_of_node: true }));
    assert_eq!(first("failed to execute /opt/x/agent: No such file or directory"), Some(no_file("/opt/x/agent")));
}

#[test]
fn a_file_of_the_kernel_is_no_call() {
    let text = "could not start ebpf manager: open /sys/kernel/debug/tracing/kprobe_events: permission denied";
    assert_eq!(first(text), Some(denied("/sys/kernel/debug/tracing/kprobe_events")));
}

#[test]
fn a_file_with_other_modes_is_not_called_unparsed() {
    let text = "error loading config file: config file (\"/etc/filebeat.yml\") can only be writable by the owner but the \
                permissions are \"-rw-rw-r--\"";
    assert_eq!(first(text), None);
}

#[test]
fn what_the_api_server_does_not_know_is_read() {
    let no_kind = |name: &str, group: &str| LoggedError::NoSuchKind { name: name.into(), group: group.into() };
    let no_node = |name: &str| LoggedError::NoSuchNode { name: name.into() };
    all(&[
        ("no matches for kind \"Net\" in version \"net.example/v1\"", no_kind("Net", "net.example")),
        ("msg=\"no matches for kind \\\"Net\\\" in group \\\"net.example\\\"\"", no_kind("Net", "net.example")),
        ("the server could not find the requested resource (get nets.net.example)", no_kind("nets", "net.example")),
        ("the server could not find the requested resource (get nets.net.example n1)", no_kind("nets", "net.example")),
        (
            "customresourcedefinitions.apiextensions.k8s.io \"nets.net.example\" not found",
            no_kind("nets", "net.example"),
        ),
        ("failed to get node: nodes \"agent-x1\" not found", no_node("agent-x1")),
        ("unable to fetch node: node \"ip-10-0-0-1\" not found", no_node("ip-10-0-0-1")),
        ("the server has asked for the client to provide credentials (get pods)", LoggedError::Unauthorized),
        ("reflector.go: Failed to watch *v1.Pod: failed to list *v1.Pod: Unauthorized", LoggedError::Unauthorized),
        ("failed to acquire lease: node \"n1\" pod cidr not assigned", LoggedError::NoPodCidr),
    ]);
    // Kinds of built-in groups are there on every server; a registry or an index says Unauthorized, too.
    for text in [
        "the server could not find the requested resource (get nodes)",
        "no matches for kind \"CronJob\" in version \"batch/v1beta1\"",
        "GET https://search.example/_bulk: 401 Unauthorized",
        "nodes are ready",
    ] {
        assert_eq!(first(text), None, "{text}");
    }
}

#[test]
fn addresses_and_sockets_that_do_not_answer_are_read() {
    let no_address = |address: &str| LoggedError::AddressNotAvailable { address: address.into() };
    let unreachable = |address: &str| LoggedError::Unreachable { address: address.into(), port: 443 };
    let silent = || LoggedError::SocketSilent { path: "/csi/csi.sock".into() };
    all(&[
        ("listen tcp 10.0.0.7:9100: bind: cannot assign requested address", no_address("10.0.0.7")),
        ("Error: listen EADDRNOTAVAIL: address not available 10.0.0.7:80", no_address("10.0.0.7")),
        ("dial tcp 10.96.0.1:443: i/o timeout", unreachable("10.96.0.1")),
        ("dial tcp 100.64.0.1:443: connect: no route to host", unreachable("100.64.0.1")),
        ("Get \"https://172.20.0.1:443/version\": context deadline exceeded", unreachable("172.20.0.1")),
        ("Invalid endpoint https://10.96.0.1:443/api: Timed out connecting to server", unreachable("10.96.0.1")),
        (
            "W1130 11:57:50.000000 1 c.go:1] Still connecting to unix:///csi/csi.sock\n\
             E1130 11:57:59.000000 1 m.go:1] error connecting to CSI driver: context deadline exceeded",
            silent(),
        ),
        ("Still connecting to unix:///csi/csi.sock", silent()),
    ]);
    for text in [
        "dial tcp 203.0.113.9:443: i/o timeout",
        "dial tcp 10.0.0.5:9200: i/o timeout",
        "dial tcp 10.0.0.5:45678: connect: cannot assign requested address",
        "context deadline exceeded",
    ] {
        assert_eq!(first(text), None, "{text}");
    }
}

#[test]
fn what_has_no_error_number_is_read() {
    let not_created = |path: &str, is_directory: bool| LoggedError::NotCreated { path: path.into(), is_directory };
    let variable = || LoggedError::MissingVariable { name: "API_KEY".into() };
    all(&[
        ("attempt to write a readonly database: /data/x.db", not_created("/data/x.db", false)),
        (
            "FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp', '/app']",
            not_created("/tmp", true),
        ),
        (
            "listen tcp :9100: bind: Only one usage of each socket address (protocol/network address/port) is normally \
             permitted.",
            LoggedError::AddressInUse { port: Some(9100) },
        ),
        (
            "listen tcp :80: bind: An attempt was made to access a socket in a way forbidden by its access permissions.",
            LoggedError::BindDenied { port: Some(80) },
        ),
        ("HttpRequestException: No such host is known. (loki.obs.svc:3100)", unresolved("loki.obs.svc", false)),
        ("HttpRequestException: Name or service not known (loki.obs.svc:3100)", unresolved("loki.obs.svc", false)),
        ("  File \"<frozen os>\", line 685, in __getitem__\nKeyError: 'API_KEY'", variable()),
        ("called `Result::unwrap()` on an `Err` value: EnvVar(\"API_KEY\", NotPresent)", variable()),
        ("1 validation error for Settings\napi_key\n  Field required [type=missing, input_value={}]", variable()),
    ]);
}

#[test]
fn memory_that_is_not_there_is_read() {
    all(&[
        ("mmap: Cannot allocate memory", LoggedError::NoMemory),
        ("OSError: [Errno 12] Cannot allocate memory", LoggedError::NoMemory),
        ("  what():  std::bad_alloc", LoggedError::NoMemory),
        ("# There is insufficient memory for the Java Runtime Environment to continue.", LoggedError::NoMemory),
        ("fatal error: runtime: out of memory", LoggedError::NoMemory),
        ("Traceback (most recent call last):\nMemoryError", LoggedError::NoMemory),
        ("memory allocation of 8388608 bytes failed", LoggedError::NoMemory),
        ("java.lang.OutOfMemoryError: Java heap space", LoggedError::HeapIsFull),
    ]);
    assert_eq!(first("failed to create map: bpf map create: cannot allocate memory"), None);
}

#[test]
fn modules_and_driver_libraries_are_read() {
    let no_module = |module: &str| LoggedError::NoModule { module: module.into() };
    all(&[
        ("modprobe: FATAL: Module ip_tables not found in directory /lib/modules/6.8.0", no_module("ip_tables")),
        ("modprobe: module wireguard not found in modules.dep", no_module("wireguard")),
        (
            "libnvidia-ml.so.1: cannot open shared object file: No such file or directory",
            LoggedError::NoDriverLibrary { library: "libnvidia-ml.so" },
        ),
        (
            "failed to initialize NVML: ERROR_LIBRARY_NOT_FOUND",
            LoggedError::NoDriverLibrary { library: "libnvidia-ml.so" },
        ),
        (
            "error while loading shared libraries: libcuda.so.1: cannot open shared object file",
            LoggedError::NoDriverLibrary { library: "libcuda.so" },
        ),
    ]);
    assert_eq!(first("libsystemd.so.0: cannot open shared object file"), None);
}
