//! Two stores with a resync between them, and nothing else.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::walk::PASSED;
use super::*;
use crate::command::{AtLine, Command};
use crate::store::{BUCKETS, Leaf, Leaves, Record};

fn at(line: &[u8]) -> AtLine<'_> {
    match Command::parse(line) {
        Ok(Command::At(at)) => at,
        other => panic!("{other:?}"),
    }
}

fn hear(store: &mut Store, line: &[u8]) {
    store.accept(&at(line));
}

fn store<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Store {
    let mut store = Store::default();
    for line in lines {
        store.accept(&at(line.as_ref()));
    }
    store
}

fn many(count: usize) -> Store {
    store((0..count).map(|number| format!("AT Ball +0.000000000 id-{number} +34.068930-118.445127 5")))
}

/// Ids that all lie in one bucket: most of its leaves hold one of them, some hold more.
fn of_one_bucket() -> &'static [String] {
    static IDS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let is_in = |id: &String| Bucket::of(id.as_bytes()) == Bucket::of(b"kiwi");
        (0..).map(|number: u32| number.to_string()).filter(is_in).take(100).collect()
    });
    &IDS
}

/// A line about each of them.
fn about(ids: &[String]) -> Vec<String> {
    ids.iter().map(|id| format!("AT Ball +0.000000000 {id} +34.068930-118.445127 5")).collect()
}

/// Lets `resync` hear the digest of `theirs`.
fn hear_buckets(resync: &mut Resync, ours: &Store, theirs: &Store) {
    assert_eq!(resync.due(true), Due::Compare);
    resync.compare();
    print_digest(theirs.digest(), |line| {
        assert_eq!(resync.due(false), Due::Nothing);
        assert_eq!(resync.hear(line, ours), Ok(()));
    });
}

/// Lets it hear the leaves, too, as often as it asks: the buckets of each question.
fn hear_digest(resync: &mut Resync, ours: &Store, theirs: &Store) -> Vec<usize> {
    hear_buckets(resync, ours, theirs);
    let mut questions = Vec::new();
    while resync.due(true) == Due::Question {
        let buckets = read_question(resync.question().trim_end().as_bytes()).unwrap();
        print_leaves(&buckets, theirs, |line| {
            assert_eq!(resync.due(true), Due::Nothing);
            assert_eq!(resync.hear(line, ours), Ok(()));
        });
        questions.push(buckets.len());
    }
    questions
}

/// The lines of the next batch, which is marked.
fn batch(resync: &mut Resync, ours: &Store) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let mark = resync.batch(ours, |line| lines.push(line.to_vec()));
    assert_eq!(resync.due(true), Due::Nothing, "a mark is due");
    assert_eq!(resync.hear(print_mark("MARKED", mark).trim_end().as_bytes(), ours), Ok(()));
    lines
}

/// A whole resync: what it took, and in how many batches.
fn tell(ours: &Store, theirs: &mut Store) -> (Tally, usize) {
    let (mut resync, mut batches) = (Resync::default(), 0);
    hear_digest(&mut resync, ours, theirs);
    while resync.due(false) == Due::Batch {
        let lines = batch(&mut resync, ours);
        lines.iter().for_each(|line| hear(theirs, line));
        batches += 1;
    }
    assert_eq!(resync.due(false), Due::Synced);
    (resync.synced(), batches)
}

#[test]
fn who_holds_the_same_is_told_nothing() {
    let (ours, mut theirs) = (many(1000), many(1000));
    assert_eq!(tell(&ours, &mut theirs), (Tally { records: 0, buckets: 0 }, 0));
}

#[test]
fn who_holds_nothing_is_told_everything_and_tells_nothing() {
    let (ours, mut theirs) = (many(10_000), Store::default());
    assert_eq!(tell(&theirs, &mut ours.clone()).0.records, 0);
    let (tally, batches) = tell(&ours, &mut theirs);
    assert_eq!(tally.records, 10_000);
    assert!((15..25).contains(&batches), "{batches}");
    assert_eq!(theirs.digest(), ours.digest());
}

#[test]
fn of_a_bucket_that_holds_few_all_is_told() {
    let ids = &of_one_bucket()[..8];
    let (mut ours, mut theirs) = (store(about(ids)), store(about(ids)));
    let line = format!("AT Ball +0.000000000 {} +1-1 6", ids[3]);
    hear(&mut ours, line.as_bytes());
    assert_eq!(tell(&ours, &mut theirs).0, Tally { records: 8, buckets: 1 });
    assert_eq!(theirs.get(ids[3].as_bytes()).unwrap().line(), line.as_bytes());
}

