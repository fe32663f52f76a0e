//! A server and one client, with a disk that the test holds.

use protocols::Lines;
use reactor::Peer;
use reactor::testing::Harness;

use super::*;
use crate::herd::{Neighbours, Rules, ServerProtocol};
use crate::key::HerdKey;
use crate::places::Desk;
use crate::traffic_log::TrafficLog;

const REPORT: &str = "IAMAT kiwi +34.068930-118.445127 5\n";
const OLDER: &str = "IAMAT kiwi +34.068930-118.445127 4\n";

pub(super) struct Stage {
    pub(super) harness: Harness<Herd>,
    pub(super) disk: SimDisk,
}

impl Stage {
    fn new(durability: Durability) -> Stage {
        Stage::bounded(durability, usize::MAX)
    }

    pub(super) fn bounded(durability: Durability, most: usize) -> Stage {
        let disk = SimDisk::new(Random::seeded(1));
        let volume = Box::new(SimVolume(disk.clone()));
        Stage { disk, ..Stage::on(volume, durability, most) }
    }

    /// A server with its records there; the disk of the stage is another.
    pub(super) fn on(volume: Box<dyn Volume>, durability: Durability, most: usize) -> Stage {
        let (key, traffic, rules) = (HerdKey::new(&[1; 32]), TrafficLog::off(), Rules::default());
        let mut herd = Herd::new("Ball", Neighbours::default(), key, Desk::builtin(), traffic, rules);
        let disk = SimDisk::new(Random::seeded(1));
        (herd.journal, herd.store, _) = Journal::open_bounded(durability, || volume, "Ball", most).unwrap();
        let client = herd.admit(Peer::at(([10, 0, 0, 9], 1).into())).unwrap();
        let client = ServerProtocol::new(&herd.rules, client);
        Stage { harness: Harness::new(herd, Lines::new(client)), disk }
    }

    fn always() -> Stage {
        Stage::new(Durability::Always)
    }

    /// What the client hears, line by line.
    pub(super) fn ask(&mut self, lines: &str) -> Vec<String> {
        self.harness.receive(lines.as_bytes());
        self.heard()
    }

    fn heard(&mut self) -> Vec<String> {
        let sent = String::from_utf8(self.harness.take_sent()).unwrap();
        sent.lines().filter(|line| is_reply(line)).map(fields).collect()
    }

    /// Holds back the word of the threads: a commit that has been done is not known to be.
    pub(super) fn hold_commits(&mut self, hold: bool) {
        self.harness.net.hold_answers(hold);
        self.harness.settle();
    }

    /// What a server would find that starts now, with the power gone just before.
    pub(super) fn on_disk(&self) -> Vec<String> {
        let copy = SimDisk::new(Random::seeded(1));
        copy.set_contents(self.disk.contents());
        lines(&open(&copy).0).iter().map(|line| fields(line)).collect()
    }

    /// A neighbour's news.
    pub(super) fn hear(&mut self, line: &str) {
        let Harness { reactor, net, .. } = &mut self.harness;
        reactor.enter(net, |cx| {
            let Ok(Command::At(at)) = Command::parse(line.as_bytes()) else { panic!("{line}") };
            assert!(cx.app.store.accept(&at).is_some());
            cx.app.journal.changed(&mut cx.reactor);
        });
        self.harness.settle();
    }

    pub(super) fn counters(&mut self) -> JournalCounters {
        self.harness.app().journal.counters().clone()
    }
}

/// An answer to a WHATSAT has many lines; the first is enough here.
fn is_reply(line: &str) -> bool {
    line.starts_with("AT ") || line.starts_with("? ")
}

/// An AT line without its difference, which is of no interest here; and any other line.
pub(super) fn fields(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    if words[0] == "AT" {
        words.remove(2);
    }
    words.join(" ")
}

const KIWI: &str = "AT Ball kiwi +34.068930-118.445127 5";
const OLD_KIWI: &str = "AT Ball kiwi +34.068930-118.445127 4";

#[test]
fn a_reply_waits_for_the_commit_that_holds_it() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    assert!(stage.ask(REPORT).is_empty());
    stage.hold_commits(false);
    assert_eq!(stage.heard(), [KIWI]);
    assert_eq!(stage.on_disk(), [KIWI]);
}

#[test]
fn whatever_stands_behind_a_held_reply_waits_as_well_and_order_is_kept() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    let lines = format!("{REPORT}what\n{OLDER}WHATSAT kiwi 10 1\nwhere\n");
    assert!(stage.ask(&lines).is_empty());
    stage.hold_commits(false);
    assert_eq!(stage.heard(), [KIWI, "? what", OLD_KIWI, KIWI, "? where"]);
}

