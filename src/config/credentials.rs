//! What the configuration only names, and a server reads before it starts: keys and certificates.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Problem};
use super::{ClientsConfig, Config, Environment, Provider};
use crate::places::ApiKey;
use crate::private_file::{self, Unread};

/// The certificate that a server shows to its clients, and its private key, as the files hold them (PEM).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// The certificate and those that lead to its authority.
    pub chain: Vec<u8>,
    /// The private key.
    pub key: Vec<u8>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(..)")
    }
}

impl Config {
    /// The key of the providers that are asked: from `places.key_file`, else from the variable that
    /// `places.key_env` names. `None` if none of them needs a key.
    ///
    /// # Errors
    ///
    /// If one needs a key and there is none, or the file cannot be read. No error shows a key.
    pub fn places_key(&self, environment: &Environment) -> Result<Option<ApiKey>, ConfigError> {
        match self.places.order().into_iter().find(|provider| provider.needs_key()) {
            Some(provider) => self.key_of(provider, environment).map(Some),
            None => Ok(None),
        }
    }

    fn key_of(&self, provider: Provider, environment: &Environment) -> Result<ApiKey, ConfigError> {
        if let Some(path) = &self.places.key_file {
            let refuse = |problem| self.refuse("places.key_file", problem);
            let text = beginning(path).map_err(|error| refuse(unreadable(path, error)))?;
            return api_key(&text).map_err(refuse);
        }
        let variable = &self.places.key_env;
        match environment.other(variable).filter(|value| !value.is_empty()) {
            Some(value) => api_key(value.as_bytes()).map_err(|problem| self.bad_variable(problem)),
            None => {
                let problem = Problem::NoKey(provider, variable.clone());
                Err(ConfigError::new(self.asker().cloned(), String::new(), problem))
            }
        }
    }

    /// It is the variable's value that is wrong, not what the key `places.key_env` is set to.
    fn bad_variable(&self, problem: Problem) -> ConfigError {
        let variable = super::Origin::Variable(self.places.key_env.clone());
        ConfigError::general(Some(variable), problem)
    }

    /// The authorities that are trusted with providers besides the public roots (PEM); mostly none.
    ///
    /// # Errors
    ///
    /// If `places.ca_file` cannot be read.
    pub fn places_authorities(&self) -> Result<Vec<u8>, ConfigError> {
        self.places.ca_file.as_deref().map_or(Ok(Vec::new()), |path| self.contents("places.ca_file", path))
    }

    /// What the listener for clients shows, if its clients must speak TLS.
    ///
    /// # Errors
    ///
    /// If one of the files is not named or cannot be read.
    pub fn client_certificate(&self) -> Result<Option<Certificate>, ConfigError> {
        let ClientsConfig { tls, cert, key, .. } = &self.clients;
        if !tls {
            return Ok(None);
        }
        let named = |name: &str, path: &Option<PathBuf>| {
            path.clone().ok_or_else(|| self.require(name, "a server whose clients.tls = true", "clients.tls"))
        };
        let chain = self.contents("clients.cert", &named("clients.cert", cert)?)?;
        let key =
            private(&named("clients.key", key)?).map_err(|problem| self.refuse("clients.key", problem))?;
        Ok(Some(Certificate { chain, key }))
    }

    /// The authorities that our own clients trust with servers besides the public roots (PEM); mostly none.
    ///
    /// # Errors
    ///
    /// If `clients.ca_file` cannot be read.
    pub fn client_authorities(&self) -> Result<Vec<u8>, ConfigError> {
        self.clients.ca_file.as_deref().map_or(Ok(Vec::new()), |path| self.contents("clients.ca_file", path))
    }

    fn contents(&self, key: &str, path: &Path) -> Result<Vec<u8>, ConfigError> {
        fs::read(path).map_err(|error| self.refuse(key, unreadable(path, error)))
    }
}

fn api_key(text: &[u8]) -> Result<ApiKey, Problem> {
    ApiKey::read(text).map_err(|_| Problem::BadKey)
}

