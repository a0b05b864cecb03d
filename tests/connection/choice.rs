//! Which server is asked, as whom and how: every connection flag and every rule of kubeconfigs, by the requests that
//! reach a server, held against the rules and against the real kubectl.

use std::path::Path;
use std::sync::Mutex;

use serde_json::json;

use crate::api::Api;
use crate::binaries::{Binaries, SWITCH};
use crate::program::{Home, PROGRAM, Ran, in_parallel};
use crate::proxy::Proxy;
use crate::server::{Authority, Server, Subject, json as answer};

/// Two servers of one authority, one of another, and the kubeconfigs that name them.
struct Scene {
    home: Home,
    servers: [Server; 3],
    /// Both carry to the first server: by `CONNECT`, by SOCKS 5.
    proxies: [Proxy; 2],
}

/// What a server saw of whoever asked for the DaemonSet `agent`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// `one`, `two`, or `other` for that of another authority.
    server: &'static str,
    path: String,
    authorization: Vec<String>,
    sni: Option<String>,
    client: Option<String>,
    /// Impersonation headers, sorted.
    impersonate: Vec<(String, String)>,
    gzip: bool,
    /// Through which proxy, where to, with which credentials.
    via: Option<String>,
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Subject(Seen),
    /// Nobody was asked: the exit code, and what is said.
    Refused(Option<i32>, String),
}

impl Scene {
    fn new() -> Self {
        let (ours, other) = (Authority::new(), Authority::new());
        let years = (2020, 2100);
        let here = ["127.0.0.1", "localhost"];
        let identities = [
            (&ours, ours.server(&[&here[..], &["one.internal"]].concat(), years)),
            (&ours, ours.server(&[&here[..], &["two.internal"]].concat(), years)),
            (&other, other.server(&here, years)),
        ];
        let servers = identities.map(|(authority, identity)| {
            let api = Api::new(Vec::new());
            Server::https(authority.serving(&identity), move |asked, _| agent(&api, asked))
        });
        let home = Home::new();
        let client = ours.client("jane");
        for (name, text) in [
            ("ca.pem", ours.pem()),
            ("other.pem", other.pem()),
            ("jane.crt", client.certificate),
            ("jane.key", client.key),
            ("broken.pem", "no certificate".to_owned()),
        ] {
            home.write(&format!("pki/{name}"), text);
        }
        home.write("token", "token-of-file\n");
        let proxies = [Proxy::http(servers[0].port), Proxy::socks5(servers[0].port)];
        let scene = Scene { home, servers, proxies };
        scene.home.write("config", scene.kubeconfig());
        scene
    }

    /// Every way to name a cluster and a user that a kubeconfig has. Paths are relative to it.
    fn kubeconfig(&self) -> String {
        let [one, two, other] = self.servers.each_ref().map(Server::url);
        let port = self.servers[0].port;
        let [http, socks5] = self.proxies.each_ref().map(|proxy| proxy.port);
        format!(
            "apiVersion: v1
kind: Config
current-context: one
contexts:
- {{name: one, context: {{cluster: one, user: one, namespace: logging}}}}
- {{name: two, context: {{cluster: two, user: two}}}}
- {{name: named, context: {{cluster: named, user: one}}}}
- {{name: sni, context: {{cluster: sni, user: one}}}}
- {{name: prefixed, context: {{cluster: prefixed, user: one}}}}
- {{name: careless, context: {{cluster: careless, user: one}}}}
- {{name: unpacked, context: {{cluster: unpacked, user: one}}}}
- {{name: untrusted, context: {{cluster: untrusted, user: one}}}}
- {{name: proxied, context: {{cluster: proxied, user: one}}}}
- {{name: socks, context: {{cluster: socks, user: one}}}}
- {{name: lost, context: {{cluster: none, user: one}}}}
- {{name: nobody, context: {{cluster: one, user: none}}}}
clusters:
- {{name: one, cluster: {{server: '{one}', certificate-authority: pki/ca.pem}}}}
- {{name: two, cluster: {{server: '{two}', certificate-authority: pki/ca.pem}}}}
- {{name: named, cluster: {{server: 'https://localhost:{port}', certificate-authority: pki/ca.pem}}}}
- {{name: sni, cluster: {{server: '{one}', certificate-authority: pki/ca.pem, tls-server-name: one.internal}}}}
- {{name: prefixed, cluster: {{server: '{one}/k8s/clusters/c-1', certificate-authority: pki/ca.pem}}}}
- {{name: careless, cluster: {{server: '{other}', insecure-skip-tls-verify: true}}}}
- {{name: unpacked, cluster: {{server: '{one}', certificate-authority: pki/ca.pem, disable-compression: true}}}}
- name: proxied
  cluster: {{server: '{one}', certificate-authority: pki/ca.pem, proxy-url: 'http://bob:secret@127.0.0.1:{http}'}}
- name: socks
  cluster: {{server: 'https://one.internal:6443', certificate-authority: pki/ca.pem,
            proxy-url: 'socks5://127.0.0.1:{socks5}'}}
- {{name: untrusted, cluster: {{server: '{other}', certificate-authority: pki/ca.pem}}}}
users:
- {{name: one, user: {{token: token-one}}}}
- {{name: two, user: {{token: token-two}}}}
- {{name: cert, user: {{client-certificate: pki/jane.crt, client-key: pki/jane.key}}}}
- {{name: both, user: {{token: token-both, client-certificate: pki/jane.crt, client-key: pki/jane.key}}}}
- {{name: basic, user: {{username: jane, password: secret}}}}
- {{name: file, user: {{tokenFile: token}}}}
- {{name: files, user: {{token: token-inline, tokenFile: token}}}}
- {{name: acting, user: {{token: token-one, as: boss, as-uid: '7', as-groups: [g1, g2], as-user-extra: {{scopes: [a, b]}}}}}}
- name: plugin
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}}
- name: plugin-cert
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./login-cert, interactiveMode: IfAvailable}}
- name: plugin-beta
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1beta1, command: ./login-beta}}
- name: missing
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: no-such-login, interactiveMode: Never,
           installHint: get it from example.com}}
