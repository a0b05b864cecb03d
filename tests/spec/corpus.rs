//! Real DaemonSets, which are kept beside the project and not in it.

use std::path::{Path, PathBuf};

use kubectl_daemonset::manifest::{ImportOptions, import, load};
use serde_json::Value;

/// The manifests; empty, and said so, where they are not there.
pub fn manifests() -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(entries) = std::fs::read_dir(&dir) else {
        crate::summary::absent("real manifests", "../shared/corpus");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    files.into_iter().map(|f| (f.clone(), std::fs::read_to_string(&f).expect("a readable manifest"))).collect()
}

/// All of them are read, and only the mistakes that they really hold are told.
#[test]
fn real_manifests_are_taken_for_what_they_are() {
    let mut told = Vec::new();
    for (file, text) in manifests() {
        let name = file.file_name().expect("a file name").to_string_lossy().into_owned();
        let loaded = load(&name, &text);
        assert_eq!(loaded.documents.len(), 1, "{name}");
        assert_eq!(loaded.documents[0].kind(), "DaemonSet", "{name}");
        told.extend(loaded.problems.iter().map(|p| (name.clone(), p.at.map_or(0, |m| m.line), p.message.clone())));
    }
    if told.is_empty() {
        return;
    }
    let expected = [
        ("node-problem-detector-addon.yaml", 22, "unknown field `nodeSelectors`, did you mean `nodeSelector`?"),
        ("rook-ceph-csi-rbdplugin.yaml", 216, "unknown field `name`"),
        ("rook-ceph-csi-rbdplugin.yaml", 222, "unknown field `name`"),
    ];
    assert_eq!(told, expected.map(|(f, l, m)| (f.to_owned(), l, m.to_owned())));
}

/// What an object is once nothing is the same as absent.
pub fn tidy(value: &Value) -> Value {
    let empty = |v: &Value| match v {
        Value::Null => true,
        Value::Array(a) => a.is_empty(),
        Value::Object(m) => m.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), tidy(v))).filter(|(_, v)| !empty(v)).collect(),
        Value::Array(items) => items.iter().map(tidy).collect(),
        other => other.clone(),
    }
}

/// Importing and rendering gives the same object, mistakes included, and the spec is shorter.
#[test]
fn importing_loses_nothing() {
    let (mut before, mut after, mut patched) = (0, 0, Vec::new());
    for (file, text) in manifests() {
        let name = file.file_name().expect("a file name").to_string_lossy().into_owned();
        let wanted = load(&name, &text).documents[0].daemon_set().expect("a DaemonSet");
        let imported = match import(&wanted, &ImportOptions::default()) {
            Ok(imported) => imported,
            // The API server refuses it: that is said, and nothing is made.
            Err(why) => {
                assert!(load(&name, &text).has_errors(), "{name}: {why}");
                continue;
            }
        };
        let spec = imported.text();
        let loaded = load("spec.yaml", &spec);
        let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
        assert!(!loaded.has_errors(), "{name}: {}\n{spec}", told.join("\n"));
        let rendered = loaded.documents[0].daemon_set().expect("a DaemonSet");
        assert_eq!(tidy(&rendered["spec"]), tidy(&wanted["spec"]), "{name}\n{spec}");
        for key in ["labels", "annotations"] {
            for (label, value) in wanted["metadata"][key].as_object().into_iter().flatten() {
                let known = label.contains("last-applied");
                assert!(known || rendered["metadata"][key][label] == *value, "{name}: {key} {label}");
            }
        }
        before += text.lines().count();
        after += spec.lines().count();
        if !imported.notes.is_empty() {
            patched.push(format!("{name}: {}", imported.notes.join("; ")));
        }
    }
    if before > 0 {
        println!("{before} lines became {after}: {:.2}", after as f64 / before as f64);
        println!("{}", patched.join("\n"));
        assert!(after < before);
    }
}
