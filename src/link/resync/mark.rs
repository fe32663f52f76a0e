//! `MARK n` and `MARKED n`.

/// `word` and the number, with a line end.
pub fn print_mark(word: &str, number: u64) -> String {
    format!("{word} {number}\n")
}

/// The number behind `word`, if it is written as [`print_mark`] does: digits alone, no zero before them.
pub fn read_mark(word: &[u8], line: &[u8]) -> Option<u64> {
    let digits = line.strip_prefix(word)?.strip_prefix(b" ")?;
    let is_canonical = match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    std::str::from_utf8(digits).ok().filter(|_| is_canonical)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_numbers_are_marks() {
        assert_eq!(read_mark(b"MARK", b"MARK 0"), Some(0));
        assert_eq!(read_mark(b"MARK", b"MARK 18446744073709551615"), Some(u64::MAX));
        for line in
            ["MARK", "MARK ", "MARK +1", "MARK 01", "MARK  1", "MARK 1 ", "MARKED 1", "MARK -1", "MARK x"]
        {
            assert_eq!(read_mark(b"MARK", line.as_bytes()), None, "{line}");
        }
        assert_eq!(read_mark(b"MARK", b"MARK 18446744073709551616"), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(number: u64) {
            let line = print_mark("MARKED", number);
            prop_assert_eq!(read_mark(b"MARKED", line.trim_end().as_bytes()), Some(number));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(line in prop::collection::vec(any::<u8>(), 0..30)) {
            if let Some(number) = read_mark(b"MARK", &[b"MARK ", &line[..]].concat()) {
                prop_assert_eq!(number.to_string().into_bytes(), line);
            }
        }
    }
}