#[test]
fn of_a_bucket_that_holds_many_only_the_leaf_that_differs_is_told() {
    let ids = of_one_bucket();
    let (mut ours, mut theirs) = (store(about(ids)), store(about(ids)));
    let line = format!("AT Ball +0.000000000 {} +1-1 6", ids[77]);
    hear(&mut ours, line.as_bytes());
    let leaf = Leaf::of(ids[77].as_bytes());
    let records = ids.iter().filter(|id| Leaf::of(id.as_bytes()) == leaf).count() as u64;
    assert_eq!(tell(&ours, &mut theirs).0, Tally { records, buckets: 1 });
    assert!(records < 8 && theirs.digest() == ours.digest());
    let mut more = ours.clone();
    let known: Vec<Leaf> = ids.iter().map(|id| Leaf::of(id.as_bytes())).collect();
    let new = (0..).map(|n: u32| format!("new-{n}")).find(|id| {
        Bucket::of(id.as_bytes()) == Bucket::of(b"kiwi") && !known.contains(&Leaf::of(id.as_bytes()))
    });
    hear(&mut more, about(&[new.unwrap()])[0].as_bytes());
    assert_eq!(
        tell(&ours, &mut more),
        (Tally { records: 0, buckets: 1 }, 0),
        "what is empty here needs no batch"
    );
}

/// One leaf of each bucket differs, so most records are gone past: a turn of the loop must not go past them all.
#[test]
fn a_batch_goes_past_so_many_records_at_most_be_there_few_to_send() {
    let count = 100 * BUCKETS;
    let (mut ours, mut theirs) = (many(count), many(count));
    for bucket in Bucket::all() {
        let id = ours.bucket(bucket).next().unwrap().id().to_vec();
        let line = [b"AT Ball +0.000000000 ", &id[..], b" +1-1 6"].concat();
        hear(&mut ours, &line);
    }
    let (tally, batches) = tell(&ours, &mut theirs);
    assert!(tally.records < 5 * BUCKETS as u64, "{tally}");
    assert!(batches > count / PASSED, "{batches}");
    assert_eq!(theirs.digest(), ours.digest());
}

#[test]
fn a_bucket_that_is_left_out_of_the_answer_is_told_whole() {
    let ids = of_one_bucket();
    let (ours, theirs) = (store(about(ids)), store(about(&ids[1..])));
    let mut resync = Resync::default();
    hear_buckets(&mut resync, &ours, &theirs);
    assert_eq!(resync.question(), format!("COMPARE {:03x}\n", Bucket::of(b"kiwi").number()));
    assert_eq!(resync.hear(b"DIGEST", &ours), Ok(()));
    assert_eq!(batch(&mut resync, &ours).len(), 100);
}

#[test]
fn questions_have_their_bound_and_there_are_none_where_one_side_is_empty() {
    let (ours, theirs) = (many(BUCKETS * 20), store(about(&["kiwi".to_owned()])));
    assert_eq!(hear_digest(&mut Resync::default(), &ours, &theirs), [1]);
    let theirs = store((0..BUCKETS * 20).map(|number| format!("AT Ball +0.000000000 id-{number} +1-1 4")));
    let questions = hear_digest(&mut Resync::default(), &ours, &theirs);
    assert!(questions.iter().rev().skip(1).all(|buckets| *buckets == 32), "{questions:?}");
    assert!(questions.iter().sum::<usize>() > BUCKETS - BUCKETS / 20);
}

#[test]
fn a_batch_has_its_bound_and_a_longer_line_goes_alone() {
    let long = format!("AT Ball +0.000000000 {} +1-1 5", "x".repeat(BATCH + 1));
    let mut ours = many(2000);
    ours.accept(&at(long.as_bytes()));
    let mut resync = Resync::default();
    hear_digest(&mut resync, &ours, &Store::default());
    let mut alone = 0;
    while resync.due(false) == Due::Batch {
        let lines = batch(&mut resync, &ours);
        let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
        assert!(bytes <= BATCH || lines.len() == 1, "{bytes} bytes");
        alone += usize::from(bytes > BATCH);
    }
    assert_eq!(alone, 1);
}

#[test]
fn what_comes_after_the_comparison_is_news_and_a_record_goes_as_it_is() {
    let mut ours = store([&b"AT Ball +0.000000000 kiwi +1-1 5"[..]]);
    let mut resync = Resync::default();
    hear_digest(&mut resync, &ours, &Store::default());
    (0..5000).for_each(|n| hear(&mut ours, format!("AT Ball +0.000000000 {n} +1-1 5").as_bytes()));
    ours.accept(&at(b"AT Ball +0.000000000 kiwi +2-2 6"));
    assert_eq!(batch(&mut resync, &ours), [b"AT Ball +0.000000000 kiwi +2-2 6"]);
    assert_eq!(resync.due(false), Due::Synced);
}

