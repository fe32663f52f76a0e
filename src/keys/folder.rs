//! The folder in which certificates and keys are kept.

use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::KeyPair;
use reactor::WallTime;

use super::shown::Shown;
use super::signing::{Made, Use, make, make_authority};
use super::{KeysError, Lifetime};
use crate::certificate::{Certificate, Moment};
use crate::config::PeerFiles;
use crate::private_file::{self, PRIVATE, PUBLIC, Unread, make_folder};

/// What the authority's files are called, and those for clients; no server may be called so.
const AUTHORITY: &str = "ca";
const CLIENTS: &str = "clients";

/// The folder in which certificates and keys are kept.
#[derive(Clone, Debug)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// The folder at `path`, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> KeyFolder {
        KeyFolder(path.into())
    }

    /// Where the files of a server are, or those of the authority.
    fn files(&self, name: &str) -> PeerFiles {
        PeerFiles::within(&self.0, name)
    }

    /// Makes the authority of a herd. An authority that is there stays.
    ///
    /// # Errors
    ///
    /// If there is one already, in whole or in part, or the files cannot be written.
    pub fn init(&self, now: WallTime, lifetime: Lifetime) -> Result<Shown, KeysError> {
        let PeerFiles { cert, key, .. } = self.files(AUTHORITY);
        if cert.exists() {
            return Err(KeysError::Exists(cert));
        }
        self.make()?;
        let made = make_authority(now, lifetime)?;
        private_file::create(&key, made.key.as_bytes()).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => KeysError::Exists(key.clone()),
            _ => KeysError::Io { path: key.clone(), source: error },
        })?;
        put(&cert, &made.certificate, PUBLIC)?;
        self.show(AUTHORITY)
    }

    /// Makes key and certificate of the server `name`, in place of those that may be there. They are good no
    /// longer than the authority.
    ///
    /// # Errors
    ///
    /// If the authority's key is not here or open to others, its certificate has ended or belongs to another
    /// key, the name is of no use, or the files cannot be written.
    pub fn server(&self, name: &str, now: WallTime, lifetime: Lifetime) -> Result<Shown, KeysError> {
        let is_taken = [AUTHORITY, CLIENTS].iter().any(|taken| name.eq_ignore_ascii_case(taken));
        if is_taken || name.contains(['/', '\0']) || name.starts_with('.') {
            return Err(KeysError::BadName(name.to_owned()));
        }
        self.signed(name, &[name.to_owned()], Use::Neighbours, now, lifetime)
    }

    /// Makes key and certificate of the listeners for clients, which reach them by these names and addresses, in place
    /// of those that may be there.
    ///
    /// # Errors
    ///
    /// As [`KeyFolder::server`].
    pub fn clients(&self, hosts: &[String], now: WallTime, lifetime: Lifetime) -> Result<Shown, KeysError> {
        let hosts: Vec<String> = hosts.iter().map(|host| host.trim_end_matches('.').to_owned()).collect();
        match hosts.iter().find(|host| !is_host(host)) {
            Some(host) => Err(KeysError::BadHost(host.clone())),
            None => self.signed(CLIENTS, &hosts, Use::Clients, now, lifetime),
        }
    }

    /// What `clients.cert`, `clients.key` and `clients.ca_file` are to name, once [`KeyFolder::clients`] has made it.
    pub fn client_files(&self) -> PeerFiles {
        self.files(CLIENTS)
    }

    fn signed(
        &self,
        file: &str,
        names: &[String],
        purpose: Use,
        now: WallTime,
        lifetime: Lifetime,
    ) -> Result<Shown, KeysError> {
        let authority = self.authority()?;
        let lifetime = self.cut(&authority, now, lifetime)?;
        let Made { certificate, key } = make(authority, names, purpose, now, lifetime)?;
        let files = self.files(file);
        put(&files.key, &key, PRIVATE)?;
        put(&files.cert, &certificate, PUBLIC)?;
        self.show(file)
    }

    /// The authority's key.
    fn authority(&self) -> Result<KeyPair, KeysError> {
        let path = self.files(AUTHORITY).key;
        let text = private_file::read(&path).map_err(|unread| match unread {
            Unread::Io(error) if error.kind() == ErrorKind::NotFound => KeysError::NoAuthority(path.clone()),
            Unread::Io(source) => KeysError::Io { path: path.clone(), source },
            Unread::Exposed(mode) => KeysError::Exposed(path.clone(), mode),
        })?;
        KeyPair::from_pem(&String::from_utf8_lossy(&text)).map_err(|_| KeysError::BadKey(path))
    }

    /// As much of `lifetime` as the authority has left.
    fn cut(&self, authority: &KeyPair, now: WallTime, lifetime: Lifetime) -> Result<Lifetime, KeysError> {
        let path = self.files(AUTHORITY).cert;
        let theirs = certificates(&path)?.into_iter().find(|c| c.is_of(authority.public_key_raw()));
        let validity = theirs.ok_or_else(|| KeysError::Mismatch(path.clone()))?.validity();
        let end = validity.ok_or_else(|| KeysError::BadCertificate(path.clone()))?.until;
        longest(end, now, lifetime).ok_or(KeysError::Expired(path))
    }

    /// The authority and all servers whose certificates are here, by name.
    ///
    /// # Errors
    ///
    /// If the folder or a certificate cannot be read.
    pub fn list(&self) -> Result<Vec<Shown>, KeysError> {
        let entries = fs::read_dir(&self.0).map_err(KeysError::io(&self.0))?;
        let files = entries.flatten().map(|entry| entry.path());
        let certificates = files.filter(|path| path.extension().is_some_and(|end| end == "pem"));
        let mut names: Vec<String> =
            certificates.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        names.sort();
        names.iter().map(|name| self.show(name)).collect()
    }

    fn show(&self, name: &str) -> Result<Shown, KeysError> {
        let path = self.files(name).cert;
        let first = certificates(&path)?.into_iter().next();
        let shown = first.and_then(|certificate| {
            let (until, fingerprint) = (certificate.validity()?.until, certificate.fingerprint());
            Some(Shown { name: name.to_owned(), until, fingerprint })
        });
        shown.ok_or(KeysError::BadCertificate(path))
    }

    /// Makes the folder, in which nobody else may look around.
    fn make(&self) -> Result<(), KeysError> {
        make_folder(&self.0).map_err(KeysError::io(&self.0))
    }
}

