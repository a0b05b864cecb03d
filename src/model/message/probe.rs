//! What kubelets say of probes: `Unhealthy` and `Killing` events.

/// A probe of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// The readiness probe: a container that fails it gets no traffic.
    Readiness,
    /// The liveness probe: the kubelet restarts a container that fails it.
    Liveness,
    /// The startup probe: the kubelet restarts a container that does not pass it in time.
    Startup,
}

impl Probe {
    /// Reads the message of an `Unhealthy` event: "Liveness probe failed: ...", "Startup probe errored and resulted in
    /// unknown state: ..." (pkg/kubelet/prober/prober.go v1.36).
    pub fn of(message: &str) -> Option<Self> {
        let (first, rest) = message.split_once(' ')?;
        let is_probe = rest.starts_with("probe failed") || rest.starts_with("probe errored");
        Self::named(first).filter(|_| is_probe)
    }

    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "Readiness" | "readiness" => Probe::Readiness,
            "Liveness" | "liveness" => Probe::Liveness,
            "Startup" | "startup" => Probe::Startup,
            _ => return None,
        })
    }

    /// Whether the kubelet kills a container that fails it.
    pub fn kills(self) -> bool {
        self != Probe::Readiness
    }

    /// Its name in a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Probe::Readiness => "readiness",
            Probe::Liveness => "liveness",
            Probe::Startup => "startup",
        }
    }

    /// Its field in a container.
    pub fn field(self) -> &'static str {
        match self {
            Probe::Readiness => "readinessProbe",
            Probe::Liveness => "livenessProbe",
            Probe::Startup => "startupProbe",
        }
    }
}

/// Why the kubelet kills a container, as a `Killing` event says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killing {
    /// The container failed a probe.
    Probe(Probe),
    /// Another reason: the pod is deleted, its definition or its sandbox changed, a hook failed.
    Other,
}

impl Killing {
    /// Reads the message: "Container a failed liveness probe, will be restarted", with "Init container" for sidecars
    /// (`computePodActions`, pkg/kubelet/kuberuntime v1.36). Kubelets before v1.14 wrote "Killing container with id
    /// docker://a:Container failed liveness probe.. Container will be killed and recreated".
    pub fn of(message: &str) -> Self {
        for probe in [Probe::Liveness, Probe::Startup] {
            if message.contains(&format!("failed {} probe", probe.as_str())) {
                return Killing::Probe(probe);
            }
        }
        match message.contains(" is unhealthy, it will be killed") {
            true => Killing::Probe(Probe::Liveness),
            false => Killing::Other,
        }
    }

    /// Returns the container that the message names, for events whose reference does not.
    pub fn container(message: &str) -> Option<&str> {
        let rest = message.strip_prefix("Container ").or_else(|| message.strip_prefix("Init container "))?;
        rest.split_once(" failed ").map(|(name, _)| name).filter(|name| !name.is_empty() && !name.contains(' '))
    }
}

/// Takes out of an event what a probe or hook printed or was sent: it is the container's own, as the last words of
/// one that ended are. What the kubelet says of the network and of codes stays.
pub fn without_output(text: &mut String) {
    const KUBELET: [&str; 4] = ["HTTP probe failed", "dial tcp", "timeout", "context deadline exceeded"];
    if let Some(start) = text.find(" probe failed: ") {
        let start = start + " probe failed: ".len();
        let said = &text[start..];
        let kept = match said.strip_prefix("Get \"").and_then(|rest| rest.split_once('"')) {
            Some((url, why)) => {
                let (url, query) = url.split_once('?').map_or((url, ""), |(url, _)| (url, "?..."));
                Some(format!("Get \"{url}{query}\"{why}"))
            }
            None => KUBELET.iter().any(|word| said.starts_with(word)).then(|| said.to_owned()),
        };
        text.replace_range(start.., kept.as_deref().unwrap_or("(output left out)"));
    } else if let Some(start) = text.find(" probe errored").or_else(|| text.find(" lifecycle hook (")) {
        let end =
            start + if text[start..].starts_with(" probe") { " probe errored".len() } else { " lifecycle hook".len() };
        text.replace_range(end.., ": (output left out)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_told_apart() {
        for (message, expected) in [
            ("Liveness probe failed: HTTP probe failed with statuscode: 500", Some(Probe::Liveness)),
            ("Readiness probe failed: ", Some(Probe::Readiness)),
            ("Startup probe failed: dial tcp 192.0.2.1:1: connect: connection refused", Some(Probe::Startup)),
            ("Readiness probe errored: rpc error: code = NotFound", Some(Probe::Readiness)),
            ("Liveness probe errored and resulted in unknown state: context deadline exceeded", Some(Probe::Liveness)),
            ("Startup of the program", None),
            ("Unhealthy", None),
        ] {
            assert_eq!(Probe::of(message), expected, "{message}");
        }
    }

    #[test]
    fn the_kubelet_says_why_it_kills() {
        let liveness = Killing::Probe(Probe::Liveness);
        for (message, expected, container) in [
            ("Container a failed liveness probe, will be restarted", liveness, Some("a")),
            ("Container a failed startup probe, will be restarted", Killing::Probe(Probe::Startup), Some("a")),
            ("Init container a failed startup probe", Killing::Probe(Probe::Startup), Some("a")),
            (
                "Killing container with id docker://a:Container failed liveness probe.. Container will be killed",
                liveness,
                None,
            ),
            (
                "Killing container with docker id 1: pod \"p\" container \"a\" is unhealthy, it will be killed and re-created.",
                liveness,
                None,
            ),
            ("Stopping container a", Killing::Other, None),
            ("Container a definition changed, will be restarted", Killing::Other, None),
            ("FailedPostStartHook", Killing::Other, None),
        ] {
            assert_eq!((Killing::of(message), Killing::container(message)), (expected, container), "{message}");
        }
    }
}
