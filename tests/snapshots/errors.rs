//! Every error that a command line, a file, a saved cluster or a kubeconfig can cause, with its hints.

use super::album::Album;
use super::story::{COLUMNS, Story};

const SPEC: &str = include_str!("../documents/spec.yaml");

const MISSPELT: &str = include_str!("../documents/misspelt.yaml");

const PLAIN: &str = "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: logging}
spec:
  selector: {matchLabels: {app: agent}}
  min_ready_seconds: 5
  updateStrategy: {rollingUpdate: {maxUnavailable: \"1\"}}
  template:
    metadata: {labels: {app: other}}
    spec:
      containers:
      - {name: a, image: b, resources: {requests: {memory: 1mb}}}
";

const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
current-context: one
contexts: [{name: one, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
users: [{name: u, user: {token: canary}}]
";

/// A name, and what is run.
const STORIES: &[(&str, &[&str])] = &[
    (
        "usage",
        &[
            "",
            "nonsense",
            "doctr",
            "doctor --nonsense",
            "doctor --nod n1",
            "doctor -o xml",
            "doctor -n",
            "status",
            "deploy",
            "delete a b",
        ],
    ),
    (
        "usage-contradictions",
        &["doctor -A -n x", "doctor -A agent", "doctor --node n1 --node n2", "delete agent -f spec.yaml"],
    ),
    (
        "durations",
        &[
            "doctor --grace 90 --snapshot CLUSTER",
            "doctor --grace PT2M --snapshot CLUSTER",
            "doctor --request-timeout nonsense",
        ],
    ),
    (
        "names",
        &[
            "doctor ds/log-agnet -n logging --snapshot CLUSTER",
            "doctor log-agent -n loging --snapshot CLUSTER",
            "doctor pods/x --snapshot CLUSTER",
            "doctor --node app-9 --snapshot CLUSTER",
            "doctor --ignore DS999 --snapshot CLUSTER",
            "doctor --ignore DS210@a==b==c --snapshot CLUSTER",
            "doctor --expect a==b==c --snapshot CLUSTER",
            "doctor -l a==b==c --snapshot CLUSTER",
            "doctor --fail-on everything --snapshot CLUSTER",
        ],
    ),
    (
        "namespaces",
        &[
            "doctor -f plain.yaml -n shop --snapshot CLUSTER",
            "doctor -n ../x --snapshot CLUSTER",
            "render -f spec.yaml -n shop",
        ],
    ),
    (
        "files",
        &[
            "render -f missing.yaml",
            "render -f empty.yaml",
            "render -f empty",
            "render -f torn.yaml",
            "render -f deep.yaml",
            "render -f other.yaml",
            "doctor -f missing.yaml --snapshot CLUSTER",
            "lint -f torn.yaml",
        ],
    ),
    (
        "documents",
        &[
            "render -f misspelt.yaml",
            "lint -f misspelt.yaml",
            "lint -f plain.yaml",
            "doctor -f plain.yaml --snapshot CLUSTER",
        ],
    ),
    (
        "saved-clusters",
        &[
            "doctor --snapshot missing.json",
            "doctor --snapshot empty",
            "doctor --snapshot empty.yaml",
            "doctor --snapshot torn.json",
            "doctor --snapshot deep.json",
            "doctor --snapshot twice.yaml",
            "doctor --snapshot boolean.yaml",
            "doctor --snapshot CLUSTER --snapshot-limit 1Ki",
            "doctor --snapshot CLUSTER --snapshot-limit many",
            "doctor --snapshot nodeless.json",
        ],
    ),
    (
        "secrets",
        &[
            "render -f spec.yaml",
            "render -f spec.yaml --show-secrets",
            "render -f spec.yaml --show-secrets --allow-env",
            "render -f near.yaml --show-secrets",
            "render -f far.yaml --show-secrets",
            "render -f folder.yaml --show-secrets",
            "render -f own/outside.yaml --show-secrets",
            "render -f own/outside.yaml --show-secrets --allow-local-files",
            "render -f own/large.yaml --show-secrets",
            "render -f spec.yaml --show-secrets --image-pull-config empty.yaml",
        ],
    ),
    (
        "import",
        &[
            "import -f spec.yaml",
            "import -f plain.yaml",
            "import -f misfit.yaml",
            "import -f imageless.yaml",
            "import -f image-list.yaml",
            "import -f missing.yaml",
        ],
    ),
    (
        "kubeconfig",
        &[
            "doctor",
            "doctor --kubeconfig missing",
            "doctor --kubeconfig torn.yaml",
            "doctor --kubeconfig misshapen.yaml",
            "doctor --kubeconfig config --certificate-authority none.pem",
            "doctor --kubeconfig config --user two",
            "doctor --kubeconfig config --cluster two",
            "doctor --kubeconfig config --context two",
            "doctor --kubeconfig config --as-group g",
            "doctor --kubeconfig config",
            "doctor --server 127.0.0.1:1",
            "doctor --server ftp://127.0.0.1",
            "doctor --server http://127.0.0.1:1 --request-timeout 1s",
        ],
    ),
    ("schema", &["schema", "schema nonsense", "completion", "completion nonsense", "version"]),
];

fn files(story: &Story) {
    let cluster = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/example/cluster.json");
    story.file("cluster.json", std::fs::read(cluster).expect("the example"));
    story.file("spec.yaml", SPEC);
    let reading = |path: &str| SPEC.replace("{from_env: SPEC_TEST_TOKEN}", &format!("{{from_file: {path}}}"));
    story.file("near.yaml", reading("missing.txt"));
    story.file("far.yaml", reading("../far.txt"));
    story.file("folder.yaml", reading("."));
    story.file("far.txt", "far");
    story.file("own/outside.yaml", reading("../far.txt"));
    story.file("own/large.yaml", reading("large.txt"));
    story.file("own/large.txt", vec![b'x'; (1 << 20) + 1]);
    story.file("misspelt.yaml", MISSPELT);
    let importable = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: x}\nspec:\n  \
                      selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    \
                      spec: {containers: [{name: c, image: 'i:1'}]}\n";
    story.file("imageless.yaml", importable.replace("image:", "imag:"));
    story.file("image-list.yaml", importable.replace("'i:1'", "[1]"));
    story.file("plain.yaml", PLAIN);
    story.file(
        "misfit.yaml",
        PLAIN
            .replace("  min_ready_seconds: 5\n", "  nonsense: [1]\n")
            .replace("1mb", "1Mi")
            .replace("other", "agent")
            .replace("\"1\"", "1"),
    );
    story.file("other.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    story.file("empty.yaml", "");
    story.file("empty/.keep", "");
    story.file("torn.yaml", "spec:\n  token: [hush\n");
    story.file("torn.json", r#"{"kind": "List", "items": [{"kind": "Node", "metadata": {"name":"#);
    story.file("deep.yaml", "[".repeat(300));
    story.file("deep.json", format!(r#"{{"kind": "Node", "x": {}1{}}}"#, "[".repeat(300), "]".repeat(300)));
    story.file("twice.yaml", "kind: List\nitems: []\nitems: []\n");
    story.file("boolean.yaml", "kind: Node\nmetadata:\n  name: on\n");
    story.file("nodeless.json", r#"{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p", "namespace": "d"}}"#);
    story.file("config", KUBECONFIG);
    story.file("misshapen.yaml", "users: {token: hush}\n");
}

#[test]
fn every_error_has_a_cause_and_a_hint() {
    let mut album = Album::new("errors");
    for (name, lines) in STORIES {
        let mut story = Story::new();
        files(&story);
        story.set("SPEC_TEST_TOKEN", "from-outside");
        for line in *lines {
            let words = line.split(' ').filter(|word| !word.is_empty());
            let args: Vec<&str> = words.map(|word| if word == "CLUSTER" { "cluster.json" } else { word }).collect();
            let ran = story.run(COLUMNS, &args);
            assert!(ran.code == 0 || !(ran.stdout.is_empty() && ran.stderr.is_empty()), "`{line}` fails silently");
            assert!(!ran.stderr.contains("hush"), "`{line}` shows a secret: {}", ran.stderr);
        }
        album.show(name, &story.text());
    }
    let mut colour = Story::new();
    files(&colour);
    for line in ["doctor --snapshot missing.json --color always", "doctor --nonsense --color always"] {
        colour.run(COLUMNS, &line.split(' ').collect::<Vec<_>>());
    }
    album.show("colour", &colour.text());
    album.close();
}
