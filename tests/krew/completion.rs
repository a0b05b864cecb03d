//! What <TAB> offers: by our own scripts, and through the real kubectl.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::time::Instant;

use libtest_mimic::Trial;

use crate::home::{Home, PROGRAM, Said};
use crate::server::{Server, Site};
use crate::test;

pub fn hermetic() -> Vec<Trial> {
    vec![
        test("completion::words_are_answered_as_kubectl_wants_them", protocol),
        test("completion::names_come_from_the_cluster_that_the_flags_choose", names),
        test("completion::nobody_waits_for_a_dead_cluster", dead),
        test("completion::a_script_for_each_shell", scripts),
        test("completion::install_takes_nothing_that_is_not_ours", install),
    ]
}

pub fn real() -> Vec<Trial> {
    vec![test("completion::through_kubectl", through_kubectl)]
}

/// A home with the plugin, its completer and a kubeconfig with two contexts.
fn home(server: &str) -> Home {
    prepare(Home::new(), server)
}

fn prepare(home: Home, server: &str) -> Home {
    symlink(PROGRAM, home.bin().join("kubectl-daemonset")).expect("a link");
    home.write(
        ".kube/config",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
             clusters:\n- {{name: site, cluster: {{server: '{server}'}}}}\n\
             users:\n- {{name: me, user: {{}}}}\n\
             contexts:\n- {{name: here, context: {{cluster: site, user: me}}}}\n\
             - {{name: there, context: {{cluster: site, user: me, namespace: logging}}}}\n"
        ),
    );
    home.run("kubectl-daemonset completion install").ok();
    home
}

/// What is offered for these words, and cobra's bits.
fn complete(home: &Home, words: &[&str]) -> (Vec<String>, String) {
    let said = Said::of(home.command("kubectl_complete-daemonset").args(words)).ok();
    assert_eq!(said.stderr, "", "a shell shows it between the words of a person");
    let (offers, bits) = said.stdout.trim_end().rsplit_once('\n').unwrap_or(("", said.stdout.trim_end()));
    let offers = offers.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect();
    (offers, bits.to_owned())
}

fn protocol() {
    let home = home("http://127.0.0.1:1");
    let (offers, bits) = complete(&home, &["ver"]);
    assert_eq!((offers, bits.as_str()), (vec!["version".to_owned()], ":4"));
    let (offers, _) = complete(&home, &[""]);
    assert!(offers.contains(&"doctor".to_owned()) && offers.iter().all(|offer| !offer.starts_with('-')), "{offers:?}");
    let (offers, _) = complete(&home, &["doctor", "--sna"]);
    assert_eq!(offers, ["--snapshot", "--snapshot-limit"]);
    for (words, expected) in [
        (vec!["version", "-o", ""], vec!["json", "yaml"]),
        (vec!["version", "--output=j"], vec!["json"]),
        (vec!["--context", ""], vec!["here", "there"]),
        (vec!["doctor", "--context=t"], vec!["there"]),
        (vec!["doctor", "--cluster", ""], vec!["site"]),
        (vec!["doctor", "--user", ""], vec!["me"]),
        (vec!["doctor", "--selector", ""], vec![]),
    ] {
        let (offers, bits) = complete(&home, &words);
        assert_eq!((offers, bits.as_str()), (expected.into_iter().map(str::to_owned).collect(), ":4"), "{words:?}");
    }
    // Files are the shell's: it knows ~ and quotes.
    assert_eq!(complete(&home, &["doctor", "-f", ""]), (vec![], ":0".to_owned()));
    assert_eq!(complete(&home, &["--kubeconfig=x"]), (vec![], ":0".to_owned()));
}

fn names() {
    let server = Server::start(Site::Cluster);
    let home = home(&server.url());
    for (words, expected) in [
        // One of the names there would colour the terminal.
        (vec!["doctor", "-n", ""], vec!["default", "kube-system", "logging"]),
        (vec!["doctor", "--namespace=l"], vec!["logging"]),
        (vec!["doctor", "--node", ""], vec!["n01", "n02"]),
        (vec!["doctor", ""], vec!["fluent-bit", "node-exporter"]),
        (vec!["doctor", "fluent-bit", "n"], vec!["node-exporter"]),
        (vec!["doctor", "-n", "logging", ""], vec!["vector"]),
        (vec!["doctor", "--context", "there", ""], vec!["vector"]),
        (vec!["--context=there", "doctor", ""], vec!["vector"]),
        (vec!["doctor", "--context", "there", "-n", "default", "f"], vec!["fluent-bit"]),
    ] {
        assert_eq!(complete(&home, &words).0, expected, "{words:?}");
    }
    // Names alone are asked for, and nothing but lists.
    for request in server.asked() {
        assert!(request.starts_with("GET /api") && request.contains("as=PartialObjectMetadataList"), "{request}");
    }
    let asked = server.asked().len();
    assert_eq!(complete(&home, &["doctor", "--snapshot", "saved.json", ""]).0, [""; 0]);
    assert_eq!(server.asked().len(), asked, "a saved cluster needs no network");
}

