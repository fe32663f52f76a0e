//! The herd key: the secret by which neighbours know each other.
//!
//! The file holds 64 hex digits, the 32 bytes of an HMAC-SHA256 key (RFC 2104). The first server that
//! starts makes it; all others of the folder read the same one. It is readable by its owner alone.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::private_file::{self, Unread};

/// The key's length in bytes.
const LENGTH: usize = 32;

/// The shared key of a herd. It signs, it verifies, and it never shows itself.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("herd.key");
/// use herd::key::HerdKey;
///
/// let (key, is_new) = HerdKey::load_or_create(&path)?;
/// assert!(is_new);
/// let tag = key.sign(&[b"Alford", b"Welsh"]);
/// assert!(key.verify(&[b"Alford", b"Welsh"], &tag));
/// assert!(!key.verify(&[b"AlfordW", b"elsh"], &tag));
/// # Ok::<(), herd::key::KeyError>(())
/// ```
#[derive(Clone)]
pub struct HerdKey(hmac::Key);

impl fmt::Debug for HerdKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HerdKey(..)")
    }
}

impl HerdKey {
    /// The key of these bytes.
    pub fn new(bytes: &[u8; LENGTH]) -> HerdKey {
        HerdKey(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Reads the key of the file `path`, which is made, with its folder, if there is none; and says whether this call has
    /// made it.
    ///
    /// Servers that start at once agree: each writes a file of its own and links it to `path`, which succeeds
    /// for one of them and leaves nobody a half-written key; all read what is there then.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or made, can be read by others than its owner, or does not hold a key.
    pub fn load_or_create(path: &Path) -> Result<(HerdKey, bool), KeyError> {
        let (loaded, is_new) = match Self::load(path) {
            Err(error) if error.is_missing() => {
                let is_new = create(path)?;
                (Self::load(path), is_new)
            }
            loaded => (loaded, false),
        };
        Ok((loaded?, is_new))
    }

    /// Reads the key of the file `path`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, can be read by others than its owner, or does not hold a key.
    pub fn load(path: &Path) -> Result<HerdKey, KeyError> {
        let text = private_file::read(path).map_err(|unread| match unread {
            Unread::Io(source) => KeyError::Io { path: path.to_owned(), source },
            Unread::Exposed(mode) => KeyError::Exposed { path: path.to_owned(), mode },
        })?;
        let bytes = decode(text.trim_ascii_end());
        bytes.map(|bytes| HerdKey::new(&bytes)).ok_or_else(|| KeyError::Malformed { path: path.to_owned() })
    }

    /// The HMAC-SHA256 of `parts`. No two lists of parts are signed as the same bytes.
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; LENGTH] {
        let tag = hmac::sign(&self.0, &message(parts));
        let mut bytes = [0; LENGTH];
        bytes.copy_from_slice(tag.as_ref());
        bytes
    }

    /// Whether `tag` is what [`HerdKey::sign`] gives for `parts`, in a time that tells nothing of the right
    /// one: ring's `hmac::verify` compares in constant time.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        hmac::verify(&self.0, &message(parts), tag).is_ok()
    }
}

/// Compared by what they sign, in a time that tells nothing of either.
impl PartialEq for HerdKey {
    fn eq(&self, other: &HerdKey) -> bool {
        self.verify(&[], &other.sign(&[]))
    }
}

/// Why there is no key. No message shows what the file holds.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyError {
    /// The file or its folder cannot be read or made.
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Others than the owner may read or write the file.
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file does not hold 64 hex digits.
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The operating system gives no random numbers.
    NoRandomness,
}

