//! The question about places, asked by the thread that needs the answer.

use std::time::Duration;

use herd::command::{Location, Query};
use herd::places::{ApiKey, Dialect, GoogleLegacy, Nearby, squeeze};
use http::Response;
use ureq::Agent;

/// How long an answer may take; the herd's own default.
const WITHIN: Duration = Duration::from_secs(5);
/// Connections that are kept for later questions: as many as threads ask at once under the study's load.
const KEPT: usize = 64;
/// The longest answer that is read; twenty places take some 30 kB.
const LONGEST: u64 = 1024 * 1024;

/// Google's Nearby Search (Legacy). The question and the cut of the answer are the herd's own; what differs is
/// who waits: here the calling thread does.
pub(crate) struct Places {
    dialect: GoogleLegacy,
    agent: Agent,
}

impl Places {
    pub(crate) fn new(base_url: &str, key: ApiKey) -> Places {
        let config = Agent::config_builder()
            .proxy(None) // what the environment names is not asked by the others either
            .timeout_global(Some(WITHIN))
            .http_status_as_error(false)
            .max_idle_connections(KEPT)
            .max_idle_connections_per_host(KEPT)
            .build();
        Places { dialect: GoogleLegacy::new(base_url, key), agent: config.into() }
    }

    /// The answer as it goes to the client; `None` if there is none.
    pub(crate) fn near(&self, location: Location<'_>, query: &Query<'_>) -> Option<Vec<u8>> {
        let nearby = Nearby {
            latitude: location.latitude(),
            longitude: location.longitude(),
            radius_metres: query.radius_metres,
            bound: query.bound,
            within: WITHIN,
        };
        let response = self.agent.run(self.dialect.request(&nearby).ok()?).ok()?;
        let (head, mut body) = response.into_parts();
        let text = body.with_config().limit(LONGEST).read_to_vec().ok()?;
        let search = self.dialect.answer(&nearby, &Response::from_parts(head, text)).ok()?;
        Some(squeeze(&search.cut(query.bound)))
    }
}
