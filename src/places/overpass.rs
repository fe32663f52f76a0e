//! OpenStreetMap through an Overpass server, its answer mapped to that of a Nearby Search.
//!
//! <https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL>. The operator names the server, as the whole
//! URL of its interpreter; the public ones refuse such use. What it gives is under the ODbL, which asks that its
//! source be named.

mod element;

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use http::{Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use self::element::{Element, KINDS};
use super::dialect::{MOST, body};
use super::listing::Listing;
use super::object::ObjectText;
use super::{Dialect, Nearby, ProviderError, Searched};

/// Overpass does not sort by distance, so more is fetched than is shown. As many fit the largest body that is
/// read, at two kilobytes each; within a radius that has more of them, those nearest may be missing.
const FETCHED: usize = 2_000;
const ATTRIBUTION: &str = "Places from \
    <a href=\"https://www.openstreetmap.org/copyright\">OpenStreetMap</a> contributors, \
    <a href=\"https://opendatacommons.org/licenses/odbl/\">ODbL</a>";

/// Asks with one POST of Overpass QL, and prints what comes back as a Nearby Search, nearest first.
#[derive(Debug, Clone)]
pub struct Overpass {
    interpreter: String,
}

impl Overpass {
    /// The server whose interpreter has this URL, for example `https://overpass.example/api/interpreter`.
    #[must_use]
    pub fn new(interpreter: &str) -> Overpass {
        Overpass { interpreter: interpreter.to_owned() }
    }
}

impl Dialect for Overpass {
    fn request(&self, nearby: &Nearby) -> Result<Request<Vec<u8>>, ProviderError> {
        let query = query(nearby);
        let body = format!("data={}", utf8_percent_encode(&query, NON_ALPHANUMERIC));
        let request =
            Request::post(&*self.interpreter).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        Ok(request.body(body.into_bytes())?)
    }

    fn answer(&self, nearby: &Nearby, response: &Response<Vec<u8>>) -> Searched {
        let text = ObjectText::new(body(response)?);
        let Elements { elements, remark } = text.read()?;
        if remark.is_some() {
            return Err(ProviderError::Failed("Overpass remarks that its answer is not whole"));
        }
        let mut places: Vec<_> = elements.into_iter().filter_map(|element| element.place(nearby)).collect();
        places.sort_by(|(a, _), (b, _)| a.total_cmp(b)); // stable: equals stay in the order of the answer
        places.truncate(MOST);
        Listing::of(places.into_iter().map(|(_, place)| place).collect(), &[ATTRIBUTION]).print()
    }
}

/// The question: whatever has a name and is of one of the kinds. The server's own time limit is ours, in whole
/// seconds.
fn query(nearby: &Nearby) -> String {
    let Nearby { latitude, longitude, radius_metres, within, .. } = nearby;
    let (seconds, kinds) = (within.as_secs().max(1), KINDS.join("|"));
    format!(
        "[out:json][timeout:{seconds}];nwr(around:{radius_metres},{latitude},{longitude})[name][~\"^({kinds})$\"~\".\"];\
         out center {FETCHED};"
    )
}

/// The answer, without what it says of itself.
#[derive(Deserialize)]
struct Elements<'a> {
    #[serde(borrow)]
    elements: Vec<Element<'a>>,
    /// There if the server ran out of time or memory; the elements are then not all.
    #[serde(borrow)]
    remark: Option<Cow<'a, str>>,
}
