//! Makes the evidence of what keeps an admitted pod from starting.

use crate::findings::evidence::{
    AttachedOnce, Contention, Evidence, InvalidImage, MissingHandler, MissingObject, UnableHandler, UnregisteredDriver,
};
use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::rules::{ObjectUser, StartObstacle};

pub(super) fn of(failure: &StartObstacle) -> Evidence {
    match *failure {
        StartObstacle::ObjectMissing { kind, name, user } => object(kind, name, None, user),
        StartObstacle::KeyMissing { kind, name, key, user } => object(kind, name, Some(key), user),
        StartObstacle::DriverNotRegistered { driver, volume } => UnregisteredDriver { driver, volume }.into(),
        StartObstacle::HandlerMissing { class, handler } => MissingHandler { runtime_class: class, handler }.into(),
        StartObstacle::HandlerLacks { handler, feature } => UnableHandler { handler, field: feature.field() }.into(),
        StartObstacle::ImageName { container, image } => InvalidImage { container, image }.into(),
        StartObstacle::AttachedOnce { claim, volume, driver, attached_to, pods, candidates } => {
            let contention = Contention { min_pods: pods, max_pods: pods, candidates };
            AttachedOnce { claim, volume, driver, attached_to, contention }.into()
        }
    }
}

fn object(kind: Kind, name: Symbol, key: Option<Symbol>, user: ObjectUser) -> Evidence {
    let (volume, container, field) = match user {
        ObjectUser::Volume(volume) => (Some(volume), None, None),
        ObjectUser::Environment(container) => (None, Some(container), None),
        ObjectUser::ImagePull => (None, None, Some("imagePullSecrets")),
    };
    MissingObject { kind: kind.as_str(), name, key, volume, container, field }.into()
}
