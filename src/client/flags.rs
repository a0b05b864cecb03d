//! What the user and the surroundings say about the connection.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the user said about the connection; every field is a flag of kubectl.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--kubeconfig`: this file alone.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`: in place of the context's.
    pub cluster: Option<String>,
    /// `--user`: in place of the context's.
    pub user: Option<String>,
    /// `--namespace`.
    pub namespace: Option<String>,
    /// `--server`.
    pub server: Option<String>,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: Option<bool>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--token`.
    pub token: Option<Secret>,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-uid`.
    pub impersonate_uid: Option<String>,
    /// `--as-group`, as often as given.
    pub impersonate_groups: Vec<String>,
    /// `--as-user-extra`, as often as given.
    pub impersonate_extra: Vec<(String, String)>,
    /// `--request-timeout`: of one request.
    pub request_timeout: Option<Duration>,
    /// `--disable-compression`.
    pub disable_compression: bool,
}

/// Text that is never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Secret(text.to_owned()))
    }
}

/// What the process's surroundings say about the connection.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `KUBECONFIG`.
    pub kubeconfig: Option<OsString>,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// `HTTPS_PROXY` or its lower-case form.
    pub https_proxy: Option<String>,
    /// `HTTP_PROXY` or its lower-case form.
    pub http_proxy: Option<String>,
    /// `NO_PROXY` or its lower-case form.
    pub no_proxy: Option<String>,
    /// `POD_NAMESPACE`.
    pub pod_namespace: Option<String>,
    /// Whether this is a pod with an account of its own.
    pub in_cluster: bool,
    /// Whether a person can answer on standard input.
    pub interactive: bool,
    /// The user's preferences for kubectl, unless they are switched off.
    pub kuberc: Option<PathBuf>,
    /// `PATH`, where programs are looked for.
    pub path: Option<OsString>,
}

impl Environment {
    /// What this process sees.
    pub fn of_process() -> Self {
        use std::io::IsTerminal;
        let text = |names: &[&str]| names.iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
        let token = Path::new("/var/run/secrets/kubernetes.io/serviceaccount/token");
        Environment {
            kubeconfig: env::var_os("KUBECONFIG").filter(|list| !list.is_empty()),
            home: env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            https_proxy: text(&["HTTPS_PROXY", "https_proxy"]),
            http_proxy: text(&["HTTP_PROXY", "http_proxy"]),
            no_proxy: text(&["NO_PROXY", "no_proxy"]),
            pod_namespace: text(&["POD_NAMESPACE"]),
            in_cluster: text(&["KUBERNETES_SERVICE_HOST"]).is_some()
                && text(&["KUBERNETES_SERVICE_PORT"]).is_some()
                && token.is_file(),
            interactive: std::io::stdin().is_terminal(),
            kuberc: crate::client::kuberc::location(),
            path: env::var_os("PATH"),
        }
    }
}
