//! Canaries wherever a secret may be; none of them comes out, whatever goes wrong.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::api::Api;
use crate::cluster::{AGENT, sick};
use crate::program::{Home, PROGRAM, Ran, in_parallel};
use crate::server::{Authority, Reply, Server, json as answer, status};

/// Every secret of a test begins so.
const CANARY: &str = "canary";

/// The cluster with secrets where people put them: the values of the environment, arguments, annotations.
fn careless() -> Vec<Value> {
    let mut objects = sick();
    for object in &mut objects {
        object["metadata"]["annotations"]["note"] = json!("canary-annotation");
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            json!("{canary-applied}");
        object["metadata"]["managedFields"] = json!([{"manager": "somebody"}]);
        let pod = match object["kind"].as_str() {
            Some("Pod") => &mut object["spec"],
            Some("DaemonSet") => &mut object["spec"]["template"]["spec"],
            _ => continue,
        };
        for container in pod["containers"].as_array_mut().expect("containers") {
            container["env"] = json!([{"name": "PASSWORD", "value": "canary-environment"}]);
            container["args"] = json!(["--password=canary-argument"]);
            container["command"] = json!(["agent", "canary-command"]);
            container["livenessProbe"] = json!({"exec": {"command": ["canary-probe"]}});
            container["lifecycle"] = json!({"preStop": {"httpGet": {"port": 1, "path": "/canary-hook",
                "httpHeaders": [{"name": "Authorization", "value": "canary-header"}]}}});
        }
    }
    objects
}

