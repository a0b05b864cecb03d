//! SecurityContextConstraints (SCC) of OpenShift: whether one that the pod's account may use admits the pod.
//!
//! openshift/apiserver-library-go `pkg/securitycontextconstraints/sccadmission/admission.go` (`computeSecurityContext`) and
//! `sccmatching/{matcher,provider,checks}.go`, release-4.20. The first that admits the pod counts; which one it is changes
//! users and labels of the containers, and not where the pod can be. What the template leaves open the plugin fills in.
//! Namespaces of run level 0 and 1 have no SCC.

use crate::model::message::admission::SccObjection;
use crate::model::rbac::RoleKind;
use crate::model::scc::{GroupRule, SecurityContextConstraints, UserRule};
use crate::model::security::{PodSecurity, SecurityContext};
use crate::model::wire::{Kind, RBAC_KINDS};
use crate::model::{DaemonSet, Symbol, Version};
use crate::rules::admission::Admission;
use crate::rules::kubelet;
use crate::rules::rbac::{Request, allows, applies_to};
use crate::rules::verdict::CreationRefusal;
use crate::store::Cluster;

/// The API group of SCCs.
const GROUP: &str = "security.openshift.io";
/// Sysctls that every pod may set (`legacySafeSysctls`, `sysctl/mustmatchpatterns.go`).
const SAFE_SYSCTLS: [&str; 9] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];
/// The account of the DaemonSet controller, whose own SCCs count too.
const CONTROLLER: (&str, &str) = ("kube-system", "daemon-set-controller");

/// What the SCCs of a cluster say of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SccVerdict {
    /// It is no OpenShift, or the namespace has no SCC.
    DoesNotApply,
    /// One that the account may use admits the pod.
    Admitted(Symbol),
    /// None does: what those object to that the account may use, and which others would admit the pod.
    Denied {
        /// What the SCCs that may be used object to, each once.
        objections: Vec<SccObjection>,
        /// SCCs that would admit the pod and that the account may not use.
        others: Vec<Symbol>,
    },
    /// It is not certain.
    Unknown,
}

/// The users and groups that a namespace may have.
#[derive(Clone, Copy)]
struct Ranges {
    users: Option<(i64, i64)>,
    groups: Option<(i64, i64)>,
}

/// What one SCC says of a pod.
enum Fit {
    Admits,
    Objects(Vec<SccObjection>),
    Unknown,
}

/// Denies the pod where that is certain.
pub(super) fn admit(cluster: &Cluster, daemon_set: &DaemonSet, admission: &mut Admission) {
    if let SccVerdict::Denied { objections, others } = verdict(cluster, daemon_set, admission) {
        let account = account(admission);
        admission.refuse([CreationRefusal::SecurityContextConstraints { account, objections, others }]);
    }
}

/// Judges the pod by the SCCs that were read.
pub fn verdict(cluster: &Cluster, daemon_set: &DaemonSet, admission: &Admission) -> SccVerdict {
    let namespace = cluster.namespaces.get(&daemon_set.namespace);
    let run_level = namespace.and_then(|found| found.labels.get(Symbol::new("openshift.io/run-level")));
    if !cluster.platform.openshift || run_level.is_some_and(|level| matches!(level.as_str(), "0" | "1")) {
        return SccVerdict::DoesNotApply;
    }
    let mut all: Vec<&SecurityContextConstraints> = cluster.constraints.values().collect();
    if all.is_empty() || !cluster.coverage(Kind::SecurityContextConstraints).is_whole() {
        return SccVerdict::Unknown;
    }
    all.sort_by_key(|scc| scc.name.as_str());
    let users = namespace.and_then(|found| found.uid_range);
    let ranges = Ranges { users, groups: namespace.and_then(|found| found.group_range).or(users) };
    let (mut objections, mut others, mut is_certain) = (Vec::new(), Vec::new(), true);
    for scc in all {
        let fit = fit(scc, daemon_set, admission, ranges);
        match (may_use(cluster, scc, daemon_set.namespace, account(admission)), fit) {
            (Some(true), Fit::Admits) => return SccVerdict::Admitted(scc.name),
            (Some(true), Fit::Objects(found)) => objections.extend(found),
            (Some(false), Fit::Admits) => others.push(scc.name),
            (Some(false), _) | (None, Fit::Objects(_)) => {}
            (Some(true), Fit::Unknown) | (None, Fit::Admits | Fit::Unknown) => is_certain = false,
        }
    }
    objections.sort_unstable();
    objections.dedup();
    if is_certain { SccVerdict::Denied { objections, others } } else { SccVerdict::Unknown }
}

fn account(admission: &Admission) -> Symbol {
    admission.spec.service_account.unwrap_or_else(|| Symbol::new("default"))
}

