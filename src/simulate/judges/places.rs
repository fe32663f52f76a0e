//! Places belong to the question they are told for, and are whole.

use crate::simulate::history::Questions;
use crate::simulate::question::Question;

pub(super) fn check(server: &str, question: &Question, line: &[u8], text: &[u8]) -> Result<(), String> {
    question.judge(line, text).map_err(|why| {
        let (question, line, text) = (question.line(), line.escape_ascii(), text.escape_ascii());
        format!("{server} answered {question} wrongly: {why}: {line} and {text}")
    })
}

/// On a good network every question has an answer, and places wherever the client is known.
pub(in crate::simulate) fn expect_every_question_answered(
    questions: Questions,
    failed: u64,
) -> Result<(), String> {
    let Questions { asked, told, declined } = questions;
    if asked != told + declined {
        return Err(format!(
            "{} of {asked} questions had no answer on a good network",
            asked - told - declined
        ));
    }
    if failed > 0 {
        return Err(format!("{failed} of {asked} questions had no places on a good network"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_do_not_belong_to_a_question_are_found() {
        let question = Question { id: "kiwi".to_owned(), kilometres: 10, bound: 3, of_service: true };
        let wrong = check("Welsh", &question, b"AT Ball +1.000000000 kiwi +1-1 5", b"{}\n\n");
        assert!(wrong.unwrap_err().contains("answered WHATSAT kiwi 10 3 wrongly"));
    }

    #[test]
    fn a_question_without_an_answer_or_places_is_found_on_a_good_network() {
        let verdict = |told, declined, failed| {
            expect_every_question_answered(Questions { asked: 5, told, declined }, failed)
        };
        assert_eq!(verdict(3, 2, 0), Ok(()));
        assert_eq!(verdict(3, 1, 0).unwrap_err(), "1 of 5 questions had no answer on a good network");
        assert_eq!(verdict(3, 2, 1).unwrap_err(), "1 of 5 questions had no places on a good network");
    }
}
