//! kubectl's connection flags, accepted before and after the sub-command.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::client::{Flags, Secret};
use crate::text::duration::parse_request_timeout;

/// Cluster, user and connection settings.
#[derive(Debug, Clone, Default, Args)]
pub struct ConnectionArgs {
    /// Use this kubeconfig file. Default: the files of KUBECONFIG, otherwise ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Use this context of the kubeconfig. Default: the current context
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,
    /// Use this namespace. Default: the namespace of the context
    #[arg(short, long, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Use this cluster of the kubeconfig. Default: the cluster of the context
    #[arg(long, global = true, value_name = "NAME")]
    cluster: Option<String>,
    /// Use this user of the kubeconfig. Default: the user of the context
    #[arg(long, global = true, value_name = "NAME")]
    user: Option<String>,
    /// Connect to the API server at this address
    #[arg(short, long, global = true, value_name = "URL")]
    server: Option<String>,
    /// Require this name in the server's certificate. Default: the host name of the server
    #[arg(long, global = true, value_name = "NAME")]
    tls_server_name: Option<String>,
    /// Do not check the server's certificate: anyone on the network path can then read and change all data
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", action = ArgAction::Set)]
    insecure_skip_tls_verify: Option<bool>,
    /// Check the server's certificate against the CA certificates of this file
    #[arg(long, global = true, value_name = "FILE")]
    certificate_authority: Option<PathBuf>,
    /// Authenticate with this client certificate
    #[arg(long, global = true, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// Use this private key for the client certificate
    #[arg(long, global = true, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// Authenticate with this bearer token; other users of this machine can see the token in the process list
    #[arg(long, global = true, value_name = "TOKEN")]
    token: Option<Secret>,
    /// Act as this user
    #[arg(long = "as", global = true, value_name = "USER")]
    impersonate: Option<String>,
    /// Act as the user with this UID
    #[arg(long = "as-uid", global = true, value_name = "UID")]
    impersonate_uid: Option<String>,
    /// Act as a member of this group; repeatable
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    impersonate_groups: Vec<String>,
    /// Act as a user with this extra field; repeatable
    #[arg(long = "as-user-extra", global = true, value_name = "KEY=VALUE", value_parser = extra)]
    impersonate_extra: Vec<(String, String)>,
    /// Limit the time of one request: `30s`, `1m`, or a number of seconds; 0 means no limit
    #[arg(long, global = true, value_name = "DURATION", value_parser = timeout)]
    request_timeout: Option<RequestTimeout>,
    /// Request responses without compression
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", action = ArgAction::Set)]
    disable_compression: Option<bool>,
    /// Accept this flag of kubectl without effect: nothing is cached
    #[arg(long, global = true, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

/// A time-out; `None` means no limit.
#[derive(Debug, Clone, Copy)]
struct RequestTimeout(Option<Duration>);

impl ConnectionArgs {
    /// Returns the flags for the client.
    pub fn flags(&self) -> Flags {
        Flags {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            namespace: self.namespace.clone(),
            server: self.server.clone(),
            tls_server_name: self.tls_server_name.clone(),
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            certificate_authority: self.certificate_authority.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            token: self.token.clone(),
            impersonate: self.impersonate.clone(),
            impersonate_uid: self.impersonate_uid.clone(),
            impersonate_groups: self.impersonate_groups.clone(),
            impersonate_extra: self.impersonate_extra.clone(),
            request_timeout: self.request_timeout.and_then(|timeout| timeout.0),
            disable_compression: self.disable_compression.unwrap_or(false),
        }
    }

    /// Whether the command line names a cluster, for commands that do without one.
    pub fn names_cluster(&self) -> bool {
        let named = [&self.context, &self.cluster, &self.server];
        self.kubeconfig.is_some() || named.into_iter().any(Option::is_some)
    }

    /// Whether the server's certificate is not checked, which the user is warned of each time.
    pub fn insecure(&self) -> bool {
        self.insecure_skip_tls_verify == Some(true)
    }
}

fn timeout(text: &str) -> Result<RequestTimeout, String> {
    parse_request_timeout(text).map(RequestTimeout)
}

fn extra(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        connection: ConnectionArgs,
        #[command(subcommand)]
        command: Command,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Command {
        Doctor { names: Vec<String> },
    }

    fn flags(line: &str) -> Result<Flags, clap::Error> {
        let cli = Cli::try_parse_from(["kubectl daemonset"].into_iter().chain(line.split(' ')))?;
        let Command::Doctor { names } = &cli.command;
        assert!(names.iter().all(|name| name == "agent"), "a flag's value was taken for a name");
        Ok(cli.connection.flags())
    }

    #[test]
    fn flags_stand_before_and_after_the_command() {
        for line in ["-n x --context=c doctor agent", "doctor -nx --context c agent", "doctor agent -n=x --context c"] {
            let flags = flags(line).unwrap();
            assert_eq!((flags.namespace.as_deref(), flags.context.as_deref()), (Some("x"), Some("c")), "{line}");
        }
    }

    #[test]
    fn every_flag_of_kubectl_is_understood() {
        let line = "doctor --kubeconfig k --cluster c --user u -s https://h --tls-server-name t \
                    --insecure-skip-tls-verify --certificate-authority a --client-certificate b --client-key d \
                    --token secret --as me --as-uid 1 --as-group g --as-group h --as-user-extra k=v=w \
                    --request-timeout 5 --disable-compression --cache-dir /x agent";
        let flags = flags(line).unwrap();
        assert_eq!(flags.insecure_skip_tls_verify, Some(true));
        assert_eq!(flags.impersonate_groups, ["g", "h"]);
        assert_eq!(flags.impersonate_extra, [("k".to_owned(), "v=w".to_owned())]);
        assert_eq!(flags.request_timeout, Some(Duration::from_secs(5)));
        assert!(flags.disable_compression);
        assert!(!format!("{flags:?}").contains("\"secret\""));
    }

    #[test]
    fn truths_can_be_denied() {
        let flags = flags("doctor --insecure-skip-tls-verify=false --disable-compression=false agent").unwrap();
        assert_eq!((flags.insecure_skip_tls_verify, flags.disable_compression), (Some(false), false));
        let error = Cli::try_parse_from(["x", "doctor", "--request-timeout", "soon"]).unwrap_err().to_string();
        assert!(error.contains("`soon` is not a duration"), "{error}");
    }
}
