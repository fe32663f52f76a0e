//! The text of an answer, in the form that Google's Nearby Search (Legacy) prints.
//!
//! <https://developers.google.com/maps/documentation/places/web-service/legacy/search-nearby>: its keys, their
//! order and its white space, `\u003c` for `<`, other characters as they are. The places are made up.

/// Degrees, north and east.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// `None` if there is no such point.
    pub(crate) fn new(latitude: f64, longitude: f64) -> Option<Point> {
        let is_one = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        is_one.then_some(Point { latitude, longitude })
    }

    /// The point so many degrees away, within the bounds of the map, to seven decimals as Google gives it.
    fn shifted(self, north: f64, east: f64) -> Point {
        let rounded = |degrees: f64| (degrees * 1e7).round() / 1e7;
        let latitude = rounded((self.latitude + north).clamp(-90.0, 90.0));
        let longitude = rounded((self.longitude + east).clamp(-180.0, 180.0));
        Point { latitude, longitude }
    }
}

/// The answer to a question without a valid location.
pub(crate) const INVALID_REQUEST: &str = "{
   \"html_attributions\" : [],
   \"results\" : [],
   \"status\" : \"INVALID_REQUEST\"
}
";

/// A name, a type and a street.
type Place = (&'static str, &'static str, &'static str);

/// Twenty, as many as one answer of Google's holds; six of the names and three of the streets are not ASCII.
const PLACES: [Place; 20] = [
    ("Café Zwölf", "cafe", "12 Plaza del Árbol"),
    ("The Reading Room", "library", "30 College Walk"),
    ("東京ラーメン", "restaurant", "7 Harbour Street"),
    ("Corner Bakery No. 9", "bakery", "9 Mill Lane"),
    ("Großer Markt", "supermarket", "1 Bahnhofstraße"),
    ("Hilltop Observatory", "museum", "100 Summit Road"),
    ("Pâtisserie d'Été", "bakery", "22 Rue de l'Église"),
    ("Fountain Court", "park", "5 Garden Row"),
    ("Blue Door Books", "book_store", "64 Quarry Road"),
    ("Jardín Botánico", "park", "2 Orchard Way"),
    ("Station Pharmacy", "pharmacy", "3 Station Square"),
    ("Northside Gym", "gym", "81 North Street"),
    ("Музей часов", "museum", "14 Clockmaker's Yard"),
    ("River Cinema", "movie_theater", "40 Embankment"),
    ("Two Bridges Inn", "lodging", "17 Bridge Street"),
    ("Old Fire House", "tourist_attraction", "6 Engine Lane"),
    ("Lakeside School", "school", "55 Lake Drive"),
    ("Post Office West", "post_office", "28 West Avenue"),
    ("Tall Pines Campground", "campground", "900 Forest Road"),
    ("City Hall", "city_hall", "1 Main Street"),
];

/// The answer to a question about places near a point: the first `count` of them.
pub(crate) fn nearby(center: Point, count: usize) -> String {
    let places = (0..).zip(PLACES).take(count);
    let results: Vec<String> = places.map(|(rank, place)| result(center, rank, place)).collect();
    let results =
        if results.is_empty() { "[]".to_owned() } else { format!("[\n{}\n   ]", results.join(",\n")) };
    format!(
        r#"{{
   "html_attributions" : [],
   "next_page_token" : "AeJbb3f-stand-in-there-is-no-next-page",
   "results" : {results},
   "status" : "OK"
}}
"#
    )
}

/// One place: the farther down the list, the farther away, in another direction each time.
fn result(center: Point, rank: u32, (name, kind, street): Place) -> String {
    let (distance, angle) = (0.0004 * f64::from(rank + 1), 2.4 * f64::from(rank));
    let here = center.shifted(distance * angle.cos(), distance * angle.sin());
    let [southwest, northeast] = [-0.00135, 0.00135].map(|margin| here.shifted(margin, margin));
    let rating = f64::from(50 - rank) / 10.0;
    format!(
        r##"      {{
         "business_status" : "OPERATIONAL",
         "geometry" : {{
            "location" : {{
               "lat" : {lat},
               "lng" : {lng}
            }},
            "viewport" : {{
               "northeast" : {{
                  "lat" : {ne_lat},
                  "lng" : {ne_lng}
               }},
               "southwest" : {{
                  "lat" : {sw_lat},
                  "lng" : {sw_lng}
               }}
            }}
         }},
         "icon" : "https://maps.gstatic.com/mapfiles/place_api/icons/v1/png_71/{kind}-71.png",
         "icon_background_color" : "#7B9EB0",
         "name" : "{name}",
         "opening_hours" : {{
            "open_now" : true
         }},
         "photos" : [
            {{
               "height" : 3024,
               "html_attributions" : [
                  "\u003ca href=\"https://maps.google.com/maps/contrib/{rank}\"\u003eA visitor\u003c/a\u003e"
               ],
               "photo_reference" : "AeJbb3c-stand-in-{rank:02}",
               "width" : 4032
            }}
         ],
         "place_id" : "ChIJ-stand-in-{rank:02}",
         "rating" : {rating},
         "reference" : "ChIJ-stand-in-{rank:02}",
         "scope" : "GOOGLE",
         "types" : [ "{kind}", "point_of_interest", "establishment" ],
         "user_ratings_total" : {ratings},
         "vicinity" : "{street}"
      }}"##,
        lat = here.latitude,
        lng = here.longitude,
        ne_lat = northeast.latitude,
        ne_lng = northeast.longitude,
        sw_lat = southwest.latitude,
        sw_lng = southwest.longitude,
        ratings = 40 * (20 - rank),
    )
}
