//! A toleration that nearly tolerates a taint.

use crate::findings::near_miss::label::{MAX_COMPARED, is_near, is_renamed};
use crate::model::taint::TolerationOperator;
use crate::model::{Taint, Toleration};

/// What a toleration that is meant for a taint lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mismatch {
    /// It is for another effect.
    Effect,
    /// It names another value.
    Value,
    /// Its key differs by case or spelling.
    Key,
    /// Its key is one that Kubernetes retired, or its successor.
    OldKey,
    /// Its key lacks the domain, or has one too many.
    Domain,
    /// Its operator tolerates nothing (`Gt` and `Lt` are off by default).
    Operator,
}

/// The toleration that comes nearest to a taint which none tolerates, with what it lacks.
pub fn toleration(tolerations: &[Toleration], taint: &Taint) -> Option<(Toleration, Mismatch)> {
    let lacks = |t: &Toleration| {
        let key = t.key?;
        let effect = t.effect.is_none_or(|e| e == Ok(taint.effect));
        let value = t.operator == TolerationOperator::Exists || t.value == taint.value;
        if key != taint.key {
            let (key, there) = (key.as_str(), taint.key.as_str());
            let name = |key: &'static str| key.rsplit_once('/').map_or(key, |(_, name)| name);
            let mismatch = match () {
                () if is_near(key, there) => Mismatch::Key,
                () if is_renamed(key, there) => Mismatch::OldKey,
                () if name(key) == name(there) && key.contains('/') != there.contains('/') => Mismatch::Domain,
                () => return None,
            };
            return (effect && value).then_some(mismatch);
        }
        match (t.operator, value, effect) {
            (TolerationOperator::Other(_), ..) => Some(Mismatch::Operator),
            (_, true, false) => Some(Mismatch::Effect),
            (_, false, true) => Some(Mismatch::Value),
            _ => None,
        }
    };
    tolerations.iter().take(MAX_COMPARED).find_map(|t| Some((*t, lacks(t)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Effect;

    #[test]
    fn tolerations_that_nearly_tolerate() {
        let taint = Taint { key: "dedicated".into(), value: "ml".into(), effect: Effect::NoSchedule };
        let toleration_of = |key: &str, value: &str, effect| Toleration {
            key: Some(key.into()),
            operator: TolerationOperator::Equal,
            operator_omitted: false,
            value: value.into(),
            effect,
            seconds: None,
        };
        for (near, lacks) in [
            (toleration_of("dedicated", "ml", Some(Ok(Effect::NoExecute))), Some(Mismatch::Effect)),
            (toleration_of("dedicated", "gpu", None), Some(Mismatch::Value)),
            (toleration_of("Dedicated", "ml", None), Some(Mismatch::Key)),
            (toleration_of("dedicated", "gpu", Some(Ok(Effect::NoExecute))), None),
            (toleration_of("other", "ml", None), None),
            (toleration_of("example.com/dedicated", "ml", None), Some(Mismatch::Domain)),
            (toleration_of("example.com/dedicated", "gpu", None), None),
        ] {
            assert_eq!(toleration(&[near], &taint).map(|(_, l)| l), lacks, "{near}");
        }
    }
}
