//! The JSON Schema of the report, with the evidence of every code.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::findings::cause;
use crate::findings::codes::{self, Code};
use crate::findings::evidence::*;
use crate::findings::waits_for::WaitsFor;
use crate::model::Symbol;
use crate::report::DoctorReport;

/// Lists types of evidence.
macro_rules! shapes {
    ($($evidence:ty),* $(,)?) => { vec![$( (|generator| generator.subschema_for::<$evidence>()) as Shape ),*] };
}

/// Returns the types of evidence that findings and reasons of a code have; none if the code has no cause.
fn shapes(code: Code) -> Vec<Shape> {
    let of_causes = cause::SHAPES.iter().filter(|(codes, _)| codes.contains(&code)).map(|(_, shape)| *shape);
    shapes_of_rules(code).into_iter().chain(of_causes).collect()
}

/// Returns the types of evidence of the rules' causes that have a code.
fn shapes_of_rules(code: Code) -> Vec<Shape> {
    match code {
        Code::NODE_SELECTOR | Code::SCHEDULER_SELECTOR => shapes![NodeSelector, NodeSelectors],
        Code::NODE_AFFINITY => shapes![NodeAffinity, NodeAffinities],
        Code::NODE_NAME => shapes![NodeName],
        Code::PROJECT_SELECTOR => shapes![ProjectSelector],
        Code::TAINT
        | Code::CONTROL_PLANE_TAINT
        | Code::STARTUP_TAINT
        | Code::LEAVING_TAINT
        | Code::VIRTUAL_TAINT
        | Code::NETWORK_DEADLOCK => shapes![UntoleratedTaint],
        Code::STATE_TAINT => shapes![UntoleratedTaint, NoEvidence],

        Code::PORT_TAKEN => shapes![PortTaken, PortTakenOnNodes],
        Code::TOO_MANY_PODS => shapes![TooManyPods, TooManyPodsOnNodes],
        Code::INSUFFICIENT => shapes![Insufficient, InsufficientOnNodes],
        Code::CLAIM_MISSING | Code::CLAIM_TERMINATING | Code::CLAIM_UNBOUND | Code::NO_VOLUME | Code::NO_STORAGE => {
            shapes![Claim]
        }
        Code::DISK_IN_USE => shapes![DiskInUse],
        Code::CLAIM_IN_USE => shapes![ClaimInUse],
        Code::TOO_MANY_VOLUMES => shapes![TooManyVolumes],
        Code::DRIVER_MISSING => shapes![Driver],
        Code::CLAIM_LOST => shapes![ClaimLost],
        Code::CLAIM_DENIED => shapes![ClaimQuotaExceeded, ClaimOutOfRange, AdminAccess],
        Code::RESOURCE_CLAIM => shapes![ResourceClaimState],
        Code::DEVICE_CLASS_MISSING => shapes![MissingDeviceClass],
        Code::DEVICES_SHORT => shapes![DevicesShort],
        Code::VOLUME_AFFINITY | Code::VOLUME_GONE => shapes![ClaimVolume],
        Code::VOLUME_ZONE => shapes![VolumeZone],
        Code::SPREAD_LABEL => shapes![SpreadLabel],
        Code::SPREAD_SKEW => shapes![SpreadDomain, SpreadSkew],
        Code::POD_AFFINITY => shapes![PodAffinity],
        Code::POD_ANTI_AFFINITY | Code::EXISTING_ANTI_AFFINITY => shapes![PodAntiAffinity],
        Code::FEATURE_MISSING => shapes![Feature],
        Code::PREEMPTING => shapes![Preemption],
        Code::GATED => shapes![Gate],
        Code::RACE_CLAIM => shapes![RaceForClaim],
        Code::RACE_SPREAD | Code::RACE_AFFINITY => shapes![RaceForDomain],

        Code::NAMESPACE_MISSING | Code::NAMESPACE_TERMINATING => shapes![NamespaceName],
        Code::SERVICE_ACCOUNT_MISSING => shapes![MissingServiceAccount],
        Code::PRIORITY_CLASS_MISSING => shapes![MissingPriorityClass],
        Code::PRIORITY_MISMATCH => shapes![PriorityMismatch],
        Code::PREEMPTION_POLICY_MISMATCH | Code::OVERHEAD_MISMATCH | Code::RESOURCE_CLAIMS => shapes![NoEvidence],
        Code::RUNTIME_CLASS_MISSING => shapes![MissingRuntimeClass],
        Code::RUNTIME_CLASS_CONFLICT => shapes![RuntimeClassConflict],
        Code::LIMIT_RANGE => shapes![LimitRangeViolations],
        Code::POD_SECURITY => shapes![PodSecurityViolations],
        Code::QUOTA_FOR_CLASS => shapes![QuotaForClass],
        Code::QUOTA_EXCEEDED => shapes![QuotaExceeded],
        Code::QUOTA_UNSPECIFIED => shapes![QuotaUnspecified],
        Code::QUOTA_UNSYNCED => shapes![QuotaName],
        Code::CONTRADICTION => shapes![Contradictions],
        Code::REPEATED_LABEL_KEY => shapes![RepeatedLabelKeys],
        Code::REPEATED_HOST_PORT => shapes![RepeatedHostPorts],
        Code::WEBHOOK_REFUSED => shapes![ServerAnswer],
        Code::WEBHOOK_UNREACHABLE => shapes![ServerAnswer, WebhookWithoutEndpoint],
        Code::SCC_DENIED => shapes![SccRefusal],
        Code::REFUSED_WHEN_ASKED => shapes![ServerAnswer],

        Code::KUBELET_AFFINITY => shapes![NodeSelector, NodeSelectors],
        Code::KUBELET_PORTS => shapes![PortTaken, PortTakenOnNodes],
        // What the scheduler was not asked for is judged by all its filters.
        Code::KUBELET_RESOURCES => of_rejections(),
        Code::KUBELET_REFUSED => shapes![OperatingSystem, SupplementalGroups, NoEvidence],
        Code::EVICTED => shapes![Pressure],
        Code::POD_FAILED => shapes![NoEvidence],
        Code::IMAGE_PULL => shapes![MissingObject],
        Code::IMAGE_NAME => shapes![InvalidImage],
        Code::CONTAINER_CONFIG => shapes![MissingObject, UnableHandler],
        Code::MOUNT => shapes![MissingObject, UnregisteredDriver],
        Code::ATTACH => shapes![AttachedOnce],
        Code::SANDBOX => shapes![MissingHandler, UnableHandler],

        // The evidence says why the pod would not be recreated.
        Code::MISSCHEDULED | Code::AUTOSCALER_STRANDED => of_exclusions(),
        Code::STRANDED => [of_exclusions(), of_refusals(), of_rejections()].concat(),

        Code::OTHER_SCHEDULER => shapes![OtherScheduler],
        Code::NOT_COLLECTED => shapes![NotCollected],
        Code::DEVICE_CLASS => shapes![DeviceClass],
        Code::UNREADABLE => shapes![Unreadable],
        Code::QUOTA_SCOPE => shapes![QuotaScope],
        _ => Vec::new(),
    }
}

