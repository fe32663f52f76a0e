//! What a server knows when it starts again: real processes, and files of a real disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{Herd, eventually};
use rustix::process::Signal;

const ALWAYS: &str = "--set=store.durability=always";

#[test]
fn whatever_was_acknowledged_is_known_after_a_kill() {
    let mut herd = Herd::of_one(&[ALWAYS]);
    let mut known = Vec::new();
    for round in 0..10 {
        let mut client = herd.client("Welsh");
        // Two are not answered by the time of the kill, more often than not.
        client.send((0..12).map(|n| format!("IAMAT c{n} +34.0-118.0 {round}.{n}\n")).collect::<String>());
        known = (0..10).map(|_| String::from_utf8(client.line().unwrap()).unwrap()).collect();
        herd.kill("Welsh");
        herd.start_with("Welsh", &[ALWAYS]);
        for (n, line) in known.iter().enumerate() {
            assert_eq!(herd.knows("Welsh", &format!("c{n}")).as_ref(), Some(line), "round {round}");
        }
    }
    assert_eq!(known.len(), 10);
    assert!(!herd.said("Welsh").contains("damaged"));
}

#[test]
fn a_stop_leaves_everything_on_disk() {
    let mut herd = Herd::of_one(&[]);
    let line = herd.client("Welsh").ask("IAMAT kiwi +34.0-118.0 5");
    herd.process("Welsh").signal(Signal::TERM);
    assert_eq!(herd.process("Welsh").end().code(), Some(0));
    herd.start("Welsh");
    assert_eq!(herd.knows("Welsh", "kiwi"), Some(line));
}

#[test]
fn the_file_is_its_owners_alone_and_there_is_none_without_durability() {
    let mut herd = Herd::of_one(&["--set=store.durability=no"]);
    let path = herd.path("data/Welsh.redb");
    herd.client("Welsh").ask("IAMAT kiwi +34.0-118.0 5");
    herd.kill("Welsh");
    assert!(!path.exists());
    herd.start("Welsh");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(herd.knows("Welsh", "kiwi"), None);
}

#[test]
fn a_damaged_file_is_said_and_set_aside_and_what_is_whole_in_it_is_known() {
    let mut herd = Herd::of_one(&[ALWAYS]);
    let mut client = herd.client("Welsh");
    let plum = client.ask("IAMAT plum +34.0-118.0 5");
    client.ask("IAMAT kiwi +34.0-118.0 5");
    herd.kill("Welsh");
    let path = herd.path("data/Welsh.redb");
    let mut bytes = fs::read(&path).unwrap();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| &bytes[*at..at + 4] == b"kiwi").collect();
    assert!(!places.is_empty());
    places.iter().for_each(|at| bytes[*at] = b'K');
    fs::write(&path, &bytes).unwrap();

    herd.start_with("Welsh", &[ALWAYS]);
    let said = herd.said("Welsh");
    let notice = said.lines().find(|line| line.contains("data/Welsh.redb is damaged: ")).unwrap();
    assert!(notice.contains("1 clients were found in it whole and kept, "), "{notice}");
    assert!(notice.ends_with("it is set aside as data/Welsh.redb.damaged-1"), "{notice}");
    eventually("the log says so", || herd.log("Welsh").contains("is damaged"));
    assert_eq!(fs::read(herd.path("data/Welsh.redb.damaged-1")).unwrap(), bytes);
    assert_eq!((herd.knows("Welsh", "plum"), herd.knows("Welsh", "kiwi")), (Some(plum), None));
}

#[test]
fn the_store_of_another_server_is_refused() {
    let mut herd = Herd::of_one(&[]);
    herd.kill("Welsh");
    fs::rename(herd.path("data/Welsh.redb"), herd.path("data/Ball.redb")).unwrap();
    let refused = herd.run(&["Ball"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    let message = "herd: Ball: cannot use data/Ball.redb: it is the store of the server \"Welsh\"";
    assert_eq!(said.lines().last(), Some(message));
}

#[test]
fn of_ten_thousand_clients_a_thousand_are_in_memory_and_all_are_known() {
    let bounds = ["--set=limits.clients_known=1000", ALWAYS];
    let mut herd = Herd::of_one(&bounds);
    let line = |n: usize, time: u32| format!("IAMAT client-{n} +34.0-118.0 {time}\n");
    let report = |herd: &Herd, time| {
        let mut client = herd.client("Welsh");
        client.send((0..10_000).map(|n| line(n, time)).collect::<String>());
        (0..10_000).map(|_| String::from_utf8(client.line().unwrap()).unwrap()).collect::<Vec<_>>()
    };
    let newest = report(&herd, 6);
    report(&herd, 5);
    herd.process("Welsh").signal(Signal::TERM);
    assert_eq!(herd.process("Welsh").end().code(), Some(0));
    let said = herd.said("Welsh");
    assert!(said.contains(" records left memory"), "{said}");
    herd.start_with("Welsh", &bounds);
    for n in (0..10_000).step_by(500) {
        assert_eq!(herd.knows("Welsh", &format!("client-{n}")).as_ref(), Some(&newest[n]));
    }
}
