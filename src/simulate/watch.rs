//! Looks at the stores while the herd runs, and says what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::Cluster;
use super::history::{History, Questions};
use crate::command::{AtLine, Command};
use crate::store::{Record, Store};

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Watch {
    /// For each process of a server, the last line seen of each client.
    seen: BTreeMap<(String, u32), BTreeMap<Vec<u8>, Vec<u8>>>,
    failures: Vec<String>,
}

impl Watch {
    /// Looks at one store: no line is altered, none is forgotten, and no older one wins.
    pub fn glance(&mut self, server: &str, process: u32, store: &Store, history: &mut History) {
        let seen = self.seen.entry((server.to_owned(), process)).or_default();
        if store.len() < seen.len() {
            self.failures.push(format!("{server} has forgotten clients"));
        }
        for record in store.records() {
            let old = seen.entry(record.id().to_vec()).or_default();
            if old == record.line() {
                continue;
            }
            history.saw(server, record.line());
            if parse(old).is_some_and(|old| !record.as_at_line().supersedes(&old)) {
                let (old, new) = (old.escape_ascii(), record.line().escape_ascii());
                self.failures.push(format!("{server}: an older line won: {old} was replaced by {new}"));
            }
            *old = record.line().to_vec();
        }
    }

    /// On a good network every report is answered, no server holds less than the newest acknowledged line
    /// of any client, and all hold the same lines.
    ///
    /// Of two reports of the same time, a server that has the one answers the other and drops it (the
    /// specification, section 3), so it is the time that counts here.
    pub fn expect_nothing_lost(&mut self, cluster: &Cluster) {
        let Some(history) = cluster.history() else { return };
        let (sent, acknowledged) = history.counts();
        if sent != acknowledged {
            self.fail(format!("{} of {sent} reports had no answer on a good network", sent - acknowledged));
        }
        self.expect_everywhere(cluster, history.acknowledged());
        self.expect_the_same_everywhere(cluster);
        self.expect_every_question_answered(history.questions(), cluster.failed_questions());
    }

    /// After any storm every server holds what any server has acknowledged that did not crash, whatever has
    /// become of the links on the way.
    pub fn expect_survivors_reports_everywhere(&mut self, cluster: &Cluster) {
        let Some(history) = cluster.history() else { return };
        self.expect_everywhere(cluster, history.acknowledged_by(|server| cluster.has_survived(server)));
    }

    fn expect_everywhere<'a>(&mut self, cluster: &Cluster, lines: impl Iterator<Item = &'a [u8]>) {
        for line in lines {
            let Some(at) = parse(line) else { continue };
            for (server, store) in cluster.stores() {
                if store.get(at.id).is_none_or(|record| record.time() < at.time) {
                    self.fail(format!("{server} has lost {}", line.escape_ascii()));
                }
            }
        }
    }

    /// On a good network every question has an answer, and is declined only where the client is not known.
    fn expect_every_question_answered(&mut self, questions: Questions, failed: u64) {
        let Questions { asked, told, declined } = questions;
        if asked != told + declined {
            self.fail(format!(
                "{} of {asked} questions had no answer on a good network",
                asked - told - declined
            ));
        }
        if failed > 0 {
            self.fail(format!("{failed} of {asked} questions had no places on a good network"));
        }
    }

    fn expect_the_same_everywhere(&mut self, cluster: &Cluster) {
        let mut contents = cluster.stores().map(|(server, store)| {
            let lines: BTreeSet<&[u8]> = store.records().map(Record::line).collect();
            (server, lines)
        });
        let Some((first, lines)) = contents.next() else { return };
        let others: Vec<_> =
            contents.filter(|(_, other)| *other != lines).map(|(server, _)| server).collect();
        for other in others {
            self.fail(format!("{first} and {other} hold different lines on a good network"));
        }
    }

    /// Notes that something is wrong.
    pub fn fail(&mut self, failure: String) {
        self.failures.push(failure);
    }

    /// All that is wrong, what the clients saw included.
    pub fn into_failures(mut self, history: Option<&History>) -> Vec<String> {
        self.failures.extend(history.into_iter().flat_map(|history| history.failures().iter().cloned()));
        self.failures
    }
}

fn parse(line: &[u8]) -> Option<AtLine<'_>> {
    match Command::parse(line) {
        Ok(Command::At(at)) => Some(at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(line: &[u8]) -> Store {
        let mut store = Store::default();
        store.accept(&parse(line).unwrap());
        store
    }

    const OLD: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 5";
    const NEW: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 6";

    fn failures(stores: &[(u32, Store)]) -> Vec<String> {
        let (mut watch, mut history) = (Watch::default(), History::default());
        history.send("Ball", b"kiwi +1-1 5".to_vec());
        history.send("Ball", b"kiwi +1-1 6".to_vec());
        for (process, store) in stores {
            watch.glance("Ball", *process, store, &mut history);
        }
        watch.into_failures(Some(&history))
    }

    #[test]
    fn a_newer_line_may_replace_an_older_one() {
        assert_eq!(failures(&[(0, store(OLD)), (0, store(NEW))]), [] as [&str; 0]);
    }

    #[test]
    fn an_older_line_that_wins_is_found() {
        assert!(failures(&[(0, store(NEW)), (0, store(OLD))])[0].contains("an older line won"));
    }

    #[test]
    fn a_forgotten_client_is_found_unless_the_process_is_another() {
        assert!(failures(&[(0, store(NEW)), (0, Store::default())])[0].contains("forgotten"));
        assert_eq!(failures(&[(0, store(NEW)), (1, Store::default())]), [] as [&str; 0]);
    }

    #[test]
    fn a_line_that_nobody_sent_is_found() {
        let forged = store(b"AT Ball +1.000000000 kiwi +1-1 7");
        assert!(failures(&[(0, forged)])[0].contains("nobody sent"));
    }

    #[test]
    fn a_question_without_an_answer_or_places_is_found_on_a_good_network() {
        let failures = |told, declined, failed| {
            let mut watch = Watch::default();
            watch.expect_every_question_answered(Questions { asked: 5, told, declined }, failed);
            watch.into_failures(None)
        };
        assert_eq!(failures(3, 2, 0), [] as [&str; 0]);
        assert_eq!(failures(3, 1, 0), ["1 of 5 questions had no answer on a good network"]);
        assert_eq!(failures(3, 2, 1), ["1 of 5 questions had no places on a good network"]);
    }
}
