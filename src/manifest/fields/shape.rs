//! What a field may hold.

use std::borrow::Cow;

/// A map with fields of its own.
#[derive(Debug)]
pub struct Object {
    /// The name of the type, for the schema and the reference.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// A type whose fields it has too, where it has none of that name.
    pub base: Option<&'static Object>,
    /// Fields of `base` that it does not have.
    pub without: &'static [&'static str],
}

/// A field of an [`Object`].
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name, as Kubernetes spells it.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether its value may be a secret: never shown in a message.
    pub secret: bool,
    /// The value, as JSON, that the API server fills in where it is absent.
    pub default: Option<&'static str>,
}

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// True or false.
    Bool,
    /// An integer within bounds, both included.
    Int(i64, i64),
    /// Text that follows a rule.
    Text(Rule),
    /// A Kubernetes quantity, written as text or number.
    Quantity,
    /// A number, or a percentage as text.
    Bound,
    /// A port: its number or its name.
    Port,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list.
    List(&'static Shape),
    /// A map whose keys are the user's own.
    Map(Rule, &'static Shape),
    /// A map with fields.
    Object(&'static Object),
    /// One of several, told apart by what kind of value stands there.
    Either(&'static [Shape]),
    /// Anything.
    Any,
}

impl Shape {
    /// What stands there, in the words of a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Shape::Bool => "true or false",
            Shape::Int(..) => "a whole number",
            Shape::Text(_) => "text",
            Shape::Quantity => "a quantity",
            Shape::Bound => "a number or a percentage",
            Shape::Port => "a port number or name",
            Shape::Words(_) => "a word",
            Shape::List(_) => "a list",
            Shape::Map(..) => "a map",
            Shape::Object(_) => "a map of fields",
            Shape::Either(_) | Shape::Any => "a value",
        }
    }
}

/// What text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Anything, also nothing.
    Free,
    /// At least one character.
    NotEmpty,
    /// A DNS-1123 label: lower case letters, digits and inner hyphens, at most 63.
    DnsLabel,
    /// Nothing, or a DNS-1123 label.
    Namespace,
    /// A DNS-1123 subdomain: labels joined by dots, at most 253.
    DnsName,
    /// The key of a label or taint: a name of at most 63 after an optional DNS prefix and a slash.
    LabelKey,
    /// The key of an annotation: that of a label, whose DNS prefix may have capital letters.
    AnnotationKey,
    /// The value of a label: at most 63 letters, digits, `-`, `_`, `.`, beginning and ending with the first two.
    LabelValue,
    /// The name of an environment variable in the strict form `[A-Za-z_][A-Za-z0-9_]*`.
    EnvName,
    /// The name of an environment variable as Kubernetes takes it: printable ASCII without `=`.
    AnyEnvName,
    /// The name of a port: at most 15 lower case letters, digits and single hyphens, with a letter.
    PortName,
    /// The key of a ConfigMap or Secret: letters, digits, `-`, `_`, `.`, at most 253.
    DataKey,
    /// An IPv4 or IPv6 address.
    Ip,
    /// `sha256:` and 64 hexadecimal digits.
    Digest,
    /// A relative path without `..`.
    RelativePath,
    /// A time as RFC 3339 writes it: `2026-01-31T12:00:00Z`.
    Time,
}

/// A field that may be absent.
pub const fn field(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, doc, required: false, secret: false, default: None }
}

/// A field that must be there.
pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { required: true, ..field(name, shape, doc) }
}

/// An object with these fields alone.
pub const fn object(name: &'static str, doc: &'static str, fields: &'static [Field]) -> Object {
    Object { name, doc, fields, base: None, without: &[] }
}

impl Field {
    /// Marks the value as a secret.
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Says what the API server fills in.
    pub const fn or(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }

    /// The name in snake_case.
    pub fn snake(&self) -> Cow<'static, str> {
        snake(self.name)
    }
}

impl Object {
    /// All its fields: its own first, then those of what it builds on.
    pub fn all(&'static self) -> Vec<&'static Field> {
        let mut fields: Vec<&'static Field> = self.fields.iter().collect();
        if let Some(base) = self.base {
            let own = |name: &str| self.fields.iter().any(|f| f.name == name) || self.without.contains(&name);
            fields.extend(base.all().into_iter().filter(|f| !own(f.name)));
        }
        fields
    }

    /// The field of this name in Kubernetes' spelling.
    pub fn exact(&'static self, key: &str) -> Option<&'static Field> {
        self.find(&|f| f.name == key)
    }

    /// The field of this name in Kubernetes' spelling, in snake_case or in that one's camelCase (`hostPid`).
    pub fn spelled(&'static self, key: &str) -> Option<&'static Field> {
        self.exact(key).or_else(|| {
            let key = snake(key);
            self.find(&|f| snake(f.name) == key)
        })
    }

    /// The type of the field at a path, through lists; itself where the path leads nowhere.
    pub fn at(&'static self, path: &[&str]) -> &'static Object {
        path.iter().fold(self, |object, key| match object.exact(key).map(|f| f.shape) {
            Some(Shape::Object(inner)) => inner,
            Some(Shape::List(Shape::Object(inner))) => inner,
            _ => object,
        })
    }

    fn find(&'static self, is: &dyn Fn(&Field) -> bool) -> Option<&'static Field> {
        self.fields.iter().find(|f| is(f)).or_else(|| {
            let field = self.base?.find(is)?;
            (!self.without.contains(&field.name)).then_some(field)
        })
    }
}

/// A name in snake_case, acronyms kept whole: `hostPID` is `host_pid`, `nonResourceURLs` is `non_resource_urls`.
pub fn snake(name: &str) -> Cow<'_, str> {
    if !name.bytes().any(|b| b.is_ascii_uppercase()) {
        return Cow::Borrowed(name);
    }
    let bytes = name.as_bytes();
    let mut out = String::with_capacity(name.len() + 4);
    for (i, &b) in bytes.iter().enumerate() {
        if b.is_ascii_uppercase() {
            let after_word = i > 0 && !bytes[i - 1].is_ascii_uppercase() && bytes[i - 1] != b'_';
            let next_lower = bytes.get(i + 1).is_some_and(u8::is_ascii_lowercase);
            let plural = bytes.get(i + 1) == Some(&b's') && bytes.len() == i + 2;
            if after_word || (i > 0 && next_lower && !plural && bytes[i - 1].is_ascii_uppercase()) {
                out.push('_');
            }
        }
        out.push(b.to_ascii_lowercase() as char);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_stay_whole() {
        for (camel, expected) in [
            ("hostPID", "host_pid"),
            ("hostPid", "host_pid"),
            ("hostIP", "host_ip"),
            ("downwardAPI", "downward_api"),
            ("setHostnameAsFQDN", "set_hostname_as_fqdn"),
            ("nonResourceURLs", "non_resource_urls"),
            ("targetWWNs", "target_wwns"),
            ("seLinuxOptions", "se_linux_options"),
            ("volumeID", "volume_id"),
            ("scaleIO", "scale_io"),
            ("host_pid", "host_pid"),
        ] {
            assert_eq!(snake(camel), expected);
        }
    }
}
