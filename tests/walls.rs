//! Who may know whom (`docs/architecture.md`): reads the sources and fails when a wall is broken.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "walls/imports.rs"]
mod imports;
#[path = "walls/supply.rs"]
mod supply;

use imports::{Graph, Sources, knots, ties};
use supply::{Workflow, workflows};

/// A room, the rooms of this house that it may use, and the crates and parts of std that it must not.
struct Room {
    name: &'static str,
    knows: &'static [&'static str],
    avoids: &'static [&'static str],
}

const OUTSIDE: &[&str] = &["kube", "tokio", "k8s_openapi", "std::fs", "std::process", "std::env"];
const TERMINAL: &[&str] = &["clap", "owo_colors", "comfy_table", "anstream", "anstyle", "terminal_size"];

const ROOMS: &[Room] = &[
    Room { name: "text", knows: &["text"], avoids: &[] },
    Room { name: "yaml", knows: &["yaml"], avoids: &[] },
    Room { name: "model", knows: &["model"], avoids: &["jiff", "granit_parser", "serde_yaml"] },
    Room { name: "store", knows: &["model", "store"], avoids: &["jiff", "serde_yaml"] },
    Room { name: "stream", knows: &["error", "model", "store", "stream"], avoids: &[] },
    Room { name: "rules", knows: &["model", "store", "rules"], avoids: &["jiff", "serde_json", "serde_yaml"] },
    Room { name: "manifest", knows: &["manifest", "model", "severity", "text", "yaml", "error"], avoids: &[] },
    Room { name: "report", knows: &["manifest", "severity", "report"], avoids: &[] },
    Room {
        name: "findings",
        knows: &["model", "store", "rules", "report", "manifest", "text", "findings"],
        avoids: &[],
    },
    Room {
        name: "fix",
        knows: &["model", "store", "rules", "report", "findings", "manifest", "yaml", "text", "fix"],
        avoids: &[],
    },
    Room {
        name: "investigate",
        knows: &[
            "model",
            "store",
            "rules",
            "report",
            "findings",
            "fix",
            "explain",
            "manifest",
            "text",
            "error",
            "investigate",
        ],
        avoids: &[],
    },
    Room {
        name: "explain",
        knows: &["model", "store", "rules", "findings", "fix", "report", "manifest", "text", "explain"],
        avoids: &[],
    },
];

/// The parts of `deploy` that are data and judgement alone: what renderers are given.
const DATA_OF_DEPLOY: &[&str] = &["difference", "documents", "plan", "prediction", "rollout", "unseen_data"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source is text");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Where `path` stands in the code as the beginning of a path, not inside another name.
fn uses(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + path.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
        !inside(before) && after == Some(':')
    })
}

/// The rooms that a file names after `crate::`.
fn rooms(code: &str) -> Vec<String> {
    let named = code.match_indices("crate::").map(|(at, found)| {
        code[at + found.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    });
    let mut named: Vec<String> = named.filter(|name| !name.is_empty()).collect();
    named.sort();
    named.dedup();
    named
}

fn check(folder: &str, broken: &mut Vec<String>, judge: impl Fn(&str) -> Vec<String>) {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), &mut files);
    assert!(!files.is_empty(), "src/{folder} holds no source");
    for file in files {
        let found = judge(&code(&file));
        broken.extend(found.into_iter().map(|what| format!("{}: {what}", file.display())));
    }
}

