//! The field at which a mistake stands, from the top of its document.

use std::collections::HashMap;

use crate::manifest::fields::snake;
use crate::manifest::problem::{Problem, Source};
use crate::manifest::text::shorten;
use crate::yaml::{Entry, Mark, Node};

/// Names the field of each problem, as `spec.template.spec.containers[0].image`, with keys as the author spelled them.
/// What a problem says is missing is added to the path of the place that lacks it.
pub fn name_fields(document: &Node, problems: &mut [Problem], source: &Source<'_>) {
    let mut paths: HashMap<Mark, Option<String>> = problems.iter().filter_map(|p| Some((p.at?, None))).collect();
    if paths.is_empty() {
        return;
    }
    note(&mut paths, document.at, "");
    visit(document, "", source, &mut paths);
    for problem in problems {
        let Some(path) = problem.at.and_then(|at| paths.get(&at)?.clone()) else { continue };
        let missing = problem.field.take();
        let path = match missing {
            Some(missing) if path.is_empty() => missing,
            Some(missing) => format!("{path}.{missing}"),
            None => path,
        };
        problem.field = Some(path).filter(|path| !path.is_empty());
    }
}

fn visit(node: &Node, path: &str, source: &Source<'_>, paths: &mut HashMap<Mark, Option<String>>) {
    for entry in node.entries() {
        let inner = joined(path, &spelled(entry, source));
        note(paths, entry.key_at, &inner);
        note(paths, entry.node.at, &inner);
        visit(&entry.node, &inner, source, paths);
    }
    for (number, item) in node.items().iter().enumerate() {
        let inner = format!("{path}[{number}]");
        note(paths, item.at, &inner);
        visit(item, &inner, source, paths);
    }
}

/// Notes the path of a place, where a problem stands there. What stands deeper counts; an alias has the path of what
/// comes first.
fn note(paths: &mut HashMap<Mark, Option<String>>, at: Mark, path: &str) {
    if let Some(known) = paths.get_mut(&at)
        && known.as_deref().is_none_or(|known| path.starts_with(known))
    {
        *known = Some(path.to_owned());
    }
}

/// A key as it stands in the text: reading a spec gives keys Kubernetes' spelling.
fn spelled(entry: &Entry, source: &Source<'_>) -> String {
    let written = source.text_at(entry.key_at).unwrap_or_default();
    let written = written.trim_matches(['"', '\'']);
    let same = !written.is_empty() && snake(written) == snake(&entry.key);
    shorten(if same { written } else { &entry.key })
}

fn joined(path: &str, key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    match (path.is_empty(), is_plain) {
        (true, _) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (false, false) => format!("{path}[{key}]"),
    }
}

#[cfg(test)]
mod tests {
    use crate::manifest::load;

    #[test]
    fn a_problem_names_its_field_as_the_author_spells_it() {
        let plain = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {app: a}}\n  \
                     template:\n    metadata: {labels: {app: a}}\n    spec:\n      tolerations:\n      - operator: Exists\n        \
                     value: x\n      containers:\n      - image: a:1\n        resources: {limits: {example.com/gpu: x}}\n";
        let spec = "apiVersion: kubernetes.project-planton.org/v1\nkind: KubernetesDaemonSet\nmetadata: {name: a}\nspec:\n  \
                    namespace: a\n  container:\n    app:\n      image: a:1\n  minReadySeconds: -1\n  pod: {host_network: x}\n";
        let fields = |text: &str| -> Vec<String> {
            load("x.yaml", text).problems.into_iter().map(|p| p.field.unwrap_or(p.message)).collect()
        };
        let containers = "spec.template.spec.containers[0]";
        assert_eq!(
            fields(plain),
            [
                "spec.template.spec.tolerations[0].value".to_owned(),
                format!("{containers}.name"),
                format!("{containers}.resources.limits[example.com/gpu]"),
            ]
        );
        assert_eq!(fields(spec), ["spec.minReadySeconds", "spec.pod.host_network"]);
    }
}