- name: failing
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./fails, interactiveMode: Never}}
- name: modeless
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./login}}
- name: asking
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Always}}
"
        )
    }

    /// What whoever runs this command asks a server for, or why not.
    fn outcome(&self, mut command: std::process::Command) -> Outcome {
        let before = self.servers.each_ref().map(|server| server.asked().len());
        let carried = self.proxies.each_ref().map(|proxy| proxy.seen().len());
        let ran = Ran::of(&mut command);
        for ((server, before), name) in self.servers.iter().zip(before).zip(["one", "two", "other"]) {
            if let Some(asked) = server.asked()[before..].iter().find(|a| a.path().ends_with("/daemonsets/agent")) {
                let tunnels = self.proxies.iter().zip(carried);
                let via = tunnels.filter_map(|(proxy, before)| proxy.seen().get(before).cloned()).next();
                return Outcome::Subject(seen(name, asked, via));
            }
        }
        Outcome::Refused(ran.code(), ran.stderr)
    }

    fn command(&self, program: &std::path::Path, case: &Case, args: &[&str]) -> std::process::Command {
        let mut command = match case.pod {
            false => self.home.command(program),
            true => {
                let mut command = self.home.command("/usr/bin/unshare");
                command.args(["--map-root-user", "--mount", "sh", "-c", IN_A_POD, "sh"]).arg(program);
                command
            }
        };
        // kubectl keeps what it discovers; each case is to discover for itself.
        let cache = self.home.path("cache");
        drop(std::fs::remove_dir_all(&cache));
        command.env("KUBECONFIG", self.home.path("config")).env("KUBECACHEDIR", cache);
        for (name, value) in &case.environment {
            let value = self.fill(value);
            if value == "-" {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        command.args(args.iter().map(|word| self.fill(word)));
        command
    }

    /// `ONE`, `TWO`, `OTHER` are the servers' URLs, `PROXY` and `SOCKS` the addresses of the proxies, `HOME/` the folder.
    fn fill(&self, text: &str) -> String {
        let [one, two, other] = self.servers.each_ref().map(Server::url);
        let home = self.home.path("").display().to_string();
        text.replace("PORT-OF-ONE", &self.servers[0].port.to_string())
            .replace("ONE", &one)
            .replace("TWO", &two)
            .replace("OTHER", &other)
            .replace("PROXY", &format!("127.0.0.1:{}", self.proxies[0].port))
            .replace("SOCKS", &format!("127.0.0.1:{}", self.proxies[1].port))
            .replace("HOME/", &home)
    }
}

/// Puts a ServiceAccount where kubelets mount it, for this process alone, and runs the rest.
const IN_A_POD: &str = "mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && \
    cp -r $HOME/account /run/secrets/kubernetes.io/serviceaccount && exec \"$@\"";

/// Whether this machine lets a test have mounts of its own.
fn pods_are_possible() -> bool {
    let mut command = std::process::Command::new("/usr/bin/unshare");
    let tried = command.args(["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /run"]).output();
    tried.is_ok_and(|output| output.status.success()) && std::path::Path::new("/var/run").is_symlink()
}

/// The DaemonSet `agent` is in every namespace, and under a prefix too.
fn agent(api: &Api, asked: &Subject) -> crate::server::Reply {
    let path = asked.path().strip_prefix("/k8s/clusters/c-1").unwrap_or(asked.path());
    if let Some(rest) = path.strip_prefix("/apis/apps/v1/namespaces/")
        && let Some(namespace) = rest.strip_suffix("/daemonsets/agent")
    {
        return answer(
            200,
            &json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": namespace,
                "uid": "u1", "generation": 1}, "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {
                "metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
                "status": {"observedGeneration": 1}}),
        );
    }
    api.answer(&Subject { target: path.to_owned(), ..asked.clone() })
}