#[test]
fn who_falls_behind_is_compared_again_before_it_is_synced() {
    let ours = many(1000);
    let mut resync = Resync::default();
    assert_eq!(resync.due(false), Due::Nothing);
    hear_digest(&mut resync, &ours, &Store::default());
    assert_eq!(resync.due(true), Due::Batch, "what is under way is finished first");
    while resync.due(true) == Due::Batch {
        batch(&mut resync, &ours);
    }
    hear_digest(&mut resync, &ours, &ours);
    assert_eq!(resync.due(false), Due::Synced);
    assert_eq!(resync.synced().records, 1000, "both rounds are counted");
    assert!(resync.is_idle());
}

#[test]
fn what_was_not_asked_and_what_is_no_answer_is_refused() {
    let (ours, crowd) = (many(10), store(about(of_one_bucket())));
    let refused = |stage: &dyn Fn(&mut Resync), line: &[u8]| {
        let mut resync = Resync::default();
        stage(&mut resync);
        resync.hear(line, &ours).unwrap_err()
    };
    let asked = |resync: &mut Resync| resync.compare();
    let marking = |resync: &mut Resync| {
        hear_digest(resync, &ours, &Store::default());
        resync.batch(&ours, |_| {});
    };
    assert_eq!(refused(&|_| {}, b"DIGEST"), Refusal::Unasked);
    assert_eq!(refused(&|_| {}, b"MARKED 0"), Refusal::Unasked);
    assert_eq!(refused(&|_| {}, b"AT x"), Refusal::Malformed);
    assert_eq!(refused(&asked, b"MARKED 0"), Refusal::Unasked);
    assert_eq!(refused(&asked, b"DIGEST x"), Refusal::Digest);
    assert_eq!(refused(&asked, b"DIGESTS"), Refusal::Digest);
    assert_eq!(refused(&marking, b"DIGEST"), Refusal::Unasked);
    let mut planning = Resync::default();
    hear_buckets(&mut planning, &crowd, &store(about(&of_one_bucket()[1..])));
    assert_eq!(planning.hear(b"DIGEST", &crowd), Err(Refusal::Unasked), "no finer question has gone yet");
    let asking = |resync: &mut Resync| {
        hear_buckets(resync, &crowd, &store(about(&of_one_bucket()[1..])));
        resync.question();
    };
    let other = format!("DIGEST {:03x}", Bucket::of(b"apple").number());
    assert_eq!(refused(&asking, other.as_bytes()), Refusal::Unasked);
    assert_eq!(refused(&asking, b"DIGEST x"), Refusal::Digest);
    assert_eq!(refused(&asking, b"MARKED 0"), Refusal::Unasked);
    let twice = |resync: &mut Resync| {
        asking(resync);
        let line = format!("DIGEST {:03x}", Bucket::of(b"kiwi").number());
        assert_eq!(resync.hear(line.as_bytes(), &crowd), Ok(()));
    };
    let again = format!("DIGEST {:03x}", Bucket::of(b"kiwi").number());
    assert_eq!(refused(&twice, again.as_bytes()), Refusal::Unasked);
    for line in [&b"MARKED 2"[..], b"MARKED 0", b"MARKED", b"MARKED 1 ", b"MARKEDx1"] {
        assert_eq!(refused(&marking, line), Refusal::Mark);
    }
}

/// Tells `theirs` the rest, with a disk that holds `all`; how many buckets were read from it.
fn tell_with_disk(resync: &mut Resync, ours: &Store, all: &Store, theirs: &mut Store) -> usize {
    let mut read = 0;
    while resync.due(false) == Due::Batch {
        if let Some(bucket) = resync.reads(ours) {
            assert_eq!(resync.due(true), Due::Nothing, "it is being read");
            resync.read(None, ours);
            assert_eq!(resync.reads(ours), Some(bucket), "and is to be read again");
            let lines = all.bucket(bucket).map(|record| record.line().to_vec()).collect();
            resync.read(Some(lines), ours);
            read += 1;
        } else {
            batch(resync, ours).iter().for_each(|line| hear(theirs, line));
        }
    }
    read
}

