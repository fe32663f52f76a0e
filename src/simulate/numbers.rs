//! Lists of numbers as they are typed: `3,5-9`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// No list reaches further.
const MOST: usize = 1_000_000;

/// Some numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers(pub BTreeSet<usize>);

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Numbers, String> {
        let mut numbers = BTreeSet::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = number(first).zip(number(last)).ok_or(USAGE)?;
            numbers.extend(first..=last);
        }
        Ok(Numbers(numbers))
    }
}

const USAGE: &str = "numbers are given as in 3,5-9; none above a million";

fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten().filter(|number| *number <= MOST)
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.0.iter().copied().peekable();
        let mut comma = "";
        while let Some(first) = numbers.next() {
            let mut last = first;
            while let Some(next) = numbers.next_if_eq(&(last + 1)) {
                last = next;
            }
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_written() {
        for text in ["", "7", "3,5-9", "0-2,4,5,10"] {
            assert_eq!(text.parse::<Numbers>().unwrap().to_string(), text);
        }
        assert_eq!("3,4,5,1".parse::<Numbers>().unwrap().to_string(), "1,3-5");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["x", "3-", "-3", "+3", "3 ,4", "1..2", "9999999"] {
            assert!(text.parse::<Numbers>().is_err(), "{text}");
        }
    }
}