fn seen(server: &'static str, asked: &Subject, via: Option<String>) -> Seen {
    let mut impersonate: Vec<(String, String)> =
        asked.headers.iter().filter(|(name, _)| name.starts_with("impersonate-")).cloned().collect();
    impersonate.sort();
    Seen {
        server,
        path: asked.path().to_owned(),
        authorization: asked.header("authorization").into_iter().map(str::to_owned).collect(),
        sni: asked.sni.clone(),
        client: asked.client.clone(),
        impersonate,
        gzip: asked.header("accept-encoding").iter().any(|value| value.contains("gzip")),
        // Its own port is another each time.
        via: via.map(|via| match asked.header("host").concat() {
            host if host.starts_with("127.") => via.replace(&host, "ADDRESS"),
            _ => via,
        }),
    }
}

/// One way to ask.
struct Case {
    flags: Vec<&'static str>,
    environment: Vec<(&'static str, &'static str)>,
    expected: Expected,
    /// Why kubectl cannot be compared here.
    alone: Option<&'static str>,
    /// It runs where a pod's own account is.
    pod: bool,
}

/// What must come of it.
enum Expected {
    Subject(Seen),
    /// The exit code is 1, and standard error begins with `error: ` and this. Where kubectl says it in other words,
    /// its words follow.
    Refused(&'static str, Option<&'static str>),
}

const ASKS: &str = "kubectl asks a person for a name and a password";

fn usual() -> Seen {
    Seen {
        server: "one",
        path: "/apis/apps/v1/namespaces/logging/daemonsets/agent".to_owned(),
        authorization: vec!["Bearer token-one".to_owned()],
        sni: None,
        client: None,
        impersonate: Vec::new(),
        gzip: true,
        via: None,
    }
}

fn asked(line: &'static str, change: impl Fn(&mut Seen)) -> Case {
    let mut seen = usual();
    change(&mut seen);
    Case {
        flags: line.split_whitespace().collect(),
        environment: Vec::new(),
        expected: Expected::Subject(seen),
        alone: None,
        pod: false,
    }
}

fn refused(line: &'static str, why: &'static str, kubectl: Option<&'static str>) -> Case {
    Case {
        flags: line.split_whitespace().collect(),
        environment: Vec::new(),
        expected: Expected::Refused(why, kubectl),
        alone: None,
        pod: false,
    }
}

