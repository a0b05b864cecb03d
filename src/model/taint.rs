//! Taints of nodes and the tolerations of pods.

use std::collections::HashSet;
use std::fmt;

use crate::model::Symbol;

/// What a taint does to pods that do not tolerate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// No new pod is put there.
    NoSchedule,
    /// Others are preferred. Decides nothing.
    PreferNoSchedule,
    /// No new pod is put there and running ones are evicted.
    NoExecute,
}

impl Effect {
    /// Reads the effect's name; `None` for one that Kubernetes does not know.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "NoSchedule" => Effect::NoSchedule,
            "PreferNoSchedule" => Effect::PreferNoSchedule,
            "NoExecute" => Effect::NoExecute,
            _ => return None,
        })
    }

    /// The effect's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::NoSchedule => "NoSchedule",
            Effect::PreferNoSchedule => "PreferNoSchedule",
            Effect::NoExecute => "NoExecute",
        }
    }
}

/// One taint of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Taint {
    /// The key.
    pub key: Symbol,
    /// The value, empty where none was given.
    pub value: Symbol,
    /// What it does.
    pub effect: Effect,
}

impl fmt::Display for Taint {
    /// As `kubectl describe node` writes it: `key=value:Effect`, or `key:Effect` without a value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.as_str() {
            "" => write!(f, "{}:{}", self.key, self.effect.as_str()),
            value => write!(f, "{}={value}:{}", self.key, self.effect.as_str()),
        }
    }
}

/// How a toleration compares values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TolerationOperator {
    /// The values are equal (also the meaning of no operator).
    Equal,
    /// Any value.
    Exists,
    /// `Gt` and `Lt`, behind the alpha gate TaintTolerationComparisonOperators, and operators unknown: they
    /// tolerate nothing while the gate is off.
    Other(Symbol),
}

/// One toleration of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Toleration {
    /// The key; `None` stands for every key.
    pub key: Option<Symbol>,
    /// How values are compared.
    pub operator: TolerationOperator,
    /// Whether the operator was left out, which matters where the controller merges its own tolerations.
    pub operator_omitted: bool,
    /// The value, empty where none was given.
    pub value: Symbol,
    /// The effect; `None` stands for every effect, `Some(Err)` for one that no taint has.
    pub effect: Option<Result<Effect, Symbol>>,
    /// For how long a `NoExecute` taint is borne; placement does not look at it.
    pub seconds: Option<i64>,
}

impl Toleration {
    /// Whether it tolerates the taint, by `api/core/v1/toleration.go` v1.36 with the comparison gate off.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == Ok(taint.effect))
            && self.key.is_none_or(|key| key == taint.key)
            && match self.operator {
                TolerationOperator::Equal => self.value == taint.value,
                TolerationOperator::Exists => true,
                TolerationOperator::Other(_) => false,
            }
    }

    /// `key` with operator `Exists` for one effect, as the DaemonSet controller adds.
    pub fn exists(key: &str, effect: Effect) -> Self {
        Toleration {
            key: Some(Symbol::new(key)),
            operator: TolerationOperator::Exists,
            operator_omitted: false,
            value: Symbol::new(""),
            effect: Some(Ok(effect)),
            seconds: None,
        }
    }
}

impl fmt::Display for Toleration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key, self.operator) {
            (None, TolerationOperator::Exists) => f.write_str("every taint")?,
            (None, _) => write!(f, "={}", self.value)?,
            (Some(key), TolerationOperator::Exists) => write!(f, "{key}")?,
            (Some(key), TolerationOperator::Equal) => write!(f, "{key}={}", self.value)?,
            (Some(key), TolerationOperator::Other(operator)) => write!(f, "{key} {operator} {}", self.value)?,
        }
        match self.effect {
            Some(Ok(effect)) => write!(f, ":{}", effect.as_str()),
            Some(Err(effect)) => write!(f, ":{effect}"),
            None => Ok(()),
        }
    }
}

/// Whether any of the tolerations tolerates the taint.
pub fn is_tolerated(taint: &Taint, tolerations: &[Toleration]) -> bool {
    tolerations.iter().any(|toleration| toleration.tolerates(taint))
}

/// The taints that keep new pods away and that none of the tolerations tolerates, in the node's order.
pub fn untolerated<'a>(taints: &'a [Taint], tolerations: &'a [Toleration]) -> impl Iterator<Item = &'a Taint> {
    /// Of fewer taints and tolerations all are compared with all.
    const FEW: usize = 16;
    let index = (taints.len().min(tolerations.len()) > FEW).then(|| Tolerated::by(tolerations));
    let is_borne = move |taint: &Taint| match &index {
        Some(index) => index.bears(taint),
        None => is_tolerated(taint, tolerations),
    };
    taints.iter().filter(move |taint| taint.effect != Effect::PreferNoSchedule && !is_borne(taint))
}

