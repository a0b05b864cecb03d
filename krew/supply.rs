//! What a release says about the code that it was built from: the notices of its licences, and the bill of materials.
//!
//!     cargo run -p supply -- notices TARGET
//!     cargo run -p supply -- sbom TARGET
//!
//! It looks at the project in the folder that it is started in. Both are written to standard output and depend on
//! `Cargo.lock` and the target alone.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool of the build prints")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde::Deserialize;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = match words[..] {
        ["notices", target] => Supply::read(Some(target)).and_then(|supply| supply.notices()),
        ["sbom", target] => Supply::read(Some(target)).map(|supply| format!("{:#}\n", supply.sbom())),
        _ => Err("usage: supply notices|sbom TARGET".to_owned()),
    };
    match told {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("supply: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The packages that end up in the program, the project itself left out.
#[derive(Debug)]
pub struct Supply {
    /// The project.
    pub root: Package,
    /// Everything else, by name and version.
    pub packages: Vec<Package>,
    /// What it is built for, where that was said.
    target: Option<String>,
    /// For each package the ones that it needs.
    needs: BTreeMap<String, BTreeSet<String>>,
    /// The sums of `Cargo.lock`, by name and version.
    sums: BTreeMap<(String, String), String>,
}

/// One package, as `cargo metadata` tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licences, as an SPDX expression.
    pub license: Option<String>,
    /// Where it comes from; nothing for a folder of this machine.
    pub source: Option<String>,
    /// Where it is developed.
    pub repository: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_root: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dep>,
}

#[derive(Deserialize)]
struct Dep {
    pkg: String,
    dep_kinds: Vec<DepKind>,
}

#[derive(Deserialize)]
struct DepKind {
    kind: Option<String>,
}

impl Supply {
    /// Asks cargo for what is built for `target`, or for any target.
    pub fn read(target: Option<&str>) -> Result<Supply, String> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["metadata", "--format-version=1", "--locked"]);
        cargo.args(target.map(|target| format!("--filter-platform={target}")));
        let output = cargo.output().map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        Self::of(metadata, target)
    }

    fn of(metadata: Metadata, target: Option<&str>) -> Result<Supply, String> {
        let root = metadata.resolve.root.ok_or("the workspace has no root package")?;
        let mut needs = BTreeMap::new();
        for node in metadata.resolve.nodes {
            // What only tests and build scripts use does not reach the program.
            let reached = node.deps.into_iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            needs.insert(node.id, reached.map(|dep| dep.pkg).collect::<BTreeSet<_>>());
        }
        let mut seen = BTreeSet::new();
        let mut next = vec![root.clone()];
        while let Some(id) = next.pop() {
            if seen.insert(id.clone()) {
                next.extend(needs.get(&id).into_iter().flatten().cloned());
            }
        }
        let lock = Path::new(&metadata.workspace_root).join("Cargo.lock");
        let lock =
            std::fs::read_to_string(&lock).map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
        let mut packages: Vec<_> = metadata.packages.into_iter().filter(|package| seen.contains(&package.id)).collect();
        packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        let at = packages.iter().position(|package| package.id == root).ok_or("cargo does not know the root")?;
        let root = packages.remove(at);
        needs.retain(|id, _| seen.contains(id));
        Ok(Supply { root, packages, target: target.map(str::to_owned), needs, sums: sums(&lock) })
    }

    /// Every licence text with the packages that it comes with.
    pub fn notices(&self) -> Result<String, String> {
        let mut texts: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
        for package in &self.packages {
            let folder = Path::new(&package.manifest_path).parent().unwrap_or(Path::new("."));
            let mut found = licence_texts(folder)?;
            if found.is_empty() {
                found.push(text_of_expression(package)?);
            }
            for text in found {
                texts.entry(text).or_default().push(package);
            }
        }
        let mut out = format!("{} is built from these packages, under the licences below.\n\n", self.root.name);
        for package in &self.packages {
            let licence = package.license.as_deref().unwrap_or("see below");
            let _ = writeln!(out, "{} {}: {licence}", package.name, package.version);
        }
        let mut texts: Vec<_> = texts.into_iter().collect();
        texts.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
        for (text, packages) in texts {
            let names: BTreeSet<_> = packages.iter().map(|package| package.name.as_str()).collect();
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            let _ = write!(out, "{}", section(&names, &text));
        }
        out.push_str(&section("The Rust standard library (MIT OR Apache-2.0)", &mit("The Rust Project Contributors")));
        if self.target.as_deref().is_some_and(|target| target.contains("musl")) {
            out.push_str(&section("The C library musl (MIT)", &mit("Rich Felker and contributors")));
        }
        Ok(out)
    }

    /// The bill of materials as CycloneDX 1.5.
    pub fn sbom(&self) -> Value {
        let components: Vec<_> = self.packages.iter().map(|package| self.component(package, "library")).collect();
        let all = std::iter::once(&self.root).chain(&self.packages);
        let references: BTreeMap<_, _> = all.map(|package| (package.id.as_str(), reference(package))).collect();
        let dependencies: BTreeMap<_, Vec<_>> = self
            .needs
            .iter()
            .filter_map(|(id, needs)| {
                let needs = needs.iter().filter_map(|id| references.get(id.as_str()).cloned()).collect();
                Some((references.get(id.as_str())?.clone(), needs))
            })
            .collect();
        let dependencies: Vec<_> =
            dependencies.into_iter().map(|(of, on)| json!({"ref": of, "dependsOn": on})).collect();
        json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {"component": self.component(&self.root, "application")},
            "components": components,
            "dependencies": dependencies,
        })
    }

    fn component(&self, package: &Package, kind: &str) -> Value {
        let mut component = json!({
            "type": kind,
            "bom-ref": reference(package),
            "name": package.name,
            "version": package.version,
            "purl": reference(package),
        });
        if let Some(licence) = &package.license {
            // Older packages write OR as a slash.
            component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
        }
        if let Some(sum) = self.sums.get(&(package.name.clone(), package.version.clone())) {
            component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
        }
        if let Some(repository) = package.repository.as_deref().filter(|url| url.starts_with("https://")) {
            component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
        }
        component
    }
}

