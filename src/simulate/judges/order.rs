//! No older line replaces a newer one: in no store, and in what one connection is told. No client is forgotten
//! while the process lives.

use std::collections::BTreeMap;

use super::parse;
use crate::command::AtLine;
use crate::simulate::history::Visit;
use crate::store::{Digest, Store};

/// The newest seen.
#[derive(Debug, Default)]
pub(super) struct Order {
    stores: BTreeMap<(String, u32), Seen>,
    /// For each connection, the last line of each client.
    visits: BTreeMap<u64, BTreeMap<Vec<u8>, Vec<u8>>>,
}

/// What one process was seen to hold.
#[derive(Debug, Default)]
struct Seen {
    digest: Digest,
    lines: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Order {
    /// Looks at a store: which lines are new there, and what is wrong.
    pub(super) fn look(&mut self, server: &str, process: u32, store: &Store) -> (Vec<Vec<u8>>, Vec<String>) {
        let seen = self.stores.entry((server.to_owned(), process)).or_default();
        let (mut new, mut failures) = (Vec::new(), Vec::new());
        if seen.digest == *store.digest() {
            return (new, failures);
        }
        if store.len() < seen.lines.len() {
            failures.push(format!("{server} has forgotten clients"));
        }
        for record in seen.digest.differing(store.digest()).into_iter().flat_map(|b| store.bucket(b)) {
            let old = seen.lines.entry(record.id().to_vec()).or_default();
            if old == record.line() {
                continue;
            }
            failures.extend(check(server, old, &record.as_at_line()).err());
            *old = record.line().to_vec();
            new.push(record.line().to_vec());
        }
        seen.digest.clone_from(store.digest());
        (new, failures)
    }

    /// The answer to a report: from here on this connection is told nothing older, whether the report was kept or
    /// a newer one was there.
    pub(super) fn answered(&mut self, visit: &Visit, line: &[u8]) {
        let Some(at) = parse(line) else { return };
        let last = self.last_of(visit, at.id);
        if parse(last).is_none_or(|last| at.time > last.time) {
            *last = line.to_vec();
        }
    }

    /// The answer to a question.
    pub(super) fn told(&mut self, visit: &Visit, line: &[u8]) -> Result<(), String> {
        let Some(at) = parse(line) else { return Ok(()) };
        let last = self.last_of(visit, at.id);
        if parse(last).is_some_and(|last| at.time < last.time) {
            return check(&visit.server, last, &at);
        }
        *last = line.to_vec();
        Ok(())
    }

    fn last_of(&mut self, visit: &Visit, id: &[u8]) -> &mut Vec<u8> {
        self.visits.entry(visit.number).or_default().entry(id.to_vec()).or_default()
    }
}

fn check(server: &str, old: &[u8], new: &AtLine<'_>) -> Result<(), String> {
    if parse(old).is_none_or(|old| new.supersedes(&old)) {
        return Ok(());
    }
    let mut line = Vec::new();
    new.write_to(&mut line);
    let (old, new) = (old.escape_ascii(), line.escape_ascii());
    Err(format!("{server}: an older line won: {old} was replaced by {new}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 5";
    const NEW: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 6";

    fn store(line: &[u8]) -> Store {
        let mut store = Store::default();
        store.accept(&parse(line).unwrap());
        store
    }

    fn failures(stores: &[(u32, Store)]) -> Vec<String> {
        let mut order = Order::default();
        stores.iter().flat_map(|(process, store)| order.look("Ball", *process, store).1).collect()
    }

    #[test]
    fn a_newer_line_may_replace_an_older_one_and_not_the_other_way_round() {
        assert_eq!(failures(&[(0, store(OLD)), (0, store(NEW))]), [] as [&str; 0]);
        assert!(failures(&[(0, store(NEW)), (0, store(OLD))])[0].contains("an older line won"));
        assert_eq!(failures(&[(0, store(NEW)), (1, store(OLD))]), [] as [&str; 0]);
    }

    #[test]
    fn a_forgotten_client_is_found_unless_the_process_is_another() {
        assert!(failures(&[(0, store(NEW)), (0, Store::default())])[0].contains("forgotten"));
        assert_eq!(failures(&[(0, store(NEW)), (1, Store::default())]), [] as [&str; 0]);
    }

    #[test]
    fn what_is_new_is_handed_on_once() {
        let mut order = Order::default();
        assert_eq!(order.look("Ball", 0, &store(OLD)).0, [OLD]);
        assert!(order.look("Ball", 0, &store(OLD)).0.is_empty());
        assert_eq!(order.look("Ball", 0, &store(NEW)).0, [NEW]);
    }

    #[test]
    fn a_connection_is_told_nothing_older_than_its_own_report() {
        let visit = |number| Visit { number, server: "Ball".to_owned() };
        let mut order = Order::default();
        order.answered(&visit(1), NEW);
        order.answered(&visit(1), OLD); // it came late, and is answered as usual
        assert!(order.told(&visit(1), OLD).is_err());
        assert!(order.told(&visit(1), NEW).is_ok());
        assert!(order.told(&visit(2), OLD).is_ok());
    }
}
