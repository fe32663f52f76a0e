//! One line of the log: when, which way, who, and the bytes on one line.
//!
//! ```text
//! 2026-11-23T02:37:43.392014Z < 127.0.0.1:40112 IAMAT kiwi.cs.ucla.edu +34.068930-118.445127 1479413884.39
//! 2026-11-23T02:37:43.392014Z > 127.0.0.1:40112 AT Alford +0.263873386 kiwi.cs.ucla.edu +34.0689 ...
//! 2026-11-23T02:37:43.500117Z > 127.0.0.1:40112 ? IAMAT kiwi \(the number of fields is wrong)
//! 2026-11-23T02:37:44.000201Z * neighbour Hamilton: up
//! ```
//!
//! Bytes that are not printable ASCII are escaped, so a `\(` is never one of them: behind it stands why a line was
//! answered with `? `. A notice is our own text, and may have letters beyond ASCII.

use std::fmt::Display;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use reactor::{Peer, WallTime};

/// Which way a line went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the peer: `<`.
    In,
    /// To the peer: `>`.
    Out,
}

/// Gathers lines as text. Many lines share their moment or their peer, so both are formatted once.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: Vec<u8>,
    /// How many lines that is.
    lines: u64,
    /// A buffer that comes back from the thread is used again.
    spare: Vec<u8>,
    stamp: (Option<WallTime>, String),
    peer: (Option<Peer>, String),
}

impl Writer {
    pub(super) fn gathered(&self) -> usize {
        self.text.len()
    }

    pub(super) fn traffic(&mut self, now: WallTime, direction: Direction, peer: Peer, parts: &[&[u8]]) {
        self.begin_line(now, direction, peer);
        parts.iter().for_each(|part| escape(part, &mut self.text));
        self.end_line();
    }

    /// What was sent for a line that was refused, and why.
    pub(super) fn refusal(&mut self, now: WallTime, peer: Peer, line: &[u8], why: &impl Display) {
        self.begin_line(now, Direction::Out, peer);
        self.text.extend_from_slice(b"? ");
        escape(line, &mut self.text);
        self.text.extend_from_slice(b" \\(");
        escape_text(&why.to_string(), &mut self.text);
        self.text.push(b')');
        self.end_line();
    }

    pub(super) fn notice(&mut self, now: WallTime, notice: &str) {
        self.stamp(now);
        self.text.extend_from_slice(b" * ");
        escape_text(notice, &mut self.text);
        self.end_line();
    }

    fn begin_line(&mut self, now: WallTime, direction: Direction, peer: Peer) {
        self.stamp(now);
        self.text.extend_from_slice(match direction {
            Direction::In => b" < ",
            Direction::Out => b" > ",
        });
        if self.peer.0 != Some(peer) {
            self.peer = (Some(peer), peer.to_string());
        }
        self.text.extend_from_slice(self.peer.1.as_bytes());
        self.text.push(b' ');
    }

    /// What has gathered, with word of the lines that are missing; and how many lines it is without that.
    pub(super) fn take(&mut self, now: WallTime, missing: u64) -> (Vec<u8>, u64) {
        let lines = self.lines;
        if missing > 0 {
            let notice = format!("{missing} lines before this one are missing: the log could not take them");
            self.notice(now, &notice);
        }
        self.lines = 0;
        (std::mem::replace(&mut self.text, std::mem::take(&mut self.spare)), lines)
    }

    pub(super) fn give_back(&mut self, mut text: Vec<u8>) {
        text.clear();
        self.spare = text;
    }

    fn end_line(&mut self) {
        self.text.push(b'\n');
        self.lines += 1;
    }

    fn stamp(&mut self, now: WallTime) {
        if self.stamp.0 != Some(now) {
            self.stamp.1.clear();
            self.stamp.0 = Some(now);
            let since = Duration::from_nanos(u64::try_from(now.as_unix_nanos()).unwrap_or(0));
            let stamp = humantime::format_rfc3339_micros(SystemTime::UNIX_EPOCH + since);
            // Writing to a String cannot fail.
            let _ = std::fmt::Write::write_fmt(&mut self.stamp.1, format_args!("{stamp}"));
        }
        self.text.extend_from_slice(self.stamp.1.as_bytes());
    }
}

