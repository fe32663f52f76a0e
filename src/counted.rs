//! Counters for an operator.

use std::fmt;

/// Each count that is not zero with what it counts, on a line of its own.
pub(crate) struct Counted<'a>(pub(crate) &'a [(u64, &'a str)]);

impl fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .filter(|(count, _)| *count > 0)
            .try_for_each(|(count, what)| writeln!(f, "{count} {what}"))
    }
}
