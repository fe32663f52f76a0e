//! One command of a simulated client, and the reply that is due.

use reactor::{Random, Time};

use crate::simulate::history::{Heard, History, Visit};
use crate::simulate::question::Question;
use crate::simulate::topology::place;

/// What a visitor comes for.
pub(super) enum Errand {
    /// To report: the place among those sent, and `id location time`.
    Tell(usize, Vec<u8>),
    /// To ask.
    Ask(Question),
    /// The AT line has come, and so much of the places.
    Listen(Question, Vec<u8>, Vec<u8>),
    /// To say something that is no command.
    Babble(Vec<u8>),
}

impl Errand {
    /// The line to send, with its end.
    pub(super) fn line(&self) -> Vec<u8> {
        let line = match self {
            Errand::Tell(_, fields) => [b"IAMAT ", &**fields].concat(),
            Errand::Ask(question) | Errand::Listen(question, ..) => question.line().into_bytes(),
            Errand::Babble(line) => line.clone(),
        };
        [&*line, b"\n"].concat()
    }

    /// Hears a line of the reply. What is left of the errand, if more is due.
    pub(super) fn hear(self, line: &[u8], visit: &Visit, history: &mut History, now: Time) -> Option<Errand> {
        let sent = self.line();
        let is_declined = line.strip_prefix(b"? ") == sent.strip_suffix(b"\n");
        match self {
            Errand::Tell(place, _) if line.starts_with(b"AT ") => history.answered(visit, place, line, now),
            Errand::Tell(..) if is_declined => history.refused += 1,
            Errand::Ask(_) if is_declined => history.questions.declined += 1,
            Errand::Ask(question) if line.starts_with(b"AT ") => {
                return Some(Errand::Listen(question, line.to_vec(), Vec::new()));
            }
            Errand::Listen(question, at, mut text) => {
                text.extend_from_slice(line);
                text.push(b'\n');
                if !line.is_empty() {
                    return Some(Errand::Listen(question, at, text));
                }
                history.questions.told += 1;
                history.hear(Heard::Places(visit.clone(), question, at, text));
            }
            Errand::Babble(_) if is_declined => {}
            _ => {
                let sent = sent.trim_ascii_end().escape_ascii().to_string();
                history.hear(Heard::Astray { visit: visit.clone(), sent, came: line.to_vec() });
            }
        }
        None
    }
}

/// A line that is no command of a client. None begins as a browser does: that ends the connection.
pub(super) fn nonsense(random: &mut Random) -> Vec<u8> {
    const LINES: &[&[u8]] = &[
        b"",
        b" ",
        b"hello",
        b"iamat client-1 +1-1 5",
        b"IAMAT client-1 +1-1",
        b"IAMAT client-1 +91-1 5",
        b"IAMAT client-1 +1-1 5 6",
        b"IAMAT client-1 +1-1 +5",
        b"IAMAT client-1 +1-1 999999999999",
        b"WHATSAT client-1 0 5",
        b"WHATSAT client-1 51 5",
        b"WHATSAT client-1 10 21",
        b"WHATSAT nobody 10 5",
        b"AT Ball +0.000000000 client-1 +66-66 1479413999",
        b"HELLO 1 Ball Welsh 00000000000000000000000000000000",
        b"PING",
        b"COMPARE",
        b"MARK 1",
        b"\xff\xfe\x00\x01",
        b"IAMAT client-1\xc2\xa0+1-1 5",
    ];
    match random.below(4) {
        0 => (0..1 + random.below(200)).map(|_| random_byte(random)).collect(),
        _ => LINES[place(random, LINES.len())].to_vec(),
    }
}

/// Any but the ends of lines, and what begins a word that a server may know.
fn random_byte(random: &mut Random) -> u8 {
    let byte = random.next_u64().to_le_bytes()[0];
    if byte == b'\n' || byte == b'\r' || byte.is_ascii_uppercase() { b'x' } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit() -> Visit {
        Visit { number: 1, server: "Ball".to_owned() }
    }

    fn hear(errand: Errand, line: &[u8]) -> (bool, Vec<Heard>) {
        let mut history = History::default();
        history.send("Ball", b"kiwi +1-1 5".to_vec(), true, Time::ZERO);
        let rest = errand.hear(line, &visit(), &mut history, Time::ZERO);
        (rest.is_none(), history.take_heard())
    }

    #[test]
    fn each_errand_takes_its_own_reply_and_notes_any_other() {
        let tell = || Errand::Tell(0, b"kiwi +1-1 5".to_vec());
        let babble = || Errand::Babble(b"hello".to_vec());
        let at = b"AT Ball +1.000000000 kiwi +1-1 5";
        assert!(matches!(&hear(tell(), at).1[..], [Heard::Answer(_, 0, _)]));
        assert!(matches!(&hear(tell(), b"? IAMAT kiwi +1-1 6").1[..], [Heard::Astray { .. }]));
        assert!(hear(babble(), b"? hello").1.is_empty());
        assert!(matches!(&hear(babble(), at).1[..], [Heard::Astray { .. }]));
        assert!(matches!(&hear(babble(), b"? hell").1[..], [Heard::Astray { .. }]));
    }

    #[test]
    fn places_end_with_an_empty_line() {
        let question = Question { id: "kiwi".to_owned(), kilometres: 10, bound: 3, of_service: true };
        let at = b"AT Ball +1.000000000 kiwi +1-1 5";
        assert!(!hear(Errand::Ask(question.clone()), at).0);
        assert!(hear(Errand::Ask(question.clone()), b"? WHATSAT kiwi 10 3").1.is_empty());
        let rest = Errand::Listen(question, at.to_vec(), b"{}\n".to_vec());
        assert!(matches!(&hear(rest, b"").1[..], [Heard::Places(_, _, _, text)] if text == b"{}\n\n"));
    }
}
