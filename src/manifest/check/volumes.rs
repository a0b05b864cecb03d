//! Volumes and their sources (`ValidateVolumes`, pkg/apis/core/validation/validation.go, v1.36).
//!
//! A volume without a source is an empty directory (`SetDefaults_Volume`, pkg/apis/core/v1/defaults.go).

use std::collections::HashSet;

use crate::manifest::check::Checker;
use crate::manifest::fields::{Rule, snake};
use crate::manifest::read::Dialect;
use crate::manifest::text::{broken, demand};
use crate::model::Quantity;
use crate::yaml::{Node, Value};

/// Longest text of `NAME:PORTAL` for an iSCSI volume with an initiator of its own, in bytes.
const MAX_INITIATOR_PORTAL: usize = 64;

/// What a projected volume may be made of.
const PROJECTED: [&str; 6] =
    ["configMap", "secret", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];

impl Checker<'_> {
    /// Names are unique, and each volume has at most one source, which is whole.
    pub(super) fn volumes(&mut self, pod: &Node) {
        let mut names = HashSet::new();
        for volume in pod.get("volumes").map(Node::items).unwrap_or_default() {
            let name = text(volume, "name");
            if !names.insert(name) {
                let at = volume.get("name").map_or(volume.at, |n| n.at);
                self.error(at, format!("duplicate volume `{name}`"), Some("give each volume a unique name"));
            }
            let sources: Vec<_> =
                volume.entries().iter().filter(|e| e.key != "name" && e.node.value != Value::Null).collect();
            if let [first, second, ..] = sources.as_slice() {
                let message = format!("volume `{name}` has more than one source: `{}` and `{}`", first.key, second.key);
                self.error(second.key_at, message, Some("keep one"));
            }
            for source in sources {
                self.source(&source.key, &source.node, name);
            }
        }
    }

    fn source(&mut self, kind: &str, source: &Node, volume: &str) {
        match kind {
            "hostPath" => self.without_backsteps(source, "path"),
            "gitRepo" => self.relative(source, "directory"),
            "configMap" => self.named(source, "name", "configMap"),
            "secret" => self.named(source, "secretName", "secret"),
            "nfs" => {
                let path = text(source, "path");
                if !path.is_empty() && !path.starts_with('/') {
                    self.refuse(source, "path", "`path` of `nfs` must be an absolute path");
                }
            }
            "iscsi" => self.iscsi(source, volume),
            "fc" => self.fibre_channel(source),
            "csi" => self.csi(source),
            "projected" => self.projected(source),
            "ephemeral" => self.ephemeral(source),
            "rbd" | "cephfs" if source.get("monitors").is_some_and(Node::is_empty) => {
                self.refuse(source, "monitors", "`monitors` must not be empty");
            }
            "scaleIO" => self.named(source, "volumeName", "scaleIO"),
            "storageos" => self.storageos(source),
            "flocker" => self.flocker(source),
            "flexVolume" => self.flex(source),
            "azureDisk" => self.azure_disk(source),
            "awsElasticBlockStore" | "gcePersistentDisk" => self.within(source, "partition", 0, 255),
            _ => {}
        }
    }

    fn iscsi(&mut self, source: &Node, volume: &str) {
        self.within(source, "lun", 0, 255);
        for key in ["iqn", "initiatorName"] {
            let name = text(source, key);
            if set(source, key).is_some() && !is_iscsi_name(name) {
                let message = format!("`{}` must be a name that begins with `iqn.`, `eui.` or `naa.`", self.name(key));
                self.refuse(source, key, message);
            }
        }
        let asks = |key| set(source, key).and_then(Node::bool) == Some(true);
        if (asks("chapAuthDiscovery") || asks("chapAuthSession")) && set(source, "secretRef").is_none() {
            self.lacks(source, format!("CHAP authentication needs `{}`", self.name("secretRef")), None);
        }
        let length = volume.len() + 1 + text(source, "targetPortal").len();
        if set(source, "initiatorName").is_some() && length > MAX_INITIATOR_PORTAL {
            let message = format!("name and portal together must not be longer than {MAX_INITIATOR_PORTAL} characters");
            self.refuse(source, "targetPortal", message);
        }
    }

    fn fibre_channel(&mut self, source: &Node) {
        let given = |key| source.get(key).is_some_and(|n| !n.is_empty());
        let names = (self.name("targetWWNs"), self.name("wwids"));
        match (given("targetWWNs"), given("wwids")) {
            (false, false) => self.lacks(source, format!("`fc` needs `{}` or `{}`", names.0, names.1), None),
            (true, true) => {
                self.refuse(source, "targetWWNs", format!("`{}` and `{}` cannot be combined", names.0, names.1));
            }
            (true, false) if set(source, "lun").is_none() => {
                self.lacks(source, format!("`{}` needs `lun`", names.0), None);
            }
            (true, false) => self.within(source, "lun", 0, 255),
            (false, true) => {}
        }
    }

    fn csi(&mut self, source: &Node) {
        let driver = text(source, "driver");
        if !driver.is_empty() && (driver.len() > 63 || broken(Rule::DnsName, &driver.to_lowercase()).is_some()) {
            self.refuse(source, "driver", "`driver` must be a DNS name of at most 63 characters");
        }
        if let Some(secret) = set(source, "nodePublishSecretRef") {
            let shown = self.name("nodePublishSecretRef");
            match text(secret, "name") {
                "" => self.lacks_field(secret, "name", format!("`{shown}` needs a `name`")),
                name if broken(Rule::DnsName, name).is_some() => {
                    self.refuse(secret, "name", format!("`name` of `{shown}` must {}", demand(Rule::DnsName)));
                }
                _ => {}
            }
        }
    }

    /// Sources of one directory do not write the same file, and each entry has one source.
    fn projected(&mut self, source: &Node) {
        let mut paths = HashSet::new();
        for part in source.get("sources").map(Node::items).unwrap_or_default() {
            let known = |e: &&crate::yaml::Entry| PROJECTED.contains(&e.key.as_str()) && e.node.value != Value::Null;
            let kinds: Vec<_> = part.entries().iter().filter(known).collect();
            if let [_, second, ..] = kinds.as_slice() {
                self.error(second.key_at, "a source of `projected` has more than one kind", Some("keep one"));
            }
            for kind in kinds {
                let node = &kind.node;
                match kind.key.as_str() {
                    "configMap" => self.named(node, "name", "configMap"),
                    "secret" => self.named(node, "name", "secret"),
                    "serviceAccountToken" => self.filled(node, "path"),
                    "clusterTrustBundle" => self.trust_bundle(node),
                    "podCertificate" => self.certificate(node),
                    _ => {}
                }
                let files = node.get("items").map(Node::items).unwrap_or_default();
                let own = ["path", "credentialBundlePath", "keyPath", "certificateChainPath"];
                let own = own.iter().filter(|_| kind.key != "serviceAccountToken").filter_map(|key| node.get(key));
                for path in files.iter().filter_map(|f| f.get("path")).chain(own) {
                    if path.text().is_some_and(|t| !t.is_empty() && !paths.insert(t.to_owned())) {
                        let shown = crate::manifest::text::shorten(path.text().unwrap_or_default());
                        self.error(path.at, format!("two sources of `projected` have the path `{shown}`"), None);
                    }
                }
            }
        }
    }

    fn trust_bundle(&mut self, bundle: &Node) {
        self.filled(bundle, "path");
        let shown = self.name("signerName");
        match (set(bundle, "name"), set(bundle, "signerName")) {
            (Some(name), Some(_)) => self.error(name.at, format!("`name` and `{shown}` cannot be combined"), None),
            (None, None) => self.lacks(bundle, format!("a trust bundle needs `name` or `{shown}`"), None),
            (Some(_), None) => {
                if let Some(selector) = set(bundle, "labelSelector") {
                    let message = format!("`{}` needs `{shown}`", self.name("labelSelector"));
                    self.error(selector.at, message, None);
                }
            }
            (None, Some(_)) => {}
        }
    }

    /// Kinds of keys and the shortest lifetime: pkg/apis/certificates, v1.36.
    fn certificate(&mut self, certificate: &Node) {
        const KEYS: [&str; 6] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
        let kind = text(certificate, "keyType");
        if !kind.is_empty() && !KEYS.contains(&kind) {
            self.refuse(
                certificate,
                "keyType",
                format!("`{}` must be one of {}", self.name("keyType"), KEYS.join(", ")),
            );
        }
        self.within(certificate, "maxExpirationSeconds", 3600, i64::MAX);
        let paths = ["credentialBundlePath", "keyPath", "certificateChainPath"];
        if paths.iter().all(|key| text(certificate, key).is_empty()) {
            let names = paths.map(|key| format!("`{}`", self.name(key)));
            self.lacks(certificate, format!("the certificate needs one of {}", names.join(", ")), None);
        }
        paths.iter().for_each(|key| self.relative(certificate, key));
    }

    /// A claim that is made for the pod: how it may be used, and how much it asks for.
    fn ephemeral(&mut self, source: &Node) {
        const MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
        let Some(template) = set(source, "volumeClaimTemplate") else {
            return self.lacks(source, format!("`ephemeral` needs `{}`", self.name("volumeClaimTemplate")), None);
        };
        let Some(claim) = set(template, "spec") else { return };
        let modes = claim.get("accessModes").map(Node::items).unwrap_or_default();
        let shown = self.name("accessModes");
        if modes.is_empty() {
            self.lacks(claim, format!("a claim needs `{shown}`"), Some("for example `[ReadWriteOnce]`"));
        }
        for mode in modes.iter().filter(|m| m.text().is_some_and(|t| !MODES.contains(&t))) {
            self.error(mode.at, format!("an item of `{shown}` must be one of {}", MODES.join(", ")), None);
        }
        if let Some(once) = modes.iter().find(|m| m.text() == Some("ReadWriteOncePod") && modes.len() > 1) {
            self.error(once.at, "`ReadWriteOncePod` cannot be combined with another access mode", None);
        }
        match claim.at_path(&["resources", "requests", "storage"]).filter(|n| n.value != Value::Null) {
            None => self.lacks(claim, "a claim needs `resources.requests.storage`", None),
            Some(amount) if amount_of(amount).is_some_and(Quantity::is_zero) => {
                self.error(amount.at, "a claim must request more than 0", None);
            }
            Some(_) => {}
        }
        for key in ["storageClassName", "volumeAttributesClassName"] {
            let name = text(claim, key);
            if !name.is_empty() && broken(Rule::DnsName, name).is_some() {
                self.refuse(claim, key, format!("`{}` must {}", self.name(key), demand(Rule::DnsName)));
            }
        }
    }

    fn storageos(&mut self, source: &Node) {
        self.named(source, "volumeName", "storageos");
        for key in ["volumeName", "volumeNamespace"] {
            let name = text(source, key);
            if !name.is_empty() && broken(Rule::DnsLabel, name).is_some() {
                self.refuse(source, key, format!("`{}` must {}", self.name(key), demand(Rule::DnsLabel)));
            }
        }
        if let Some(secret) = set(source, "secretRef").filter(|s| text(s, "name").is_empty()) {
            self.lacks(secret, format!("`{}` needs a `name`", self.name("secretRef")), None);
        }
    }

    fn flocker(&mut self, source: &Node) {
        let names = (self.name("datasetName"), self.name("datasetUUID"));
        let (name, uuid) = (text(source, "datasetName"), text(source, "datasetUUID"));
        if name.is_empty() == uuid.is_empty() {
            self.lacks(source, format!("`flocker` needs exactly one of `{}` and `{}`", names.0, names.1), None);
        } else if name.contains('/') {
            self.refuse(source, "datasetName", format!("`{}` must not contain `/`", names.0));
        }
    }

    fn flex(&mut self, source: &Node) {
        for option in source.get("options").map(Node::entries).unwrap_or_default() {
            let namespace = option.key.split('/').next().unwrap_or_default().to_lowercase();
            let namespace = format!(".{namespace}");
            if namespace.ends_with(".kubernetes.io") || namespace.ends_with(".k8s.io") {
                self.error(option.key_at, "options of kubernetes.io and k8s.io are reserved", None);
            }
        }
    }

    fn azure_disk(&mut self, source: &Node) {
        // The default is Shared (SetDefaults_AzureDiskVolumeSource).
        let wanted = if text(source, "kind") == "Managed" { "/subscriptions/" } else { "https://" };
        let address = text(source, "diskURI");
        if !address.is_empty() && !address.starts_with(wanted) {
            let message = format!("`{}` of a disk of this kind begins with `{wanted}`", self.name("diskURI"));
            self.refuse(source, "diskURI", message);
        }
    }

    /// A name that must be there, told at the source where it is not.
    fn named(&mut self, source: &Node, key: &'static str, kind: &'static str) {
        if text(source, key).is_empty() && set(source, key).is_none_or(|n| n.text().is_some()) {
            self.lacks_field(source, key, format!("`{}` needs `{}`", self.name(kind), self.name(key)));
        }
    }

    /// An error at a field that is empty or absent, unless a mistake within the owner explains it.
    fn lacks_field(&mut self, owner: &Node, key: &'static str, message: String) {
        if !self.is_told_within(owner) {
            self.refuse(owner, key, message);
        }
    }

    /// A required text that must not be empty; that it is absent is told when the document is read.
    fn filled(&mut self, node: &Node, key: &'static str) {
        if set(node, key).is_some_and(|n| n.text() == Some("")) {
            self.refuse(node, key, format!("`{}` must not be empty", self.name(key)));
        }
    }

    fn relative(&mut self, node: &Node, key: &'static str) {
        if broken(Rule::RelativePath, text(node, key)).is_some() {
            self.refuse(node, key, format!("`{}` must {}", self.name(key), demand(Rule::RelativePath)));
        }
    }

    fn without_backsteps(&mut self, node: &Node, key: &'static str) {
        if text(node, key).split('/').any(|part| part == "..") {
            self.refuse(node, key, "a path of the node cannot have `..` in it");
        }
    }

    fn within(&mut self, node: &Node, key: &'static str, low: i64, high: i64) {
        if set(node, key).and_then(Node::int).is_some_and(|n| n < low || n > high) {
            let range = if high == i64::MAX { format!("at least {low}") } else { format!("from {low} to {high}") };
            self.refuse(node, key, format!("`{}` must be {range}", self.name(key)));
        }
    }

    /// An error at the value of a field.
    pub(super) fn refuse(&mut self, node: &Node, key: &str, message: impl Into<String>) {
        let value = node.get(key);
        self.error(value.map_or(node.at, |value| value.at), message, None);
        if let (None, Some(problem)) = (value, self.problems.last_mut()) {
            problem.field = Some(if self.dialect == Dialect::Spec { snake(key).into_owned() } else { key.to_owned() });
        }
    }
}

