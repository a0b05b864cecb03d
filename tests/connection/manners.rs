//! How the program ends: by the table of the contract, when its reader goes away, when it is interrupted.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::api::Api;
use crate::cluster::{AGENT, sick};
use crate::program::{Home, PROGRAM, Ran};
use crate::server::{Reply, Server, Subject, json as answer, status};

fn home() -> Home {
    let home = Home::new();
    home.write("agent.yaml", AGENT);
    home.write("broken.yaml", "apiVersion: apps/v1\nkind: DaemonSet\nspec: {selector: 5}\n");
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": sick()});
    home.write("saved.json", list.to_string());
    home
}

/// A server that takes what is applied as it is.
fn server() -> Server {
    let api = Api::new(sick());
    Server::http(move |asked, _| match asked.method.as_str() {
        "PATCH" => match serde_json::from_str(&asked.body) {
            Ok(object) => answer(200, &object),
            Err(error) => status(400, "BadRequest", &error.to_string()),
        },
        _ => api.answer(asked),
    })
}

/// Everything that prints more than a line.
const PRINTING: &[&str] = &[
    "doctor -A",
    "doctor -A -o wide",
    "doctor -A -o json",
    "doctor -A -o yaml",
    "doctor -A -o name",
    "doctor --snapshot saved.json",
    "doctor -f agent.yaml",
    "status agent -n logging",
    "status agent -n logging -o json",
    "lint -f agent.yaml",
    "lint -f agent.yaml --live -o json",
    "import agent -n logging",
    "render -f agent.yaml",
    "diff -f agent.yaml",
    "deploy -f agent.yaml --allow-stuck --dry-run=server",
    "snapshot",
    "schema spec",
    "schema report",
    "explain DS210",
    "version",
    "completion bash",
    "--help",
    "doctor --help",
];

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let (home, server) = (home(), server());
    for line in PRINTING {
        for rest in [0, 1] {
            let (mut reader, writer) = std::io::pipe().expect("a pipe");
            let mut command = home.command(PROGRAM);
            command.args(line.split(' '));
            if !matches!(*line, "--help") {
                command.args(["--server", &server.url()]);
            }
            let child = command.stdout(writer).stderr(Stdio::piped()).spawn().expect("a process");
            // The command holds the writing end too.
            drop(command);
            std::io::copy(&mut std::io::Read::take(&mut reader, rest), &mut std::io::sink()).expect("a byte");
            drop(reader);
            let ran = Ran::ended(child, line);
            let noise = ran.stderr.contains("panicked") || ran.stderr.contains("roken pipe");
            assert!(!noise, "`{line}` after {rest} bytes: {ran:?}");
            // The answer that is the exit code is the same as before a reader that stays.
            let mut command = home.command(PROGRAM);
            command.args(line.split(' '));
            if !matches!(*line, "--help") {
                command.args(["--server", &server.url()]);
            }
            let whole = command.output().expect("a process").status.code();
            assert_eq!(ran.code(), whole, "`{line}` after {rest} bytes: {ran:?}");
        }
    }
    println!("{} commands before readers that go away at once and after a byte", PRINTING.len());
}

/// Everything that waits for a server.
const WAITING: &[&str] = &[
    "doctor -A",
    "doctor agent -o json",
    "status agent",
    "status agent --wait",
    "lint -f agent.yaml --live",
    "import agent",
    "diff -f agent.yaml",
    "deploy -f agent.yaml",
    "delete agent --yes",
    "snapshot --file saved.gz",
    "snapshot",
];

fn interrupted(command: &mut Command, line: &str, ready: impl Fn() -> bool) {
    interrupted_by("INT", command, line, ready);
}

/// No signal is waited for longer.
const MAX_DEAF: Duration = Duration::from_millis(100);

