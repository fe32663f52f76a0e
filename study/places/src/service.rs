//! Requests and their answers.

use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use reactor::{Reply, Requests};

use crate::listing::{INVALID_REQUEST, Point, nearby};

const PATH: &str = "/maps/api/place/nearbysearch/json";

/// What all connections share.
pub(crate) struct Service {
    /// How long every answer takes.
    pub(crate) delay: Duration,
    /// How many places it has, if there are so many.
    pub(crate) places: usize,
}

/// Answers one request, after the delay. A loop serves everybody else meanwhile.
pub(crate) fn answer(
    service: &mut Service,
    reactor: &mut Requests<'_, Service>,
    request: Request<Vec<u8>>,
    reply: Reply<Service, Response<Vec<u8>>>,
) {
    let (head, _) = request.into_parts();
    let response = match (head.method, head.uri.path()) {
        (Method::GET, PATH) => found(head.uri.query().unwrap_or_default(), service.places),
        _ => not_found(),
    };
    if service.delay.is_zero() {
        return reactor.send(reply, response);
    }
    reactor.app_later(service.delay, move |cx| cx.reactor.send(reply, response));
}

/// Google answers with HTTP 200 whatever it has to say; `status` tells.
fn found(query: &str, places: usize) -> Response<Vec<u8>> {
    let text = location(query).map_or_else(|| INVALID_REQUEST.to_owned(), |center| nearby(center, places));
    let mut response = Response::new(text.into_bytes());
    let json = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn not_found() -> Response<Vec<u8>> {
    let mut response = Response::new(b"only Nearby Search is here\n".to_vec());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The parameter `location=LAT,LNG`. It is read as numbers: one server writes `34.068930` and another
/// `34.06893`, and both are to get the same places.
fn location(query: &str) -> Option<Point> {
    let value = query.split('&').find_map(|parameter| parameter.strip_prefix("location="))?;
    let value = percent_decode_str(value).decode_utf8().ok()?;
    let (latitude, longitude) = value.split_once(',')?;
    Point::new(latitude.parse().ok()?, longitude.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use herd::places::Search;
    use protocols::http::{HttpServer, HttpServerConfig};
    use reactor::testing::Harness;

    use super::*;

    /// What a new connection gets for each of these requests, one after another.
    fn ask(delay: u64, targets: &[&str]) -> String {
        ask_of(Service { delay: Duration::from_millis(delay), places: 20 }, targets)
    }

    fn ask_of(service: Service, targets: &[&str]) -> String {
        let delay = service.delay;
        let mut server = Harness::new(service, HttpServer::new(answer, HttpServerConfig::default()));
        for target in targets {
            server.receive(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            if !delay.is_zero() {
                assert!(server.sent().is_empty(), "nothing before the delay is over");
                server.advance(delay);
            }
        }
        String::from_utf8(server.take_sent()).unwrap()
    }

    fn body(answer: &str) -> &str {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        body
    }

    fn nearby_search(parameters: &str) -> String {
        body(&ask(0, &[&format!("{PATH}?{parameters}")])).to_owned()
    }

    #[test]
    fn the_herd_reads_twenty_results_and_cuts_them() {
        let text = nearby_search("location=34.06893,-118.445127&radius=10000&key=k");
        let search = Search::read(text.as_bytes()).unwrap();
        assert_eq!(search.status(), "OK");
        assert_eq!(text.matches("\n         \"name\" : \"").count(), 20);
        let five = String::from_utf8(search.cut(5)).unwrap();
        assert_eq!(five.matches("\n         \"name\" : \"").count(), 5);
        assert!(five.starts_with("{\n   \"html_attributions\" : [],\n") && !five.is_ascii());
    }

    #[test]
    fn the_answer_depends_on_the_location_alone_however_it_is_written() {
        let one = nearby_search("location=34.06893,-118.445127&radius=10000&key=k");
        assert_eq!(one, nearby_search("radius=5&key=other&location=34.068930%2C-118.4451270"));
        assert_ne!(one, nearby_search("location=34.06894,-118.445127&radius=10000&key=k"));
    }

    #[test]
    fn a_location_that_is_none_is_an_invalid_request() {
        for bad in ["", "location=", "location=1", "location=91,0", "location=0,-181", "location=nan,0"] {
            assert_eq!(nearby_search(bad), INVALID_REQUEST, "{bad}");
        }
    }

    #[test]
    fn a_connection_stays_for_the_next_request() {
        let target = format!("{PATH}?location=1,2");
        assert_eq!(ask(0, &[&target, &target]).matches("HTTP/1.1 200 OK").count(), 2);
    }

    #[test]
    fn a_delay_holds_the_answer_back() {
        assert_eq!(body(&ask(50, &[&format!("{PATH}?location=1,2")])), nearby_search("location=1,2"));
    }

    #[test]
    fn there_may_be_fewer_places_or_none() {
        for places in [0, 1, 3] {
            let service = Service { delay: Duration::ZERO, places };
            let text = body(&ask_of(service, &[&format!("{PATH}?location=1,2")])).to_owned();
            assert_eq!(text.matches("\n         \"name\" : \"").count(), places);
            assert_eq!(Search::read(text.as_bytes()).unwrap().status(), "OK");
        }
    }

    #[test]
    fn nothing_else_is_found() {
        assert!(ask(0, &["/"]).starts_with("HTTP/1.1 404 Not Found\r\n"));
    }
}
