use super::*;

fn kind_of(json: &str, list: Option<(&str, &str)>) -> String {
    match read_object(json.as_bytes(), list) {
        Ok(Read { object: Object::Node(node, _), bytes }) => format!("node {} {bytes}", node.name),
        Ok(Read { object: Object::Bad(error), bytes }) => format!("bad {} {bytes}", error.name),
        Ok(Read { object, .. }) => format!("{object:?}"),
        Err(error) => format!("eof {}", error.is_eof()),
    }
}

#[test]
fn an_object_is_read_wherever_its_kind_stands() {
    let node = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"},"spec":{}} {"#;
    assert_eq!(kind_of(node, None), "node a 67");
    assert_eq!(kind_of(r#"{"metadata":{"name":"a"},"kind":"Node","apiVersion":"v1"}"#, None), "node a 57");
    assert_eq!(kind_of(r#"{"metadata":{"name":"a"}}"#, Some(("v1", "NodeList"))), "node a 25");
    assert_eq!(kind_of(r#"{"metadata":{"name":"a"}}"#, None), "Kindless");
    assert_eq!(kind_of(r#"{"metadata":{"name":"a"}}"#, Some(("v1", "List"))), "Ignored");
    assert_eq!(kind_of(r#"{"apiVersion":"x/v1","kind":"Node"}"#, None), "Ignored");
    assert_eq!(kind_of(r#"{"apiVersion":"v1","kind":"Node","metadata":{"na"#, None), "eof true");
    assert_eq!(kind_of(r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"},"spec":7} x"#, None), "bad a 66");
    assert_eq!(
        kind_of(r#"{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"a"},"spec":[null,{},""]} x"#, None),
        "bad a 83"
    );
}

#[test]
fn an_item_of_a_list_may_have_a_kind_of_its_own() {
    let pods = Some(("v1", "PodList"));
    let late = r#"{"metadata":{"name":"a"},"spec":{},"kind":"Node","apiVersion":"v1"}"#;
    assert_eq!(kind_of(late, pods), "node a 67");
    assert_eq!(kind_of(r#"{"metadata":{"name":"a"},"kind":"Node"}"#, pods), "node a 39");
    assert_eq!(kind_of(r#"{"metadata":{"name":"a"},"kind":"Lamp","apiVersion":"x/v1"}"#, pods), "Ignored");
    assert_eq!(kind_of(r#"{"metadata":{"name":"a"},"spec":{}}"#, Some(("v1", "NodeList"))), "node a 35");
}

/// serde's own structs take a list as their fields in order; no API server does.
#[test]
fn no_list_stands_for_the_fields_of_an_object() {
    for kind in Kind::all().filter(|kind| *kind != Kind::DoctorSnapshot) {
        let api = if kind.group().is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group()) };
        let kind = kind.as_str();
        let text = format!(r#"{{"apiVersion":"{api}","kind":"{kind}","metadata":["a","b"]}}"#);
        let read = read_object(text.as_bytes(), None).expect("it is JSON");
        assert!(matches!(read.object, Object::Bad(_)), "{text} is read as {:?}", read.object);
    }
    for text in [
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":["n1"]}"#,
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"tolerations":[["key","Exists"]]}}"#,
        r#"{"metadata":{"name":"p"},"spec":{"containers":[["c"]]},"kind":"Pod","apiVersion":"v1"}"#,
        r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"spec":{"taints":[["k","v","NoSchedule"]]}}"#,
    ] {
        let read = read_object(text.as_bytes(), None).expect("it is JSON");
        assert!(matches!(read.object, Object::Bad(_)), "{text} is read as {:?}", read.object);
    }
}

#[test]
fn an_object_is_read_alike_both_ways() {
    let pod = |extra: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p","namespace":"n","labels":{{"a":"b"}},"managedFields":[{{"fieldsV1":{{"f:x":{{}}}}}}],"ownerReferences":[{{"kind":"ReplicaSet","uid":"u","controller":true}}],"resourceVersion":"7"}},"spec":{{"nodeName":"x","tolerations":[{{"operator":"Exists"}}],"containers":[{{"name":"c","resources":{{"requests":{{"cpu":"100m","memory":"1.5Gi"}}}},"ports":[{{"hostPort":80}}]}}]{extra}}},"status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"True","message":"a \"word\""}}],"startTime":"2026-01-01T00:00:00Z"}}}}"#
        )
    };
    for text in [
        pod(""),
        pod(r#","priority":-5,"priority2":1.5"#),
        pod(r#","nodeName":"y""#),
        pod(r#","priority":1.5"#),
        pod(r#","containers":null"#),
        pod(r#","overhead":{"cpu":1}"#),
        r#"{"kind":"Node","apiVersion":"v1","metadata":null}"#.to_owned(),
        r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"n"},"status":{"allocatable":{"cpu":"x"}}}"#.to_owned(),
    ] {
        let quick = read_object(text.as_bytes(), None).map(|read| format!("{read:?}")).map_err(|e| e.to_string());
        let patient = read_patiently(text.as_bytes(), None).map(|read| format!("{read:?}"));
        assert_eq!(quick, patient.map_err(|e| e.to_string()), "{text}");
    }
    assert!(Reader::new(pod("").as_bytes()).deserialize_map(ObjectReader { list: None, is_patient: false }).is_ok());
}

#[test]
fn a_value_of_a_wrong_type_is_not_repeated() {
    let text = r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": "hush, expected"}"#;
    let Ok(Read { object: Object::Bad(error), .. }) = read_object(text.as_bytes(), None) else { panic!("it is read") };
    assert!(error.error.starts_with("invalid type: string, expected ") && !error.error.contains("hush"), "{error:?}");
    assert_eq!(
        without_value("invalid type: integer `473921`, expected a map at line 1"),
        "invalid type: integer, expected a map at line 1"
    );
    assert_eq!(without_value("expected value at line 1 column 2"), "expected value at line 1 column 2");
}
