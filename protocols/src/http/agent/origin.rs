//! Whom a request is for: scheme, host and port (RFC 9110, 4.3.1).

use std::error::Error;
use std::fmt;

use ::http::Uri;

use super::host_port::HostPort;

/// A server, as a URI names it; what connections are kept for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Origin {
    pub(super) is_secure: bool,
    pub(super) at: HostPort,
}

impl Origin {
    /// The origin of an absolute `http` or `https` URI.
    pub(super) fn of(uri: &Uri) -> Result<Origin, BadUri> {
        let is_secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(BadUri::Scheme),
        };
        let authority = uri.authority().ok_or(BadUri::Host)?.as_str();
        if authority.contains('@') {
            return Err(BadUri::UserInfo);
        }
        Ok(Origin { is_secure, at: HostPort::parse(authority, default_port(is_secure))? })
    }

    /// What its `Host` field says: the port only where it is not the scheme's own.
    pub(super) fn host_field(&self) -> String {
        let full = self.at.to_string();
        match full.rsplit_once(':') {
            Some((host, _)) if self.at.port == default_port(self.is_secure) => host.to_owned(),
            _ => full,
        }
    }
}

fn default_port(is_secure: bool) -> u16 {
    if is_secure { 443 } else { 80 }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_secure { "https" } else { "http" }, self.at)
    }
}

/// Why a URI cannot be asked. It does not repeat the URI: there may be a key in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BadUri {
    /// It does not begin with `http://` or `https://`.
    Scheme,
    /// It has no host, or one that is no name and no address.
    Host,
    /// Its port is no number from 1 to 65535.
    Port,
    /// It has a user name in it (`user@host`), which RFC 9110, 4.2.4 deprecates: it is how one host
    /// is made to look like another.
    UserInfo,
    /// Its path or query has bytes in it that are to be percent-encoded.
    Target,
}

impl fmt::Display for BadUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadUri::Scheme => "it begins with neither http:// nor https://",
            BadUri::Host => "its host is neither a name nor an address",
            BadUri::Port => "its port is no number from 1 to 65535",
            BadUri::UserInfo => "it has a user name before its host",
            BadUri::Target => "its path or query has characters that are to be percent-encoded",
        })
    }
}

impl Error for BadUri {}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str) -> Result<Origin, BadUri> {
        Origin::of(&uri.parse().unwrap())
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(of("http://Example.org/a?b").unwrap().to_string(), "http://example.org:80");
        assert_eq!(of("https://example.org").unwrap().to_string(), "https://example.org:443");
        assert_eq!(of("https://[::1]:8443/").unwrap().to_string(), "https://[::1]:8443");
        assert_ne!(of("http://example.org:443").unwrap(), of("https://example.org").unwrap());
    }

    #[test]
    fn the_host_field_leaves_out_the_port_of_the_scheme() {
        let host = |uri| of(uri).unwrap().host_field();
        assert_eq!(host("http://example.org:80/"), "example.org");
        assert_eq!(host("http://example.org:443/"), "example.org:443");
        assert_eq!(host("https://[2001:db8::1]:443/"), "[2001:db8::1]");
        assert_eq!(host("https://[2001:db8::1]:80/"), "[2001:db8::1]:80");
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        assert_eq!(of("ftp://example.org/"), Err(BadUri::Scheme));
        assert_eq!(of("/path"), Err(BadUri::Scheme));
        assert_eq!(of("example.org:80"), Err(BadUri::Scheme));
        assert_eq!(of("http://key@example.org/"), Err(BadUri::UserInfo));
        assert_eq!(of("http://a:b@example.org/"), Err(BadUri::UserInfo));
        assert_eq!(of("http://example.org:+80/"), Err(BadUri::Port));
    }
}
