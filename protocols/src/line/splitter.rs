//! Cuts a byte stream into lines; pure, and each byte is searched once.

use memchr::memchr;

/// What the bytes at hand begin with.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Cut<'a> {
    /// A line without its end, and how many bytes it took with it.
    Line(&'a [u8], usize),
    /// The beginning of a line.
    Unfinished,
    /// The beginning of a line that is too long, whatever follows.
    TooLong,
}

/// Remembers how far an unfinished line has been searched.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    searched: usize,
}

impl Splitter {
    /// Cuts the first line off `data`. A line ends at LF; one CR before it belongs to the end. A
    /// line may be `max` bytes long, its end not counted (so CRLF may come split at the limit).
    ///
    /// `data` begins where the last cut ended, and has grown if that cut was `Unfinished`.
    #[inline]
    pub(super) fn cut<'a>(&mut self, data: &'a [u8], max: usize) -> Cut<'a> {
        let searched = std::mem::take(&mut self.searched);
        let Some(found) = memchr(b'\n', &data[searched..]) else {
            self.searched = data.len();
            return if content(data).len() > max { Cut::TooLong } else { Cut::Unfinished };
        };
        let end = searched + found;
        let line = content(&data[..end]);
        if line.len() > max { Cut::TooLong } else { Cut::Line(line, end + 1) }
    }

    /// Skips the line that was too long: how many bytes of `data` belong to it, its end included.
    pub(super) fn skip(&mut self, data: &[u8]) -> usize {
        self.searched = 0;
        memchr(b'\n', data).map_or(data.len(), |end| end + 1)
    }

    /// Begins anew: `data` will begin elsewhere.
    pub(super) fn reset(&mut self) {
        self.searched = 0;
    }
}

/// A line less its CR.
fn content(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lf_and_crlf_end_a_line() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.cut(b"a\nb", 9), Cut::Line(b"a", 2));
        assert_eq!(splitter.cut(b"a\r\nb", 9), Cut::Line(b"a", 3));
        assert_eq!(splitter.cut(b"\n", 9), Cut::Line(b"", 1));
        assert_eq!(splitter.cut(b"a\rb\r\r\n", 9), Cut::Line(b"a\rb\r", 6));
    }

    #[test]
    fn the_limit_does_not_count_the_line_end() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.cut(b"abc\r\n", 3), Cut::Line(b"abc", 5));
        assert_eq!(splitter.cut(b"abc", 3), Cut::Unfinished);
        assert_eq!(splitter.cut(b"abc\r", 3), Cut::Unfinished);
        splitter.reset();
        assert_eq!(splitter.cut(b"abcd", 3), Cut::TooLong);
        splitter.reset();
        assert_eq!(splitter.cut(b"abcd\n", 3), Cut::TooLong);
    }

    #[test]
    fn an_unfinished_line_is_searched_from_where_the_last_search_ended() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.cut(b"ab", 9), Cut::Unfinished);
        assert_eq!(splitter.searched, 2);
        assert_eq!(splitter.cut(b"abc\n", 9), Cut::Line(b"abc", 4));
        assert_eq!(splitter.searched, 0);
    }

    #[test]
    fn bytes_that_come_one_by_one_are_searched_once_each() {
        let (mut line, mut splitter) = (Vec::new(), Splitter::default());
        for _ in 0..1_000 {
            line.push(b'x');
            assert_eq!(splitter.cut(&line, 1_000), Cut::Unfinished);
            line.fill(b'\n'); // to be found by whoever searches them again
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_to_its_end() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.skip(b"xxx"), 3);
        assert_eq!(splitter.skip(b"xx\nnext"), 3);
    }
}
