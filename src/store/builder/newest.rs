//! Objects by name, each once.

/// Sorts objects by name and keeps of each name the one with the newest resource version; the names that different objects
/// had are given back. Copies of one object were created at the same time: bundles hold it in more than one file.
pub(super) fn newest<T>(
    objects: Vec<T>,
    versions: &[u64],
    name: impl for<'a> Fn(&'a T) -> (&'a str, &'a str),
    created: impl Fn(&T) -> Option<i64>,
) -> (Vec<T>, Vec<String>) {
    // What an API server gives stands in this order already.
    if objects.is_sorted_by(|a, b| name(a) < name(b)) {
        return (objects, Vec::new());
    }
    let mut order: Vec<u32> = (0..objects.len() as u32).collect();
    order.sort_by(|a, b| {
        let key = |i: &u32| name(&objects[*i as usize]);
        key(a).cmp(&key(b)).then(versions[*b as usize].cmp(&versions[*a as usize])).then(b.cmp(a))
    });
    let (mut twice, mut is_twice) = (Vec::new(), false);
    let mut keep: Vec<u32> = Vec::with_capacity(order.len());
    for index in order {
        match keep.last() {
            Some(last) if name(&objects[*last as usize]) == name(&objects[index as usize]) => {
                is_twice = true;
                let at = created(&objects[index as usize]);
                if at.is_some() && at == created(&objects[*last as usize]) {
                    continue;
                }
                let (first, second) = name(&objects[index as usize]);
                twice.push(if second.is_empty() { first.to_owned() } else { format!("{first}/{second}") });
            }
            _ => keep.push(index),
        }
    }
    twice.dedup();
    if !is_twice {
        // There may be many, and room for them twice would be the most that is ever held.
        let mut objects = objects;
        for place in 0..keep.len() {
            // What stood there first may have been moved on already, to where its own place was filled from.
            let mut from = keep[place] as usize;
            while from < place {
                from = keep[from] as usize;
            }
            objects.swap(place, from);
        }
        return (objects, twice);
    }
    let mut min_pods: Vec<Option<T>> = objects.into_iter().map(Some).collect();
    (keep.into_iter().filter_map(|i| min_pods[i as usize].take()).collect(), twice)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::store::builder::newest::newest;

    proptest! {
        /// In whatever order they come, and however often: the newest of each name, by name.
        #[test]
        fn the_newest_of_each_name_stands_in_order(objects in prop::collection::vec((0u8..40, 0u64..5), 0..60)) {
            let named: Vec<(String, u64)> = objects.iter().map(|(name, version)| (format!("{name:02}"), *version)).collect();
            let versions: Vec<u64> = named.iter().map(|(_, version)| *version).collect();
            let mut expected = std::collections::BTreeMap::new();
            for (name, version) in &named {
                let newest = expected.entry(name.clone()).or_insert(*version);
                *newest = (*newest).max(*version);
            }
            let more = named.len() > expected.len();
            let (found, twice) = newest(named, &versions, |object| (object.0.as_str(), ""), |_| None);
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(!twice.is_empty(), more);
        }
    }

    #[test]
    fn copies_of_one_object_are_no_news() {
        let objects = vec![("a", Some(5)), ("a", Some(5)), ("b", Some(5)), ("b", Some(6)), ("c", None), ("c", None)];
        let (found, twice) = newest(objects, &[1, 2, 1, 2, 1, 2], |(name, _)| (name, ""), |(_, created)| *created);
        assert_eq!(found, [("a", Some(5)), ("b", Some(6)), ("c", None)]);
        assert_eq!(twice, ["b", "c"]);
    }
}
