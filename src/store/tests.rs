//! What wins, what is listed, what the digest tells, and what leaves memory.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::command::Command;

fn at(line: &str) -> AtLine<'_> {
    match Command::parse(line.as_bytes()) {
        Ok(Command::At(at)) => at,
        other => panic!("{other:?}"),
    }
}

fn line(store: &Store) -> &[u8] {
    store.get(b"kiwi").unwrap().line()
}

const OLD: &str = "AT Ball +1.000000000 kiwi +1-1 1479413884.392014450";
const NEW: &str = "AT Alford +1.000000000 kiwi +2-2 1479413884.392014451";

#[test]
fn newest_wins_whatever_the_order_of_arrival() {
    for lines in [[OLD, NEW], [NEW, OLD]] {
        let mut store = Store::default();
        for line in lines {
            store.accept(&at(line));
        }
        assert_eq!(line(&store), NEW.as_bytes());
    }
}

#[test]
fn a_report_of_equal_time_is_not_kept() {
    let mut store = Store::default();
    assert!(store.report(&at(OLD)).is_some());
    assert!(store.report(&at("AT Welsh +9.000000000 kiwi +9-9 1479413884.39201445")).is_none());
    assert!(store.report(&at("AT Welsh +9.000000000 kiwi +9-9 1479413884.39")).is_none());
    assert_eq!(line(&store), OLD.as_bytes());
    assert!(store.report(&at(NEW)).is_some());
    assert_eq!(line(&store), NEW.as_bytes());
}

#[test]
fn an_at_line_of_equal_time_goes_by_the_total_order() {
    let mut store = Store::default();
    assert!(store.accept(&at(OLD)).is_some());
    let tie = "AT Welsh +1.000000000 kiwi +1-1 1479413884.392014450";
    assert!(store.accept(&at(tie)).is_some());
    assert!(store.accept(&at(OLD)).is_none());
    assert!(store.accept(&at(tie)).is_none());
    assert_eq!(line(&store), tie.as_bytes());
}

#[test]
fn clients_are_told_apart() {
    let mut store = Store::default();
    assert!(store.is_empty() && store.get(b"kiwi").is_none());
    for line in [OLD, "AT Ball +0.000000000 KIWI +1-1 5", "AT Ball +0.000000000 apple +1-1 5", NEW] {
        assert!(store.accept(&at(line)).is_some());
    }
    let ids: BTreeSet<&[u8]> = store.records().map(Record::id).collect();
    assert_eq!(ids, [&b"KIWI"[..], b"apple", b"kiwi"].into());
    assert_eq!(store.len(), 3);
}

#[test]
fn changes_are_listed_once_and_taken_as_they_are_now() {
    let mut store = Store::default();
    let take = |store: &mut Store, most| {
        let mut lines = Vec::new();
        let up_to = store.take_changes(most, |record| lines.push(record.line().to_vec()));
        (up_to, lines)
    };
    store.accept(&at(OLD));
    assert_eq!(take(&mut store, 9), (0, vec![]), "nobody wanted to know");
    store.keep_changes(true);
    store.accept(&at("AT Ball +0.000000000 apple +1-1 5"));
    store.accept(&at(NEW));
    store.accept(&at("AT Ball +0.000000000 apple +1-1 6"));
    assert_eq!(store.changes(), 2);
    let apple = b"AT Ball +0.000000000 apple +1-1 6".to_vec();
    assert_eq!(take(&mut store, 1), (1, vec![apple]));
    assert_eq!(take(&mut store, 9), (2, vec![NEW.as_bytes().to_vec()]));
    assert_eq!(take(&mut store, 9), (2, vec![]));
}

/// Few values, so that every kind of tie comes up.
fn lines() -> impl Strategy<Value = String> {
    "AT (Alford|Ball) \\+0\\.00000000[01] (kiwi|plum|pear|fig) \\+[01]-1 [12](\\.[05]{1,2})?"
}

fn heard<'a>(lines: impl IntoIterator<Item = &'a String>) -> Store {
    let mut store = Store::default();
    for line in lines {
        store.accept(&at(line));
    }
    store
}

