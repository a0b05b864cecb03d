//! Dynamic resource allocation (`resource.k8s.io`): claims, what claims request, and the devices of nodes.

use crate::model::Symbol;
use crate::model::affinity::NodeTerm;
use crate::model::taint::{Taint, Toleration};

/// An entry of `resourceClaims` of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PodClaim {
    /// The name by which containers refer to the entry.
    pub name: Symbol,
    /// Where the claim comes from.
    pub source: PodClaimSource,
}

/// Where a claim of a pod comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PodClaimSource {
    /// A claim that exists, which all pods of the template share.
    Claim(Symbol),
    /// A ResourceClaimTemplate, of which each pod gets a claim.
    Template(Symbol),
    /// Nothing that is known.
    Unknown,
}

/// A ResourceClaim, or what a ResourceClaimTemplate makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceClaim {
    /// The namespace.
    pub namespace: Symbol,
    /// Its name.
    pub name: Symbol,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// What it requests.
    pub requests: Vec<DeviceRequest>,
    /// Whether devices must agree in an attribute or differ in one (`constraints`).
    pub is_constrained: bool,
    /// What was allocated.
    pub allocation: Option<Allocation>,
    /// The pod that it was created for, by name.
    pub owner: Option<Symbol>,
    /// The pods that the claim is reserved for, by name.
    pub reserved_for: Vec<Symbol>,
}

/// What was allocated to a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allocation {
    /// The devices that no other claim can have: driver, pool, device.
    pub devices: Vec<DeviceId>,
    /// Terms of which one must match the node, if any are given.
    pub nodes: Option<Box<[NodeTerm]>>,
}

/// A device by driver, pool and name.
pub type DeviceId = (Symbol, Symbol, Symbol);

/// One request of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceRequest {
    /// Devices of one class.
    Exactly(ExactRequest),
    /// The first of several alternatives that can be had.
    FirstAvailable(Symbol, Vec<ExactRequest>),
    /// A form that is not known.
    Unknown(Symbol),
}

/// A request for devices of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExactRequest {
    /// Its name.
    pub name: Symbol,
    /// The DeviceClass.
    pub class: Symbol,
    /// How many devices; `None` for all that match.
    pub count: Option<u64>,
    /// Whether devices in use may be had too (`adminAccess`).
    pub admin_access: bool,
    /// Which devices match.
    pub selectors: Vec<DeviceSelector>,
    /// Tolerations of taints of devices.
    pub tolerations: Vec<Toleration>,
    /// Whether a part of a device's capacity is requested.
    pub asks_capacity: bool,
}

/// A CEL expression, as far as it is understood without an expression engine: its parts must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceSelector {
    /// What is understood of it.
    pub parts: Vec<SelectorPart>,
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// A comparison in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectorPart {
    /// `device.driver == "X"`
    Driver(Symbol),
    /// `device.attributes["D"].name == "X"`
    Attribute {
        /// The domain.
        domain: Symbol,
        /// The name.
        name: Symbol,
        /// The value.
        value: AttributeValue,
    },
}

/// The value of a device's attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeValue {
    /// A string.
    Text(Symbol),
    /// A number.
    Number(i64),
    /// A truth value.
    Flag(bool),
}

/// What a driver publishes of some devices.
#[derive(Debug, Clone, Default)]
pub struct ResourceSlice {
    /// Its name.
    pub name: Symbol,
    /// The driver.
    pub driver: Symbol,
    /// The pool.
    pub pool: Symbol,
    /// The generation of the pool that the slice belongs to.
    pub generation: i64,
    /// How many slices the pool has.
    pub pool_slices: i64,
    /// The nodes that can use its devices; `None` where each device says so, or nothing does.
    pub nodes: Option<DeviceNodes>,
    /// The devices.
    pub devices: Vec<Device>,
}

/// The nodes that can use a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceNodes {
    /// One.
    Named(Symbol),
    /// All.
    All,
    /// Those that one of the terms matches.
    Selected(Box<[NodeTerm]>),
}

/// A device.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// Its name.
    pub name: Symbol,
    /// Its attributes by name, which may have a domain.
    pub attributes: Vec<(Symbol, AttributeValue)>,
    /// Its taints, but for those without effect.
    pub taints: Vec<Taint>,
    /// The nodes that can use it, where its slice does not say so.
    pub nodes: Option<DeviceNodes>,
    /// Whether it can be had in parts, or depends on counters, conditions or resources of the node.
    pub is_composite: bool,
}

/// What a match says of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matching {
    /// It does not match.
    No,
    /// What decides is not understood.
    Maybe,
    /// It matches.
    Yes,
}

impl DeviceSelector {
    /// Reads an expression: comparisons with a literal, joined by `&&`.
    pub fn parse(expression: &str) -> Self {
        let mut selector = DeviceSelector { parts: Vec::new(), is_whole: true };
        match conjuncts(expression) {
            Some(parts) => {
                for part in parts {
                    match comparison(part) {
                        Some(part) => selector.parts.push(part),
                        None => selector.is_whole = false,
                    }
                }
            }
            None => selector.is_whole = false,
        }
        selector
    }

