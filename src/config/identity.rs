//! What a server shows its neighbours under `peers.auth = "tls"`: files, named or in their usual places.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use reactor::{Identity, TlsConfigError};

use super::credentials::{private, unreadable};
use super::error::{ConfigError, Problem};
use super::setting::Key;
use super::{Config, PeerAuth};

/// Where the certificates of a herd are kept, and what they are called there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerFiles {
    /// The server's certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The certificate of the herd's authority.
    pub ca: PathBuf,
}

impl PeerFiles {
    /// Those of the server `name` in the folder `keys`.
    pub fn within(keys: &Path, name: &str) -> PeerFiles {
        let file = |name: &str, end: &str| keys.join(format!("{name}.{end}"));
        PeerFiles { cert: file(name, "pem"), key: file(name, "key"), ca: file("ca", "pem") }
    }
}

/// What a server shows its neighbours, and whom it believes; as the files hold it (PEM).
#[derive(Clone)]
pub struct PeerIdentity {
    chain: Vec<u8>,
    key: Vec<u8>,
    authority: Vec<u8>,
}

impl PeerIdentity {
    /// The same for TLS.
    pub fn identity(&self) -> Identity<'_> {
        Identity { chain: &self.chain, key: &self.key, authority: &self.authority }
    }
}

/// Says nothing of keys.
impl fmt::Debug for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerIdentity(..)")
    }
}

impl Config {
    /// The folder of the herd's certificates and of their keys.
    pub fn keys_dir(&self) -> PathBuf {
        self.herd.dir.join("keys")
    }

    /// What the server `name` shows its neighbours; `None` if the herd's key is their proof.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, the key is open to others, or the certificate is for somebody else.
    pub fn peer_identity(&self, name: &str) -> Result<Option<PeerIdentity>, ConfigError> {
        if self.peers.auth != PeerAuth::Tls {
            return Ok(None);
        }
        let PeerFiles { cert, key, ca } = self.peer_files(name);
        let refuse = |setting: &str, problem| self.refuse_identity(setting, name, problem);
        let read = |path: &Path| fs::read(path).map_err(|error| unreadable(path, error));
        let identity = PeerIdentity {
            authority: read(&ca).map_err(|problem| refuse("peers.ca", problem))?,
            chain: read(&cert).map_err(|problem| refuse("peers.cert", problem))?,
            key: private(&key).map_err(|problem| refuse("peers.key", problem))?,
        };
        match identity.identity().is_called(name) {
            true => Ok(Some(identity)),
            false => Err(refuse("peers.cert", Problem::NotForServer(cert, name.to_owned()))),
        }
    }

    /// The error of files that are there and do not work together.
    pub(crate) fn unusable_identity(&self, name: &str, error: TlsConfigError) -> ConfigError {
        let problem = Problem::BadCertificate(self.peer_files(name).cert, error);
        self.refuse_identity("peers.cert", name, problem)
    }

    pub(super) fn peer_files(&self, name: &str) -> PeerFiles {
        let usual = PeerFiles::within(&self.keys_dir(), name);
        let peers = &self.peers;
        PeerFiles {
            cert: peers.cert.clone().unwrap_or(usual.cert),
            key: peers.key.clone().unwrap_or(usual.key),
            ca: peers.ca.clone().unwrap_or(usual.ca),
        }
    }

    /// An error of `setting`, or of whoever wants certificates if that was never set.
    fn refuse_identity(&self, setting: &str, name: &str, problem: Problem) -> ConfigError {
        let origin = self.origin(setting);
        let problem = match problem {
            Problem::UnreadableFile(path, error)
                if origin.is_none() && error.kind() == io::ErrorKind::NotFound =>
            {
                Problem::NoCertificate(path, name.to_owned())
            }
            other => other,
        };
        let origin = origin.or_else(|| self.origin("peers.auth")).cloned();
        ConfigError::new(origin, setting.to_owned(), problem)
    }

    /// Names of servers are names in certificates: DNS names, in which case does not matter.
    pub(super) fn check_certificate_names(&self) -> Result<(), ConfigError> {
        if self.peers.auth != PeerAuth::Tls {
            return Ok(());
        }
        let is_shared = |name: &str| self.servers.keys().filter(|o| o.eq_ignore_ascii_case(name)).count() > 1;
        match self.servers.keys().find(|name| !is_certificate_name(name) || is_shared(name)) {
            Some(name) => {
                let table = Key(vec!["servers".into(), name.clone()]);
                Err(self.refuse(&table.to_string(), Problem::NoCertificateName))
            }
            None => Ok(()),
        }
    }
}

/// Whether a server's name can stand in a certificate (RFC 1123, and underscores) and name its files, one of
/// which is the authority's.
fn is_certificate_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && !name.ends_with('-')
        && name.contains(|c: char| c.is_ascii_alphabetic())
        && !["ca", "clients"].iter().any(|taken| name.eq_ignore_ascii_case(taken))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, refused};
    use super::*;

    #[test]
    fn the_files_of_a_herd_follow_its_folder_until_they_are_given() {
        let config = read("herd.dir = \"d\"\npeers = { auth = \"tls\", key = \"k\" }").unwrap();
        let files = config.peer_files("Ball");
        assert_eq!(
            [&files.cert, &files.key, &files.ca],
            ["d/keys/Ball.pem", "k", "d/keys/ca.pem"].map(Path::new)
        );
        assert!(read("").unwrap().peer_identity("Ball").unwrap().is_none());
    }

    #[test]
    fn what_was_never_made_is_said_with_the_way_to_make_it() {
        let config = read("\npeers.auth = \"tls\"\nherd.dir = \"nowhere\"").unwrap();
        let missing = "herd.toml:2: peers.ca: there is no nowhere/keys/ca.pem; run: herd keys init (once for the \
                       herd), and: herd keys server Ball";
        assert_eq!(config.peer_identity("Ball").unwrap_err().to_string(), missing);
        let config = read("peers.auth = \"tls\"\npeers.ca = \"nowhere\"").unwrap();
        let unreadable =
            "herd.toml:2: peers.ca: nowhere cannot be read: No such file or directory (os error 2)";
        assert_eq!(config.peer_identity("Ball").unwrap_err().to_string(), unreadable);
    }

    #[test]
    fn servers_that_prove_themselves_by_certificates_have_names_for_them() {
        let ports = "{ client_port = 1, peer_port = 2, web_port = 0 }";
        for name in ["ball", "ca", "CA", "clients", "12", "x-", &"x".repeat(64)] {
            let links = format!("herd.links = [[\"Ball\", \"{name}\"]]");
            let text = format!("{links}\n[servers]\nBall = {{}}\n{name} = {ports}\n");
            assert!(read(&text).is_ok(), "{name}: {:?}", read(&text));
            let error = read(&format!("{text}[peers]\nauth = \"tls\"")).unwrap_err();
            assert!(error.contains("no name for a certificate"), "{error}");
        }
        refused(&[(
            &format!("peers.auth = \"tls\"\nservers.ca = {ports}"),
            "herd.toml:2: servers.ca: no name for a certificate (peers.auth = \"tls\"): it needs a letter, at most \
             63 characters, none of them - at the end; it is neither ca nor clients; and no other server has it in other case",
        )]);
    }
}
