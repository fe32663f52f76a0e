//! Strings behind their lengths are cut as a naive reader would cut them, and what is framed is cut out again.
//!
//! The input: the longest string, and the bytes.

use protocols::{Frame, Framing, Int8, Int16, Int32, Netstring};

pub(crate) fn check(input: &[u8]) {
    let Some((max, data)) = input.split_first() else { return };
    let max = usize::from(*max);
    check_cut::<Netstring>(data, max, naive_netstring);
    check_cut::<Int8>(data, max, |data, max| naive_int(data, max, 1));
    check_cut::<Int16>(data, max, |data, max| naive_int(data, max, 2));
    check_cut::<Int32>(data, max, |data, max| naive_int(data, max, 4));
    check_framed::<Netstring>(data);
    check_framed::<Int16>(data);
}

/// What `data` begins with, the whole of which has come: the length of the string and of its frame.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Naive {
    Whole(usize, usize),
    Unfinished,
    TooLong,
    Malformed,
}

/// The same is said of the whole; of its beginnings, that more is to come until there is enough to say it.
fn check_cut<F: Framing>(data: &[u8], max: usize, naive: impl Fn(&[u8], usize) -> Naive) {
    let expected = naive(data, max);
    assert_eq!(seen::<F>(data, max), expected);
    let is_settled = |end: &usize| F::cut(&data[..*end], max) != Frame::Unfinished;
    if let Some(end) = (0..data.len()).find(is_settled) {
        assert_eq!(seen::<F>(&data[..end], max), expected, "what is said is not taken back");
    }
}

fn seen<F: Framing>(data: &[u8], max: usize) -> Naive {
    match F::cut(data, max) {
        Frame::Whole { string, length } => {
            let end = length - F::TAIL.len();
            assert_eq!(string, &data[end - string.len()..end], "it is the string that stands there");
            Naive::Whole(string.len(), length)
        }
        Frame::Unfinished => Naive::Unfinished,
        Frame::TooLong(_) => Naive::TooLong,
        _ => Naive::Malformed,
    }
}

/// Digits without a zero in front, a colon, so many bytes, a comma.
fn naive_netstring(data: &[u8], max: usize) -> Naive {
    let digits = data.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = &data[..digits];
    if digits == 0 {
        return if data.is_empty() { Naive::Unfinished } else { Naive::Malformed };
    }
    let used = if number[0] == b'0' { 1 } else { digits };
    // Whichever comes first from the left: too great a number, or a byte that cannot be.
    let too_long = (1..=used).any(|end| value(&number[..end]) > max as u128);
    if too_long {
        return Naive::TooLong;
    }
    match data.get(used) {
        None => Naive::Unfinished,
        Some(b':') => match data.get(used + 1 + value(&number[..used]) as usize) {
            None => Naive::Unfinished,
            Some(b',') => {
                let length = value(&number[..used]) as usize;
                Naive::Whole(length, used + 1 + length + 1)
            }
            Some(_) => Naive::Malformed,
        },
        Some(_) => Naive::Malformed,
    }
}

fn value(digits: &[u8]) -> u128 {
    digits.iter().fold(0, |value: u128, digit| value.saturating_mul(10) + u128::from(digit - b'0'))
}

fn naive_int(data: &[u8], max: usize, width: usize) -> Naive {
    let Some(head) = data.get(..width) else { return Naive::Unfinished };
    let length = head.iter().fold(0_usize, |length, byte| length * 256 + usize::from(*byte));
    match data.len() {
        _ if length > max => Naive::TooLong,
        have if have < width + length => Naive::Unfinished,
        _ => Naive::Whole(length, width + length),
    }
}

fn check_framed<F: Framing>(string: &[u8]) {
    let Some(head) = F::head(string.len()) else { panic!("{} bytes cannot be framed", string.len()) };
    let framed = [head.as_ref(), string, F::TAIL, b"next"].concat();
    let length = framed.len() - 4;
    assert_eq!(F::cut(&framed, string.len()), Frame::Whole { string, length });
}