    /// Whether a device of the driver matches. What is not understood can only narrow.
    pub fn matches(&self, driver: Symbol, device: &Device) -> Matching {
        let of_part = |part: &SelectorPart| match part {
            SelectorPart::Driver(wanted) if *wanted == driver => Matching::Yes,
            SelectorPart::Driver(_) => Matching::No,
            SelectorPart::Attribute { domain, name, value } => match device.attribute(driver, *domain, *name) {
                Some(actual) if actual == *value => Matching::Yes,
                Some(actual) if std::mem::discriminant(&actual) == std::mem::discriminant(value) => Matching::No,
                // An attribute that is not there is an error of the expression, not a mismatch.
                _ => Matching::Maybe,
            },
        };
        let found = self.parts.iter().map(of_part).min().unwrap_or(Matching::Yes);
        if self.is_whole { found } else { found.min(Matching::Maybe) }
    }
}

impl Device {
    /// An attribute by domain and name. One without a domain is of the driver's.
    fn attribute(&self, driver: Symbol, domain: Symbol, name: Symbol) -> Option<AttributeValue> {
        let is_meant = |key: &str| match key.split_once('/') {
            Some((of, rest)) => of == domain.as_str() && rest == name.as_str(),
            None => driver == domain && key == name.as_str(),
        };
        self.attributes.iter().find(|(key, _)| is_meant(key.as_str())).map(|(_, value)| *value)
    }
}

/// The parts of an expression that `&&` joins outside of strings and brackets; `None` where another operator joins.
fn conjuncts(expression: &str) -> Option<Vec<&str>> {
    /// A longer expression is not taken apart, bytes.
    const MAX_LENGTH: usize = 4096;
    if expression.len() > MAX_LENGTH || expression.contains('\\') {
        return None;
    }
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_i32, None);
    let bytes = expression.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None => match byte {
                b'"' | b'\'' => quote = Some(byte),
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth -= 1,
                b'?' | b'|' if depth == 0 => return None,
                b'&' if depth == 0 => {
                    if bytes.get(at + 1) != Some(&b'&') {
                        return None;
                    }
                    parts.push(expression[start..at].trim());
                    at += 1;
                    start = at + 1;
                }
                _ => {}
            },
        }
        at += 1;
    }
    parts.push(expression[start..].trim());
    (quote.is_none() && depth == 0).then_some(parts)
}

/// A comparison of the driver or of an attribute with a literal, whichever side it stands on.
fn comparison(text: &str) -> Option<SelectorPart> {
    let (left, right) = text.split_once("==")?;
    let (left, right) = (left.trim(), right.trim());
    let (field, value) = match literal(right) {
        Some(value) => (left, value),
        None => (right, literal(left)?),
    };
    if field == "device.driver" {
        return match value {
            AttributeValue::Text(driver) => Some(SelectorPart::Driver(driver)),
            _ => None,
        };
    }
    let rest = field.strip_prefix("device.attributes[")?;
    let (domain, name) = rest.split_once("].")?;
    let AttributeValue::Text(domain) = literal(domain.trim())? else { return None };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| SelectorPart::Attribute { domain, name: Symbol::new(name), value })
}

fn literal(text: &str) -> Option<AttributeValue> {
    let quoted = |mark: char| {
        let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
        (text.len() > 1 && !inner.contains(mark)).then(|| AttributeValue::Text(Symbol::new(inner)))
    };
    match text {
        "true" => Some(AttributeValue::Flag(true)),
        "false" => Some(AttributeValue::Flag(false)),
        _ => quoted('"').or_else(|| quoted('\'')).or_else(|| text.parse().ok().map(AttributeValue::Number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_understood_as_far_as_it_compares_with_literals() {
        let device = Device {
            attributes: vec![
                ("type".into(), AttributeValue::Text("gpu".into())),
                ("other.example/cores".into(), AttributeValue::Number(8)),
            ],
            ..Device::default()
        };
        for (expression, expected) in [
            ("device.driver == \"gpu.example\"", Matching::Yes),
            ("'gpu.example' == device.driver", Matching::Yes),
            ("device.driver=='nic.example'", Matching::No),
            ("device.driver == 'gpu.example' && device.attributes['gpu.example'].type == 'gpu'", Matching::Yes),
            ("device.driver == 'gpu.example' && device.attributes['gpu.example'].type == 'mig'", Matching::No),
            ("device.attributes[\"other.example\"].cores == 8", Matching::Yes),
            ("device.attributes['gpu.example'].absent == 'x'", Matching::Maybe),
            ("device.attributes['gpu.example'].type == 7", Matching::Maybe),
            ("device.driver == 'nic.example' && device.capacity['x'].y.isGreaterThan(quantity('1'))", Matching::No),
            ("device.driver == 'gpu.example' && device.capacity['x'].y.isGreaterThan(quantity('1'))", Matching::Maybe),
            ("device.driver == 'nic.example' || true", Matching::Maybe),
            ("!(device.driver == 'gpu.example')", Matching::Maybe),
            ("device.driver == 'a && b'", Matching::No),
            ("device.driver in ['gpu.example']", Matching::Maybe),
            ("device.driver == 'gpu.example", Matching::Maybe),
            ("", Matching::Maybe),
        ] {
            let selector = DeviceSelector::parse(expression);
            assert_eq!(selector.matches("gpu.example".into(), &device), expected, "{expression}");
        }
    }
}
