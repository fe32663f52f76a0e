//! What is read of a certificate: from when until when it is valid, and its fingerprint.
//!
//! Only the way to its dates is followed (RFC 5280, section 4.1); whether it is to be trusted is for TLS to
//! say.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::date_time_ymd;
use reactor::WallTime;
use ring::digest;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, where the version stands.
const VERSION: u8 = 0xa0;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A day in seconds.
const DAY: i64 = 24 * 3600;

/// A moment in UTC, in seconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment(pub(crate) i64);

impl Moment {
    /// What a clock says.
    pub fn of(clock: WallTime) -> Moment {
        Moment(clock.as_unix_nanos().div_euclid(1_000_000_000))
    }

    /// Whole days from `now` on; fewer than zero once it is over.
    pub fn days_from(self, now: Moment) -> i64 {
        self.0.saturating_sub(now.0).div_euclid(DAY)
    }
}

impl fmt::Display for Moment {
    /// As in `2037-01-12 08:00 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (epoch, seconds) = (date_time_ymd(1970, 1, 1), Duration::from_secs(self.0.unsigned_abs()));
        let seconds = seconds.try_into().ok();
        let at = match self.0 {
            0.. => seconds.and_then(|seconds| epoch.checked_add(seconds)),
            _ => seconds.and_then(|seconds| epoch.checked_sub(seconds)),
        };
        let Some(at) = at else { return f.write_str("beyond the calendar") };
        let (month, day, hour, minute) = (u8::from(at.month()), at.day(), at.hour(), at.minute());
        write!(f, "{:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC", at.year())
    }
}

/// From when until when a certificate is valid, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validity {
    /// From this moment on.
    pub from: Moment,
    /// Until this one.
    pub until: Moment,
}

/// The bytes of one certificate (DER).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Certificate(Vec<u8>);

impl Certificate {
    /// The certificates of a PEM text; `None` if one of them is broken.
    pub(crate) fn all(pem: &str) -> Option<Vec<Certificate>> {
        pem.split(BEGIN).skip(1).map(|rest| Certificate::decode(rest.split_once(END)?.0)).collect()
    }

    fn decode(text: &str) -> Option<Certificate> {
        let text: String = text.split_ascii_whitespace().collect();
        STANDARD.decode(text).ok().map(Certificate)
    }

    /// Whether it is for this public key.
    pub(crate) fn is_of(&self, public_key: &[u8]) -> bool {
        !public_key.is_empty() && self.0.windows(public_key.len()).any(|part| part == public_key)
    }

    /// From when until when it is valid; `None` if that cannot be read.
    pub(crate) fn validity(&self) -> Option<Validity> {
        let (certificate, _) = element(&self.0, SEQUENCE)?;
        let (to_be_signed, _) = element(certificate, SEQUENCE)?;
        let after_version = element(to_be_signed, VERSION).map_or(to_be_signed, |(_, rest)| rest);
        let serial_algorithm_issuer = (0..3).try_fold(after_version, |rest, _| Some(any(rest)?.2));
        let (validity, _) = element(serial_algorithm_issuer?, SEQUENCE)?;
        let (from_tag, from, not_after) = any(validity)?;
        let (until_tag, until, _) = any(not_after)?;
        Some(Validity { from: read_time(from_tag, from)?, until: read_time(until_tag, until)? })
    }

    /// SHA-256, as browsers and openssl show it.
    pub(crate) fn fingerprint(&self) -> String {
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
    if !is_time {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2)?.parse::<u8>().ok();
    let month = two(4).filter(|month| (1..=12).contains(month))?;
    let first = date_time_ymd(digits.get(..4)?.parse().ok()?, month, 1).unix_timestamp();
    let [day, hour, minute, second] = [two(6)?, two(8)?, two(10)?, two(12)?].map(i64::from);
    Some(Moment(first + (day - 1) * DAY + hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn until(year: i32) -> String {
        let mut params = CertificateParams::new(vec!["Ball".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(1960, 1, 1), date_time_ymd(year, 12, 31));
        let pem = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        let Validity { from, until } = Certificate::all(&pem).unwrap()[0].validity().unwrap();
        assert_eq!(from.to_string(), "1960-01-01 00:00 UTC");
        until.to_string()
    }

    #[test]
    fn the_end_is_read_in_both_ways_of_writing_it() {
        for year in [1961, 1999, 2000, 2049, 2050, 2345] {
            assert_eq!(until(year), format!("{year}-12-31 00:00 UTC"));
        }
    }

    #[test]
    fn moments_are_in_order_and_print_as_people_write_them() {
        let at = |seconds: i64| Moment::of(WallTime::from_unix_nanos(seconds * 1_000_000_000));
        assert_eq!(at(0).to_string(), "1970-01-01 00:00 UTC");
        assert_eq!(at(1_479_413_884).to_string(), "2016-11-17 20:18 UTC");
        assert!(at(1_479_413_884) < at(1_479_413_885) && at(-1) < at(0));
        assert_eq!([DAY, DAY - 1, 0, -1].map(|seconds| at(seconds).days_from(at(0))), [1, 0, 0, -1]);
        assert_eq!(Moment(i64::MAX).to_string(), "beyond the calendar");
    }

    #[test]
    fn what_is_no_time_is_none() {
        let read = |tag, text: &str| read_time(tag, text.as_bytes()).map(|moment| moment.to_string());
        assert_eq!(read(GENERALIZED_TIME, "99991231235959Z"), Some("9999-12-31 23:59 UTC".into()));
        for text in
            ["99990031235959Z", "99991331235959Z", "9999123123595Z", "+9991231235959Z", "99991231235959", ""]
        {
            assert_eq!(read(GENERALIZED_TIME, text), None, "{text}");
        }
        assert_eq!(read(0, "99991231235959Z"), None);
    }

    #[test]
    fn what_is_cut_off_has_no_end_and_does_no_harm() {
        let key = KeyPair::generate().unwrap();
        let whole = CertificateParams::default().self_signed(&key).unwrap().der().to_vec();
        assert!(Certificate(whole.clone()).validity().is_some());
        assert!(Certificate(whole.clone()).is_of(key.public_key_raw()));
        for length in 0..whole.len() {
            assert_eq!(Certificate(whole[..length].to_vec()).validity(), None);
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
