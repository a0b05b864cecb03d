//! Does a rollout go as deploy predicted it, whatever the bounds, the nodes and the templates are?

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{
    deploy::{falls_silent, is_back, plain, pods, written},
    test,
};
use crate::{
    differential::Random,
    harness::{Behaviour, Cluster, Kubelets, is_ready, node},
};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![test("deploy_rolls::random_rollouts_go_as_predicted", || at_random(6, 21))]
}

const NODES: usize = 12;
/// The nodes from this one on are small.
const SMALL: usize = 8;

fn name_of(node: usize) -> String {
    format!("n{:02}", node + 1)
}

/// One drawn rollout.
#[derive(Debug)]
struct Draw {
    update: Value,
    old: Template,
    new: Template,
    /// Their kubelets are silent.
    silent: BTreeSet<String>,
    /// Their old pod never gets ready.
    sick: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Template {
    cpu: &'static str,
    large_only: bool,
    port: bool,
}

impl Draw {
    fn of(random: &mut Random) -> Self {
        let bound = |value: Value, surge: bool| {
            let (unavailable, surge) = if surge { (json!(0), value) } else { (value, json!(0)) };
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}})
        };
        let value = match random.below(6) {
            0 => json!(1),
            1 => json!(2),
            2 => json!(3),
            3 => json!("25%"),
            4 => json!("50%"),
            _ => json!("1%"),
        };
        let update = match random.below(10) {
            0 => json!({"type": "OnDelete"}),
            n => bound(value, n > 6),
        };
        let port = random.chance(20);
        let template = |random: &mut Random| Template {
            cpu: random.one(&["100m", "100m", "600m", "600m", "2"]),
            large_only: random.chance(20),
            port,
        };
        let mut old = template(random);
        old.cpu = if old.cpu == "2" { "100m" } else { old.cpu };
        let new = template(random);
        let some = |random: &mut Random, percent: usize| -> BTreeSet<String> {
            if !random.chance(percent) {
                return BTreeSet::new();
            }
            (0..1 + random.below(3)).map(|_| name_of(random.below(NODES))).collect()
        };
        Draw { update, old, new, silent: some(random, 40), sick: some(random, 30) }
    }

    fn text(&self, name: &str, template: &Template, tag: &str) -> String {
        let mut container = json!({"name": "c", "image": format!("registry.example/agent:{tag}"),
            "resources": {"requests": {"cpu": template.cpu}}});
        if template.port {
            container["ports"] = json!([{"containerPort": 9100, "hostPort": 9100}]);
        }
        let mut pod = json!({"tolerations": [{"operator": "Exists"}], "containers": [container]});
        if template.large_only {
            pod["nodeSelector"] = json!({"size": "large"});
        }
        plain(name, "", json!({"updateStrategy": self.update}), pod)
    }

    /// How many nodes may be without an available pod, or run two, and whether it is the latter.
    fn bound(&self, desired: usize) -> Option<(usize, bool)> {
        let rolling = self.update.get("rollingUpdate")?;
        let of = |value: &Value| match value.as_str() {
            Some(percent) => (percent.trim_end_matches('%').parse::<usize>().unwrap() * desired).div_ceil(100),
            None => value.as_u64().unwrap() as usize,
        };
        let surge = of(&rolling["maxSurge"]) > 0;
        Some((of(&rolling[if surge { "maxSurge" } else { "maxUnavailable" }]).max(1), surge))
    }
}

struct Scene {
    cluster: Cluster,
    kubelets: Kubelets,
}

impl Scene {
    fn start() -> Self {
        let cluster = Cluster::start();
        let nodes = (0..NODES).map(|n| {
            let mut node = node(&name_of(n));
            let (size, cpu) = if n < SMALL { ("large", "4") } else { ("small", "1") };
            node["metadata"]["labels"]["size"] = json!(size);
            for part in ["capacity", "allocatable"] {
                node["status"][part]["cpu"] = json!(cpu);
            }
            node
        });
        cluster.create_nodes(&nodes.collect::<Vec<_>>());
        let kubelets = Kubelets::start(&cluster, (0..NODES).map(name_of));
        Self { cluster, kubelets }
    }

    fn pods(&self) -> Vec<Value> {
        pods(&self.cluster, "default")
    }

    /// Nodes with an available pod.
    fn available(&self) -> BTreeSet<String> {
        let node = |pod: &Value| pod["spec"]["nodeName"].as_str().map(str::to_owned);
        self.pods().iter().filter(|p| is_ready(p)).filter_map(node).collect()
    }
}

