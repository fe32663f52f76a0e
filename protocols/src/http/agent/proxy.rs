//! The way to an origin through somebody else: proxies, as the environment names them.

use std::error::Error;
use std::fmt;

use ::http::{StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reactor::ConnectError;

use super::host_port::HostPort;
use super::no_proxy::NoProxy;
use super::origin::Origin;
use crate::http::FramingError;

/// Which proxy leads to which server.
///
/// ```
/// use protocols::http::Proxies;
///
/// let variables = [("https_proxy", "http://proxy.test:3128"), ("no_proxy", "example.org,10.0.0.0/8")];
/// let proxies = Proxies::from_environment(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
/// # drop(proxies);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    for_http: Option<Setting>,
    for_https: Option<Setting>,
    except: NoProxy,
}

/// A variable, and the proxy that it names.
#[derive(Clone, Debug)]
struct Setting {
    variable: &'static str,
    proxy: Result<Proxy, BadProxy>,
}

impl Proxies {
    /// No proxy: every server is reached directly.
    pub fn none() -> Proxies {
        Proxies::default()
    }

    /// What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in lower case first; one that is empty
    /// says nothing. In capitals `HTTP_PROXY` does not count beside `REQUEST_METHOD`: there it is
    /// what a client of a CGI program sent in a field `Proxy`.
    ///
    /// A variable that cannot be understood makes the requests that need it fail, rather than go
    /// round the proxy. The machine itself (`localhost` and the loopback addresses) is never asked
    /// of a proxy, for which it would be another.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Proxies {
        let variables: Vec<(String, String)> = variables.into_iter().collect();
        let get = |name: &str| {
            let found = variables.iter().find(|(candidate, _)| candidate == name);
            found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        let is_cgi = get("REQUEST_METHOD").is_some();
        let setting = |variable| get(variable).map(|url| Setting { variable, proxy: Proxy::parse(url) });
        Proxies {
            for_http: setting("http_proxy").or_else(|| setting("HTTP_PROXY").filter(|_| !is_cgi)),
            for_https: setting("https_proxy").or_else(|| setting("HTTPS_PROXY")),
            except: NoProxy::parse(get("no_proxy").or_else(|| get("NO_PROXY")).unwrap_or_default()),
        }
    }

    /// The variable that makes every request to `uri` fail, and what is wrong with it: for a program that
    /// would rather say so when it starts.
    ///
    /// ```
    /// use protocols::http::{BadProxy, Proxies};
    ///
    /// let proxies = Proxies::from_environment([("HTTPS_PROXY".to_owned(), "socks5://proxy.test".to_owned())]);
    /// let problem = proxies.problem(&"https://example.org".parse()?);
    /// assert_eq!(problem, Some(("HTTPS_PROXY", BadProxy::Scheme)));
    /// assert_eq!(proxies.problem(&"https://localhost".parse()?), None);
    /// # Ok::<(), http::uri::InvalidUri>(())
    /// ```
    pub fn problem(&self, uri: &Uri) -> Option<(&'static str, BadProxy)> {
        let Setting { variable, proxy } = self.setting(&Origin::of(uri).ok()?)?;
        proxy.as_ref().err().map(|error| (*variable, *error))
    }

    /// The proxy that leads to `origin`; `None`: none does.
    pub(super) fn to(&self, origin: &Origin) -> Result<Option<Proxy>, BadProxy> {
        self.setting(origin).map(|setting| setting.proxy.clone()).transpose()
    }

    fn setting(&self, origin: &Origin) -> Option<&Setting> {
        let setting = if origin.is_secure { &self.for_https } else { &self.for_http };
        setting.as_ref().filter(|_| !is_local(&origin.at) && !self.except.covers(&origin.at))
    }
}

fn is_local(at: &HostPort) -> bool {
    at.name() == "localhost" || at.ip().is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// A proxy that speaks HTTP, and how it is told who asks.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) at: HostPort,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<String>,
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]`; without `http://` it is the same.
    fn parse(url: &str) -> Result<Proxy, BadProxy> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(BadProxy::Scheme),
            None => url,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, at) = match rest.rsplit_once('@') {
            Some((user, at)) => (Some(user), at),
            None => (None, rest),
        };
        let authorization = user.map(basic).transpose()?;
        Ok(Proxy { at: HostPort::parse(at, 80).map_err(|_| BadProxy::Url)?, authorization })
    }
}

impl fmt::Debug for Proxy {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.at)
    }
}

/// The credentials of RFC 7617 for `user:password`, percent-encoded as they stand in a URL.
fn basic(user: &str) -> Result<String, BadProxy> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut pair = percent_decoded(name)?;
    if pair.contains(&b':') {
        return Err(BadProxy::Url); // it could not be told from the password
    }
    pair.push(b':');
    pair.extend(percent_decoded(password)?);
    Ok(format!("Basic {}", STANDARD.encode(pair)))
}

fn percent_decoded(text: &str) -> Result<Vec<u8>, BadProxy> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { escaped(&mut bytes).ok_or(BadProxy::Url)? } else { byte });
    }
    Ok(decoded)
}

