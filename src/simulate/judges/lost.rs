//! No acknowledged report is lost.
//!
//! How a server may lose one depends on where it keeps it. A report that another of the same client has outdone is
//! not lost; nor is one of the same time, which is answered and dropped (the specification, section 3).

use std::time::Duration;

use reactor::Time;

use super::parse;
use crate::simulate::history::{History, Sent};
use crate::store::Store;

/// When the loss of a report is excused: if the server that acknowledged it ended, or its disk was damaged, in this
/// time after the acknowledgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Excuse {
    /// Never: what is acknowledged is on disk.
    Never,
    /// The disk is written every so often.
    Within(Duration),
    /// Whenever: it is in memory alone.
    Ever,
}

/// What ended, or was damaged, at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulate) struct Loss {
    /// The server.
    pub(in crate::simulate) server: String,
    /// When.
    pub(in crate::simulate) at: Time,
    /// It was the disk: then no kind of durability helps.
    pub(in crate::simulate) is_damage: bool,
}

/// The judge.
#[derive(Clone, Debug)]
pub(in crate::simulate) struct Lost {
    /// What is excused.
    pub(in crate::simulate) excuse: Excuse,
    /// What befell the servers.
    pub(in crate::simulate) losses: Vec<Loss>,
}

impl Lost {
    /// Whether every store holds every acknowledged report, or one that is at least as new; all links having been
    /// up for long enough.
    ///
    /// # Errors
    ///
    /// The first that is missing.
    pub(in crate::simulate) fn check<'a>(
        &self,
        stores: impl Iterator<Item = (&'a str, &'a Store)>,
        history: &History,
    ) -> Result<(), String> {
        let stores: Vec<_> = stores.collect();
        let missing = history.sent().iter().filter(|sent| !self.is_excused(sent)).find_map(|sent| {
            let lacks =
                |(server, store): &(&str, &Store)| is_missing(store, sent).then(|| (*server).to_owned());
            stores.iter().find_map(lacks).map(|server| (server, sent))
        });
        match missing {
            None => Ok(()),
            Some((server, sent)) => Err(describe(&server, sent)),
        }
    }

    /// Whether a server that has just started holds what it acknowledged itself.
    ///
    /// # Errors
    ///
    /// The first report that is missing.
    pub(in crate::simulate) fn check_own(
        &self,
        server: &str,
        store: &Store,
        history: &History,
    ) -> Result<(), String> {
        let own = history.sent().iter().filter(|sent| sent.server == server && !self.is_excused(sent));
        match own.into_iter().find(|sent| is_missing(store, sent)) {
            None => Ok(()),
            Some(sent) => Err(format!("after its restart {}", describe(server, sent))),
        }
    }

    fn is_excused(&self, sent: &Sent) -> bool {
        let Some((at, _)) = &sent.acknowledged else { return false };
        self.losses.iter().filter(|loss| loss.server == sent.server && loss.at >= *at).any(|loss| match self
            .excuse
        {
            _ if loss.is_damage => true,
            Excuse::Never => false,
            Excuse::Within(time) => loss.at.since(*at) <= time,
            Excuse::Ever => true,
        })
    }
}

/// Whether an acknowledged report is not there.
fn is_missing(store: &Store, sent: &Sent) -> bool {
    let Some((_, line)) = &sent.acknowledged else { return false };
    let Some(at) = parse(line) else { return false };
    store.get(at.id).is_none_or(|record| record.time() < at.time)
}

fn describe(server: &str, sent: &Sent) -> String {
    let Some((at, line)) = &sent.acknowledged else { return String::new() };
    let (line, taker) = (line.escape_ascii(), &sent.server);
    format!("{server} lacks {line}, which {taker} acknowledged at {:.6} s", seconds(*at))
}

fn seconds(at: Time) -> f64 {
    at.since(Time::ZERO).as_secs_f64()
}

