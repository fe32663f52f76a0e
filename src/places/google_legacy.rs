//! Google's Nearby Search (Legacy), which the paper's herd asks.
//!
//! <https://developers.google.com/maps/documentation/places/web-service/legacy/search-nearby>. It can no
//! longer be enabled for new projects. Every answer is HTTP 200 and a `status`.

use http::{Request, Response};

use super::dialect::{base, body};
use super::{ApiKey, Dialect, Nearby, ProviderError, Search, Searched};

/// Asks with one GET, and passes on what comes back as it is.
#[derive(Debug, Clone)]
pub struct GoogleLegacy {
    base: String,
    key: ApiKey,
}

impl GoogleLegacy {
    /// The service at a base URL: `https://maps.googleapis.com`, or a stand-in for it.
    #[must_use]
    pub fn new(base_url: &str, key: ApiKey) -> GoogleLegacy {
        GoogleLegacy { base: base(base_url), key }
    }
}

impl Dialect for GoogleLegacy {
    fn request(&self, nearby: &Nearby) -> Result<Request<Vec<u8>>, ProviderError> {
        let Nearby { latitude, longitude, radius_metres, .. } = nearby;
        let (base, key) = (&self.base, self.key.as_parameter());
        let uri = format!(
            "{base}/maps/api/place/nearbysearch/json?location={latitude},{longitude}&radius={radius_metres}&key={key}"
        );
        Ok(Request::get(uri).body(Vec::new())?)
    }

    /// Google's own text, whatever its status: `ZERO_RESULTS`, `REQUEST_DENIED` and the like are answers.
    fn answer(&self, _: &Nearby, response: &Response<Vec<u8>>) -> Searched {
        let text = body(response)?;
        if self.key.is_in(text) {
            return Err(ProviderError::Failed("the answer has our key in it"));
        }
        Ok(Search::read(text)?)
    }

    fn forbids_keeping(&self) -> bool {
        true
    }
}
