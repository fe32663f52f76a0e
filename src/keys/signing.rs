//! Making certificates: what stands in them, and who signs.

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

/// For what a certificate is good that signs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// A server of the herd dials its neighbours, and is dialled by them.
    Neighbours,
    /// Clients dial it.
    Clients,
}

/// A certificate for these names and addresses, signed by whoever has `authority`.
pub(super) fn make(
    authority: KeyPair,
    names: &[String],
    purpose: Use,
    now: WallTime,
    lifetime: Lifetime,
) -> Result<Made, KeysError> {
    let issuer = Issuer::new(authority_params(&authority), authority);
    let key = KeyPair::generate()?;
    let params = dated(params(names, purpose)?, now, lifetime);
    Ok(Made { certificate: params.signed_by(&key, &issuer)?.pem(), key: key.serialize_pem() })
}

fn params(names: &[String], purpose: Use) -> Result<CertificateParams, KeysError> {
    let params = CertificateParams::new(names);
    let mut params = params.map_err(|_| KeysError::BadName(names.join(" ")))?;
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("", String::as_str));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = match purpose {
        Use::Neighbours => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        Use::Clients => vec![ExtendedKeyUsagePurpose::ServerAuth],
    };
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn dated(mut params: CertificateParams, now: WallTime, Lifetime(days): Lifetime) -> CertificateParams {
    let now = since_epoch(now);
    params.not_before = date_time_ymd(1970, 1, 1) + now.saturating_sub(BEFORE);
    params.not_after = date_time_ymd(1970, 1, 1) + now + DAY * days;
    params
}
