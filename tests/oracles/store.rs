//! A store holds of each client the line that the rule says, whatever comes in whichever order; its digest
//! says what it holds, and its list of changes what a journal must be told.
//!
//! The input: operations, each of some bytes. There are few clients, servers, places and times, so that every
//! kind of tie comes up.

use std::collections::BTreeMap;

use herd::command::AtLine;
use herd::store::{Bucket, Digest, Record, Store, hash_of};

use super::at_line::{at_line, is_newer};
use super::draw::Draw;

/// Lines by client.
type Lines = BTreeMap<Vec<u8>, Vec<u8>>;

const IDS: [&str; 6] = [
    "kiwi",
    "k",
    "\u{a0}",
    "kiwi.cs.ucla.edu",
    "AT",
    "a-client-whose-line-is-so-long-that-it-\
    does-not-lie-in-its-record-but-beside-it-in-a-buffer-of-its-own",
];
const TIMES: [&str; 12] = [
    "0",
    "1",
    "1.5",
    "1.50",
    "01.5",
    "1.4999999999",
    "1.49999999999",
    "9",
    "10",
    "10.0",
    "1479413884.392014450",
    "999999999999999999.000000001",
];
const PLACES: [&str; 4] = ["+34.068930-118.445127", "+0+0", "-0+0", "+0.0+0"];
const SERVERS: [&str; 3] = ["Alford", "Ball", "Ballard"];
const DIFFERENCES: [&str; 3] = ["+0.000000000", "-0.000000001", "+0.263873386"];

pub(crate) fn check(input: &[u8]) {
    let mut draw = Draw(input);
    let orders = draw.below(4);
    let (mut store, mut journal) = (Store::default(), Lines::new());
    store.keep_changes(true);
    let (mut model, mut told) = (Lines::new(), Vec::new());
    while !draw.is_empty() {
        match draw.below(8) {
            0 => tell_journal(&mut store, &mut journal, draw.below(4)),
            1 => report(&mut store, &mut model, &a_line(&mut draw)),
            _ => {
                let line = a_line(&mut draw);
                accept(&mut store, &mut model, &line);
                told.push(line);
            }
        }
    }
    check_contents(&store, &model);
    tell_journal(&mut store, &mut journal, usize::MAX);
    assert_eq!(journal, model, "the journal was told of every change");
    assert_eq!(store.take_changes(1, |_| panic!("a change that was taken is listed")), store.changes());
    if orders == 0 {
        check_orders(&mut told); // which takes a while
    }
}

fn a_line(draw: &mut Draw<'_>) -> Vec<u8> {
    let (server, difference) = (draw.one_of(&SERVERS), draw.one_of(&DIFFERENCES));
    let (id, place, time) = (draw.one_of(&IDS), draw.one_of(&PLACES), draw.one_of(&TIMES));
    format!("AT {server} {difference} {id} {place} {time}").into_bytes()
}

fn parse(line: &[u8]) -> AtLine<'_> {
    match at_line(line) {
        Some(at) => at,
        None => panic!("{} is no AT line", line.escape_ascii()),
    }
}

/// A neighbour's line.
fn accept(store: &mut Store, model: &mut Lines, line: &[u8]) {
    let at = parse(line);
    let is_news = model.get(at.id).is_none_or(|held| is_newer(&at, &parse(held)));
    check_kept(store.accept(&at).map(Record::line), is_news, line);
    keep(model, is_news, &at, line);
}

/// A client's own: only a later time makes it news.
fn report(store: &mut Store, model: &mut Lines, line: &[u8]) {
    let at = parse(line);
    let is_news = model.get(at.id).is_none_or(|held| at.time > parse(held).time);
    check_kept(store.report(&at).map(Record::line), is_news, line);
    keep(model, is_news, &at, line);
}

fn check_kept(kept: Option<&[u8]>, is_news: bool, line: &[u8]) {
    assert_eq!(kept, is_news.then_some(line));
}

fn keep(model: &mut Lines, is_news: bool, at: &AtLine<'_>, line: &[u8]) {
    if is_news {
        model.insert(at.id.to_vec(), line.to_vec());
    }
}

/// What is listed is handed over once, as it is now, up to a number that only grows.
fn tell_journal(store: &mut Store, journal: &mut Lines, most: usize) {
    let (last, mut count) = (store.changes(), 0);
    let taken = store.take_changes(most, |record| {
        count += 1;
        let before = journal.insert(record.id().to_vec(), record.line().to_vec());
        assert_ne!(before.as_deref(), Some(record.line()), "a line that did not change");
    });
    assert!(count <= most && taken <= last && last == store.changes());
    assert!(taken == last || count == most, "it hands over what there is");
}

fn check_contents(store: &Store, model: &Lines) {
    let held: Lines = store.records().map(|record| (record.id().to_vec(), record.line().to_vec())).collect();
    assert_eq!(held, *model);
    assert_eq!((store.len(), store.is_empty()), (model.len(), model.is_empty()));
    let mut digest = Digest::default();
    for (id, line) in model {
        let bucket = Bucket::of(id);
        digest.set(bucket, digest.get(bucket) ^ hash_of(line));
        assert_eq!(store.get(id).map(Record::line), Some(&line[..]));
        assert!(store.bucket(bucket).any(|record| record.id() == id));
    }
    assert!(digest == *store.digest() && digest.differing(store.digest()).is_empty());
}

/// The same lines in any order make equal stores.
fn check_orders(told: &mut Vec<Vec<u8>>) {
    let contents = |told: &[Vec<u8>]| {
        let (mut store, mut model) = (Store::default(), Lines::new());
        told.iter().for_each(|line| accept(&mut store, &mut model, line));
        assert_eq!(store.changes(), 0, "nobody wanted a list");
        (store.digest().clone(), model)
    };
    let once = contents(told);
    told.reverse();
    assert!(contents(told) == once, "backwards");
    told.extend_from_within(..told.len() / 2);
    told.sort_by_key(|line| hash_of(line));
    assert!(contents(told) == once, "shuffled, and some twice");
}
