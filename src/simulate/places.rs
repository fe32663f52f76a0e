//! A simulated service of places, which answers as Google's Nearby Search (Legacy) does.
//!
//! Every result repeats what was asked, so that an answer that was given to another question is seen.

use std::time::Duration;

use http::{Request, Response, StatusCode, Uri};
use protocols::http::{HttpServer, HttpServerConfig};
use reactor::{Random, Reply, Requests};

/// How many places there are anywhere: fewer than may be asked for.
pub(super) const EVERYWHERE: usize = 8;
/// How long an answer takes that is late: some come too late for the herd, which waits five seconds.
const LATE: std::ops::Range<Duration> = Duration::from_secs(1)..Duration::from_secs(8);

/// How a service behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Whoever asks gets places at once.
    Even,
    /// One in ten gets them late, one is refused, and one gets an error.
    Changing,
}

/// The application of the reactor that the service runs on.
pub(super) struct Service {
    mood: Mood,
    random: Random,
}

impl Service {
    pub(super) fn new(mood: Mood, random: Random) -> Service {
        Service { mood, random }
    }

    /// The protocol of one connection.
    pub(super) fn protocol() -> HttpServer<impl protocols::http::HttpHandler<Service>> {
        HttpServer::new(serve, HttpServerConfig::default())
    }

    /// What this request gets, and after how long.
    fn answer(&mut self, asked: &str) -> (StatusCode, String, Duration) {
        let chance = if self.mood == Mood::Even { 9 } else { self.random.below(10) };
        match chance {
            0 => (StatusCode::INTERNAL_SERVER_ERROR, String::new(), Duration::ZERO),
            1 => (StatusCode::OK, refused(asked), Duration::ZERO),
            2 => {
                let late = self.random.between(LATE.start, LATE.end);
                (StatusCode::OK, found(asked, EVERYWHERE), late)
            }
            _ => (StatusCode::OK, found(asked, EVERYWHERE), Duration::ZERO),
        }
    }
}

fn serve(
    service: &mut Service,
    reactor: &mut Requests<'_, Service>,
    request: Request<Vec<u8>>,
    reply: Reply<Service, Response<Vec<u8>>>,
) {
    let (head, _) = request.into_parts();
    let (status, text, after) = match asked(&head.uri) {
        Some(asked) => service.answer(&asked),
        None => (StatusCode::BAD_REQUEST, String::new(), Duration::ZERO),
    };
    let mut response = Response::new(text.into_bytes());
    *response.status_mut() = status;
    reactor.app_later(after, move |cx| cx.reactor.send(reply, response));
}

/// `latitude,longitude radius` of a request.
fn asked(uri: &Uri) -> Option<String> {
    let mut values = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    let mut value = |name| values.find(|(key, _)| *key == name).map(|(_, value)| value);
    Some(format!("{} {}", value("location")?, value("radius")?))
}

/// So many places, each called by what was asked.
pub(super) fn found(asked: &str, count: usize) -> String {
    let results: Vec<_> = (0..count).map(|n| format!("      {{ \"name\" : \"{asked} {n}\" }}")).collect();
    let results = results.join(",\n");
    format!(
        "{{\n   \"html_attributions\" : [],\n\n   \"results\" : [\n{results}\n   ],\n   \"status\" : \"OK\"\n}}\n"
    )
}

/// A status that says that there will be none.
pub(super) fn refused(asked: &str) -> String {
    format!(
        "{{\n   \"error_message\" : \"{asked}\",\n   \"results\" : [],\n   \"status\" : \"OVER_QUERY_LIMIT\"\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_from_the_query_alone() {
        let read = |uri: &'static str| asked(&Uri::from_static(uri));
        assert_eq!(read("/a?location=1.5,-2&radius=500&key=x").as_deref(), Some("1.5,-2 500"));
        assert_eq!(read("/a?location=1.5,-2&key=x"), None);
        assert_eq!(read("/a"), None);
    }

    #[test]
    fn an_even_mood_always_finds_places_and_a_changing_one_mostly() {
        let statuses = |mood| {
            let mut service = Service::new(mood, Random::seeded(1));
            let answers = (0..100).map(|_| service.answer("1,2 3"));
            answers.filter(|answer| *answer == (StatusCode::OK, found("1,2 3", 8), Duration::ZERO)).count()
        };
        assert_eq!(statuses(Mood::Even), 100);
        assert!((50..90).contains(&statuses(Mood::Changing)));
    }
}
