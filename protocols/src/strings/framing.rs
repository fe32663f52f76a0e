//! How strings are told apart in a byte stream; pure, and without state.

/// What the bytes at hand begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Frame<'a> {
    /// A whole string.
    Whole {
        /// The string itself.
        string: &'a [u8],
        /// How many bytes it took together with what frames it.
        length: usize,
    },
    /// The beginning of a string.
    Unfinished,
    /// The beginning of a string of this length, which is too long.
    TooLong(usize),
    /// The beginning of no string, whatever follows.
    Malformed,
}

/// A way to frame strings: how to cut them, and what to send around one.
///
/// Nothing is remembered between two cuts. What stands before a string is a few bytes and the
/// string itself is not searched, so to look again after each byte is cheap enough.
pub trait Framing: 'static {
    /// What is sent before a string.
    type Head: AsRef<[u8]>;

    /// What is sent after it.
    const TAIL: &'static [u8];

    /// What to send before a string of `length` bytes; `None` if this framing cannot express it.
    fn head(length: usize) -> Option<Self::Head>;

    /// Cuts the first string off `data`, if it is at most `max` bytes long. What is too long is
    /// said so before any of it is needed.
    fn cut(data: &[u8], max: usize) -> Frame<'_>;
}

/// Netstrings: the length in decimal digits, a colon, the string, a comma, as in `5:hello,`
/// (<https://cr.yp.to/proto/netstrings.txt>). Strictly: no sign, no space, no leading zero.
///
/// A length is read no further than to the digit that makes it too long, so
/// [`Frame::TooLong`] says the least that it can be.
#[derive(Debug)]
pub struct Netstring;

impl Framing for Netstring {
    type Head = Vec<u8>;

    const TAIL: &'static [u8] = b",";

    fn head(length: usize) -> Option<Vec<u8>> {
        Some(format!("{length}:").into_bytes())
    }

    fn cut(data: &[u8], max: usize) -> Frame<'_> {
        let mut length = 0;
        for (at, &byte) in data.iter().enumerate() {
            match byte {
                b'0'..=b'9' if at == 0 || length > 0 => length = with_digit(length, byte),
                b':' if at > 0 => return body(&data[at + 1..], at + 1, length),
                _ => return Frame::Malformed,
            }
            if length > max {
                return Frame::TooLong(length);
            }
        }
        Frame::Unfinished
    }
}

/// `length` with one more decimal digit.
fn with_digit(length: usize, digit: u8) -> usize {
    length.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
}

/// What `rest`, behind a head of `head` bytes, begins with: `length` bytes and a comma?
fn body(rest: &[u8], head: usize, length: usize) -> Frame<'_> {
    match rest.get(length) {
        Some(b',') => Frame::Whole { string: &rest[..length], length: head + length + 1 },
        Some(_) => Frame::Malformed,
        None => Frame::Unfinished,
    }
}

/// The length in `N` bytes, the highest first (network order), and then the string.
#[derive(Debug)]
pub struct IntN<const N: usize>;

/// Strings of up to 255 bytes behind one byte of length.
pub type Int8 = IntN<1>;
/// Strings of up to 65,535 bytes behind two bytes of length.
pub type Int16 = IntN<2>;
/// Strings of up to 4,294,967,295 bytes behind four bytes of length.
pub type Int32 = IntN<4>;

impl<const N: usize> Framing for IntN<N> {
    type Head = [u8; N];

    const TAIL: &'static [u8] = b"";

    fn head(length: usize) -> Option<[u8; N]> {
        let bytes = length.to_be_bytes();
        let (zeros, head) = bytes.split_last_chunk()?;
        zeros.iter().all(|byte| *byte == 0).then_some(*head)
    }

    fn cut(data: &[u8], max: usize) -> Frame<'_> {
        let Some((head, rest)) = data.split_first_chunk::<N>() else { return Frame::Unfinished };
        let length = head.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        match rest.get(..length) {
            _ if length > max => Frame::TooLong(length),
            Some(string) => Frame::Whole { string, length: N + length },
            None => Frame::Unfinished,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn netstring(data: &[u8]) -> Frame<'_> {
        Netstring::cut(data, 99)
    }