#[test]
fn an_older_report_waits_for_the_newer_one_that_outdid_it() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    stage.hear("AT Welsh +0.000000000 kiwi +34.068930-118.445127 5");
    assert!(stage.ask(OLDER).is_empty());
    stage.hold_commits(false);
    assert_eq!(stage.heard(), [OLD_KIWI]);
}

#[test]
fn nobody_is_shown_what_is_not_on_disk() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    stage.hear("AT Welsh +0.000000000 kiwi +34.068930-118.445127 5");
    assert!(stage.ask("WHATSAT kiwi 10 1\n").is_empty());
    stage.hold_commits(false);
    assert_eq!(stage.heard(), ["AT Welsh kiwi +34.068930-118.445127 5"]);
}

#[test]
fn pipelined_reports_share_a_commit() {
    let mut stage = Stage::always();
    let reports: String = (0..200).map(|n| format!("IAMAT client-{n} +1-1 5\n")).collect();
    assert_eq!(stage.ask(&reports).len(), 200);
    let counters = stage.counters();
    assert_eq!((counters.commits, counters.records), (1, 200));
    let again = "IAMAT kiwi +1-1 5\n".to_owned()
        + &(6..99).map(|n| format!("IAMAT kiwi +1-1 {n}\n")).collect::<String>();
    assert_eq!(stage.ask(&again).len(), 94);
    assert_eq!(stage.counters().records, 201, "of one client only the newest");
}

#[test]
fn a_client_that_has_much_to_say_is_read_no_further_until_the_disk_has_answered() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    let reports: String = (0..5000).map(|n| format!("IAMAT client-{n} +1-1 5\n")).collect();
    assert!(stage.ask(&reports).is_empty());
    assert!(!stage.harness.is_reading());
    stage.hold_commits(false);
    let heard = stage.heard();
    assert_eq!(heard.len(), 5000);
    assert!(heard.iter().enumerate().all(|(n, line)| *line == format!("AT Ball client-{n} +1-1 5")));
}

#[test]
fn a_client_that_has_hung_up_gets_its_replies_first() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    stage.ask(REPORT);
    stage.harness.peer_closes();
    assert!(stage.harness.lost().is_none());
    stage.hold_commits(false);
    assert_eq!(stage.heard(), [KIWI]);
    assert!(stage.harness.lost().is_some());
}

#[test]
fn whoever_goes_while_the_disk_is_silent_is_waited_for_no_more() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    stage.ask(REPORT);
    assert_eq!(stage.harness.app().journal.waiting.len(), 1);
    stage.harness.peer_resets();
    assert_eq!(stage.harness.app().journal.waiting.len(), 0);
}

#[test]
fn a_disk_that_fails_acknowledges_nothing() {
    let mut stage = Stage::always();
    stage.disk.fail_after(0, true);
    assert!(stage.ask(REPORT).is_empty());
    assert!(stage.harness.lost().is_some(), "he cannot be told whether it will be kept");
    let counters = stage.counters();
    assert_eq!((counters.failed, counters.closed), (1, 1));
    stage.disk.mend();
    stage.harness.advance(SECOND);
    assert_eq!(stage.on_disk(), [KIWI], "it may be, after all");
}

#[test]
fn while_the_disk_fails_reports_are_refused_and_questions_answered() {
    let mut stage = Stage::always();
    stage.ask(REPORT);
    stage.disk.fail_after(0, true);
    stage.hear("AT Welsh +0.000000000 plum +34.068930-118.445127 5");
    assert_eq!(stage.ask("IAMAT kiwi +1-1 6\n"), ["? IAMAT kiwi +1-1 6"]);
    assert_eq!(stage.ask("WHATSAT kiwi 10 1\n"), [KIWI]);
    assert_eq!(stage.ask("WHATSAT plum 10 1\n"), ["? WHATSAT plum 10 1"], "it is not on disk");
    stage.harness.advance(3 * SECOND);
    let counters = stage.counters();
    assert_eq!((counters.failed, counters.refused), (4, 1), "it is tried again every second");
    stage.disk.mend();
    stage.harness.advance(SECOND);
    assert_eq!(stage.ask("WHATSAT plum 10 1\n"), ["AT Welsh plum +34.068930-118.445127 5"]);
    assert_eq!(stage.ask("IAMAT kiwi +1-1 6\n"), ["AT Ball kiwi +1-1 6"]);
}

#[test]
fn a_disk_that_does_not_answer_is_told_of_once_a_commit() {
    let mut stage = Stage::always();
    stage.hold_commits(true);
    stage.ask(REPORT);
    stage.harness.advance(silence::PATIENCE - Duration::from_millis(1));
    assert_eq!(stage.counters().silent, 0);
    stage.harness.advance(Duration::from_millis(1));
    assert_eq!(stage.counters().silent, 1);
    stage.harness.advance(9 * silence::PATIENCE);
    assert_eq!(stage.counters().silent, 1);
    stage.hold_commits(false);
    assert_eq!(stage.heard(), [KIWI]);
    stage.hold_commits(true);
    stage.ask("IAMAT kiwi +1-1 6\n");
    stage.harness.advance(silence::PATIENCE);
    assert_eq!(stage.counters().silent, 2);
}

