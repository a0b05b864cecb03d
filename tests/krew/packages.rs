//! The archives and the manifest.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use libtest_mimic::Trial;
use serde_yaml::Value;
use sha2::{Digest, Sha256};

use crate::home::{self, Home, PROJECT, Said};
use crate::summary::skipped;
use crate::test;

pub fn tests() -> Vec<Trial> {
    let zip = Command::new("zip").arg("-v").output().is_ok();
    if !zip {
        skipped("the tests of archives", "there is no zip here to pack them with", "as root: make packages");
        return Vec::new();
    }
    vec![
        test("packages::the_same_inputs_give_the_same_bytes", same_bytes),
        test("packages::an_archive_holds_what_krew_needs_and_nothing_else", listing),
        test("packages::a_release_is_whole", release),
        test("packages::a_program_that_carries_its_machine_is_refused", inspected),
        test("packages::the_manifest_says_what_krew_demands", manifest_rules),
        test("packages::what_makes_no_release_is_refused", refusals),
    ]
}

fn same_bytes() {
    let home = Home::new();
    let program = home::stand_in(&home, "hello");
    for dist in ["first", "second"] {
        home::archive(("linux", "amd64"), &program, &home.path(dist)).ok();
        // Another time, another mode and another umask of what is packed.
        let later = std::time::SystemTime::now() - std::time::Duration::from_secs(100_000);
        File::open(&program).and_then(|file| file.set_modified(later)).expect("a new time");
        Said::of(Command::new("chmod").arg("0700").arg(&program)).ok();
    }
    for file in ["kubectl-daemonset_linux_amd64.tar.gz", "kubectl-daemonset_linux_amd64.zip"] {
        let [first, second] = ["first", "second"].map(|dist| fs::read(home.path(dist).join(file)).expect("an archive"));
        assert!(first == second, "{file} differs");
    }
}

fn listing() {
    let home = Home::new();
    let program = home::stand_in(&home, "hello");
    let dist = home.path("dist");
    home::archive(("linux", "amd64"), &program, &dist).ok();
    home::archive(("windows", "amd64"), &program, &dist).ok();
    let file = File::open(dist.join("kubectl-daemonset_linux_amd64.tar.gz")).expect("an archive");
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let entries: Vec<_> = archive
        .entries()
        .expect("entries")
        .map(|entry| {
            let mut entry = entry.expect("an entry");
            let (path, mode) =
                (entry.path().expect("a path").display().to_string(), entry.header().mode().expect("a mode"));
            let kind = entry.header().entry_type();
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("text");
            (path, mode, kind.is_file(), text)
        })
        .collect();
    let summary: Vec<_> = entries.iter().map(|(path, mode, is_file, _)| (path.as_str(), *mode, *is_file)).collect();
    assert_eq!(summary, [("LICENSE", 0o644, true), ("kubectl-daemonset", 0o755, true)]);
    assert_eq!(entries[0].3, fs::read_to_string(Path::new(PROJECT).join("LICENSE")).expect("a licence"));
    // The archive's own directory says the mode, where Windows' tools would drop it.
    for (os, program) in [("linux", "kubectl-daemonset"), ("windows", "kubectl-daemonset.exe")] {
        let path = dist.join(format!("kubectl-daemonset_{os}_amd64.zip"));
        let listed = central_directory(&fs::read(&path).expect("an archive"));
        assert_eq!(listed, [("LICENSE".to_owned(), 0o100_644), (program.to_owned(), 0o100_755)], "{os}");
    }
}

