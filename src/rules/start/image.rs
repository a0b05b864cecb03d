//! Names of images that no kubelet reads (`InvalidImageName`).

use crate::model::pod_fields::PodFields;
use crate::model::{Symbol, image_name};
use crate::rules::verdict::StartObstacle;

/// The containers whose image name cannot be read. A template without an image waits for somebody to fill it in.
pub(super) fn failures(fields: &PodFields) -> impl Iterator<Item = StartObstacle> {
    let containers = fields.init_containers.iter().chain(fields.containers.iter());
    let bad =
        containers.filter(|container| !container.image.is_empty() && image_name::fault(&container.image).is_some());
    bad.map(|container| StartObstacle::ImageName {
        container: Symbol::new(&container.name),
        image: Symbol::new(&container.image),
    })
}
