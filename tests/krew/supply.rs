//! What we build from: that its licences are ones we may ship, that the notices and the bill of materials are whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::home::PROJECT;
use crate::test;

#[path = "../../krew/supply.rs"]
#[allow(dead_code, reason = "the tool's own entry")]
mod tool;

use tool::Supply;

pub fn tests() -> Vec<Trial> {
    vec![
        test("supply::every_package_may_be_shipped", licences),
        test("supply::licences_are_read_as_written", expressions),
        test("supply::the_notices_name_every_package", notices),
        test("supply::the_bill_of_materials_is_whole", sbom),
    ]
}

/// Lists of `deny.toml`: one string a line, or one table with the crate's name a line.
fn policy(list: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(Path::new(PROJECT).join("deny.toml")).expect("deny.toml");
    let body = text.split_once(&format!("\n{list} = [\n")).unwrap_or_else(|| panic!("no `{list}` in deny.toml")).1;
    let lines = body.lines().take_while(|line| *line != "]").filter(|line| !line.trim_start().starts_with('#'));
    lines.filter_map(|line| line.split('"').nth(1).map(str::to_owned)).collect()
}

fn licences() {
    let (allowed, banned) = (policy("allow"), policy("deny"));
    assert!(allowed.contains("MIT") && banned.contains("aws-lc-sys"), "{allowed:?} {banned:?}");
    let targets = policy("targets");
    assert_eq!(targets.len(), 6, "{targets:?}");
    let mut seen = 0;
    for target in targets {
        let supply = Supply::read(Some(&target)).unwrap_or_else(|why| panic!("{why}"));
        for package in &supply.packages {
            let licence = package.license.as_deref().unwrap_or_else(|| panic!("{} names no licence", package.name));
            assert!(satisfied(licence, &allowed), "{}: {licence} is not allowed", package.name);
            assert!(!banned.contains(&package.name), "{} is banned", package.name);
            let source = package.source.as_deref().unwrap_or("no registry");
            assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{}", package.name);
            seen += 1;
        }
    }
    assert!(seen > 500, "only {seen} packages were looked at");
}

/// Whether an SPDX expression can be met by the licences in the set.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "-WITH-");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at, allowed)
}

fn any(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut met = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all(words, at, allowed);
    }
    met
}

fn all(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed);
    }
    met
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word != "(" {
        return allowed.contains(word);
    }
    let met = any(words, at, allowed);
    *at += 1;
    met
}

fn expressions() {
    let allowed = ["MIT", "Apache-2.0", "ISC"].map(str::to_owned).into();
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("Unlicense/MIT", true),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("(GPL-3.0 OR MIT) AND BSD-3-Clause", false),
        ("Apache-2.0 WITH LLVM-exception", false),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
    ] {
        assert_eq!(satisfied(expression, &allowed), met, "{expression}");
    }
}

fn notices() {
    let supply = Supply::read(Some("x86_64-unknown-linux-gnu")).unwrap_or_else(|why| panic!("{why}"));
    let text = supply.notices().unwrap_or_else(|why| panic!("{why}"));
    for package in &supply.packages {
        assert!(text.contains(&format!("\n{} {}: ", package.name, package.version)), "{}", package.name);
    }
    // ring's and BoringSSL's own words, which no template has.
    assert!(text.contains("OpenSSL") || text.contains("BoringSSL"), "the texts of ring are missing");
    assert!(text.contains("Permission is hereby granted, free of charge"));
    // What is built in without being a package.
    assert!(text.contains("\nThe Rust standard library") && !text.contains("The C library musl"));
    let musl = Supply::read(Some("x86_64-unknown-linux-musl")).and_then(|supply| supply.notices());
    assert!(musl.is_ok_and(|text| text.contains("\nThe C library musl (MIT)\n")));
    assert!(!text.contains(env!("CARGO_MANIFEST_DIR")) && !text.contains(".cargo/registry"), "paths of this machine");
    assert_eq!(text, supply.notices().unwrap_or_default());
}

fn sbom() {
    let supply = Supply::read(Some("x86_64-unknown-linux-gnu")).unwrap_or_else(|why| panic!("{why}"));
    let bill = supply.sbom();
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    assert_eq!(bill["metadata"]["component"]["name"], "kubectl-daemonset");
    let components = bill["components"].as_array().expect("components");
    assert_eq!(components.len(), supply.packages.len());
    let mut references = BTreeSet::from([bill["metadata"]["component"]["bom-ref"].as_str().expect("a reference")]);
    for component in components {
        let name = &component["name"];
        assert_eq!(component["hashes"][0]["content"].as_str().map(str::len), Some(64), "{name} has no sum");
        assert!(component["licenses"][0]["expression"].is_string(), "{name}");
        assert!(references.insert(component["purl"].as_str().expect("an address")), "{name} is listed twice");
    }
    let dependencies = bill["dependencies"].as_array().expect("dependencies");
    assert_eq!(dependencies.len(), references.len());
    for dependency in dependencies {
        for needed in dependency["dependsOn"].as_array().expect("a list") {
            assert!(references.contains(needed.as_str().expect("a reference")), "{needed} is not listed");
        }
    }
    // What only tests use is not shipped.
    assert!(!references.iter().any(|reference| reference.starts_with("pkg:cargo/libtest-mimic@")));
    assert!(references.iter().any(|reference| reference.starts_with("pkg:cargo/kube-client@")));
}
