//! Which file uses an item of which: reads the sources, follows `use` trees and re-exports to the file that defines
//! an item, and finds cycles.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// The path of a module below the crate, such as `["rules", "admission"]`.
pub type Module = Vec<String>;

/// Who uses whom, and one item for which.
pub type Graph = BTreeMap<String, BTreeMap<String, String>>;

struct Source {
    file: String,
    /// The code without what `use` says.
    code: String,
    /// Names that `use` brings into the module, and what they stand for.
    imports: HashMap<String, Import>,
}

struct Import {
    path: Vec<String>,
    /// `pub use`: others find the item here. That alone is no use of the item.
    is_re_export: bool,
}

/// The sources of the crate, by module.
pub struct Sources(BTreeMap<Module, Source>);

impl Sources {
    /// Reads `src` without tests.
    pub fn read(src: &Path) -> Sources {
        let mut files = Vec::new();
        super::sources(src, &mut files);
        let named = |file: &Path| file.strip_prefix(src).expect("below src").display().to_string();
        Sources::of(files.iter().map(|file| (named(file), super::code(file))))
    }

    /// Takes files by their path below `src`. `main.rs` and `lib.rs` use everything and are used by nobody.
    pub fn of(files: impl Iterator<Item = (String, String)>) -> Sources {
        let files: Vec<_> = files.filter(|(file, _)| !matches!(file.as_str(), "main.rs" | "lib.rs")).collect();
        let mut tests = BTreeSet::new();
        let mut sources = BTreeMap::new();
        for (file, code) in files {
            let mut module: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if module.last().is_some_and(|name| name == "mod") {
                module.pop();
            }
            for after in code.split("#[cfg(test)]\nmod ").skip(1) {
                tests.insert(below(&module, after.split(';').next().unwrap_or_default()));
            }
            let mut imports = HashMap::new();
            let (trees, code) = take_use_trees(&code);
            for (tree, is_re_export) in trees {
                expand(&tree, &mut Vec::new(), &mut |name, path| {
                    imports.insert(name, Import { path, is_re_export });
                });
            }
            sources.insert(module, Source { file, code, imports });
        }
        sources.retain(|module, _| !tests.contains(module));
        Sources(sources)
    }

    /// The module that defines the item that `path` means in `module`. `None` for what another crate defines.
    fn resolve(&self, module: &[String], path: &[String], depth: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        if depth == 0 {
            return None;
        }
        let start = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            name => {
                let child = below(module, name);
                let import = self.0.get(module).and_then(|source| source.imports.get(name));
                match import {
                    Some(import) if import.path.first() != Some(first) => {
                        let whole = [import.path.as_slice(), rest].concat();
                        return self.resolve(module, &whole, depth - 1);
                    }
                    _ if self.is_module(&child) => child,
                    _ => return None,
                }
            }
        };
        self.descend(start, rest, depth)
    }

    fn descend(&self, mut at: Module, path: &[String], depth: usize) -> Option<Module> {
        for (i, name) in path.iter().enumerate() {
            if name == "super" {
                at.pop();
                continue;
            }
            let child = below(&at, name);
            if self.is_module(&child) {
                at = child;
                continue;
            }
            let import = self.0.get(&at).and_then(|source| source.imports.get(name));
            if let Some(import) = import {
                let whole = [import.path.as_slice(), &path[i + 1..]].concat();
                return self.resolve(&at, &whole, depth - 1);
            }
            break;
        }
        Some(at)
    }

    fn is_module(&self, module: &[String]) -> bool {
        self.0.contains_key(module) || self.0.keys().any(|other| other.starts_with(module))
    }

    /// Which file uses an item of which.
    pub fn files(&self) -> Graph {
        let mut graph = Graph::new();
        for (module, source) in &self.0 {
            let words: BTreeSet<&str> = source.code.split(|c: char| !is_of_name(c)).collect();
            let used = |(name, import): &(&String, &Import)| !import.is_re_export || words.contains(name.as_str());
            let imported = source.imports.iter().filter(used).map(|(_, import)| import.path.clone());
            for path in imported.chain(inline_paths(&source.code)) {
                let Some(target) = self.resolve(module, &path, 16).and_then(|target| self.0.get(&target)) else {
                    continue;
                };
                if target.file != source.file {
                    graph.entry(source.file.clone()).or_default().insert(target.file.clone(), path.join("::"));
                }
            }
        }
        graph
    }

    /// Which room uses an item of which: the folders and the single files below `src`.
    pub fn rooms(&self) -> Graph {
        let room = |file: &str| file.split('/').next().unwrap_or(file).trim_end_matches(".rs").to_owned();
        let mut graph = Graph::new();
        for (from, targets) in self.files() {
            for (to, path) in targets.into_iter().filter(|(to, _)| room(to) != room(&from)) {
                graph.entry(room(&from)).or_default().insert(room(&to), format!("{from} uses {path}"));
            }
        }
        graph
    }
}

