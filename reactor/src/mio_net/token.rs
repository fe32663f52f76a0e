//! What an event is about, packed into the 64 bits that epoll keeps for us.

use mio::Token;

use crate::net::{ConnId, Key, PortId};

/// Tokens are 64 bits wide: a kind, a slot of 31 bits, a serial of 32.
const _: () = assert!(usize::BITS == 64, "a token needs 64 bits");

/// The kind: set for a port, clear for a connection.
const PORT: usize = 1 << 63;

/// The slot among the ports that stands for what is neither. No port has it: a table of two
/// thousand million descriptors comes first.
const OWN: u32 = (1 << 31) - 1;

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Conn(ConnId),
    Port(PortId),
    /// A thread has an answer.
    Answers,
    /// The signal with this index among those watched.
    Signal(usize),
}

impl Source {
    pub(super) fn token(self) -> Token {
        let own = |index| PORT | pack(Key { slot: OWN, serial: 0 }) | index;
        Token(match self {
            Source::Conn(ConnId(key)) => pack(key),
            Source::Port(PortId(key)) => PORT | pack(key),
            Source::Answers => own(0),
            Source::Signal(index) => own(index + 1),
        })
    }

    pub(super) fn of(Token(token): Token) -> Source {
        let key = unpack(token & !PORT);
        match (token & PORT == PORT, key) {
            (false, key) => Source::Conn(ConnId(key)),
            (true, Key { slot: OWN, serial: 0 }) => Source::Answers,
            (true, Key { slot: OWN, serial }) => Source::Signal(serial as usize - 1),
            (true, key) => Source::Port(PortId(key)),
        }
    }
}

fn pack(key: Key) -> usize {
    (key.slot as usize) << 32 | key.serial as usize
}

fn unpack(token: usize) -> Key {
    let token = token as u64;
    Key { slot: (token >> 32) as u32, serial: (token & 0xFFFF_FFFF) as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [u32; 5] = [0, 1, 77, OWN - 1, OWN];

    #[test]
    fn a_token_says_what_it_was_made_of() {
        for slot in EDGES {
            for serial in [0, 1, u32::MAX] {
                let key = Key { slot, serial };
                let conn = Source::Conn(ConnId(key));
                assert_eq!(Source::of(conn.token()), conn);
                let port = Source::Port(PortId(key));
                assert!(slot == OWN || Source::of(port.token()) == port);
            }
        }
    }

    #[test]
    fn the_nets_own_tokens_are_told_apart() {
        for own in [Source::Answers, Source::Signal(0), Source::Signal(2)] {
            assert_eq!(Source::of(own.token()), own);
        }
    }
}