impl KeyError {
    /// Whether there is no file.
    pub fn is_missing(&self) -> bool {
        matches!(self, KeyError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Io { path, source } => write!(f, "{}: {source}", path.display()),
            KeyError::Exposed { path, mode } => {
                let path = path.display();
                write!(
                    f,
                    "{path}: the herd key is open to others than its owner (mode {mode:03o}); \
                     run: chmod 600 {path}"
                )
            }
            KeyError::Malformed { path } => {
                write!(f, "{}: not a herd key, which is {} hex digits", path.display(), 2 * LENGTH)
            }
            KeyError::NoRandomness => {
                f.write_str("the operating system gives no random numbers for the herd key")
            }
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            KeyError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Makes a key file, unless somebody else has just made it. Whether it did.
fn create(path: &Path) -> Result<bool, KeyError> {
    let text = encode(&random()?) + "\n";
    match private_file::create(path, text.as_bytes()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(KeyError::Io { path: path.to_owned(), source }),
    }
}

/// Bytes that nobody can foretell.
pub(crate) fn random() -> Result<[u8; LENGTH], KeyError> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// Bytes as hex digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly so many bytes from hex digits, and nothing else.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Each part after its length (64 bits, big-endian), so that bytes cannot move from one part to the next.
fn message(parts: &[&[u8]]) -> Vec<u8> {
    let framed = parts.iter().flat_map(|part| [(part.len() as u64).to_be_bytes().to_vec(), part.to_vec()]);
    framed.flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F";

    /// What becomes of a key file with this text and mode.
    fn load(text: &str, mode: u32) -> (String, Result<HerdKey, KeyError>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("herd.key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (path.display().to_string(), HerdKey::load(&path))
    }

    #[test]
    fn the_first_start_makes_a_private_key_and_the_next_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/herd.key");
        let (made, is_new) = HerdKey::load_or_create(&path).unwrap();
        assert!(is_new);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap().trim_end().len(), 64);
        assert!(HerdKey::load_or_create(&path).unwrap() == (made.clone(), false));
        assert!(HerdKey::load_or_create(&folder.path().join("other.key")).unwrap().0 != made);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the race between starting servers is what is tested")]
    fn servers_that_start_at_once_agree_on_one_key() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("data/herd.key");
            let start = || {
                let path = path.clone();
                std::thread::spawn(move || HerdKey::load_or_create(&path).unwrap())
            };
            let starts: Vec<_> = std::iter::repeat_with(start).take(5).collect();
            let keys: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
            assert!(keys.iter().all(|(key, _)| *key == keys[0].0));
            assert_eq!(keys.iter().filter(|(_, is_new)| *is_new).count(), 1, "one of them has made it");
            assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "drafts are removed");
        }
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o666] {
            let (path, key) = load(HEX, mode);
            let message = format!(
                "{path}: the herd key is open to others than its owner (mode {mode:03o}); \
                     run: chmod 600 {path}"
            );
            assert_eq!(key.unwrap_err().to_string(), message);
        }
        assert!(load(HEX, 0o400).1.is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let short = &HEX[..62];
        for text in
            ["", short, &format!("{HEX}00"), &format!("{short}0g"), &format!("{short}+1"), &HEX.repeat(9)]
        {
            let (path, key) = load(text, 0o600);
            let error = key.unwrap_err();
            assert_eq!(error.to_string(), format!("{path}: not a herd key, which is 64 hex digits"));
            assert!(!format!("{error:?}").contains("0001"));
        }
    }

    #[test]
    fn a_line_end_after_the_key_is_fine() {
        for end in ["", "\n", "\r\n"] {
            let tag = load(&format!("{HEX}{end}"), 0o600).1.unwrap().sign(&[]);
            assert_eq!(tag, HerdKey::new(&std::array::from_fn(|i| u8::try_from(i).unwrap())).sign(&[]));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let error = HerdKey::load_or_create(Path::new("/dev/null/herd.key")).unwrap_err();
        assert_eq!(error.to_string(), "/dev/null/herd.key: Not a directory (os error 20)");
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", HerdKey::new(&[7; 32])), "HerdKey(..)");
    }

    #[test]
    fn signing_is_hmac_sha256_of_the_framed_parts() {
        // python3: hmac.new(b"\x07" * 32, b"\0\0\0\0\0\0\0\1a" + b"\0\0\0\0\0\0\0\2bc", "sha256").hexdigest()
        let tag = HerdKey::new(&[7; 32]).sign(&[b"a", b"bc"]);
        assert_eq!(encode(&tag), "430e46797a396e1f14f7243eb7cf5ecf52e33e21022b9fd7fd03663cbea8b9c6");
    }

    proptest! {
        #[test]
        fn only_the_same_parts_verify(a: Vec<Vec<u8>>, b: Vec<Vec<u8>>, flip in 0_usize..256) {
            let key = HerdKey::new(&[7; 32]);
            let [a, b]: [Vec<&[u8]>; 2] = [&a, &b].map(|parts| parts.iter().map(Vec::as_slice).collect());
            let mut tag = key.sign(&a);
            prop_assert!(key.verify(&a, &tag));
            prop_assert_eq!(key.verify(&b, &tag), a == b);
            prop_assert!(!key.verify(&a, &tag[..31]));
            tag[flip / 8] ^= 1 << (flip % 8);
            prop_assert!(!key.verify(&a, &tag));
        }

        #[test]
        fn hex_round_trips(bytes: [u8; 32]) {
            prop_assert_eq!(decode(encode(&bytes).as_bytes()), Some(bytes));
        }
    }
}
