//! The mark that some programs put at the start of a text in UTF-8.

use std::io::{self, Cursor, Read};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// `input` without its byte order mark, which belongs to no row.
pub(super) fn without_bom(mut input: impl Read) -> io::Result<impl Read> {
    let mut start = Vec::with_capacity(BOM.len());
    input.by_ref().take(BOM.len() as u64).read_to_end(&mut start)?;
    if start == BOM {
        start.clear();
    }
    Ok(Cursor::new(start).chain(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    #[test]
    fn one_mark_at_the_start_is_left_out_and_nothing_else() {
        for (input, left) in [
            ("\u{feff}a\u{feff}b", "a\u{feff}b"),
            ("\u{feff}", ""),
            ("\u{feff}\u{feff}", "\u{feff}"),
            ("a\u{feff}", "a\u{feff}"),
            ("ab", "ab"),
            ("", ""),
        ] {
            let read = io::read_to_string(without_bom(Drip(input.as_bytes())).unwrap()).unwrap();
            assert_eq!(read, left, "{input:?}");
        }
    }
}
