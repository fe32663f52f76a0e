//! What a framed protocol carries from one chunk to the next.

/// Room that is kept when the carry is empty. More is given back: an idle connection holds none.
const KEEP_CAPACITY: usize = 512;

/// Bytes that came but could not be delivered yet: an unfinished frame, or, after a pause inside a
/// chunk, whatever followed.
///
/// Every byte is copied here at most once, and whole frames that arrive whole not at all; so the
/// work is linear in the bytes, however they are cut.
#[derive(Debug, Default)]
pub(crate) struct Carry {
    bytes: Vec<u8>,
    /// `bytes[..start]` are delivered.
    start: usize,
}

impl Carry {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// What is carried.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Hands what is carried, and then `data`, to `deliver`, which says how many bytes it used; the
    /// rest is carried on.
    pub(crate) fn feed(&mut self, data: &[u8], deliver: impl FnOnce(&[u8]) -> usize) {
        if self.is_empty() {
            let used = deliver(data);
            self.clear();
            self.bytes.extend_from_slice(&data[used..]);
        } else {
            self.bytes.extend_from_slice(data);
            self.start += deliver(self.waiting());
            self.tidy();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        self.bytes.clear();
        if self.bytes.capacity() > KEEP_CAPACITY {
            self.bytes = Vec::new();
        }
    }

    /// Gives up room that is no longer needed.
    fn tidy(&mut self) {
        if self.is_empty() {
            self.clear();
        } else if self.start > self.bytes.len() / 2 {
            let rest = self.waiting().to_vec();
            (self.bytes, self.start) = (rest, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_used_comes_again_in_front_of_newer_bytes() {
        let mut carry = Carry::default();
        carry.feed(b"abc", |bytes| {
            assert_eq!(bytes, b"abc");
            1
        });
        carry.feed(b"de", |bytes| {
            assert_eq!(bytes, b"bcde");
            3
        });
        assert_eq!(carry.waiting(), b"e");
    }

    /// How many bytes are moved to other room while `feed` is called `times` times.
    fn moved(carry: &mut Carry, times: usize, mut feed: impl FnMut(&mut Carry)) -> usize {
        let moves = (0..times).map(|_| {
            let before = (carry.bytes.capacity(), carry.start);
            feed(carry);
            let stayed = carry.bytes.capacity() == before.0 && carry.start >= before.1;
            if stayed { 0 } else { carry.bytes.len() }
        });
        moves.sum()
    }

    #[test]
    fn bytes_are_moved_about_once_however_they_come_and_go() {
        for length in [10_000, 100_000] {
            let mut carry = Carry::default();
            let coming = moved(&mut carry, length, |carry| carry.feed(b"x", |_| 0));
            let going = moved(&mut carry, length, |carry| carry.feed(b"", |_| 1));
            assert!(coming < 3 * length && going < 2 * length, "{coming} and {going} of {length}");
            assert!(carry.is_empty());
        }
    }

    #[test]
    fn an_empty_carry_gives_its_room_back() {
        let mut carry = Carry::default();
        carry.feed(&[0; 4 * KEEP_CAPACITY], |_| 0);
        carry.feed(b"", <[u8]>::len);
        assert_eq!(carry.bytes.capacity(), 0);
    }
}