/// On a good network every report is answered.
///
/// # Errors
///
/// If one was not.
pub(in crate::simulate) fn expect_every_report_answered(history: &History) -> Result<(), String> {
    let listening = || history.sent().iter().filter(|sent| sent.is_listening);
    match listening().find(|sent| sent.acknowledged.is_none()) {
        None => Ok(()),
        Some(sent) => {
            let count = listening().filter(|sent| sent.acknowledged.is_none()).count();
            let fields = sent.fields.escape_ascii();
            Err(format!("{count} reports had no answer on a good network; one, to {}: {fields}", sent.server))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::history::Visit;

    const LINE: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 5";

    /// Acknowledged by Ball at 10 s.
    fn history() -> History {
        let mut history = History::default();
        let place = history.send("Ball", b"kiwi +1-1 5".to_vec(), true);
        history.answered(&Visit { number: 1, server: "Ball".to_owned() }, place, LINE, at(10.0));
        history
    }

    fn at(seconds: f64) -> Time {
        Time::ZERO + Duration::from_secs_f64(seconds)
    }

    fn store(line: &[u8]) -> Store {
        let mut store = Store::default();
        store.accept(&parse(line).unwrap());
        store
    }

    fn is_found(excuse: Excuse, losses: &[(&str, f64, bool)]) -> bool {
        let loss = |&(server, time, is_damage): &(&str, f64, bool)| Loss {
            server: server.to_owned(),
            at: at(time),
            is_damage,
        };
        let lost = Lost { excuse, losses: losses.iter().map(loss).collect() };
        let stores = [("Ball", store(LINE)), ("Welsh", Store::default())];
        lost.check(stores.iter().map(|(name, store)| (*name, store)), &history()).is_err()
    }

    #[test]
    fn a_report_that_is_held_or_outdone_is_not_lost() {
        let lost = Lost { excuse: Excuse::Never, losses: Vec::new() };
        for line in [LINE, b"AT Alford +1.000000000 kiwi +2-2 5.0", b"AT Ball +1.000000000 kiwi +1-1 6"] {
            assert_eq!(lost.check([("Welsh", &store(line))].into_iter(), &history()), Ok(()));
            assert_eq!(lost.check_own("Ball", &store(line), &history()), Ok(()));
        }
        let older = store(b"AT Ball +1.000000000 kiwi +1-1 4");
        assert!(lost.check([("Welsh", &older)].into_iter(), &history()).is_err());
        assert!(lost.check_own("Ball", &older, &history()).is_err());
        assert_eq!(lost.check_own("Welsh", &older, &history()), Ok(()), "it never had it");
    }

    #[test]
    fn without_an_end_or_a_damage_nothing_is_excused() {
        for excuse in [Excuse::Never, Excuse::Within(Duration::from_secs(1)), Excuse::Ever] {
            assert!(is_found(excuse, &[]));
            assert!(is_found(excuse, &[("Welsh", 10.5, true)]), "another server");
            assert!(is_found(excuse, &[("Ball", 9.0, true)]), "before");
            assert!(!is_found(excuse, &[("Ball", 99.0, true)]));
        }
    }

    #[test]
    fn how_long_an_end_excuses_depends_on_where_reports_are_kept() {
        assert!(is_found(Excuse::Never, &[("Ball", 10.5, false)]));
        assert!(!is_found(Excuse::Within(Duration::from_secs(1)), &[("Ball", 10.5, false)]));
        assert!(is_found(Excuse::Within(Duration::from_secs(1)), &[("Ball", 11.5, false)]));
        assert!(!is_found(Excuse::Ever, &[("Ball", 99.0, false)]));
    }

    #[test]
    fn a_report_without_an_answer_is_found_on_a_good_network_if_its_sender_listens() {
        let mut history = history();
        assert_eq!(expect_every_report_answered(&history), Ok(()));
        history.send("Ball", b"kiwi +1-1 6".to_vec(), false);
        assert_eq!(expect_every_report_answered(&history), Ok(()));
        history.send("Ball", b"kiwi +1-1 7".to_vec(), true);
        assert!(expect_every_report_answered(&history).is_err());
    }
}