/// A private key, unless others than its owner may read it.
pub(super) fn private(path: &Path) -> Result<Vec<u8>, Problem> {
    private_file::read(path).map_err(|unread| match unread {
        Unread::Io(error) => unreadable(path, error),
        Unread::Exposed(mode) => Problem::ExposedKey(path.to_owned(), mode),
    })
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> Problem {
    Problem::UnreadableFile(path.to_owned(), error)
}

/// As much of a file as a key may have, and a little more, which shows that it holds something else.
fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(2 * ApiKey::LONGEST as u64).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::tests::read;
    use super::*;

    const GOOGLE: &str = "places.provider = \"google\"\n";

    fn environment(value: &str) -> Environment {
        [("GOOGLE_PLACES_API_KEY".to_owned(), value.to_owned())].into_iter().collect()
    }

    /// The key, or the message.
    fn key(text: &str, environment: &Environment) -> Result<Option<ApiKey>, String> {
        read(text).unwrap().places_key(environment).map_err(|error| error.to_string())
    }

    fn found(key: &str) -> Result<Option<ApiKey>, String> {
        Ok(Some(ApiKey::read(key.as_bytes()).unwrap()))
    }

    #[test]
    fn a_key_comes_from_the_file_or_else_from_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, " of-the-file\n").unwrap();
        let with_file = format!("{GOOGLE}places.key_file = {path:?}");
        assert_eq!(key(&with_file, &environment("of-the-variable")), found("of-the-file"));
        assert_eq!(key(GOOGLE, &environment("of-the-variable")), found("of-the-variable"));
        let other = [("MY_KEY".to_owned(), "mine".to_owned())].into_iter().collect();
        assert_eq!(key(&format!("{GOOGLE}places.key_env = \"MY_KEY\""), &other), found("mine"));
    }

    #[test]
    fn whoever_needs_no_key_is_not_asked_for_one() {
        let none = Environment::default();
        assert_eq!(key("", &none), Ok(None));
        assert_eq!(key("places.chain = [\"overpass\"]\nplaces.base_url = \"https://a\"", &none), Ok(None));
        assert_eq!(key("places.key_file = \"missing\"", &none), Ok(None));
    }

    #[test]
    fn a_missing_key_is_said_with_both_ways_to_give_it() {
        let ways = "needs a key: put it into the environment variable GOOGLE_PLACES_API_KEY \
                    (places.key_env), or into a file (places.key_file)";
        let none = Environment::default();
        assert_eq!(key(GOOGLE, &none), Err(format!("herd.toml:1: google {ways}")));
        assert_eq!(key(GOOGLE, &environment("")), Err(format!("herd.toml:1: google {ways}")));
        assert_eq!(
            key("\nplaces.chain = [\"builtin\", \"google-legacy\"]", &none),
            Err(format!("herd.toml:2: google-legacy {ways}"))
        );
        assert_eq!(
            key(&format!("{GOOGLE}places.key_env = \"\""), &none),
            Err("herd.toml:1: google needs a key: name an environment variable that holds it \
                 (places.key_env), or into a file (places.key_file)"
                .into())
        );
    }

    #[test]
    fn what_holds_no_key_is_refused_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let text = format!("{GOOGLE}places.key_file = {path:?}");
        let file = || key(&text, &Environment::default()).unwrap_err();
        let why = "holds no key: that is one word of visible ASCII characters";
        assert!(
            file().ends_with("/key cannot be read: No such file or directory (os error 2)"),
            "{}",
            file()
        );
        for bad in ["", "\n", "SECRET two", "SECRET\u{e9}", "SECRET\nmore", &"SECRET".repeat(2000)] {
            fs::write(&path, bad).unwrap();
            assert_eq!(file(), format!("herd.toml:2: places.key_file: {why}"));
            if !bad.is_empty() {
                let message = key(GOOGLE, &environment(bad)).unwrap_err();
                assert_eq!(message, format!("GOOGLE_PLACES_API_KEY: {why}"));
            }
        }
    }

    #[test]
    fn certificates_and_authorities_are_read_where_they_are_needed() {
        let folder = tempfile::tempdir().unwrap();
        let [cert, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
        let files = format!("clients.cert = {cert:?}\nclients.key = {key:?}\nplaces.ca_file = {cert:?}\n");
        let plain = read(&files).unwrap();
        assert_eq!(plain.client_certificate().unwrap(), None);
        assert!(read("").unwrap().places_authorities().unwrap().is_empty());

        let bare = read("clients.tls = true").unwrap();
        let unnamed = "herd.toml:1: clients.cert: needed for a server whose clients.tls = true";
        assert_eq!(bare.client_certificate().unwrap_err().to_string(), unnamed);
        let tls = read(&format!("{files}clients.tls = true")).unwrap();
        let missing = |key: &str, line: usize, path: &Path| {
            let path = path.display();
            format!("herd.toml:{line}: {key}: {path} cannot be read: No such file or directory (os error 2)")
        };
        let error = tls.client_certificate().unwrap_err().to_string();
        assert_eq!(error, missing("clients.cert", 1, &cert));
        assert_eq!(tls.places_authorities().unwrap_err().to_string(), missing("places.ca_file", 3, &cert));
        fs::write(&cert, "chain").unwrap();
        assert_eq!(tls.client_certificate().unwrap_err().to_string(), missing("clients.key", 2, &key));
        fs::write(&key, "SECRET").unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let (error, path) = (tls.client_certificate().unwrap_err().to_string(), key.display());
        let exposed = format!("is open to others than its owner (mode 640); run: chmod 600 {path}");
        assert_eq!(error, format!("herd.toml:2: clients.key: {path} {exposed}"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let certificate = tls.client_certificate().unwrap().unwrap();
        assert_eq!((&*certificate.chain, &*certificate.key), (&b"chain"[..], &b"SECRET"[..]));
        assert_eq!(tls.places_authorities().unwrap(), b"chain");
        assert_eq!(format!("{certificate:?}"), "Certificate(..)");
    }
}