/// Whether the account of the pod or the controller may use an SCC (`ConstraintAppliesTo`); `None` where bindings that may
/// grant it were not read.
fn may_use(cluster: &Cluster, scc: &SecurityContextConstraints, namespace: Symbol, account: Symbol) -> Option<bool> {
    let who = [(namespace, account), (Symbol::new(CONTROLLER.0), Symbol::new(CONTROLLER.1))];
    let is_named = who.iter().any(|(of, account)| {
        let user = format!("system:serviceaccount:{of}:{account}");
        let group = format!("system:serviceaccounts:{of}");
        let is_group = |name: &String| {
            matches!(name.as_str(), "system:authenticated" | "system:serviceaccounts") || *name == group
        };
        scc.users.contains(&user) || scc.groups.iter().any(is_group)
    });
    let is_granted = || {
        who.iter().any(|(of, account)| {
            let request = Request {
                account_namespace: *of,
                account: *account,
                verb: "use",
                group: GROUP,
                resource: "securitycontextconstraints",
                name: Some(scc.name.as_str()),
                namespace: Some(namespace),
            };
            let in_scope = cluster.bindings.values().filter(|b| b.namespace.is_none_or(|in_| in_ == namespace));
            let mut granting = in_scope.filter(|binding| applies_to(binding, &request));
            granting.any(|binding| {
                let of_role = match binding.role_kind {
                    RoleKind::Role => binding.namespace,
                    RoleKind::ClusterRole => None,
                };
                let role = cluster.roles.get(&(of_role, binding.role));
                role.is_some_and(|role| role.rules.iter().any(|rule| allows(rule, &request)))
            })
        })
    };
    if is_named || is_granted() {
        return Some(true);
    }
    RBAC_KINDS.iter().all(|kind| cluster.coverage(*kind).is_whole()).then_some(false)
}

/// What an SCC says of the pod once the plugin has filled in what the template leaves open.
fn fit(scc: &SecurityContextConstraints, daemon_set: &DaemonSet, admission: &Admission, ranges: Ranges) -> Fit {
    let security = &daemon_set.template.security;
    let mut judge = Judge { objections: Vec::new(), is_unknown: false };
    let is_on = |flag: Option<bool>| flag == Some(true);
    judge.object(!scc.host_network && is_on(security.host_network), SccObjection::HostNetwork);
    judge.object(!scc.host_pid && is_on(security.host_pid), SccObjection::HostPid);
    judge.object(!scc.host_ipc && is_on(security.host_ipc), SccObjection::HostIpc);
    judge.object(!scc.host_ports && has_host_ports(admission), SccObjection::HostPorts);
    judge.object(scc.user_namespace && security.host_users != Some(false), SccObjection::UserNamespace);
    judge.volumes(scc, security);
    let pod = security.security_context.as_ref();
    judge.pod(scc, pod, ranges.groups);
    for container in security.containers.iter().chain(security.init_containers.iter()) {
        judge.container(scc, pod, container.security_context.as_ref(), ranges.users);
    }
    // Profiles of annotations count as well, in a form of their own.
    let has_annotations = !security.seccomp_annotations.is_empty() && !scc.seccomp.iter().any(|profile| profile == "*");
    judge.is_unknown |= has_annotations;
    match (judge.objections.is_empty(), judge.is_unknown) {
        (false, _) => Fit::Objects(judge.objections),
        (true, true) => Fit::Unknown,
        (true, false) => Fit::Admits,
    }
}

fn has_host_ports(admission: &Admission) -> bool {
    let spec = &admission.spec;
    spec.containers.iter().chain(&spec.init_containers).flat_map(|c| &c.ports).any(|port| port.host_port != 0)
}

struct Judge {
    objections: Vec<SccObjection>,
    is_unknown: bool,
}

impl Judge {
    fn object(&mut self, objects: bool, to: SccObjection) {
        if objects && !self.objections.contains(&to) {
            self.objections.push(to);
        }
    }

    fn volumes(&mut self, scc: &SecurityContextConstraints, security: &PodSecurity) {
        let allows = |kind: &str| scc.volumes.iter().any(|volume| volume == "*" || volume == kind);
        for volume in security.volumes.iter() {
            let objection = if volume.kind == "hostPath" { SccObjection::HostPath } else { SccObjection::VolumeType };
            self.object(!allows(kind_of_volume(&volume.kind)), objection);
            // Which drivers are allowed stands in a list of its own.
            self.is_unknown |= volume.kind == "flexVolume";
        }
        // Every pod gets the projected volume with its token, which `secret` allows as well.
        self.is_unknown |= !allows("projected") && !allows("secret");
    }

