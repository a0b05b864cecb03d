//! Words what a pod waits for that another DaemonSet sets up.

use crate::findings::cause::MissingHostPath;
use crate::findings::waits_for::{Need, ProviderState, WaitsFor};
use crate::report::{Note, NoteKind};

/// Names the other DaemonSet and its state on the node; `why` says what is wrong with its pod.
pub(crate) fn waits_for(waits: &WaitsFor, why: Option<&str>) -> Note {
    let WaitsFor { need, daemon_set, pod, node, state } = waits;
    if *state == ProviderState::Own {
        let needed = match need {
            Need::File(path) => {
                format!("the network plugin needs {path}, which likely only this DaemonSet's own pod creates")
            }
            _ => "the pod needs the pod network, which this DaemonSet itself sets up".to_owned(),
        };
        return Note::new(NoteKind::Cause, format!("deadlock: {needed}, and the pod cannot start without it"));
    }
    let does = match need {
        Need::RuntimeHandler(name) => format!("likely sets up runtime handler \"{name}\""),
        Need::CsiDriver(name) => format!("likely runs CSI driver {name}"),
        Need::Device(resource) => format!("likely runs the device plugin of {resource}"),
        Need::Network => "is the network plugin, by its name".to_owned(),
        Need::File(path) => format!("likely creates {path}"),
    };
    let how = match (why, pod) {
        (Some(why), Some(pod)) => format!("its pod {pod} on {node} is not ready: {why}"),
        (_, Some(pod)) => format!("its pod {pod} on {node} is not ready"),
        (_, None) => format!("it has no pod on {node}"),
    };
    Note::new(NoteKind::Cause, format!("{daemon_set} {does}; {how}"))
}

/// Says what makes the kubelet create the path.
pub(crate) fn missing_host_path(missing: &MissingHostPath) -> Note {
    let MissingHostPath { volume, path } = missing;
    Note::new(
        NoteKind::Cause,
        format!(
            "hostPath volume {volume} ({path}) has no type, so that nothing creates the path: type DirectoryOrCreate makes \
             the kubelet create a directory"
        ),
    )
}
