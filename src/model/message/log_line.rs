//! What those who save logs write before each line.

use crate::model::time;

/// Returns the line without the time that `oc adm inspect` and `kubectl logs --timestamps` write before it. A time of the
/// program's own stays.
pub fn without_timestamp(line: &str) -> &str {
    match line.split_once(' ') {
        Some((first, rest)) if is_time(first) => rest,
        // An empty line is a time alone.
        None if is_time(line) => "",
        _ => line,
    }
}

/// Returns the line of a file that the kubelet reads, without time, stream and tag: `TIME stderr F text`
/// (`parseCRILog`, k8s.io/cri-client/pkg/logs/logs.go, v1.34), or `{"log":"text\n", ...}` of Docker.
pub fn of_runtime(line: &str) -> String {
    let mut parts = line.splitn(4, ' ');
    if let (Some(at), Some("stdout" | "stderr"), Some(tag)) = (parts.next(), parts.next(), parts.next())
        && is_time(at)
        && matches!(tag.split(':').next(), Some("F" | "P"))
    {
        return parts.next().unwrap_or_default().to_owned();
    }
    #[derive(serde::Deserialize)]
    struct Docker {
        log: String,
    }
    match line.starts_with("{\"log\":").then(|| serde_json::from_str::<Docker>(line)) {
        Some(Ok(docker)) => docker.log.trim_end_matches('\n').to_owned(),
        _ => line.to_owned(),
    }
}

/// Returns the container, pod and namespace of a line that begins or ends a log in `kubectl cluster-info dump`
/// (`==== START logs for container C of pod NS/POD ====`, clusterinfo_dump.go, v1.34), and whether it begins one.
pub fn dump_border(line: &str) -> Option<(bool, &str, &str, &str)> {
    let rest = line.trim_end().strip_prefix("==== ")?.strip_suffix(" ====")?;
    let (begins, rest) = match rest.strip_prefix("START logs for container ") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("END logs for container ")?),
    };
    let (container, pod) = rest.split_once(" of pod ")?;
    let (namespace, pod) = pod.split_once('/')?;
    Some((begins, container, namespace, pod))
}

/// What the line begins with that ends a log in `kubectl cluster-info dump`.
pub const DUMP_END: &str = "==== END logs for container ";

fn is_time(text: &str) -> bool {
    text.len() >= "2026-11-30T11:54:52Z".len() && text.as_bytes()[10] == b'T' && time::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_is_taken_off_a_line() {
        for (line, rest) in [
            ("2026-11-30T11:54:52.113804511Z 2026-11-30T11:54:52Z ERROR x", "2026-11-30T11:54:52Z ERROR x"),
            ("2026-11-30T11:54:52.1+01:00    |", "   |"),
            ("2026-11-30T11:54:52.113804511Z", ""),
            ("E1130 11:54:52 main.go:1] x", "E1130 11:54:52 main.go:1] x"),
            ("", ""),
        ] {
            assert_eq!(without_timestamp(line), rest, "{line}");
        }
    }

    #[test]
    fn lines_of_runtimes_are_read() {
        for (line, rest) in [
            ("2026-11-30T11:54:52.113804511Z stderr F bind: address already in use", "bind: address already in use"),
            ("2026-11-30T11:54:52.1Z stdout P:x part", "part"),
            ("2026-11-30T11:54:52.1Z stdout F", ""),
            (r#"{"log":"panic: \"x\"\n","stream":"stderr","time":"2026-11-30T11:54:52Z"}"#, "panic: \"x\""),
            ("stderr F x", "stderr F x"),
            (r#"{"log":7}"#, r#"{"log":7}"#),
        ] {
            assert_eq!(of_runtime(line), rest, "{line}");
        }
    }

    #[test]
    fn the_borders_of_a_dump_are_read() {
        let start = "==== START logs for container main of pod logging/agent-1 ====";
        assert_eq!(dump_border(start), Some((true, "main", "logging", "agent-1")));
        let end = "==== END logs for container main of pod logging/agent-1 ====\r\n";
        assert_eq!(dump_border(end), Some((false, "main", "logging", "agent-1")));
        assert_eq!(dump_border("==== START ===="), None);
    }
}
