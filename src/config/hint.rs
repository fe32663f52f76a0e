//! What the writer of an unknown word may have meant.

use std::fmt;

/// The nearest of the known words, or, if none is near, all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    near: Option<String>,
    known: Vec<String>,
}

impl Hint {
    /// A hint for `word` among `known`: the nearest of those that go on where it stops, else the nearest; of
    /// equally near ones the first.
    pub fn new<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Hint {
        let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
        let near = known.iter().filter_map(|candidate| Some((distance(word, candidate)?, candidate)));
        let near = near
            .min_by_key(|(distance, candidate)| (!candidate.starts_with(word), *distance))
            .map(|(_, candidate)| candidate.clone());
        Hint { near, known }
    }

    /// The nearest known word, if one is near enough to be a slip of the pen.
    pub fn near(&self) -> Option<&str> {
        self.near.as_deref()
    }

    /// All known words, in their order.
    pub fn known(&self) -> &[String] {
        &self.known
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.near() {
            Some(near) => write!(f, "did you mean \"{near}\"?"),
            None => write!(f, "known here: {}", self.known.join(", ")),
        }
    }
}

/// The number of letters to insert, delete or replace between two words, whatever their case
/// (Levenshtein); `None` where the words have too little in common for a slip.
fn distance(word: &str, candidate: &str) -> Option<usize> {
    let (word, candidate) = (letters(word), letters(candidate));
    let most = 1 + candidate.len() / 4;
    if word.len().abs_diff(candidate.len()) > most {
        return None; // also keeps the cost of an absurdly long word down
    }
    let mut row: Vec<usize> = (0..=candidate.len()).collect();
    for (i, letter) in word.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in candidate.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

fn letters(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(word: &str) -> Option<String> {
        Hint::new(word, ["line", "line_time", "idle", "connections"]).near().map(str::to_owned)
    }

    #[test]
    fn a_slip_of_the_pen_finds_the_nearest_word() {
        assert_eq!(near("lines"), Some("line".into()));
        assert_eq!(near("linetime"), Some("line_time".into()));
        assert_eq!(near("IDLE"), Some("idle".into()));
        assert_eq!(near("conections"), Some("connections".into()));
    }

    #[test]
    fn a_word_that_stops_too_early_is_nearer_than_a_slip() {
        let known = ["HERD_PEERS_KEY", "HERD_PLACES_KEY_FILE", "HERD_PLACES_KEY_ENV"];
        assert_eq!(Hint::new("HERD_PLACES_KEY", known).near(), Some("HERD_PLACES_KEY_ENV"));
    }

    #[test]
    fn a_word_far_from_all_gets_the_whole_list() {
        let hint = Hint::new("colour", ["line", "idle"]);
        assert_eq!(hint.near(), None);
        assert_eq!(hint.to_string(), "known here: line, idle");
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_zero_only_between_equal_words(a in "[a-c]{1,4}", b in "[a-c]{1,4}") {
            if let (Some(there), Some(back)) = (distance(&a, &b), distance(&b, &a)) {
                prop_assert_eq!(there, back);
                prop_assert_eq!(there == 0, a == b);
            }
        }
    }
}
