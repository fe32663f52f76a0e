//! A request as it goes over the wire (RFC 9112, 2 and 3).

use std::io::Write as _;

use ::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use ::http::uri::PathAndQuery;
use ::http::{Method, Request, Uri};

use super::origin::Origin;
use super::proxy::Proxy;
use super::route::{Route, Way};
use super::{BadUri, HttpError};

/// What we call ourselves unless the request does it.
const AGENT: &str = concat!("herd/", env!("CARGO_PKG_VERSION"));

/// Fields that say where a message ends, whose it is, or what becomes of the connection: the agent's
/// to set, so that a request cannot contradict them.
const OURS: [&HeaderName; 9] = [
    &CONNECTION,
    &CONTENT_LENGTH,
    &EXPECT,
    &HOST,
    &PROXY_AUTHORIZATION,
    &TE,
    &TRAILER,
    &TRANSFER_ENCODING,
    &UPGRADE,
];

/// The bytes of `request`, head and body. No line end can get into the head from outside: the types
/// of the crate `http` keep them out of methods, names and values, and [`target`] out of the target.
pub(super) fn bytes(request: &Request<Vec<u8>>, route: &Route) -> Result<Vec<u8>, HttpError> {
    check(request)?;
    let mut bytes = Vec::with_capacity(512 + request.body().len());
    start(&mut bytes, request.method().as_str(), &target(request.uri(), route)?);
    field(&mut bytes, "Host", route.origin.host_field().as_bytes());
    own_fields(&mut bytes, request, route);
    for (name, value) in request.headers() {
        field(&mut bytes, name.as_str(), value.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(request.body());
    Ok(bytes)
}

/// The head that asks `proxy` to join us to `origin` (RFC 9110, 9.3.6).
pub(super) fn connect(origin: &Origin, proxy: &Proxy) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    let authority = origin.at.to_string();
    start(&mut bytes, "CONNECT", &authority);
    field(&mut bytes, "Host", authority.as_bytes());
    field(&mut bytes, "User-Agent", AGENT.as_bytes());
    authorize(&mut bytes, proxy);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn check(request: &Request<Vec<u8>>) -> Result<(), HttpError> {
    if request.method() == Method::CONNECT {
        return Err(HttpError::Refused("the method CONNECT is the agent's own"));
    }
    if OURS.iter().any(|name| request.headers().contains_key(*name)) {
        return Err(HttpError::Refused("a field that is the agent's to set, such as Host or Content-Length"));
    }
    Ok(())
}

/// Origin-form, or absolute-form for a proxy that reads the request (RFC 9112, 3.2).
fn target(uri: &Uri, route: &Route) -> Result<String, HttpError> {
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(HttpError::BadUri(BadUri::Target));
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok(match route.by {
        Way::Through(_) => format!("http://{}{slash}{path}", route.origin.host_field()),
        Way::Direct | Way::Tunnel(_) => format!("{slash}{path}"),
    })
}

/// The fields that the request does not give itself.
fn own_fields(bytes: &mut Vec<u8>, request: &Request<Vec<u8>>, route: &Route) {
    if !request.headers().contains_key(USER_AGENT) {
        field(bytes, "User-Agent", AGENT.as_bytes());
    }
    if !request.headers().contains_key(ACCEPT_ENCODING) {
        field(bytes, "Accept-Encoding", b"identity"); // nothing here unpacks another
    }
    // RFC 9110, 8.6: also for an empty body, where the method is expected to have one.
    if !request.body().is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(request.method()) {
        field(bytes, "Content-Length", request.body().len().to_string().as_bytes());
    }
    if let Way::Through(proxy) = &route.by {
        authorize(bytes, proxy);
    }
}

fn authorize(bytes: &mut Vec<u8>, proxy: &Proxy) {
    if let Some(authorization) = &proxy.authorization {
        field(bytes, "Proxy-Authorization", authorization.as_bytes());
    }
}

fn start(bytes: &mut Vec<u8>, method: &str, target: &str) {
    // Writing to a Vec does not fail.
    drop(write!(bytes, "{method} {target} HTTP/1.1\r\n"));
}

fn field(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use ::http::request::Builder;

    use super::*;
    use crate::http::Proxies;

    fn sent(request: Builder, body: &str, proxies: &Proxies) -> Result<String, HttpError> {
        let request = request.body(body.as_bytes().to_vec()).unwrap();
        let origin = Origin::of(request.uri()).unwrap();
        let proxy = proxies.to(&origin).unwrap();
        bytes(&request, &Route::new(origin, proxy)).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn direct(request: Builder, body: &str) -> Result<String, HttpError> {
        sent(request, body, &Proxies::none())
    }

    fn proxies(url: &str) -> Proxies {
        let variables = ["http_proxy", "https_proxy"].map(|name| (name.to_owned(), url.to_owned()));
        Proxies::from_environment(variables)
    }

    #[test]
    fn a_get_has_a_host_and_no_length() {
        let said = direct(Request::get("http://example.org:8080?key=a%20b#part").header("x-a", "b"), "");
        let wanted = format!(
            "GET /?key=a%20b HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: {AGENT}\r\n\
             Accept-Encoding: identity\r\nx-a: b\r\n\r\n"
        );
        assert_eq!(said.unwrap(), wanted);
    }

    #[test]
    fn a_body_has_a_length_and_so_has_an_empty_post() {
        let said = direct(Request::post("http://example.org/a"), "{}").unwrap();
        assert!(said.contains("\r\nContent-Length: 2\r\n") && said.ends_with("\r\n\r\n{}"), "{said}");
        let said = direct(Request::post("http://example.org/a"), "").unwrap();
        assert!(said.contains("\r\nContent-Length: 0\r\n"), "{said}");
    }

    #[test]
    fn what_the_request_says_of_itself_goes_first() {
        let request =
            Request::get("http://example.org").header("User-Agent", "me").header("Accept-Encoding", "br");
        let said = direct(request, "").unwrap();
        assert!(said.contains("user-agent: me") && said.contains("accept-encoding: br"), "{said}");
        assert!(!said.contains(AGENT) && !said.contains("identity"), "{said}");
    }

    #[test]
    fn a_request_cannot_contradict_its_framing() {
        for name in OURS {
            let refused = direct(Request::get("http://example.org").header(name, "1"), "");
            assert!(matches!(refused, Err(HttpError::Refused(_))), "{name}");
        }
        assert!(direct(Request::connect("http://example.org"), "").is_err());
    }

    #[test]
    fn a_target_with_bytes_beyond_ascii_is_refused() {
        let refused = direct(Request::get("http://example.org/caf\u{e9}"), "");
        assert!(matches!(refused, Err(HttpError::BadUri(BadUri::Target))));
    }

    #[test]
    fn a_proxy_is_given_the_whole_uri_and_the_credentials() {
        let said = sent(Request::get("http://example.org:80/a?b"), "", &proxies("http://a:b@proxy")).unwrap();
        assert!(said.starts_with("GET http://example.org/a?b HTTP/1.1\r\nHost: example.org\r\n"), "{said}");
        assert!(said.contains("\r\nProxy-Authorization: Basic YTpi\r\n"), "{said}");
    }

    #[test]
    fn what_goes_through_a_tunnel_does_not_speak_of_the_proxy() {
        let proxies = proxies("http://a:b@proxy");
        let said = sent(Request::get("https://example.org/a"), "", &proxies).unwrap();
        assert!(said.starts_with("GET /a HTTP/1.1\r\n") && !said.contains("Proxy"), "{said}");
        let origin = Origin::of(&"https://[::1a]/".parse().unwrap()).unwrap();
        let said = String::from_utf8(connect(&origin, &proxies.to(&origin).unwrap().unwrap())).unwrap();
        let wanted = format!(
            "CONNECT [::1a]:443 HTTP/1.1\r\nHost: [::1a]:443\r\nUser-Agent: {AGENT}\r\n\
             Proxy-Authorization: Basic YTpi\r\n\r\n"
        );
        assert_eq!(said, wanted);
    }
}
