//! Real DaemonSets, which are kept beside the project and not in it.

use std::path::{Path, PathBuf};

use kubectl_daemonset::spec::load;

/// The manifests; empty, and said so, where they are not there.
pub fn manifests() -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(entries) = std::fs::read_dir(&dir) else {
        println!("not checked: there is no {}", dir.display());
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
