//! What lint prints about the example of each of its rules.

use kubectl_daemonset::manifest::lint::{RULES, example};

use super::album::Album;
use super::story::{COLUMNS, Story, WIDE};

#[test]
fn every_rule_finds_its_example() {
    let mut album = Album::new("lint");
    for rule in RULES.iter().filter(|rule| !rule.example.is_empty()) {
        let mut story = Story::new();
        story.file("agent.yaml", example(rule));
        let found = story.run(COLUMNS, &["lint", "-f", "agent.yaml", "--notes"]).stdout;
        assert!(found.contains(&format!("[{}]", rule.code)), "{}: {found}", rule.code);
        album.show(rule.code, &story.text());
    }

    let mut story = Story::new();
    story.file("agent.yaml", example(&RULES[0]));
    for (columns, more) in [
        (WIDE, &[][..]),
        (COLUMNS, &["--color", "always"]),
        (COLUMNS, &["-o", "json"]),
        (COLUMNS, &["-o", "sarif"]),
        (COLUMNS, &["-o", "junit"]),
    ] {
        story.run(columns, &[&["lint", "-f", "agent.yaml"], more].concat());
    }
    album.show("formats", &story.text());

    // What only a cluster can tell.
    let mut story = Story::new();
    story.file("agent.yaml", example(&RULES[0]).replace("spec:\n", "spec:\n  node_selector: {disk: ssd}\n"));
    story.file(
        "cluster.json",
        r#"{"kind": "List", "apiVersion": "v1", "items": [
            {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1", "labels": {"disk": "hdd"}}},
            {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web", "namespace": "agents"},
             "spec": {"selector": {"matchLabels": {}}, "template": {"metadata": {"labels": {}}}}}]}"#,
    );
    story.run(COLUMNS, &["lint", "-f", "agent.yaml", "--snapshot", "cluster.json"]);
    album.show("with-a-cluster", &story.text());

    let mut story = Story::new();
    story.file(
        "agent.yaml",
        example(&RULES[0])
            .replace("{name: agent}", "{name: agent, annotations: {kubectl-daemonset/lint-ignore: DS901 measured}}"),
    );
    story.run(COLUMNS, &["lint", "-f", "agent.yaml"]);
    story.run(COLUMNS, &["lint", "-f", "agent.yaml", "--no-exemptions"]);
    story.run(COLUMNS, &["lint", "-f", "agent.yaml", "--fail-on", "warning"]);
    album.show("exemptions", &story.text());
    album.close();
}
