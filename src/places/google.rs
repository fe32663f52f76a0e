//! Google's Places API (New), its answer mapped to that of the legacy Nearby Search.
//!
//! <https://developers.google.com/maps/documentation/places/web-service/nearby-search>. At most 20 places, no
//! pages, a radius of at most 50 km. Nothing found is `{}`; what goes wrong is an HTTP status and a
//! `google.rpc.Status`. Proto3's JSON leaves out what is empty or zero, or gives it as null; so here every member
//! is an `Option`, every element of a list too, and an empty string is one that is not there.

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::dialect::{MOST, base, body, text};
use super::listing::{Found, Geometry, Listing, Location};
use super::object::{Number, ObjectText};
use super::{ApiKey, Dialect, Nearby, ProviderError, Searched};

/// The fields that are asked for. Google's price for a call is that of the dearest of them: the rating.
pub const FIELD_MASK: &str = "places.id,places.displayName,places.location,places.shortFormattedAddress,\
    places.types,places.rating,places.attributions";

/// The most of Google's message that is passed on, in characters.
const LONGEST_MESSAGE: usize = 1_000;

/// Asks with one POST, and prints what comes back as the legacy search would.
#[derive(Debug, Clone)]
pub struct Google {
    base: String,
    key: ApiKey,
}

impl Google {
    /// The service at a base URL: `https://places.googleapis.com`, or a stand-in for it.
    #[must_use]
    pub fn new(base_url: &str, key: ApiKey) -> Google {
        Google { base: base(base_url), key }
    }

    /// A refusal as the legacy search words it, with Google's reason if there is one.
    fn refusal(&self, status: &'static str, response: &Response<Vec<u8>>) -> Searched {
        let object = ObjectText::new(text(response));
        let error = object.read::<Refusal<'_>>().ok().and_then(|refusal| refusal.error);
        let message = error.and_then(|error| shown(error.message));
        let message =
            message.map(|message| self.key.hide_in(&message).chars().take(LONGEST_MESSAGE).collect());
        Listing::refusal(status, message).print()
    }
}

impl Dialect for Google {
    fn request(&self, nearby: &Nearby) -> Result<Request<Vec<u8>>, ProviderError> {
        let centre = json!({ "latitude": nearby.latitude, "longitude": nearby.longitude });
        let circle = json!({ "center": centre, "radius": nearby.radius_metres });
        let body = json!({ "maxResultCount": MOST, "locationRestriction": { "circle": circle } });
        let request = Request::post(format!("{}/v1/places:searchNearby", self.base))
            .header(CONTENT_TYPE, "application/json")
            .header("x-goog-api-key", self.key.as_header()?)
            .header("x-goog-fieldmask", FIELD_MASK);
        Ok(request.body(body.to_string().into_bytes())?)
    }

    fn answer(&self, _: &Nearby, response: &Response<Vec<u8>>) -> Searched {
        match response.status() {
            StatusCode::BAD_REQUEST => self.refusal("INVALID_REQUEST", response),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.refusal("REQUEST_DENIED", response),
            StatusCode::TOO_MANY_REQUESTS => self.refusal("OVER_QUERY_LIMIT", response),
            _ => found(&ObjectText::new(body(response)?)),
        }
    }

    fn forbids_keeping(&self) -> bool {
        true
    }
}

/// The places of an answer, and whom they are from.
fn found(text: &ObjectText<'_>) -> Searched {
    let Places { places } = text.read()?;
    if places.is_none() {
        text.read::<NothingFound>()?;
    }
    let places: Vec<Place<'_>> = elements(places).collect();
    let attributions = attributions(&places);
    let attributions: Vec<&str> = attributions.iter().map(String::as_str).collect();
    Listing::of(places.into_iter().map(Found::from).collect(), &attributions).print()
}

/// Whom Google wants named beside the places, each once.
fn attributions(places: &[Place<'_>]) -> Vec<String> {
    let mut all = Vec::new();
    let attributions = places.iter().flat_map(|place| place.attributions.iter().flatten().flatten());
    for html in attributions.filter_map(Attribution::html) {
        if !all.contains(&html) {
            all.push(html);
        }
    }
    all
}

/// A list, which may not be there, nor any of its elements.
type List<T> = Option<Vec<Option<T>>>;

fn elements<T>(list: List<T>) -> impl Iterator<Item = T> {
    list.into_iter().flatten().flatten()
}

/// A string that says something.
fn shown(text: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
    text.filter(|text| !text.is_empty())
}

/// The answer.
#[derive(Deserialize)]
struct Places<'a> {
    #[serde(borrow)]
    places: List<Place<'a>>,
}

/// An answer without places. Somebody else's JSON has none either, but other members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NothingFound {
    #[serde(rename = "places")]
    _places: Option<IgnoredAny>,
}

/// A place. What Google does not know is not there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    display_name: Option<LocalizedText<'a>>,
    #[serde(borrow)]
    location: Option<LatLng<'a>>,
    #[serde(borrow)]
    short_formatted_address: Option<Cow<'a, str>>,
    #[serde(borrow)]
    types: List<Cow<'a, str>>,
    #[serde(borrow)]
    rating: Option<Number<'a>>,
    #[serde(borrow)]
    attributions: List<Attribution<'a>>,
}

/// Who gave Google a place, and must be shown with it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribution<'a> {
    #[serde(borrow)]
    provider: Option<Cow<'a, str>>,
    #[serde(borrow)]
    provider_uri: Option<Cow<'a, str>>,
}

impl Attribution<'_> {
    /// As the legacy search writes it: a link, if there is something to link to. A provider without a name is
    /// called by its link.
    fn html(&self) -> Option<String> {
        let is_link = |uri: &&str| uri.starts_with("https://") || uri.starts_with("http://");
        let uri = self.provider_uri.as_deref().filter(is_link).map(escape);
        let provider = self.provider.as_deref().filter(|name| !name.is_empty()).map(escape);
        match (provider.or_else(|| uri.clone()), uri) {
            (Some(provider), Some(uri)) => Some(format!("<a href=\"{uri}\">{provider}</a>")),
            (provider, _) => provider,
        }
    }
}

/// Text as it stands in HTML, also between quotation marks.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[derive(Deserialize)]
struct LocalizedText<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}

/// A `google.type.LatLng`; proto3 leaves out what is zero.
#[derive(Deserialize)]
struct LatLng<'a> {
    #[serde(borrow)]
    latitude: Option<Number<'a>>,
    #[serde(borrow)]
    longitude: Option<Number<'a>>,
}

/// A `google.rpc.Status` in its envelope.
#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow)]
    error: Option<Status<'a>>,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

impl<'a> From<Place<'a>> for Found<'a> {
    fn from(place: Place<'a>) -> Found<'a> {
        Found {
            geometry: place.location.map(Geometry::from),
            name: place.display_name.and_then(|name| shown(name.text)),
            place_id: shown(place.id),
            rating: place.rating,
            types: elements(place.types).collect(),
            vicinity: shown(place.short_formatted_address),
        }
    }
}

impl<'a> From<LatLng<'a>> for Geometry<'a> {
    fn from(LatLng { latitude, longitude }: LatLng<'a>) -> Geometry<'a> {
        let [lat, lng] = [latitude, longitude].map(|degrees| degrees.unwrap_or(Number::ZERO));
        Geometry { location: Location { lat, lng } }
    }
}
