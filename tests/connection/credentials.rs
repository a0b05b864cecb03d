//! Which credentials are used, and which programs are run for them: none over plain HTTP, none that kubectl refuses, none
//! that the user's policy forbids, none from the current directory.
#![cfg(unix)]

use std::process::Command;

use crate::api::Api;
use crate::cluster::sick;
use crate::program::{Home, PROGRAM, Ran};
use crate::server::{Authority, Server};

/// A plugin that leaves a trace and signs in.
const LOGIN: &str = "echo ran >> \"$HOME/ran\"; echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\
     \"kind\":\"ExecCredential\",\"status\":{\"token\":\"canary-plugin\"}}'";

/// The fields of a plugin of this command.
fn exec(command: &str) -> String {
    format!("exec: {{apiVersion: client.authentication.k8s.io/v1, command: {command}, interactiveMode: Never}}")
}

fn kubeconfig(home: &Home, server: &str, user: &str) {
    let text = format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
    );
    home.write("config", text);
}

fn doctor(home: &Home, more: &[&str]) -> Command {
    let mut command = home.command(PROGRAM);
    command.args(["doctor", "-A", "--kubeconfig", "config"]).args(more);
    command
}

/// Whether the plugin ran since it was last asked.
fn ran(home: &Home) -> bool {
    std::fs::remove_file(home.path("ran")).is_ok()
}

/// As kubectl: "only try to read the auth information if we are secure" (client-go, `tools/clientcmd`).
#[test]
fn no_credential_goes_over_plain_http_and_no_plugin_runs_for_it() {
    let home = Home::new();
    home.script("login", LOGIN);
    home.write("token", "canary-file");
    let client = Authority::new().client("jane");
    home.write("jane.crt", client.certificate);
    home.write("jane.key", client.key);
    let users = [
        "token: canary-token",
        "tokenFile: token",
        "tokenFile: no-such-file",
        "username: jane, password: canary-password",
        "client-certificate: jane.crt, client-key: jane.key",
        "auth-provider: {name: gcp, config: {cmd-path: ./login}}",
        "auth-provider: {name: oidc, config: {idp-issuer-url: 'https://127.0.0.1:1', id-token: canary.id.token}}",
        &exec("./login"),
    ];
    for user in users {
        for more in [&[][..], &["--token", "canary-flag"], &["--as", "boss"]] {
            if user.starts_with("username") && more.first() == Some(&"--token") {
                // Two ways to sign in: refused before the server counts.
                continue;
            }
            let api = Api::new(sick());
            let server = Server::http(move |asked, _| api.answer(asked));
            kubeconfig(&home, &server.url(), user);
            let done = Ran::of(&mut doctor(&home, more));
            assert_eq!(done.code(), Some(2), "{user} {more:?}: {done:#?}");
            assert!(!ran(&home), "{user}: the plugin ran");
            let asked = server.asked();
            assert!(!asked.is_empty());
            for asked in asked {
                assert!(asked.header("authorization").is_empty(), "{user} {more:?}: {asked:?}");
                assert!(!format!("{asked:?}").contains("canary"), "{user} {more:?}: {asked:?}");
                // Whom to act as is no secret; kubectl says so here too.
                assert_eq!(asked.header("impersonate-user").is_empty(), more.first() != Some(&"--as"), "{user}");
            }
        }
    }
}

/// Who is not known over plain HTTP learns that no credentials were sent.
#[test]
fn a_server_over_plain_http_that_wants_credentials_is_explained() {
    let home = Home::new();
    let server = Server::http(|_, _| crate::server::status(401, "Unauthorized", "Unauthorized"));
    kubeconfig(&home, &server.url(), "token: canary-token");
    let done = Ran::of(&mut doctor(&home, &[]));
    assert_eq!(done.code(), Some(1), "{done:#?}");
}

