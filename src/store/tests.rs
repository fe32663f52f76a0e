//! What wins, what is listed, what the digest tells, and what leaves memory.

use std::collections::BTreeSet;

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
    "AT (Alford|Ball) \\+0\\.00000000[01] (kiwi|plum) \\+[01]-1 [12](\\.[05]{1,2})?"
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
