use super::run;

const CLUSTER: &str = "docs/example/cluster.json";

#[test]
fn two_runs_give_the_same_bytes() {
    for format in ["table", "wide", "json", "yaml", "name"] {
        let once = run(&["doctor", "--snapshot", CLUSTER, "-o", format]);
        let again = run(&["doctor", "--snapshot", CLUSTER, "-o", format]);
        assert_eq!((once.code, once.stdout.is_empty()), (2, false), "{format}: {}", once.stderr);
        super::assert_text(&again.stdout, &once.stdout);
    }
}