fn interrupted_by(signal: &str, command: &mut Command, line: &str, ready: impl Fn() -> bool) {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    let end = Instant::now() + Duration::from_secs(30);
    while !ready() {
        assert!(Instant::now() < end, "`{line}` asks nobody");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (signal, id) = (format!("-{signal}"), child.id().to_string());
    let sent = Command::new("kill").args([&signal, &id]).status().expect("there is a kill");
    assert!(sent.success());
    let ran = Ran::ended(child, line);
    assert_eq!(ran.code(), Some(130), "`{line}` {signal}: {ran:?}");
    // This machine may be busy: what is tested is that nothing is waited for.
    assert!(ran.took < 5 * MAX_DEAF, "`{line}` {signal}: {ran:?}");
}

#[test]
fn an_interrupted_command_says_so_and_ends_with_130() {
    let home = home();
    for line in WAITING {
        let silent = Server::http(|_, _| Reply::Silence);
        let mut command = home.command(PROGRAM);
        command.args(line.split(' ')).args(["--server", &silent.url()]);
        interrupted(&mut command, line, || !silent.asked().is_empty());
    }

    // A plugin that hangs is not waited for.
    home.script("hangs", "echo > started; exec sleep 60 2>/dev/null");
    home.write(
        ".kube/config",
        "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n\
         clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n\
         users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ../hangs, \
         interactiveMode: Never}}}]\n",
    );
    for line in WAITING {
        drop(std::fs::remove_file(home.path("started")));
        let mut command = home.command(PROGRAM);
        command.args(line.split(' '));
        interrupted(&mut command, line, || home.path("started").exists());
        let ran = home.run(&[&line.split(' ').collect::<Vec<_>>()[..], &["--request-timeout", "1s"]].concat());
        let told = "the plugin did not end within the request timeout of 1s";
        assert!(ran.stderr.contains(told) && ran.took < Duration::from_secs(20), "`{line}`: {ran:?}");
    }
    println!("{} commands interrupted before a silent server and a plugin that hangs", WAITING.len());
}

/// What computes for seconds, and asks nobody meanwhile.
const COMPUTING: &[&str] = &[
    "doctor -A --server URL",
    "doctor --snapshot many.json",
    "doctor -f many.yaml --server URL",
    "lint -f many.yaml",
    "lint -f many.yaml --snapshot many.json",
    "import -f many.yaml",
    "render -f many.yaml",
    "diff -f many.yaml --server URL",
    "deploy -f many.yaml --server URL",
    "deploy -f many.yaml --server URL --dry-run=server",
];

/// A DaemonSet that is long to judge: each of its spread constraints is held against each other thing.
fn long_to_judge() -> serde_json::Value {
    use serde_json::json;
    let constraints: Vec<_> = (0..6000)
        .map(|n| {
            json!({"maxSkew": 1, "topologyKey": format!("example.com/key-{n}"), "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"app": "long"}}})
        })
        .collect();
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "long", "namespace": "logging", "uid": "u-long", "generation": 1},
        "spec": {"selector": {"matchLabels": {"app": "long"}}, "template": {"metadata": {"labels": {"app": "long"}},
            "spec": {"containers": [{"name": "c", "image": "registry.example/long:1"}],
                "topologySpreadConstraints": constraints}}},
        "status": {"observedGeneration": 1}})
}

#[test]
fn every_signal_is_heard_while_the_program_computes() {
    let home = home();
    let long = long_to_judge();
    home.write("many.yaml", long.to_string());
    let mut objects = sick();
    objects.push(long);
    home.write("many.json", serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string());
    let mut ended = 0;
    for line in COMPUTING {
        for (signal, after) in [("INT", 300), ("TERM", 150), ("HUP", 50), ("INT", 30)] {
            let api = Api::new(objects.clone());
            let server = Server::http(move |asked, _| api.answer(asked));
            let mut command = home.command(PROGRAM);
            command.args(line.split(' ').map(|word| if word == "URL" { server.url() } else { word.to_owned() }));
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
            std::thread::sleep(Duration::from_millis(after));
            let id = child.id().to_string();
            drop(Command::new("kill").args([&format!("-{signal}"), &id]).stderr(Stdio::null()).status());
            let ran = Ran::ended(child, line);
            // What was done before the signal came ended by itself.
            let heard = ran.code() == Some(130);
            let done = matches!(ran.code(), Some(0..=3)) && ran.took < MAX_DEAF;
            assert!((heard || done) && ran.took < 5 * MAX_DEAF, "`{line}` {signal} after {after} ms: {ran:?}");
            ended += usize::from(heard);
        }
    }
    assert!(ended > COMPUTING.len(), "only {ended} runs computed when the signal came");
}

