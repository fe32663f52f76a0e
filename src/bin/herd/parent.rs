//! What a server owes to the `herd all` that started it: to end with it, however it ends.

use rustix::process::{Pid, getppid};

use crate::Failure;

/// From here on this process is told to stop when `parent`, the process that started it, is gone.
///
/// It must be asked for in the child, and the parent may be gone by then: hence its process id.
pub(crate) fn end_with(parent: i32) -> Result<(), Failure> {
    tell_of_death().map_err(Failure::other)?;
    match getppid() == Pid::from_raw(parent) {
        true => Ok(()),
        false => Err(Failure::other("the herd that started it has gone")),
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn tell_of_death() -> rustix::io::Result<()> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM))
}

/// Elsewhere the system does not tell.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn tell_of_death() -> rustix::io::Result<()> {
    Ok(())
}
