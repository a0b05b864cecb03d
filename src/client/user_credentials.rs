//! The user of a kubeconfig: what of it counts, and what kubectl refuses. Read from client-go, `tools/clientcmd`
//! (`validation.go`, `client_config.go`), and compared with kubectl.

use http::Uri;
use kube::config::{AuthInfo, Cluster, ExecConfig, KubeconfigError};

use crate::client::certificates::certificates;
use crate::client::flags::Environment;
use crate::client::oidc::Provider;
use crate::client::secret_fields::secret;
use crate::error::{Error, Result};

/// Takes an empty field for an absent one, as client-go does.
pub(crate) fn drop_empty(user: &mut AuthInfo) {
    let is_empty = ["password", "token", "client-key-data"].map(|field| secret(user, field).as_deref() == Some(""));
    for (field, is_empty) in [&mut user.password, &mut user.token, &mut user.client_key_data].into_iter().zip(is_empty)
    {
        if is_empty {
            *field = None;
        }
    }
    for text in [
        &mut user.username,
        &mut user.token_file,
        &mut user.client_certificate,
        &mut user.client_certificate_data,
        &mut user.client_key,
        &mut user.impersonate,
        &mut user.impersonate_uid,
    ] {
        *text = text.take().filter(|text| !text.is_empty());
    }
}

/// Refuses contradictions and gaps, in kubectl's words. What is not used is checked too.
pub(crate) fn check(user: &AuthInfo, name: &str) -> Result<()> {
    let certificate = user.client_certificate.is_some() || user.client_certificate_data.is_some();
    if certificate && user.client_key.is_none() && user.client_key_data.is_none() {
        return Err(Error::new(format!(
            "client-key-data or client-key must be specified for {name} to use the clientCert authentication method."
        )));
    }
    if user.token.is_some() && (user.username.is_some() || user.password.is_some()) {
        return Err(Error::new(format!(
            "more than one authentication method found for {name}; found [token basicAuth], only one is allowed"
        )));
    }
    match &user.exec {
        Some(_) if user.auth_provider.is_some() => {
            Err(Error::new(format!("authProvider cannot be provided in combination with an exec plugin for {name}")))
        }
        Some(plugin) => check_plugin(plugin, name),
        None => Ok(()),
    }
}

fn check_plugin(plugin: &ExecConfig, name: &str) -> Result<()> {
    let missing =
        |what: &str| Err(Error::new(format!("{what} must be specified for {name} to use exec authentication plugin")));
    if plugin.command.as_deref().unwrap_or_default().is_empty() {
        return missing("command");
    }
    let version = plugin.api_version.as_deref().unwrap_or_default();
    if version.is_empty() {
        return missing("apiVersion");
    }
    if plugin.env.iter().flatten().any(|pair| pair.get("name").is_none_or(String::is_empty)) {
        return missing("env variable name");
    }
    if plugin.interactive_mode.is_none() && version == "client.authentication.k8s.io/v1" {
        return missing("interactiveMode").map_err(|error| {
            error.hint("set `interactiveMode` to `Never`, `IfAvailable` or `Always` in the kubeconfig")
        });
    }
    Ok(())
}

/// Removes every credential if the server is not asked over TLS, as kubectl does. Whom to act as is no credential.
pub(crate) fn keep_secret(user: &mut AuthInfo, server: &Uri) {
    if server.scheme_str() == Some("https") {
        return;
    }
    let all = std::mem::take(user);
    *user = AuthInfo {
        impersonate: all.impersonate,
        impersonate_uid: all.impersonate_uid,
        impersonate_groups: all.impersonate_groups,
        impersonate_user_extra: all.impersonate_user_extra,
        ..AuthInfo::default()
    };
}

/// Takes the provider out of the user. Refuses those that kubectl no longer has built in, in its words; some of them ran
/// programs.
pub(crate) fn take_provider(user: &mut AuthInfo, environment: &Environment) -> Result<Option<Provider>> {
    let Some(provider) = user.auth_provider.take() else { return Ok(None) };
    let removed = |instead: &str, see: &str| {
        let told = Error::new(format!("The {} auth plugin has been removed.", provider.name));
        let told = told.hint(format!("Please use the {instead} kubectl/client-go credential plugin instead."));
        Err(told.hint(format!("See {see} for further details")))
    };
    match provider.name.as_str() {
        // A token that is there already is sent.
        "oidc" if user.token.is_some() || user.token_file.is_some() => Ok(None),
        "oidc" => Provider::of(&provider.config, environment).map(Some),
        "gcp" => removed(
            "\"gke-gcloud-auth-plugin\"",
            "https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke",
        ),
        "azure" => removed(
            "https://github.com/Azure/kubelogin",
            "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins",
        ),
        name => Err(Error::new(format!("no Auth Provider found for name \"{name}\""))
            .hint("use a credential plugin (`exec`) in the kubeconfig")),
    }
}

/// Takes the credential plugin out of the user, unless a token is there already.
pub(crate) fn take_plugin(user: &mut AuthInfo, cluster: &Cluster) -> Result<Option<ExecConfig>> {
    let Some(mut plugin) = user.exec.take() else { return Ok(None) };
    if user.token.is_some() || user.token_file.is_some() {
        return Ok(None);
    }
    let version = plugin.api_version.as_deref().unwrap_or_default();
    if !matches!(version, "client.authentication.k8s.io/v1" | "client.authentication.k8s.io/v1beta1") {
        return Err(Error::new(format!("exec plugin: invalid apiVersion \"{version}\"")));
    }
    if plugin.provide_cluster_info {
        let told = cluster.try_into().map_err(|error: KubeconfigError| {
            Error::new("cannot describe the cluster to the credential plugin").because(&error)
        })?;
        plugin.cluster = Some(told);
    }
    Ok(Some(plugin))
}

/// The certificates that vouch for the server, in DER; nothing where the system's are used.
pub(crate) fn certificate_authority(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>> {
    let data = cluster.certificate_authority_data.as_deref().unwrap_or_default();
    let file = cluster.certificate_authority.as_deref().unwrap_or_default();
    certificates("the cluster's certificate authority", "certificate-authority-data", data, file)
}