/// The evidence of every exclusion by the controller.
fn of_exclusions() -> Vec<Shape> {
    shapes![NodeName, NodeSelector, NodeSelectors, NodeAffinity, NodeAffinities, UntoleratedTaint, ProjectSelector]
}

/// The evidence of every refusal by the API server.
fn of_refusals() -> Vec<Shape> {
    shapes![
        NoEvidence,
        ServerAnswer,
        NamespaceName,
        MissingServiceAccount,
        MissingPriorityClass,
        PriorityMismatch,
        MissingRuntimeClass,
        RuntimeClassConflict,
        LimitRangeViolations,
        PodSecurityViolations,
        QuotaExceeded,
        QuotaUnspecified,
        QuotaName,
        Contradictions,
        RepeatedLabelKeys,
        RepeatedHostPorts,
        SccRefusal,
    ]
}

/// The evidence of every rejection by the scheduler.
fn of_rejections() -> Vec<Shape> {
    shapes![
        NoEvidence,
        UntoleratedTaint,
        NodeSelector,
        NodeSelectors,
        PortTaken,
        PortTakenOnNodes,
        TooManyPods,
        TooManyPodsOnNodes,
        Insufficient,
        InsufficientOnNodes,
        Claim,
        DiskInUse,
        ClaimInUse,
        TooManyVolumes,
        Driver,
        ClaimLost,
        ClaimQuotaExceeded,
        ClaimOutOfRange,
        AdminAccess,
        ResourceClaimState,
        MissingDeviceClass,
        DevicesShort,
        ClaimVolume,
        VolumeZone,
        Feature,
        SpreadLabel,
        SpreadDomain,
        SpreadSkew,
        PodAffinity,
        PodAntiAffinity,
    ]
}

