//! Rare branches and planted mistakes, as far as this build has them.

use reactor::Random;

/// Lets rare branches be taken in the run that begins, as `random` draws them; `None`: in none.
#[cfg(feature = "buggify")]
pub(super) fn begin(random: Option<Random>) {
    crate::buggify::draw(random);
}

/// No more; says how often one was taken.
#[cfg(feature = "buggify")]
pub(super) fn end() -> u64 {
    let fired = crate::buggify::fired();
    crate::buggify::draw(None);
    fired
}

/// This build has none.
#[cfg(not(feature = "buggify"))]
pub(super) fn begin(_: Option<Random>) {}

/// This build has none.
#[cfg(not(feature = "buggify"))]
pub(super) fn end() -> u64 {
    0
}
