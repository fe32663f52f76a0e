//! Two servers that compare what they hold agree in the end, whatever happens on the way, and no line of the
//! other side does any harm.
//!
//! The input begins with which of two questions is asked. One is operations: a report comes in, a message
//! arrives, is changed, doubled or lost, a link breaks. The other is lines, which the reader of digests and
//! marks must take or refuse as the grammar has it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::LazyLock;

use herd::link::resync::{
    BATCH, COMPARE, DigestReader, Due, Refusal, Resync, SYNCED, print_digest, print_leaves, print_mark,
    print_question, read_leaves, read_mark, read_question,
};
use herd::store::{Bucket, Digest, Leaf, Record, Store};

use super::at_line::at_line;
use super::draw::Draw;

/// More messages than any run has.
const MANY: usize = 20_000;
const TIMES: [&str; 4] = ["1", "2", "2.0", "3"];

pub(crate) fn check(input: &[u8]) {
    let mut draw = Draw(input);
    if draw.byte() & 1 == 1 {
        return check_lines(draw.0);
    }
    let mut pair = Pair::new(&mut draw);
    while !draw.is_empty() {
        pair.operate(&mut draw);
    }
    pair.converge();
}

/// One server: what it holds, and the link on which it tells the other.
struct Side {
    store: Store,
    resync: Resync,
    /// The other has missed something, or may have.
    is_behind: bool,
    /// Its lines to the other, and the other's answers.
    there: VecDeque<Vec<u8>>,
    back: VecDeque<Vec<u8>>,
    /// As acceptor of the other's link: COMPARE was heard, and SYNCED was not yet.
    is_resyncing: bool,
    /// What it held when it last said SYNCED.
    held: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Side {
    fn new() -> Side {
        Side {
            store: Store::default(),
            resync: Resync::default(),
            is_behind: true,
            there: VecDeque::new(),
            back: VecDeque::new(),
            is_resyncing: false,
            held: BTreeMap::new(),
        }
    }

    fn contents(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.store.records().map(|record| (record.id().to_vec(), record.line().to_vec())).collect()
    }

    /// A new link: nothing of the old one is left, and the other may have missed anything.
    fn link_anew(&mut self) {
        self.resync = Resync::default();
        self.is_behind = true;
        self.there.clear();
        self.back.clear();
    }

    /// Sends what is due, as `ClientProtocol` does.
    fn go_on(&mut self) {
        match self.resync.due(self.is_behind) {
            Due::Nothing => {}
            Due::Compare => {
                self.is_behind = false;
                self.resync.compare();
                self.there.push_back(COMPARE.to_vec());
            }
            Due::Question => self.there.push_back(self.resync.question().trim_end().as_bytes().to_vec()),
            Due::Batch => self.send_batch(),
            Due::Synced => {
                self.resync.synced();
                assert!(self.resync.is_idle());
                self.held = self.contents();
                self.there.push_back(SYNCED.to_vec());
            }
        }
    }

    fn send_batch(&mut self) {
        let (there, mut bytes, mut lines) = (&mut self.there, 0, 0);
        let mark = self.resync.batch(&self.store, |line| {
            bytes += line.len() + 1;
            lines += 1;
            there.push_back(line.to_vec());
        });
        assert!(lines > 0, "each batch gets somewhere");
        assert!(bytes <= BATCH || lines == 1, "a batch of {bytes} bytes");
        there.push_back(print_mark("MARK", mark).trim_end().as_bytes().to_vec());
    }

    /// A report, or news of elsewhere: kept, and told, or missed.
    fn learn(&mut self, line: &[u8], is_missed: bool) {
        let Some(at) = at_line(line) else { return };
        if self.store.accept(&at).is_none() {
            return;
        }
        if is_missed {
            self.is_behind = true;
        } else {
            self.there.push_back(line.to_vec());
        }
    }
}

struct Pair {
    sides: [Side; 2],
    /// No message was changed, doubled or lost.
    is_honest: bool,
}

impl Pair {
    fn new(draw: &mut Draw<'_>) -> Pair {
        let mut pair = Pair { sides: [Side::new(), Side::new()], is_honest: true };
        let many = draw.one_of(&[0, 0, 3, 40, 800]);
        for number in 0..many {
            let side = &mut pair.sides[number % 2];
            side.learn(&a_line(number % 700, TIMES[number % 3]), true);
        }
        pair
    }