/// The three providers that ran programs or are gone are refused as kubectl refuses them, whatever the policy says.
#[test]
fn providers_that_kubectl_removed_are_refused_and_nothing_is_run() {
    let home = Home::new();
    home.script("login", LOGIN);
    home.script("babble", &format!("{LOGIN}; echo; echo canary"));
    home.write(
        "kuberc",
        "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginPolicy: DenyAll\n",
    );
    for (user, told) in [
        ("auth-provider: {name: gcp, config: {cmd-path: ./login}}", "error: The gcp auth plugin has been removed.\n"),
        (
            "auth-provider: {name: gcp, config: {cmd-path: ./babble, token-key: '{.x}'}}",
            "error: The gcp auth plugin has",
        ),
        ("token: t, auth-provider: {name: azure, config: {}}", "error: The azure auth plugin has been removed.\n"),
        ("auth-provider: {name: openstack}", "error: no Auth Provider found for name \"openstack\"\n"),
        ("auth-provider: {name: other}", "error: no Auth Provider found for name \"other\"\n"),
        (
            &format!("{}, auth-provider: {{name: gcp}}", exec("./login")),
            "error: authProvider cannot be provided in combination with an exec plugin for u\n",
        ),
        (&exec("''"), "error: command must be specified for u to use exec authentication plugin\n"),
        (
            "exec: {command: ./login, interactiveMode: Never}",
            "error: apiVersion must be specified for u to use exec authentication plugin\n",
        ),
        (
            "exec: {apiVersion: client.authentication.k8s.io/v9, command: ./login, interactiveMode: Never}",
            "error: exec plugin: invalid apiVersion \"client.authentication.k8s.io/v9\"\n",
        ),
    ] {
        for kuberc in ["off", "kuberc"] {
            kubeconfig(&home, "https://127.0.0.1:1", user);
            let done = Ran::of(doctor(&home, &[]).env("KUBERC", kuberc));
            assert_eq!(done.code(), Some(1), "{user}: {done:#?}");
            assert!(done.stderr.starts_with(told), "{user}: {done:#?}");
            assert!(!ran(&home), "{user}: a program ran");
        }
    }
    kubeconfig(&home, "https://127.0.0.1:1", &exec("./login"));
    let done = Ran::of(doctor(&home, &[]).env("KUBERC", "kuberc"));
    assert!(done.code() == Some(1) && !ran(&home), "{done:#?}");
}

/// Go's `exec.ErrDot`: the first program of the name counts, and one that a relative entry of `PATH` leads to is not run.
#[test]
fn a_plugin_is_never_run_from_the_current_directory_by_its_name() {
    let home = Home::new();
    home.script("login", LOGIN);
    home.script("sub/login", LOGIN);
    home.script("bin/login", LOGIN);
    home.script("bin/other", LOGIN);
    let bin = home.path("bin").display().to_string();
    kubeconfig(&home, "https://127.0.0.1:1", &exec("login"));
    for (path, runs) in [
        (format!(":{bin}"), false),
        (format!(".:{bin}"), false),
        (format!("sub:{bin}"), false),
        ("/usr/bin::/bin".to_owned(), false),
        ("/usr/bin:".to_owned(), false),
        (String::new(), false),
        (format!("{bin}:"), true),
        (format!("none:{bin}:."), true),
    ] {
        let done = Ran::of(doctor(&home, &[]).env("PATH", &path));
        assert_eq!(done.code(), Some(1), "{path}: {done:#?}");
        assert_eq!(ran(&home), runs, "{path}: {done:#?}");
    }
    // What is no program is passed over, and a policy that allows a name allows no program of the current directory.
    kubeconfig(&home, "https://127.0.0.1:1", &exec("other"));
    home.write("other", "no program");
    let done = Ran::of(doctor(&home, &[]).env("PATH", format!(":{bin}")));
    assert!(ran(&home), "{done:#?}");
    kubeconfig(&home, "https://127.0.0.1:1", &exec("login"));
    home.write("kuberc", "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: login}]\n");
    let done = Ran::of(doctor(&home, &[]).env("PATH", format!(":{bin}")).env("KUBERC", "kuberc"));
    assert!(!ran(&home), "{done:#?}");
}

