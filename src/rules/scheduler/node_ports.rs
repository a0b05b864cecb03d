//! NodePorts: a host port can be held by one pod of a node.
//!
//! `pkg/scheduler/framework/plugins/nodeports` and `HostPortInfo.CheckConflict` in `kube-scheduler/framework`
//! v1.36: same protocol and port, and either address is `0.0.0.0` or both are the same text. `::` is no wildcard.
//! Two ports of the incoming pod are not compared with each other.

use std::collections::HashMap;

use crate::model::Symbol;
use crate::model::pod::Port;
use crate::rules::verdict::Rejection;
use crate::rules::view::{NodeState, View};
use crate::store::{PodIndex, host_ports};

/// Of fewer ports an index is not worth its making.
const MANY: usize = 8;

/// Finds every port asked for that a pod of the node holds.
pub fn filter(ports: &[Port], state: &NodeState<'_>, found: &mut Vec<Rejection>) {
    let view = state.view();
    let there = view.cluster.ports_on(state.index);
    let nominated: Vec<(Port, PodIndex)> = state.extra().iter().flat_map(|index| ports_of(view, *index)).collect();
    let held = || there.iter().filter(|(_, pod)| !state.hidden().contains(pod)).chain(&nominated);
    let mut by_number: HashMap<u16, Vec<&(Port, PodIndex)>> = HashMap::new();
    if ports.len() > MANY {
        held().for_each(|held| by_number.entry(held.0.host_port).or_default().push(held));
    }
    for port in ports {
        let taken = match ports.len() > MANY {
            true => {
                by_number.get(&port.host_port).into_iter().flatten().copied().find(|(taken, _)| conflict(port, taken))
            }
            false => held().find(|(taken, _)| conflict(port, taken)),
        };
        found.extend(taken.map(|(held, holder)| Rejection::PortTaken { port: *port, held: *held, holder: *holder }));
    }
}

fn ports_of<'v>(view: &'v View<'_>, pod: PodIndex) -> impl Iterator<Item = (Port, PodIndex)> + 'v {
    host_ports(&view.cluster.pod(pod).shape.spec, view.version).map(move |port| (port, pod))
}

/// Whether two host ports exclude each other.
pub fn conflict(a: &Port, b: &Port) -> bool {
    let any = |ip: Symbol| ip == *"0.0.0.0";
    a.host_port == b.host_port
        && a.protocol == b.protocol
        && (a.host_ip == b.host_ip || any(a.host_ip) || any(b.host_ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_ports_exclude_each_other() {
        let port = |ip: &str, protocol: &str, host_port| Port {
            container_port: 1,
            host_port,
            protocol: protocol.into(),
            host_ip: ip.into(),
            host_ip_given: true,
        };
        for (a, b, expected) in [
            (("0.0.0.0", "TCP", 80), ("0.0.0.0", "TCP", 80), true),
            (("0.0.0.0", "TCP", 80), ("127.0.0.1", "TCP", 80), true),
            (("127.0.0.1", "TCP", 80), ("127.0.0.1", "TCP", 80), true),
            (("127.0.0.1", "TCP", 80), ("127.0.0.2", "TCP", 80), false),
            (("::", "TCP", 80), ("127.0.0.1", "TCP", 80), false),
            (("::", "TCP", 80), ("0.0.0.0", "TCP", 80), true),
            (("0.0.0.0", "TCP", 80), ("0.0.0.0", "UDP", 80), false),
            (("0.0.0.0", "TCP", 80), ("0.0.0.0", "TCP", 81), false),
        ] {
            assert_eq!(conflict(&port(a.0, a.1, a.2), &port(b.0, b.1, b.2)), expected, "{a:?} {b:?}");
            assert_eq!(conflict(&port(b.0, b.1, b.2), &port(a.0, a.1, a.2)), expected, "{b:?} {a:?}");
        }
    }
}
