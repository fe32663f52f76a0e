//! Certificates, made anew for each run.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use reactor::{ClientTls, Identity as Shown, ServerTls};

/// Whom a certificate is for, from the epoch on, where the clocks of tests begin.
pub fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(1970, 1, 1);
    params
}

/// Somebody who signs.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// One that signs itself.
    pub fn new(name: &str) -> Authority {
        let params = Authority::params(name, IsCa::Ca(BasicConstraints::Unconstrained));
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// One that is signed by this one, and may sign or may not.
    pub fn delegate(&self, name: &str, is_ca: IsCa) -> Authority {
        let params = Authority::params(name, is_ca);
        Authority(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    fn params(name: &str, is_ca: IsCa) -> CertificateParams {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = is_ca;
        params
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let chain = params.signed_by(&key, &self.0).unwrap().pem();
        Identity { chain, key: key.serialize_pem() }
    }

    /// Speaks TLS with whoever this one has signed.
    pub fn client(&self, alpn: &[&[u8]]) -> ClientTls {
        ClientTls::new(self.pem().as_bytes(), alpn).unwrap()
    }
}

/// A certificate and its key, in PEM.
pub struct Identity {
    pub chain: String,
    pub key: String,
}

impl Identity {
    /// One that signs itself.
    pub fn self_signed(names: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        Identity { chain: params(names).self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    /// The same with another certificate behind it.
    pub fn with(self, issuer: &Authority) -> Identity {
        Identity { chain: self.chain + &issuer.pem(), ..self }
    }

    pub fn server(&self, alpn: &[&[u8]]) -> ServerTls {
        ServerTls::new(self.chain.as_bytes(), self.key.as_bytes(), alpn).unwrap()
    }

    /// What a reactor shows, and whom it trusts beside nobody.
    pub fn shown<'a>(&'a self, authority: &'a str) -> Shown<'a> {
        Shown { chain: self.chain.as_bytes(), key: self.key.as_bytes(), authority: authority.as_bytes() }
    }
}