proptest! {
    #[test]
    fn stores_that_heard_the_same_lines_agree(
        lines in prop::collection::vec(lines(), 1..20),
        turn in any::<usize>(),
    ) {
        let turn = turn % lines.len();
        let one = heard(&lines);
        let other = heard(lines[turn..].iter().rev().chain(&lines[..turn]));
        prop_assert_eq!(one.len(), other.len());
        for record in one.records() {
            prop_assert_eq!(other.get(record.id()).unwrap().line(), record.line());
            prop_assert!(one.bucket(Bucket::of(record.id())).any(|other| other.id() == record.id()));
        }
        prop_assert_eq!(one.digest(), other.digest());
    }

    #[test]
    fn stores_that_differ_are_told_apart_by_their_digests(
        one in prop::collection::vec(lines(), 1..20),
        other in prop::collection::vec(lines(), 1..20),
    ) {
        let lines = |store: &Store| -> BTreeSet<Vec<u8>> {
            store.records().map(|record| record.line().to_vec()).collect()
        };
        let (one, other) = (heard(&one), heard(&other));
        let differing = one.digest().differing(other.digest());
        prop_assert_eq!(differing.is_empty(), lines(&one) == lines(&other));
        for line in lines(&one).symmetric_difference(&lines(&other)) {
            let id = line.split(|&byte| byte == b' ').nth(3).unwrap();
            prop_assert!(differing.contains(&Bucket::of(id)));
        }
    }
}

/// A store for about `most` records, and the disk of a model: what was taken, by client.
struct Shared {
    store: Store,
    disk: BTreeMap<Vec<u8>, String>,
}

impl Shared {
    fn new(most: usize) -> Shared {
        let mut store = Store::bounded(most);
        store.keep_changes(true);
        Shared { store, disk: BTreeMap::new() }
    }

    /// Hears a line, as a server does.
    fn hear(&mut self, line: &str) -> bool {
        let at = at(line);
        self.seek(at.id);
        self.store.accept(&at).is_some()
    }

    fn seek(&mut self, id: &[u8]) {
        if self.store.may_be_away(id)
            && let Some(line) = self.disk.get(id)
        {
            self.store.take_back(&at(line));
        }
    }

    fn commit(&mut self) {
        self.take();
        self.store.settle();
    }

    fn take(&mut self) {
        let disk = &mut self.disk;
        self.store.take_changes(usize::MAX, |record| {
            disk.insert(record.id().to_vec(), String::from_utf8(record.line().to_vec()).unwrap());
        });
    }

    fn in_memory(&self) -> BTreeSet<&[u8]> {
        self.store.records().map(Record::id).collect()
    }
}

fn report(client: &str, time: u32) -> String {
    format!("AT Ball +0.000000000 {client} +1-1 {time}")
}

#[test]
fn what_is_on_disk_leaves_and_the_digest_tells_of_it_all_the_same() {
    let mut shared = Shared::new(2);
    for client in ["a", "b", "c", "d"] {
        shared.hear(&report(client, 1));
    }
    let digest = shared.store.digest().clone();
    assert_eq!(shared.store.evict(), 0, "nothing is on disk");
    shared.take();
    assert_eq!(shared.store.evict(), 0, "it may not get there");
    shared.store.settle();
    assert_eq!(shared.store.evict(), 2);
    assert_eq!((shared.store.len(), shared.store.known()), (2, 4));
    assert_eq!(*shared.store.digest(), digest);
    for client in ["a", "b", "c", "d"] {
        shared.seek(client.as_bytes());
        assert_eq!(shared.store.get(client.as_bytes()).unwrap().line(), report(client, 1).as_bytes());
    }
    assert_eq!((shared.store.len(), shared.store.known()), (4, 4));
    assert_eq!(*shared.store.digest(), digest);
    assert!(Bucket::all().all(|bucket| shared.store.is_whole(bucket)));
}

#[test]
fn who_has_changed_lately_stays() {
    let mut shared = Shared::new(10);
    for client in 0..20 {
        shared.hear(&report(&format!("client-{client}"), 1));
    }
    shared.commit();
    assert_eq!(shared.store.evict(), 10);
    let stayed: Vec<Vec<u8>> = shared.in_memory().into_iter().map(<[u8]>::to_vec).collect();
    let busy = String::from_utf8(stayed[0].clone()).unwrap();
    for round in 2..20 {
        shared.hear(&report(&busy, round));
        shared.hear(&report(&format!("new-{round}"), 1));
        shared.commit();
        shared.store.evict();
        assert!(shared.in_memory().contains(busy.as_bytes()), "round {round}");
        assert_eq!(shared.store.len(), 10);
    }
}