/// The byte whose two hexadecimal digits come next.
fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut digit = || char::from(bytes.next()?).to_digit(16);
    u8::try_from(digit()? * 16 + digit()?).ok()
}

/// Why a proxy's URL is of no use. It does not repeat the URL, in which there may be a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BadProxy {
    /// It does not begin with `http://`: proxies that are reached by TLS or SOCKS are not supported.
    Scheme,
    /// It cannot be understood.
    Url,
}

impl fmt::Display for BadProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadProxy::Scheme => "its URL begins with something else than http://",
            BadProxy::Url => "its URL cannot be understood",
        })
    }
}

impl Error for BadProxy {}

/// What went wrong on the way through a proxy.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProxyError {
    /// Its URL is of no use.
    Bad(BadProxy),
    /// It cannot be reached.
    Connect(ConnectError),
    /// It would not open the way; 407: it wants another user name or password.
    Refused(StatusCode),
    /// It closed the connection before the way was open.
    Closed,
    /// What it said is not HTTP.
    Framing(FramingError),
    /// It sent bytes of its own before the server could have sent any.
    Intruded,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProxyError::Bad(error) => error.fmt(f),
            ProxyError::Connect(error) => error.fmt(f),
            ProxyError::Refused(status) => write!(f, "it does not open the way: {status}"),
            ProxyError::Closed => f.write_str("it closed the connection before the way was open"),
            ProxyError::Framing(error) => error.fmt(f),
            ProxyError::Intruded => f.write_str("it sent bytes of its own ahead of the server's"),
        }
    }
}

impl Error for ProxyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ProxyError::Bad(error) => Some(error),
            ProxyError::Connect(error) => Some(error),
            ProxyError::Framing(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Proxies::from_environment(owned)
    }

    fn way(proxies: &Proxies, uri: &str) -> Option<String> {
        let origin = Origin::of(&uri.parse().unwrap()).unwrap();
        proxies.to(&origin).unwrap().map(|proxy| proxy.at.to_string())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let proxies = proxies(&[("HTTP_PROXY", "http://one:3128/"), ("HTTPS_PROXY", "two:3129")]);
        assert_eq!(way(&proxies, "http://example.org").as_deref(), Some("one:3128"));
        assert_eq!(way(&proxies, "https://example.org").as_deref(), Some("two:3129"));
    }

    #[test]
    fn lower_case_comes_first_and_empty_says_nothing() {
        let both = proxies(&[("HTTPS_PROXY", "http://one"), ("https_proxy", "http://two")]);
        assert_eq!(way(&both, "https://example.org").as_deref(), Some("two:80"));
        let empty = proxies(&[("HTTPS_PROXY", "http://one"), ("https_proxy", " "), ("http_proxy", "")]);
        assert_eq!(way(&empty, "https://example.org").as_deref(), Some("one:80"));
        assert_eq!(way(&empty, "http://example.org"), None);
        assert_eq!(way(&Proxies::none(), "https://example.org"), None);
    }

    #[test]
    fn a_cgi_program_does_not_take_its_proxy_from_a_client() {
        let cgi = proxies(&[("HTTP_PROXY", "http://evil"), ("REQUEST_METHOD", "GET")]);
        assert_eq!(way(&cgi, "http://example.org"), None);
    }

    #[test]
    fn the_machine_itself_and_what_no_proxy_names_are_reached_directly() {
        let proxies = proxies(&[("http_proxy", "http://one"), ("NO_PROXY", ".example.org")]);
        let own = [
            "http://localhost:8080",
            "http://LocalHost.:8080",
            "http://127.0.0.2",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
        ];
        for uri in own.into_iter().chain(["http://www.example.org"]) {
            assert_eq!(way(&proxies, uri), None, "{uri}");
        }
        assert!(way(&proxies, "http://example.com").is_some());
    }

    #[test]
    fn user_and_password_become_credentials_and_are_not_shown() {
        let proxy = Proxy::parse("http://Aladdin:open%20sesame@proxy:8080").unwrap();
        assert_eq!(proxy.authorization.as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        let proxies = proxies(&[("https_proxy", "http://me:secret@proxy")]);
        let shown = format!("{proxy:?} {proxies:?}");
        assert!(
            !shown.contains("sesame") && !shown.contains("secret") && !shown.contains("Basic"),
            "{shown}"
        );
    }

    #[test]
    fn a_proxy_that_is_not_understood_is_an_error_and_not_gone_round() {
        for (url, wanted) in [
            ("https://proxy:3128", "its URL begins with something else than http://"),
            ("socks5://proxy", "its URL begins with something else than http://"),
            ("http://proxy:port", "its URL cannot be understood"),
            ("http://a%zz:b@proxy", "its URL cannot be understood"),
            ("http://a%3Ab:c@proxy", "its URL cannot be understood"),
            ("http://pro xy", "its URL cannot be understood"),
        ] {
            let origin = Origin::of(&"https://example.org".parse().unwrap()).unwrap();
            let error = proxies(&[("https_proxy", url)]).to(&origin).unwrap_err();
            assert_eq!(error.to_string(), wanted, "{url}");
        }
    }
}
