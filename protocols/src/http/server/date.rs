//! A moment as HTTP writes it.

use std::time::{Duration, SystemTime};

use reactor::WallTime;

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7). No moment is before the year 1970.
pub(super) fn http_date(moment: WallTime) -> String {
    let seconds = u64::try_from(moment.as_unix_nanos()).unwrap_or(0) / 1_000_000_000;
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_the_standard_shows_it() {
        let at = |seconds: i64| http_date(WallTime::from_unix_nanos(seconds * 1_000_000_000));
        assert_eq!(at(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(-1), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
