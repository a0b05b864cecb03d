//! Which cluster, and as whom: by the rules of kubectl, not of kube, which differ in a dozen places.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use kube::Config;
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};

use crate::client::api_path::namespace_name;
use crate::client::credential::Plugin;
use crate::client::flags::{Environment, Flags};
use crate::client::kubeconfig_file;
use crate::client::oidc::Provider;
use crate::client::proxy::proxy;
use crate::client::server_address::place;
use crate::client::user_credentials;
use crate::error::{Error, Result};
use crate::text::list::name as shown;

/// The cluster that was chosen, and how to talk to it.
pub struct Target {
    /// What kube needs to know. A credential plugin is not in it: see [`Target::plugin`].
    pub config: Config,
    /// The credential plugin to ask first.
    pub plugin: Option<Plugin>,
    /// The issuer to ask for a token.
    pub provider: Option<Arc<Provider>>,
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
                    Error::new(format!("no server found for cluster \"{}\"", shown(name)))
                        .hint(known("clusters", names))
                })?
            }
            None => Cluster::default(),
        };
        let user_name = flags.user.clone().or_else(|| context.as_ref()?.1.user.clone().and_then(nonempty));
        let found = merged.auth_infos.iter().find(|u| Some(&u.name) == user_name.as_ref());
        if let (Some(name), None) = (&flags.user, found) {
            let names = merged.auth_infos.iter().map(|u| u.name.as_str());
            return Err(Error::new(format!("auth info \"{}\" does not exist", shown(name))).hint(known("users", names)));
        }
        let mut user = found.and_then(|u| u.auth_info.clone()).unwrap_or_default();
        user_credentials::drop_empty(&mut user);
        override_cluster(&mut cluster, flags);
        override_user(&mut user, flags)?;
        check_trust(&cluster)?;
        user_credentials::check(&user, user_name.as_deref().unwrap_or_default())?;

        let Some(server) = cluster.server.clone().and_then(nonempty) else {
            return Err(files.nothing_found(cluster_name.as_deref()));
        };
        let mut config = Config::new(server_uri(&server)?);
        config.root_cert = user_credentials::certificate_authority(&cluster)?;
        config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
        config.tls_server_name = cluster.tls_server_name.clone().and_then(nonempty);
        config.disable_compression = cluster.disable_compression.unwrap_or(false);
        let named = cluster.proxy_url.clone().and_then(nonempty);
        config.proxy_url = proxy(named, &config.cluster_url, environment)?;
        user_credentials::keep_secret(&mut user, &config.cluster_url);
        let provider = user_credentials::take_provider(&mut user, environment)?.map(Arc::new);
        let plugin = user_credentials::take_plugin(&mut user, &cluster)?;
        let plugin = plugin.map(|plugin| Plugin::allowed(plugin, environment)).transpose()?;
        config.auth_info = user;
        let namespace = flags
            .namespace
            .clone()
            .and_then(nonempty)
            .or_else(|| context.as_ref()?.1.namespace.clone().and_then(nonempty));
        let names = (context.map(|(name, _)| name), cluster_name, user_name);
        let target = Self::finish(config, plugin, names, namespace, flags, environment)?;
        Ok(Target { provider, ..target })
    }

    fn in_cluster(flags: &Flags, environment: &Environment) -> Result<Target> {
        let mut config = Config::incluster()
            .map_err(|error| Error::new("cannot use the pod's own service account").because(&error))?;
        let mut cluster = Cluster::default();
        override_cluster(&mut cluster, flags);
        if cluster.certificate_authority.is_some() || cluster.insecure_skip_tls_verify == Some(true) {
            config.root_cert = user_credentials::certificate_authority(&cluster)?;
            config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
        }
        config.tls_server_name = cluster.tls_server_name;
        config.disable_compression = flags.disable_compression;
        config.proxy_url = proxy(None, &config.cluster_url, environment)?;
        override_user(&mut config.auth_info, flags)?;
        user_credentials::keep_secret(&mut config.auth_info, &config.cluster_url);
        let own = environment.pod_namespace.clone().unwrap_or_else(|| config.default_namespace.trim().to_owned());
        let namespace = flags.namespace.clone().and_then(nonempty).or(Some(own));
        Self::finish(config, None, (None, None, None), namespace, flags, environment)
    }

    fn finish(
        mut config: Config,
        plugin: Option<Plugin>,
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
        if let Err(error) = namespace_name(&namespace) {
            return Err(match (&flags.namespace, &context) {
                (None, Some(context)) => error.hint(format!("the namespace comes from context `{}`", shown(context))),
                _ => error,
            });
        }
        config.default_namespace.clone_from(&namespace);
        Ok(Target {
            config,
            plugin,
            provider: None,
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
            let mut read = kubeconfig_file::read(path)?;
            read.current_context = read.current_context.and_then(nonempty);
            merged = merged.merge(read).map_err(|error| Error::new("cannot merge the kubeconfigs").because(&error))?;
        }
        Ok(merged)
    }

    fn nothing_found(&self, cluster: Option<&str>) -> Error {
        if let Some(cluster) = cluster {
            return Error::new(format!("cluster \"{}\" of the kubeconfig has no server", shown(cluster)));
        }
        let paths = self.paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>();
        let looked = match paths.is_empty() {
            true => "no home directory exists and `KUBECONFIG` is not set".to_owned(),
            false => format!("searched {}", paths.join(", ")),
        };
        Error::new("no kubeconfig found").cause(looked).hint(
            "name a file with `--kubeconfig` or `KUBECONFIG`, a saved cluster with `--snapshot`, or a server with `--server`",
        )
    }
}

/// The context that counts, with its name: the flag's, else the current one.
fn chosen_context(merged: &Kubeconfig, flags: &Flags) -> Result<Option<(String, Context)>> {
    let Some(name) = flags.context.clone().or_else(|| merged.current_context.clone()) else { return Ok(None) };
    let found = merged.contexts.iter().find(|c| c.name == name).and_then(|c| c.context.clone());
    let context = found.ok_or_else(|| {
        let names = merged.contexts.iter().map(|c| c.name.as_str());
        Error::new(format!("context was not found for specified context: {}", shown(&name)))
            .hint(known("contexts", names))
    })?;
    Ok(Some((name, context)))
}

/// A hint with the names that there are.
fn known<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 8;
    let names: Vec<_> = names.map(shown).collect();
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

/// Reads the server's URL. A server without a scheme is https; kubectl would ask it over plain HTTP.
fn server_uri(server: &str) -> Result<Uri> {
    let text = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    let told = |cause: String| Error::new("the server is not a URL such as `https://host:6443`").cause(cause);
    let uri: Uri = text.parse().map_err(|error: http::uri::InvalidUri| told(error.to_string()))?;
    match uri.scheme_str() {
        Some("https" | "http") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some("https" | "http") => Err(told("the URL has no host".to_owned())),
        _ => Err(told("the scheme is neither http nor https".to_owned())),
    }
}

/// Who is to vouch for a server that is not checked?
fn check_trust(cluster: &Cluster) -> Result<()> {
    let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    let vouched = filled(&cluster.certificate_authority) || filled(&cluster.certificate_authority_data);
    match vouched && cluster.insecure_skip_tls_verify == Some(true) {
        true => Err(Error::new("specifying a root certificates file with the insecure flag is not allowed")
            .hint("use `--insecure-skip-tls-verify=false` to check the server's certificate")),
        false => Ok(()),
    }
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