fn tag_of(pod: &Value) -> &str {
    let image = pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
    image.rsplit(':').next().unwrap_or_default()
}

/// Draws rollouts, lets deploy predict them, and carries them out; panics where one goes otherwise.
pub fn at_random(rounds: u64, seed: u64) {
    let scene = Scene::start();
    let mut random = Random::of(seed);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for round in 0..rounds {
        let draw = Draw::of(&mut random);
        let began = Instant::now();
        let outcome = carry_out(&scene, &format!("roll-{round}"), &draw).unwrap_or_else(|why| {
            panic!("round {round} of seed {seed}: {why}\n{draw:#?}\nlogs in {}", scene.cluster.folder().display())
        });
        println!("round {round}: {outcome} after {:.1} s", began.elapsed().as_secs_f64());
        *counts.entry(outcome).or_default() += 1;
    }
    println!("{rounds} rollouts from seed {seed} went as predicted: {counts:?}");
}

/// One rollout: what became of it, or where it went otherwise than predicted.
fn carry_out(scene: &Scene, name: &str, draw: &Draw) -> Result<&'static str, String> {
    let cluster = &scene.cluster;
    let sick = draw.sick.clone();
    scene.kubelets.behave(move |pod| {
        let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
        if tag_of(pod) == "old" && sick.contains(node) { Behaviour::NeverReady } else { Behaviour::QUICK }
    });
    let file = |template: &Template, tag: &str| {
        written(cluster, &format!("{name}-{tag}.json"), &draw.text(name, template, tag)).display().to_string()
    };
    let old = file(&draw.old, "old");
    cluster.plugin("admin", &["deploy", "-f", &old, "--wait=false"]).ok();
    let all: BTreeSet<String> = (0..NODES).map(name_of).collect();
    let wants = |template: &Template| -> BTreeSet<String> {
        (0..if template.large_only { SMALL } else { NODES }).map(name_of).collect()
    };
    let before: BTreeSet<String> = wants(&draw.old);
    let healthy: BTreeSet<String> = before.difference(&draw.sick).cloned().collect();
    cluster.until("the old pods run", Duration::from_secs(60), || (scene.available() == healthy).then_some(()));
    for node in &draw.silent {
        falls_silent(cluster, &scene.kubelets, node);
    }
    let up: BTreeSet<String> = healthy.difference(&draw.silent).cloned().collect();
    cluster.until("the nodes are silent", Duration::from_secs(60), || (scene.available() == up).then_some(()));
    // The controller has counted it, or it would act on older counts.
    cluster.until("the controller has counted it", Duration::from_secs(30), || {
        let status = cluster.get(&format!("/apis/apps/v1/namespaces/default/daemonsets/{name}"))["status"].clone();
        (status["numberReady"].as_u64().unwrap_or(0) as usize == up.len()).then_some(())
    });

    let new = file(&draw.new, "new");
    let report =
        cluster.plugin("admin", &["deploy", "-f", &new, "--dry-run=server", "--allow-stuck", "-o", "json"]).ok().json();
    let predicted = report["prediction"].clone();
    let placement = |node: &str| predicted["nodes"][node].as_str().unwrap_or_default();
    let rollout = &predicted["rollout"];

    // What the test expects by itself of what was drawn.
    let wanted = wants(&draw.new);
    let excluded: BTreeSet<String> = all.iter().filter(|n| placement(n) == "excluded").cloned().collect();
    let expect = |what: &str, right: bool| if right { Ok(()) } else { Err(format!("{what}: predicted {predicted}")) };
    expect("the wanted nodes", all.difference(&wanted).cloned().collect::<BTreeSet<_>>() == excluded)?;
    let bound = draw.bound(wanted.len());
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    if let Some((allowed, surge)) = bound {
        let turns = up.intersection(&wanted).count();
        let replaced = before.intersection(&wanted).count();
        expect("rolling", rollout["kind"] == "rolling" && rollout["surge"] == surge)?;
        expect("how many at once", rollout["atOnce"] == allowed)?;
        expect("how many are replaced", rollout["old"] == replaced)?;
        expect("how many are made", rollout["made"] == wanted.len() - replaced)?;
        expect("how many go", rollout["removed"] == before.difference(&wanted).count())?;
        expect("how many rounds", rollout["rounds"] == turns.div_ceil(allowed))?;
        expect("who is unavailable", names(&rollout["unavailable"]) == wanted.difference(&up).cloned().collect())?;
    } else {
        expect("by hand", rollout["kind"] == "onDelete" && rollout["old"] == before.intersection(&wanted).count())?;
    }

    // What happens.
    let over = AtomicBool::new(false);
    let (ran, worst, lost_agent) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let (mut worst, mut lost) = (0, BTreeSet::new());
            while !over.load(Ordering::Relaxed) {
                let now = scene.available();
                worst = worst.max(wanted.difference(&now).count());
                lost.extend(up.intersection(&wanted).filter(|n| !now.contains(*n)).cloned());
                std::thread::sleep(Duration::from_millis(5));
            }
            (worst, lost)
        });
        let flags =
            ["deploy", "-f", &new, "-o", "json", "--give-up-after=2s", "--no-progress-timeout=15s", "--allow-stuck"];
        let ran = cluster.plugin("admin", &flags);
        over.store(true, Ordering::Relaxed);
        let (worst, lost) = sampler.join().expect("the sampler does not panic");
        (ran, worst, lost)
    });
    let otherwise = |what: String| Err(format!("{what}\npredicted {predicted}\n{ran}"));

    // The bound was kept.
    if let Some((allowed, surge)) = bound {
        let initially = wanted.difference(&up).count();
        if surge && !lost_agent.is_empty() {
            return otherwise(format!("with surge these were without an agent for a while: {lost_agent:?}"));
        }
        if !surge && worst > allowed.max(initially) {
            return otherwise(format!("{worst} were unavailable, {allowed} allowed, {initially} initially"));
        }
    }
    // Each node is as predicted.
    let pods = scene.pods();
    let on = |node: &str| pods.iter().filter(|p| home(p) == Some(node)).collect::<Vec<_>>();
    let refused: BTreeSet<String> = all.iter().filter(|n| placement(n) == "unschedulable").cloned().collect();
    for node in all.iter().filter(|n| !draw.silent.contains(*n)) {
        let new_ready = on(node).iter().any(|p| tag_of(p) == "new" && is_ready(p));
        let right = match placement(node) {
            "excluded" => on(node).is_empty(),
            "unschedulable" => !new_ready,
            "placed" => new_ready || ran.code != 0 || bound.is_none(),
            _ => false,
        };
        if !right {
            return otherwise(format!("{node} was predicted {}, and has {:?}", placement(node), on(node)));
        }
    }
    // It ends, or it does not, as predicted.
    let lost = refused.difference(&draw.silent).count();
    let stuck = !rollout["deadlock"].is_null();
    let outcome = match (bound.is_some(), stuck, lost) {
        (false, ..) => "OnDelete",
        (true, true, _) => "cannot end",
        (true, false, 0) => "ends",
        (true, false, _) => "leaves nodes without a pod",
    };
    let fails = match outcome {
        // A node without any pod is given one at once, and may find no place.
        "OnDelete" => wanted.difference(&before).any(|n| refused.contains(n) && !draw.silent.contains(n)),
        "ends" => false,
        _ => true,
    };
    if (ran.code != 0) != fails {
        return otherwise(format!("it was predicted that it {outcome}"));
    }
    if outcome == "cannot end" {
        // Given more time, it does not.
        std::thread::sleep(Duration::from_secs(2));
        let done = scene.pods().iter().filter(|p| tag_of(p) == "new" && is_ready(p)).count();
        let can = wanted.difference(&draw.silent).filter(|n| placement(n) == "placed").count();
        if done >= can && lost == 0 {
            return otherwise(format!("{done} nodes have their new pod: it ended"));
        }
    }
    clean_up(scene, name, draw);
    Ok(outcome)
}

/// The node that a pod is on, or for.
fn home(pod: &Value) -> Option<&str> {
    let terms = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let target = || pod.pointer(terms)?.get(0)?.pointer("/matchFields/0/values/0")?.as_str();
    pod["spec"]["nodeName"].as_str().or_else(target)
}

fn clean_up(scene: &Scene, name: &str, draw: &Draw) {
    scene.cluster.plugin("admin", &["delete", name, "--yes", "--wait=false"]).ok();
    for node in &draw.silent {
        is_back(&scene.cluster, &scene.kubelets, node);
    }
    scene.cluster.until("everything is as before", Duration::from_secs(60), || {
        let tainted = |n: &Value| n["spec"]["taints"].as_array().is_some_and(|t| !t.is_empty());
        let gone = scene.cluster.list("Pod", Some("default")).is_empty();
        (gone && !scene.cluster.list("Node", None).iter().any(tainted)).then_some(())
    });
}
