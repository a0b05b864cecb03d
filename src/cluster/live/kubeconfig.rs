//! Which cluster, and as whom: by the rules of kubectl, not of kube, which differ in a dozen places.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use http::{HeaderName, HeaderValue, Uri};
use kube::Config;
use kube::config::{AuthInfo, Cluster, Context, ExecConfig, Kubeconfig};

use super::connection::place;
use crate::error::{Error, Result};

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
            kuberc: super::kuberc::location(),
            path: env::var_os("PATH"),
        }
    }
}

/// The cluster that was chosen, and how to talk to it.
pub struct Target {
    /// What kube needs to know. A credential plugin is not in it: see [`Target::plugin`].
    pub config: Config,
    /// The credential plugin to ask first.
    pub plugin: Option<ExecConfig>,
    /// The context's name, where there is one.
    pub context: Option<String>,
    /// The cluster's name in the kubeconfig.
    pub cluster: Option<String>,
    /// The user's name in the kubeconfig.
    pub user: Option<String>,
    /// The namespace: the flag's, the context's, the pod's, or `default`.
    pub namespace: String,
    /// The time for one request, if bounded by the user.
    pub request_timeout: Option<Duration>,
    /// Whether a person can answer a plugin.
    pub interactive: bool,
}

/// The names that a kubeconfig defines, for a shell that completes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Defined {
    /// Contexts.
    pub contexts: Vec<String>,
    /// Clusters.
    pub clusters: Vec<String>,
    /// Users.
    pub users: Vec<String>,
}

impl Defined {
    /// Reads the files that count.
    ///
    /// # Errors
    /// A sentence for a file that cannot be read.
    pub fn read(flags: &Flags, environment: &Environment) -> Result<Defined> {
        let merged = Files::of(flags, environment).read()?;
        Ok(Defined {
            contexts: merged.contexts.into_iter().map(|context| context.name).collect(),
            clusters: merged.clusters.into_iter().map(|cluster| cluster.name).collect(),
            users: merged.auth_infos.into_iter().map(|user| user.name).collect(),
        })
    }
}

impl Target {
    /// Chooses the cluster and the user.
    ///
    /// # Errors
    /// A sentence for a kubeconfig that cannot be read, a context, cluster or user that it does not have, flags that
    /// contradict each other, or no cluster at all, with the places that were looked at.
    pub fn choose(flags: &Flags, environment: &Environment) -> Result<Target> {
        let files = Files::of(flags, environment);
        let merged = files.read()?;
        let no_config = merged.clusters.is_empty() && merged.contexts.is_empty() && merged.current_context.is_none();
        let no_flags = flags.server.is_none() && flags.context.is_none() && flags.cluster.is_none();
        if no_config && no_flags && environment.in_cluster {
            return Self::in_cluster(flags, environment);
        }
        let context = chosen_context(&merged, flags)?;
        let cluster_name = flags.cluster.clone().or_else(|| nonempty(context.as_ref()?.1.cluster.clone()));
        let mut cluster = match &cluster_name {
            Some(name) => {
                let found = merged.clusters.iter().find(|c| &c.name == name);
                found.and_then(|c| c.cluster.clone()).ok_or_else(|| {
                    let names = merged.clusters.iter().map(|c| c.name.as_str());
                    Error::new(format!("no server found for cluster \"{name}\"")).hint(known("clusters", names))
                })?
            }
            None => Cluster::default(),
        };
        let user_name = flags.user.clone().or_else(|| context.as_ref()?.1.user.clone().and_then(nonempty));
        let found = merged.auth_infos.iter().find(|u| Some(&u.name) == user_name.as_ref());
        if let (Some(name), None) = (&flags.user, found) {
            let names = merged.auth_infos.iter().map(|u| u.name.as_str());
            return Err(Error::new(format!("auth info \"{name}\" does not exist")).hint(known("users", names)));
        }
        let mut user = found.and_then(|u| u.auth_info.clone()).unwrap_or_default();
        override_cluster(&mut cluster, flags);
        override_user(&mut user, flags)?;

        let Some(server) = cluster.server.clone().and_then(nonempty) else {
            return Err(files.nothing_found(cluster_name.as_deref()));
        };
        let mut config = Config::new(server_uri(&server)?);
        config.root_cert = certificate_authority(&cluster)?;
        config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
        config.tls_server_name = cluster.tls_server_name.clone().and_then(nonempty);
        config.disable_compression = cluster.disable_compression.unwrap_or(false);
        let named = cluster.proxy_url.clone().and_then(nonempty);
        config.proxy_url = proxy(named, &config.cluster_url, environment)?;
        let plugin = take_plugin(&mut user, &cluster)?;
        if let (Some(plugin), Some(kuberc)) = (&plugin, &environment.kuberc) {
            super::kuberc::check(plugin, kuberc, environment.path.as_deref())?;
        }
        config.auth_info = user;
        let namespace = flags.namespace.clone().or_else(|| context.as_ref()?.1.namespace.clone().and_then(nonempty));
        let names = (context.map(|(name, _)| name), cluster_name, user_name);
        Self::finish(config, plugin, names, namespace, flags, environment)
    }