/// Whether the code is about a pod or its containers: evidence then names the pod if it is the second of its node, and what
/// the pod waits for.
fn is_of_pod(code: Code) -> bool {
    code.to_string().starts_with("DS4") || matches!(code, Code::TERMINATING_LONG | Code::NODE_NOT_READY)
}

/// The JSON Schema of the report: `evidence` of findings and reasons has a schema of its own per code, which admits no
/// field that it does not name. `docs/report.schema.json` holds it, and the program prints that file.
pub fn report_schema() -> Value {
    let settings = || SchemaSettings::draft2020_12().for_serialize().into_generator();
    let of_report: BTreeSet<String> = settings().into_root_schema_for::<DoctorReport>().to_value()["$defs"]
        .as_object()
        .into_iter()
        .flat_map(|definitions| definitions.keys().cloned())
        .collect();
    let mut generator = settings();
    let mut waits_for = generator.subschema_for::<WaitsFor>().to_value();
    waits_for["unevaluatedProperties"] = json!(false);
    let mut by_code = Vec::new();
    let mut evidence = Map::new();
    for code in codes::all().map(|page| page.code) {
        let shapes = shapes(code).into_iter().map(|shape| shape(&mut generator).to_value());
        let closed: Vec<Value> = shapes.map(|shape| closed(shape, code, &waits_for)).collect();
        let name = format!("EvidenceOf{code}");
        by_code.push(json!({
            "if": {"properties": {"code": {"const": code}}},
            "then": {"properties": {"evidence": {"$ref": format!("#/$defs/{name}")}}},
        }));
        evidence.insert(name, json!({ "anyOf": closed, "description": code.page().title }));
    }
    let mut schema = generator.into_root_schema_for::<DoctorReport>().to_value();
    if let Some(definitions) = schema["$defs"].as_object_mut() {
        let is_of_evidence = |name: &String| !of_report.contains(name);
        for (_, nested) in definitions.iter_mut().filter(|(name, _)| is_of_evidence(name)) {
            close_nested(nested);
        }
        for reported in ["Finding", "ReasonReport"] {
            definitions[reported]["allOf"] = json!([{"$ref": "#/$defs/EvidenceByCode"}]);
        }
        definitions.extend(evidence);
        definitions.insert("EvidenceByCode".to_owned(), json!({ "allOf": by_code }));
    }
    schema
}

/// The schema of a type of evidence of a code, which admits no other field.
fn closed(mut shape: Value, code: Code, waits_for: &Value) -> Value {
    if is_of_pod(code) {
        let second = json!({"type": "string", "description": "The second pod on the node."});
        shape["properties"] = json!({ "pod": second, "waitsFor": waits_for });
    }
    shape["unevaluatedProperties"] = json!(false);
    shape
}

/// Closes the objects inside evidence: their definitions are used as values of properties only.
fn close_nested(schema: &mut Value) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for property in properties.values_mut() {
        let inner = match ["items", "anyOf"].into_iter().find(|key| property.get(key).is_some()) {
            Some(key) => &mut property[key],
            None => property,
        };
        let inner = match inner {
            Value::Array(alternatives) => alternatives.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for reference in inner.iter_mut().filter(|inner| inner.get("$ref").is_some()) {
            reference["unevaluatedProperties"] = json!(false);
        }
    }
}

impl JsonSchema for Symbol {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Symbol".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": "string"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_schema_of_its_evidence() {
        let lacking: Vec<String> =
            codes::all().map(|page| page.code).filter(|code| shapes(*code).is_empty()).map(|c| c.to_string()).collect();
        assert!(lacking.is_empty(), "no schema of the evidence of {lacking:?}");
    }

    /// `UPDATE_DOCS=1 cargo test` writes the schema again.
    #[test]
    fn the_schema_in_docs_is_this_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
        let schema = serde_json::to_string_pretty(&report_schema()).expect("a schema is JSON") + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &schema).expect("the schema can be written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == schema, "{} is out of date: run with UPDATE_DOCS=1", path.display());
    }
}