#[test]
fn what_lies_on_disk_alone_is_told_too_and_no_leaves_of_it() {
    let (all, mut ours) = (many(20_000), Store::bounded(100));
    all.records().for_each(|record| ours.load(&record.as_at_line()));
    ours.keep_changes(true);
    let known = String::from_utf8(ours.records().next().unwrap().id().to_vec()).unwrap();
    ours.accept(&at(format!("AT Ball +0.000000000 {known} +1-1 6").as_bytes()));
    let (mut theirs, mut resync) = (many(10_000), Resync::default());
    let asked: usize = hear_digest(&mut resync, &ours, &theirs).iter().sum();
    assert!(asked < 20, "{asked} are asked about finer, those that are whole");
    assert!(tell_with_disk(&mut resync, &ours, &all, &mut theirs) > 1000);
    assert_eq!((theirs.digest(), theirs.len()), (ours.digest(), 20_000));
    let mut leaves = 0;
    print_leaves(&[Bucket::of(b"id-19999")], &ours, |_| leaves += 1);
    assert_eq!(leaves, 1, "only the end");
}

#[test]
fn what_leaves_memory_between_two_batches_is_told_too() {
    let long = "B".repeat(1000);
    let mut ours = Store::bounded(1);
    ours.keep_changes(true);
    for id in of_one_bucket() {
        ours.accept(&at(format!("AT {long} +0.000000000 {id} +1-1 5").as_bytes()));
    }
    let (all, mut theirs, mut resync) = (ours.clone(), Store::default(), Resync::default());
    hear_digest(&mut resync, &ours, &theirs);
    assert_eq!(resync.reads(&ours), None);
    batch(&mut resync, &ours).iter().for_each(|line| hear(&mut theirs, line));
    ours.take_changes(usize::MAX, |_| {});
    ours.settle();
    assert!(ours.evict() > 50 && theirs.len() < 50);
    assert_eq!(tell_with_disk(&mut resync, &ours, &all, &mut theirs), 1);
    assert_eq!(theirs.digest(), all.digest());
}

proptest! {
    #[test]
    fn any_two_stores_hold_the_same_after_one_resync_each_way(
        one in prop::collection::vec("AT (A|B) \\+0\\.00000000[01] [a-d]{1,3} \\+[01]-1 [12]", 0..60),
        other in prop::collection::vec("AT (A|B) \\+0\\.00000000[01] [a-d]{1,3} \\+[01]-1 [12]", 0..60),
    ) {
        let (mut one, mut other) = (store(one), store(other));
        tell(&one, &mut other);
        tell(&other, &mut one);
        prop_assert_eq!(one.digest(), other.digest());
        prop_assert_eq!(one.len(), other.len());
    }

    #[test]
    fn of_a_bucket_that_holds_many_nothing_is_told_but_what_lies_in_a_leaf_that_differs(
        one in prop::collection::vec((0..100_usize, "[4-6]"), 40..120),
        other in prop::collection::vec((0..100_usize, "[4-6]"), 0..120),
    ) {
        let line = |(place, time): &(usize, String)| {
            format!("AT Ball +0.000000000 {} +1-1 {time}", of_one_bucket()[*place])
        };
        let (mut one, mut other) = (store(one.iter().map(line)), store(other.iter().map(line)));
        let leaves = |store: &Store| Leaves::of(store.bucket(Bucket::of(b"kiwi")));
        let (ours, theirs, is_empty) = (leaves(&one), leaves(&other), other.is_empty());
        let is_to_be_told = |record: &&Record| {
            let leaf = Leaf::of(record.id());
            is_empty || ours.get(leaf) != theirs.get(leaf)
        };
        let told = one.records().filter(is_to_be_told).count() as u64;
        prop_assert_eq!(tell(&one, &mut other).0.records, told);
        tell(&other, &mut one);
        prop_assert_eq!(one.digest(), other.digest());
        prop_assert_eq!(leaves(&one), leaves(&other));
    }

    #[test]
    fn arbitrary_lines_do_no_harm(line in prop::collection::vec(any::<u8>(), 0..60), begun: bool) {
        for word in [&b""[..], b"DIGEST ", b"MARKED "] {
            let mut resync = Resync::default();
            if begun {
                resync.compare();
            }
            let _ = resync.hear(&[word, &line[..]].concat(), &Store::default());
        }
    }
}

#[test]
fn a_tally_says_what_a_neighbour_lacked() {
    let said = |records, buckets| Tally { records, buckets }.to_string();
    assert_eq!(said(1, 1), "told what it lacked: 1 record (1 bucket differed)");
    assert_eq!(said(2, 1), "told what it lacked: 2 records (1 bucket differed)");
    assert_eq!(said(3, 2), "told what it lacked: 3 records (2 buckets differed)");
    assert_eq!(said(0, 0), "lacks nothing");
    assert_eq!(said(0, 1), "lacks nothing", "it knows more than we do");
}