    fn in_cluster(flags: &Flags, environment: &Environment) -> Result<Target> {
        let mut config = Config::incluster()
            .map_err(|error| Error::new("cannot use the pod's own service account").because(&error))?;
        let mut cluster = Cluster::default();
        override_cluster(&mut cluster, flags);
        if cluster.certificate_authority.is_some() || cluster.insecure_skip_tls_verify == Some(true) {
            config.root_cert = certificate_authority(&cluster)?;
            config.root_cert_file = None;
            config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
        }
        config.tls_server_name = cluster.tls_server_name;
        config.disable_compression = flags.disable_compression;
        config.proxy_url = proxy(None, &config.cluster_url, environment)?;
        override_user(&mut config.auth_info, flags)?;
        let own = environment.pod_namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let namespace = flags.namespace.clone().or(Some(own));
        Self::finish(config, None, (None, None, None), namespace, flags, environment)
    }

    fn finish(
        mut config: Config,
        plugin: Option<ExecConfig>,
        (context, cluster, user): (Option<String>, Option<String>, Option<String>),
        namespace: Option<String>,
        flags: &Flags,
        environment: &Environment,
    ) -> Result<Target> {
        // Retries and time-outs are the connection's: kube's would try 15 times without a word.
        config.default_retry = false;
        config.read_timeout = None;
        let connect = config.connect_timeout.unwrap_or(Duration::from_secs(30));
        config.connect_timeout = Some(flags.request_timeout.map_or(connect, |timeout| timeout.min(connect)));
        config.headers.push((HeaderName::from_static("user-agent"), user_agent()));
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        config.default_namespace.clone_from(&namespace);
        Ok(Target {
            config,
            plugin,
            context,
            cluster,
            user,
            namespace,
            request_timeout: flags.request_timeout,
            interactive: environment.interactive,
        })
    }
}

fn user_agent() -> HeaderValue {
    HeaderValue::from_static(concat!("kubectl-daemonset/", env!("CARGO_PKG_VERSION")))
}

fn nonempty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The kubeconfig files that count, in order.
struct Files {
    paths: Vec<PathBuf>,
    /// The user named this one: it must be there.
    named: bool,
}

impl Files {
    fn of(flags: &Flags, environment: &Environment) -> Self {
        if let Some(path) = &flags.kubeconfig {
            return Files { paths: vec![path.clone()], named: true };
        }
        let mut paths = Vec::new();
        match &environment.kubeconfig {
            Some(list) => {
                for path in env::split_paths(list).filter(|path| !path.as_os_str().is_empty()) {
                    if !paths.contains(&path) {
                        paths.push(path);
                    }
                }
            }
            None => paths.extend(environment.home.as_ref().map(|home| home.join(".kube").join("config"))),
        }
        Files { paths, named: false }
    }

    /// Merges them: what names a thing first defines it. Missing ones are passed over unless the user named them.
    fn read(&self) -> Result<Kubeconfig> {
        let mut merged = Kubeconfig::default();
        for path in &self.paths {
            if !self.named && !path.exists() {
                continue;
            }
            let mut read = Kubeconfig::read_from(path).map_err(|error| unreadable(path, &error))?;
            read.current_context = read.current_context.and_then(nonempty);
            // Neither is a reason to refuse: kubectl does not compare them.
            read.kind = None;
            read.api_version = None;
            merged = merged.merge(read).map_err(|error| unreadable(path, &error))?;
        }
        Ok(merged)
    }

    fn nothing_found(&self, cluster: Option<&str>) -> Error {
        if let Some(cluster) = cluster {
            return Error::new(format!("cluster \"{cluster}\" of the kubeconfig names no server"));
        }
        let paths = self.paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>();
        let looked = match paths.is_empty() {
            true => "there is no home directory and `KUBECONFIG` is not set".to_owned(),
            false => format!("looked at {}", paths.join(", ")),
        };
        Error::new("no kubeconfig found").cause(looked).hint(
            "name a file with `--kubeconfig` or `KUBECONFIG`, a saved cluster with `--snapshot`, or a server with `--server`",
        )
    }
}

