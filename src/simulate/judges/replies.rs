//! The replies of a connection come in the order of its commands, each to its own, and nothing else comes.

use crate::simulate::history::{Sent, Visit};

/// Whether this line answers this report.
pub(super) fn check_answer(sent: &Sent, line: &[u8]) -> Result<(), String> {
    let rest = line.strip_suffix(&*sent.fields).and_then(|rest| rest.strip_suffix(b" "));
    let begins =
        |rest: &[u8]| rest.strip_prefix(b"AT ").is_some_and(|r| r.starts_with(sent.server.as_bytes()));
    if rest.is_some_and(begins) {
        return Ok(());
    }
    Err(format!("{} answered {} with {}", sent.server, sent.fields.escape_ascii(), line.escape_ascii()))
}

pub(super) fn astray(visit: &Visit, sent: &str, came: &[u8]) -> String {
    let Visit { number, server } = visit;
    format!("{server} answered {sent} with {} (visit {number})", came.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_another_report_is_found() {
        let fields = b"kiwi +1-1 5".to_vec();
        let sent = Sent {
            server: "Ball".to_owned(),
            fields,
            at: reactor::Time::ZERO,
            is_listening: true,
            shown: None,
            acknowledged: None,
        };
        assert!(check_answer(&sent, b"AT Ball +1.000000000 kiwi +1-1 5").is_ok());
        for line in [
            &b"AT Ball +1.000000000 kiwi +1-1 6"[..],
            b"AT Welsh +1.000000000 kiwi +1-1 5",
            b"AT Ball +1.000000000 akiwi +1-1 5",
            b"? IAMAT kiwi +1-1 5",
            b"",
        ] {
            assert!(check_answer(&sent, line).is_err(), "{}", line.escape_ascii());
        }
    }
}