/// What the server does with whatever it is asked.
type Weather = (&'static str, fn(Reply) -> Reply);

const WEATHER: &[Weather] = &[
    ("fine", |good| good),
    ("401", |_| status(401, "Unauthorized", "Unauthorized")),
    ("403", |_| status(403, "Forbidden", "pods is forbidden")),
    ("500", |_| Reply::Answer(500, vec![("retry-after", "0".to_owned())], b"canary-of-a-body".to_vec())),
    ("garbage", |_| Reply::Answer(200, Vec::new(), b"{\"kind\": canary-of-a-body".to_vec())),
    ("a login page", |_| {
        Reply::Answer(200, vec![("content-type", "text/html".to_owned())], b"<html>canary-of-a-body</html>".to_vec())
    }),
    ("a redirect", |_| {
        Reply::Answer(302, vec![("location", "https://canary-of-a-redirect.example/".to_owned())], Vec::new())
    }),
    ("silence", |_| Reply::Silence),
    ("no HTTP", |_| Reply::Raw(b"canary-of-a-body\r\n\r\n".to_vec())),
];

/// Everything that talks to a server. What shows a template on purpose (`import`, `diff`) shows its environment too,
/// as kubectl does; of those only the credentials are looked for.
const COMMANDS: &[(&str, bool)] = &[
    ("doctor -A", true),
    ("doctor -A -o wide", true),
    ("doctor -A -o json --all-nodes", true),
    ("doctor -A -o yaml", true),
    ("doctor -A -o name", true),
    ("doctor -A --logs 0", true),
    ("doctor agent -n logging --node n2", true),
    ("doctor -f agent.yaml", true),
    ("doctor -f agent.yaml --probe-admission", true),
    ("status agent -n logging", true),
    ("status agent -n logging -o json", true),
    ("lint -f agent.yaml --live", true),
    ("deploy -f agent.yaml --dry-run=client", false),
    ("deploy -f agent.yaml --dry-run=server", false),
    ("diff -f agent.yaml", false),
    ("delete agent -n logging --dry-run", true),
    ("import agent -n logging", false),
    ("snapshot --file FILE", true),
    ("snapshot --file FILE --redact-names", true),
];

/// How the user is known to the server: in the kubeconfig of each.
const USERS: &[(&str, &str)] = &[
    ("token", "token: canary-token"),
    ("file", "tokenFile: token"),
    ("basic", "username: jane, password: canary-password"),
    ("certificate", "client-certificate: jane.crt, client-key: jane.key"),
    ("plugin", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}"),
    ("failing", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./fails, interactiveMode: Never}"),
    ("babbling", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./babbles, interactiveMode: Never}"),
    ("broken", "token: \"canary\\n-token\""),
    ("keyless", "client-certificate: jane.crt, client-key-data: Y2FuYXJ5LWtleQ=="),
];

#[cfg(unix)]
#[test]
fn no_secret_comes_out() {
    let authority = Authority::new();
    let identity = authority.server(&["127.0.0.1"], (2020, 2100));
    let client = authority.client("jane");
    let home = Home::new();
    let key: String = client.key.lines().filter(|line| !line.starts_with('-')).collect();
    home.write("agent.yaml", AGENT);
    home.write("ca.pem", authority.pem());
    home.write("jane.crt", &client.certificate);
    home.write("jane.key", &client.key);
    home.write("token", "canary-token-of-a-file");
    home.script("login", "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"canary-token-of-a-plugin\"}}'");
    home.script("fails", "echo canary-token-of-a-plugin; exit 3");
    home.script("babbles", "echo 'canary-token-of-a-plugin: ['");
    let (mut runs, wrong) = (0, Mutex::new(Vec::new()));
    for (weather, change) in WEATHER {
        let api = Arc::new(Api::new(careless()));
        let change = *change;
        let server = Server::https(authority.serving(&identity), move |asked, _| {
            let good = match asked.method.as_str() {
                "PATCH" => answer(200, &serde_json::from_str(&asked.body).unwrap_or_default()),
                _ => api.answer(asked),
            };
            change(good)
        });
        let users: Vec<String> =
            USERS.iter().map(|(name, fields)| format!("- {{name: {name}, user: {{{fields}}}}}")).collect();
        home.write(
            "config",
            format!(
                "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: token}}}}]\n\
                 clusters: [{{name: c, cluster: {{server: 'https://jane:canary-of-a-url@127.0.0.1:{}', \
                 certificate-authority: ca.pem}}}}]\nusers:\n{}\n",
                server.port,
                users.join("\n")
            ),
        );
        // In fine weather each way to sign in with each command; else they fail alike.
        let tried = if *weather == "fine" { USERS } else { &USERS[..1] };
        let mut work = Vec::new();
        for (user, _) in tried {
            for (line, of_templates) in COMMANDS {
                runs += 1;
                work.push((runs, *user, *line, *of_templates));
            }
        }
        in_parallel(work, |(run, user, line, of_templates)| {
            let file = format!("saved-{run}.gz");
            let mut command = home.command(PROGRAM);
            command.args(line.split(' ').map(|word| if word == "FILE" { file.as_str() } else { word }));
            command.args(["--user", user, "--request-timeout", if *weather == "silence" { "1s" } else { "20s" }]);
            command.env("KUBECONFIG", home.path("config")).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
            command.env("HTTPS_PROXY", "http://jane:canary-of-a-proxy@127.0.0.1:1");
            let ran = Ran::of(&mut command);
            let saved = std::fs::read(home.path(&file)).map(|bytes| unpacked(&bytes)).unwrap_or_default();
            let mut told = ran.told() + &saved;
            if !of_templates {
                let parts = ["environment", "argument", "command", "probe", "hook", "header", "annotation"];
                parts.iter().for_each(|part| told = told.replace(&format!("{CANARY}-{part}"), ""));
            }
            let secret = told.contains(CANARY) || told.contains("Y2FuYXJ5") || told.contains(&key);
            if secret || told.contains("panicked") {
                wrong.lock().expect("no panic").push(format!("{weather}, {user}: `{line}`: {told}"));
            }
        });
    }
    let wrong = wrong.into_inner().expect("no panic");
    println!("{runs} runs of {} commands, {} users, {} weathers", COMMANDS.len(), USERS.len(), WEATHER.len());
    assert!(wrong.is_empty(), "{} of {runs}:\n{}", wrong.len(), wrong.join("\n"));
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes), &mut text).expect("a snapshot is text");
    text
}

/// The proxy's password, the token and what the proxy itself says stay where they are, however the proxy fails.
#[test]
fn a_proxy_that_fails_is_told_without_its_password() {
    let home = Home::new();
    for (what, reply) in [
        ("407", Reply::Answer(407, vec![("proxy-authenticate", "Basic realm=canary".to_owned())], b"canary".to_vec())),
        ("502", Reply::Answer(502, Vec::new(), b"<html>canary</html>".to_vec())),
        ("closed", Reply::Close),
        ("no HTTP", Reply::Raw(b"canary\r\n".to_vec())),
    ] {
        let proxy = Server::http(move |_, _| reply.clone());
        let mut command = home.command(PROGRAM);
        command.args(["doctor", "-A", "--server", "https://far.example", "--token", "canary-token"]);
        command.env("HTTPS_PROXY", format!("http://jane:canary-password@127.0.0.1:{}", proxy.port));
        let ran = Ran::of(&mut command);
        assert_eq!(ran.code(), Some(1), "{what}: {ran:?}");
        assert!(ran.error().starts_with("error: unable to connect to the server"), "{what}: {ran:?}");
        assert!(!ran.told().contains(CANARY), "{what}: {ran:?}");
        assert_eq!(proxy.asked()[0].method, "CONNECT", "{what}");
    }
}
