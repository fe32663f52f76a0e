//! A simulated client's WHATSAT, and which answers to it are right.

use super::places::{EVERYWHERE, found, refused};
use crate::command::{AtLine, Command};
use crate::places::{Search, squeeze};

/// One WHATSAT.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// The client that is asked for.
    pub(super) id: String,
    /// How far to look.
    pub(super) kilometres: u64,
    /// The most places to answer with.
    pub(super) bound: usize,
    /// The simulated service is asked, not the herd's own gazetteer.
    pub(super) of_service: bool,
}

impl Question {
    /// As it is sent.
    pub(super) fn line(&self) -> String {
        format!("WHATSAT {} {} {}", self.id, self.kilometres, self.bound)
    }

    /// Judges an answer: its AT line tells of the client, and its text is whole and belongs to that line, to
    /// the radius and to the bound.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn judge(&self, line: &[u8], text: &[u8]) -> Result<(), &'static str> {
        let Ok(Command::At(at)) = Command::parse(line) else { return Err("it begins with no AT line") };
        if at.id != self.id.as_bytes() {
            return Err("it tells of another client");
        }
        let is_right = if self.of_service { self.is_the_services(&at, text) } else { self.is_a_search(text) };
        is_right.then_some(()).ok_or("its places are not those that were asked for")
    }

    fn is_the_services(&self, at: &AtLine<'_>, text: &[u8]) -> bool {
        let (latitude, longitude) = (at.location.latitude(), at.location.longitude());
        let asked = format!("{latitude},{longitude} {}000", self.kilometres);
        let right = [found(&asked, self.bound.min(EVERYWHERE)), refused(&asked)];
        right.iter().any(|right| squeeze(right.as_bytes()) == text)
    }

    fn is_a_search(&self, text: &[u8]) -> bool {
        let search = Search::read(text);
        search.is_ok_and(|search| search.cut(self.bound) == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"AT Ball +1.000000000 kiwi +34.068930-118.445127 5";
    const ASKED: &str = "34.06893,-118.445127 10000";

    fn question(of_service: bool) -> Question {
        Question { id: "kiwi".to_owned(), kilometres: 10, bound: 3, of_service }
    }

    fn judge(text: &str) -> Result<(), &'static str> {
        question(true).judge(LINE, &squeeze(text.as_bytes()))
    }

    #[test]
    fn places_and_a_refusal_are_right_if_they_belong_to_the_question() {
        assert_eq!(judge(&found(ASKED, 3)), Ok(()));
        assert_eq!(judge(&refused(ASKED)), Ok(()));
        let many = Question { bound: 20, ..question(true) };
        assert_eq!(many.judge(LINE, &squeeze(found(ASKED, EVERYWHERE).as_bytes())), Ok(()));
    }

    #[test]
    fn places_of_another_question_are_found_out() {
        for text in [
            found(ASKED, 4),
            found(ASKED, 2),
            found("34.06893,-118.445128 10000", 3),
            found("34.06893,-118.445127 1000", 3),
            refused("34.06893,118.445127 10000"),
            found(ASKED, 3).replace("OK", "OVER_QUERY_LIMIT"),
            String::new(),
        ] {
            assert!(judge(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_whole_is_found_out() {
        let text = squeeze(found(ASKED, 3).as_bytes());
        for end in 0..text.len() {
            assert!(question(true).judge(LINE, &text[..end]).is_err(), "{end}");
            assert!(question(false).judge(LINE, &text[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_line_of_another_client_is_found_out() {
        let text = squeeze(found(ASKED, 3).as_bytes());
        let line = b"AT Ball +1.000000000 emu +34.068930-118.445127 5";
        assert_eq!(question(true).judge(line, &text), Err("it tells of another client"));
        assert!(question(true).judge(b"? WHATSAT kiwi 10 3", &text).is_err());
    }

    #[test]
    fn the_gazetteers_places_are_a_search_within_the_bound() {
        let judge = |count| question(false).judge(LINE, &squeeze(found("anything", count).as_bytes()));
        assert_eq!((judge(0), judge(3)), (Ok(()), Ok(())));
        assert!(judge(4).is_err());
    }
}
