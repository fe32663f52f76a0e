//! What was reported, what was acknowledged, and whether a server still knows it.

use std::collections::BTreeMap;

use crate::common::{Herd, eventually_or_why};

/// So many queries are sent before their answers are read: few enough to fit between client and server.
const AT_ONCE: usize = 100;

/// The reports of some clients of a herd. The times of one client's reports only grow.
#[derive(Clone, Default)]
pub(crate) struct Ledger(BTreeMap<String, Entry>);

#[derive(Clone, Default)]
struct Entry {
    /// The time of the last report that was sent.
    sent: u64,
    /// The time of the last report that was acknowledged, and the line that did it.
    acknowledged: Option<(u64, String)>,
}

/// Where a client was at this time: in the South Pacific, where no place is near. Every time has its own
/// location, so that one report cannot pass for another.
fn location(time: u64) -> String {
    format!("-40.{:06}-120.{:06}", time % 1_000_000, time / 1_000_000)
}

/// The time of an AT line.
fn time(line: &str) -> Option<u64> {
    line.split(' ').nth(5)?.parse().ok()
}

impl Ledger {
    /// One report of each of so many clients to the server of this name, all acknowledged.
    pub(crate) fn filled(herd: &Herd, name: &str, count: usize) -> Ledger {
        let (mut ledger, mut client) = (Ledger::default(), herd.client(name));
        for id in (0..count).map(|number| format!("client-{number}")) {
            let report = ledger.report(&id);
            ledger.acknowledge(&id, &client.ask(&report));
        }
        ledger
    }

    /// The next report of the client, which is noted as sent.
    pub(crate) fn report(&mut self, id: &str) -> String {
        let entry = self.0.entry(id.to_owned()).or_default();
        entry.sent += 1;
        format!("IAMAT {id} {} {}", location(entry.sent), entry.sent)
    }

    /// Notes the answer to a report of the client.
    pub(crate) fn acknowledge(&mut self, id: &str, line: &str) {
        let time = time(line).unwrap_or_else(|| panic!("{id} reported, and was answered {line:?}"));
        self.0.entry(id.to_owned()).or_default().acknowledged = Some((time, line.to_owned()));
    }

    /// Takes in what another ledger has of other clients.
    pub(crate) fn take_in(&mut self, other: Ledger) {
        self.0.extend(other.0);
    }

    /// What it has of these clients.
    pub(crate) fn only(&self, ids: &[String]) -> Ledger {
        let entry = |id: &String| Some((id.clone(), self.0.get(id)?.clone()));
        Ledger(ids.iter().filter_map(entry).collect())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is wrong with that which a server knows.
    pub(crate) fn objections(&self, known: &BTreeMap<String, String>) -> Vec<String> {
        let objection = |(id, entry): (&String, &Entry)| {
            let known = known.get(id).map(String::as_str);
            let why = entry.objection(id, known)?;
            Some(format!("{id}: {why}: acknowledged {:?}, known {known:?}", entry.acknowledged))
        };
        self.0.iter().filter_map(objection).collect()
    }

    /// What is wrong with that which the server of this name knows.
    pub(crate) fn objections_to(&self, herd: &Herd, name: &str) -> Vec<String> {
        self.objections(&knowledge(herd, name, self.ids()))
    }

    /// Waits until the server of this name knows all of it.
    pub(crate) fn await_at(&self, herd: &Herd, name: &str) {
        let mut lacking = self.clone();
        eventually_or_why(&format!("{name} knows what was acknowledged"), || {
            let known = knowledge(herd, name, lacking.ids());
            let objections = lacking.objections(&known);
            lacking.0.retain(|id, entry| entry.objection(id, known.get(id).map(String::as_str)).is_some());
            objections.first().map(|first| format!("{} objections, such as {first}", objections.len()))
        });
    }
}

impl Entry {
    fn objection(&self, id: &str, known: Option<&str>) -> Option<&'static str> {
        let least = self.acknowledged.as_ref();
        let Some(line) = known else { return least.map(|_| "lost") };
        let Some(time) = time(line) else { return Some("no AT line") };
        let is_its_own = line.ends_with(&format!(" {id} {} {time}", location(time)));
        match least {
            _ if time > self.sent || !is_its_own => Some("never reported"),
            Some((least, _)) if time < *least => Some("an older one"),
            Some((least, acknowledged)) if time == *least && acknowledged != line => Some("altered"),
            _ => None, // what was sent and not answered may be there or not
        }
    }
}

/// By which lines the server of this name knows these clients.
pub(crate) fn knowledge<'a>(
    herd: &Herd,
    name: &str,
    ids: impl Iterator<Item = &'a str>,
) -> BTreeMap<String, String> {
    let (mut client, ids) = (herd.client(name), ids.collect::<Vec<_>>());
    let mut known = BTreeMap::new();
    for ids in ids.chunks(AT_ONCE) {
        client.send(ids.iter().map(|id| format!("WHATSAT {id} 1 1\n")).collect::<String>());
        for id in ids {
            let answer = client.whatsat_answer();
            let line = answer.lines().next().unwrap_or_default();
            if line.starts_with("AT ") {
                known.insert((*id).to_owned(), line.to_owned());
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.report("kiwi");
        ledger.report("kiwi");
        ledger.acknowledge("kiwi", &at(2));
        ledger.report("kiwi");
        ledger
    }

    fn at(time: u64) -> String {
        format!("AT Welsh +1.000000000 kiwi {} {time}", location(time))
    }

    fn objections(line: &str) -> String {
        ledger().objections(&BTreeMap::from([("kiwi".to_owned(), line.to_owned())])).concat()
    }

    #[test]
    fn the_ledger_accepts_what_was_acknowledged_and_what_may_have_come_after() {
        assert_eq!(objections(&at(2)), "");
        assert_eq!(objections(&at(3)), "");
    }

    #[test]
    fn the_ledger_objects_to_what_is_lost_old_altered_or_invented() {
        assert!(ledger().objections(&BTreeMap::new()).concat().starts_with("kiwi: lost"));
        assert!(objections(&at(1)).starts_with("kiwi: an older one"));
        assert!(objections(&at(2).replace("+1.0", "+1.1")).starts_with("kiwi: altered"));
        assert!(objections(&at(3).replace("-40", "-41")).starts_with("kiwi: never reported"));
        assert!(objections(&at(4)).starts_with("kiwi: never reported"));
        assert!(objections("AT").starts_with("kiwi: no AT line"));
    }
}