    fn operate(&mut self, draw: &mut Draw<'_>) {
        let (what, who) = (draw.below(16), draw.below(2));
        match what {
            0 | 1 => {
                let (id, time) = (draw.below(24), draw.one_of(&TIMES));
                self.sides[who].learn(&a_line(id, time), what == 0);
            }
            2 => self.link_anew(who),
            3 => self.disturb(who, draw),
            4..=8 => self.sides[who].go_on(),
            9..=12 => drop(self.hear(who)),
            _ => drop(self.hear_back(who)),
        }
    }

    /// A link is gone, from both ends.
    fn link_anew(&mut self, dialler: usize) {
        self.sides[dialler].link_anew();
        self.sides[1 - dialler].is_resyncing = false;
    }

    /// Something becomes of a message on its way.
    fn disturb(&mut self, who: usize, draw: &mut Draw<'_>) {
        let (what, at, byte) = (draw.below(8), draw.byte(), draw.byte());
        let side = &mut self.sides[who];
        let queue = if what & 1 == 0 { &mut side.there } else { &mut side.back };
        let Some(mut line) = queue.pop_front() else { return };
        self.is_honest = false;
        let at = usize::from(at) % (line.len() + 1);
        match what / 2 {
            0 => return, // lost
            1 => queue.push_front(line.clone()),
            2 => line.truncate(at),
            _ => line.get_mut(at).into_iter().for_each(|place| *place ^= byte),
        }
        queue.push_front(line);
    }

    /// The other side hears the next line of `dialler`; whether there was one.
    fn hear(&mut self, dialler: usize) -> bool {
        let Some(line) = self.sides[dialler].there.pop_front() else { return false };
        let heard = match &line[..] {
            COMPARE => self.compare(dialler),
            SYNCED => self.synced(dialler),
            _ if line.starts_with(b"COMPARE ") => self.compare_leaves(dialler, &line),
            _ if line.starts_with(b"MARK") => self.mark(dialler, &line),
            _ => self.news(dialler, &line),
        };
        self.judge(dialler, heard);
        true
    }

    fn compare(&mut self, dialler: usize) -> Result<(), Refusal> {
        let acceptor = &mut self.sides[1 - dialler];
        acceptor.is_resyncing = true;
        let digest = acceptor.store.digest().clone();
        print_digest(&digest, |line| self.sides[dialler].back.push_back(line.to_vec()));
        Ok(())
    }

    fn compare_leaves(&mut self, dialler: usize, line: &[u8]) -> Result<(), Refusal> {
        let buckets = read_question(line)?;
        let acceptor = &self.sides[1 - dialler];
        if !acceptor.is_resyncing {
            return Err(Refusal::Unasked);
        }
        let mut answer = Vec::new();
        print_leaves(&buckets, &acceptor.store, |line| answer.push(line.to_vec()));
        self.sides[dialler].back.extend(answer);
        Ok(())
    }

    fn mark(&mut self, dialler: usize, line: &[u8]) -> Result<(), Refusal> {
        let mark = read_mark(b"MARK", line).ok_or(Refusal::Mark)?;
        if !self.sides[1 - dialler].is_resyncing {
            return Err(Refusal::Unasked);
        }
        self.sides[dialler].back.push_back(print_mark("MARKED", mark).trim_end().as_bytes().to_vec());
        Ok(())
    }

