//! Every request of a run, failed in every way: the verdicts stay, or are told to be unknown, or the run ends with a
//! sentence. Never a hang, a panic, or a verdict that rests on what was not seen.
//!
//! The whole matrix takes minutes (`make faults`). A plain `cargo test` takes a sample of it: every request and every
//! fault, once and always, paired at random. `FAULTS_SEED` repeats one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::Api;
use crate::cluster::sick;
use crate::program::{Home, PROGRAM, Ran, in_parallel};
use crate::server::{Reply, Server, Subject, json as answer, status};
use crate::verdicts::{codes, contradiction, names, verdicts};

/// How a request fails.
#[derive(Clone, Copy)]
struct Fault {
    name: &'static str,
    /// What comes in place of the good answer.
    reply: fn(Reply) -> Reply,
    /// Whether the answer is as good as without.
    harmless: bool,
    /// Whether trying again is worth it: failed once, the run is as without.
    passes: bool,
}

const fn fault(name: &'static str, reply: fn(Reply) -> Reply) -> Fault {
    Fault { name, reply, harmless: false, passes: false }
}

const fn passing(name: &'static str, reply: fn(Reply) -> Reply) -> Fault {
    Fault { name, reply, harmless: false, passes: true }
}

fn body(reply: Reply) -> Vec<u8> {
    match reply {
        Reply::Answer(_, _, body) => body,
        _ => Vec::new(),
    }
}

fn soon() -> Vec<(&'static str, String)> {
    vec![("retry-after", "0".to_owned())]
}

const LOGIN: &str = "<!doctype html><html><title>Sign in</title><form action=/login></form></html>";

fn html(code: u16, more: Vec<(&'static str, String)>) -> Reply {
    let more = [more, vec![("content-type", "text/html; charset=utf-8".to_owned())]].concat();
    Reply::Answer(code, more, LOGIN.as_bytes().to_vec())
}

/// The good answer, changed as JSON.
fn changed(reply: Reply, change: impl Fn(&mut Value)) -> Reply {
    let mut value: Value = serde_json::from_slice(&body(reply)).unwrap_or_default();
    change(&mut value);
    answer(200, &value)
}

const FAULTS: &[Fault] = &[
    passing("429, soon", |_| Reply::Answer(429, soon(), b"{}".to_vec())),
    passing("429", |_| status(429, "TooManyRequests", "slow down")),
    passing("500, soon", |_| Reply::Answer(500, soon(), b"etcdserver: request timed out".to_vec())),
    passing("503, soon", |_| Reply::Answer(503, soon(), b"upstream connect error".to_vec())),
    passing("504, soon", |_| Reply::Answer(504, soon(), Vec::new())),
    passing("502 of a proxy, soon", |_| html(502, soon())),
    passing("cut", |good| Reply::Cut(body(good))),
    passing("closed", |_| Reply::Close),
    passing("no HTTP", |_| Reply::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
    passing("half a header", |_| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())),
    fault("silence", |_| Reply::Silence),
    fault("stall", |good| Reply::Stall(body(good))),
    fault("410", |_| status(410, "Expired", "too old resource version")),
    fault("403", |_| status(403, "Forbidden", "is forbidden: User \"jane\" cannot do that")),
    fault("401", |_| status(401, "Unauthorized", "Unauthorized")),
    fault("400", |_| status(400, "BadRequest", "what?")),
    fault("404 of a proxy", |_| html(404, Vec::new())),
    fault("404 without a word", |_| Reply::Answer(404, Vec::new(), Vec::new())),
    fault("login page", |_| html(200, Vec::new())),
    fault("302 to a login page", |_| html(302, vec![("location", "https://login.example/?next=x".to_owned())])),
    fault("307 to itself", |_| Reply::Answer(307, vec![("location", "/".to_owned())], Vec::new())),
    fault("nothing", |_| Reply::Answer(200, Vec::new(), Vec::new())),
    fault("204", |_| Reply::Answer(204, Vec::new(), Vec::new())),
    fault("garbage", |_| Reply::Answer(200, Vec::new(), vec![0xff; 4096])),
    fault("protobuf", |_| {
        let kind = vec![("content-type", "application/vnd.kubernetes.protobuf".to_owned())];
        Reply::Answer(200, kind, b"k8s\0\n\x0f\n\x02v1\x12\tNodeList".to_vec())
    }),
    fault("another kind", |_| answer(200, &json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}))),
    fault("an empty object", |_| answer(200, &json!({}))),
    fault("a string", |_| answer(200, &json!("no"))),
    fault("half a document", |good| {
        let body = body(good);
        Reply::Answer(200, Vec::new(), body[..body.len() / 2].to_vec())
    }),
    fault("items of numbers", |good| changed(good, |list| list["items"] = json!([1, 2]))),
    fault("items that are none", |good| changed(good, |list| list["items"] = json!({"a": 1}))),
    fault("lists of lists", |good| changed(good, |list| list["items"] = json!([[{"metadata": {"name": "x"}}]]))),
    fault("the same page for ever", |good| changed(good, |list| list["metadata"]["continue"] = json!("again"))),
    fault("broken gzip", |good| Reply::Answer(200, vec![("content-encoding", "gzip".to_owned())], body(good))),
    Fault {
        name: "another content type",
        reply: |good| Reply::Answer(200, vec![("content-type", "text/plain".to_owned())], body(good)),
        harmless: true,
        passes: true,
    },
];

