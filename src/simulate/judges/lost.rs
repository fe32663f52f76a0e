//! No acknowledged report is lost.
//!
//! How a server may lose one depends on where it keeps it. A report that another of the same client has outdone is
//! not lost; nor is one of the same time, which is answered and dropped (the specification, section 3).

use reactor::Time;

use super::parse;
use crate::simulate::history::{History, Sent};
use crate::store::Store;

/// When reports were acknowledged whose loss is excused: the server ended before they were to be on its disk, or
/// the disk was damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulate) struct Excuse {
    /// The server.
    pub(in crate::simulate) server: String,
    /// From then on.
    pub(in crate::simulate) from: Time,
    /// Until then, when it happened.
    pub(in crate::simulate) until: Time,
}

/// The judge.
#[derive(Clone, Debug)]
pub(in crate::simulate) struct Lost {
    /// What is excused.
    pub(in crate::simulate) excuses: Vec<Excuse>,
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

    /// Whether a server that has just started holds what it acknowledged itself, or what of its own it has shown to
    /// others.
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
        let own = history.sent().iter().filter(|sent| sent.server == server).map(|sent| Sent {
            acknowledged: sent.acknowledged.clone().or_else(|| sent.shown.clone()),
            ..sent.clone()
        });
        match &own.into_iter().find(|sent| !self.is_excused(sent) && is_missing(store, sent)) {
            None => Ok(()),
            Some(sent) => Err(format!("after its restart {}", describe(server, sent))),
        }
    }

    /// A report was taken at some time after it was sent and before the acknowledgement came.
    fn is_excused(&self, sent: &Sent) -> bool {
        let Some((acknowledged, _)) = sent.acknowledged else { return false };
        let is_it = |excuse: &Excuse| {
            excuse.server == sent.server && excuse.from <= acknowledged && sent.at <= excuse.until
        };
        self.excuses.iter().any(is_it)
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
    format!("{server} lacks {line}, which {taker} acknowledged, or showed, at {:.6} s", seconds(*at))
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
    use std::time::Duration;

    use super::*;
    use crate::simulate::history::Visit;

    const LINE: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 5";

    /// Sent to Ball at 9 s and acknowledged at 10 s.
    fn history() -> History {
        let mut history = History::default();
        let place = history.send("Ball", b"kiwi +1-1 5".to_vec(), true, at(9.0));
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

    fn is_found(excuses: &[(&str, f64, f64)]) -> bool {
        let excuse = |&(server, from, until): &(&str, f64, f64)| Excuse {
            server: server.to_owned(),
            from: at(from),
            until: at(until),
        };
        let lost = Lost { excuses: excuses.iter().map(excuse).collect() };
        let stores = [("Ball", store(LINE)), ("Welsh", Store::default())];
        lost.check(stores.iter().map(|(name, store)| (*name, store)), &history()).is_err()
    }

    #[test]
    fn a_report_that_is_held_or_outdone_is_not_lost() {
        let lost = Lost { excuses: Vec::new() };
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
    fn only_what_befell_its_own_server_in_time_is_an_excuse() {
        assert!(is_found(&[]));
        assert!(is_found(&[("Welsh", 0.0, 99.0)]), "another server");
        assert!(is_found(&[("Ball", 0.0, 8.9)]), "it was over when the report was sent");
        assert!(!is_found(&[("Ball", 0.0, 9.5)]), "the server may have had the report");
        assert!(!is_found(&[("Ball", 10.0, 12.0)]));
        assert!(is_found(&[("Ball", 10.5, 12.0)]), "the report was on disk");
    }

    #[test]
    fn a_report_without_an_answer_is_found_on_a_good_network_if_its_sender_listens() {
        let mut history = history();
        assert_eq!(expect_every_report_answered(&history), Ok(()));
        history.send("Ball", b"kiwi +1-1 6".to_vec(), false, at(9.0));
        assert_eq!(expect_every_report_answered(&history), Ok(()));
        history.send("Ball", b"kiwi +1-1 7".to_vec(), true, at(9.0));
        assert!(expect_every_report_answered(&history).is_err());
    }
}