#[test]
fn a_commit_is_given_its_whole_time_however_soon_it_follows_another() {
    let mut stage = Stage::always();
    stage.ask(REPORT);
    stage.harness.advance(silence::PATIENCE / 2);
    stage.hold_commits(true);
    stage.ask("IAMAT kiwi +1-1 6\n");
    stage.harness.advance(silence::PATIENCE - Duration::from_millis(1));
    assert_eq!(stage.counters().silent, 0);
    stage.harness.advance(Duration::from_millis(1));
    assert_eq!(stage.counters().silent, 1);
}

#[test]
fn everysec_answers_at_once_and_is_on_disk_within_a_second() {
    let mut stage = Stage::new(Durability::Everysec);
    assert_eq!(stage.ask(REPORT), [KIWI]);
    assert!(stage.on_disk().is_empty());
    stage.harness.advance(SECOND);
    assert_eq!(stage.on_disk(), [KIWI]);
    stage.harness.advance(9 * SECOND);
    assert_eq!(stage.counters().commits, 1, "nothing has changed since");
}

#[test]
fn everysec_goes_on_while_the_disk_fails() {
    let mut stage = Stage::new(Durability::Everysec);
    stage.disk.fill();
    assert_eq!(stage.ask(REPORT), [KIWI]);
    stage.disk.fail_after(0, true);
    stage.harness.advance(3 * SECOND);
    assert_eq!(stage.ask("IAMAT plum +1-1 6\nWHATSAT plum 10 1\n"), ["AT Ball plum +1-1 6"; 2]);
    assert_eq!(stage.counters().failed, 3);
    stage.disk.mend();
    stage.harness.advance(3 * SECOND);
    assert_eq!(stage.on_disk().len(), 2);
}

#[test]
fn more_than_one_commits_share_is_written_without_another_second() {
    let mut stage = Stage::new(Durability::Everysec);
    let reports: String = (0..=MOST).map(|n| format!("IAMAT client-{n} +1-1 5\n")).collect();
    stage.ask(&reports);
    stage.harness.advance(SECOND);
    let counters = stage.counters();
    assert_eq!((counters.commits, counters.records), (2, MOST as u64 + 1));
}

#[test]
fn a_stop_waits_for_nothing_but_the_disk() {
    let mut stage = Stage::new(Durability::Everysec);
    stage.ask(REPORT);
    let Harness { reactor, net, .. } = &mut stage.harness;
    reactor.enter(net, |cx| cx.app.journal.hurry(&mut cx.reactor));
    stage.harness.settle();
    assert_eq!(stage.on_disk(), [KIWI]);
    let Herd { journal, store, .. } = stage.harness.app();
    assert!(journal.is_written(store));
}

#[test]
fn a_stop_that_stood_still_until_its_time_was_over_still_waits_for_the_disk_but_not_for_ever() {
    let mut stage = Stage::new(Durability::Everysec);
    stage.ask(REPORT);
    stage.hold_commits(true);
    let Harness { reactor, net, .. } = &mut stage.harness;
    reactor.enter(net, |cx| cx.app.journal.hurry(&mut cx.reactor));
    let now = |seconds: u64, looks: u32| Time::ZERO + Duration::from_secs(seconds) + looks * LOOK;
    let is_awaited = |stage: &mut Stage, now| {
        let Herd { journal, store, .. } = stage.harness.app();
        journal.is_awaited(store, now, Duration::from_secs(5))
    };
    assert!(is_awaited(&mut stage, now(0, 0)));
    assert!(
        (0..8).all(|look| is_awaited(&mut stage, now(60, look)) && is_awaited(&mut stage, now(60, look)))
    );
    assert!(is_awaited(&mut stage, now(60, 8)));
    assert!(!is_awaited(&mut stage, now(60, 9)), "the disk has had its time");
    stage.hold_commits(false);
    assert_eq!(stage.on_disk(), [KIWI]);
    assert!(!is_awaited(&mut stage, now(0, 1)), "all is written");
}

#[test]
fn without_durability_nothing_is_kept_and_nothing_listed() {
    let mut stage = Stage::new(Durability::No);
    assert_eq!(stage.ask(REPORT), [KIWI]);
    stage.harness.advance(9 * SECOND);
    assert_eq!(stage.disk.contents(), b"");
    assert_eq!(stage.harness.app().store.changes(), 0);
}
