//! Certificates, right and wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, date_time_ymd,
};
use reactor::{ClientTls, Identity as Shown, ServerTls};

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

    /// A server of the herd.
    pub(crate) fn of_server(name: &str) -> Identity {
        Identity::of_server_with(name, |_| {})
    }

    pub(crate) fn of_server_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        Identity::with(&TRUSTED, |params| {
            *params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            change(params);
        })
    }

    /// What somebody else's authority says of the same server.
    pub(crate) fn of_server_elsewhere(name: &str) -> Identity {
        Identity::with(&OTHER, |params| *params = CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    /// What is right in all but its dates, which are over or are to come.
    pub(crate) fn of_server_in(name: &str, years: [i32; 2]) -> Identity {
        Identity::of_server_with(name, |params| {
            let [from, to] = years.map(|year| date_time_ymd(year, 1, 1));
            (params.not_before, params.not_after) = (from, to);
        })
    }

    /// Shows this, and believes the trusted authority alone.
    fn shown<'a>(&'a self, authority: &'a str) -> Shown<'a> {
        Shown { chain: self.chain.as_bytes(), key: self.key.as_bytes(), authority: authority.as_bytes() }
    }

    pub(crate) fn dialler(&self) -> ClientTls {
        ClientTls::mutual(self.shown(&trusted())).unwrap()
    }

    pub(crate) fn acceptor(&self) -> ServerTls {
        ServerTls::mutual(self.shown(&trusted())).unwrap()
    }

    /// Puts it where a server of the name looks for it.
    pub(crate) fn put(&self, keys: &Path, name: &str) {
        fs::create_dir_all(keys).unwrap();
        fs::write(keys.join("ca.pem"), trusted()).unwrap();
        fs::write(keys.join(format!("{name}.pem")), &self.chain).unwrap();
        write_key(&keys.join(format!("{name}.key")), &self.key);
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

/// A private key as a server will have it: for its owner alone.
pub(crate) fn write_key(path: &Path, key: &str) {
    fs::write(path, key).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn params() -> CertificateParams {
    CertificateParams::new(HOSTS.map(str::to_owned).to_vec()).unwrap()
}