    /// Whatever the dialler held when it said so, the acceptor holds, or something newer.
    fn synced(&mut self, dialler: usize) -> Result<(), Refusal> {
        let held = std::mem::take(&mut self.sides[dialler].held);
        let acceptor = &mut self.sides[1 - dialler];
        if !std::mem::take(&mut acceptor.is_resyncing) {
            return Err(Refusal::Unasked);
        }
        for (id, line) in held.iter().filter(|_| self.is_honest) {
            let ours = acceptor.store.get(id).map(Record::line).and_then(at_line);
            let is_there =
                ours.is_some_and(|ours| at_line(line).is_some_and(|theirs| !theirs.supersedes(&ours)));
            assert!(is_there, "{} is not there", line.escape_ascii());
        }
        Ok(())
    }

    /// An AT line; what is news is passed on to everybody but the one who told it.
    fn news(&mut self, dialler: usize, line: &[u8]) -> Result<(), Refusal> {
        let at = at_line(line).ok_or(Refusal::Malformed)?;
        self.sides[1 - dialler].store.accept(&at);
        Ok(())
    }

    /// The dialler hears the next answer; whether there was one.
    fn hear_back(&mut self, dialler: usize) -> bool {
        let side = &mut self.sides[dialler];
        let Some(line) = side.back.pop_front() else { return false };
        let heard = side.resync.hear(&line, &side.store);
        self.judge(dialler, heard);
        true
    }

    /// A refusal ends the link, and it is made anew. Honest sides refuse nothing.
    fn judge(&mut self, dialler: usize, heard: Result<(), Refusal>) {
        if let Err(refusal) = heard {
            assert!(!self.is_honest, "refused: {refusal}");
            self.link_anew(dialler);
        }
    }

    /// From here on every message arrives. Where one was lost, the link is made anew: TCP loses none.
    fn converge(&mut self) {
        if !self.is_honest {
            [0, 1].into_iter().for_each(|dialler| self.link_anew(dialler));
        }
        for _ in 0..MANY {
            self.sides.iter_mut().for_each(Side::go_on);
            let moved = [0, 1].map(|dialler| self.hear(dialler) | self.hear_back(dialler));
            if moved == [false, false] {
                break;
            }
        }
        let [one, other] = &self.sides;
        assert!(one.resync.is_idle() && other.resync.is_idle(), "it comes to its end");
        assert!(!one.is_behind && !other.is_behind);
        assert_eq!(one.contents(), other.contents());
        assert!(one.store.digest() == other.store.digest());
    }
}

/// The first clients all lie in one bucket, so that it holds many.
fn a_line(id: usize, time: &str) -> Vec<u8> {
    static CROWD: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let bucket_of = |id: &usize| Bucket::of(format!("id-{id}").as_bytes());
        (0..).filter(|id| bucket_of(id) == bucket_of(&0)).take(40).collect()
    });
    let id = CROWD.get(id).copied().unwrap_or(id);
    format!("AT Ball +0.000000000 id-{id} +34.068930-118.445127 {time}").into_bytes()
}

/// Lines of a digest, finer ones, and marks, as the grammar has them.
fn check_lines(input: &[u8]) {
    let (mut reader, mut digest, mut last) = (DigestReader::default(), Digest::default(), None);
    for line in input.split(|byte| *byte == b'\n') {
        check_mark(line);
        check_question(line);
        check_leaves(line);
        let expected = match line {
            b"DIGEST" => Some(true),
            _ => note(line, &mut digest, &mut last).map(|()| false),
        };
        match (reader.read(line), expected) {
            (Ok(None), Some(false)) => {}
            (Ok(Some(read)), Some(true)) => return check_digest(&read, &digest),
            (Err(_), None) => return,
            (read, _) => panic!("{} is read as {}", line.escape_ascii(), read.is_ok()),
        }
    }
}

