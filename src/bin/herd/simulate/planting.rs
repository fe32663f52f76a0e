//! Mistakes that are made on purpose, in a build that can make them.

use crate::Failure;
#[cfg(feature = "buggify")]
use crate::stdio;

#[cfg(not(feature = "buggify"))]
const WITHOUT: &str = "this herd makes no mistakes on purpose: build it with --features buggify";

/// Prints their names.
#[cfg(feature = "buggify")]
pub(super) fn list() -> Result<(), Failure> {
    let names = herd::planted::Planted::ALL.iter().map(|(name, _)| format!("{name}\n"));
    stdio::print(names.collect::<String>().as_bytes())
}

/// Whether there is one of this name.
#[cfg(feature = "buggify")]
pub(super) fn check(name: Option<&str>) -> Result<(), Failure> {
    match name.filter(|name| find(name).is_none()) {
        None => Ok(()),
        Some(name) => Err(Failure::usage(format!("no mistake is called {name:?}; see --list-planted"))),
    }
}

/// Makes it on this thread from here on.
#[cfg(feature = "buggify")]
pub(super) fn plant(name: Option<&str>) {
    herd::planted::plant(name.and_then(find));
}

#[cfg(feature = "buggify")]
fn find(name: &str) -> Option<herd::planted::Planted> {
    herd::planted::Planted::ALL.iter().find(|(other, _)| *other == name).map(|(_, mistake)| *mistake)
}

/// There are none.
#[cfg(not(feature = "buggify"))]
pub(super) fn list() -> Result<(), Failure> {
    Err(Failure::usage(WITHOUT))
}

/// There is none of any name.
#[cfg(not(feature = "buggify"))]
pub(super) fn check(name: Option<&str>) -> Result<(), Failure> {
    name.map_or(Ok(()), |_| Err(Failure::usage(WITHOUT)))
}

/// None is made.
#[cfg(not(feature = "buggify"))]
pub(super) fn plant(_: Option<&str>) {}
