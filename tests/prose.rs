//! Every flag, annotation, code and JSON field that the documents name exists in the program. The commands that they
//! show are run by `docs.rs`; this is about the sentences.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// Flags of other programs that the documents name: kubectl's own, a kubelet's, and those of old kubectls that the
/// plugin refuses.
const FOREIGN_FLAGS: &[&str] = &[
    "--all-containers",
    "--allowed-unsafe-sysctls",
    "--create-namespace",
    "--log-flush-frequency",
    "--make-rshared",
    "--make-shared",
    "--match-server-version",
    "--output-directory",
    "--password",
    "--previous",
    "--profile",
    "--root-dir",
    "--server-side",
    "--show-labels",
    "--to-revision",
    "--username",
    "--vmodule",
];

/// Fields of charts and names of functions of Kubernetes, which documents name.
const FOREIGN_FIELDS: &[&str] = &[
    "csiRBDPluginResource",
    "failedPodsBackoff",
    "getPullSecretsForPod",
    "kubeletDirPath",
    "longhornManager",
    "pluginTolerations",
    "rbdLivenessMetricsPort",
    "taintToleration",
];

/// One document with its name.
struct Document {
    name: String,
    text: String,
}

fn documents() -> Vec<Document> {
    let project = Path::new(PROJECT);
    let mut paths = vec![project.join("README.md"), project.join("SECURITY.md")];
    files(&project.join("docs"), "md", &mut paths);
    paths.sort();
    // Written from the help, which is what the others are held against.
    paths.retain(|path| !path.ends_with("docs/commands.md"));
    let document = |path: PathBuf| Document {
        text: fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        name: path.strip_prefix(project).unwrap_or(&path).display().to_string(),
    };
    paths.into_iter().map(document).collect()
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(PROJECT).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The source without tests and without comments, which are prose as well.
fn source() -> String {
    let mut paths = Vec::new();
    files(&Path::new(PROJECT).join("src"), "rs", &mut paths);
    let mut all = String::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a source");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            all.push_str(line);
            all.push('\n');
        }
    }
    all
}

/// The lines of a document that are no code block.
fn prose(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Words of these characters that stand behind a mark. What stands before the mark must not belong to a word.
fn words(text: &str, mark: &str, belongs: impl Fn(char) -> bool) -> BTreeSet<String> {
    let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | '.' | ':'));
    text.match_indices(mark)
        .filter(|(at, _)| begins(*at))
        .map(|(at, _)| text[at + mark.len()..].chars().take_while(|c| belongs(*c)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// What stands in backticks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn check(kind: &str, named: impl Fn(&Document) -> BTreeSet<String>, exists: impl Fn(&str) -> bool) {
    let (mut seen, mut wrong) = (0, Vec::new());
    for document in documents() {
        for name in named(&document) {
            seen += 1;
            if !exists(&name) {
                wrong.push(format!("{}: {name}", document.name));
            }
        }
    }
    assert!(seen > 0, "no document names a {kind}");
    assert!(wrong.is_empty(), "the program does not know these {kind}s:\n{}", wrong.join("\n"));
}

#[test]
fn flags_that_the_documents_name_exist() {
    let is_of_flag = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let help = read("docs/commands.md");
    let known: BTreeSet<String> = words(&help, "--", is_of_flag);
    check(
        "flag",
        |document| {
            let found = words(&prose(&document.text), "--", is_of_flag).into_iter();
            found.filter(|flag| flag.starts_with(|c: char| c.is_ascii_lowercase())).collect()
        },
        |flag| {
            let flag = flag.trim_end_matches('-');
            // `--fail-if-...` stands for several.
            let is_family = known.iter().any(|known| known.starts_with(&format!("{flag}-")));
            known.contains(flag) || is_family || FOREIGN_FLAGS.contains(&format!("--{flag}").as_str())
        },
    );
}

#[test]
fn annotations_that_the_documents_name_exist() {
    let source = source();
    check(
        "annotation",
        |document| words(&document.text, "kubectl-daemonset/", |c| c.is_ascii_alphanumeric() || c == '-'),
        // The repository is called as its owner.
        |name| name == "kubectl-daemonset" || source.contains(&format!("\"kubectl-daemonset/{name}\"")),
    );
}

#[test]
fn codes_that_the_documents_name_exist() {
    let folder = Path::new(PROJECT).join("docs/codes");
    let retired = read("docs/codes/retired.txt");
    check(
        "code",
        |document| {
            let found = words(&document.text, "DS", |c| c.is_ascii_digit()).into_iter();
            found.filter(|digits| digits.len() == 3).collect()
        },
        |digits| folder.join(format!("DS{digits}.md")).exists() || retired.contains(&format!("DS{digits} ")),
    );
}

#[test]
fn fields_that_the_documents_name_exist() {
    let known = [read("docs/report.schema.json"), read("docs/spec.schema.json"), source()].concat();
    let is_of_name = |c: char| c.is_ascii_alphanumeric();
    let known: BTreeSet<&str> = known.split(|c: char| !is_of_name(c)).collect();
    let is_field = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.contains(|c: char| c.is_ascii_uppercase())
            && word.chars().all(is_of_name)
    };
    check(
        "field",
        |document| {
            let text = prose(&document.text);
            let parts =
                spans(&text).filter(|span| !span.contains(' ')).flat_map(|span| span.split(['.', '[', ']', ':']));
            parts.filter(|part| is_field(part)).map(str::to_owned).collect()
        },
        |field| known.contains(field) || FOREIGN_FIELDS.contains(&field),
    );
}

/// The checks find what is wrong.
#[test]
fn names_are_found_in_sentences() {
    let text = "Use `--no-such` or (--other=x), not a--b; `kubectl-daemonset/doctor-ignore`.\n```\n--hidden\n```\n";
    let flags = words(&prose(text), "--", |c| c.is_ascii_lowercase() || c == '-');
    assert_eq!(flags.into_iter().collect::<Vec<_>>(), ["no-such", "other"]);
    let annotations = words(text, "kubectl-daemonset/", |c| c.is_ascii_alphanumeric() || c == '-');
    assert_eq!(annotations.into_iter().collect::<Vec<_>>(), ["doctor-ignore"]);
}