/// What one line says, if it says anything: pairs, ascending, none of an empty bucket.
fn note(line: &[u8], digest: &mut Digest, last: &mut Option<u64>) -> Option<()> {
    let text = str::from_utf8(line.strip_prefix(b"DIGEST ")?).ok()?;
    let pairs: Vec<&str> = text.split(' ').collect();
    let is_lower = text.bytes().all(|byte| b" :0123456789abcdef".contains(&byte));
    if pairs.len() > 64 || !is_lower {
        return None;
    }
    for pair in pairs {
        let (number, hash) = pair.split_once(':')?;
        let is_whole = number.len() == 3 && hash.len() == 16;
        let number = u64::from_str_radix(number, 16).ok().filter(|_| is_whole)?;
        let hash = u64::from_str_radix(hash, 16).ok().filter(|hash| *hash != 0)?;
        let bucket = Bucket::new(u16::try_from(number).ok()?)?;
        if last.replace(number) >= Some(number) {
            return None;
        }
        digest.set(bucket, hash);
    }
    Some(())
}

/// What was read is what was said, and prints as something that is read as the same.
fn check_digest(read: &Digest, said: &Digest) {
    assert!(read == said);
    let (mut reader, mut again) = (DigestReader::default(), None);
    print_digest(read, |line| again = reader.read(line).ok().flatten());
    assert!(again.as_ref() == Some(read));
}

/// A mark is what `print_mark` prints, and nothing else.
fn check_mark(line: &[u8]) {
    match read_mark(b"MARK", line) {
        Some(number) => assert_eq!(print_mark("MARK", number).trim_end().as_bytes(), line),
        None => {
            let digits = line.strip_prefix(b"MARK ").and_then(|digits| str::from_utf8(digits).ok());
            let number = digits.and_then(|digits| digits.parse::<u64>().ok());
            assert!(number.is_none_or(|number| print_mark("MARK", number).trim_end().as_bytes() != line));
        }
    }
}

/// A question is what `print_question` prints of one to thirty-two buckets that ascend, and nothing else.
fn check_question(line: &[u8]) {
    let said = || {
        let words = str::from_utf8(line.strip_prefix(b"COMPARE ")?).ok()?;
        let numbers: Option<Vec<u16>> =
            words.split(' ').map(|word| u16::from_str_radix(word, 16).ok()).collect();
        let numbers = numbers.filter(|numbers| numbers.is_sorted_by(|one, other| one < other))?;
        let buckets: Option<Vec<Bucket>> = numbers.into_iter().map(Bucket::new).collect();
        let prints = |buckets: &Vec<Bucket>| print_question(buckets).trim_end().as_bytes() == line;
        buckets.filter(|buckets| buckets.len() <= 32 && prints(buckets))
    };
    assert!(read_question(line).ok() == said(), "{}", line.escape_ascii());
}

/// The leaves of a bucket ascend, none is empty, and they stand in one way.
fn check_leaves(line: &[u8]) {
    let print = |bucket: Bucket, leaves: &[(u8, u64)]| {
        let pairs = leaves.iter().map(|(leaf, hash)| format!(" {leaf:02x}:{hash:016x}"));
        format!("DIGEST {:03x}{}", bucket.number(), pairs.collect::<String>()).into_bytes()
    };
    let said = || {
        let mut words = str::from_utf8(line.strip_prefix(b"DIGEST ")?).ok()?.split(' ');
        let bucket = Bucket::new(u16::from_str_radix(words.next()?, 16).ok()?)?;
        let pair = |word: &str| {
            let (leaf, hash) = word.split_once(':')?;
            Some((u8::from_str_radix(leaf, 16).ok()?, u64::from_str_radix(hash, 16).ok()?))
        };
        let leaves: Vec<(u8, u64)> = words.map(pair).collect::<Option<_>>()?;
        let is_right = leaves.iter().all(|(leaf, hash)| *leaf < 64 && *hash != 0)
            && leaves.is_sorted_by(|(one, _), (other, _)| one < other)
            && print(bucket, &leaves) == line;
        Some(print(bucket, &leaves)).filter(|_| is_right)
    };
    let read = read_leaves(line).ok().flatten().map(|(bucket, leaves)| {
        let pairs = Leaf::all().map(|leaf| (leaf.number(), leaves.get(leaf)));
        print(bucket, &pairs.filter(|(_, hash)| *hash != 0).collect::<Vec<_>>())
    });
    assert!(read == said(), "{}", line.escape_ascii());
}
