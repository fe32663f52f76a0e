//! What all three kinds are told: the rules of the specification's sections 2 to 6, kept and broken.

mod lines;
mod numbers;
mod places;
mod records;

use super::service::Response;

/// In every case it stands for a client of that case alone.
pub(crate) const KIWI: &[u8] = b"kiwi";
/// What the service of places usually answers, in the form that Python gives to JSON.
pub(crate) const USUAL: &str = "{\n   \"results\" : [],\n   \"status\" : \"OK\"\n}";

/// One connection.
pub(crate) struct Case {
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) way: Way,
    /// It is said to a server that has neighbours, and so may be one of them who says it.
    pub(crate) is_neighbour: bool,
    /// What the service of places answers meanwhile, if it is not the usual.
    pub(crate) places: Option<Response>,
}

/// How the lines are said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Each once all was heard that the one before brings about.
    InTurn,
    /// In one packet.
    AtOnce,
    /// In one packet, the last without its end, and nothing more after it.
    ThenShut,
}

/// All of them; no two say the same in the same way.
pub(crate) fn cases() -> Vec<Case> {
    [lines::cases(), numbers::cases(), records::cases(), places::cases()].into_iter().flatten().collect()
}

/// What a client says.
fn say(lines: &[&[u8]]) -> Case {
    let lines = lines.iter().map(|line| line.to_vec()).collect();
    Case { lines, way: Way::InTurn, is_neighbour: false, places: None }
}

/// Each of these lines on a connection of its own.
fn each(lines: &[&[u8]]) -> Vec<Case> {
    lines.iter().map(|line| say(&[line])).collect()
}

impl Case {
    /// The same of this client instead of kiwi.
    pub(crate) fn about(&self, id: &[u8]) -> Case {
        let lines = self.lines.iter().map(|line| replace(line, KIWI, id)).collect();
        Case { lines, places: self.places.clone(), ..*self }
    }

    fn at_once(self) -> Case {
        Case { way: Way::AtOnce, ..self }
    }

    fn then_shut(self) -> Case {
        Case { way: Way::ThenShut, ..self }
    }

    fn by_a_neighbour(self) -> Case {
        Case { is_neighbour: true, ..self }
    }

    fn with_places(self, places: Response) -> Case {
        Case { places: Some(places), ..self }
    }
}

/// `bytes` with each `from` made `to`.
pub(crate) fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut replaced, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(from.len()).position(|part| part == from) {
        replaced.extend([&rest[..at], to].concat());
        rest = &rest[at + from.len()..];
    }
    [replaced, rest.to_vec()].concat()
}
