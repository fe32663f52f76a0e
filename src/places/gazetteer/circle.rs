//! A circle on the sphere: how far a point is, and which points are too far to be worth the trigonometry.

/// The mean radius of the earth (IUGG R1).
const EARTH_METRES: f64 = 6_371_008.8;

/// Added to the bounds in degrees, about a metre, so that rounding cuts off no point on the rim.
/// (Near the antipode the haversine is that imprecise.)
const SLACK: f64 = 1e-5;

/// All points within a great-circle distance of a centre.
#[derive(Debug)]
pub(super) struct Circle {
    latitude: f64,
    longitude: f64,
    metres: f64,
    /// Half the extent from south to north, in degrees.
    height: f64,
    /// Half the extent from west to east, in degrees.
    width: f64,
}

impl Circle {
    /// A circle round a point in degrees.
    pub(super) fn new(latitude: f64, longitude: f64, metres: f64) -> Self {
        let height = (metres / EARTH_METRES).to_degrees() + SLACK;
        let width = half_width(latitude, height) + SLACK;
        Self { latitude, longitude, metres, height, width }
    }

    /// The latitude of its southernmost point; below -90 if the pole is inside.
    pub(super) fn south(&self) -> f64 {
        self.latitude - self.height
    }

    /// The latitude of its northernmost point; above 90 if the pole is inside.
    pub(super) fn north(&self) -> f64 {
        self.latitude + self.height
    }

    /// The distance of a point between the two parallels from the centre, if it is inside.
    pub(super) fn metres_to(&self, latitude: f64, longitude: f64) -> Option<f64> {
        let turn = (longitude - self.longitude).abs();
        if turn.min(360.0 - turn) > self.width {
            return None;
        }
        let metres = haversine(self.latitude, self.longitude, latitude, longitude);
        (metres <= self.metres).then_some(metres)
    }
}

/// How far east and west a circle reaches, in degrees: all the way round if it holds a pole.
fn half_width(latitude: f64, height: f64) -> f64 {
    if latitude.abs() + height >= 90.0 {
        return 180.0;
    }
    // The meridians that touch the circle meet its radius at a right angle.
    (height.to_radians().sin() / latitude.to_radians().cos()).min(1.0).asin().to_degrees()
}

/// Great-circle distance in metres of two points in degrees, by the haversine formula: precise for
/// near points, where the spherical law of cosines is not.
pub(in crate::places) fn haversine(
    latitude: f64,
    longitude: f64,
    to_latitude: f64,
    to_longitude: f64,
) -> f64 {
    let half_sine_squared = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let parallels = latitude.to_radians().cos() * to_latitude.to_radians().cos();
    let h =
        half_sine_squared(to_latitude - latitude) + parallels * half_sine_squared(to_longitude - longitude);
    2.0 * EARTH_METRES * h.min(1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_a_meridian_is_a_quarter_of_the_circumference() {
        let quarter = EARTH_METRES * std::f64::consts::FRAC_PI_2;
        assert!((haversine(0.0, 0.0, 90.0, 77.0) - quarter).abs() < 1e-3);
        assert!((haversine(0.0, -90.0, 0.0, 180.0) - quarter).abs() < 1e-3);
    }

    #[test]
    fn both_sides_of_the_antimeridian_are_near() {
        let circle = Circle::new(0.0, 180.0, 1_000.0);
        assert!(circle.metres_to(0.0, -180.0).is_some_and(|metres| metres < 1e-6));
        assert!(circle.metres_to(0.0, -179.995).is_some_and(|metres| metres < 600.0));
        assert_eq!(circle.metres_to(0.0, -179.0), None);
    }

    #[test]
    fn every_meridian_is_near_at_a_pole() {
        let circle = Circle::new(90.0, 0.0, 1_000.0);
        assert!(circle.metres_to(89.995, 123.0).is_some_and(|metres| metres < 600.0));
        assert!(circle.north() > 90.0);
    }

    #[test]
    fn a_circle_that_ends_just_short_of_a_pole_is_wide() {
        let circle = Circle::new(89.0, 0.0, 111_000.0);
        assert!(circle.width > 80.0 && circle.width < 180.0);
    }
}
