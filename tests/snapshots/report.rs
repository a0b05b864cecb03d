//! Reports on the cluster of docs/example: formats, widths, colours, selections.

use super::album::Album;
use super::story::{COLUMNS, Story, WIDE};

const CLUSTER: [&str; 2] = ["--snapshot", "docs/example/cluster.json"];

#[test]
fn the_example_cluster() {
    let agent = ["log-agent", "-n", "logging"];
    let document = ["-f", "docs/example/agent.yaml"];
    // A name, what is asked, in what width.
    let stories: &[(&str, &[&str], usize)] = &[
        ("all", &["-A"], COLUMNS),
        ("all-narrow", &["-A"], 20),
        ("all-wide", &["-A", "-o", "wide"], WIDE),
        ("all-wide-narrow", &["-A", "-o", "wide"], COLUMNS),
        ("all-nodes", &["-A", "--all-nodes"], COLUMNS),
        ("all-colour", &["-A", "--color", "always"], COLUMNS),
        ("all-wide-colour", &["-A", "-o", "wide", "--color", "always"], WIDE),
        ("all-names", &["-A", "-o", "name"], COLUMNS),
        ("all-json", &["-A", "-o", "json"], COLUMNS),
        ("all-markdown", &["-A", "-o", "markdown"], COLUMNS),
        ("all-junit", &["-A", "-o", "junit"], COLUMNS),
        ("all-sarif", &["-A", "-o", "sarif"], COLUMNS),
        ("one", &agent, COLUMNS),
        ("one-at-160-columns", &agent, WIDE),
        ("one-yaml", &[&agent[..], &["-o", "yaml"]].concat(), COLUMNS),
        ("one-accepted", &[&agent[..], &["--ignore", "DS210", "--ignore", "DS104@pool=ml"]].concat(), COLUMNS),
        ("one-expected", &[&agent[..], &["--expect", "all"]].concat(), COLUMNS),
        ("node", &["--node", "ml-1"], COLUMNS),
        ("node-of-one", &[&agent[..], &["--node", "app-2"]].concat(), COLUMNS),
        ("node-markdown", &["--node", "app-2", "-o", "markdown"], COLUMNS),
        ("node-wide", &["--node", "app-2", "-o", "wide"], WIDE),
        ("file", &document, COLUMNS),
        ("file-wide", &[&document[..], &["-o", "wide"]].concat(), WIDE),
        ("file-colour", &[&document[..], &["--color", "always"]].concat(), COLUMNS),
    ];
    let mut album = Album::new("report");
    for (name, asked, columns) in stories {
        let mut story = Story::of_project();
        story.run(*columns, &[&["doctor"], *asked, &CLUSTER].concat());
        album.show(&format!("example-{name}"), &story.text());
    }
    let mut ascii = Story::of_project();
    ascii.set("LC_ALL", "C");
    ascii.run(COLUMNS, &[&["doctor", "-A"], &CLUSTER[..]].concat());
    album.show("example-all-ascii", &ascii.text());
    for kind in ["logs", "metrics", "network", "security", "storage"] {
        let mut story = Story::of_project();
        let file = format!("docs/examples/{kind}.yaml");
        story.run(COLUMNS, &[&["doctor", "-f", &file], &CLUSTER[..]].concat());
        album.show(&format!("examples-{kind}"), &story.text());
    }
    album.close();
}
