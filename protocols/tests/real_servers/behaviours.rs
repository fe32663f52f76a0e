//! What holds for a server of pages, in the clear and over each version of TLS.

use http::header::{
    CONNECTION, CONTENT_LENGTH, IF_MODIFIED_SINCE, LAST_MODIFIED, LOCATION, TRANSFER_ENCODING,
};
use http::{Request, Response, StatusCode};
use protocols::http::{AgentConfig, HttpError};

use crate::client::{Client, tls};
use crate::folder::{authority, large_page};
use crate::site::Site;

#[track_caller]
fn assert_is(response: &Response<Vec<u8>>, status: StatusCode, body: &[u8]) {
    assert_eq!(response.status(), status);
    assert!(response.body() == body, "{} bytes, not {}", response.body().len(), body.len());
}

pub(crate) fn pages_arrive_whole(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        for (page, body) in [("small", b"hello\n".to_vec()), ("large", large_page()), ("empty", Vec::new())] {
            assert_is(&client.get(&format!("{base}/{page}.txt")), StatusCode::OK, &body);
        }
        assert_eq!(client.counters().answered, 3);
    }
}

pub(crate) fn a_missing_page_is_an_answer(site: &Site) {
    for base in site.bases() {
        let response = Client::of(site).get(&format!("{base}/missing.txt?key=a%20b"));
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(!response.body().is_empty());
    }
}

pub(crate) fn a_redirection_is_not_followed(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        let response = client.get(&format!("{base}/moved"));
        assert_eq!(response.status(), StatusCode::MOVED_PERMANENTLY);
        assert!(response.headers()[LOCATION].to_str().unwrap().ends_with("/moved/"));
        assert_eq!(client.counters().opened, 1);
    }
}

/// A 304 may say how long the page would be, and has no body all the same: the next answer is read
/// from where it ends.
pub(crate) fn a_page_that_has_not_changed_is_not_sent(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        let url = format!("{base}/small.txt");
        let since = client.get(&url).headers()[LAST_MODIFIED].clone();
        let request = Request::get(&url).header(IF_MODIFIED_SINCE, since).body(Vec::new()).unwrap();
        assert_is(&client.ask(request).unwrap(), StatusCode::NOT_MODIFIED, b"");
        assert_is(&client.get(&url), StatusCode::OK, b"hello\n");
    }
}

pub(crate) fn a_head_has_no_body(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        let url = format!("{base}/small.txt");
        let response = client.head(&url);
        assert_eq!(response.headers()[CONTENT_LENGTH], "6");
        assert_is(&response, StatusCode::OK, b"");
        assert_is(&client.get(&url), StatusCode::OK, b"hello\n");
    }
}

pub(crate) fn no_content_has_no_body(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        assert_is(&client.get(&format!("{base}/none")), StatusCode::NO_CONTENT, b"");
        assert_is(&client.get(&format!("{base}/small.txt")), StatusCode::OK, b"hello\n");
        assert_eq!(client.counters().reused, 1);
    }
}

pub(crate) fn chunks_arrive_whole(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        let response = client.get(&format!("{base}/chunked.shtml"));
        assert_eq!(response.headers()[TRANSFER_ENCODING], "chunked");
        assert_is(&response, StatusCode::OK, &large_page());
        assert_is(&client.get(&format!("{base}/small.txt")), StatusCode::OK, b"hello\n");
        assert_eq!(client.counters().reused, 1);
    }
}

pub(crate) fn a_connection_carries_the_next_request(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        for page in ["small", "large", "missing"] {
            client.get(&format!("{base}/{page}.txt"));
        }
        let counters = client.counters();
        assert_eq!((counters.opened, counters.reused, counters.retried), (1, 2, 0));
    }
}

pub(crate) fn a_last_answer_ends_its_connection(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        assert_is(&client.get(&format!("{base}/last.txt")), StatusCode::OK, b"last\n");
        assert_is(&client.get(&format!("{base}/small.txt")), StatusCode::OK, b"hello\n");
        let counters = client.counters();
        assert_eq!((counters.opened, counters.reused, counters.retried), (2, 0, 0));
    }
}

pub(crate) fn a_session_of_tls_is_resumed(site: &Site) {
    for base in site.secure() {
        let config = AgentConfig { tls: Some(tls(&site.authority())), ..AgentConfig::default() };
        let mut client = Client::with(AgentConfig { idle_per_origin: 0, ..config });
        for _ in 0..2 {
            assert_is(&client.get(&format!("{base}/small.txt")), StatusCode::OK, b"hello\n");
        }
        assert_eq!(client.handshakes(), (2, 1), "{base}");
    }
}

pub(crate) fn a_server_of_an_unknown_authority_is_told_nothing(site: &Site) {
    is_told_nothing(site, authority().pem().as_bytes());
}

pub(crate) fn a_server_of_another_name_is_told_nothing(site: &Site) {
    is_told_nothing(site, &site.authority());
}

fn is_told_nothing(site: &Site, trusted: &[u8]) {
    for base in site.secure() {
        let mut client = Client::trusting(trusted);
        let request = Request::get(format!("{base}/small.txt")).body(Vec::new()).unwrap();
        assert!(matches!(client.ask(request), Err(HttpError::Tls(_))), "{base}");
        assert_eq!(client.counters().insecure, 1);
    }
}

/// Over TLS the end is the server's close_notify.
pub(crate) fn a_body_goes_on_until_the_close(site: &Site) {
    for base in site.bases() {
        let response = Client::of(site).get(&format!("{base}/until-the-close"));
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
        assert!(!response.headers().contains_key(TRANSFER_ENCODING));
        assert_is(&response, StatusCode::OK, &large_page());
    }
}

pub(crate) fn a_connection_that_was_closed_is_replaced(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        let response = client.get(&format!("{base}/fickle"));
        assert_eq!(response.headers()[CONNECTION], "keep-alive");
        client.turn_until(|client| client.counters().idle_closed == 1);
        assert_is(&client.get(&format!("{base}/small.txt")), StatusCode::OK, b"hello\n");
        assert_eq!((client.counters().opened, client.counters().reused), (2, 0));
    }
}

pub(crate) fn a_request_that_goes_unheard_is_sent_again(site: &Site) {
    for base in site.bases() {
        let mut client = Client::of(site);
        for _ in 0..2 {
            assert_is(&client.get(&format!("{base}/once")), StatusCode::OK, b"once\n");
        }
        let counters = client.counters();
        assert_eq!((counters.opened, counters.reused, counters.retried), (2, 1, 1));
    }
}

pub(crate) fn a_body_that_is_cut_off_is_an_error(site: &Site) {
    for base in site.bases() {
        let request = Request::get(format!("{base}/cut-off")).body(Vec::new()).unwrap();
        let result = Client::of(site).ask(request);
        assert!(matches!(result, Err(HttpError::Truncated)), "{result:?}");
    }
}

pub(crate) fn an_interim_answer_is_passed_over(site: &Site) {
    for base in site.bases() {
        assert_is(&Client::of(site).get(&format!("{base}/interim")), StatusCode::OK, b"at last\n");
    }
}

pub(crate) fn what_is_posted_arrives(site: &Site) {
    for base in site.bases() {
        let page = &large_page()[..50_000];
        let request = Request::post(format!("{base}/echo")).body(page.to_vec()).unwrap();
        assert_is(&Client::of(site).ask(request).unwrap(), StatusCode::OK, page);
    }
}
