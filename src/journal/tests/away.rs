//! A server that keeps fewer records in memory than there are clients.

use std::sync::Mutex;

use reactor::testing::Harness;

use super::server::{Stage, fields};
use super::*;

const MOST: usize = 2;

fn reports(time: u32) -> String {
    (0..10).map(|n| format!("IAMAT client-{n} +1-1 {time}\n")).collect()
}

fn replies(time: u32) -> Vec<String> {
    (0..10).map(|n| format!("AT Ball client-{n} +1-1 {time}")).collect()
}

/// Ten clients have reported, and two of them are in memory.
fn crowded() -> Stage {
    let mut stage = Stage::bounded(Durability::Always, MOST);
    assert_eq!(stage.ask(&reports(5)), replies(5));
    let Herd { store, .. } = stage.harness.app();
    assert_eq!((store.len(), store.known()), (MOST, 10));
    stage
}

#[test]
fn who_has_left_memory_is_answered_as_if_he_had_not_and_in_order() {
    let mut stage = crowded();
    let questions = (0..10).map(|n| format!("WHATSAT client-{n} 10 1\nwhat\nIAMAT client-{n} +1-1 4\n"));
    let heard = stage.ask(&questions.collect::<String>());
    let expected = (0..10).flat_map(|n| {
        let at = |time| format!("AT Ball client-{n} +1-1 {time}");
        [at(5), "? what".to_owned(), at(4)]
    });
    assert_eq!(heard, expected.collect::<Vec<_>>());
    assert_eq!(stage.ask(&reports(6)), replies(6));
    let counters = stage.counters();
    assert!(counters.found >= 8 && counters.evicted >= 16, "{counters}");
    assert_eq!(stage.on_disk(), replies(6));
}

/// The `n`th of those whose records lie on disk alone.
fn away(stage: &mut Stage, n: usize) -> String {
    let store = &stage.harness.app().store;
    let ids = (0..10).map(|n| format!("client-{n}"));
    ids.filter(|id| store.get(id.as_bytes()).is_none()).nth(n).unwrap()
}

/// Has these clients sought, all at once; what became of each gathers in `told`.
fn seek(stage: &mut Stage, ids: &[String], told: &Arc<Mutex<Vec<Sought>>>) {
    let Harness { reactor, net, .. } = &mut stage.harness;
    reactor.enter(net, |cx| {
        for id in ids {
            let told = Arc::clone(told);
            let done = cx.reactor.app_reply(move |_, sought| told.lock().unwrap().push(sought));
            cx.app.seek(&mut cx.reactor, id.as_bytes(), done);
        }
    });
    stage.harness.settle();
}

#[test]
fn one_whose_record_is_altered_is_new_and_whoever_is_sought_with_him_is_found() {
    let (mut stage, told) = (crowded(), Arc::default());
    let ids: Vec<String> = (0..5).map(|n| away(&mut stage, n)).collect();
    alter(&stage.harness.app().journal.disk().unwrap(), &ids[2]);
    seek(&mut stage, &ids, &told);
    let told = told.lock().unwrap().clone();
    assert_eq!(told, [Sought::Found, Sought::Found, Sought::Unknown, Sought::Found, Sought::Found]);
    let counters = stage.counters();
    assert_eq!((counters.altered, counters.unread, counters.failed), (1, 0, 0));
    let report = format!("IAMAT {} +1-1 4\n", ids[2]);
    assert_eq!(stage.ask(&report), [format!("AT Ball {} +1-1 4", ids[2])]);
    assert_eq!(stage.on_disk().len(), 10, "the file is whole again");
}

#[test]
fn whoever_goes_while_the_disk_is_silent_is_sought_no_more() {
    let (mut stage, told) = (crowded(), Arc::default());
    let ids = [away(&mut stage, 0), away(&mut stage, 1)];
    stage.hold_commits(true);
    seek(&mut stage, &ids[..1], &told); // it is under way, and does not come back
    stage.ask(&format!("WHATSAT {} 10 1\n", ids[1]));
    assert_eq!(stage.harness.app().journal.search.wanted(), 1);
    let idle = stage.harness.app().rules.idle;
    stage.harness.advance(idle);
    assert!(stage.harness.lost().is_some());
    assert_eq!(stage.harness.app().journal.search.wanted(), 0);
}

