//! Finds records in a file that is no longer a database.
//!
//! redb opens nothing of which a page is damaged, and promises nothing to whoever makes it. But every value is
//! known to be whole by itself, so no tree is needed to find it: what stands behind its own hash is what was
//! written. Pages that redb had given up hold older records of some clients; the newest wins, as ever.

use memchr::memmem;

use super::value::{HASH, as_at_line, line_of};
use crate::command::AtLine;

/// A time has some twenty digits; what follows a line may happen to be digits, too.
const LONGEST_TIME: usize = 64;
/// No line is longer: a configured limit may be, but then a neighbour would not take it either.
const LONGEST_LINE: usize = 128 * 1024;

/// Hands every record that is whole to `each`, and says how many look like records and are not as they were
/// written.
pub(super) fn salvage(file: &[u8], mut each: impl FnMut(&AtLine<'_>)) -> u64 {
    let mut damaged = 0;
    for start in memmem::find_iter(file, b"AT ") {
        let Some(ends) = ends_of_line(&file[start..file.len().min(start + LONGEST_LINE)]) else { continue };
        let whole = start.checked_sub(HASH).and_then(|from| {
            let lines = ends.clone().rev().filter_map(|end| line_of(&file[from..start + end]));
            lines.filter_map(as_at_line).next()
        });
        match whole {
            Some(at) => each(&at),
            None => damaged += u64::from(as_at_line(&file[start..start + ends.start()]).is_some()),
        }
    }
    damaged
}

/// Where the line may end that `bytes` begin with, if it is like an AT line: behind any digit of its time.
fn ends_of_line(bytes: &[u8]) -> Option<std::ops::RangeInclusive<usize>> {
    let fifth_space = memchr::memchr_iter(b' ', bytes).nth(4)?;
    let is_of_time = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let time = bytes[fifth_space + 1..].iter().take(LONGEST_TIME).take_while(is_of_time).count();
    (time > 0).then(|| fifth_space + 2..=fifth_space + 1 + time)
}