/// What many tolerations tolerate: by key, value and effect, each `None` where any will do.
struct Tolerated(HashSet<(Option<Symbol>, Option<Symbol>, Option<Effect>)>);

impl Tolerated {
    fn by(tolerations: &[Toleration]) -> Self {
        let pattern = |toleration: &Toleration| {
            let value = match toleration.operator {
                TolerationOperator::Equal => Some(toleration.value),
                TolerationOperator::Exists => None,
                TolerationOperator::Other(_) => return None,
            };
            Some((toleration.key, value, toleration.effect.transpose().ok()?))
        };
        Tolerated(tolerations.iter().filter_map(pattern).collect())
    }

    fn bears(&self, taint: &Taint) -> bool {
        let keys = [None, Some(taint.key)];
        keys.into_iter().any(|key| {
            [None, Some(taint.value)].into_iter().any(|value| {
                [None, Some(taint.effect)].into_iter().any(|effect| self.0.contains(&(key, value, effect)))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toleration(key: &str, operator: &str, value: &str, effect: &str) -> Toleration {
        Toleration {
            key: (!key.is_empty()).then(|| Symbol::new(key)),
            operator: match operator {
                "" | "Equal" => TolerationOperator::Equal,
                "Exists" => TolerationOperator::Exists,
                other => TolerationOperator::Other(Symbol::new(other)),
            },
            operator_omitted: operator.is_empty(),
            value: Symbol::new(value),
            effect: (!effect.is_empty()).then(|| Effect::parse(effect).ok_or_else(|| Symbol::new(effect))),
            seconds: None,
        }
    }

    #[test]
    fn tolerations_against_taints() {
        let taint = Taint { key: "dedicated".into(), value: "ml".into(), effect: Effect::NoSchedule };
        for (key, operator, value, effect, expected) in [
            ("dedicated", "Equal", "ml", "NoSchedule", true),
            ("dedicated", "", "ml", "NoSchedule", true),
            ("dedicated", "", "ml", "", true),
            ("dedicated", "Exists", "", "", true),
            ("", "Exists", "", "", true),
            ("", "Exists", "", "NoSchedule", true),
            ("", "Exists", "", "NoExecute", false),
            ("dedicated", "Equal", "ML", "NoSchedule", false),
            ("Dedicated", "Exists", "", "", false),
            ("dedicated", "Exists", "", "NoExecute", false),
            ("dedicated", "Gt", "3", "NoSchedule", false),
            ("dedicated", "Exists", "", "Noschedule", false),
        ] {
            let toleration = toleration(key, operator, value, effect);
            assert_eq!(toleration.tolerates(&taint), expected, "{toleration}");
        }
    }

    #[test]
    fn preferred_taints_keep_nothing_away() {
        let taints = [
            Taint { key: "a".into(), value: "".into(), effect: Effect::PreferNoSchedule },
            Taint { key: "b".into(), value: "".into(), effect: Effect::NoExecute },
        ];
        assert_eq!(untolerated(&taints, &[]).map(|t| t.key).collect::<Vec<_>>(), [Symbol::new("b")]);
    }

    #[test]
    fn many_tolerations_tolerate_what_each_does() {
        let (mut taints, mut tolerations) = (Vec::new(), Vec::new());
        let effects = ["NoSchedule", "NoExecute", "PreferNoSchedule"];
        for (n, effect) in (0..60).map(|n| (n, effects[n % 3])) {
            let effect = Effect::parse(effect).unwrap();
            taints.push(Taint {
                key: Symbol::new(&format!("k{}", n % 20)),
                value: Symbol::new(&format!("v{}", n % 7)),
                effect,
            });
        }
        for n in 0..40 {
            let operator = ["Equal", "Exists", "Gt", ""][n % 4];
            let effect = ["", "NoSchedule", "NoExecute", "Odd"][n / 4 % 4];
            tolerations.push(toleration(&format!("k{}", n % 23), operator, &format!("v{}", n % 5), effect));
            let one_by_one: Vec<&Taint> = taints
                .iter()
                .filter(|taint| taint.effect != Effect::PreferNoSchedule && !is_tolerated(taint, &tolerations))
                .collect();
            assert_eq!(untolerated(&taints, &tolerations).collect::<Vec<_>>(), one_by_one, "{n}");
        }
    }
}
