//! The file that is written: whole or not there, its owner's alone, in place of a regular file and of nothing else.
#![cfg(unix)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::api::Api;
use crate::cluster::sick;
use crate::program::{Home, PROGRAM, Ran};
use crate::server::{Reply, Server};

fn server() -> Server {
    let api = Api::new(sick());
    Server::http(move |asked, _| api.answer(asked))
}

/// What the folder holds.
fn names(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path("")).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn mode(home: &Home, name: &str) -> u32 {
    home.path(name).symlink_metadata().expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn a_snapshot_is_its_owners_alone_and_follows_no_planted_link() {
    let (home, server) = (Home::new(), server());
    home.write("victim", "precious");
    home.write("old.gz", "old");
    std::fs::set_permissions(home.path("old.gz"), PermissionsExt::from_mode(0o644)).expect("a mode");
    home.write("new.gz.part", "loose");
    std::fs::set_permissions(home.path("new.gz.part"), PermissionsExt::from_mode(0o644)).expect("a mode");
    symlink("victim", home.path("old.gz.part")).expect("a link");
    for name in ["new.gz", "old.gz"] {
        let ran = Ran::of(home.command("/bin/sh").args([
            "-c",
            &format!("umask 0; exec \"$0\" snapshot --file {name} --server \"$1\""),
            PROGRAM,
            &server.url(),
        ]));
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        assert_eq!(mode(&home, name), 0o600, "{name}");
        assert!(std::fs::read(home.path(name)).expect("a file").starts_with(&[0x1f, 0x8b]), "{name}");
    }
    let read = |name: &str| std::fs::read_to_string(home.path(name)).expect("a file");
    assert_eq!((read("victim").as_str(), read("new.gz.part").as_str()), ("precious", "loose"));
    assert_eq!(names(&home), ["new.gz", "new.gz.part", "old.gz", "old.gz.part", "victim"]);
}

#[test]
fn only_regular_files_are_replaced() {
    let (home, server) = (Home::new(), server());
    home.write("victim", "precious");
    symlink("victim", home.path("link")).expect("a link");
    symlink("nothing", home.path("dangling")).expect("a link");
    std::fs::create_dir(home.path("folder")).expect("a folder");
    let _socket = std::os::unix::net::UnixListener::bind(home.path("socket")).expect("a socket");
    for (name, why) in [
        ("link", "the path is a symbolic link"),
        ("dangling", "the path is a symbolic link"),
        ("folder", "the path is a directory"),
        ("socket", "the path is not a regular file"),
    ] {
        let ran = home.run(&["snapshot", "--file", name, "--server", &server.url()]);
        assert_eq!(ran.code(), Some(1), "{name}: {ran:?}");
        let told = format!("error: cannot write `{name}`\n  caused by: {why}\n");
        assert!(ran.stderr.starts_with(&told), "{name}: {ran:?}");
    }
    assert_eq!(std::fs::read_to_string(home.path("victim")).expect("a file"), "precious");
    assert!(!home.path("nothing").exists());
    assert!(server.asked().is_empty(), "the cluster is read before the file is refused");

    // A FIFO and a device are written to, and stay.
    let fifo = home.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("there is a mkfifo").success());
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || std::fs::read(fifo).expect("what is written")
    });
    let ran = home.run(&["snapshot", "--file", "fifo", "--server", &server.url()]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(reader.join().expect("a snapshot").starts_with(&[0x1f, 0x8b]));
    let ran = home.run(&["snapshot", "--file", "/dev/null", "--server", &server.url()]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(std::os::unix::fs::FileTypeExt::is_char_device(&std::fs::metadata("/dev/null").expect("it").file_type()));
    assert_eq!(names(&home), ["dangling", "fifo", "folder", "link", "socket", "victim"]);
}

#[test]
fn nothing_half_written_is_left_by_a_signal_or_a_failure() {
    for signal in ["INT", "TERM", "HUP"] {
        let home = Home::new();
        home.write("saved.gz", "old");
        let api = Api::new(sick());
        let server = Server::http(move |asked, _| match asked.target.contains("/pods") && asked.method == "GET" {
            true => Reply::Silence,
            false => api.answer(asked),
        });
        let mut command = home.command(PROGRAM);
        command.args(["snapshot", "--file", "saved.gz", "--server", &server.url()]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        while !server.asked().iter().any(|asked| asked.target.contains("/pods") && asked.method == "GET") {
            std::thread::sleep(Duration::from_millis(5));
        }
        let part = names(&home).into_iter().find(|name| name != "saved.gz").expect("an unfinished file");
        assert_eq!(mode(&home, &part), 0o600, "{part}");
        let id = child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().expect("a kill").success());
        let ran = Ran::ended(child, signal);
        assert_eq!(ran.code(), Some(130), "{signal}: {ran:?}");
        assert_eq!(names(&home), ["saved.gz"], "{signal}");
        assert_eq!(std::fs::read_to_string(home.path("saved.gz")).expect("a file"), "old");
    }
    let home = Home::new();
    let refusing = Server::http(|_, _| crate::server::status(401, "Unauthorized", "no"));
    let ran = home.run(&["snapshot", "--file", "saved.gz", "--server", &refusing.url()]);
    assert_eq!((ran.code(), names(&home)), (Some(1), Vec::<String>::new()), "{ran:?}");
}
