//! Nothing is told that nobody sent: each AT line tells of a report that a client made, and names the server that
//! took it. Strangers are let in nowhere.

use super::fields_of;
use crate::command::AtLine;
use crate::simulate::history::History;

pub(super) fn check(place: &str, at: &AtLine<'_>, history: &History) -> Result<(), String> {
    let line = || {
        let mut line = Vec::new();
        at.write_to(&mut line);
        line.escape_ascii().to_string()
    };
    match history.find(&fields_of(at)) {
        None => Err(format!("{place}: nobody sent {}", line())),
        Some(sent) if sent.server.as_bytes() != at.server => {
            Err(format!("{place}: {} took {}", sent.server, line()))
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn admission(server: &str, attempt: &str, came: &[u8]) -> String {
    format!("{server} answered a stranger's {attempt} with {}", came.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::judges::parse;

    #[test]
    fn what_nobody_sent_or_another_took_is_found() {
        let mut history = History::default();
        history.send("Ball", b"kiwi +1-1 5".to_vec(), true, reactor::Time::ZERO);
        let check = |line: &[u8]| check("Welsh", &parse(line).unwrap(), &history);
        assert_eq!(check(b"AT Ball +1.000000000 kiwi +1-1 5"), Ok(()));
        assert!(check(b"AT Ball +1.000000000 kiwi +1-1 6").unwrap_err().contains("nobody sent"));
        assert!(check(b"AT Ball +1.000000000 emu +1-1 5").is_err());
        assert!(check(b"AT Welsh +1.000000000 kiwi +1-1 5").unwrap_err().contains("Ball took"));
    }
}