#[test]
fn what_has_changed_again_is_not_on_disk_and_stays() {
    let mut shared = Shared::new(1);
    shared.hear(&report("a", 1));
    shared.hear(&report("b", 1));
    shared.commit();
    shared.hear(&report("a", 2));
    shared.take();
    shared.hear(&report("b", 2));
    shared.store.settle();
    shared.store.evict();
    assert!(shared.in_memory().contains(&b"b"[..]), "it is listed");
}

#[test]
fn an_older_line_does_not_win_over_one_that_has_left() {
    let mut shared = Shared::new(1);
    shared.hear(&report("a", 2));
    shared.hear(&report("b", 2));
    shared.commit();
    shared.store.evict();
    assert!(!shared.hear(&report("a", 1)) && !shared.hear(&report("b", 1)));
    assert!(shared.hear(&report("a", 3)) && shared.hear(&report("b", 3)));
    shared.store.take_back(&at(&report("a", 2)));
    assert_eq!(
        shared.store.get(b"a").unwrap().line(),
        report("a", 3).as_bytes(),
        "what is in memory is newer"
    );
}

#[test]
fn a_store_is_read_up_to_its_bound_and_knows_of_the_rest() {
    let (mut all, mut some) = (Store::default(), Store::bounded(10));
    for client in 0..100 {
        let line = report(&format!("client-{client}"), 1);
        all.accept(&at(&line));
        some.load(&at(&line));
    }
    assert_eq!((some.len(), some.known()), (10, 100));
    assert_eq!(some.digest(), all.digest());
    assert!(some.may_be_away(b"client-99") && !some.may_be_away(b"client-0"));
}

#[test]
fn without_a_disk_there_is_room_for_so_many_and_nobody_leaves() {
    let mut store = Store::bounded(2);
    for client in ["a", "b"] {
        assert!(store.has_room_for(client.as_bytes()));
        store.accept(&at(&report(client, 1)));
    }
    assert!(!store.has_room_for(b"c") && store.has_room_for(b"a"));
    assert_eq!((store.evict(), store.len()), (0, 2));
}

#[test]
fn places_that_were_left_are_used_again_and_nobody_elses_changes() {
    let id = |n: u32| format!("id-{n}");
    let ids: Vec<String> =
        (0..).map(id).filter(|id| Bucket::of(id.as_bytes()) == Bucket::of(b"kiwi")).take(6).collect();
    let mut shared = Shared::new(2);
    for id in &ids[..4] {
        shared.hear(&report(id, 1));
    }
    shared.commit();
    shared.store.evict();
    let bucket = Bucket::of(b"kiwi");
    let places = |store: &Store| -> Vec<Option<Vec<u8>>> {
        store.slots(bucket).map(|slot| slot.map(|record| record.id().to_vec())).collect()
    };
    let before = places(&shared.store);
    shared.hear(&report(&ids[4], 1));
    shared.hear(&report(&ids[5], 1));
    let after = places(&shared.store);
    assert_eq!((before.len(), after.len()), (4, 4));
    assert!(before.iter().zip(&after).all(|(before, after)| before.is_none() || before == after));
    assert!(!shared.store.is_whole(bucket));
    assert_eq!(shared.store.departures(bucket), 2);
}

proptest! {
    /// Whatever leaves and whenever, the server knows what it would know without a bound.
    #[test]
    fn a_bound_changes_nothing_but_memory(
        lines in prop::collection::vec((lines(), 0..4_u8), 1..60),
        most in 1..3_usize,
    ) {
        let (mut shared, mut unbounded) = (Shared::new(most), Store::default());
        let mut under_way = false;
        for (line, step) in &lines {
            prop_assert_eq!(shared.hear(line), unbounded.accept(&at(line)).is_some());
            match step {
                0 if !under_way => {
                    shared.take();
                    under_way = true;
                }
                1 if under_way => {
                    shared.store.settle();
                    under_way = false;
                }
                2 => drop(shared.store.evict()),
                _ => {}
            }
            prop_assert_eq!(shared.store.digest(), unbounded.digest());
            prop_assert_eq!(shared.store.known(), unbounded.len());
        }
        for record in unbounded.records() {
            shared.seek(record.id());
            prop_assert_eq!(shared.store.get(record.id()).unwrap().line(), record.line());
        }
    }
}
