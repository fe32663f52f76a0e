//! How two neighbours prove to each other that they know the herd's key.
//!
//! ```text
//! dialler:  HELLO 1 <dialler> <acceptor> <dialler's nonce>
//! acceptor: PROOF <acceptor's nonce> <HMAC of "herd 1 acceptor", both names, both nonces>
//! dialler:  PROOF <HMAC of "herd 1 dialler", both names, both nonces>
//! acceptor: WELCOME
//! ```
//!
//! The key never crosses the wire. Each proof covers both nonces, one of them the verifier's own and fresh,
//! so a proof heard before is worthless; and the role, so that a proof cannot be sent back to its maker. A
//! nonce is itself drawn with the key, since a generator whose numbers can be foretold would let a stranger
//! have proofs made in advance.
//!
//! Where neighbours show certificates (mutual TLS), these have proved everything before the first line:
//!
//! ```text
//! dialler:  HELLO 2 <dialler> <acceptor>
//! acceptor: WELCOME
//! ```
//!
//! Each side then compares the name with the certificate that it was shown.
//!
//! Two servers of one name are a mistake that both are told of. Where a neighbour of the dialler's name is linked
//! already, the acceptor says `TAKEN` in place of the welcome. Where the dialler has the acceptor's own name, the
//! acceptor proves its name, whomever the dialler looks for, and closes; with certificates TLS has refused by then.
//!
//! This module is pure: lines in, lines out.

use std::fmt;

use crate::key::{HerdKey, decode, encode};
use crate::planted::{Planted, is_planted};

/// 128 random bits: they never meet again.
const NONCE: usize = 16;
const TAG: usize = 32;

/// Drawn anew for every link, by each side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nonce([u8; NONCE]);

impl Nonce {
    /// A nonce that nobody without the key can foretell, if `fresh` was never used with this key before.
    pub fn draw(key: &HerdKey, fresh: &[&[u8]]) -> Nonce {
        let mut parts = vec![&b"herd 1 nonce"[..]];
        parts.extend_from_slice(fresh);
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&key.sign(&parts)[..NONCE]);
        Nonce(nonce)
    }
}

/// Why a hello was refused. Nobody is told but the operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The line is not the one that is due.
    Malformed,
    /// It says it is somebody who is no neighbour.
    Stranger,
    /// It takes us for somebody else.
    NotForUs,
    /// The proof is wrong: another key, or an old answer.
    WrongProof,
    /// It shows a certificate, but not of the server that it says it is.
    WrongCertificate,
    /// It has the name of this server.
    OurName,
    /// Another neighbour of its name is linked; or, said to a dialler, another one of ours.
    Taken,
}

impl Refusal {
    /// Whether it means that two servers have one name.
    pub(crate) fn is_of_one_name(self) -> bool {
        matches!(self, Refusal::OurName | Refusal::Taken)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Malformed => "not a hello of this version",
            Refusal::Stranger => "not a neighbour",
            Refusal::NotForUs => "looks for another server",
            Refusal::WrongProof => "does not prove that it knows the herd's key",
            Refusal::WrongCertificate => "shows another server's certificate",
            Refusal::OurName => "has the name of this server",
            Refusal::Taken => "another server of the same name is linked",
        })
    }
}

impl std::error::Error for Refusal {}

/// What both sides know once the nonces are exchanged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meeting {
    dialler: Vec<u8>,
    acceptor: Vec<u8>,
    dialler_nonce: Nonce,
    acceptor_nonce: Nonce,
}

impl Meeting {
    fn parts<'a>(&'a self, role: &'a str) -> [&'a [u8]; 5] {
        let Meeting { dialler, acceptor, dialler_nonce, acceptor_nonce } = self;
        let role = if is_planted(Planted::RolelessProof) { "herd 1" } else { role };
        [role.as_bytes(), dialler, acceptor, &dialler_nonce.0, &acceptor_nonce.0]
    }

    /// The acceptor's answer to the hello.
    pub fn acceptor_proof(&self, key: &HerdKey) -> String {
        let tag = key.sign(&self.parts("herd 1 acceptor"));
        format!("PROOF {} {}", encode(&self.acceptor_nonce.0), encode(&tag))
    }

    /// The dialler's last word.
    pub fn dialler_proof(&self, key: &HerdKey) -> String {
        format!("PROOF {}", encode(&key.sign(&self.parts("herd 1 dialler"))))
    }

    /// Whether `line` is the dialler's last word.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    pub fn check_dialler(&self, key: &HerdKey, line: &[u8]) -> Result<(), Refusal> {
        let [tag] = fields(line, b"PROOF")?;
        let tag: [u8; TAG] = decode(tag).ok_or(Refusal::Malformed)?;
        if self.is_proved(key, "herd 1 dialler", &tag) { Ok(()) } else { Err(Refusal::WrongProof) }
    }

    /// Whether `tag` is this role's, in a time that tells nothing of the right one.
    fn is_proved(&self, key: &HerdKey, role: &str, tag: &[u8; TAG]) -> bool {
        is_planted(Planted::AnyProof) || key.verify(&self.parts(role), tag)
    }
}

