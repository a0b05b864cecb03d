//! Where a field exists whose name stands in the wrong place.

use crate::manifest::fields::{DOCUMENT, Object, Shape, snake};

/// Where a field of this name stands in a document, the nearest to the root first.
pub(super) fn place_of(root: &'static Object, key: &str) -> Option<String> {
    let spec = root.name == DOCUMENT.name;
    let wanted = snake(key);
    let mut level: Vec<(String, &'static Object)> = vec![(String::new(), root)];
    let mut seen: Vec<*const Object> = Vec::new();
    while !level.is_empty() {
        let mut next = Vec::new();
        for (path, object) in level {
            if seen.contains(&std::ptr::from_ref(object)) {
                continue;
            }
            seen.push(object);
            for field in object.all() {
                let name = if spec { field.snake().into_owned() } else { field.name.to_owned() };
                let here = if path.is_empty() { name } else { format!("{path}.{name}") };
                if field.snake() == wanted {
                    return Some(here);
                }
                inner(&field.shape, &here, &mut next);
            }
        }
        level = next;
    }
    None
}

fn inner(shape: &Shape, path: &str, out: &mut Vec<(String, &'static Object)>) {
    match shape {
        Shape::Object(object) => out.push((path.to_owned(), object)),
        Shape::List(item) => inner(item, &format!("{path}[]"), out),
        Shape::Map(_, item) => inner(item, &format!("{path}.*"), out),
        Shape::Either(shapes) => shapes.iter().for_each(|s| inner(s, path, out)),
        _ => {}
    }
}
