//! ConfigMaps and Secrets, whole or as metadata alone. Values are passed over, and only the names of keys are kept.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::model::Symbol;
use crate::model::config_object::ConfigObject;
use crate::model::nullable::Nullable;

/// A ConfigMap or a Secret.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireConfigObject {
    metadata: WireConfigMeta,
    data: Option<Keys>,
    binary_data: Option<Keys>,
    string_data: Option<Keys>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireConfigMeta {
    name: Nullable<Symbol>,
    namespace: Nullable<Symbol>,
    managed_fields: Nullable<Vec<WireManagedFields>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireManagedFields {
    #[serde(rename = "fieldsV1")]
    fields: Nullable<WireFields>,
}

/// The fields that one manager set, as far as keys are told by them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireFields {
    #[serde(rename = "f:data")]
    data: Option<Keys>,
    #[serde(rename = "f:binaryData")]
    binary_data: Option<Keys>,
}

/// The keys of a map whose values are passed over.
#[derive(Debug, Default)]
struct Keys(Vec<Symbol>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of keys to values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some(key) = map.next_key::<Symbol>()? {
                    map.next_value::<IgnoredAny>()?;
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
            fn visit_unit<E>(self) -> Result<Keys, E> {
                Ok(Keys::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl WireConfigObject {
    /// The names that rules look at. The keys stand in the data; where only metadata was read, `managedFields` names those
    /// that some manager set. Where neither shows a key, the keys are not known: tools that save a cluster leave the data
    /// out. Of a ConfigMap that is there whole, no data means no key.
    pub fn narrow(self, is_whole_without_data: bool) -> ConfigObject {
        let data = [self.data, self.binary_data, self.string_data];
        let has_data = data.iter().any(Option::is_some);
        let managed = self.metadata.managed_fields.0;
        let fields = managed.into_iter().flat_map(|fields| [fields.fields.0.data, fields.fields.0.binary_data]);
        let managed: Vec<Keys> = fields.flatten().collect();
        let keys = match (has_data, managed.is_empty()) {
            (true, _) => Some(data.into_iter().flatten().flat_map(|keys| keys.0).collect()),
            (false, false) => {
                let names = managed.iter().flat_map(|keys| &keys.0).filter_map(|key| key.as_str().strip_prefix("f:"));
                Some(names.map(Symbol::new).collect())
            }
            (false, true) if is_whole_without_data => Some(Box::default()),
            (false, true) => None,
        };
        ConfigObject { namespace: self.metadata.namespace.0, name: self.metadata.name.0, keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(json: &str, whole: bool) -> Option<Vec<&'static str>> {
        let object = serde_json::from_str::<WireConfigObject>(json).unwrap().narrow(whole);
        object.keys.map(|keys| keys.iter().map(|key| key.as_str()).collect())
    }

    #[test]
    fn names_of_keys_are_read_and_values_are_not() {
        for (json, whole, expected) in [
            (r#"{"data":{"a":"CANARY"},"binaryData":{"b":"CANARY"}}"#, true, Some(vec!["a", "b"])),
            (r#"{"data":null}"#, true, Some(vec![])),
            (r#"{"stringData":{"a":"CANARY"}}"#, false, Some(vec!["a"])),
            (
                r#"{"metadata":{"managedFields":[{"fieldsV1":{"f:data":{".":{},"f:tls.crt":{}}}},{"fieldsV1":{"f:type":{}}}]}}"#,
                false,
                Some(vec!["tls.crt"]),
            ),
            (r#"{"metadata":{"managedFields":[{"fieldsV1":{"f:type":{}}}]}}"#, false, None),
            (r#"{"metadata":{"name":"x"}}"#, false, None),
        ] {
            assert_eq!(keys(json, whole), expected, "{json}");
        }
    }
}
