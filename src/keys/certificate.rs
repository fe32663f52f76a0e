//! What is read of a certificate: until when it is good, and its fingerprint.
//!
//! Only the way to its dates is followed (RFC 5280, section 4.1); whether it is to be trusted is for TLS to
//! say.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reactor::WallTime;
use ring::digest;

use super::signing::{Moment, moment};

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, where the version stands.
const VERSION: u8 = 0xa0;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The bytes of one certificate (DER).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Certificate(Vec<u8>);

impl Certificate {
    /// The certificates of a PEM text; `None` if one of them is broken.
    pub(super) fn all(pem: &str) -> Option<Vec<Certificate>> {
        pem.split(BEGIN).skip(1).map(|rest| Certificate::decode(rest.split_once(END)?.0)).collect()
    }

    fn decode(text: &str) -> Option<Certificate> {
        let text: String = text.split_ascii_whitespace().collect();
        STANDARD.decode(text).ok().map(Certificate)
    }

    /// Whether it is for this public key.
    pub(super) fn is_of(&self, public_key: &[u8]) -> bool {
        !public_key.is_empty() && self.0.windows(public_key.len()).any(|part| part == public_key)
    }

    /// When it ends.
    pub(super) fn not_after(&self) -> Option<Moment> {
        let (certificate, _) = element(&self.0, SEQUENCE)?;
        let (to_be_signed, _) = element(certificate, SEQUENCE)?;
        let after_version = element(to_be_signed, VERSION).map_or(to_be_signed, |(_, rest)| rest);
        let serial_algorithm_issuer = (0..3).try_fold(after_version, |rest, _| Some(any(rest)?.2));
        let (validity, _) = element(serial_algorithm_issuer?, SEQUENCE)?;
        let (_, _, not_after) = any(validity)?;
        let (tag, time, _) = any(not_after)?;
        read_time(tag, time)
    }

    /// SHA-256, as browsers and openssl show it.
    pub(super) fn fingerprint(&self) -> String {
        let digest = digest::digest(&digest::SHA256, &self.0);
        let bytes: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }
}

/// The contents of the first element, if it has this tag, and what follows it.
fn element(der: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
    any(der).filter(|(tag, ..)| *tag == expected).map(|(_, contents, rest)| (contents, rest))
}

/// The tag and the contents of the first element, and what follows it.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None, // longer than any certificate, or without a length
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

/// `YYMMDDhhmmssZ` up to 2049, `YYYYMMDDhhmmssZ` from then on (RFC 5280, section 4.1.2.5).
fn read_time(tag: u8, text: &[u8]) -> Option<Moment> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let digits = match tag {
        UTC_TIME if text.starts_with(['5', '6', '7', '8', '9']) => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let is_time = digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_time.then_some(Moment(digits))
}

/// A certificate as it is shown to people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    pub(super) name: String,
    pub(super) until: Moment,
    pub(super) fingerprint: String,
}

impl Shown {
    /// The name of its file: a server's, or `ca`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it ends.
    pub fn until(&self) -> String {
        self.until.to_string()
    }

    /// The SHA-256 of the certificate.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether it has ended by `now`.
    pub fn is_over(&self, now: WallTime) -> bool {
        self.until < moment(now)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: until {}, SHA-256 {}", self.name, self.until, self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn until(year: i32) -> String {
        let mut params = CertificateParams::new(vec!["Ball".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(1960, 1, 1), date_time_ymd(year, 12, 31));
        let pem = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        Certificate::all(&pem).unwrap()[0].not_after().unwrap().to_string()
    }

    #[test]
    fn the_end_is_read_in_both_ways_of_writing_it() {
        for year in [1961, 1999, 2000, 2049, 2050, 2345] {
            assert_eq!(until(year), format!("{year}-12-31 00:00 UTC"));
        }
    }

    #[test]
    fn what_is_cut_off_has_no_end_and_does_no_harm() {
        let key = KeyPair::generate().unwrap();
        let whole = CertificateParams::default().self_signed(&key).unwrap().der().to_vec();
        assert!(Certificate(whole.clone()).not_after().is_some());
        assert!(Certificate(whole.clone()).is_of(key.public_key_raw()));
        for length in 0..whole.len() {
            assert_eq!(Certificate(whole[..length].to_vec()).not_after(), None);
        }
    }

    #[test]
    fn a_pem_text_may_hold_several_and_each_must_be_whole() {
        let pem = CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        assert_eq!(Certificate::all(&format!("a note\n{pem}{pem}")).unwrap().len(), 2);
        assert_eq!(Certificate::all(&pem.replace("END", "FIN")), None);
        assert_eq!(Certificate::all(&pem.replace('M', "!")), None);
        assert_eq!(Certificate::all("").unwrap().len(), 0);
    }
}