/// `nohup` holds.
#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let home = home();
    let silent = Server::http(|_, _| Reply::Silence);
    let mut command = home.command("/bin/sh");
    let line = "trap '' HUP; exec \"$0\" doctor -A --request-timeout 1s --server \"$1\"";
    command.args(["-c", line, PROGRAM, &silent.url()]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("a process");
    while silent.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-HUP", &child.id().to_string()]).status().expect("there is a kill");
    assert!(sent.success());
    let ran = Ran::ended(child, line);
    assert_eq!(ran.code(), Some(1), "{ran:?}");
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let (home, server) = (home(), server());
    let forbidding = Server::http(|_, _| status(403, "Forbidden", "no"));
    let rejecting = {
        let api = Api::new(sick());
        Server::http(move |asked: &Subject, _| match asked.method.as_str() {
            "PATCH" => status(422, "Invalid", "DaemonSet.apps \"agent\" is invalid: spec.selector: field is immutable"),
            _ => api.answer(asked),
        })
    };
    let gone = "http://127.0.0.1:1".to_owned();
    let table: &[(&str, &str, i32)] = &[
        ("version", "", 0),
        ("--help", "", 0),
        ("doctor --help", "", 0),
        ("explain DS210", "", 0),
        ("explain DS999", "", 1),
        ("no-such-command", "", 1),
        ("doctor --no-such-flag", "", 1),
        ("doctor -o nonsense", "", 1),
        ("doctor -A", "server", 2),
        ("doctor -A --fail-on error", "server", 2),
        ("doctor webhooked -n logging --ignore DS310 --ignore DS311 --ignore DS503 --ignore DS210", "server", 2),
        ("doctor --snapshot saved.json", "", 2),
        ("doctor --snapshot none.json", "", 1),
        ("doctor no-such -n logging", "server", 1),
        ("doctor -A", "gone", 1),
        ("doctor -A", "forbidding", 1),
        ("doctor -f none.yaml", "server", 1),
        ("doctor -f broken.yaml", "server", 1),
        ("status agent -n logging", "server", 2),
        ("status no-such -n logging", "server", 1),
        ("status agent -n logging", "gone", 1),
        ("status agent -n logging --wait --timeout 1s --give-up-after 60s", "server", 2),
        ("lint -f agent.yaml --fail-on note", "", 2),
        ("lint -f none.yaml", "", 1),
        ("lint -f agent.yaml --live", "gone", 1),
        ("diff -f agent.yaml", "server", 1),
        ("diff -f none.yaml", "server", 2),
        ("diff --no-such-flag", "", 2),
        ("diff -f agent.yaml", "gone", 2),
        ("diff -f agent.yaml", "forbidding", 2),
        ("diff -f agent.yaml", "rejecting", 2),
        ("deploy -f none.yaml", "server", 1),
        ("deploy -f agent.yaml", "gone", 1),
        ("deploy -f agent.yaml --allow-stuck --dry-run=client", "server", 0),
        ("deploy -f agent.yaml", "rejecting", 3),
        ("delete no-such --yes", "server", 1),
        ("render -f agent.yaml", "", 0),
        ("render -f none.yaml", "", 1),
        ("import agent -n logging", "server", 0),
        ("import no-such -n logging", "server", 1),
        ("snapshot --file saved.gz", "server", 0),
        ("snapshot --file saved.gz", "gone", 1),
        ("snapshot --file none/saved.gz", "server", 1),
    ];
    let mut wrong = Vec::new();
    for (line, which, code) in table {
        let url = match *which {
            "server" => server.url(),
            "forbidding" => forbidding.url(),
            "rejecting" => rejecting.url(),
            _ => gone.clone(),
        };
        let mut command = home.command(PROGRAM);
        command.args(line.split(' '));
        if !which.is_empty() {
            command.args(["--server", &url]);
        }
        let ran = Ran::of(&mut command);
        let failed_silently = *code == 1 && !line.starts_with("diff") && ran.stderr.is_empty();
        if ran.code() != Some(*code) || failed_silently || ran.stderr.contains("panicked") {
            wrong.push(format!("`{line}` ({which}) should end with {code}: {ran:#?}"));
        }
    }
    println!("{} exit codes", table.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}
