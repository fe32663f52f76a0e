//! The program's one logger, which keeps the lines of each thread apart: tests run side by side.

use std::mem::take;
use std::sync::{Mutex, Once};
use std::thread::{ThreadId, current};

static LINES: Mutex<Vec<(ThreadId, String)>> = Mutex::new(Vec::new());

struct Log;

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LINES.lock().unwrap().push((current().id(), record.args().to_string()));
    }

    fn flush(&self) {}
}

/// From here on what this thread logs, from warnings up, is kept.
pub(crate) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Log).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
    drop(taken());
}

/// What this thread has logged since it was last asked.
pub(crate) fn taken() -> Vec<String> {
    let mut lines = LINES.lock().unwrap();
    let (ours, others) = take(&mut *lines).into_iter().partition(|(thread, _)| *thread == current().id());
    *lines = others;
    let ours: Vec<(ThreadId, String)> = ours;
    ours.into_iter().map(|(_, line)| line).collect()
}
