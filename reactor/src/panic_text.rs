//! What a panic has said.

use std::any::Any;

/// The message of a panic that `catch_unwind` has caught. `panic!` makes it a `&str` or a `String`; it may be
/// anything else, which has no text.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}