    fn pod(&mut self, scc: &SecurityContextConstraints, context: Option<&SecurityContext>, range: Option<(i64, i64)>) {
        let Some(context) = context else { return };
        self.is_unknown |= !scc.any_se_linux && context.se_linux_options.is_some();
        let first = range.map(|(least, _)| (least, least));
        self.group(&scc.fs_group, context.fs_group.as_slice(), first, SccObjection::FsGroup);
        self.group(&scc.groups_rule, &context.supplemental_groups, range, SccObjection::SupplementalGroups);
        self.seccomp(scc, context);
        for sysctl in context.sysctls.iter() {
            let name = sysctl.name.as_str();
            let listed = |patterns: &[String]| {
                patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                    Some(prefix) => name.starts_with(prefix),
                    None => pattern == name,
                })
            };
            let is_allowed = SAFE_SYSCTLS.contains(&name) || listed(&scc.unsafe_sysctls);
            // The kernels of the nodes decide on those that Kubernetes takes for safe since.
            let is_newer = !is_allowed && kubelet::is_safe_sysctl(name, Version::NEWEST);
            self.is_unknown |= is_newer;
            let objects = !is_allowed && !is_newer || listed(&scc.forbidden_sysctls);
            self.object(objects, SccObjection::Sysctls);
        }
    }

    fn container(
        &mut self,
        scc: &SecurityContextConstraints,
        pod: Option<&SecurityContext>,
        own: Option<&SecurityContext>,
        range: Option<(i64, i64)>,
    ) {
        let is_on = |flag: Option<bool>| flag == Some(true);
        let of_own = |field: fn(&SecurityContext) -> Option<bool>| own.and_then(field);
        let is_privileged = is_on(of_own(|context| context.privileged));
        self.object(!scc.privileged && is_privileged, SccObjection::Privileged);
        let escalates = is_on(of_own(|context| context.allow_privilege_escalation));
        // The plugin sets the field to false where nothing is said, which no privileged container may have.
        let is_filled_in = !scc.privilege_escalation && is_privileged;
        self.object(!scc.privilege_escalation && (escalates || is_filled_in), SccObjection::PrivilegeEscalation);
        let is_writable = of_own(|context| context.read_only_root_filesystem) == Some(false);
        self.object(scc.read_only_root && is_writable, SccObjection::ReadOnlyRoot);
        let added = own.and_then(|context| context.capabilities.as_ref()).map_or(&[][..], |c| &c.add.0[..]);
        let may_add = |capability: &String| scc.capabilities.iter().any(|c| c == "*" || c == capability);
        self.object(!added.iter().all(may_add), SccObjection::Capabilities);
        let user = own.and_then(|context| context.run_as_user).or(pod.and_then(|context| context.run_as_user));
        let non_root = of_own(|context| context.run_as_non_root).or(pod.and_then(|context| context.run_as_non_root));
        self.user(scc.user, user, non_root, range);
        if let Some(own) = own {
            self.is_unknown |= !scc.any_se_linux && own.se_linux_options.is_some();
            self.seccomp(scc, own);
        }
    }

    fn user(&mut self, rule: UserRule, user: Option<i64>, non_root: Option<bool>, range: Option<(i64, i64)>) {
        match (rule, user) {
            (UserRule::Any, _) => {}
            (UserRule::One(wanted), Some(user)) => self.object(user != wanted, SccObjection::RunAsUser),
            // `user/nonroot.go`: without anything said the image's user counts.
            (UserRule::NonRoot, user) => {
                self.object(user == Some(0) || non_root == Some(false), SccObjection::RunAsUser);
            }
            (UserRule::Range(own), Some(user)) => match own.or(range) {
                Some((least, most)) => self.object(user < least || user > most, SccObjection::RunAsUser),
                None => self.is_unknown = true,
            },
            // The plugin fills the user in.
            (UserRule::One(_) | UserRule::Range(_), None) => {}
            (UserRule::Unknown, _) => self.is_unknown = true,
        }
    }

    fn group(&mut self, rule: &GroupRule, asked: &[i64], range: Option<(i64, i64)>, to: SccObjection) {
        if asked.is_empty() {
            return;
        }
        let ranges = match rule {
            GroupRule::Any => return,
            GroupRule::Ranges(ranges) if !ranges.is_empty() => ranges.clone(),
            GroupRule::Ranges(_) => range.into_iter().collect(),
            GroupRule::Unknown => Vec::new(),
        };
        if ranges.is_empty() {
            self.is_unknown = true;
            return;
        }
        let is_in = |group: &i64| ranges.iter().any(|(least, most)| group >= least && group <= most);
        self.object(!asked.iter().all(is_in), to);
    }

    fn seccomp(&mut self, scc: &SecurityContextConstraints, context: &SecurityContext) {
        let Some(profile) = &context.seccomp_profile else { return };
        let name = match profile.kind.as_str() {
            "RuntimeDefault" => "runtime/default".to_owned(),
            "Unconfined" => "unconfined".to_owned(),
            _ => format!("localhost/{}", profile.localhost_profile.as_str()),
        };
        let is_same = |allowed: &String| {
            allowed == "*" || *allowed == name || name == "runtime/default" && allowed == "docker/default"
        };
        self.object(!scc.seccomp.iter().any(is_same), SccObjection::Seccomp);
    }
}

/// What SCCs call a kind of volumes (`GetVolumeFSType`, `pkg/securitycontextconstraints/util/util.go`).
fn kind_of_volume(source: &str) -> &str {
    match source {
        "cephfs" => "cephFS",
        "vsphereVolume" => "vsphere",
        "storageos" => "storageOS",
        other => other,
    }
}
