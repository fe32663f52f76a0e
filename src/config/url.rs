//! The base URL of a provider of places.

use super::host;

/// What is wrong with the base URL of a provider. Secrets have their own place, so that a URL can be shown.
pub(super) fn problem(url: &str) -> Option<&'static str> {
    let (rest, plain) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return Some("must begin with https:// (or http:// on loopback)"),
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    if rest.contains(['@', '?', '#']) || rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some(
            "must be scheme, host, port and path alone; a key belongs in places.key_env or places.key_file",
        );
    }
    match host_of(authority) {
        None => Some("has no valid host and port"),
        Some(host) if plain && !host::is_loopback(host) => Some("http:// is for loopback only; use https://"),
        Some(_) if !rest[authority.len()..].bytes().all(is_of_path) => {
            Some("has a path with characters that a URL writes as %20 and the like")
        }
        Some(_) => None,
    }
}

/// The host of `host`, `host:port`, `[address]` or `[address]:port`.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_host = host::is_valid(host) && host.contains(':') == authority.starts_with('[');
    let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    (is_host && is_whole).then_some(host)
}

/// What stands in a path as it is (RFC 3986, 3.3). Nothing else gets past the HTTP client.
fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)
}

/// Digits alone: Rust would also read a sign.
fn is_port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port != 0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    #[test]
    fn a_base_url_is_encrypted_and_carries_no_secret() {
        let url = |url: &str| read(&format!("places.base_url = \"{url}\"")).map(drop);
        let refuse = |why: &str| Err(format!("herd.toml:1: places.base_url: {why}"));
        for good in [
            "https://example/a/b",
            "https://[::1]:8443",
            "http://127.0.0.1:80",
            "http://localhost/x",
            "https://localhost.:8443",
            "https://maps.example.",
            "http://localhost.:80/x",
        ] {
            assert_eq!(url(good), Ok(()), "{good}");
        }
        for bad in [
            "https://",
            "https://a b/",
            "https://[::1",
            "https://::1",
            "https://a:b",
            "https://a:0",
            "https://a:+1",
            "https://[::1]x",
            "https://.",
            "https://..",
            "https://a..:8443",
            "https://.a",
            "https://127.0.0.1.:8443",
            "http://127.0.0.1.",
            "https://[::1.]",
            "https://[::1].",
            "https://example/caf\u{e9}",
            "https://example/a|b",
            r"https://example/a\\b",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
        assert_eq!(url("ftp://example"), refuse("must begin with https:// (or http:// on loopback)"));
        assert_eq!(url("http://example"), refuse("http:// is for loopback only; use https://"));
        assert_eq!(url("https://:80"), refuse("has no valid host and port"));
        let secret =
            "must be scheme, host, port and path alone; a key belongs in places.key_env or places.key_file";
        assert_eq!(url("https://user:word@example"), refuse(secret));
        assert_eq!(url("https://example/?key=word"), refuse(secret));
    }
}
