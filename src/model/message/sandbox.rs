//! Why a pod's sandbox cannot be created, as runtimes and network plugins say it.

use crate::model::message::quoted;

/// What keeps a sandbox from being created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SandboxFailure {
    /// The node's runtime has no handler of this name, or lacks its program.
    RuntimeHandler(String),
    /// The network plugin of this name is not installed on the node.
    PluginMissing(String),
    /// The network plugin of this name fails.
    Plugin(String),
    /// The network plugin is not set up: the node has no network configuration.
    PluginNotInitialized,
    /// The runtime is late: a name is reserved by an attempt that still runs, or a time-out.
    Late,
    /// The text does not say.
    Other,
}

impl SandboxFailure {
    /// Reads the message of a `FailedCreatePodSandBox` event, or what a node says of its network. Wordings of containerd,
    /// CRI-O, dockershim and of the plugin interface (github.com/containernetworking/cni `libcni`, `pkg/invoke`).
    pub fn of(message: &str) -> Self {
        let after = |words: &str| message.split_once(words).map(|(_, rest)| rest);
        let first_word = |text: &str| text.split([' ', ',', ':', '"']).next().unwrap_or_default().to_owned();
        // containerd: `no runtime for "a" is configured`; CRI-O: `failed to find runtime handler a from runtime list`.
        if let Some(name) = after("no runtime for ").and_then(quoted) {
            return SandboxFailure::RuntimeHandler(name.to_owned());
        }
        if let Some(rest) = after("failed to find runtime handler ") {
            return SandboxFailure::RuntimeHandler(first_word(rest.trim_start_matches('"')));
        }
        // containerd names the program that a configured handler lacks: containerd-shim-kata-v2.
        if let Some(rest) = after("containerd-shim-").filter(|_| is_absent(message)) {
            let program = first_word(rest);
            let handler = program.rsplit_once("-v").map_or(program.as_str(), |(handler, _)| handler);
            return SandboxFailure::RuntimeHandler(handler.to_owned());
        }
        if let Some(name) = after("failed to find plugin ").and_then(quoted) {
            return SandboxFailure::PluginMissing(name.to_owned());
        }
        if message.contains("cni plugin not initialized")
            || message.contains("cni config uninitialized")
            || message.contains("no networks found in /")
            || message.contains("No CNI configuration file in")
        {
            return SandboxFailure::PluginNotInitialized;
        }
        if let Some(name) = after("plugin type=").and_then(quoted) {
            return SandboxFailure::Plugin(name.to_owned());
        }
        // dockershim: `networkPlugin cni failed to set up pod "a" network: ...`.
        if message.contains("etworkPlugin cni failed") || message.contains("failed to setup network for sandbox") {
            return SandboxFailure::Plugin(String::new());
        }
        match message.contains(" is reserved for ") || message.contains("context deadline exceeded") {
            true => SandboxFailure::Late,
            false => SandboxFailure::Other,
        }
    }

    /// How much it explains: 0 for the least.
    pub fn specificity(&self) -> u8 {
        match self {
            SandboxFailure::Late => 1,
            _ => 2,
        }
    }
}

fn is_absent(message: &str) -> bool {
    ["executable file not found", "no such file", "does not exist", "not installed"].iter().any(|w| message.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_and_plugins_are_understood() {
        let handler = |name: &str| SandboxFailure::RuntimeHandler(name.to_owned());
        for (message, expected) in [
            (
                "rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for \"nvidia\" is configured",
                handler("nvidia"),
            ),
            ("unable to get OCI runtime for sandbox \"1\": no runtime for \"runsc\" is configured", handler("runsc")),
            ("failed to find runtime handler kata-qemu from runtime list map[runc:0xc0]", handler("kata-qemu")),
            (
                "failed to start shim: exec: \"containerd-shim-kata-v2\": executable file not found in $PATH",
                handler("kata"),
            ),
            (
                "failed to setup network for sandbox \"1\": failed to find plugin \"flannel\" in path [/opt/cni/bin]",
                SandboxFailure::PluginMissing("flannel".into()),
            ),
            (
                "failed to setup network for sandbox \"1\": plugin type=\"calico\" failed (add): stat /var/lib/calico/nodename: \
                 no such file or directory",
                SandboxFailure::Plugin("calico".into()),
            ),
            (
                "networkPlugin cni failed to set up pod \"a_b\" network: no podCIDR",
                SandboxFailure::Plugin(String::new()),
            ),
            (
                "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network \
                 plugin returns error: cni plugin not initialized",
                SandboxFailure::PluginNotInitialized,
            ),
            (
                "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: \
                 network plugin is not ready: cni config uninitialized",
                SandboxFailure::PluginNotInitialized,
            ),
            (
                "NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: No CNI configuration \
                 file in /etc/cni/net.d/. Has your network provider started?",
                SandboxFailure::PluginNotInitialized,
            ),
            ("failed to reserve sandbox name \"a\": name \"a\" is reserved for \"1\"", SandboxFailure::Late),
            ("rpc error: code = DeadlineExceeded desc = context deadline exceeded", SandboxFailure::Late),
            ("failed to get sandbox image \"pause:3.9\": failed to pull image", SandboxFailure::Other),
        ] {
            assert_eq!(SandboxFailure::of(message), expected, "{message}");
        }
    }
}
