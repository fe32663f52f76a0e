//! An AT line is the same line wherever it is seen: in the answer, in every store, in every WHATSAT.

use std::collections::BTreeMap;

use super::fields_of;
use crate::command::AtLine;

/// The first line seen of each report.
#[derive(Debug, Default)]
pub(super) struct Altered(BTreeMap<Vec<u8>, Vec<u8>>);

impl Altered {
    pub(super) fn see(&mut self, place: &str, at: &AtLine<'_>, line: &[u8]) -> Result<(), String> {
        let first = self.0.entry(fields_of(at)).or_insert_with(|| line.to_vec());
        if first == line {
            return Ok(());
        }
        Err(format!("{place}: {}; it was {}", line.escape_ascii(), first.escape_ascii()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::judges::parse;

    const LINE: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 5";

    fn see_both(one: &[u8], other: &[u8]) -> bool {
        let mut judge = Altered::default();
        judge.see("Ball", &parse(one).unwrap(), one).unwrap();
        judge.see("Welsh", &parse(other).unwrap(), other).is_ok()
    }

    #[test]
    fn the_same_line_everywhere_is_right_and_one_byte_more_is_found() {
        assert!(see_both(LINE, LINE));
        assert!(see_both(LINE, b"AT Ball +1.000000000 kiwi +1-1 6"), "it tells of another report");
        assert!(!see_both(LINE, b"AT Ball +1.000000001 kiwi +1-1 5"));
        assert!(!see_both(LINE, b"AT Welsh +1.000000000 kiwi +1-1 5"));
        assert!(!see_both(LINE, b"AT  Ball +1.000000000 kiwi +1-1 5"));
    }
}