impl Case {
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    fn told(&self) -> String {
        let environment: Vec<String> = self.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {}", environment.join(" "), self.flags.join(" "))
    }
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn namespace(seen: &mut Seen, namespace: &str) {
    seen.path = format!("/apis/apps/v1/namespaces/{namespace}/daemonsets/agent");
}

fn bearer(seen: &mut Seen, token: &str) {
    seen.authorization = vec![format!("Bearer {token}")];
}

/// Every flag of kubectl's, alone and where two meet.
fn flags() -> Vec<Case> {
    vec![
        asked("", |_| {}),
        asked("--context two", |s| {
            s.server = "two";
            namespace(s, "default");
            bearer(s, "token-two");
        }),
        asked("--context=two -n x", |s| {
            s.server = "two";
            namespace(s, "x");
            bearer(s, "token-two");
        }),
        asked("--cluster two", |s| s.server = "two"),
        asked("--user two", |s| bearer(s, "token-two")),
        asked("--context two --cluster one --user one", |s| namespace(s, "default")),
        asked("-n other", |s| namespace(s, "other")),
        asked("-nother", |s| namespace(s, "other")),
        asked("-n=other", |s| namespace(s, "other")),
        asked("--namespace other", |s| namespace(s, "other")),
        asked("--namespace=other", |s| namespace(s, "other")),
        asked("--server TWO", |s| s.server = "two"),
        asked("-s TWO", |s| s.server = "two"),
        asked("-s TWO/k8s/clusters/c-1", |s| {
            s.server = "two";
            s.path.insert_str(0, "/k8s/clusters/c-1");
        }),
        asked("--context prefixed", |s| {
            namespace(s, "default");
            s.path.insert_str(0, "/k8s/clusters/c-1");
        }),
        asked("--context named", |s| {
            namespace(s, "default");
            s.sni = Some("localhost".to_owned());
        }),
        asked("--context sni", |s| {
            namespace(s, "default");
            s.sni = Some("one.internal".to_owned());
        }),
        asked("--tls-server-name one.internal", |s| s.sni = Some("one.internal".to_owned())),
        // Another server does not inherit the name.
        asked("--context sni -s TWO", |s| {
            s.server = "two";
            namespace(s, "default");
        }),
        asked("--context sni -s TWO --tls-server-name two.internal", |s| {
            s.server = "two";
            namespace(s, "default");
            s.sni = Some("two.internal".to_owned());
        }),
        asked("--context careless", |s| {
            s.server = "other";
            namespace(s, "default");
        }),
        asked("--context untrusted --insecure-skip-tls-verify", |s| {
            s.server = "other";
            namespace(s, "default");
        }),
        asked("--context untrusted --insecure-skip-tls-verify=true", |s| {
            s.server = "other";
            namespace(s, "default");
        }),
        asked("--context untrusted --certificate-authority HOME/pki/other.pem", |s| {
            s.server = "other";
            namespace(s, "default");
        }),
        asked("--context careless --certificate-authority HOME/pki/other.pem", |s| {
            s.server = "other";
            namespace(s, "default");
        }),
        asked("--user cert", |s| {
            s.authorization.clear();
            s.client = Some("jane".to_owned());
        }),
        asked("--user both", |s| {
            bearer(s, "token-both");
            s.client = Some("jane".to_owned());
        }),
        asked("--client-certificate HOME/pki/jane.crt --client-key HOME/pki/jane.key", |s| {
            s.client = Some("jane".to_owned());
        }),
        asked("--user basic", |s| s.authorization = vec!["Basic amFuZTpzZWNyZXQ=".to_owned()]),
        asked("--user file", |s| bearer(s, "token-of-file")),
        asked("--user files", |s| bearer(s, "token-of-file")),
        asked("--token given", |s| bearer(s, "given")),
        Case {
            alone: Some("kubectl sends the file's token, although another was given"),
            ..asked("--user file --token given", |s| bearer(s, "given"))
        },
        asked("--user cert --token given", |s| {
            bearer(s, "given");
            s.client = Some("jane".to_owned());
        }),
        refused("--user basic --token given", "more than one authentication method found for basic", None),
        asked("--user plugin --token given", |s| bearer(s, "given")),
        asked("--user plugin", |s| bearer(s, "token-of-plugin")),
        asked("--user plugin-beta", |s| bearer(s, "token-of-plugin")),
        asked("--user plugin-cert", |s| {
            s.authorization.clear();
            s.client = Some("jane".to_owned());
        }),
        Case {
            alone: Some(ASKS),
            ..asked("--context nobody", |s| {
                namespace(s, "default");
                s.authorization.clear();
            })
        },
        asked("--as boss", |s| s.impersonate = pairs(&[("impersonate-user", "boss")])),
        asked("--as boss --as-uid 7 --as-group g1 --as-group=g2", |s| {
            s.impersonate = pairs(&[
                ("impersonate-group", "g1"),
                ("impersonate-group", "g2"),
                ("impersonate-uid", "7"),
                ("impersonate-user", "boss"),
            ]);
        }),
        asked("--as boss --as-user-extra scopes=a --as-user-extra scopes=b --as-user-extra x=y=z", |s| {
            s.impersonate = pairs(&[
                ("impersonate-extra-scopes", "a"),
                ("impersonate-extra-scopes", "b"),
                ("impersonate-extra-x", "y=z"),
                ("impersonate-user", "boss"),
            ]);
        }),
        asked("--user acting", |s| {
            s.impersonate = pairs(&[
                ("impersonate-extra-scopes", "a"),
                ("impersonate-extra-scopes", "b"),
                ("impersonate-group", "g1"),
                ("impersonate-group", "g2"),
                ("impersonate-uid", "7"),
                ("impersonate-user", "boss"),
            ]);
        }),
        asked("--disable-compression", |s| s.gzip = false),
        asked("--disable-compression=false", |_| {}),
        asked("--context unpacked", |s| {
            namespace(s, "default");
            s.gzip = false;
        }),
        asked("--request-timeout 30s", |_| {}),
        asked("--request-timeout=30", |_| {}),
        asked("--request-timeout 0", |_| {}),
        asked("--cache-dir HOME/elsewhere", |_| {}),
        asked("--kubeconfig HOME/config", |_| {}).with("KUBECONFIG", "HOME/none"),
        asked("--kubeconfig=HOME/config --context two", |s| {
            s.server = "two";
            namespace(s, "default");
            bearer(s, "token-two");
        })
        .with("KUBECONFIG", "-"),
    ]
}

/// Where the kubeconfig comes from, and what may be wrong with it.
fn kubeconfigs() -> Vec<Case> {
    let two = |s: &mut Seen| {
        s.server = "two";
        namespace(s, "default");
        bearer(s, "token-two");
    };
    vec![
        // Who names something first defines it.
        asked("", two).with("KUBECONFIG", "HOME/current-two:HOME/config"),
        asked("", |_| {}).with("KUBECONFIG", "HOME/config:HOME/current-two"),
        asked("", |s| bearer(s, "token-of-override")).with("KUBECONFIG", "HOME/override:HOME/config"),
        asked("", |_| {}).with("KUBECONFIG", "HOME/config:HOME/override"),
        // Missing files and empty entries are passed over, empty files define nothing.
        asked("", |_| {}).with("KUBECONFIG", "HOME/none:HOME/config"),
        asked("", |_| {}).with("KUBECONFIG", ":HOME/config::"),
        asked("", |_| {}).with("KUBECONFIG", "HOME/empty:HOME/config:HOME/config"),
        // Paths are relative to the file that names them.
        asked("--context far", |s| {
            namespace(s, "default");
            s.authorization.clear();
            s.client = Some("jane".to_owned());
        })
        .with("KUBECONFIG", "HOME/config:HOME/far/config"),
        asked("--context far --user far-plugin", |s| {
            namespace(s, "default");
            bearer(s, "token-of-plugin");
        })
        .with("KUBECONFIG", "HOME/config:HOME/far/config"),
        asked("", |s| namespace(s, "of-home")).with("KUBECONFIG", "-"),
        asked("", |s| namespace(s, "of-home")).with("KUBECONFIG", ""),
        // These are kube's own, and would send a token elsewhere.
        asked("", |_| {}).with("KUBE_RS_DEBUG_OVERRIDE_URL", "OTHER").with("KUBE_RS_DEBUG_IMPERSONATE_USER", "x"),
        asked("", |_| {}).with("POD_NAMESPACE", "pod"),
        asked("", |_| {}).with("KUBERNETES_SERVICE_HOST", "127.0.0.1").with("KUBERNETES_SERVICE_PORT", "1"),
        refused("--context x", "context was not found for specified context: x", None),
        refused("--cluster x", "no server found for cluster \"x\"", None),
        refused("--user x", "auth info \"x\" does not exist", None),
        refused("--user missing", "`no-such-login`", Some("executable no-such-login not found")),
        refused(
            "--user failing",
            "cannot get credentials from the credential plugin `HOME/./fails`",
            Some("sign in first"),
        ),
        refused("--user asking", "cannot get credentials", Some("standard input is not a terminal")),
        refused(
            "--user modeless",
            "interactiveMode must be specified for modeless to use exec authentication plugin",
            None,
        ),
        refused("--as-group g", "need a user to act as", Some("without impersonating a user")),
        refused("--as-uid 7", "need a user to act as", Some("without impersonating a user")),
        refused("--as-user-extra a=b", "need a user to act as", Some("without impersonating a user")),
        refused("--kubeconfig HOME/none", "cannot read kubeconfig `HOME/none`", Some("HOME/none: no such file")),
        refused("", "cannot read kubeconfig `HOME/malformed`", Some("loading config file \"HOME/malformed\""))
            .with("KUBECONFIG", "HOME/malformed"),
        refused("", "cannot read kubeconfig `HOME/malformed`", Some("loading config file \"HOME/malformed\""))
            .with("KUBECONFIG", "HOME/config:HOME/malformed"),
        refused("", "cannot read kubeconfig `HOME/pki`", Some("loading config file \"HOME/pki\""))
            .with("KUBECONFIG", "HOME/pki"),
        refused("", "no kubeconfig found", Some("connection to the server localhost:8080 was refused"))
            .with("KUBECONFIG", "HOME/none"),
        refused("", "no kubeconfig found", Some("connection to the server localhost:8080 was refused"))
            .with("KUBECONFIG", "HOME/empty"),
        refused("--context lost", "no server found for cluster \"none\"", Some("localhost:8080 was refused")),
        refused("--certificate-authority HOME/none.pem", "(HOME/none.pem)", Some("HOME/none.pem")),
        refused("--certificate-authority HOME/pki/broken.pem", "(HOME/pki/broken.pem)", Some("root certificates")),
        refused(
            "--certificate-authority HOME/pki/ca.pem --insecure-skip-tls-verify",
            "specifying a root certificates file with the insecure flag is not allowed",
            None,
        ),
        refused("--client-certificate HOME/pki/jane.crt", "client-key", Some("client-key must be specified")),
        refused(
            "--client-certificate HOME/pki/broken.pem --client-key HOME/pki/jane.key",
            "",
            Some("client cert failed"),
        ),
        refused("--context untrusted", "unable to connect to the server", Some("certificate signed by unknown")),
        refused("--tls-server-name elsewhere", "unable to connect to the server", Some("not elsewhere")),
        refused("-s https://127.0.0.1:1", "the connection to the server 127.0.0.1:1 was refused", None),
        refused("-s https://no-such-host.invalid", "unable to connect to the server", Some("no-such-host.invalid")),
        refused("-s ftp://127.0.0.1", "neither http nor https", Some("unsupported protocol scheme")),
        refused("--request-timeout soon", "", Some("Invalid timeout value")),
        refused("--request-timeout", "", Some("flag needs an argument: --request-timeout")),
        refused("--no-such-flag", "unknown flag: --no-such-flag", None),
    ]
}

/// Which proxy stands between, where one is named by the cluster or the environment.
fn proxies() -> Vec<Case> {
    let tunnel = |seen: &mut Seen, via: &str| {
        seen.sni = Some("one.internal".to_owned());
        seen.via = Some(via.to_owned());
    };
    let far = "-s https://one.internal:6443";
    vec![
        asked(far, |s| tunnel(s, "CONNECT one.internal:6443")).with("HTTPS_PROXY", "http://PROXY"),
        asked(far, |s| tunnel(s, "CONNECT one.internal:6443")).with("https_proxy", "http://PROXY"),
        asked(far, |s| tunnel(s, "CONNECT one.internal:6443")).with("HTTPS_PROXY", "PROXY"),
        asked(far, |s| tunnel(s, "CONNECT one.internal:6443 Basic Ym9iOnNlY3JldA=="))
            .with("HTTPS_PROXY", "http://bob:secret@PROXY"),
        asked(far, |s| tunnel(s, "SOCKS5 one.internal:6443")).with("HTTPS_PROXY", "socks5://SOCKS"),
        asked(far, |s| tunnel(s, "SOCKS5 one.internal:6443 bob:se cret"))
            .with("HTTPS_PROXY", "socks5://bob:se%20cret@SOCKS"),
        asked(far, |s| tunnel(s, "CONNECT one.internal:6443"))
            .with("HTTPS_PROXY", "http://PROXY")
            .with("NO_PROXY", "other.internal,10.0.0.0/8,one.internal:443"),
        asked("", |_| {}).with("HTTPS_PROXY", "http://PROXY"),
        asked("", |_| {}).with("HTTP_PROXY", "http://PROXY"),
        asked("--context named", |s| {
            namespace(s, "default");
            s.sni = Some("localhost".to_owned());
        })
        .with("HTTPS_PROXY", "http://PROXY"),
        // The cluster's own proxy is used for every address, whatever the environment says.
        asked("--context proxied", |s| {
            namespace(s, "default");
            s.via = Some("CONNECT ADDRESS Basic Ym9iOnNlY3JldA==".to_owned());
        })
        .with("HTTPS_PROXY", "http://127.0.0.1:1")
        .with("NO_PROXY", "*"),
        asked("--context socks", |s| {
            namespace(s, "default");
            tunnel(s, "SOCKS5 one.internal:6443");
        }),
        refused(far, "unable to connect to the server", Some("no such host"))
            .with("HTTPS_PROXY", "http://PROXY")
            .with("NO_PROXY", "internal"),
        refused(far, "unable to connect to the server", Some("no such host"))
            .with("HTTPS_PROXY", "http://PROXY")
            .with("NO_PROXY", ".internal"),
        refused(far, "unable to connect to the server", Some("no such host"))
            .with("HTTPS_PROXY", "http://PROXY")
            .with("no_proxy", "one.internal:6443"),
        refused(far, "the connection to the server", Some("proxyconnect")).with("HTTPS_PROXY", "http://127.0.0.1:1"),
        Case {
            alone: Some("kubectl takes a proxy of any scheme as one of http"),
            ..refused(far, "cannot use the proxy", None).with("HTTPS_PROXY", "ftp://PROXY")
        },
    ]
}

/// What a pod does with its own account, where it has no kubeconfig.
fn pods() -> Vec<Case> {
    let within = |case: Case| {
        let case = case.with("KUBECONFIG", "HOME/none").with("KUBERNETES_SERVICE_HOST", "127.0.0.1");
        Case { pod: true, ..case.with("KUBERNETES_SERVICE_PORT", "PORT-OF-ONE") }
    };
    vec![
        within(asked("", |s| {
            namespace(s, "of-account");
            bearer(s, "token-of-account");
        })),
        within(asked("", |s| {
            namespace(s, "pod");
            bearer(s, "token-of-account");
        }))
        .with("POD_NAMESPACE", "pod"),
        within(asked("-n x", |s| {
            namespace(s, "x");
            bearer(s, "token-of-account");
        }))
        .with("POD_NAMESPACE", "pod"),
        Case {
            alone: Some("kubectl takes a pod's account for none as soon as there is such a flag"),
            ..within(asked("--as boss", |s| {
                namespace(s, "of-account");
                bearer(s, "token-of-account");
                s.impersonate = pairs(&[("impersonate-user", "boss")]);
            }))
            .with("KUBE_RS_DEBUG_OVERRIDE_URL", "OTHER")
        },
        // A kubeconfig that names a cluster counts for more.
        within(asked("--kubeconfig HOME/config", |_| {})).with("POD_NAMESPACE", "pod"),
        Case {
            alone: Some(ASKS),
            ..within(asked("-s TWO --certificate-authority HOME/pki/ca.pem", |s| {
                s.server = "two";
                namespace(s, "default");
                s.authorization.clear();
            }))
        },
    ]
}

/// Puts the files there that the cases name.
fn furnish(scene: &Scene) {
    let home = &scene.home;
    let login = |status: &str| {
        format!(
            "echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{status}}}'"
        )
    };
    let certificate = |name: &str| std::fs::read_to_string(home.path(name)).expect("it was written");
    let identity =
        json!({"clientCertificateData": certificate("pki/jane.crt"), "clientKeyData": certificate("pki/jane.key")});
    home.script("login", &login("{\"token\":\"token-of-plugin\"}"));
    home.script(
        "login-cert",
        &format!(
            "cat <<'END'\n{}\nEND",
            json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": identity})
        ),
    );
    home.script("login-beta", &login("{\"token\":\"token-of-plugin\"}").replace("k8s.io/v1", "k8s.io/v1beta1"));
    home.script("fails", "echo token-that-nobody-sees; echo sign in first >&2; exit 3");
    home.script("far/bin/login", &login("{\"token\":\"token-of-plugin\"}"));
    home.write("account/token", "token-of-account");
    home.write("account/namespace", "of-account");
    std::fs::copy(home.path("pki/ca.pem"), home.path("account/ca.crt")).expect("a copy");
    home.write("current-two", "current-context: two\n");
    home.write("override", "users: [{name: one, user: {token: token-of-override}}]\n");
    home.write("empty", "");
    home.write("malformed", "clusters: [{name: c, cluster: {server: 'https://token-that-nobody-sees\n");
    for name in ["ca.pem", "jane.crt", "jane.key"] {
        std::fs::create_dir_all(home.path("far/pki")).expect("a folder");
        std::fs::copy(home.path(&format!("pki/{name}")), home.path(&format!("far/pki/{name}"))).expect("a copy");
    }
    let one = scene.servers[0].url();
    home.write(
        "far/config",
        format!(
            "contexts: [{{name: far, context: {{cluster: far, user: far}}}}]
clusters: [{{name: far, cluster: {{server: '{one}', certificate-authority: pki/ca.pem}}}}]
users:
- {{name: far, user: {{client-certificate: pki/jane.crt, client-key: pki/jane.key}}}}
- name: far-plugin
  user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: bin/login, interactiveMode: Never}}}}
