//! Rules of one container (`validateContainerCommon`, pkg/apis/core/validation/validation.go, v1.36).

use std::collections::HashSet;

use crate::manifest::check::Checker;
use crate::manifest::check::volumes::{amount_of, set, text};
use crate::manifest::fields::Rule;
use crate::manifest::read::Dialect;
use crate::manifest::template;
use crate::manifest::text::{broken, demand};
use crate::model::Quantity;
use crate::yaml::{Node, Value};

impl Checker<'_> {
    pub(crate) fn container(&mut self, container: &Node, pod: &Node, init: bool) {
        self.image(container);
        self.env(container);
        self.env_from(container);
        self.file_variables(container, pod);
        self.ports(container);
        self.handlers(container, pod, init);
        self.rights(container, pod);
        self.profiles(container);
    }

    /// There is an image. What else its name may be is the runtime's to judge, but that the API server refuses blanks
    /// around it in pods, and so each pod of the DaemonSet (`validateContainerOnlyForPod`).
    fn image(&mut self, container: &Node) {
        let Some(image) = set(container, "image") else {
            // Reading a spec asks for it.
            if self.dialect == Dialect::Spec {
                return;
            }
            let name = text(container, "name");
            return self.lacks(container, format!("container `{name}` has no `image`"), None);
        };
        match image.text() {
            Some("") => self.error(image.at, "`image` must not be empty", None),
            Some(name) if name.trim() != name => {
                self.error(image.at, "the image begins or ends with blanks", None);
            }
            Some(name) if template::is_action(name) => {
                let message =
                    "the image is a template that was not rendered: no runtime reads the name (InvalidImageName)";
                self.error(image.at, message, Some(template::HINT));
            }
            _ => {}
        }
    }

    /// A variable has a value or one source; two of one name are a mistake that only some writers notice.
    fn env(&mut self, container: &Node) {
        let mut names = HashSet::new();
        for variable in container.get("env").map(Node::items).unwrap_or_default() {
            let name = variable.get("name").and_then(Node::text).unwrap_or_default();
            if !name.is_empty() && !names.insert(name) {
                let hint = "keep one: the last value wins, and server-side apply rejects duplicates";
                self.warning(variable.at, format!("duplicate variable `{name}`"), Some(hint));
            }
            let Some(source) = variable.get("valueFrom").filter(|s| s.value != Value::Null) else { continue };
            if variable.get("value").and_then(Node::text).is_some_and(|v| !v.is_empty()) {
                self.error(source.at, format!("variable `{name}` has a value and a source"), Some("keep one"));
            }
            let sources = source.entries().iter().filter(|entry| self.given(source, &entry.key).is_some());
            if matches!(source.value, Value::Map(_)) && sources.count() != 1 {
                let message = format!("variable `{name}` needs exactly one source");
                self.error(source.at, message, None);
            }
        }
    }

    /// Names of ports are unique within the container.
    fn ports(&mut self, container: &Node) {
        let mut names = HashSet::new();
        for port in container.get("ports").map(Node::items).unwrap_or_default() {
            if let Some(name) = port.get("name").filter(|n| n.text().is_some_and(|t| !t.is_empty()))
                && !names.insert(name.text())
            {
                let message = format!("two ports are named `{}`", name.text().unwrap_or_default());
                self.error(name.at, message, Some("give each port of the container a unique name"));
            }
        }
    }

    /// Each entry has one source, and its prefix can begin a variable.
    fn env_from(&mut self, container: &Node) {
        let shown = self.name("envFrom");
        let names = ["configMapRef", "secretRef"].map(|key| (key, self.name(key)));
        for entry in container.get("envFrom").map(Node::items).unwrap_or_default() {
            let given: Vec<&Node> = names.iter().filter_map(|(key, _)| set(entry, key)).collect();
            let either = format!("`{}` and `{}`", names[0].1, names[1].1);
            match given.as_slice() {
                [_] => {}
                [] => self.lacks(entry, format!("an entry of `{shown}` needs one of {either}"), None),
                [_, second, ..] => {
                    let message = format!("an entry of `{shown}` has both {either}");
                    self.error(second.at, message, Some("make an entry of each"));
                }
            }
            for source in given {
                // A name may end with a hyphen there, as if it were the prefix of one (`ValidateSecretName` with `prefix`).
                let name = text(source, "name");
                let name = name.strip_suffix('-').filter(|rest| !rest.is_empty()).unwrap_or(name);
                if !name.is_empty() && broken(Rule::DnsName, name).is_some() {
                    self.refuse(source, "name", format!("`name` must {}", demand(Rule::DnsName)));
                }
            }
            let prefix = text(entry, "prefix");
            if !prefix.is_empty() && broken(Rule::AnyEnvName, prefix).is_some() {
                self.refuse(entry, "prefix", format!("`prefix` must {}", demand(Rule::AnyEnvName)));
            }
        }
    }

    /// A file of variables lies in an empty directory of the pod (`validateFileKeyRefVolumes`), and amounts are told in
    /// units that exist (`validateContainerResourceDivisor`).
    fn file_variables(&mut self, container: &Node, pod: &Node) {
        for variable in container.get("env").map(Node::items).unwrap_or_default() {
            let Some(source) = set(variable, "valueFrom") else { continue };
            if let Some(file) = set(source, "fileKeyRef") {
                let name = text(file, "volumeName");
                let volumes = pod.get("volumes").map(Node::items).unwrap_or_default();
                let volume = volumes.iter().find(|v| text(v, "name") == name);
                let shown = self.name("volumeName");
                match volume {
                    None if !name.is_empty() => self.refuse(file, "volumeName", format!("there is no volume `{name}`")),
                    Some(volume) if set(volume, "emptyDir").is_none() => {
                        let message = format!("`{shown}` must be an `{}` volume", self.name("emptyDir"));
                        self.refuse(file, "volumeName", message);
                    }
                    _ => {}
                }
                if text(file, "path").split('/').any(|part| part == "..") {
                    self.refuse(file, "path", "`path` must not contain `..`");
                }
                if broken(Rule::AnyEnvName, text(file, "key")).is_some() && !text(file, "key").is_empty() {
                    self.refuse(file, "key", format!("`key` must {}", demand(Rule::AnyEnvName)));
                }
            }
            if let Some(amount) = set(source, "resourceFieldRef") {
                self.divisor(amount);
            }
        }
    }

    /// The unit in which an amount is told: 1m or 1 for cpu, one prefix of a byte for all else.
    pub(super) fn divisor(&mut self, amount: &Node) {
        let Some(divisor) = set(amount, "divisor") else { return };
        let Some(value) = amount_of(divisor).filter(|v| *v > Quantity::ZERO) else { return };
        let cpu = text(amount, "resource").ends_with(".cpu");
        let units: &[&str] = match cpu {
            true => &["1m", "1"],
            false => &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"],
        };
        if units.iter().all(|unit| Quantity::parse(unit) != Ok(value)) {
            self.error(divisor.at, format!("`divisor` must be one of {}", units.join(", ")), None);
        }
    }
}
