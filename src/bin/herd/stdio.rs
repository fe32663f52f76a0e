//! Words to the terminal, or to whatever stands in its place. Unlike `println!`, they never panic.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::{Failure, stderr};

/// Writes to standard output. Whoever has stopped reading it (`herd check | head`) has what it wanted.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::other(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says one line on standard error. In one piece, for five servers may share a terminal; if there is none,
/// nobody is told.
pub(crate) fn say(line: impl Display) {
    let _ = stderr::write(format!("{line}\n").as_bytes());
}
