//! What the real krew and the index's check refuse: each is a mistake that a release of ours could make.

use std::fs;
use std::process::Command;

use libtest_mimic::Trial;

use crate::home::{self, Home, Said};
use crate::server::{Server, Site};
use crate::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("refused::by_krew", by_krew),
        test("refused::archives_that_krew_cannot_read", archives),
        test("refused::by_the_index", by_the_index),
    ]
}

/// A home with a good archive and its good manifest.
fn good() -> (Home, String) {
    let home = Home::with_kubectl();
    let program = home::stand_in(&home, "it runs");
    home::archive(home::platform(), &program, &home.path("dist")).ok();
    let text = home::manifest("daemonset", "v0.1.0", &home.path("dist"), "https://example.com/d").ok().stdout;
    (home, text)
}

fn archive_name() -> String {
    let (os, arch) = home::platform();
    format!("kubectl-daemonset_{os}_{arch}.tar.gz")
}

/// The sum that a manifest with one platform names.
fn sum_of(manifest: &str) -> String {
    let quoted = manifest.lines().find_map(|line| line.trim().strip_prefix("sha256: ")).expect("a sum");
    quoted.trim_matches('"').to_owned()
}

fn install(home: &Home, manifest: &str, archive: &str) -> Said {
    let manifest = home.write("daemonset.yaml", manifest);
    home.run(&format!("kubectl krew install --manifest={} --archive={archive}", manifest.display()))
}

fn by_krew() {
    let (home, manifest) = good();
    let archive = format!("dist/{}", archive_name());
    let sum = sum_of(&manifest);
    let (sum, other, upper) = (sum.as_str(), "0".repeat(64), sum.to_uppercase());
    for (what, from, to, words) in [
        ("another sum", sum, other.as_str(), "checksum does not match"),
        ("an upper-case sum", sum, upper.as_str(), "is not valid, must match pattern"),
        ("no such platform", "os: ", "os: plan9 # ", "does not offer installation for this platform"),
        ("no such program", "bin: kubectl-daemonset", "bin: another", "cannot be found in extracted archive"),
        ("a version without v", "version: v0.1.0", "version: 0.1.0", "not starting with 'v'"),
        ("another kind", "kind: Plugin", "kind: Plug", "only \"Plugin\" is supported"),
    ] {
        let changed = manifest.replace(from, to);
        assert_ne!(changed, manifest, "{what}: nothing was changed");
        install(&home, &changed, &archive).refused(words);
    }
    // The same home takes the good one, so the mistakes were what was refused.
    install(&home, &manifest, &archive).ok();
    home.run("kubectl daemonset").ok().told("it runs");
}

fn archives() {
    let (home, manifest) = good();
    let good_sum = sum_of(&manifest);
    home.write("stage/LICENSE", "free");
    let program = home.write("stage/kubectl-daemonset", "#!/bin/sh\n");
    Said::of(Command::new("chmod").arg("0755").arg(&program)).ok();
    std::os::unix::fs::symlink("LICENSE", home.path("stage/COPYING")).expect("a link");
    for (flag, file, words) in
        [("--xz", "a.tar.xz", "not a supported archive format"), ("--gzip", "a.tar.gz", "unable to handle file type")]
    {
        let made = Said::of(
            home.command("tar").current_dir(home.path("stage")).args(["-c", flag, "-f"]).arg(home.path(file)).arg("."),
        );
        if flag == "--xz" && made.code != 0 {
            println!("not checked: there is no xz here, so krew's refusal of it was not seen");
            continue;
        }
        made.ok();
        let sum = Said::of(home.command("sha256sum").arg(home.path(file))).ok().stdout;
        let manifest = manifest.replace(&good_sum, sum.split(' ').next().expect("a sum"));
        install(&home, &manifest, file).refused(words);
    }
    assert!(!home.krew_root().join("bin/kubectl-daemonset").exists());
}

fn by_the_index() {
    let (home, _) = good();
    let server = Server::start(Site::Folder(home.path("dist")));
    let text = home::manifest("daemonset", "v0.1.0", &home.path("dist"), &server.url()).ok().stdout;
    let check = |file: &str, text: &str| {
        let manifest = home.write(file, text);
        home.run(&format!("validate-krew-manifest -manifest {}", manifest.display()))
    };
    check("right/daemonset.yaml", &text).ok();
    check("wrong/another.yaml", &text).refused("daemonset");
    let platforms = text.split_once("  platforms:\n").expect("platforms").1;
    check("wrong/daemonset.yaml", &format!("{text}{platforms}")).refused("overlap");

    // An archive whose licence has no name that the index knows.
    let stage = home.path("bare");
    fs::create_dir_all(&stage).expect("a folder");
    fs::copy(home.path("stand-in"), stage.join("kubectl-daemonset")).expect("a copy");
    Said::of(Command::new("chmod").arg("0755").arg(stage.join("kubectl-daemonset"))).ok();
    fs::write(stage.join("LICENSE-MIT"), "free").expect("a file");
    let archive = home.path("dist").join(archive_name());
    let tar = ["-c", "--gzip", "-f"];
    Said::of(
        home.command("tar").current_dir(&stage).args(tar).arg(&archive).args(["kubectl-daemonset", "LICENSE-MIT"]),
    )
    .ok();
    let text = home::manifest("daemonset", "v0.1.0", &home.path("dist"), &server.url()).ok().stdout;
    check("bare/daemonset.yaml", &text).refused("LICENSE");
}