fn dead() {
    let silent = Server::start(Site::Silence);
    for url in [silent.url(), "http://127.0.0.1:1".to_owned(), "https://unknown.invalid".to_owned()] {
        let home = home(&url);
        let start = Instant::now();
        assert_eq!(complete(&home, &["doctor", "-n", ""]), (vec![], ":4".to_owned()), "{url}");
        let taken = start.elapsed();
        assert!(taken.as_secs_f32() < 4.0, "{url}: {taken:?}, of which the program waits one second");
    }
    // A plugin for credentials may hang too.
    let home = home("https://127.0.0.1:1");
    let config = fs::read_to_string(home.path(".kube/config")).expect("a kubeconfig");
    let plugin =
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ['5'], interactiveMode: Never}}";
    home.write(".kube/config", &config.replace("user: {}", &format!("user: {plugin}")));
    let start = Instant::now();
    let mut command = home.command("kubectl_complete-daemonset");
    // The plugin keeps the stream that it was given, which would be waited for here.
    let said = Said::of(command.args(["doctor", "-n", ""]).stderr(Stdio::null())).ok();
    assert_eq!(said.stdout, ":4\n");
    assert!(start.elapsed().as_secs_f32() < 4.0, "{:?}", start.elapsed());
}

fn scripts() {
    let home = home("http://127.0.0.1:1");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run(&format!("kubectl-daemonset completion {shell}")).ok().stdout;
        assert!(
            script.contains("kubectl-daemonset") && script.contains("KUBECTL_DAEMONSET_COMPLETE"),
            "{shell}: {script}"
        );
        let file = home.write(&format!("script.{shell}"), &script);
        if shell == "bash" {
            Said::of(home.command("bash").arg("-n").arg(&file)).ok();
        }
    }
    // As the script for Bash asks.
    let mut command = home.command("kubectl-daemonset");
    command.env("KUBECTL_DAEMONSET_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n");
    let said = Said::of(command.args(["--", "kubectl-daemonset", "--context", "th"])).ok();
    assert_eq!(said.stdout.trim(), "there");
}

fn install() {
    let home = home("http://127.0.0.1:1");
    let link = home.bin().join("kubectl_complete-daemonset");
    assert_eq!(fs::read_link(&link).expect("a link"), std::path::Path::new("kubectl-daemonset"));
    // Again: the link is ours.
    home.run("kubectl-daemonset completion install").ok();
    fs::remove_file(&link).expect("a link");
    fs::write(&link, "somebody's").expect("a file");
    home.run("kubectl-daemonset completion install").refused("the file does not belong to this program");
    assert_eq!(fs::read_to_string(&link).expect("a file"), "somebody's");
    fs::create_dir(home.path("elsewhere")).expect("a folder");
    home.run("kubectl-daemonset completion install --dir elsewhere").ok().told("to the PATH");
    assert_eq!(
        fs::read_link(home.path("elsewhere/kubectl_complete-daemonset")).expect("a link"),
        home.bin().join("kubectl-daemonset")
    );
    home.run("kubectl-daemonset completion install --dir missing").refused("cannot write");
    Said::of(home.command(PROGRAM).args(["version"])).ok();
    symlink(PROGRAM, home.bin().join("kds")).expect("a link");
    home.run("kds completion install").refused("does not run as a kubectl plugin");
}

fn through_kubectl() {
    let server = Server::start(Site::Cluster);
    let home = prepare(Home::with_kubectl(), &server.url());
    let ask = |words: &[&str]| {
        let start = Instant::now();
        let said = Said::of(home.command("kubectl").args(["__complete", "daemonset"]).args(words)).ok();
        println!("kubectl __complete daemonset {words:?}: {:?}", start.elapsed());
        let offers: Vec<String> = said
            .stdout
            .lines()
            .filter(|line| !line.starts_with(':'))
            .map(|line| line.split('\t').next().unwrap_or_default().to_owned())
            .collect();
        (offers, said.stdout.lines().last().unwrap_or_default().to_owned())
    };
    assert!(ask(&[""]).0.contains(&"doctor".to_owned()));
    assert_eq!(ask(&["doctor", ""]).0, ["fluent-bit", "node-exporter"]);
    assert_eq!(ask(&["doctor", "--node", ""]).0, ["n01", "n02"]);
    assert_eq!(ask(&["doctor", "-n", "l"]), (vec!["logging".to_owned()], ":4".to_owned()));
    assert_eq!(ask(&["doctor", "--context=t"]).0, ["there"]);
    assert_eq!(ask(&["doctor", "-f", ""]), (vec![], ":0".to_owned()));
}