#[test]
fn no_wall_is_broken() {
    let mut broken = Vec::new();
    for room in ROOMS {
        check(room.name, &mut broken, |code| {
            let strangers = rooms(code).into_iter().filter(|name| !room.knows.contains(&name.as_str()));
            let strangers = strangers.map(|name| format!("uses the room `{name}`"));
            let avoided = OUTSIDE.iter().chain(TERMINAL).chain(room.avoids).filter(|path| uses(code, path));
            strangers.chain(avoided.map(|path| format!("uses `{path}`"))).collect()
        });
    }
    check("client", &mut broken, |code| {
        let rooms = rooms(code)
            .into_iter()
            .filter(|r| matches!(r.as_str(), "render" | "cli" | "findings" | "explain" | "fix" | "rules"));
        let prints = TERMINAL.iter().filter(|path| uses(code, path)).map(|path| format!("uses `{path}`"));
        rooms.map(|r| format!("uses the room `{r}`")).chain(prints).collect()
    });
    check("render", &mut broken, |code| {
        let rooms = rooms(code).into_iter().filter(|r| matches!(r.as_str(), "rules" | "client" | "snapshot" | "cli"));
        let talks = ["kube", "tokio", "k8s_openapi", "std::fs"].into_iter().filter(|path| uses(code, path));
        rooms.map(|r| format!("uses the room `{r}`")).chain(talks.map(|path| format!("uses `{path}`"))).collect()
    });
    check("render", &mut broken, |code| {
        let parts = code.split("crate::deploy::").skip(1).map(|rest| rest.split("::").next().unwrap_or_default());
        parts.filter(|part| !DATA_OF_DEPLOY.contains(part)).map(|part| format!("uses `deploy::{part}`")).collect()
    });
    check("deploy", &mut broken, |code| {
        let rooms = rooms(code).into_iter().filter(|r| matches!(r.as_str(), "render" | "cli"));
        let prints = TERMINAL.iter().filter(|path| uses(code, path)).map(|path| format!("uses `{path}`"));
        rooms.map(|r| format!("uses the room `{r}`")).chain(prints).collect()
    });
    for part in DATA_OF_DEPLOY {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/deploy").join(part);
        let mut files = Vec::new();
        match place.is_dir() {
            true => sources(&place, &mut files),
            false => files.push(place.with_extension("rs")),
        }
        for code in files.iter().map(|file| code(file)) {
            let talks = OUTSIDE.iter().filter(|path| uses(&code, path));
            broken.extend(talks.map(|path| format!("deploy::{part} uses `{path}`")));
            let client = rooms(&code).into_iter().filter(|r| r == "client");
            broken.extend(client.map(|r| format!("deploy::{part} uses `{r}`")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_walls_can_be_broken() {
    let code = "use crate::client::reader;\nuse tokio::spawn;\nlet x = my_tokio::y;\nuse crate::model::{Node};";
    assert_eq!(rooms(code), ["client", "model"]);
    assert!(uses(code, "tokio") && !uses(code, "kube"));
    assert!(!uses("use kubelet::x; a::kube::b", "kube"));
}

/// Rooms that were built in a knot which is being untied. A cycle among these alone is no fault yet.
const BEING_REMOVED: &[&str] = &[];

fn cycles(graph: &Graph) -> Vec<String> {
    let room = |name: &String| name.split(['/', '.']).next().unwrap_or_default().to_owned();
    let is_fault = |knot: &BTreeSet<String>| !knot.iter().all(|name| BEING_REMOVED.contains(&room(name).as_str()));
    knots(graph).iter().filter(|knot| is_fault(knot)).map(|knot| format!("a cycle:\n{}", ties(graph, knot))).collect()
}

#[test]
fn no_files_and_no_rooms_use_each_other_in_a_cycle() {
    let sources = Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let mut found = cycles(&sources.files());
    found.extend(cycles(&sources.rooms()));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_cycle_is_found_behind_re_exports() {
    let files = [
        ("store/mod.rs", "pub mod a;\npub mod b;\npub use crate::store::{a::A, b::{B, self as bee}};\n"),
        ("store/a.rs", "use super::B;\npub struct A(B);"),
        ("store/b.rs", "pub struct B;\nfn f() { crate::store::A::new() }"),
        ("text/mod.rs", "pub mod c;"),
        ("text/c.rs", "use crate::store;\nfn g() { store::bee::h() }"),
    ];
    let sources = Sources::of(files.iter().map(|(file, code)| ((*file).to_owned(), (*code).to_owned())));
    let knots = knots(&sources.files());
    assert_eq!(knots, [BTreeSet::from(["store/a.rs".to_owned(), "store/b.rs".to_owned()])]);
    assert_eq!(sources.rooms().keys().collect::<Vec<_>>(), ["text"]);
    assert!(sources.files()["text/c.rs"].contains_key("store/b.rs"));
}

/// Credential plugins are run in one place, which asks the user's policy; the program that the user names for `diff` in
/// another; kubectl, to build a kustomization, in a third. Nothing else runs a program.
#[test]
fn three_doors_lead_to_other_programs() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let run = |file: &PathBuf| code(file).lines().any(|line| line.contains("process::") && line.contains("Command"));
    let mut doors: Vec<PathBuf> = files.into_iter().filter(run).collect();
    doors.sort();
    let known = ["src/cli/external_diff.rs", "src/cli/kustomize.rs", "src/client/credential.rs"];
    assert!(doors.len() == 3 && doors.iter().zip(known).all(|(door, known)| door.ends_with(known)), "{doors:?}");
}

/// Who opens a connection decides whom the program talks to.
#[test]
fn one_file_opens_connections() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let connects =
        ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "HttpConnector", "tokio::net", "std::net::Tcp"];
    files.retain(|file| connects.iter().any(|word| code(file).contains(word)));
    assert!(files.len() == 1 && files[0].ends_with("src/client/transport.rs"), "{files:?}");
}

#[test]
fn the_code_forbids_unsafe() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("Cargo.toml");
    assert!(manifest.contains("\n[lints.rust]\nunsafe_code = \"forbid\"\n"));
}

/// serde_yaml is unmaintained. It reads what the user's own machine holds (kubeconfig, kuberc, the output of the user's
/// credential plugin) and writes what the program made; documents, saved clusters and answers of a server have another reader.
#[test]
fn serde_yaml_never_reads_what_strangers_send() {
    const READERS: &[&str] = &["src/client/credential.rs", "src/client/kubeconfig_file.rs", "src/client/kuberc.rs"];
    const WRITERS: &[&str] = &["src/cli/version.rs"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let (mut reading, mut writing) = (Vec::new(), Vec::new());
    for file in files {
        let code = code(&file);
        if !code.contains("serde_yaml") {
            continue;
        }
        let name = file.strip_prefix(root).expect("below the project").to_string_lossy().replace('\\', "/");
        let only_writes = code.matches("serde_yaml").count() == code.matches("serde_yaml::to_string").count();
        if only_writes { writing.push(name) } else { reading.push(name) }
    }
    reading.sort();
    assert_eq!(reading, READERS);
    assert_eq!(writing, WRITERS);
}

/// One compiler builds every release and is the one that CI tests with.
#[test]
fn every_workflow_compiles_with_one_pinned_toolchain() {
    let pins: BTreeSet<String> = workflows().iter().map(Workflow::toolchain).collect();
    let pin = pins.first().expect("a workflow");
    assert_eq!(pins.len(), 1, "{pins:?}");
    assert!(pin.split('.').count() == 3 && pin.split('.').all(|part| part.parse::<u32>().is_ok()), "{pin} may move");
    for workflow in workflows() {
        for (job, script) in workflow.scripts() {
            let compiles = ["cargo ", "make ", ".ci/run"].iter().any(|word| script.contains(word));
            let installs = script.contains("rustup toolchain install") && script.contains("\"$RUSTUP_TOOLCHAIN\"");
            assert!(!compiles || installs, "{}: {job} does not install the pinned toolchain", workflow.name);
        }
    }
}

/// Code of packages runs while they are compiled: never where a release can be written or signed.
#[test]
fn the_job_that_may_write_or_sign_compiles_nothing() {
    let mut trusted = 0;
    for workflow in workflows() {
        for (job, script) in workflow.scripts().into_iter().filter(|(job, _)| workflow.may_write(job)) {
            trusted += 1;
            let mut all = script.clone();
            for part in script.split_whitespace().filter(|word| word.starts_with("krew/")) {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("krew");
                let text = fs::read_to_string(folder.join("..").join(part)).expect("a script of the project");
                let others =
                    ["archive.sh", "manifest.sh"].map(|name| fs::read_to_string(folder.join(name)).expect("a script"));
                all = [all, text, others.concat()].concat();
            }
            let code = all.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
            for tool in ["cargo", "rustc", "rustup", "make ", "go build", "go run", "npm", "pip", "curl", "wget"] {
                assert!(!code.contains(tool), "{}: {job} runs {tool}", workflow.name);
            }
        }
    }
    assert_eq!(trusted, 1, "one job releases");
}

/// What is pinned is moved by a bot's pull requests, and who downloads a release checks which workflow signed it.
#[test]
fn pins_are_moved_by_a_bot_and_a_release_is_checked_against_its_signer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bot = fs::read_to_string(root.join(".github/dependabot.yml")).expect("dependabot.yml");
    let bot: serde_yaml::Value = serde_yaml::from_str(&bot).expect("YAML");
    let moved: Vec<_> =
        bot["updates"].as_sequence().expect("updates").iter().map(|u| u["package-ecosystem"].as_str()).collect();
    assert_eq!(moved, [Some("github-actions"), Some("cargo"), Some("gomod")]);
    let signs = workflows().into_iter().find(|workflow| workflow.text.contains("actions/attest-build-provenance@"));
    let signer = format!("/.github/workflows/{}", signs.expect("a workflow that signs").name);
    let install = fs::read_to_string(root.join("docs/install.md")).expect("docs/install.md");
    assert!(
        install.contains("--signer-workflow ") && install.contains(&signer),
        "docs/install.md names another signer"
    );
}

/// Rooms that decide: what they say in words would be decided on, or said twice.
const WORDLESS: &[&str] = &["rules", "findings", "fix", "store", "model"];

/// Files of these rooms that hold words of others, or say why a text cannot be read.
const MAY_SPEAK: &[&str] = &[
    // The texts that the API server and the scheduler return, which are compared with the real ones.
    "rules/verdict/rejection.rs",
    "rules/verdict/refusal.rs",
    "rules/admission/pod_security/",
    // Foreign text is matched there.
    "model/message/",
    // Descriptions in the schema.
    "findings/evidence/schema.rs",
    // Why a kind was not read, which every room that lists such kinds quotes.
    "store/coverage.rs",
    // Errors of readers.
    "model/label_selector.rs",
    "model/quantity/",
    "model/wire/",
    "store/builder.rs",
];

/// Most words of a literal that is no sentence: a name, a part of a patch.
const MAX_WORDS: usize = 3;

/// The literals of code that are sentences: more words than a name has, apart from placeholders and from what `expect` says.
fn sentences(code: &str) -> Vec<String> {
    let chars: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        // A quote as a character or a byte begins no literal.
        if chars[at] == '\'' && chars.get(at + 1) == Some(&'"') && chars.get(at + 2) == Some(&'\'') {
            at += 3;
            continue;
        }
        if chars[at] == '\'' && chars.get(at + 1) == Some(&'\\') {
            at += 3;
            continue;
        }
        if chars[at] != '"' {
            at += 1;
            continue;
        }
        let before: String = chars[at.saturating_sub(7)..at].iter().collect();
        let begin = at + 1;
        at = begin;
        while at < chars.len() && chars[at] != '"' {
            at += if chars[at] == '\\' { 2 } else { 1 };
        }
        let literal: String = chars[begin..at.min(chars.len())].iter().collect();
        at += 1;
        if !before.ends_with("expect(") && words(&literal) > MAX_WORDS {
            found.push(literal);
        }
    }
    found
}

/// How many words a literal has, without placeholders.
fn words(literal: &str) -> usize {
    let mut depth = 0;
    let text: String = literal
        .chars()
        .filter(|c| {
            depth += usize::from(*c == '{');
            let is_text = depth == 0;
            depth -= usize::from(*c == '}' && depth > 0);
            is_text
        })
        .collect();
    let is_word = |word: &&str| word.chars().filter(char::is_ascii_alphabetic).count() > 1;
    text.split_whitespace().filter(is_word).count()
}

/// The code without the pages of codes: they document a code beside its evidence, and nothing prints them with a finding.
fn without_pages(code: &str) -> String {
    let mut parts = code.split("crate::report::codes::pages! {");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once("\n}").map_or("", |(_, rest)| rest))
}

/// Words are made last, in `explain` and `render`: no rule, finding or fix holds a sentence.
#[test]
fn rooms_that_decide_hold_no_sentences() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for room in WORDLESS {
        let mut files = Vec::new();
        sources(&src.join(room), &mut files);
        for file in files {
            let name = file.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
            if MAY_SPEAK.iter().any(|part| name.starts_with(part)) || name.ends_with("tests.rs") {
                continue;
            }
            let code: Vec<String> = code(&file)
                .lines()
                .filter(|line| !line.trim_start().starts_with("#[") && !line.contains("reason = \""))
                .map(str::to_owned)
                .collect();
            let code = without_pages(&code.join("\n"));
            found.extend(sentences(&code).into_iter().map(|text| format!("src/{name}: {text:?}")));
        }
    }
    assert!(found.is_empty(), "words belong into src/explain:\n{}", found.join("\n"));
}

#[test]
fn a_sentence_is_told_from_a_name() {
    let code = r#"let a = "the node has no pod"; b.expect("every code has a page"); let c = '"'; f("{a} of {b c d} in {e}"); "a b""#;
    assert_eq!(sentences(code), ["the node has no pod"]);
}