/// A text on one line: the same, but letters and signs beyond ASCII are as they are, unless they cannot be seen.
fn escape_text(words: &str, text: &mut Vec<u8>) {
    for c in words.chars() {
        let mut utf8 = [0; 4];
        match c {
            _ if c.is_ascii() => escape(c.encode_utf8(&mut utf8).as_bytes(), text),
            // Writing to a Vec cannot fail.
            _ => drop(write!(text, "{}", c.escape_debug())),
        }
    }
}

/// Bytes on one line: printable ASCII as it is, the rest as `\n`, `\t`, `\\`, `\xff`.
fn escape(bytes: &[u8], text: &mut Vec<u8>) {
    // Without a branch per byte, so that the compiler can look at many bytes at once.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') & (byte != b'\\');
    if bytes.iter().fold(true, |plain, &byte| plain & is_plain(byte)) {
        text.extend_from_slice(bytes);
        return;
    }
    for &byte in bytes {
        match byte {
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
            b'\\' => text.extend_from_slice(b"\\\\"),
            b' '..=b'~' => text.push(byte),
            // Writing to a Vec cannot fail.
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: WallTime = WallTime::from_unix_nanos(1_479_413_884_392_014_450);

    fn peer() -> Peer {
        Peer::at(([127, 0, 0, 1], 4000).into())
    }

    #[test]
    fn a_line_says_when_which_way_who_and_what() {
        let mut writer = Writer::default();
        writer.traffic(NOON, Direction::In, peer(), &[b"IAMAT kiwi"]);
        writer.traffic(NOON, Direction::Out, peer(), &[b"? ", b"IAMAT kiwi"]);
        let (text, lines) = writer.take(NOON, 0);
        assert_eq!(lines, 2);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "2016-11-17T20:18:04.392014Z < 127.0.0.1:4000 IAMAT kiwi\n\
             2016-11-17T20:18:04.392014Z > 127.0.0.1:4000 ? IAMAT kiwi\n"
        );
    }

    #[test]
    fn why_a_line_was_refused_stands_behind_it_and_is_none_of_its_bytes() {
        let mut writer = Writer::default();
        writer.refusal(NOON, peer(), b"IAMAT \\(no)", &"too few\nfields");
        let text = String::from_utf8(writer.take(NOON, 0).0).unwrap();
        assert!(text.ends_with(" > 127.0.0.1:4000 ? IAMAT \\\\(no) \\(too few\\nfields)\n"), "{text}");
    }

    #[test]
    fn a_notice_is_text_and_stays_on_one_line() {
        let mut writer = Writer::default();
        writer.notice(NOON, "99 % within 8µs, \u{202e}\u{1b}[2J\r\n\u{85}\\");
        let text = String::from_utf8(writer.take(NOON, 0).0).unwrap();
        let notice = " * 99 % within 8µs, \\u{202e}\\x1b[2J\\r\\n\\u{85}\\\\\n";
        assert!(text.ends_with(notice), "{text}");
    }

    #[test]
    fn any_bytes_stay_on_one_line() {
        let mut text = Vec::new();
        escape(b"a\nb\r\t\\ \xff\x00\x7f~", &mut text);
        assert_eq!(text, b"a\\nb\\r\\t\\\\ \\xff\\x00\\x7f~");
    }

    #[test]
    fn missing_lines_are_spoken_of_and_not_counted() {
        let mut writer = Writer::default();
        writer.notice(NOON, "up");
        let (text, lines) = writer.take(NOON, 3);
        let text = String::from_utf8(text).unwrap();
        assert!(text.ends_with(" * 3 lines before this one are missing: the log could not take them\n"));
        assert_eq!((lines, writer.take(NOON, 0)), (1, (Vec::new(), 0)));
    }
}
