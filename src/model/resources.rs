//! Resources: what containers ask for, what nodes have, and how the two are compared.

use crate::model::Symbol;
use crate::model::quantity::Quantity;

/// Amounts by resource name, exactly as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ResourceList(Vec<(Symbol, Quantity)>);

impl ResourceList {
    /// The amount of one resource, if the list names it.
    pub fn get(&self, name: Symbol) -> Option<Quantity> {
        self.place(name).ok().map(|place| self.0[place].1)
    }

    /// Sets the amount of one resource.
    pub fn set(&mut self, name: Symbol, amount: Quantity) {
        match self.place(name) {
            Ok(place) => self.0[place].1 = amount,
            Err(place) => self.0.insert(place, (name, amount)),
        }
    }

    /// Where a resource stands, or would: the list is in the order of symbols.
    fn place(&self, name: Symbol) -> Result<usize, usize> {
        self.0.binary_search_by_key(&name.id(), |(n, _)| n.id())
    }

    /// Sets the amount where the list does not name the resource yet.
    pub fn set_default(&mut self, name: Symbol, amount: Quantity) {
        if self.get(name).is_none() {
            self.set(name, amount);
        }
    }

    /// Adds every amount of another list.
    pub fn add(&mut self, other: &ResourceList) {
        for (name, amount) in other.iter() {
            self.set(name, self.get(name).unwrap_or_default() + amount);
        }
    }

    /// Raises every amount to that of another list where that is larger.
    pub fn raise(&mut self, other: &ResourceList) {
        for (name, amount) in other.iter() {
            if self.get(name).is_none_or(|own| own < amount) {
                self.set(name, amount);
            }
        }
    }

    /// All amounts, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, Quantity)> + '_ {
        self.0.iter().copied()
    }

    /// Whether no resource is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The list as the API server stores it: every amount rounded up to thousandths.
    #[must_use]
    pub fn rounded(mut self) -> Self {
        for (_, amount) in &mut self.0 {
            *amount = amount.round_up_to_milli();
        }
        self
    }
}

impl FromIterator<(Symbol, Quantity)> for ResourceList {
    fn from_iter<I: IntoIterator<Item = (Symbol, Quantity)>>(amounts: I) -> Self {
        let mut list: Vec<_> = amounts.into_iter().collect();
        list.sort_by_key(|(n, _)| n.id());
        list.dedup_by_key(|(n, _)| *n);
        ResourceList(list)
    }
}

/// Amounts in the units that the scheduler compares: cpu in millicores, everything else in whole units (bytes for
/// memory and storage), each rounded up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Resources {
    /// Millicores.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// Pods; only nodes have this.
    pub pods: i64,
    /// Extended resources, huge pages and other scalar resources, in the order of symbols.
    pub scalar: Vec<(Symbol, i64)>,
}

impl Resources {
    /// Rounds a list of exact amounts. Names that the scheduler ignores are left out.
    pub fn of(list: &ResourceList) -> Self {
        let mut resources = Resources::default();
        for (name, amount) in list.iter() {
            match name.as_str() {
                "cpu" => resources.milli_cpu = amount.milli_value(),
                "memory" => resources.memory = amount.value(),
                "ephemeral-storage" => resources.ephemeral_storage = amount.value(),
                "pods" => resources.pods = amount.value(),
                other if is_scalar_resource(other) => resources.scalar.push((name, amount.value())),
                _ => {}
            }
        }
        resources
    }

    /// The amount of a resource by its name, 0 where it is not named.
    pub fn amount(&self, name: Symbol) -> i64 {
        match name.as_str() {
            "cpu" => self.milli_cpu,
            "memory" => self.memory,
            "ephemeral-storage" => self.ephemeral_storage,
            "pods" => self.pods,
            _ => self.scalar(name),
        }
    }

    /// Whether every amount is at least that of another; the number of pods is not compared.
    pub fn covers(&self, other: &Resources) -> bool {
        self.milli_cpu >= other.milli_cpu
            && self.memory >= other.memory
            && self.ephemeral_storage >= other.ephemeral_storage
            && other.scalar.iter().all(|(name, amount)| self.scalar(*name) >= *amount)
    }