/// The most days, up to those of `lifetime`, after which it is not later than `end`; `None` if that is over.
fn longest(end: Moment, now: WallTime, Lifetime(most): Lifetime) -> Option<Lifetime> {
    let left = u32::try_from(end.days_from(Moment::of(now)).min(most.into())).ok()?;
    Some(Lifetime(left))
}

/// Whether clients can dial `host`: an IP address or a name, which may begin with `*.`.
fn is_host(host: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_label = |label: &str| !label.is_empty() && label.chars().all(is_plain);
    let name = host.strip_prefix("*.").unwrap_or(host);
    host.parse::<IpAddr>().is_ok() || (host.len() <= 253 && name.split('.').all(is_label))
}

fn put(path: &Path, text: &str, mode: u32) -> Result<(), KeysError> {
    private_file::replace(path, text.as_bytes(), mode).map_err(KeysError::io(path))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, KeysError> {
    let text = fs::read(path).map_err(KeysError::io(path))?;
    let found = Certificate::all(&String::from_utf8_lossy(&text));
    found.ok_or_else(|| KeysError::BadCertificate(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use reactor::{ClientTls, Identity, ServerTls};

    use super::*;

    const DAY: i64 = 24 * 3600 * 1_000_000_000;
    const NOW: WallTime = WallTime::from_unix_nanos(20_000 * DAY);

    fn folder() -> (tempfile::TempDir, KeyFolder) {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(folder.path().join("data/keys"));
        (folder, keys)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn keys_are_private_and_certificates_are_not() {
        let (_folder, keys) = folder();
        keys.init(NOW, Lifetime::AUTHORITY).unwrap();
        keys.server("Ball", NOW, Lifetime::SERVER).unwrap();
        for name in ["ca", "Ball"] {
            let files = keys.files(name);
            assert_eq!((mode(&files.key), mode(&files.cert)), (0o600, 0o644));
        }
        assert_eq!((mode(&keys.0), fs::read_dir(&keys.0).unwrap().count()), (0o700, 4));
    }

    #[test]
    fn an_authority_is_never_replaced() {
        let (_folder, keys) = folder();
        keys.init(NOW, Lifetime::AUTHORITY).unwrap();
        let PeerFiles { cert, key, .. } = keys.files("ca");
        let before = fs::read(&key).unwrap();
        assert!(matches!(keys.init(NOW, Lifetime::AUTHORITY), Err(KeysError::Exists(path)) if path == cert));
        fs::remove_file(&cert).unwrap();
        assert!(matches!(keys.init(NOW, Lifetime::AUTHORITY), Err(KeysError::Exists(path)) if path == key));
        assert_eq!(fs::read(&key).unwrap(), before);
    }

    #[test]
    fn what_is_made_works_together_and_is_for_one_server() {
        let (_folder, keys) = folder();
        keys.init(NOW, Lifetime::AUTHORITY).unwrap();
        keys.server("Ball", NOW, Lifetime::SERVER).unwrap();
        let files = keys.files("Ball");
        let [chain, key, authority] =
            [&files.cert, &files.key, &files.ca].map(|path| fs::read(path).unwrap());
        let identity = Identity { chain: &chain, key: &key, authority: &authority };
        assert!(ClientTls::mutual(identity).is_ok() && ServerTls::mutual(identity).is_ok());
        assert!(identity.is_called("Ball") && !identity.is_called("Welsh"));
    }

    #[test]
    fn a_renewal_makes_another_key_and_a_later_end() {
        let (_folder, keys) = folder();
        keys.init(NOW, Lifetime::AUTHORITY).unwrap();
        let old = keys.server("Ball", NOW, Lifetime::days(10)).unwrap();
        let key = fs::read(keys.files("Ball").key).unwrap();
        let new = keys.server("Ball", NOW, Lifetime::days(20)).unwrap();
        assert_ne!(fs::read(keys.files("Ball").key).unwrap(), key);
        assert_eq!(
            (old.until().to_string(), new.until().to_string()),
            ("2024-10-14 00:00 UTC".into(), "2024-10-24 00:00 UTC".into())
        );
        let later = |days| WallTime::from_unix_nanos(NOW.as_unix_nanos() + days * DAY + 1_000_000_000);
        assert!(!old.is_over(later(9)) && old.is_over(later(10)));
        let names: Vec<_> = keys.list().unwrap().iter().map(|shown| shown.name().to_owned()).collect();
        assert_eq!(names, ["Ball", "ca"]);
    }

    #[test]
    fn what_is_made_for_clients_is_for_their_hosts_and_for_no_neighbour() {
        let (_folder, keys) = folder();
        keys.init(NOW, Lifetime::AUTHORITY).unwrap();
        let hosts = ["localhost", "127.0.0.1", "::1", "herd.example."].map(str::to_owned);
        assert_eq!(keys.clients(&hosts, NOW, Lifetime::SERVER).unwrap().name(), "clients");
        let files = keys.client_files();
        assert_eq!((mode(&files.key), mode(&files.cert)), (0o600, 0o644));
        let [chain, key, authority] =
            [&files.cert, &files.key, &files.ca].map(|path| fs::read(path).unwrap());
        assert!(ServerTls::new(&chain, &key, &[]).is_ok() && ClientTls::new(&authority, &[]).is_ok());
        let identity = Identity { chain: &chain, key: &key, authority: &authority };
        assert!(identity.is_called("localhost") && identity.is_called("herd.example"));
        for bad in ["", "a b", "\u{e9}", "http://a", "a/b", "[::1]", "a..b"] {
            let error = keys.clients(&[bad.to_owned()], NOW, Lifetime::SERVER).unwrap_err();
            assert!(matches!(error, KeysError::BadHost(_)), "{bad}: {error}");
        }
    }

    #[test]
    fn nothing_outlives_the_authority() {
        let (_folder, keys) = folder();
        let authority = keys.init(NOW, Lifetime::days(100)).unwrap();
        let server = keys.server("Ball", NOW, Lifetime::SERVER).unwrap();
        assert_eq!(server.until(), authority.until());
        let after = WallTime::from_unix_nanos(NOW.as_unix_nanos() + 101 * DAY);
        let error = keys.server("Ball", after, Lifetime::SERVER).unwrap_err();
        assert!(matches!(error, KeysError::Expired(_)), "{error}");
    }

    #[test]
    fn an_authority_that_is_of_no_use_is_said() {
        let (_folder, keys) = folder();
        let refused = || keys.server("Ball", NOW, Lifetime::SERVER).unwrap_err();
        assert!(matches!(refused(), KeysError::NoAuthority(_)));
        keys.init(NOW, Lifetime::AUTHORITY).unwrap();
        let PeerFiles { cert, key, .. } = keys.files("ca");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(refused().to_string().ends_with(&format!("(mode 640); run: chmod 600 {}", key.display())));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let (_other_folder, other) = self::folder();
        other.init(NOW, Lifetime::AUTHORITY).unwrap();
        fs::copy(other.files("ca").cert, &cert).unwrap();
        assert!(matches!(refused(), KeysError::Mismatch(_)));
        fs::write(&cert, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(refused(), KeysError::BadCertificate(_)));
        fs::write(&key, "SECRET").unwrap();
        assert!(matches!(refused(), KeysError::BadKey(_)) && !refused().to_string().contains("SECRET"));
    }

    #[test]
    fn a_name_that_is_no_file_or_the_authoritys_is_refused() {
        let (_folder, keys) = folder();
        keys.init(NOW, Lifetime::AUTHORITY).unwrap();
        for name in ["ca", "CA", "clients", "../Ball", ".", "a/b", "\u{e9}"] {
            let error = keys.server(name, NOW, Lifetime::SERVER).unwrap_err();
            assert!(matches!(error, KeysError::BadName(_)), "{name}: {error}");
        }
    }
}