/// A field that is there and not null.
pub(super) fn set<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|n| n.value != Value::Null)
}

/// The text of a field; empty where it has none.
pub(super) fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::text).unwrap_or_default()
}

/// An amount, as the API server stores it: rounded up to thousandths (`SetDefaults_ResourceList`).
pub(super) fn amount_of(node: &Node) -> Option<Quantity> {
    let amount = match &node.value {
        Value::Text(text) => Quantity::parse(text).ok(),
        Value::Number(n) => Quantity::parse(&n.to_string()).ok(),
        _ => None,
    };
    amount.map(Quantity::round_up_to_milli)
}

/// `iscsiInitiatorIqnRegex` and its two siblings, once the name begins as one of them.
fn is_iscsi_name(name: &str) -> bool {
    let alphanumeric = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    if name.starts_with("iqn") {
        let Some((authority, unique)) = name.strip_prefix("iqn.").and_then(|rest| rest.split_once(':')) else {
            return false;
        };
        let mut parts = authority.splitn(2, '.');
        let date = parts.next().unwrap_or_default().as_bytes();
        let dated = date.len() == 7
            && date.iter().enumerate().all(|(i, b)| if i == 4 { *b == b'-' } else { b.is_ascii_digit() });
        let owner = parts.next().unwrap_or_default();
        let named = !owner.is_empty() && owner.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
        let forbidden = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '*' | '&' | '$' | '|');
        return dated && named && !unique.is_empty() && !unique.contains(forbidden);
    }
    let rest = |prefix: &str, length: usize| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.len() == length + 1 && alphanumeric(&rest[1..]))
    };
    name.is_ascii() && (rest("eui", 16) || rest("naa", 32))
}
