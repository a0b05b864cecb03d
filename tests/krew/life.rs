//! From the first install to the last file removed, as the real krew does it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;

use crate::home::{self, Home, PROGRAM, Said};
use crate::server::{Server, Site};
use crate::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("life::from_an_index_to_the_last_file", from_an_index),
        test("life::from_a_manifest_by_its_address", by_address),
        test("life::from_a_clone_by_the_lines_of_the_documents", from_a_clone),
        test("life::under_the_other_name", other_name),
        test("life::the_layout_on_windows", windows),
        test("life::the_index_would_take_it", validate),
    ]
}

/// The program itself, without what debuggers need where there is a tool to remove it: it is packed at its best.
fn program(home: &Home) -> PathBuf {
    let path = home.path("program");
    let stripped = Command::new("strip").arg("-o").arg(&path).arg(PROGRAM).output();
    if !stripped.is_ok_and(|output| output.status.success()) {
        fs::copy(PROGRAM, &path).expect("a copy");
    }
    path
}

/// A release of the program that a server offers, and its manifest.
fn release(home: &Home, name: &str, tag: &str, program: &Path, url: &str) -> String {
    let (os, arch) = home::platform();
    let dist = home.path("site").join(tag);
    home::archive((os, arch), program, &dist).ok();
    home::manifest(name, tag, &dist, &format!("{url}/{tag}")).ok().stdout
}

fn from_an_index() {
    let home = Home::with_kubectl();
    let server = Server::start(Site::Folder(home.path("site")));
    let program = program(&home);
    let manifest = release(&home, "daemonset", "v0.1.0", &program, &server.url());
    home.write("index/plugins/daemonset.yaml", &manifest);
    // Whoever installed krew in the documented way has one plugin, krew itself; with none left it takes its home for
    // one of an old version.
    let other = home::stand_in(&home, "it runs");
    home.write("index/plugins/other.yaml", &release(&home, "other", "v0.0.1", &other, &server.url()));
    let index = home.path("index");
    home.commit(&index, "daemonset v0.1.0");

    // The words of krew, with an index of ours in place of its own.
    let krew = |line: &str| {
        let mut command = home.command("kubectl");
        command.env("KREW_DEFAULT_INDEX_URI", &index).arg("krew").args(line.split(' '));
        Said::of(&mut command)
    };
    krew("update").ok();
    krew("install other").ok();
    krew("search daemonset").ok().told("Explain missing DaemonSet pods, node by node");
    krew("info daemonset").ok().told("VERSION: v0.1.0");
    krew("install daemonset").ok().told("kubectl daemonset completion install");
    krew("list").ok().told("daemonset");

    home.run("kubectl daemonset version").ok().told("kubectl-daemonset v");
    home.run("kubectl daemonset --help").ok().told("Usage: kubectl daemonset ");
    home.run("kubectl daemonset doctor --help").ok().told("Usage: kubectl daemonset doctor ");
    home.run("kubectl daemonset nonsense").refused("nonsense");
    home.run("kubectl plugin list").ok().told("kubectl-daemonset");
    home.run("kubectl daemonset completion install").ok().told("kubectl completes `kubectl daemonset`");
    home.run("kubectl plugin list").ok();
    home.run("kubectl __complete daemonset vers").ok().told("version\t");

    let store = home.krew_root().join("store/daemonset");
    for file in ["kubectl-daemonset", "LICENSE"] {
        assert!(store.join("v0.1.0").join(file).is_file(), "{file} is not installed");
    }

    let manifest = release(&home, "daemonset", "v0.2.0", &program, &server.url());
    home.write("index/plugins/daemonset.yaml", &manifest);
    home.commit(&index, "daemonset v0.2.0");
    krew("update").ok();
    krew("upgrade daemonset").ok();
    assert!(store.join("v0.2.0/kubectl-daemonset").is_file());
    assert!(!store.join("v0.1.0").exists(), "the old version is still there");
    home.run("kubectl daemonset version").ok();
    // The link that completes goes through krew's own, so it leads to the new version.
    home.run("kubectl __complete daemonset vers").ok().told("version\t");

    krew("uninstall daemonset").ok();
    assert!(!home.krew_root().join("bin/kubectl-daemonset").exists());
    assert!(!store.exists() || fs::read_dir(&store).expect("a folder").next().is_none(), "something was left behind");
    home.run("kubectl daemonset version").refused("daemonset");

    krew(&format!("index add ours {}", index.display())).ok();
    krew("install ours/daemonset").ok();
    home.run("kubectl daemonset version").ok().told("kubectl-daemonset v");
}

