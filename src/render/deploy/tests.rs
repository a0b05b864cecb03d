//! What people see of a deployment.

use std::collections::BTreeSet;

use std::io::{Result, Write};
use std::time::Duration;

use super::live::live;
use super::plan::fields;
use super::*;
use crate::deploy::difference::Change;
use crate::deploy::rollout::PodTrouble;
use crate::deploy::rollout::{BlockReason, ProgressUpdate, RolloutStatus};
use crate::findings::Code;
use crate::model::daemonset::DaemonSetStatus;

fn text(write: impl FnOnce(&mut dyn Write) -> Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn look(waiting: &[(&str, BlockReason)]) -> RolloutStatus {
    let status = DaemonSetStatus { desired: 3, updated: 1, available: 2, ..Default::default() };
    let waiting = waiting.iter().map(|(n, h)| ((*n).to_owned(), h.clone())).collect();
    RolloutStatus { observed: true, status, waiting, ..RolloutStatus::default() }
}

const GRACE: Duration = Duration::from_secs(10);

fn news(look: &RolloutStatus) -> ProgressUpdate<'_> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    let hopeless_for = look.waiting.values().any(BlockReason::is_terminal).then_some(Duration::ZERO);
    ProgressUpdate {
        look,
        out_of_reach: None,
        lasts: Duration::from_secs(7),
        excused: &NONE,
        went_down: &NONE,
        joined: &NONE,
        left: &NONE,
        holds: None,
        hopeless_for,
        reasons: &[],
    }
}

fn shown(progress: &mut Progress, look: &RolloutStatus, size: Option<(usize, usize)>) -> String {
    text(|out| progress.show(out, &news(look), size))
}

fn no_image(message: &str) -> BlockReason {
    let message = format!("container c: ImagePullBackOff: {message}");
    BlockReason::Pod(PodTrouble { code: Code::IMAGE_PULL, word: "ImagePullBackOff".into(), message })
}

#[test]
fn a_pipe_gets_one_line_for_each_change() {
    let mut progress = Progress::new(GRACE, false);
    let old = look(&[("n1", BlockReason::Old), ("n2", BlockReason::Starting)]);
    assert_eq!(shown(&mut progress, &old, None), "1 of 3 updated, 2 available; 1 old pod (n1); 1 starting (n2)\n");
    assert_eq!(shown(&mut progress, &old, None), "");
    assert_eq!(
        shown(&mut progress, &look(&[("n1", no_image("not \u{1b}[31m found"))]), None),
        "some pods do not recover without a change; the command gives up after 10s\n1 of 3 updated, 2 available; 1 ImagePullBackOff (n1)\n  \
         n1: container c: ImagePullBackOff: not \\u{1b}[31m found (DS420)\n"
    );
}

#[test]
fn a_large_rollout_fills_no_log() {
    let mut progress = Progress::new(GRACE, false);
    let mut lines = 0;
    let mut last = String::new();
    // 5,000 nodes, ten more with each look; after a while 600 of them fail for one cause and others for another.
    for number in 0..=500_i64 {
        let mut look = look(&[]);
        look.wanted = (0..5000).map(|n| format!("n{n:04}")).collect();
        look.seen = (number * 10, number * 10);
        let mut hold = |node: i64, hold: BlockReason| drop(look.waiting.insert(format!("n{node:04}"), hold));
        (number * 10..5000).for_each(|node| hold(node, BlockReason::Old));
        if number > 100 {
            (0..number).for_each(|node| hold(node, no_image(&format!("of pod {node}"))));
            hold(4999, BlockReason::Refused("quota".into()));
        }
        let news = ProgressUpdate { lasts: Duration::from_millis(number as u64 * 200), ..news(&look) };
        last = text(|out| progress.show(out, &news, None));
        lines += last.lines().count();
        assert!(last.lines().all(|line| line.len() < 500), "{last}");
    }
    assert!((12..40).contains(&lines), "{lines} lines");
    assert!(last.starts_with("5000 of 5000 updated"), "{last}");
}

#[test]
fn a_pipe_is_never_silent_for_long() {
    let mut progress = Progress::new(GRACE, false);
    let look = look(&[("n1", BlockReason::Starting)]);
    let mut at = |seconds: u64| {
        let news = ProgressUpdate { lasts: Duration::from_secs(seconds), ..news(&look) };
        text(|out| progress.show(out, &news, None)).lines().count()
    };
    assert_eq!([at(0), at(10), at(29), at(30), at(45), at(61)], [1, 0, 0, 1, 0, 1]);
}

