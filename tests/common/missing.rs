//! What a test needs and a machine may not have: other people's servers and interpreters.

/// With it set to 1, as in `.ci/run`, a test fails that would be passed over.
const REQUIRED: &str = "REAL_SERVERS";

/// Says that a test is passed over, and why.
///
/// # Panics
///
/// If what is missing is required.
pub(crate) fn pass_over(why: &str) {
    assert!(std::env::var_os(REQUIRED).is_none_or(|value| value != "1"), "{why}");
    println!("skipped: {why}; with {REQUIRED}=1 that is a failure");
}