/// Tells what is wrong with a kubeconfig without showing any of it: a parser's own words quote the text.
fn unreadable(path: &Path, error: &kube::config::KubeconfigError) -> Error {
    let told = Error::new(format!("cannot read kubeconfig `{}`", path.display()));
    let io = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    if let Some(io) = io {
        return told.because(io);
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    match serde_yaml::from_str::<serde::de::IgnoredAny>(&text) {
        Err(error) => match error.location() {
            Some(at) => told.cause(format!("it is not valid YAML at line {}, column {}", at.line(), at.column())),
            None => told.cause("it is not valid YAML"),
        },
        Ok(_) => told.cause("it is not what a kubeconfig looks like: a field has the wrong type, or is missing"),
    }
}

/// The context that counts, with its name: the flag's, else the current one.
fn chosen_context(merged: &Kubeconfig, flags: &Flags) -> Result<Option<(String, Context)>> {
    let Some(name) = flags.context.clone().or_else(|| merged.current_context.clone()) else { return Ok(None) };
    let found = merged.contexts.iter().find(|c| c.name == name).and_then(|c| c.context.clone());
    let context = found.ok_or_else(|| {
        let names = merged.contexts.iter().map(|c| c.name.as_str());
        Error::new(format!("context was not found for specified context: {name}")).hint(known("contexts", names))
    })?;
    Ok(Some((name, context)))
}

/// A hint with the names that there are.
fn known<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 8;
    let names: Vec<_> = names.collect();
    match names.len() {
        0 => format!("the kubeconfig has no {what}"),
        count if count <= MOST => format!("the kubeconfig has the {what} {}", names.join(", ")),
        count => format!("the kubeconfig has the {what} {} and {} more", names[..MOST].join(", "), count - MOST),
    }
}

/// The cluster's flags, as client-go lays them over a kubeconfig.
fn override_cluster(cluster: &mut Cluster, flags: &Flags) {
    if flags.server.is_some() || flags.tls_server_name.is_some() {
        // A name to check belongs to the server that was left.
        cluster.tls_server_name.clone_from(&flags.tls_server_name);
    }
    if flags.server.is_some() {
        cluster.server.clone_from(&flags.server);
    }
    if flags.insecure_skip_tls_verify == Some(true) || flags.certificate_authority.is_some() {
        cluster.insecure_skip_tls_verify = flags.insecure_skip_tls_verify;
        cluster.certificate_authority = flags.certificate_authority.as_deref().map(path_text);
        cluster.certificate_authority_data = None;
    } else if flags.insecure_skip_tls_verify == Some(false) {
        cluster.insecure_skip_tls_verify = Some(false);
    }
    if flags.disable_compression {
        cluster.disable_compression = Some(true);
    }
}

/// The user's flags, as client-go lays them over a kubeconfig.
fn override_user(user: &mut AuthInfo, flags: &Flags) -> Result<()> {
    if let Some(token) = &flags.token {
        user.token = Some(token.0.clone().into());
        user.token_file = None;
        // What is given by hand is what is sent.
        user.exec = None;
        user.auth_provider = None;
        (user.username, user.password) = (None, None);
    } else if user.token_file.is_some() {
        // The file is read anew from time to time; the token beside it is not.
        user.token = None;
    }
    if let Some(path) = &flags.client_certificate {
        user.client_certificate = Some(path_text(path));
        user.client_certificate_data = None;
    }
    if let Some(path) = &flags.client_key {
        user.client_key = Some(path_text(path));
        user.client_key_data = None;
    }
    if flags.impersonate.is_some() {
        user.impersonate.clone_from(&flags.impersonate);
        user.impersonate_uid.clone_from(&flags.impersonate_uid);
        user.impersonate_groups = Some(flags.impersonate_groups.clone());
        let mut extra = std::collections::HashMap::<String, Vec<String>>::new();
        for (key, value) in &flags.impersonate_extra {
            extra.entry(key.clone()).or_default().push(value.clone());
        }
        user.impersonate_user_extra = Some(extra);
    }
    let more = user.impersonate_uid.is_some()
        || user.impersonate_groups.as_ref().is_some_and(|groups| !groups.is_empty())
        || user.impersonate_user_extra.as_ref().is_some_and(|extra| !extra.is_empty())
        || flags.impersonate_uid.is_some()
        || !flags.impersonate_groups.is_empty()
        || !flags.impersonate_extra.is_empty();
    if more && user.impersonate.as_deref().unwrap_or_default().is_empty() {
        return Err(
            Error::new("`--as-uid`, `--as-group` and `--as-user-extra` need a user to act as").hint("add `--as USER`")
        );
    }
    Ok(())
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Reads the server's URL; one without a scheme is taken as https, as client-go does.
fn server_uri(server: &str) -> Result<Uri> {
    let text = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    let told = |cause: String| Error::new("the server is no URL such as `https://host:6443`").cause(cause);
    let uri: Uri = text.parse().map_err(|error: http::uri::InvalidUri| told(error.to_string()))?;
    match uri.scheme_str() {
        Some("https" | "http") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some("https" | "http") => Err(told("it names no host".to_owned())),
        _ => Err(told("it is neither http nor https".to_owned())),
    }
}

/// The certificates that vouch for the server, in DER; nothing where the system's are used.
fn certificate_authority(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>> {
    let told = |place: &str| Error::new(format!("cannot read the cluster's certificate authority ({place})"));
    let (pem, place) = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) if !data.is_empty() => {
            let place = "certificate-authority-data".to_owned();
            let pem = base64::engine::general_purpose::STANDARD
                .decode(data.split_whitespace().collect::<String>())
                .map_err(|_| told(&place).cause("it is not base64"))?;
            (pem, place)
        }
        (_, Some(path)) if !path.is_empty() => {
            (std::fs::read(path).map_err(|error| told(path).because(&error))?, path.clone())
        }
        _ => return Ok(None),
    };
    let parts = pem::parse_many(&pem).map_err(|_| told(&place).cause("it is not PEM"))?;
    let certificates: Vec<_> =
        parts.into_iter().filter(|part| part.tag() == "CERTIFICATE").map(pem::Pem::into_contents).collect();
    if certificates.is_empty() {
        return Err(told(&place).cause("it holds no certificate"));
    }
    Ok(Some(certificates))
}

