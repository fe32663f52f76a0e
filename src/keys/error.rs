//! Why there are no new keys.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why certificates cannot be made or read. No message shows what a key file holds.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeysError {
    /// A file or its folder cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is an authority already; another one would cut off whoever trusts it.
    Exists(PathBuf),
    /// The key of the authority is not here.
    NoAuthority(PathBuf),
    /// Others than the owner may read the authority's key; with its permissions.
    Exposed(PathBuf, u32),
    /// Not a private key that can sign.
    BadKey(PathBuf),
    /// Not a certificate that can be read.
    BadCertificate(PathBuf),
    /// The authority's key is not that of its certificate.
    Mismatch(PathBuf),
    /// A certificate of the authority's would be good for no time at all.
    Expired(PathBuf),
    /// No certificate can be made for this name.
    BadName(String),
    /// Neither an IP address nor a name that clients could dial.
    BadHost(String),
    /// The certificate could not be made.
    Failed(rcgen::Error),
}

impl KeysError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> KeysError + use<> {
        let path = path.to_owned();
        |source| KeysError::Io { path, source }
    }
}

impl From<rcgen::Error> for KeysError {
    fn from(error: rcgen::Error) -> KeysError {
        KeysError::Failed(error)
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeysError::Io { path, source } => write!(f, "{}: {source}", path.display()),
            KeysError::Exists(path) => write!(
                f,
                "there is {} already; another authority would be a stranger to whoever trusts this one",
                path.display()
            ),
            KeysError::NoAuthority(path) => write!(
                f,
                "there is no {}: run herd keys init, or go to the machine where that was done",
                path.display()
            ),
            KeysError::Exposed(path, mode) => {
                let path = path.display();
                write!(f, "{path} is open to others than its owner (mode {mode:03o}); run: chmod 600 {path}")
            }
            KeysError::BadKey(path) => write!(f, "{}: not a private key that can sign", path.display()),
            KeysError::BadCertificate(path) => write!(f, "{}: not a certificate in PEM", path.display()),
            KeysError::Mismatch(path) => {
                write!(f, "{}: no certificate in it belongs to the authority's key", path.display())
            }
            KeysError::Expired(path) => write!(f, "{}: the authority's time is over", path.display()),
            KeysError::BadName(name) => write!(f, "no certificate can be made for {name:?}"),
            KeysError::BadHost(host) => write!(f, "{host:?} is neither an IP address nor a host name"),
            KeysError::Failed(error) => write!(f, "the certificate could not be made: {error}"),
        }
    }
}

impl std::error::Error for KeysError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            KeysError::Io { source, .. } => Some(source),
            KeysError::Failed(error) => Some(error),
            _ => None,
        }
    }
}
