//! Making certificates: what stands in them, and who signs.

use std::fmt;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use reactor::WallTime;
use ring::digest;

use super::{KeysError, Lifetime};

/// Certificates are good from a little before they are made, since the clocks of machines differ.
const BEFORE: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A moment in UTC to the second, `YYYYMMDDhhmmss`: it is compared as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment(pub(super) String);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |range| self.0.get(range).unwrap_or_default();
        let (date, time) = ([part(0..4), part(4..6), part(6..8)].join("-"), [part(8..10), part(10..12)]);
        write!(f, "{date} {} UTC", time.join(":"))
    }
}

/// `now` as a moment.
pub(super) fn moment(now: WallTime) -> Moment {
    let at = date_time_ymd(1970, 1, 1) + since_epoch(now);
    let (date, time) = ((at.year(), u8::from(at.month()), at.day()), (at.hour(), at.minute(), at.second()));
    Moment(format!("{:04}{:02}{:02}{:02}{:02}{:02}", date.0, date.1, date.2, time.0, time.1, time.2))
}

fn since_epoch(now: WallTime) -> Duration {
    Duration::from_nanos(u64::try_from(now.as_unix_nanos()).unwrap_or(0))
}

/// A certificate and its private key, PEM.
pub(super) struct Made {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// An authority that signs itself. It may sign servers, and no further authority.
pub(super) fn make_authority(now: WallTime, lifetime: Lifetime) -> Result<Made, KeysError> {
    let key = KeyPair::generate()?;
    let params = dated(authority_params(&key), now, lifetime);
    Ok(Made { certificate: params.self_signed(&key)?.pem(), key: key.serialize_pem() })
}

/// What is always the same in an authority's certificate; its name tells it from others, and is made from its
/// key, so that the key is enough to sign with.
fn authority_params(key: &KeyPair) -> CertificateParams {
    let digest = digest::digest(&digest::SHA256, key.public_key_raw());
    let name = format!("Herd authority {}", crate::key::encode(&digest.as_ref()[..8]));
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// A server's certificate, signed by whoever has `authority`. It may dial and be dialled, and sign nothing.
pub(super) fn make_server(
    authority: KeyPair,
    name: &str,
    now: WallTime,
    lifetime: Lifetime,
) -> Result<Made, KeysError> {
    let issuer = Issuer::new(authority_params(&authority), authority);
    let key = KeyPair::generate()?;
    let params = dated(server_params(name)?, now, lifetime);
    Ok(Made { certificate: params.signed_by(&key, &issuer)?.pem(), key: key.serialize_pem() })
}

fn server_params(name: &str) -> Result<CertificateParams, KeysError> {
    let params = CertificateParams::new(vec![name.to_owned()]);
    let mut params = params.map_err(|_| KeysError::BadName(name.to_owned()))?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn dated(mut params: CertificateParams, now: WallTime, Lifetime(days): Lifetime) -> CertificateParams {
    let now = since_epoch(now);
    params.not_before = date_time_ymd(1970, 1, 1) + now.saturating_sub(BEFORE);
    params.not_after = date_time_ymd(1970, 1, 1) + now + DAY * days;
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_order_and_print_as_people_write_them() {
        let at = |seconds: i64| moment(WallTime::from_unix_nanos(seconds * 1_000_000_000));
        assert_eq!(at(0).to_string(), "1970-01-01 00:00 UTC");
        assert_eq!(at(1_479_413_884), Moment("20161117201804".to_owned()));
        assert!(at(1_479_413_884) < at(1_479_413_885) && at(999_999_999) < at(1_000_000_000));
        assert_eq!(at(-5), at(0));
    }
}
