//! One report in several forms: on standard output and in files.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{assert_text, cluster_of, file, root, run, run_in};

const CLUSTER: &str = "docs/example/cluster.json";
const FORMATS: [&str; 9] = ["table", "wide", "json", "yaml", "name", "markdown", "junit", "sarif", "html"];

#[test]
fn several_forms_in_one_run_are_those_of_single_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = |format: &str| folder.path().join(format).display().to_string();
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("-o={format}={}", path(format))).collect();
    let mut args = vec!["doctor", "-A", "--all-nodes", "--snapshot", CLUSTER];
    args.extend(outputs.iter().map(String::as_str));
    let all = run(&args);
    assert_eq!((all.code, all.stdout.as_str()), (2, ""), "{}", all.stderr);
    for format in ["json", "yaml", "name", "markdown", "junit", "sarif", "html"] {
        let alone = run(&["doctor", "-A", "--all-nodes", "--snapshot", CLUSTER, "-o", format]);
        assert_text(&std::fs::read_to_string(path(format)).unwrap(), &alone.stdout);
    }
    let out = path("out");
    let written = run(&["doctor", "-A", "--snapshot", CLUSTER, "-o", "json", "--out", &out]);
    assert_eq!((written.code, written.stdout.as_str()), (2, ""), "{}", written.stderr);
    assert!(std::fs::read_to_string(&out).unwrap().ends_with("}\n"));
}

/// A file that cannot be written ends the command before a cluster is read; nothing is left behind.
#[test]
fn a_form_that_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = root().join(CLUSTER).display().to_string();
    let refused = run_in(folder.path(), &["doctor", "-A", "--snapshot", &cluster, "-o", "json=a", "-o", "junit=no/b"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("no/b"), "{}", refused.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let missing = run_in(folder.path(), &["doctor", "-A", "--snapshot", "no-such-file", "-o", "json=a"]);
    assert_eq!(missing.code, 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let twice = run_in(folder.path(), &["doctor", "-A", "--snapshot", &cluster, "-o", "json", "-o", "junit"]);
    assert_eq!((twice.code, twice.stdout.as_str()), (1, ""), "{}", twice.stderr);
}

/// Whatever stands in a cluster, the XML is well-formed, and its counts are those of its cases.
#[test]
fn junit_is_well_formed_xml() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "a]]><failure \u{1b}[31m&amp;'\"\u{0}\u{fffe}";
    let cluster = file(&folder, "cluster.json", &cluster_of(hostile));
    for source in [CLUSTER, &cluster] {
        let ran = run(&["doctor", "-A", "--snapshot", source, "-o", "junit"]);
        let mut reader = Reader::from_str(&ran.stdout);
        let (mut cases, mut told, mut failures) = (0, 0, 0);
        loop {
            match reader.read_event().expect("the XML is well-formed") {
                Event::Eof => break,
                Event::Start(element) | Event::Empty(element) => match element.name().as_ref() {
                    b"testcase" => cases += 1,
                    b"failure" => failures += 1,
                    b"testsuite" => {
                        let tests = element.try_get_attribute("tests").unwrap().expect("a suite counts its cases");
                        told += std::str::from_utf8(&tests.value).unwrap().parse::<usize>().unwrap();
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        assert_eq!(cases, told);
        assert_eq!(failures > 0, ran.code == 2, "{}", ran.stdout);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{0}', '\u{fffe}']), "{}", ran.stdout);
    }
}