/// A licence text under what it is the licence of.
fn section(names: &str, text: &str) -> String {
    format!("\n{}\n{names}\n{0}\n\n{text}\n", "-".repeat(72))
}

/// The MIT licence as somebody gives it.
fn mit(holders: &str) -> String {
    format!("MIT License\n\nCopyright (c) {holders}\n\n{}", MIT.trim())
}

fn reference(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// The sums of the packages in a `Cargo.lock`.
fn sums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    let blocks = lock.split("[[package]]");
    blocks
        .filter_map(|block| Some(((value(block, "name")?, value(block, "version")?), value(block, "checksum")?)))
        .collect()
}

/// The texts that a package ships.
fn licence_texts(folder: &Path) -> Result<Vec<String>, String> {
    const NAMES: [&str; 5] = ["license", "licence", "copying", "notice", "copyright"];
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if NAMES.iter().any(|prefix| name.starts_with(prefix)) && entry.path().is_file() {
            let text = std::fs::read(entry.path()).map_err(cannot)?;
            found.insert(name, String::from_utf8_lossy(&text).replace("\r\n", "\n").trim().to_owned());
        }
    }
    Ok(found.into_values().filter(|text| !text.is_empty()).collect())
}

/// The text of the licence that a package names without shipping it.
fn text_of_expression(package: &Package) -> Result<String, String> {
    let expression = package.license.as_deref().unwrap_or_default();
    if expression.contains("Apache-2.0") {
        return Ok(include_str!("../LICENSE").trim().to_owned());
    }
    if expression.contains("MIT") {
        return Ok(mit(&match package.authors.is_empty() {
            true => format!("the authors of {}", package.name),
            false => package.authors.join(", "),
        }));
    }
    Err(format!(
        "{} {} ships no licence text, and `{expression}` is not one that is known here",
        package.name, package.version
    ))
}

/// The words of the licence, which are the same for everybody.
const MIT: &str = r#"
Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"#;
