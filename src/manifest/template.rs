//! Templates of Helm, Jinja and the like that nobody rendered: their braces are no YAML.

use crate::yaml::Mark;

/// How to get what a template means.
pub(crate) const HINT: &str = "render the template first: `helm template CHART | ... -f -`";

/// Returns where the first template action stands that is no YAML: `{{` or `{%` that a line or a value begins with. Quoted
/// text, comments and block scalars may hold such braces.
pub(crate) fn first_action(text: &str) -> Option<Mark> {
    let mut block: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        if content.is_empty() {
            continue;
        }
        if block.is_some_and(|parent| indent > parent) {
            continue;
        }
        block = begins_block(content).then_some(indent);
        if let Some(at) = action_in(content) {
            let before = line[..indent + at].chars().count() as u32;
            let length = content[at..].trim_end().chars().count() as u32;
            return Some(Mark { line: number as u32 + 1, column: before + 1, length });
        }
    }
    None
}

/// Whether a whole value is one that only a template means: `{{ .Values.image }}`, also beside other text.
pub(crate) fn is_action(value: &str) -> bool {
    value.find("{{").is_some_and(|at| value[at..].contains("}}"))
}

/// What to do about a value that is no value yet but stands for one: `{{ .Values.name }}`, `${NAME}`.
pub(crate) fn rendering_hint(value: &str) -> Option<&'static str> {
    if is_action(value) {
        return Some(HINT);
    }
    let is_variable = value.find("${").is_some_and(|at| value[at..].contains('}'));
    is_variable.then_some("a template: fill in its variables first: `envsubst < FILE | ... -f -`")
}

/// Where a line's own content, its list dashes, or its value begins with an action.
fn action_in(content: &str) -> Option<usize> {
    let is_action = |text: &str| text.starts_with("{{") || text.starts_with("{%");
    let mut at = 0;
    while let Some(rest) = content[at..].strip_prefix("- ") {
        at = content.len() - rest.trim_start().len();
    }
    if is_action(&content[at..]) {
        return Some(at);
    }
    if content[at..].starts_with(['#', '"', '\'']) {
        return None;
    }
    let colon = content[at..].find(": ")? + at;
    let value = content.len() - content[colon + 2..].trim_start().len();
    is_action(&content[value..]).then_some(value)
}

/// Whether a line ends with the header of a block scalar: `|`, `>-`, `|2+`.
fn begins_block(content: &str) -> bool {
    let last = content.split_whitespace().next_back().unwrap_or_default();
    let header = last.strip_prefix(['|', '>']);
    header.is_some_and(|rest| rest.len() <= 2 && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_called_a_template() {
        for (value, hint) in
            [("${CLUSTER_NAME}-agent", Some("envsubst")), ("{{ .x }}", Some("helm")), ("$(NAME)", None)]
        {
            assert_eq!(
                rendering_hint(value).is_some_and(|h| hint.is_some_and(|w| h.contains(w))),
                hint.is_some(),
                "{value}"
            );
        }
    }

    #[test]
    fn an_action_is_found_where_a_value_or_a_line_begins_with_one() {
        for (text, line) in [
            ("a: 1\nimage: {{ .Values.image }}\n", Some(2)),
            ("spec:\n  {{- with .Values.tolerations }}\n", Some(2)),
            ("args:\n- {{region_name}}\n", Some(2)),
            ("{% if gpu %}\na: 1\n", Some(1)),
            ("args: ['--format={{ .Names }}']\n", None),
            ("a: \"{{ x }}\"\n", None),
            ("# {{ x }}\na: {b: 1}\n", None),
            ("data:\n  a.tmpl: |\n    {{ x }}\n\n    b: {{ y }}\nend: 1\n", None),
            ("data:\n  a.tmpl: |-\n    {{ x }}\nend: {{ z }}\n", Some(4)),
        ] {
            assert_eq!(first_action(text).map(|at| at.line), line, "{text}");
        }
    }
}