/// An empty field is an absent one, as client-go has it.
#[test]
fn empty_fields_of_a_kubeconfig_are_absent_ones() {
    let home = Home::new();
    home.script("login", LOGIN);
    let empty = "token: '', tokenFile: '', username: '', password: '', client-certificate: '', client-key: '', \
                 client-certificate-data: '', client-key-data: '', as: '', as-uid: ''";
    kubeconfig(&home, "https://127.0.0.1:1", &format!("{empty}, {}", exec("./login")));
    let done = Ran::of(&mut doctor(&home, &[]));
    assert!(done.stderr.starts_with("error: the connection to the server 127.0.0.1:1 was refused"), "{done:#?}");
    assert!(ran(&home), "an empty token stands before the plugin: {done:#?}");
    kubeconfig(&home, "https://127.0.0.1:1", "token: t, username: '', password: '', tokenFile: ''");
    let done = Ran::of(&mut doctor(&home, &[]));
    assert!(done.stderr.starts_with("error: the connection to the server 127.0.0.1:1 was refused"), "{done:#?}");
}

/// A token that nobody signed: what it claims is when it ends.
fn id_token(end: i64, mark: &str) -> String {
    use base64::Engine;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{mark}", encode("{\"alg\":\"none\"}"), encode(&format!("{{\"exp\":{end}}}")))
}

#[test]
fn an_issuer_is_trusted_by_its_own_certificates() {
    use base64::Engine;
    let (ours, foreign) = (Authority::new(), Authority::new());
    let identity = |authority: &Authority| authority.serving(&authority.server(&["127.0.0.1"], (2020, 2100)));
    let (old, new) = (id_token(1_000_000_000, "canary-old"), id_token(9_000_000_000, "canary-new"));
    let api = Api::new(sick());
    let server = Server::https(identity(&ours), move |asked, _| api.answer(asked));
    let address = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let (known, given) = (std::sync::Arc::clone(&address), new.clone());
    let issuer = Server::https(identity(&foreign), move |asked, _| {
        let answer = match asked.path() {
            "/realm/.well-known/openid-configuration" => {
                serde_json::json!({"token_endpoint": format!("{}/realm/token?x=y", known.get().expect("set"))})
            }
            "/realm/token" => serde_json::json!({"id_token": given, "refresh_token": "canary-next"}),
            _ => return crate::server::status(404, "NotFound", "no"),
        };
        crate::server::json(200, &answer)
    });
    address.set(issuer.url()).expect("once");
    let home = Home::new();
    let encode = |pem: String| base64::engine::general_purpose::STANDARD.encode(pem);
    for (id, authority, asks, told) in [
        (&new, &ours, false, None),
        (&old, &foreign, true, None),
        (&old, &ours, false, Some("OIDC: cannot reach the issuer `127.0.0.1`")),
    ] {
        home.write(
            "config",
            format!(
                "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
                 clusters: [{{name: c, cluster: {{server: '{}', certificate-authority-data: {}}}}}]\n\
                 users: [{{name: u, user: {{auth-provider: {{name: oidc, config: {{client-id: cli, client-secret: s, \
                 idp-issuer-url: '{}/realm', id-token: {id}, refresh-token: 'canary r&t', \
                 idp-certificate-authority-data: {}}}}}}}}}]\n",
                server.url(),
                encode(ours.pem()),
                issuer.url(),
                encode(authority.pem()),
            ),
        );
        let (seen, asked) = (server.asked().len(), issuer.asked().len());
        let done = Ran::of(&mut doctor(&home, &[]));
        assert!(!done.told().contains("canary"), "{done:#?}");
        if let Some(told) = told {
            assert!(done.code() == Some(1) && done.stderr.contains(told), "{done:#?}");
            continue;
        }
        assert_eq!(done.code(), Some(2), "{done:#?}");
        let asked = &issuer.asked()[asked..];
        assert_eq!(asked.len(), if asks { 2 } else { 0 }, "{asked:?}");
        if let Some(refreshed) = asked.last() {
            assert_eq!(refreshed.header("authorization"), ["Basic Y2xpOnM="]);
            assert_eq!(refreshed.body, "grant_type=refresh_token&refresh_token=canary%20r%26t");
        }
        for asked in &server.asked()[seen..] {
            assert_eq!(asked.header("authorization"), [format!("Bearer {new}")]);
        }
    }
}
