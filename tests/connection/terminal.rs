//! Text from the cluster that a terminal would obey: nothing of it is written as it is, by no command, in no format.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::api::Api;
use crate::cluster::{AGENT, sick};
use crate::program::{Home, PROGRAM, Ran, in_parallel};
use crate::server::{Reply, Server, status};

/// Colours, titles, links, the C1 forms of the same, lines that overwrite lines, text that runs backwards, characters
/// that are not seen.
const EVIL: &str =
    "\u{1b}[31m\u{1b}]0;t\u{7}\u{9b}2J\u{9d}x\u{9c}\r\n\u{8}\u{7f}\u{0}\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}";

/// Keys whose values a server or a kubelet writes freely.
const FREE: &[&str] = &[
    "message",
    "reason",
    "image",
    "value",
    "priorityClassName",
    "runtimeClassName",
    "serviceAccountName",
    "claimName",
    "storageClassName",
    "driver",
    "key",
    "schedulerName",
    "kubeletVersion",
    "controller-revision-hash",
    "phase",
    "handler",
    "provisioner",
];
/// Names that other objects and paths refer to are changed wherever they stand.
const NAMES: &[&str] = &[
    "n1",
    "n2",
    "n3",
    "n4",
    "n5",
    "c",
    "webhooked",
    "greedy",
    "gpu",
    "kata",
    "high",
    "late",
    "local",
    "shared",
    "full",
    "small",
    "port",
    "pods",
    "least",
    "z1",
];

fn spoil(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if FREE.contains(&key.as_str()) || NAMES.contains(&text.as_str()) => {
                        // Pods that Kubernetes knows by their phase stay what they are.
                        if !matches!(text.as_str(), "Running" | "Pending" | "FailedCreate" | "CrashLoopBackOff") {
                            text.push_str(EVIL);
                        }
                    }
                    value => spoil(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(spoil),
        Value::String(text) if NAMES.contains(&text.as_str()) => text.push_str(EVIL),
        _ => {}
    }
}

fn spoiled() -> Vec<Value> {
    let mut objects = sick();
    for object in &mut objects {
        spoil(object);
        object["metadata"]["labels"]["evil"] = json!(EVIL);
        object["metadata"]["labels"][EVIL] = json!("x");
        object["metadata"]["annotations"]["kubectl-daemonset/ignore"] = json!(format!("DS210 {EVIL}; {EVIL}"));
        object["metadata"]["annotations"]["kubectl-daemonset/expect"] = json!(format!("all{EVIL}"));
    }
    objects
}

/// What a terminal would act on, or show otherwise than it is. Lines end.
fn raw(text: &str) -> Option<char> {
    text.chars().find(|c| *c != '\n' && (c.is_control() || EVIL.contains(*c) && !c.is_ascii()))
}

const COMMANDS: &[&str] = &[
    "doctor -A",
    "doctor -A -o wide",
    "doctor -A -o json --all-nodes",
    "doctor -A -o yaml --all-nodes",
    "doctor -A -o name",
    "doctor agent -n logging",
    "doctor agent -n logging --node n9",
    "doctor agen -n logging",
    "doctor -f agent.yaml",
    "doctor -f agent.yaml -o json",
    "doctor -f evil.yaml",
    "status agent -n logging",
    "status agent -n logging -o json",
    "lint -f agent.yaml --live",
    "lint -f agent.yaml --live -o json",
    "lint -f evil.yaml",
    "lint -f evil.yaml -o json",
    "render -f evil.yaml",
    "import -f evil.yaml",
    "import agent -n logging",
    "import agent -n logging --with-config",
    "diff -f agent.yaml",
    "diff -f agent.yaml -o json",
    "diff -f evil.yaml",
    "deploy -f agent.yaml --dry-run=server",
    "deploy -f evil.yaml --dry-run=server",
    "deploy -f agent.yaml --timeout 1s",
    "delete agent -n logging --dry-run",
    "delete agent -n logging --yes --timeout 1s",
    "snapshot --file saved.gz",
    "explain EVIL",
    "doctor EVIL",
    "doctor -n EVIL",
    "doctor --context EVIL",
    "doctor --EVIL",
    "doctor -o EVIL",
    "doctor -f EVIL",
    "doctor --snapshot EVIL",
    "doctor --snapshot spoiled.json",
    "doctor --snapshot spoiled.json -o wide",
    "doctor --snapshot spoiled.json -o json",
    "doctor --snapshot spoiled.json -o yaml",
    "doctor --snapshot spoiled.json -o name",
    "lint -f agent.yaml --snapshot spoiled.json",
];

/// What the server does: answers, refuses in evil words, warns in them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Fetcher,
    Refuses(u16),
    RefusesWrites,
}

