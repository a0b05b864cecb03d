//! Pages that are made from the code, and examples that are checked by it. With the variable
//! `KUBECTL_DAEMONSET_UPDATE` set, the pages are written instead of compared.

use std::path::{Path, PathBuf};

use kubectl_daemonset::manifest::lint::{RULES, Surroundings, lint};
use kubectl_daemonset::manifest::{ImportOptions, Source, import, load, reference, schema};
use kubectl_daemonset::yaml;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn compare(path: &Path, made: &str) {
    if std::env::var_os("KUBECTL_DAEMONSET_UPDATE").is_some() {
        std::fs::write(path, made).expect("a page that can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "{} has drifted; run the test with KUBECTL_DAEMONSET_UPDATE=1", path.display());
}

#[test]
fn generated_pages_have_not_drifted() {
    let schema = serde_json::to_string_pretty(&schema()).expect("JSON") + "\n";
    compare(&docs().join("spec.schema.json"), &schema);
    compare(&docs().join("spec-fields.md"), &reference());
    for rule in RULES {
        compare(&docs().join(format!("codes/{}.md", rule.code)), &rule.markdown());
    }
}

fn examples() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(docs().join("examples")).expect("examples");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|f| (f.display().to_string(), std::fs::read_to_string(f).expect("an example"))).collect()
}

/// The examples are whole, have no finding worth a warning, and follow the schema, as does every imported manifest.
#[test]
fn examples_are_sound_and_follow_the_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let assert_follows = |name: &str, text: &str| {
        let document = yaml::parse(text).documents[0].to_json();
        let told: Vec<String> =
            validator.iter_errors(&document).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(told.is_empty(), "{name}: {}", told.join("\n"));
    };
    let examples = examples();
    assert_eq!(examples.len(), 5, "one for each use case");
    for (name, text) in &examples {
        let loaded = load(name, text);
        assert!(loaded.problems.is_empty(), "{}", loaded.problems[0]);
        let report = lint(&loaded.documents[0], &Source::new(name, text), &Surroundings::default());
        let serious = report.findings.iter().find(|f| f.problem.severity > kubectl_daemonset::manifest::Severity::Info);
        assert!(serious.is_none(), "{}", serious.expect("a finding").problem);
        assert_follows(name, text);
    }
    for (file, text) in super::corpus::manifests() {
        let name = file.display().to_string();
        let wanted = load(&name, &text).documents[0].daemon_set().expect("a DaemonSet");
        // What the API server refuses becomes no spec.
        if let Ok(imported) = import(&wanted, &ImportOptions::default()) {
            assert_follows(&name, &imported.text());
        }
    }
}

/// What reading refuses for its shape, the schema refuses too.
#[test]
fn the_schema_refuses_mistakes() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let base = "apiVersion: kubernetes.planton.dev/v1\nkind: KubernetesDaemonSet\nmetadata: {name: a}\nspec:\n  namespace: b\n  container: {app: {image: c}}\n";
    let document = |more: &str| yaml::parse(&format!("{base}{more}")).documents[0].to_json();
    assert!(validator.is_valid(&document("")));
    assert!(validator.is_valid(&document("  createNamespace: true\n  pod: {hostPID: true, hostIpc: true}\n")));
    for more in [
        "  tolerationz: []\n",
        "  tolerations: {}\n",
        "  tolerations: [{operator: Sometimes}]\n",
        "  min_ready_seconds: -1\n",
        "  node_selector: {a: 1}\n",
        "  pod: {host_network: 'yes'}\n",
        "  container2: 1\n",
    ] {
        assert!(!validator.is_valid(&document(more)), "{more}");
        assert!(load("x", &format!("{base}{more}")).has_errors(), "{more}");
    }
    assert!(!validator.is_valid(&yaml::parse(&base.replace("  namespace: b\n", "")).documents[0].to_json()));
}
