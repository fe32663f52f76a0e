//! Disks that are full, files that are damaged, folders that are shared.

use std::fs;
use std::path::Path;

use crate::common::{Herd, NAMES, eventually};
use crate::rig::damage::{cut_in_half, empty, flip_bits, flip_one_bit, rubbish};
use crate::rig::killing::ALWAYS;
use crate::rig::lab::{self, SmallDisk};
use crate::rig::ledger::Ledger;
use crate::rig::load::Load;
use crate::rig::ring::{await_agreement, await_links};

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    lab::inside("disk::a_full_disk_loses_nothing_that_was_acknowledged", || {
        let mut herd = Herd::new();
        let disk = SmallDisk::at(&herd.path("data"), "16m");
        herd.start_with("Welsh", &[ALWAYS, QUIET]);
        let ledger = acknowledged(&herd, &Ledger::default(), 500);
        let filler = disk.fill();
        // The file has room of its own, which is soon used up.
        let mut wide = (0..).map(|number| format!("IAMAT {}{number} -40.5-120.5 5\n", "w".repeat(8_000)));
        eventually("the server says so", || {
            wide.next().iter().for_each(|report| herd.client("Welsh").send(report));
            says_full(&herd)
        });
        assert_eq!(ledger.objections_to(&herd, "Welsh"), [""; 0], "what is known is told");

        fs::remove_file(filler).unwrap();
        let ledger = acknowledged(&herd, &ledger, 500);
        herd.kill("Welsh");
        herd.start_with("Welsh", &[ALWAYS, QUIET]);
        assert_eq!(ledger.objections_to(&herd, "Welsh"), [""; 0], "what was acknowledged is on disk");
        drop(disk);
    });
}

/// The log lies on the same disk, and would fill it with what is refused.
const QUIET: &str = "--set=log.traffic=false";

fn says_full(herd: &Herd) -> bool {
    herd.said("Welsh").contains("No space left on device")
}

/// Reports until so many more are acknowledged.
fn acknowledged(herd: &Herd, ledger: &Ledger, count: u64) -> Ledger {
    let load = Load::on(herd.address("Welsh"), "client", ledger);
    eventually("reports are acknowledged", || load.acknowledged() >= count);
    load.end()
}

/// Something that befalls a file.
type Damage = fn(&Path);

#[test]
fn a_damaged_file_is_said_and_rebuilt_from_the_neighbours() {
    let mut herd = Herd::new();
    NAMES.into_iter().for_each(|name| herd.start_with(name, &[ALWAYS]));
    let ledger = acknowledged(&herd, &Ledger::default(), 1_000);
    await_agreement(&herd, &NAMES, &ledger);
    for damage in [flip_bits as Damage, cut_in_half, empty, rubbish] {
        herd.kill("Welsh");
        damage(&herd.path("data/Welsh.redb"));
        herd.start_with("Welsh", &[ALWAYS]);
        assert!(says_damaged(&herd), "{}", herd.said("Welsh"));
        await_agreement(&herd, &NAMES, &ledger);
        await_links(&herd);
    }
}

#[test]
fn a_lone_server_starts_on_a_damaged_file_and_alters_nothing() {
    let mut herd = Herd::of_one(&[ALWAYS]);
    let ledger = acknowledged(&herd, &Ledger::default(), 1_000);
    for seed in 1..=10 {
        herd.kill("Welsh");
        flip_one_bit(&herd.path("data/Welsh.redb"), seed);
        herd.start_with("Welsh", &[ALWAYS]);
        let objections = ledger.objections_to(&herd, "Welsh");
        let altered =
            objections.iter().filter(|why| !why.contains(": lost: ") && !why.contains(": an older one: "));
        assert_eq!(altered.collect::<Vec<_>>(), [""; 0]);
    }
}

fn says_damaged(herd: &Herd) -> bool {
    herd.said("Welsh").contains("Welsh.redb is damaged: ")
}

#[test]
fn a_second_server_of_one_folder_is_refused() {
    let mut herd = Herd::of_one(&[ALWAYS]);
    let other = Herd::new(); // as if it were another machine that shares the folder
    let port = other.port("Welsh");
    let elsewhere = [("client_port", port), ("peer_port", port + 1)];
    let flags = elsewhere.map(|(key, port)| format!("--set=servers.Welsh.{key}={port}"));
    for flags in [vec![], vec![&*flags[0], &*flags[1]]] {
        let output = herd.run(&[&["Welsh", ALWAYS], &flags[..]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.trim_end().lines().count(), 1, "one clear message: {said}");
    }
    assert!(herd.process("Welsh").is_running());
    acknowledged(&herd, &Ledger::default(), 10);
}

#[test]
fn a_log_gives_up_what_the_records_need_of_a_disk() {
    lab::inside("disk::a_log_gives_up_what_the_records_need_of_a_disk", || {
        let mut herd = Herd::new();
        let disk = SmallDisk::at(&herd.path("data"), "8m");
        herd.start_with("Welsh", &[ALWAYS]);
        herd.kill("Welsh");
        fs::remove_file(herd.path("data/Welsh.redb")).unwrap();
        let old = herd.path("data/Welsh.log.1");
        fs::rename(disk.fill(), &old).unwrap();
        herd.start_with("Welsh", &[ALWAYS]);
        assert!(!old.exists(), "the log of the last run had taken all of it");
        let mut client = herd.client("Welsh");
        for batch in 0..ROUNDS {
            let id = |number: u32| format!("client-{}", (batch * BATCH + number) % CLIENTS);
            client.send((0..BATCH).map(|n| format!("IAMAT {} +1-1 {batch}\n", id(n))).collect::<String>());
            for _ in 0..BATCH {
                let reply = String::from_utf8(client.line().unwrap()).unwrap();
                assert!(reply.starts_with("AT Welsh "), "{reply}: {}", herd.said("Welsh"));
            }
        }
        herd.kill("Welsh");
        herd.start_with("Welsh", &[ALWAYS]);
        for number in (0..CLIENTS).step_by(500) {
            assert!(herd.knows("Welsh", &format!("client-{number}")).is_some());
        }
        drop(disk);
    });
}

/// Twice as much log as the disk holds; and of the records more than would fit beside a log that has taken what it could.
const ROUNDS: u32 = 500;
const BATCH: u32 = 100;
const CLIENTS: u32 = 10_000;

#[test]
fn the_log_may_be_on_another_disk() {
    lab::inside("disk::the_log_may_be_on_another_disk", || {
        let mut herd = Herd::new();
        let disk = SmallDisk::at(&herd.path("logs"), "256k");
        let flag = "--set=log.dir=logs";
        herd.start_with("Welsh", &[ALWAYS, flag]);
        acknowledged(&herd, &Ledger::default(), 5_000);
        eventually("the log is full", || {
            herd.said("Welsh").contains("cannot write logs/Welsh.log: No space left")
        });
        acknowledged(&herd, &Ledger::default(), 100);
        assert!(!herd.path("data/Welsh.log").exists());
        drop(disk);
    });
}