fn below(module: &[String], name: &str) -> Module {
    let mut child = module.to_vec();
    child.push(name.to_owned());
    child
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The texts between `use` and the semicolon and whether they are public, and the code without them.
fn take_use_trees(code: &str) -> (Vec<(String, bool)>, String) {
    let mut trees = Vec::new();
    let mut rest = String::new();
    let mut open: Option<(String, bool)> = None;
    for line in code.lines() {
        let word = line.trim_start();
        let public = word.starts_with("pub");
        let begins = if public { word.split_once(" use ").map(|(_, tree)| tree) } else { word.strip_prefix("use ") };
        match (&mut open, begins) {
            (Some((tree, _)), _) => tree.push_str(word),
            (None, Some(begins)) => open = Some((begins.to_owned(), public)),
            (None, None) => {
                rest.push_str(line);
                rest.push('\n');
            }
        }
        if open.as_ref().is_some_and(|(tree, _)| tree.ends_with(';')) {
            trees.extend(open.take().map(|(tree, public)| (tree.trim_end_matches(';').to_owned(), public)));
        }
    }
    (trees, rest)
}

/// Gives each leaf of a `use` tree: the name that it brings, and its path.
fn expand(tree: &str, prefix: &mut Vec<String>, found: &mut impl FnMut(String, Vec<String>)) {
    let tree = tree.trim();
    let length = prefix.len();
    let (path, branches) = match tree.find('{') {
        Some(open) => (&tree[..open], tree[open + 1..].strip_suffix('}')),
        None => (tree, None),
    };
    let (path, renamed) = path.split_once(" as ").map_or((path, None), |(path, name)| (path, Some(name.trim())));
    prefix.extend(path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
    match branches {
        Some(branches) => split_branches(branches).into_iter().for_each(|branch| expand(branch, prefix, found)),
        None if !tree.is_empty() => {
            if prefix.last().is_some_and(|name| name == "self") {
                prefix.pop();
            }
            let name = renamed.or(prefix.last().map(String::as_str)).unwrap_or_default().to_owned();
            // `_` brings no name, and several may.
            let name = if name == "_" { prefix.join("::") } else { name };
            found(name, prefix.clone());
        }
        None => {}
    }
    prefix.truncate(length);
}

fn split_branches(branches: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in branches.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&branches[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&branches[start..]);
    found
}

/// Paths of several names that stand in the code.
fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for text in code.split(|c: char| !is_of_name(c) && c != ':') {
        let path: Vec<String> = text.split("::").map(str::to_owned).collect();
        if path.len() > 1 && path.iter().all(|name| !name.is_empty() && name.chars().all(is_of_name)) {
            found.push(path);
        }
    }
    found
}

/// The cycles of a graph: every knot of nodes that reach each other, with what ties it.
pub fn knots(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|node| (node, reachable(graph, node))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for (node, others) in &reach {
        let back = |other: &&String| reach.get(*other).is_some_and(|further| further.contains(node));
        let knot: BTreeSet<String> = others.iter().copied().filter(back).cloned().collect();
        if !knot.is_empty() && !found.contains(&knot) {
            found.push(knot);
        }
    }
    found
}

fn reachable<'a>(graph: &'a Graph, from: &String) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        for next in graph.get(node).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}

/// What ties a knot, a line for each use.
pub fn ties(graph: &Graph, knot: &BTreeSet<String>) -> String {
    let inside = graph.iter().filter(|(from, _)| knot.contains(*from));
    let uses = inside.flat_map(|(from, targets)| {
        let targets = targets.iter().filter(|(to, _)| knot.contains(*to));
        targets.map(move |(to, path)| format!("  {from} -> {to} ({path})"))
    });
    uses.collect::<Vec<_>>().join("\n")
}
