//! What keeps an admitted pod from starting, in words.

use crate::explain::units::count;
use crate::explain::words::Words;
use crate::manifest::broken_image_rule;
use crate::model::Symbol;
use crate::rules::{HandlerFeature, ObjectUser, StartObstacle};

/// Words why a pod in the namespace cannot start.
pub(super) fn words(failure: &StartObstacle, namespace: Symbol) -> Words {
    match failure {
        StartObstacle::ObjectMissing { kind, name, user } => {
            object(&format!("{kind} {name} does not exist in namespace {namespace}"), *user)
        }
        StartObstacle::KeyMissing { kind, name, key, user } => {
            object(&format!("{kind} {name} has no key {key}"), *user)
        }
        StartObstacle::DriverNotRegistered { driver, volume } => Words::new(format!(
            "CSI driver {driver} is not registered on the node (CSINode): volume {volume} cannot be mounted"
        )),
        StartObstacle::HandlerMissing { class, handler } => Words::new(format!(
            "the container runtime of the node has no handler {handler} (RuntimeClass {class}): the pod sandbox cannot be \
             created"
        )),
        StartObstacle::HandlerLacks { handler, feature } => {
            let name = match handler.as_str() {
                "" => "the default handler of the container runtime".to_owned(),
                name => format!("handler {name} of the container runtime"),
            };
            let what = match feature {
                HandlerFeature::UserNamespaces => "user namespaces",
                HandlerFeature::RecursiveReadOnlyMounts => "recursive read-only mounts",
            };
            Words::new(format!("{name} does not support {what} on the node ({})", feature.field()))
        }
        StartObstacle::ImageName { container, image } => {
            let why = broken_image_rule(image.as_str()).map_or_else(String::new, |rule| format!(": {rule}"));
            Words::new(format!("the image name {:?} of container {container} is invalid{why}", image.as_str()))
        }
        StartObstacle::AttachedOnce { claim, volume, driver, attached_to, pods, candidates } => {
            let at = attached_to.map_or_else(String::new, |node| format!("; the volume is attached to {node}"));
            Words::new(format!(
                "claim {claim} is ReadWriteOnce, and {driver} attaches volume {volume} to one node at a time: {pods} of {} \
                 can start (Multi-Attach){at}",
                count(*candidates as usize, "pod"),
            ))
            .note("use a ReadWriteMany volume, or an ephemeral volume for each pod")
        }
    }
}

fn object(missing: &str, user: ObjectUser) -> Words {
    match user {
        ObjectUser::Volume(volume) => Words::new(format!("{missing}: volume {volume} cannot be mounted")),
        ObjectUser::Environment(container) => Words::new(format!("{missing}: container {container} cannot be created")),
        ObjectUser::ImagePull => {
            Words::new(format!("{missing} (imagePullSecrets): the kubelet pulls images without it"))
                .note("an image that requires no credentials is pulled all the same")
        }
    }
}
