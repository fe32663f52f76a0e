//! How much of a processor we use.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// User and system time of this process so far.
pub(super) fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}