/// The dialler's first line.
pub fn hello(dialler: &str, acceptor: &str, nonce: Nonce) -> String {
    format!("HELLO 1 {dialler} {acceptor} {}", encode(&nonce.0))
}

/// Reads a hello as the server `me`, which has drawn `nonce`.
///
/// # Errors
///
/// A [`Refusal`]; whether the dialler is a neighbour is for the caller to say.
pub fn read_hello(line: &[u8], me: &str, nonce: Nonce) -> Result<(Vec<u8>, Meeting), Refusal> {
    let [version, dialler, acceptor, dialler_nonce] = fields(line, b"HELLO")?;
    let dialler_nonce = decode(dialler_nonce).map(Nonce).ok_or(Refusal::Malformed)?;
    if version != b"1" {
        return Err(Refusal::Malformed);
    }
    if acceptor != me.as_bytes() {
        return Err(Refusal::NotForUs);
    }
    let (dialler, acceptor) = (dialler.to_vec(), acceptor.to_vec());
    Ok((dialler.clone(), Meeting { dialler, acceptor, dialler_nonce, acceptor_nonce: nonce }))
}

/// What the acceptor says in place of the welcome where another neighbour of the dialler's name is linked.
pub const TAKEN: &[u8] = b"TAKEN";

/// Reads the hello of a dialler that has our own name, `me`, whomever it looks for.
pub(crate) fn read_namesake(line: &[u8], me: &str, nonce: Nonce) -> Option<Meeting> {
    let [version, dialler, _, dialler_nonce] = fields(line, b"HELLO").ok()?;
    let (name, dialler_nonce) = (me.as_bytes(), decode(dialler_nonce).map(Nonce)?);
    let is_ours = version == b"1" && dialler == name;
    is_ours.then(|| Meeting {
        dialler: name.into(),
        acceptor: name.into(),
        dialler_nonce,
        acceptor_nonce: nonce,
    })
}

/// The dialler's only line where certificates prove who it is.
pub fn certified_hello(dialler: &str, acceptor: &str) -> String {
    format!("HELLO 2 {dialler} {acceptor}")
}

/// Reads such a hello as the server `me`: who it says it is.
///
/// # Errors
///
/// A [`Refusal`]; whether the dialler is a neighbour, and its certificate the right one, is for the caller
/// to say.
pub fn read_certified_hello<'a>(line: &'a [u8], me: &str) -> Result<&'a [u8], Refusal> {
    let [version, dialler, acceptor] = fields(line, b"HELLO")?;
    match version {
        b"2" if acceptor == me.as_bytes() => Ok(dialler),
        b"2" => Err(Refusal::NotForUs),
        _ => Err(Refusal::Malformed),
    }
}

/// Checks the acceptor's proof as the dialler that sent `hello(dialler, acceptor, nonce)`.
///
/// # Errors
///
/// A [`Refusal`].
pub fn check_acceptor(
    key: &HerdKey,
    line: &[u8],
    dialler: &str,
    acceptor: &str,
    nonce: Nonce,
) -> Result<Meeting, Refusal> {
    let [acceptor_nonce, tag] = fields(line, b"PROOF")?;
    let acceptor_nonce = decode(acceptor_nonce).map(Nonce).ok_or(Refusal::Malformed)?;
    let tag: [u8; TAG] = decode(tag).ok_or(Refusal::Malformed)?;
    let (dialler, acceptor) = (dialler.as_bytes().to_vec(), acceptor.as_bytes().to_vec());
    let meeting = Meeting { dialler, acceptor, dialler_nonce: nonce, acceptor_nonce };
    if meeting.is_proved(key, "herd 1 acceptor", &tag) { Ok(meeting) } else { Err(Refusal::WrongProof) }
}

/// Why an acceptor is refused whose answer is not the proof that is due: it may have proved that it has our own name, `me`.
pub(crate) fn judge_acceptor(
    key: &HerdKey,
    line: &[u8],
    me: &str,
    nonce: Nonce,
    refusal: Refusal,
) -> Refusal {
    let is_ours = check_acceptor(key, line, me, me, nonce).is_ok();
    if is_ours { Refusal::OurName } else { refusal }
}

