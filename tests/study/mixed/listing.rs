//! The list of differences: what was said, what each kind answered, and the id under which docs/study.md says why.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::script::{Case, Way, cases};

const FILE: &str = "tests/study/mixed/differences.txt";
/// An id that nobody has given yet.
const NEW: &str = "D?";
/// How the answers begin.
const ANSWERS: [&str; 2] = ["\nTwisted  ", "\nboth     "];
/// How much of a long line is shown.
const SHOWN: usize = 72;
/// With more lines than that, half as many are shown.
const MOST_LINES: usize = 24;

/// What the three kinds answer.
pub(crate) struct Heard {
    pub(crate) twisted: Vec<u8>,
    pub(crate) node: Vec<u8>,
    pub(crate) ours: Vec<u8>,
}

impl Heard {
    pub(crate) fn differs(&self) -> bool {
        self.twisted != self.ours || self.node != self.ours
    }

    fn to_text(&self) -> String {
        let originals = if self.twisted == self.node {
            field("both", &shown(&self.twisted))
        } else {
            field("Twisted", &shown(&self.twisted)) + &field("Node", &shown(&self.node))
        };
        originals + &field("ours", &shown(&self.ours))
    }
}

/// All differences, as text: a sentence that counts, then one paragraph for each.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Listing {
    count: String,
    differences: Vec<Difference>,
}

/// What one case shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Difference {
    id: String,
    /// What tells it from all others.
    said: String,
    answers: String,
}

impl Listing {
    pub(crate) fn committed() -> Listing {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        Listing::parse(&fs::read_to_string(path).unwrap())
    }

    fn parse(text: &str) -> Listing {
        let mut paragraphs = text.trim_end().split("\n\n");
        let count = paragraphs.next().unwrap().to_owned();
        Listing { count, differences: paragraphs.map(Difference::parse).collect() }
    }

    /// The ids, each once.
    pub(crate) fn ids(&self) -> BTreeSet<&str> {
        self.differences.iter().map(|difference| &*difference.id).collect()
    }

    /// What was found in so many cases, with the ids that this listing gives.
    fn of(&self, found: Vec<Difference>, cases: usize) -> Listing {
        let count = format!("{} of {cases} connections are answered differently.", found.len());
        let mut differences: Vec<_> =
            found.into_iter().map(|found| found.named_as_in(&self.differences)).collect();
        differences.sort_by_key(Difference::number); // stable: within an id the script's order
        Listing { count, differences }
    }

    /// Shows all that was found, and fails with whatever of it is new and whatever has gone.
    pub(crate) fn assert_holds(&self, found: Vec<Difference>, cases: usize) {
        let found = self.of(found, cases);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differences.txt");
        fs::write(&path, found.to_text()).unwrap();
        println!("{}", found.to_text());
        let (new, gone) = (found.less(self), self.less(&found));
        assert!(found == *self, "{FILE} should be {}\nnew: {new}\ngone: {gone}", path.display());
    }

    /// What is here and not there.
    fn less(&self, there: &Listing) -> String {
        let here = [format!("{}\n\n", self.count)];
        let lacking = self.differences.iter().filter(|one| !there.differences.contains(one));
        here.into_iter().chain(lacking.map(|one| one.to_text() + "\n\n")).collect()
    }

    fn to_text(&self) -> String {
        let differences: Vec<String> = self.differences.iter().map(Difference::to_text).collect();
        format!("{}\n\n{}\n", self.count, differences.join("\n\n"))
    }
}

impl Difference {
    pub(crate) fn of(case: &Case, heard: &Heard) -> Difference {
        Difference { id: NEW.to_owned(), said: said(case), answers: heard.to_text() }
    }

    fn parse(paragraph: &str) -> Difference {
        let (id, text) = paragraph.split_once('\n').unwrap();
        let answers = ANSWERS.iter().find_map(|label| text.find(label)).unwrap();
        let (said, answers) = text.split_at(answers + 1);
        Difference { id: id.to_owned(), said: said.to_owned(), answers: format!("{answers}\n") }
    }

    fn named_as_in(self, listed: &[Difference]) -> Difference {
        let named = listed.iter().find(|listed| listed.said == self.said);
        Difference { id: named.map_or(self.id, |named| named.id.clone()), ..self }
    }

    fn number(&self) -> Option<u32> {
        self.id.strip_prefix('D')?.parse().ok()
    }

    fn to_text(&self) -> String {
        format!("{}\n{}{}", self.id, self.said, self.answers.trim_end())
    }
}