/// A request of a run: what it is for, without where its page begins.
type Request = (String, String);

fn request(asked: &Subject) -> Request {
    let page = asked.query("continue").map_or("", |_| " behind the first page");
    (asked.method.clone(), format!("{}{page}", asked.path()))
}

/// A run's server: fails the request, once or always.
fn faulty(request_to_fail: Option<Request>, fault: Fault, always: bool) -> (Server, Arc<AtomicUsize>) {
    let mut api = Api::new(sick());
    api.page = 7;
    let (failed, counted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&counted);
    let server = Server::http(move |asked, _| {
        let good = api.answer(asked);
        if request_to_fail.as_ref() == Some(&request(asked)) {
            let first = failed.fetch_add(1, Ordering::Relaxed) == 0;
            if always || first {
                count.fetch_add(1, Ordering::Relaxed);
                return (fault.reply)(good);
            }
        }
        good
    });
    (server, counted)
}

fn run(home: &Home, server: &Server, args: &[&str]) -> Ran {
    let url = server.url();
    let mut command = home.command(PROGRAM);
    Ran::of(command.args(args).args(["--server", &url, "--request-timeout", "6s"]))
}

/// How a run before a faulty server ended.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Same,
    /// The report names what was not looked at.
    Named,
    Failed,
}

/// What became of a report, or what is wrong with it.
fn judge(ran: &Ran, baseline: &Value, resource: &str, must_be_same: bool) -> Result<End, String> {
    if ran.stderr.contains("panicked") || ran.code().is_none() {
        return Err("it panics".to_owned());
    }
    if ran.code() == Some(1) {
        let sentence = ran.error().strip_prefix("error: ").is_some_and(|told| told.len() > 10);
        return match (ran.stdout.is_empty() && sentence, must_be_same) {
            (true, false) => Ok(End::Failed),
            (true, true) => Err("it fails, although trying again helps".to_owned()),
            (false, _) => Err("it fails without a sentence, or says half of it".to_owned()),
        };
    }
    let report: Value = serde_json::from_str(&ran.stdout).map_err(|error| format!("no report: {error}"))?;
    let (was, is) = (verdicts(baseline), verdicts(&report));
    if was == is && report["notChecked"] == baseline["notChecked"] {
        return Ok(End::Same);
    }
    if must_be_same {
        return Err("it is another report, although trying again helps".to_owned());
    }
    // The version is told with where it is from.
    if names(&report, resource) || resource == "version" {
        return Ok(End::Named);
    }
    match contradiction(&was, &is) {
        None => Ok(End::Named),
        Some(why) => Err(format!("`{resource}` is not named, and {why}")),
    }
}

/// What to try: a request, what it fails by, and whether each time or only the first.
type Trial = (Request, Fault, bool);

/// Every request times every fault, or with a seed each of them as few times as meets all of both.
fn trials(requests: &BTreeSet<Request>, seed: Option<u64>) -> Vec<Trial> {
    let twice = |request: &Request, fault: &Fault| [true, false].map(|always| (request.clone(), *fault, always));
    let Some(seed) = seed else {
        return requests.iter().flat_map(|request| FAULTS.iter().flat_map(|fault| twice(request, fault))).collect();
    };
    let mut random = Random(seed);
    let mut requests: Vec<&Request> = requests.iter().collect();
    let mut faults: Vec<&Fault> = FAULTS.iter().collect();
    random.shuffle(&mut requests);
    random.shuffle(&mut faults);
    let pairs = requests.iter().cycle().zip(faults.iter().cycle()).take(requests.len().max(faults.len()));
    pairs.flat_map(|(request, fault)| twice(request, fault)).collect()
}

/// The seed of the sample; nothing where the whole matrix is asked for.
fn seed() -> Option<u64> {
    if std::env::var("FAULTS").is_ok_and(|what| what == "all") {
        return None;
    }
    let given = std::env::var("FAULTS_SEED").ok().map(|seed| seed.parse().expect("FAULTS_SEED is a number"));
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Some(given.unwrap_or_else(|| u64::from(since.expect("a clock").subsec_nanos())))
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
    }
}

#[test]
fn a_sample_meets_every_request_and_every_fault() {
    for number in [1, 4, 35, 60] {
        let requests: BTreeSet<Request> = (0..number).map(|i| ("GET".to_owned(), format!("/{i}"))).collect();
        for seed in 0..20 {
            let sample = trials(&requests, Some(seed));
            assert_eq!(sample.len(), 2 * number.max(FAULTS.len()));
            for always in [true, false] {
                let of = sample.iter().filter(|(.., a)| *a == always);
                let met: BTreeSet<&Request> = of.clone().map(|(request, ..)| request).collect();
                let faults: BTreeSet<&str> = of.map(|(_, fault, _)| fault.name).collect();
                assert_eq!((met.len(), faults.len()), (number, FAULTS.len()));
            }
        }
        assert_eq!(trials(&requests, None).len(), 2 * number * FAULTS.len());
    }
}