/// Everything that `make dist` leaves, of a program that costs nothing to build.
fn release() {
    let home = Home::new();
    let target = "x86_64-unknown-linux-musl";
    let program = home.write(&format!("programs/{target}/kubectl-daemonset"), "#!/bin/sh\necho it runs\n");
    let tag = concat!("v", env!("CARGO_PKG_VERSION"));
    let url = format!("https://example.com/owner/kubectl-daemonset/releases/download/{tag}");
    let run = |tag: &str, dist: &str| {
        let mut script = Command::new(Path::new(PROJECT).join("krew/release.sh"));
        script.env("SOURCE_DATE_EPOCH", "1700000000").env("CARGO_NET_OFFLINE", "true");
        Said::of(script.arg(tag).arg(home.path("programs")).arg(home.path(dist)).arg(&url))
    };
    run("v0.0.0", "wrong").refused("but Cargo.toml says");
    assert!(!home.path("wrong").exists());
    run(tag, "unsupplied").refused("has no THIRD-PARTY-NOTICES");
    let mut supply = Command::new(Path::new(PROJECT).join("krew/supply.sh"));
    supply.env("CARGO_NET_OFFLINE", "true").arg(target).arg(home.path(&format!("programs/{target}")));
    Said::of(&mut supply).ok();
    run(tag, "dist").ok();
    let files = |folder: &Path| {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let made = files(&home.path("dist"));
    let archive = "kubectl-daemonset_linux_amd64";
    assert_eq!(
        made,
        [
            "SHA256SUMS",
            "daemonset-doctor.yaml",
            "daemonset.yaml",
            &format!("{archive}.cdx.json"),
            &format!("{archive}.tar.gz"),
            &format!("{archive}.zip")
        ]
    );
    let sums = fs::read_to_string(home.path("dist/SHA256SUMS")).expect("sums");
    assert_eq!(sums.lines().count(), made.len() - 1);
    Said::of(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(home.path("dist"))).ok();
    let unpacked = home.path("unpacked");
    fs::create_dir(&unpacked).expect("a folder");
    let tar = home.path("dist").join(format!("{archive}.tar.gz"));
    Said::of(Command::new("tar").arg("-xzf").arg(&tar).arg("-C").arg(&unpacked)).ok();
    assert_eq!(files(&unpacked), ["LICENSE", "README.md", "THIRD-PARTY-NOTICES", "kubectl-daemonset", "sbom.cdx.json"]);
    let same = |name: &str, other: &Path| fs::read(unpacked.join(name)).ok() == fs::read(other).ok();
    assert!(same("kubectl-daemonset", &program) && same("README.md", &Path::new(PROJECT).join("README.md")));
    assert!(same("sbom.cdx.json", &home.path("dist").join(format!("{archive}.cdx.json"))));
    let notices = fs::read_to_string(unpacked.join("THIRD-PARTY-NOTICES")).expect("notices");
    assert!(notices.contains("\nThe C library musl (MIT)\n"));
    // Again, later and elsewhere: the same bytes.
    run(tag, "again").ok();
    for name in &made {
        let [one, other] = ["dist", "again"].map(|dist| fs::read(home.path(dist).join(name)).expect("a file"));
        assert!(one == other, "{name} differs");
    }
}

fn inspected() {
    let home = Home::new();
    let plain = home.write("plain", "a program of /somewhere/else");
    let inspect = |target: &str, program: &Path, path: &str| {
        Said::of(Command::new(Path::new(PROJECT).join("krew/inspect.sh")).arg(target).arg(program).arg(path))
    };
    inspect("aarch64-apple-darwin", &plain, "/somewhere/here").ok();
    inspect("aarch64-apple-darwin", &plain, "/somewhere/else").refused("names /somewhere/else of the machine");
    inspect("aarch64-apple-darwin", &home.path("missing"), "/x").refused("there is no program");
    let large = home.path("large");
    File::create(&large).and_then(|file| file.set_len(11_000_001)).expect("a file");
    inspect("aarch64-apple-darwin", &large, "/x").refused("more than 11000000");
    // What cargo builds for this machine needs its C library.
    if cfg!(target_os = "linux") {
        inspect("x86_64-unknown-linux-musl", Path::new("/bin/sh"), "/nowhere")
            .refused("needs libraries of the machine");
    }
}

/// The names of a zip with their Unix modes.
fn central_directory(bytes: &[u8]) -> Vec<(String, u32)> {
    let at =
        |offset: usize, n: usize| bytes[offset..offset + n].iter().rev().fold(0u32, |v, b| (v << 8) | u32::from(*b));
    let mut found = Vec::new();
    for offset in 0..bytes.len().saturating_sub(46) {
        if bytes[offset..].starts_with(b"PK\x01\x02") {
            let length = at(offset + 28, 2) as usize;
            let name = String::from_utf8_lossy(&bytes[offset + 46..offset + 46 + length]).into_owned();
            assert_eq!(at(offset + 30, 2), 0, "{name} carries times or owners of the machine that packed it");
            found.push((name, at(offset + 38, 4) >> 16));
        }
    }
    found
}

fn manifest_rules() {
    let home = Home::new();
    let program = home::stand_in(&home, "hello");
    let dist = home.path("dist");
    let platforms = fs::read_to_string(Path::new(PROJECT).join("krew/platforms")).expect("platforms");
    let platforms: Vec<Vec<&str>> =
        platforms.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect()).collect();
    for platform in &platforms {
        home::archive((platform[0], platform[1]), &program, &dist).ok();
    }
    for name in ["daemonset", "daemonset-doctor"] {
        let url = "https://example.com/owner/kubectl-daemonset/releases/download/v1.2.3";
        let text = home::manifest(name, "v1.2.3", &dist, url).ok().stdout;
        let manifest: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let string = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value:?}")).to_owned();
        let spec = &manifest["spec"];
        assert_eq!(string(&manifest["apiVersion"]), "krew.googlecontainertools.github.com/v1alpha2");
        assert_eq!((string(&manifest["kind"]), string(&manifest["metadata"]["name"])), ("Plugin".into(), name.into()));
        assert_eq!(string(&spec["version"]), "v1.2.3");
        assert_eq!(string(&spec["homepage"]), "https://example.com/owner/kubectl-daemonset");
        // What the index's reviewers ask of the texts.
        let short = string(&spec["shortDescription"]);
        assert!(short.len() <= 50 && !short.ends_with('.') && !short.contains('\n'), "{short}");
        for word in ["plugin", "kubectl", "Kubernetes", "easily"] {
            assert!(!short.contains(word), "{short}");
        }
        for field in ["description", "caveats"] {
            assert!(string(&spec[field]).lines().all(|line| line.len() <= 80), "{field}");
        }
        assert!(!string(&spec["description"]).contains("--"), "options belong into the help");
        assert!(string(&spec["caveats"]).contains(&format!("kubectl {name} completion install")));
        let listed = spec["platforms"].as_sequence().expect("platforms");
        assert_eq!(listed.len(), platforms.len());
        for (entry, platform) in listed.iter().zip(&platforms) {
            let (os, arch, format) = (platform[0], platform[1], platform[3]);
            let labels = &entry["selector"]["matchLabels"];
            assert_eq!((string(&labels["os"]), string(&labels["arch"])), (os.to_owned(), arch.to_owned()));
            let file = format!("kubectl-daemonset_{os}_{arch}.{format}");
            assert_eq!(string(&entry["uri"]), format!("{url}/{file}"));
            let sum: String = Sha256::digest(fs::read(dist.join(file)).expect("an archive"))
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(string(&entry["sha256"]), sum);
            let end = if os == "windows" { ".exe" } else { "" };
            assert_eq!(string(&entry["bin"]), format!("kubectl-daemonset{end}"));
        }
    }
}

fn refusals() {
    let home = Home::new();
    let program = home::stand_in(&home, "hello");
    let (dist, empty) = (home.path("dist"), home.path("empty"));
    home::archive(("linux", "amd64"), &program, &dist).ok();
    fs::create_dir_all(&empty).expect("a folder");
    let url = "https://example.com/d";
    home::manifest("daemonset", "1.2.3", &dist, url).refused("1.2.3 is no version like v1.2.3");
    home::manifest("daemonset", "v1.2", &dist, url).refused("is no version");
    home::manifest("Daemon Set", "v1.2.3", &dist, url).refused("is no name of a plugin");
    home::manifest("daemonset", "v1.2.3", &dist, "http://example.com/d").refused("is not an https address");
    home::manifest("daemonset", "v1.2.3", &dist, "https://example.com/a|b").refused("would quote");
    home::manifest("daemonset", "v1.2.3", &empty, url).refused("there is no archive");
    home::archive(("linux", "amd64"), &home.path("none"), &dist).refused("there is no program");
}
