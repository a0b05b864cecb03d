use super::{assert_text, run};

#[test]
fn a_code_is_explained() {
    let ran = run(&["explain", "ds103"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_text(
        &ran.stdout,
        "\
# DS103: the template names another node

Usually info.

## What it means

spec.nodeName of the template names one node. The controller makes a pod for
that node alone, and no scheduler is asked.

## What to do

Take nodeName out of the template; use nodeSelector to choose nodes.
",
    );
}

#[test]
fn a_rule_of_lint_is_explained_as_its_page() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes/DS907.md")).unwrap();
    for code in ["DS907", "ds907"] {
        let ran = run(&["explain", code]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert_text(&ran.stdout, &page);
    }
}

#[test]
fn all_codes_are_listed() {
    let ran = run(&["explain"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.starts_with("DS101  info     nodeSelector does not match the node\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nDS907  lint     Image that changes\n"), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.len() <= 80), "{}", ran.stdout);
}

#[test]
fn a_code_that_is_none_is_told() {
    let ran = run(&["explain", "DS999"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_text(&ran.stderr, "error: there is no code `DS999`\nhint: `kubectl daemonset explain` lists all of them\n");
}

#[test]
fn a_code_that_was_retired_says_what_it_meant() {
    let ran = run(&["explain", "ds112"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_text(
        &ran.stderr,
        "error: DS112 is no longer used: the cluster has no nodes; the command says so and ends with 1\n\
         hint: `kubectl daemonset explain` lists all of them\n",
    );
}