/// The fields behind the word, if there are exactly so many, single spaces between them.
fn fields<'a, const N: usize>(line: &'a [u8], word: &[u8]) -> Result<[&'a [u8]; N], Refusal> {
    let mut words = line.split(|&byte| byte == b' ');
    if words.next() != Some(word) {
        return Err(Refusal::Malformed);
    }
    let fields: Vec<&[u8]> = words.collect();
    fields.try_into().map_err(|_| Refusal::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> HerdKey {
        HerdKey::new(&[byte; 32])
    }

    fn nonce(fresh: &[u8]) -> Nonce {
        Nonce::draw(&key(9), &[fresh])
    }

    fn meet() -> Meeting {
        let line = hello("Ball", "Welsh", nonce(b"a"));
        read_hello(line.as_bytes(), "Welsh", nonce(b"b")).unwrap().1
    }

    #[test]
    fn both_sides_are_convinced_by_the_same_key() {
        let key = key(1);
        let meeting = meet();
        let proof = meeting.acceptor_proof(&key);
        let seen = check_acceptor(&key, proof.as_bytes(), "Ball", "Welsh", nonce(b"a"));
        assert_eq!(seen.as_ref(), Ok(&meeting));
        assert_eq!(meeting.check_dialler(&key, seen.unwrap().dialler_proof(&key).as_bytes()), Ok(()));
    }

    #[test]
    fn another_key_proves_nothing() {
        let (ours, theirs) = (key(1), key(2));
        let proof = meet().acceptor_proof(&theirs);
        let seen = check_acceptor(&ours, proof.as_bytes(), "Ball", "Welsh", nonce(b"a"));
        assert_eq!(seen, Err(Refusal::WrongProof));
        let proof = meet().dialler_proof(&theirs);
        assert_eq!(meet().check_dialler(&ours, proof.as_bytes()), Err(Refusal::WrongProof));
    }

    #[test]
    fn an_old_proof_is_worthless() {
        let key = key(1);
        let proof = meet().acceptor_proof(&key);
        let seen = check_acceptor(&key, proof.as_bytes(), "Ball", "Welsh", nonce(b"another"));
        assert_eq!(seen, Err(Refusal::WrongProof));
    }

    #[test]
    fn a_proof_cannot_be_sent_back_to_its_maker() {
        let key = key(1);
        let meeting = meet();
        let reflected = meeting.acceptor_proof(&key);
        let tag = reflected.split(' ').next_back().unwrap();
        let line = format!("PROOF {tag}");
        assert_eq!(meeting.check_dialler(&key, line.as_bytes()), Err(Refusal::WrongProof));
    }

    #[test]
    fn a_server_of_our_own_name_is_told_so_by_who_has_the_key() {
        let key = key(1);
        let line = hello("Ball", "Holiday", nonce(b"a"));
        assert!(read_namesake(line.as_bytes(), "Holiday", nonce(b"b")).is_none());
        let proof = read_namesake(line.as_bytes(), "Ball", nonce(b"b")).unwrap().acceptor_proof(&key);
        let judge =
            |me, key: &HerdKey| judge_acceptor(key, proof.as_bytes(), me, nonce(b"a"), Refusal::WrongProof);
        assert_eq!(
            check_acceptor(&key, proof.as_bytes(), "Ball", "Holiday", nonce(b"a")),
            Err(Refusal::WrongProof)
        );
        assert_eq!(judge("Ball", &key), Refusal::OurName);
        assert_eq!(judge("Ball", &HerdKey::new(&[2; 32])), Refusal::WrongProof);
        assert_eq!(judge("Welsh", &key), Refusal::WrongProof);
    }

    #[test]
    fn names_and_versions_must_be_right() {
        let hello = |line: &str| read_hello(line.as_bytes(), "Welsh", nonce(b"b")).map(|_| ());
        let hex = "00".repeat(NONCE);
        assert_eq!(hello(&format!("HELLO 1 Ball Welsh {hex}")), Ok(()));
        assert_eq!(hello(&format!("HELLO 2 Ball Welsh {hex}")), Err(Refusal::Malformed));
        assert_eq!(hello(&format!("HELLO 1 Ball Alford {hex}")), Err(Refusal::NotForUs));
        for line in
            ["", "HELLO", "HELLO 1 Ball Welsh", "HELLO 1 Ball Welsh 00", "AT x", "HELLO 1 Ball  Welsh 00"]
        {
            assert_eq!(hello(line), Err(Refusal::Malformed), "{line}");
        }
        assert_eq!(hello(&format!("HELLO 1 Ball Welsh {}", "+1".repeat(NONCE))), Err(Refusal::Malformed));
    }
}