    #[test]
    fn netstrings_are_cut_by_their_length_whatever_is_in_them() {
        assert_eq!(netstring(b"0:,"), Frame::Whole { string: b"", length: 3 });
        assert_eq!(netstring(b"2:ab,3:"), Frame::Whole { string: b"ab", length: 5 });
        assert_eq!(netstring(b"4:1:a,,"), Frame::Whole { string: b"1:a,", length: 7 });
    }

    #[test]
    fn every_beginning_of_a_netstring_is_unfinished() {
        let whole = b"12:hello, world,";
        for end in 0..whole.len() {
            assert_eq!(netstring(&whole[..end]), Frame::Unfinished, "{end}");
        }
    }

    #[test]
    fn what_is_no_netstring_is_malformed_at_the_first_byte_that_shows_it() {
        for wrong in ["a", ":", "-", "+", " ", "00", "01", "1a", "1 ", "1:ab", "0:a", "2:aaa"] {
            assert_eq!(netstring(wrong.as_bytes()), Frame::Malformed, "{wrong}");
            let before = &wrong.as_bytes()[..wrong.len() - 1];
            assert_eq!(netstring(before), Frame::Unfinished, "{wrong}");
        }
    }

    #[test]
    fn a_netstring_is_too_long_at_the_digit_that_makes_it_so() {
        assert_eq!(netstring(b"99"), Frame::Unfinished);
        assert_eq!(netstring(b"100"), Frame::TooLong(100));
        assert_eq!(netstring(b"1009999:"), Frame::TooLong(100));
        let endless = [b'9'; 40];
        assert_eq!(Netstring::cut(&endless, usize::MAX - 1), Frame::TooLong(usize::MAX));
    }

    #[test]
    fn prefixes_are_in_network_order() {
        assert_eq!(Int8::head(3), Some([3]));
        assert_eq!(Int16::head(0x0102), Some([1, 2]));
        assert_eq!(Int32::head(0x0102_0304), Some([1, 2, 3, 4]));
        assert_eq!(Int16::cut(b"\x00\x04ubar", 99), Frame::Whole { string: b"ubar", length: 6 });
    }

    #[test]
    fn a_prefix_cannot_express_every_length() {
        assert_eq!((Int8::head(0xff), Int8::head(0x100)), (Some([0xff]), None));
        assert_eq!((Int16::head(0xffff), Int16::head(0x1_0000)), (Some([0xff; 2]), None));
        assert_eq!((Int32::head(0xffff_ffff), Int32::head(0x1_0000_0000)), (Some([0xff; 4]), None));
    }

    #[test]
    fn a_prefix_alone_shows_that_a_string_is_too_long() {
        assert_eq!(Int32::cut(&[0xff; 4], 99), Frame::TooLong(0xffff_ffff));
        assert_eq!(Int8::cut(b"\x64", 99), Frame::TooLong(100));
        assert_eq!(Int8::cut(b"\x63", 99), Frame::Unfinished);
    }

    fn check_round_trip<F: Framing>(string: &[u8]) {
        let head = F::head(string.len()).expect("short enough for all");
        let framed = [head.as_ref(), string, F::TAIL].concat();
        let whole = Frame::Whole { string, length: framed.len() };
        assert_eq!(F::cut(&framed, string.len()), whole);
        assert_eq!(F::cut(&[&framed[..], b"next"].concat(), string.len()), whole);
        for end in 0..framed.len() {
            assert_eq!(F::cut(&framed[..end], string.len()), Frame::Unfinished);
        }
    }

    proptest! {
        #[test]
        fn what_is_framed_is_cut_whole_and_never_earlier(string: Vec<u8>) {
            check_round_trip::<Netstring>(&string);
            check_round_trip::<Int8>(&string);
            check_round_trip::<Int16>(&string);
            check_round_trip::<Int32>(&string);
        }

        #[test]
        fn no_bytes_make_a_cut_panic_or_overreach(data: Vec<u8>, max in 0..300_usize) {
            for frame in [Netstring::cut(&data, max), Int8::cut(&data, max), Int16::cut(&data, max)] {
                match frame {
                    Frame::Whole { string, length } => {
                        prop_assert!(string.len() <= max && string.len() < length && length <= data.len());
                    }
                    Frame::TooLong(length) => prop_assert!(length > max),
                    Frame::Unfinished | Frame::Malformed => {}
                }
            }
        }
    }
}
