//! Counting what may happen often, and saying it seldom.

/// Counts one more; whether it should be said in the log: the first, second, fourth, eighth time and so on,
/// so that nobody can fill the log with it.
///
/// ```
/// let mut refused = 0;
/// let said: Vec<u64> = (1..=9).filter(|_| reactor::tally(&mut refused)).collect();
/// assert_eq!(said, [1, 2, 4, 8]);
/// ```
pub fn tally(counter: &mut u64) -> bool {
    *counter += 1;
    counter.is_power_of_two()
}