/// This run's requests, each failed in these ways.
fn enumerate(args: &[&str], judge: impl Fn(&Ran, &Ran, &str, bool) -> Result<End, String> + Sync) {
    let home = Home::new();
    let (server, _) = faulty(None, FAULTS[0], false);
    let good = run(&home, &server, args);
    assert!(matches!(good.code(), Some(0 | 2)), "without a fault: {good:?}");
    let requests: BTreeSet<Request> = server.asked().iter().map(request).collect();
    assert!(requests.len() > 3, "{requests:?}");
    let seed = seed();
    let work = trials(&requests, seed);
    let sample = seed.map_or_else(|| "all".to_owned(), |seed| format!("a sample, FAULTS_SEED={seed}"));
    let number = work.len();
    let (ends, wrong) = (Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    in_parallel(work, |(request, fault, always)| {
        let (server, count) = faulty(Some(request.clone()), fault, always);
        let ran = run(&home, &server, args);
        let resource = Api::resource(request.1.split(' ').next().unwrap_or_default());
        let same = fault.harmless || (fault.passes && !always) || count.load(Ordering::Relaxed) == 0;
        let mut end = judge(&ran, &good, &resource, same);
        if ran.took > Duration::from_secs(60) {
            end = Err(format!("it takes {:?}", ran.took));
        }
        match end {
            Ok(end) => *ends.lock().expect("no panic").entry(end).or_insert(0) += 1,
            Err(why) => wrong.lock().expect("no panic").push(format!(
                "{} {}: {}, {}: {why}; exit code {:?}, stderr:\n{}",
                request.0,
                request.1,
                fault.name,
                if always { "always" } else { "once" },
                ran.code(),
                ran.stderr.chars().take(400).collect::<String>()
            )),
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    println!(
        "`{}`: {} requests, {} faults, {number} runs ({sample}): {:?}, {} wrong",
        args.join(" "),
        requests.len(),
        FAULTS.len(),
        ends.into_inner().expect("no panic"),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} of {number} ({sample}):\n{}", wrong.len(), wrong.join("\n"));
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn the_cluster_has_many_causes() {
    let (server, _) = faulty(None, FAULTS[0], false);
    let ran = run(&Home::new(), &server, &["doctor", "-A", "-o", "json", "--grace", "0s", "--all-nodes"]);
    let report = report(&ran);
    let of_nodes = verdicts(&report);
    let codes = codes(&of_nodes);
    assert!(codes.len() >= 20, "{codes:?}");
    assert_eq!(report["notChecked"], json!([]), "{report:#}");
}

#[test]
fn no_fault_makes_a_verdict_wrong() {
    enumerate(&["doctor", "-A", "-o", "json", "--grace", "0s", "--all-nodes"], |ran, good, resource, same| {
        judge(ran, &report(good), resource, same)
    });
}

#[test]
fn no_fault_makes_the_verdict_of_one_daemon_set_wrong() {
    enumerate(&["doctor", "agent", "-n", "logging", "-o", "json", "--grace", "0s"], |ran, good, resource, same| {
        judge(ran, &report(good), resource, same)
    });
}

/// The most memory that a process had, in MiB, by the kernel's word.
#[cfg(target_os = "linux")]
fn peak(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib >> 10)
}

/// A gigabyte in place of the pods, as it is and packed: cut off, told, and never held.
#[cfg(target_os = "linux")]
#[test]
fn a_gigabyte_is_cut_off_and_not_held() {
    use std::io::Write;
    use std::process::Stdio;

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..1024 {
        packed.write_all(&[b' '; 1 << 20]).expect("memory");
    }
    let packed = packed.finish().expect("memory");
    let home = Home::new();
    for what in ["as it is", "packed"] {
        let (api, packed) = (Api::new(sick()), packed.clone());
        let server = Server::http(move |asked, _| match (asked.path(), what) {
            ("/api/v1/pods", "packed") => {
                Reply::Answer(200, vec![("content-encoding", "gzip".to_owned())], packed.clone())
            }
            ("/api/v1/pods", _) => Reply::Flood(&[b' '; 1 << 16], 1 << 14),
            _ => api.answer(asked),
        });
        let mut command = home.command(PROGRAM);
        command.args(["doctor", "-A", "-o", "json", "--server", &server.url()]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        let id = child.id();
        let watch = std::thread::spawn(move || {
            let mut most = 0;
            while let Some(now) = peak(id) {
                most = most.max(now);
                std::thread::sleep(Duration::from_millis(5));
            }
            most
        });
        let ran = Ran::ended(child, what);
        let most = watch.join().expect("a number");
        println!("a gigabyte of pods {what}: {most} MiB at most, {:.1} s", ran.took.as_secs_f32());
        let report = report(&ran);
        assert!(names(&report, "pods"), "{what}: {:#}", report["notChecked"]);
        // Of a list no more is held than an object.
        assert!((1..100).contains(&most), "{what}: {most} MiB");
    }
}