/// The proxy, if any: the cluster's own, or the environment's unless the server is excepted from it.
///
/// kube compares `NO_PROXY` with the proxy's host instead of the server's, so this is ours.
fn proxy(named: Option<String>, server: &Uri, environment: &Environment) -> Result<Option<Uri>> {
    let (text, from) = match named {
        Some(text) => (text, "`proxy-url` of the cluster"),
        None => {
            let of_scheme = match server.scheme_str() {
                Some("http") => (&environment.http_proxy, "`HTTP_PROXY`"),
                _ => (&environment.https_proxy, "`HTTPS_PROXY`"),
            };
            match of_scheme {
                (Some(text), from) if !is_excepted(server, environment.no_proxy.as_deref()) => (text.clone(), from),
                _ => return Ok(None),
            }
        }
    };
    let text = if text.contains("://") { text } else { format!("http://{text}") };
    // The URL may hold a password: it is not shown.
    let told = |cause: &str| Error::new(format!("{from} is no proxy that can be used")).cause(cause);
    let uri: Uri = text.parse().map_err(|_| told("it is not a URL"))?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") if uri.host().is_some() => Ok(Some(uri)),
        Some("socks5h") => text.replacen("socks5h", "socks5", 1).parse().map(Some).map_err(|_| told("it is not a URL")),
        _ => Err(told("it is neither http, https nor socks5")),
    }
}

/// Whether `NO_PROXY` excepts the server, as Go reads it: hosts with their sub-domains, addresses, ranges, `*`. The
/// machine itself is always excepted.
fn is_excepted(server: &Uri, no_proxy: Option<&str>) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let address: Option<std::net::IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    no_proxy.unwrap_or_default().split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/') {
            return address.is_some_and(|address| in_network(address, network, bits));
        }
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => (name, digits.parse::<u16>().ok()),
            _ => (entry.as_str(), None),
        };
        if wanted.is_some_and(|wanted| wanted != port) {
            return false;
        }
        let name = name.trim_matches(['[', ']']);
        if let Ok(excepted) = name.parse::<std::net::IpAddr>() {
            return address == Some(excepted);
        }
        let domain = name.strip_prefix('*').unwrap_or(name);
        match domain.strip_prefix('.') {
            Some(parent) => host.ends_with(domain) && host.len() > domain.len() && !parent.is_empty(),
            None => host == domain || host.ends_with(&format!(".{domain}")),
        }
    })
}

/// Whether an address is in a range such as `10.0.0.0/8`.
fn in_network(address: std::net::IpAddr, network: &str, bits: &str) -> bool {
    use std::net::IpAddr::{V4, V6};
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, network.parse()) {
        (V4(address), Ok(V4(network))) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (V6(address), Ok(V6(network))) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

/// Takes the credential plugin out of the user, unless a token or certificate is there already.
fn take_plugin(user: &mut AuthInfo, cluster: &Cluster) -> Result<Option<ExecConfig>> {
    let Some(mut plugin) = user.exec.take() else { return Ok(None) };
    if user.token.is_some() || user.token_file.is_some() {
        return Ok(None);
    }
    if plugin.provide_cluster_info {
        let told = cluster.try_into().map_err(|error: kube::config::KubeconfigError| {
            Error::new("cannot tell the credential plugin about the cluster").because(&error)
        })?;
        plugin.cluster = Some(told);
    }
    Ok(Some(plugin))
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("server", &place(&self.config.cluster_url))
            .field("context", &self.context)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
