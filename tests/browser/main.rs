//! The HTML report in a real Chromium: what is read, what is clicked, what a stranger's names cannot do.
//!
//! `SCREENSHOTS=FOLDER` keeps pictures of what the tests see; look at them after a change of the page.

mod clusters;
mod devtools;
#[path = "../summary/mod.rs"]
mod summary;

use std::path::{Path, PathBuf};
use std::process::Command;

use devtools::Browser;
use serde_json::Value;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/example/cluster.json");
const INSTALL: &str = "install it: `apt-get install chromium`";

/// Writes the report of a saved cluster into a folder, and returns its path with what the terminal would show.
fn report(folder: &Path, cluster: &str) -> (PathBuf, String) {
    let page = folder.join("report.html");
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"))
        .args(["doctor", "-A", "--snapshot", cluster, "-o", "table", "-o"])
        .arg(format!("html={}", page.display()))
        .env_clear()
        .output()
        .expect("the program runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (page, String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Returns a browser, or says that the test was skipped.
fn browser() -> Option<Browser> {
    let started = Browser::start();
    if started.is_none() {
        summary::skipped("the HTML report in a browser", "there is no chromium", INSTALL);
    }
    started
}

/// Nothing went wrong in the page, and it asked for nothing but itself.
#[track_caller]
fn assert_quiet(browser: &Browser) {
    assert!(browser.errors.is_empty(), "{:#?}", browser.errors);
    let others: Vec<_> = browser.requests.iter().filter(|url| !url.starts_with("file:")).collect();
    assert!(others.is_empty() && browser.requests.len() <= 1, "{:?}", browser.requests);
}

/// axe-core finds nothing that people with a screen reader or a keyboard could not use.
fn assert_accessible(browser: &mut Browser, what: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/axe.sh");
    let path = Command::new(script).output().expect("bash runs");
    if !path.status.success() {
        let why = String::from_utf8_lossy(&path.stderr).trim().to_owned();
        return summary::skipped("axe-core", &why, "install npm, which brings it");
    }
    let path = String::from_utf8(path.stdout).expect("a path");
    let axe = std::fs::read_to_string(path.trim()).expect("axe-core");
    browser.eval(&format!("{axe}; true"));
    let found = browser.eval(
        "axe.run({resultTypes: ['violations']}).then(({violations}) => \
         violations.map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 200)).join(' | ')}`))",
    );
    assert_eq!(found, Value::Array(Vec::new()), "{what}: {found:#}");
}

#[test]
fn a_report_is_read_and_used() {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (page, table) = report(folder.path(), EXAMPLE);
    browser.open(&page, "");
    assert_quiet(&browser);
    let title = browser.text("document.querySelector('h1').textContent");
    assert!(table.replace('\n', " ").contains(&title), "{title}: {table}");
    let first = "document.querySelector('article.finding:not([hidden])')";
    let headline = browser.text(&format!("{first}.querySelector('h4').innerText.replace(/\\s+/g, ' ')"));
    let told = table.lines().find(|line| line.starts_with("error[")).expect("an error");
    let code = &told["error[".len()..][..5];
    assert!(headline.contains("error") && headline.contains(code), "{headline}: {told}");
    assert_accessible(&mut browser, "light");
    browser.picture("overview");

    // A link leads to the first finding of a code, and to one finding of one DaemonSet.
    let id = browser.text(&format!("{first}.id"));
    browser.eval(&format!("location.hash = '{code}'"));
    browser.until("document.querySelector('.target') !== null");
    assert_eq!(browser.text("document.querySelector('.target').id"), id);
    let last = browser.text("[...document.querySelectorAll('article.finding')].at(-1).id");
    browser.open(&page, &format!("#{last}"));
    assert_eq!(browser.text("document.querySelector('.target').id"), last);
    assert_eq!(browser.eval("document.querySelector('.target').checkVisibility()"), true);

    copies(&mut browser);
    filters(&mut browser);
    opens_nodes(&mut browser);

    browser.screen(1280, 800, true);
    browser.open(&page, "");
    assert_accessible(&mut browser, "dark");
    browser.picture("dark");
    browser.screen(390, 844, false);
    browser.open(&page, "");
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= innerWidth"), true, "no sideways scrolling");
    assert_accessible(&mut browser, "phone");
    browser.picture("phone");
    browser.eval("document.getElementById('matrix').scrollIntoView()");
    browser.picture("phone-matrix");
    let paper = browser.call("Page.printToPDF", serde_json::json!({}));
    assert!(paper["data"].as_str().is_some_and(|data| data.len() > 1000));
    assert!(!listed(&mut browser).is_empty(), "the table is printed");
    assert_quiet(&browser);
}

/// A button copies the command before it.
fn copies(browser: &mut Browser) {
    let permissions = serde_json::json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.call("Browser.grantPermissions", permissions);
    browser.call("Page.bringToFront", serde_json::json!({}));
    let button = "document.querySelector('article.finding:not([hidden]) .copy + button')";
    browser.eval(&format!("{button}.click()"));
    browser.until(&format!("{button}.textContent === 'copied'"));
    let copied = browser.text("navigator.clipboard.readText()");
    let shown = browser.text(&format!("{button}.previousElementSibling.textContent"));
    assert_eq!(copied.trim_end(), shown.trim_end());
}

/// Chooses a filter.
fn choose(browser: &mut Browser, id: &str, value: &str) {
    browser.eval(&format!(
        "(() => {{ const field = document.getElementById('{id}'); field.value = {}; \
         field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()",
        Value::from(value)
    ));
}

/// The first column of the list.
fn listed(browser: &mut Browser) -> Vec<String> {
    let rows = browser.eval("[...document.querySelectorAll('#rows tr')].map((row) => row.innerText)");
    rows.as_array().expect("rows").iter().map(|row| row.as_str().unwrap_or_default().to_owned()).collect()
}

fn filters(browser: &mut Browser) {
    browser.eval("document.getElementById('list').open = true");
    browser.until("document.querySelector('#rows button') !== null");
    let all = listed(browser);
    let code = browser.text("document.getElementById('cause').options[1].value");
    choose(browser, "cause", &code);
    let of_code = listed(browser);
    assert!(of_code.len() < all.len() && of_code.iter().all(|row| row.contains(&code)), "{code}: {of_code:?}");
    browser.eval("document.getElementById('clear').click()");
    browser.until("document.getElementById('cause').value === ''");
    browser.until(&format!("document.querySelectorAll('#rows tr').length === {}", all.len()));

    let node = browser.text("document.querySelector('#rows th').textContent");
    choose(browser, "text", &node);
    let of_node = listed(browser);
    assert!(!of_node.is_empty() && of_node.iter().all(|row| row.contains(&node)), "{node}: {of_node:?}");
    choose(browser, "text", "nothing is named so");
    assert!(listed(browser).is_empty());
    assert!(browser.text("document.getElementById('counts').textContent").contains("no cell matches"));
    choose(browser, "text", "");
    choose(browser, "set", "0");
    let set = browser.text("document.getElementById('set').selectedOptions[0].textContent");
    assert!(listed(browser).iter().all(|row| row.contains(&set)));
    choose(browser, "set", "");
    let label = browser.text("document.getElementById('label').options[1].value");
    choose(browser, "label", &label);
    assert!(listed(browser).len() < all.len());
    browser.picture("filtered");
    choose(browser, "label", "");

    // Every finding shows the cells of its nodes, also if it is about the rollout and no reason of a node.
    let findings = browser.eval("document.querySelectorAll('article.finding:not([hidden]) button.show').length");
    for number in 0..findings.as_u64().expect("a number") {
        let article = format!(
            "[...document.querySelectorAll('article.finding:not([hidden])')].filter((one) => one.querySelector('.show'))[{number}]"
        );
        browser.eval(&format!("{article}.querySelector('.show').click()"));
        let nodes = browser.text(&format!("{article}.querySelector('.nodes').textContent"));
        let code = browser.text("document.getElementById('cause').value");
        let count: usize = nodes.split(' ').next().and_then(|count| count.parse().ok()).expect("a number of nodes");
        assert_eq!(listed(browser).len(), count, "{code}: {nodes}");
        assert_eq!(browser.text("document.activeElement.id"), "grid");
    }
    browser.eval("document.getElementById('clear').click()");
    browser.until("document.getElementById('cause').value === ''");
}

/// With the keyboard and with the mouse: a group, a node, what is wrong there, and back.
fn opens_nodes(browser: &mut Browser) {
    browser.eval("document.getElementById('fold').click()");
    browser.eval("document.getElementById('grid').focus()");
    for key in ["ArrowUp", "ArrowUp", "Home", "Enter", "ArrowDown"] {
        browser.press(key);
    }
    let said = browser.text("document.getElementById('readout').textContent");
    let node = said.split(',').next().expect("a node").to_owned();
    browser.press("Enter");
    browser.until("document.getElementById('panel').open");
    assert_eq!(browser.text("document.getElementById('panel-title').textContent"), node);
    let panel = browser.text("document.getElementById('panel').innerText");
    assert!(panel.contains("kubectl daemonset doctor") && panel.contains(&format!("--node {node}")), "{panel}");
    assert!(browser.eval("document.querySelectorAll('#panel article.finding').length").as_u64() > Some(0), "{panel}");
    assert_eq!(browser.text("document.activeElement.id"), "close");
    assert_accessible(browser, "a node that is open");
    browser.picture("node");
    browser.press("Escape");
    browser.until("!document.getElementById('panel').open");
    assert_eq!(browser.text("document.activeElement.id"), "grid");

    browser.eval("document.getElementById('grid').scrollIntoView()");
    let box_of = browser.eval("(({x, y}) => [x, y])(document.getElementById('grid').getBoundingClientRect())");
    let (x, y) = (box_of[0].as_f64().unwrap_or_default(), box_of[1].as_f64().unwrap_or_default());
    // The second row, which is the first node of the group; the first DaemonSet.
    browser.click(x + 240.0 + 12.0, y + 150.0 + 22.0 + 12.0);
    browser.until("document.getElementById('panel').open");
    browser.eval("document.getElementById('close').click()");
    browser.until("!document.getElementById('panel').open");
}

/// Names of a cluster are text, whatever they are; and no script but the page's own runs.
#[test]
fn a_strangers_names_do_nothing() {
    let Some(mut browser) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let cluster = folder.path().join("cluster.json");
    std::fs::write(&cluster, clusters::hostile().to_string()).unwrap();
    let (page, _) = report(folder.path(), cluster.to_str().expect("a plain path"));
    browser.open(&page, "");
    for id in ["unfold", "list-title"] {
        browser.eval(&format!("document.getElementById('{id}').click()"));
    }
    browser.until("document.querySelector('#rows button') !== null");
    browser.eval("document.querySelector('#rows button').click()");
    browser.until("document.getElementById('panel').open");
    browser.eval("document.querySelectorAll('[hidden]').forEach((part) => (part.hidden = false))");
    assert_quiet(&browser);
    let text = browser.text("document.body.innerText");
    assert!(text.contains("<img src=x onerror="), "the name is shown as it is");
    assert_eq!(browser.eval("typeof window.stolen"), "undefined");
    assert_eq!(browser.eval("document.querySelectorAll('img, b, iframe, a[href^=javascript]').length"), 0);
    assert_eq!(browser.eval("document.querySelectorAll('script').length"), 1, "the page's own");

    // Even if something slipped in, the policy of the page would not run it.
    browser.eval(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.stolen = 1'}))",
    );
    assert_eq!(browser.eval("typeof window.stolen"), "undefined");
    assert!(browser.errors.iter().any(|error| error.contains("Content Security Policy")), "{:?}", browser.errors);
}

/// 5,000 nodes and 100 DaemonSets: the size, the first paint and the filters. The limits leave room for a busy machine; the
/// measured times are printed.
#[test]
fn a_large_cluster_is_quick() {
    let Some(mut browser) = browser() else { return };
    let measured = measure(&mut browser, 5_000);
    assert!(measured.bytes < 10_000_000, "{measured:?}");
    assert!(measured.first_paint < 3_000.0, "{measured:?}");
    assert!(measured.filter < 300.0, "{measured:?}");
    browser.picture("large");
    browser.eval("document.getElementById('matrix').scrollIntoView()");
    browser.picture("large-matrix");
    browser.eval("document.getElementById('unfold').click()");
    browser.picture("large-unfolded");
    // Three times as many nodes open, too.
    measure(&mut browser, 15_000);
    assert_quiet(&browser);
}

/// What a page costs: its size, and times in milliseconds.
#[derive(Debug)]
#[allow(dead_code, reason = "printed")]
struct Measured {
    nodes: usize,
    bytes: u64,
    first_paint: f64,
    filter: f64,
}

/// Opens the report of 100 DaemonSets and uses its filters; the slowest counts.
#[expect(clippy::print_stdout, reason = "a test says what it measured")]
fn measure(browser: &mut Browser, nodes: usize) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("large.html");
    clusters::large(&page, nodes, 100);
    browser.open(&page, "");
    // The time is known once the picture is on the screen.
    browser.until("performance.getEntriesByName('first-contentful-paint').length > 0");
    let paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime";
    let mut measured = Measured {
        nodes,
        bytes: std::fs::metadata(&page).unwrap().len(),
        first_paint: browser.eval(paint).as_f64().expect("a time"),
        filter: 0.0,
    };
    let steps =
        [("text", "node-49"), ("text", ""), ("cause", "DS210"), ("look", "failing"), ("cause", ""), ("look", "")];
    for (id, value) in steps {
        choose(browser, id, value);
        let time = browser.text("document.getElementById('matrix').dataset.milliseconds");
        measured.filter = measured.filter.max(time.parse().expect("a time"));
    }
    println!("100 DaemonSets: {measured:?}");
    measured
}
