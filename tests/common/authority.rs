//! Certificates, right and wrong.

use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, date_time_ymd,
};
use reactor::ServerTls;

/// The names by which servers are asked.
const HOSTS: [&str; 2] = ["localhost", "127.0.0.1"];

type Authority = CertifiedIssuer<'static, KeyPair>;

/// The one whom the herd is told to trust.
static TRUSTED: LazyLock<Authority> = LazyLock::new(|| authority("The authority of the tests"));
/// One with the same name and another key.
static OTHER: LazyLock<Authority> = LazyLock::new(|| authority("The authority of the tests"));
/// One whom the trusted one vouches for.
static MIDDLE: LazyLock<Authority> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    CertifiedIssuer::signed_by(params_of_authority("One in the middle"), key, &**TRUSTED).unwrap()
});

fn authority(name: &str) -> Authority {
    CertifiedIssuer::self_signed(params_of_authority(name), KeyPair::generate().unwrap()).unwrap()
}

fn params_of_authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// What a `ca_file` holds.
pub(crate) fn trusted() -> String {
    TRUSTED.pem()
}

/// A server's certificates, its own first, and its key; both PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl Identity {
    pub(crate) fn right() -> Identity {
        Identity::with(&TRUSTED, |_| {})
    }

    pub(crate) fn of_the_middle() -> Identity {
        let mut identity = Identity::with(&MIDDLE, |_| {});
        identity.chain += &MIDDLE.pem();
        identity
    }

    pub(crate) fn without_the_middle() -> Identity {
        Identity::with(&MIDDLE, |_| {})
    }

    pub(crate) fn of_another_authority() -> Identity {
        Identity::with(&OTHER, |_| {})
    }

    pub(crate) fn self_signed() -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params().self_signed(&key).unwrap();
        Identity { chain: certificate.pem(), key: key.serialize_pem() }
    }

    pub(crate) fn expired() -> Identity {
        Identity::with(&TRUSTED, |params| {
            (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        })
    }

    pub(crate) fn not_yet_valid() -> Identity {
        Identity::with(&TRUSTED, |params| params.not_before = date_time_ymd(3000, 1, 1))
    }

    pub(crate) fn of_another_host() -> Identity {
        Identity::with(&TRUSTED, |params| {
            *params = CertificateParams::new(vec!["maps.example".to_owned()]).unwrap();
        })
    }

    pub(crate) fn for_clients_alone() -> Identity {
        Identity::with(&TRUSTED, |params| {
            params.insert_extended_key_usage(ExtendedKeyUsagePurpose::ClientAuth);
        })
    }

    fn with(authority: &Issuer<'static, KeyPair>, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let (mut params, key) = (params(), KeyPair::generate().unwrap());
        change(&mut params);
        let certificate = params.signed_by(&key, authority).unwrap();
        Identity { chain: certificate.pem(), key: key.serialize_pem() }
    }

    /// As this workspace's own servers show it.
    pub(crate) fn tls(&self, alpn: &[&[u8]]) -> ServerTls {
        ServerTls::new(self.chain.as_bytes(), self.key.as_bytes(), alpn).unwrap()
    }
}

fn params() -> CertificateParams {
    CertificateParams::new(HOSTS.map(str::to_owned).to_vec()).unwrap()
}