fn by_address() {
    let home = Home::with_kubectl();
    let server = Server::start(Site::Folder(home.path("site")));
    let program = home::stand_in(&home, "it runs");
    let manifest = release(&home, "daemonset", "v0.1.0", &program, &server.url());
    home.write("site/v0.1.0/daemonset.yaml", &manifest);
    // The line that the documents show, with another address.
    let line = shown("--manifest-url=");
    let (command, address) = line.split_once('=').expect("an address");
    assert!(address.starts_with("https://") && address.ends_with("/daemonset.yaml"), "{address}");
    let mut install = home.command("kubectl");
    install
        .args(command.split(' ').skip(1).take(2))
        .arg(format!("--manifest-url={}/v0.1.0/daemonset.yaml", server.url()));
    // Without any index krew fetches its own first, as it does for whoever installs a first plugin.
    home.write("index/plugins/daemonset.yaml", &manifest);
    home.commit(&home.path("index"), "an index");
    Said::of(install.env("KREW_DEFAULT_INDEX_URI", home.path("index"))).ok();
    home.run("kubectl daemonset").ok().told("it runs");
}

/// A line of docs/install.md that holds the words.
fn shown(words: &str) -> String {
    let install = fs::read_to_string(Path::new(home::PROJECT).join("docs/install.md")).expect("docs/install.md");
    let mut lines = install.lines().filter_map(|line| line.strip_prefix("$ "));
    lines
        .find(|line| line.contains(words))
        .unwrap_or_else(|| panic!("the documents show no line with {words}"))
        .to_owned()
}

fn from_a_clone() {
    let home = Home::with_kubectl();
    // What `make dist` leaves, but for the files that krew does not look at.
    let (os, arch) = home::platform();
    let dist = home.path("dist");
    home::archive((os, arch), &program(&home), &dist).ok();
    let text = home::manifest("daemonset", "v0.1.0", &dist, "https://example.com/d").ok().stdout;
    home.write("dist/daemonset.yaml", &text);
    let line = shown("--archive=").replace("_linux_amd64.", &format!("_{os}_{arch}."));
    home.run(&line).ok();
    home.run("kubectl daemonset version").ok().told("kubectl-daemonset v");
    home.run(&shown("completion install")).ok();
    home.run("kubectl __complete daemonset vers").ok().told("version\t");
    let link = home.krew_root().join("bin/kubectl_complete-daemonset");
    assert!(link.is_symlink());
    // Removing, in the words of the documents; the shell finds the link on the PATH.
    Said::of(home.command("sh").arg("-c").arg(shown("rm \"$(command -v"))).ok();
    assert!(!link.is_symlink());
}

fn other_name() {
    let home = Home::with_kubectl();
    let server = Server::start(Site::Folder(home.path("site")));
    let program = program(&home);
    let manifest = release(&home, "daemonset-doctor", "v0.1.0", &program, &server.url());
    let manifest = home.write("daemonset-doctor.yaml", &manifest);
    home.run(&format!("kubectl krew install --manifest={}", manifest.display())).ok();
    home.run("kubectl daemonset-doctor --help").ok().told("Usage: kubectl daemonset-doctor ");
    home.run("kubectl daemonset-doctor completion install").ok().told("`kubectl daemonset-doctor`");
    home.run("kubectl __complete daemonset-doctor vers").ok().told("version\t");
}

fn windows() {
    let home = Home::with_kubectl();
    let program = home::stand_in(&home, "cannot run here");
    let dist = home.path("dist");
    home::archive(("windows", "amd64"), &program, &dist).ok();
    let text = home::manifest("daemonset", "v0.1.0", &dist, "https://example.com/d").ok().stdout;
    let manifest = home.write("daemonset.yaml", &text);
    let archive = dist.join("kubectl-daemonset_windows_amd64.zip");
    let mut command = home.command("kubectl");
    command.env("KREW_OS", "windows").env("KREW_ARCH", "amd64").args(["krew", "install"]);
    command.arg(format!("--manifest={}", manifest.display())).arg(format!("--archive={}", archive.display()));
    Said::of(&mut command).ok();
    let installed = home.krew_root().join("store/daemonset/v0.1.0");
    assert!(installed.join("kubectl-daemonset.exe").is_file() && installed.join("LICENSE").is_file());
    let link = home.krew_root().join("bin/kubectl-daemonset.exe");
    assert_eq!(fs::read_link(&link).expect("a link").file_name(), Some("kubectl-daemonset.exe".as_ref()));
}

fn validate() {
    let home = Home::with_kubectl();
    let server = Server::start(Site::Folder(home.path("site")));
    let program = home::stand_in(&home, "it runs");
    let dist = home.path("site/v0.1.0");
    for (os, arch) in
        [("linux", "amd64"), ("linux", "arm64"), ("darwin", "amd64"), ("darwin", "arm64"), ("windows", "amd64")]
    {
        home::archive((os, arch), &program, &dist).ok();
    }
    for name in ["daemonset", "daemonset-doctor"] {
        let text = home::manifest(name, "v0.1.0", &dist, &format!("{}/v0.1.0", server.url())).ok().stdout;
        let manifest = home.write(&format!("{name}.yaml"), &text);
        home.run(&format!("validate-krew-manifest -manifest {}", manifest.display())).ok();
    }
    // Every platform was downloaded and installed, not only this one.
    let fetched =
        server.asked().iter().filter(|request| request.contains("kubectl-daemonset_windows_amd64.zip")).count();
    assert!(fetched >= 2, "{:?}", server.asked());
}
