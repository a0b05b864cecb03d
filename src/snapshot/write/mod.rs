//! Saving a cluster: a compressed `v1` List whose first item says what was looked at, object by object.

pub mod archive;
mod fields;
mod keep;
mod packer;
mod redact;

use std::io::{BufRead as _, BufReader, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::de::{DeserializeSeed, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::wire::Kind;
use crate::snapshot::write::keep::Keep;
use crate::snapshot::write::packer::Packer;
use crate::snapshot::write::redact::Redactor;
use crate::store::item_sink::{ItemSink, ListKind, Origin, Taken, TakenKind};
use crate::stream::dispatch::{skip, value};

/// How hard a snapshot is packed. Level 6 takes twice the time and makes 4.0 MB of 49,000 pods 3.5 MB.
const PACKED: Compression = Compression::new(3);

/// Writes the objects that it is given, each reduced to the fields that a diagnosis reads.
pub struct Writer<W: Write> {
    out: Packer<W>,
    redactor: Redactor,
    /// Objects that wait for the names of all, a line each; as small as the snapshot itself.
    held: GzEncoder<Vec<u8>>,
    objects: u64,
    /// An item stands before the next one.
    begun: bool,
    /// What went wrong while an object was written; told at the next opportunity.
    failed: Option<std::io::Error>,
}

/// How much of what people and programs wrote is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Names, and nothing that a container wrote.
    #[default]
    Names,
    /// Also the last words of containers, but for what looks like a secret: beside their logs.
    NamesAndOutput,
    /// Names of nodes, namespaces and objects are hashed.
    HashedNames,
}

/// What a snapshot says of itself.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The server's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// When it was taken, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// Resources that were listed.
    pub looked_at: Vec<&'static str>,
    /// Resources that were not, and why.
    pub not_checked: Vec<NotChecked>,
}

/// A resource that a snapshot does not hold.
#[derive(Debug, Clone, Serialize)]
pub struct NotChecked {
    /// The resource, such as `resourcequotas`.
    pub resource: &'static str,
    /// Why it is not there.
    pub why: String,
}

impl<W: Write> Writer<W> {
    /// Begins a snapshot.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(out: W, detail: Detail, header: &Header) -> std::io::Result<Self> {
        let redactor = match detail {
            Detail::Names => Redactor::default(),
            Detail::NamesAndOutput => Redactor::with_output(),
            Detail::HashedNames => Redactor::of_names(),
        };
        let out = Packer::new(out, PACKED);
        let held = GzEncoder::new(Vec::new(), Compression::default());
        let mut writer = Writer { out, redactor, held, objects: 0, begun: false, failed: None };
        writer.out.write_all(b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{},\"items\":[\n")?;
        writer.header(header)?;
        Ok(writer)
    }

    /// Says more of what was looked at, where that turned out differently. What is said last holds.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn header(&mut self, header: &Header) -> std::io::Result<()> {
        let mut object = json!({"apiVersion": "kubectl-daemonset/v1", "kind": "DoctorSnapshot"});
        if let (Value::Object(object), Value::Object(more)) = (&mut object, serde_json::to_value(header)?) {
            object.extend(more);
        }
        self.object(&object)
    }

    /// How many objects were written, without headers.
    pub fn objects(&self) -> u64 {
        self.objects
    }

    /// What went wrong since the last time.
    ///
    /// # Errors
    /// The output could not be written.
    pub fn check(&mut self) -> std::io::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Ends the snapshot and gives the output back.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(mut self) -> std::io::Result<W> {
        self.check()?;
        let held = std::mem::replace(&mut self.held, GzEncoder::new(Vec::new(), Compression::none())).finish()?;
        for line in BufReader::new(GzDecoder::new(&held[..])).lines() {
            let mut object: Value = serde_json::from_str(&line?)?;
            self.redactor.rename(&mut object);
            self.object(&object)?;
        }
        self.out.write_all(b"\n]}\n")?;
        self.out.finish()
    }

    fn hold(&mut self, object: &Value) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.held, object)?;
        self.held.write_all(b"\n")
    }

    fn object(&mut self, object: &Value) -> std::io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            self.out.write_all(b",\n")?;
        }
        serde_json::to_writer(&mut self.out, object)?;
        Ok(())
    }
}

/// What an object says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Own {
    #[serde(default)]
    api_version: String,
    kind: Option<String>,
}

impl<W: Write> ItemSink for Writer<W> {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, _: &Origin) -> Result<Taken, serde_json::Error> {
        let (api_version, kind) = match list.and_then(|list| Some((list.api_version, list.of_items()?))) {
            Some((api_version, kind)) => (api_version.to_owned(), kind.to_owned()),
            None => {
                let (own, bytes) = value::<Own>(json)?;
                let Some(kind) = own.kind else { return Ok(Taken { bytes, kind: TakenKind::Kindless }) };
                (own.api_version, kind)
            }
        };
        let Some(kind) = Kind::of(&api_version, &kind).filter(|kind| *kind != Kind::DoctorSnapshot) else {
            return Ok(Taken { bytes: skip(json)?, kind: TakenKind::Ignored });
        };
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let mut kept = Keep(fields::of(kind)).deserialize(&mut deserializer)?;
        let bytes = deserializer.into_iter::<IgnoredAny>().byte_offset();
        self.redactor.redact(kind, &mut kept);
        let mut object = json!({"apiVersion": api_version, "kind": kind.as_str()});
        if let (Value::Object(object), Value::Object(kept)) = (&mut object, kept) {
            object.extend(kept);
        }
        if self.failed.is_none() {
            self.failed = if self.redactor.renames() { self.hold(&object) } else { self.object(&object) }.err();
            self.objects += 1;
        }
        Ok(Taken { bytes, kind: TakenKind::Known })
    }
}