    /// The resources of which something is asked.
    pub fn names(&self) -> impl Iterator<Item = Symbol> + '_ {
        let plain = [("cpu", self.milli_cpu), ("memory", self.memory), ("ephemeral-storage", self.ephemeral_storage)];
        let plain = plain.into_iter().filter(|(_, amount)| *amount != 0).map(|(name, _)| Symbol::new(name));
        plain.chain(self.scalar.iter().filter(|(_, amount)| *amount != 0).map(|(name, _)| *name))
    }

    /// Whether a scalar resource is named, if with nothing.
    pub fn names_scalar(&self, name: Symbol) -> bool {
        self.scalar.binary_search_by_key(&name.id(), |(n, _)| n.id()).is_ok()
    }

    /// The amount of a scalar resource, 0 where it is not named.
    pub fn scalar(&self, name: Symbol) -> i64 {
        let place = self.scalar.binary_search_by_key(&name.id(), |(n, _)| n.id());
        place.map_or(0, |place| self.scalar[place].1)
    }

    /// The scalar resources by name, for whoever tells of them: symbols are in the order in which they were met.
    pub fn scalar_by_name(&self) -> Vec<(Symbol, i64)> {
        let mut scalar = self.scalar.clone();
        scalar.sort_unstable_by_key(|(name, _)| name.as_str());
        scalar
    }

    /// Adds the amounts of another.
    pub fn add(&mut self, other: &Resources) {
        self.combine(other, i64::saturating_add);
    }

    /// Takes the amounts of another away.
    pub fn subtract(&mut self, other: &Resources) {
        self.combine(other, i64::saturating_sub);
    }

    fn combine(&mut self, other: &Resources, with: fn(i64, i64) -> i64) {
        self.milli_cpu = with(self.milli_cpu, other.milli_cpu);
        self.memory = with(self.memory, other.memory);
        self.ephemeral_storage = with(self.ephemeral_storage, other.ephemeral_storage);
        self.pods = with(self.pods, other.pods);
        for (name, amount) in &other.scalar {
            match self.scalar.binary_search_by_key(&name.id(), |(n, _)| n.id()) {
                Ok(place) => self.scalar[place].1 = with(self.scalar[place].1, *amount),
                Err(place) => self.scalar.insert(place, (*name, with(0, *amount))),
            }
        }
    }
}

/// Whether the scheduler counts the resource as a scalar: extended, huge pages, prefixed native (`kubernetes.io/`)
/// or attachable volumes (`pkg/apis/core/v1/helper` v1.36, `IsScalarResourceName`).
pub fn is_scalar_resource(name: &str) -> bool {
    is_extended_resource(name)
        || name.starts_with("hugepages-")
        || name.contains("kubernetes.io/")
        || name.starts_with("attachable-volumes-")
}

/// Whether the resource is an extended one, such as `nvidia.com/gpu`: a qualified name outside `kubernetes.io/`.
pub fn is_extended_resource(name: &str) -> bool {
    name.contains('/')
        && !name.contains("kubernetes.io/")
        && !name.starts_with("requests.")
        && crate::model::labels::is_label_key(&format!("requests.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_the_scheduler_counts() {
        for (name, scalar, extended) in [
            ("cpu", false, false),
            ("nvidia.com/gpu", true, true),
            ("hugepages-2Mi", true, false),
            ("kubernetes.io/thing", true, false),
            ("x.kubernetes.io/thing", true, false),
            ("attachable-volumes-csi-x", true, false),
            ("requests.nvidia.com/gpu", false, false),
            ("storage", false, false),
            ("gpu", false, false),
        ] {
            assert_eq!((is_scalar_resource(name), is_extended_resource(name)), (scalar, extended), "{name}");
        }
    }

    #[test]
    fn lists_add_and_raise() {
        let list = |cpu: &str| ResourceList::from_iter([("cpu".into(), Quantity::parse(cpu).unwrap())]);
        let mut sum = list("100m");
        sum.add(&list("0.5"));
        sum.raise(&list("300m"));
        sum.raise(&[("memory".into(), Quantity::units(7))].into_iter().collect());
        assert_eq!(Resources::of(&sum), Resources { milli_cpu: 600, memory: 7, ..Default::default() });
    }
}