/// All that a case is made of, but for the client's name.
fn said(case: &Case) -> String {
    let lines = case.lines.join(&b'\n');
    let ended = [&lines[..], b"\n"].concat();
    let mut said = match case.way {
        Way::InTurn => field("says", &shown(&ended)),
        Way::AtOnce => field("says", &shown(&ended)) + &field("how", &["all at once".into()]),
        Way::ThenShut => {
            field("says", &shown(&lines)) + &field("how", &["all at once, and that this was all".into()])
        }
    };
    if case.is_neighbour {
        said += &field("who", &["a neighbour".into()]);
    }
    if let Some(places) = &case.places {
        let mut lines = shown(&places.body);
        let late = if places.after.is_zero() { String::new() } else { format!(" after {:?}", places.after) };
        lines.insert(0, format!("{}{late}", places.status));
        said += &field("places", &lines);
    }
    said
}

/// Lines with what they are.
fn field(name: &str, lines: &[String]) -> String {
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    names.zip(lines).map(|(name, line)| format!("{name:9}{line}\n")).collect()
}

/// Bytes as lines that can be read; a line that is empty, or that does not end, is seen to be so.
fn shown(bytes: &[u8]) -> Vec<String> {
    if bytes.is_empty() {
        return vec!["(nothing)".to_owned()];
    }
    let line = |line: &[u8]| match line.strip_suffix(b"\n") {
        Some(b"") => "\\n".to_owned(),
        Some(whole) => shortened(&escaped(whole)),
        None => shortened(&escaped(line)) + " (no LF)",
    };
    let mut lines: Vec<String> = bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect();
    if lines.len() > MOST_LINES {
        let count = format!("... ({} lines)", lines.len());
        lines.splice(MOST_LINES / 2.., [count]);
    }
    lines
}

/// Letters of any script stay; what cannot be seen, or would not be recognised, is spelt out.
fn escaped(line: &[u8]) -> String {
    let mut text = String::new();
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                ' '..='~' => text.push(c),
                _ if c.is_alphabetic() => text.push(c),
                _ if c.is_ascii() => text.extend(c.escape_default()),
                _ => text.extend(c.escape_unicode()),
            }
        }
        text.extend(chunk.invalid().iter().flat_map(|byte| byte.escape_ascii()).map(char::from));
    }
    match text.strip_suffix(' ') {
        Some(start) => format!("{start}\\x20"),
        None => text,
    }
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) if line.len() > 2 * SHOWN => format!("{}... ({} bytes)", &line[..end], line.len()),
        _ => line.to_owned(),
    }
}

#[test]
fn what_is_new_and_what_has_gone_is_found() {
    let difference = |id: &str, said: &str, answers: &str| {
        let (id, said) = (id.to_owned(), field("says", &[said.to_owned()]));
        Difference { id, said, answers: field("Twisted", &[answers.to_owned()]) }
    };
    let listed = Listing::parse(
        "2 of 9 connections are answered differently.\n\nD2\nsays     a\nTwisted  b\n\nD10\nsays     c\nTwisted  d\n",
    );
    assert_eq!(listed.differences, [difference("D2", "a", "b"), difference("D10", "c", "d")]);
    assert_eq!(Listing::parse(&listed.to_text()), listed);
    let same = [difference("D?", "c", "d"), difference("D?", "a", "b")];
    assert_eq!(listed.of(same.to_vec(), 9), listed);
    for other in [
        vec![same[0].clone()],
        vec![same[0].clone(), difference("D?", "a", "x")],
        [&same[..], &[difference("D?", "e", "f")]].concat(),
    ] {
        let found = listed.of(other, 9);
        assert!(found != listed && found.less(&listed) != listed.less(&found));
    }
    assert_ne!(listed.of(same.to_vec(), 8), listed, "a case that has gone is noticed, too");
}

#[test]
fn every_case_can_be_told_from_all_others() {
    let cases = cases();
    let said: BTreeSet<String> = cases.iter().map(said).collect();
    assert_eq!(said.len(), cases.len());
}

#[test]
fn what_cannot_be_seen_is_spelt_out() {
    let shown = |bytes: &[u8]| shown(bytes).join("|");
    assert_eq!(shown(b""), "(nothing)");
    assert_eq!(shown(b"? \n\n"), "?\\x20|\\n");
    assert_eq!(
        shown("Café\t\u{a0}\u{85}\x0b\u{665}".as_bytes()),
        "Café\\t\\u{a0}\\u{85}\\u{b}\\u{665} (no LF)"
    );
    assert_eq!(shown(b"a\xffb\r\n"), "a\\xffb\\r");
    assert!(shown(&[b'x'; 16_384]).ends_with("xxx... (16384 bytes) (no LF)"));
}