#[test]
fn nothing_of_a_cluster_is_obeyed_by_a_terminal() {
    let home = Home::new();
    home.write("agent.yaml", AGENT);
    let quoted = serde_json::to_string(EVIL).expect("text");
    let evil = AGENT
        .replace("registry.example/agent:2", &format!("registry.example/agent:2{}", "EVIL"))
        .replace("agent}", "agent, evil: EVIL}")
        .replace("name: c,", "name: cEVIL, no-such-field: EVIL, EVIL: x,");
    let evil = evil.replace("registry.example/agent:2EVIL", &quoted).replace("cEVIL", &quoted).replace("EVIL", &quoted);
    home.write("evil.yaml", evil);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": spoiled()});
    home.write("spoiled.json", list.to_string());
    let (mut runs, wrong) = (0, Mutex::new(Vec::new()));
    for mood in [Mood::Fetcher, Mood::Refuses(403), Mood::Refuses(422), Mood::Refuses(401), Mood::RefusesWrites] {
        let api = Api::new(spoiled());
        let server = Server::http(move |asked, _| {
            let refusal = |code| {
                let message = format!("no: {EVIL}");
                let causes = json!([{"reason": "FieldManagerConflict", "field": EVIL, "message": EVIL}]);
                let status = json!({"kind": "Status", "code": code, "reason": format!("Conflict{EVIL}"),
                    "message": message, "details": {"name": EVIL, "kind": EVIL, "causes": causes}});
                Reply::Answer(code, Vec::new(), status.to_string().into_bytes())
            };
            match mood {
                Mood::Refuses(code) => refusal(code),
                Mood::RefusesWrites if asked.method == "PATCH" => refusal(409),
                _ if asked.method == "PATCH" => {
                    let mut object: Value = serde_json::from_str(&asked.body).unwrap_or_default();
                    object["metadata"]["labels"]["evil"] = json!(EVIL);
                    warned(Reply::Answer(200, Vec::new(), object.to_string().into_bytes()))
                }
                _ if asked.method == "DELETE" => status(403, "Forbidden", EVIL),
                _ => warned(api.answer(asked)),
            }
        });
        // What asks no server says the same whatever its mood.
        let alone =
            |line: &str| ["--snapshot", "explain", "render", "-f evil", "EVIL"].iter().any(|w| line.contains(w));
        let mut work = Vec::new();
        for line in COMMANDS.iter().filter(|line| mood == Mood::Fetcher || !alone(line)) {
            let coloured = line.starts_with("doctor") && !line.contains("-o");
            work.extend(
                [false, true].into_iter().filter(|colours| coloured || !colours).map(|colours| (*line, colours)),
            );
        }
        runs += work.len();
        in_parallel(work, |(line, colours)| {
            let mut command = home.command(PROGRAM);
            let text: String = EVIL.chars().filter(|c| *c != '\0').collect();
            command.args(line.split(' ').map(|word| word.replace("EVIL", &text)));
            command.args(["--server", &server.url(), "--request-timeout", "20s"]);
            if colours {
                command.args(["--color", "always"]);
            }
            let ran = Ran::of(&mut command);
            let mut wrong = wrong.lock().expect("no panic");
            for (name, stream) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
                let own = if colours { without_colours(stream) } else { stream.clone() };
                if let Some(c) = raw(&own) {
                    let before: String = own.chars().take_while(|other| *other != c).collect();
                    let around = before.char_indices().rev().nth(60).map_or(&before[..], |(at, _)| &before[at..]);
                    wrong.push(format!("{mood:?}: {c:?} in {name} of `{line}` after {around:?}"));
                }
            }
            if ran.stderr.contains("panicked") || ran.code().is_none() {
                wrong.push(format!("{mood:?}: `{line}` panics: {}", ran.stderr));
            }
        });
    }
    let wrong = wrong.into_inner().expect("no panic");
    println!("{runs} runs of {} commands in 5 moods of the server", COMMANDS.len());
    assert!(wrong.is_empty(), "{} of {runs}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The same answer with a warning that a header can carry.
fn warned(reply: Reply) -> Reply {
    match reply {
        Reply::Answer(code, mut more, body) => {
            more.push(("warning", "299 - \"old \u{9b}31m\u{202e}\"".to_owned()));
            Reply::Answer(code, more, body)
        }
        other => other,
    }
}

/// Text without the sequences that only choose a colour.
fn without_colours(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let (before, sequence) = rest.split_at(at);
        out.push_str(before);
        let end = sequence[2..].find(|c: char| !c.is_ascii_digit() && c != ';').map_or(sequence.len(), |end| end + 2);
        rest = match sequence[end..].strip_prefix('m') {
            Some(rest) => rest,
            None => {
                out.push('\u{1b}');
                &sequence[2..]
            }
        };
    }
    out + rest
}
