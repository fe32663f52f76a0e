//! Once all is healed, all servers hold the same.

use std::collections::BTreeSet;

use crate::store::{Record, Store};

/// Whether all these stores hold the same lines.
///
/// # Errors
///
/// Which two do not, and a line that one of them lacks.
pub(in crate::simulate) fn expect_the_same_everywhere<'a>(
    stores: impl Iterator<Item = (&'a str, &'a Store)>,
) -> Result<(), String> {
    let mut contents = stores.map(|(server, store)| {
        let lines: BTreeSet<&[u8]> = store.records().map(Record::line).collect();
        (server, lines)
    });
    let Some((first, lines)) = contents.next() else { return Ok(()) };
    let Some((other, others)) = contents.find(|(_, other)| *other != lines) else { return Ok(()) };
    let example = lines.symmetric_difference(&others).next().map(|line| line.escape_ascii().to_string());
    Err(format!("{first} and {other} hold different lines; one has {}", example.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::judges::parse;

    fn store(line: &[u8]) -> Store {
        let mut store = Store::default();
        store.accept(&parse(line).unwrap());
        store
    }

    #[test]
    fn servers_that_hold_different_lines_are_found() {
        let (one, other) =
            (store(b"AT Ball +1.000000000 kiwi +1-1 5"), store(b"AT Ball +1.000000000 kiwi +1-1 6"));
        assert_eq!(expect_the_same_everywhere([("A", &one), ("B", &one)].into_iter()), Ok(()));
        let failure = expect_the_same_everywhere([("A", &one), ("B", &one), ("C", &other)].into_iter());
        assert!(failure.unwrap_err().starts_with("A and C hold different lines; one has AT Ball"));
    }
}