"
        ),
    );
    let of_home = scene.kubeconfig().replace("namespace: logging", "namespace: of-home").replace("pki/", "../pki/");
    home.write(".kube/config", of_home);
}

/// Runs every case by our program, with the flags before and after the sub-command.
/// In parts, each with servers of its own: the runs mostly wait.
fn check(cases: &[Case]) {
    let wrong = Mutex::new(Vec::new());
    in_parallel(cases.chunks(cases.len().div_ceil(8)).collect(), |part| {
        let found = check_part(part);
        wrong.lock().expect("no panic").extend(found);
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len() * 3, wrong.join("\n"));
}

fn check_part(cases: &[Case]) -> Vec<String> {
    let scene = Scene::new();
    furnish(&scene);
    let mut wrong = Vec::new();
    for case in cases {
        let mut before = case.flags.clone();
        before.extend(["status", "agent"]);
        let mut between = vec!["status"];
        between.extend(case.flags.clone());
        between.push("agent");
        let mut after = vec!["status", "agent"];
        after.extend(case.flags.clone());
        for args in [before, between, after] {
            let outcome = scene.outcome(scene.command(PROGRAM.as_ref(), case, &args));
            let fits = match (&case.expected, &outcome) {
                (Expected::Subject(expected), Outcome::Subject(seen)) => expected == seen,
                (Expected::Refused(why, _), Outcome::Refused(code, said)) => {
                    *code == Some(1)
                        && said.lines().any(|l| l.starts_with("error: "))
                        && said.contains(&scene.fill(why))
                }
                _ => false,
            };
            let nobody_sees = !format!("{outcome:?}").contains("nobody-sees");
            if !fits || !nobody_sees {
                wrong.push(format!("{} as {args:?}: {outcome:#?}", case.told()));
            }
        }
    }
    wrong
}

#[test]
fn every_flag_changes_the_request_as_it_should_wherever_it_stands() {
    check(&flags());
}

#[test]
fn kubeconfigs_are_read_by_the_rules() {
    check(&kubeconfigs());
}

#[test]
fn a_pod_is_known_by_its_own_account() {
    match pods_are_possible() {
        true => check(&pods()),
        false => println!("not checked: this machine lets nobody mount, so the account of a pod was not used"),
    }
}

#[test]
fn proxies_stand_where_the_cluster_or_the_environment_puts_them() {
    check(&proxies());
}

/// The same flags, the same files, the same servers: what does kubectl ask for, and what does it say?
#[test]
fn the_real_kubectl_asks_for_the_same() {
    if std::env::var(SWITCH).is_ok_and(|v| !v.is_empty()) {
        compare(&Binaries::get().unwrap_or_else(|why| panic!("{why}")).kubectl());
    } else {
        println!("not compared with kubectl: it is built by `make cluster-build` and run with {SWITCH}=1");
    }
}

fn compare(kubectl: &Path) {
    let scene = Scene::new();
    furnish(&scene);
    let in_pods = if pods_are_possible() { pods() } else { Vec::new() };
    let cases = [flags(), kubeconfigs(), proxies(), in_pods].concat_all();
    let (mut requests, mut errors, mut words, mut wrong) = (0, 0, 0, Vec::new());
    for case in cases.iter().filter(|case| case.alone.is_none()) {
        let with = |words: &[&'static str]| [words, &case.flags].concat();
        let ours = scene.outcome(scene.command(PROGRAM.as_ref(), case, &with(&["status", "agent"])));
        let theirs = scene.outcome(scene.command(kubectl, case, &with(&["get", "daemonset", "agent"])));
        match (&ours, &theirs) {
            (Outcome::Subject(ours), Outcome::Subject(theirs)) if ours == theirs => requests += 1,
            (Outcome::Refused(ours, said), Outcome::Refused(theirs, other)) if ours == theirs => match &case.expected {
                Expected::Refused(_, Some(wanted)) if other.contains(&scene.fill(wanted)) => words += 1,
                Expected::Refused(_, None) if line(said) == line(other) => errors += 1,
                _ => wrong.push(format!("{}\nours:   {said}\ntheirs: {other}", case.told())),
            },
            _ => wrong.push(format!("{}\nours:   {ours:?}\ntheirs: {theirs:?}", case.told())),
        }
    }
    let compared = requests + errors + words + wrong.len();
    println!(
        "{compared} connections compared with kubectl: {requests} same requests, {errors} same refusals, {words} refusals in \
         other words, {} different",
        wrong.len()
    );
    for case in &cases {
        case.alone.iter().for_each(|why| println!("not compared:{}: {why}", case.told()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The line that says why, in lower case and without the word that says that it is one.
fn line(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.contains("memcache.go"));
    let line = lines.map(str::to_lowercase).next().unwrap_or_default();
    let bare = line.strip_prefix("error: ").or(line.strip_prefix("error in configuration: "));
    bare.unwrap_or(&line).to_owned()
}

/// One list of several.
trait ConcatAll {
    fn concat_all(self) -> Vec<Case>;
}

impl<const N: usize> ConcatAll for [Vec<Case>; N] {
    fn concat_all(self) -> Vec<Case> {
        self.into_iter().flatten().collect()
    }
}