#[test]
fn who_is_sought_in_vain_is_new() {
    let mut stage = crowded();
    let new = (0..500).map(|n| format!("IAMAT new-{n} +1-1 5\n")).collect::<String>();
    assert!(stage.ask(&new).iter().all(|reply| reply.starts_with("AT Ball new-")));
    let asked = stage.ask("WHATSAT nobody 10 1\nWHATSAT new-7 10 1\n");
    assert_eq!(asked, ["? WHATSAT nobody 10 1", "AT Ball new-7 +1-1 5"]);
    assert_eq!(stage.on_disk().len(), 510);
}

#[test]
fn who_cannot_be_sought_is_refused_until_the_disk_is_well() {
    let mut stage = Stage::bounded(Durability::Everysec, MOST);
    stage.ask(&reports(5));
    stage.harness.advance(SECOND);
    let report = format!("IAMAT {} +1-1 6", away(&mut stage, 0));
    stage.disk.fail_after(0, true);
    stage.hear("AT Welsh +0.000000000 plum +34.068930-118.445127 5");
    stage.harness.advance(SECOND); // the file is closed, so nothing of it is in redb's memory
    assert_eq!(stage.ask(&format!("{report}\n")), [format!("? {report}")]);
    assert_eq!(stage.counters().unread, 1);
    stage.disk.mend();
    stage.harness.advance(SECOND);
    assert_eq!(stage.ask(&format!("{report}\n")), [report.replace("IAMAT", "AT Ball")]);
}

#[test]
fn without_a_disk_whoever_is_one_too_many_is_refused() {
    let mut stage = Stage::bounded(Durability::No, MOST);
    let heard = stage.ask("IAMAT a +1-1 5\nIAMAT b +1-1 5\nIAMAT c +1-1 5\nIAMAT a +1-1 6\nWHATSAT c 10 1\n");
    let expected =
        ["AT Ball a +1-1 5", "AT Ball b +1-1 5", "? IAMAT c +1-1 5", "AT Ball a +1-1 6", "? WHATSAT c 10 1"];
    assert_eq!(heard, expected);
    assert_eq!(stage.harness.app().counters.refused_reports, 1);
}

#[test]
fn a_start_reads_up_to_the_bound_and_a_damaged_file_whole() {
    let (disk, written) = good();
    let whole = store(&written);
    let (_, read, _) = open_bounded(&disk, 100);
    assert_eq!((read.len(), read.known()), (100, 300));
    assert_eq!(read.digest(), whole.digest());

    let mut bytes = disk.contents();
    let places: Vec<usize> = memchr::memmem::find_iter(&bytes, b"client-299 ").collect();
    places.iter().for_each(|place| bytes[*place] ^= 1);
    disk.set_contents(bytes);
    let (journal, read, notice) = open_bounded(&disk, 100);
    assert!(notice.unwrap().contains("is damaged"));
    assert!((295..=300).contains(&read.len()) && read.len() == read.known());
    let on_disk = journal.disk().unwrap().bucket(Bucket::of(b"client-1")).unwrap().lines;
    assert_eq!(on_disk.len(), read.bucket(Bucket::of(b"client-1")).count());
    assert!(
        on_disk.iter().all(|line| fields(std::str::from_utf8(line).unwrap()).starts_with("AT Ball client-"))
    );
}

fn open_bounded(disk: &SimDisk, most: usize) -> (Journal, Store, Option<String>) {
    let volume = || Box::new(SimVolume(disk.clone())) as Box<dyn Volume>;
    Journal::open_bounded(Durability::Always, volume, "Ball", most).unwrap()
}