#[test]
fn a_live_table_fits_its_terminal() {
    let long = no_image(&"a long \u{1b}[31m story ".repeat(9));
    let look =
        look(&[("n1", BlockReason::Starting), ("n2", long), ("n3", BlockReason::Old), ("n4", BlockReason::NotReady)]);
    let lines = live(&news(&look), 60, 24);
    assert!(lines.iter().all(|line| line.chars().count() < 60 && !line.contains('\u{1b}')), "{lines:?}");
    let first: Vec<&str> = lines.iter().map(|line| line.split_at(line.len().min(12)).0).collect();
    assert_eq!(
        first,
        ["1 of 3 updat", "  1 not read", "  n2  contai", "      story ", "  n1  starti", "  n4  not re"],
        "what waiting does not mend is first, in two lines at most"
    );
    assert!(lines[3].ends_with(" ..."), "{lines:?}");
    for height in 5..9 {
        let lines = live(&news(&look), 60, height);
        assert!(lines.len() < height.max(6), "{height}: {lines:?}");
        assert!(height == 8 || lines.last().is_some_and(|line| line.starts_with("  and ")), "{height}: {lines:?}");
    }
}

#[test]
fn nodes_that_are_held_up_are_told_together() {
    let mut look = look(&[("n1", BlockReason::Old), ("n2", BlockReason::Old), ("n9", BlockReason::Starting)]);
    (look.bound, look.silent) = (Some(1), BTreeSet::from(["n9".to_owned()]));
    let excused = look.silent.clone();
    assert_eq!(
        live(&ProgressUpdate { excused: &excused, ..news(&look) }, 90, 24),
        [
            "1 of 3 updated, 2 available after 7s, 2 old pods, 1 starting",
            "  n9  starting (not waited for)",
            "  old pod not replaced: unreachable node n9 uses up maxUnavailable (1)"
        ]
    );
}

#[test]
fn a_terminal_gets_a_table_that_is_drawn_anew() {
    let mut progress = Progress::new(GRACE, false);
    let size = Some((80, 24));
    assert!(!shown(&mut progress, &look(&[("n1", BlockReason::Starting)]), size).contains('\x1b'));
    let second = shown(&mut progress, &look(&[("n1", no_image("m"))]), size);
    let drawn =
        "\x1b[2A\x1b[Jsome pods do not recover without a change; the command gives up after 10s\n1 of 3 updated";
    assert!(second.starts_with(drawn), "{second:?}");
}

#[test]
fn what_happens_to_nodes_is_told_once() {
    let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<String>>();
    let look = look(&[("n1", BlockReason::Starting), ("n9", BlockReason::NoPod)]);
    let mut progress = Progress::new(GRACE, false);
    let excused = set(&["n9"]);
    let first = text(|out| progress.show(out, &ProgressUpdate { excused: &excused, ..news(&look) }, None));
    assert!(first.starts_with("NotReady before, not waited for: n9\n1 of 3"), "{first}");
    let (joined, left, down) = (set(&["n7"]), set(&["n2"]), set(&["n1"]));
    let moved = ProgressUpdate { joined: &joined, left: &left, went_down: &down, ..news(&look) };
    let told = "joined, not waited for: n7\nleft: n2\nNotReady now: n1\n";
    assert_eq!(text(|out| progress.show(out, &moved, None)), told);
    assert_eq!(text(|out| progress.show(out, &moved, None)), "");
    let back = ProgressUpdate { joined: &joined, left: &left, out_of_reach: Some("no answer"), ..news(&look) };
    assert_eq!(text(|out| progress.show(out, &back, None)), "API server unreachable, retrying: no answer\n");
    let back = ProgressUpdate { out_of_reach: None, ..back };
    assert_eq!(text(|out| progress.show(out, &back, None)), "Ready again: n1\nAPI server reachable again\n");
}

#[test]
fn values_are_bounded_and_escaped() {
    let changes = [
        Change { path: "data.a".into(), before: Some("x\ny".into()), after: Some("z".repeat(100).into()) },
        Change { path: "spec.b".into(), before: None, after: Some(serde_json::json!({"c": 1})) },
    ];
    assert_eq!(
        super::words::shorten("{\"type\":\"RollingUpdate\",\"maxUnavailable\":1}", 40),
        "{\"type\":\"RollingUpdate\", ..."
    );
    let text = text(|out| fields(&mut super::words::Lines { out, width: 200 }, &changes));
    assert_eq!(text, format!("    data.a: x\\ny -> {} ...\n    spec.b: + {{\"c\":1}}\n", "z".repeat(60)));
}
