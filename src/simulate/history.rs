//! What the clients said and heard: the ground on which the herd is judged.

use std::collections::BTreeMap;

use super::question::Question;
use crate::command::{AtLine, Command};

/// One IAMAT that was sent, once, to one server.
#[derive(Debug)]
struct Sent {
    /// The server's name.
    server: String,
    /// The AT line that first told of it: the answer, or what a store was seen to hold.
    line: Option<Vec<u8>>,
    /// The sender has the answer.
    acknowledged: bool,
}

/// WHATSATs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// Sent.
    pub asked: usize,
    /// Answered with places.
    pub told: usize,
    /// Answered with `? `.
    pub declined: usize,
}

/// Everything that was sent, and everything wrong that was heard.
#[derive(Debug, Default)]
pub struct History {
    sent: Vec<Sent>,
    /// `id location time` of each, and its place in `sent`.
    by_fields: BTreeMap<Vec<u8>, usize>,
    questions: Questions,
    failures: Vec<String>,
}

impl History {
    /// Notes a report about to be sent. No two have the same fields.
    pub fn send(&mut self, server: &str, fields: Vec<u8>) {
        self.by_fields.insert(fields, self.sent.len());
        self.sent.push(Sent { server: server.to_owned(), line: None, acknowledged: false });
    }

    /// Notes the answer to a report.
    pub fn answered(&mut self, fields: &[u8], answer: &[u8]) {
        self.saw("the answer to a report", answer);
        let sent = self.by_fields.get(fields).and_then(|&index| self.sent.get_mut(index));
        match sent.filter(|sent| sent.line.as_deref() == Some(answer)) {
            Some(sent) => sent.acknowledged = true,
            None => self.fail(format!("{} was answered {}", fields.escape_ascii(), answer.escape_ascii())),
        }
    }

    /// Notes a question about to be sent.
    pub fn ask(&mut self) {
        self.questions.asked += 1;
    }

    /// Notes that a question was answered with `? `.
    pub fn declined(&mut self) {
        self.questions.declined += 1;
    }

    /// Notes the answer of a server to a question: an AT line, which was seen when it came, and what is behind
    /// it.
    pub fn told(&mut self, server: &str, question: &Question, line: &[u8], text: &[u8]) {
        self.questions.told += 1;
        if let Err(why) = question.judge(line, text) {
            let (question, line, text) = (question.line(), line.escape_ascii(), text.escape_ascii());
            self.fail(format!("{server} answered {question} wrongly: {why}: {line} and {text}"));
        }
    }

    /// Checks an AT line wherever it is seen: it tells of a report that was sent, names the server that
    /// took it, and is the same line everywhere.
    pub fn saw(&mut self, place: &str, line: &[u8]) {
        let Ok(Command::At(at)) = Command::parse(line) else {
            return self.fail(format!("{place}: no AT line: {}", line.escape_ascii()));
        };
        let Some(sent) = self.by_fields.get(&fields_of(&at)).and_then(|&index| self.sent.get_mut(index))
        else {
            return self.fail(format!("{place}: nobody sent {}", line.escape_ascii()));
        };
        let is_right = at.server == sent.server.as_bytes();
        if !is_right || sent.line.get_or_insert_with(|| line.to_vec()) != line {
            let was = sent.line.as_deref().unwrap_or_default().escape_ascii().to_string();
            self.fail(format!("{place}: altered: {}; it was {was}", line.escape_ascii()));
        }
    }

    /// Notes that something wrong was seen.
    pub fn fail(&mut self, failure: String) {
        self.failures.push(failure);
    }

    /// What was sent, and of it acknowledged.
    pub fn counts(&self) -> (usize, usize) {
        (self.sent.len(), self.acknowledged().count())
    }

    /// What was asked, and of it answered.
    pub fn questions(&self) -> Questions {
        self.questions
    }

    /// The AT lines that senders have seen.
    pub fn acknowledged(&self) -> impl Iterator<Item = &[u8]> {
        self.sent.iter().filter(|sent| sent.acknowledged).filter_map(|sent| sent.line.as_deref())
    }

    /// The same, of those to servers that `are` such.
    pub fn acknowledged_by(&self, are: impl Fn(&str) -> bool) -> impl Iterator<Item = &[u8]> {
        let sent = self.sent.iter().filter(move |sent| sent.acknowledged && are(&sent.server));
        sent.filter_map(|sent| sent.line.as_deref())
    }

    /// What is wrong.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }
}

/// `id location time`.
fn fields_of(at: &AtLine<'_>) -> Vec<u8> {
    [at.id, at.location.as_bytes(), at.time.as_bytes()].join(&b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &[u8] = b"kiwi +1-1 5";
    const LINE: &[u8] = b"AT Ball +1.000000000 kiwi +1-1 5";

    fn history() -> History {
        let mut history = History::default();
        history.send("Ball", SENT.to_vec());
        history
    }

    #[test]
    fn the_same_line_everywhere_is_right() {
        let mut history = history();
        history.answered(SENT, LINE);
        history.saw("Welsh", LINE);
        assert!(history.failures().is_empty());
        assert_eq!(history.counts(), (1, 1));
    }

    #[test]
    fn an_altered_line_is_found() {
        for line in [
            &b"AT Ball +1.000000001 kiwi +1-1 5"[..],
            b"AT Welsh +1.000000000 kiwi +1-1 5",
            b"AT Ball +1.000000000 kiwi +1-2 5",
            b"? IAMAT kiwi +1-1 5",
        ] {
            let mut history = history();
            history.answered(SENT, LINE);
            history.saw("Welsh", line);
            assert_eq!(history.failures().len(), 1, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn an_answer_to_another_report_is_found() {
        let mut history = history();
        history.send("Ball", b"kiwi +2-2 6".to_vec());
        history.answered(b"kiwi +2-2 6", LINE);
        assert_eq!(history.failures().len(), 1);
    }

    #[test]
    fn places_that_do_not_belong_to_a_question_are_found() {
        let question = Question { id: "kiwi".to_owned(), kilometres: 10, bound: 3, of_service: true };
        let mut history = history();
        history.answered(SENT, LINE);
        history.told("Welsh", &question, LINE, b"{}\n\n");
        assert_eq!(history.failures().len(), 1);
        assert!(history.failures()[0].contains("answered WHATSAT kiwi 10 3 wrongly"));
    }
}
