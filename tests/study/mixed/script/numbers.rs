//! Locations, times, radii and bounds (the specification, sections 3 and 4).

use super::{Case, say};

pub(super) fn cases() -> Vec<Case> {
    [locations(), times(), radii(), bounds()].into_iter().flatten().collect()
}

fn locations() -> Vec<Case> {
    let good = "+34.068930-118.445127|+90+180|-90.0-180.0|+0034.50-0|-0+0|+1.00000000000000000001-1";
    let beyond = "+91+0|-90.1+0|+90.00000000000000000001+0|+0+181|+0-180.1|+0+180.00000000000000000001";
    let other = "+1|1-1|+1,-1|++1-1|+1.-1|+1-1.|+.5-1|+1-1/|+1-1+5|+1e1-1|+1_0-1|+nan-1|+1-inf|\
        +\u{665}-1|+1\u{2212}1|34.068930N118.445127W";
    let location = |location: &str| say(&[format!("IAMAT kiwi {location} 5").as_bytes()]);
    [good, beyond, other].into_iter().flat_map(|text| text.split('|')).map(location).collect()
}

fn times() -> Vec<Case> {
    let good = "0|5.0|005|1479413884.392014450|5.00000000000000000000000000001|000000000000000005";
    let longer = "0000000000000000005|00000000000000000000000005.5";
    let other = "-5|+5|5.|.5|5e0|5E-1|1_0|0x5|5,5|5.5.5|\u{665}|x|nan|inf|-inf|1e999";
    let future = "9999999999|999999999999999999.5";
    let time = |time: &str| say(&[format!("IAMAT kiwi +1-1 {time}").as_bytes()]);
    [good, longer, other, future].into_iter().flat_map(|text| text.split('|')).map(time).collect()
}

fn radii() -> Vec<Case> {
    let good = "10|0.0001|010|50|50.0|49.99999999999999999999";
    let other = "0|0.0|0e9|51|50.1|50.00000000000000000001|-1|+10|1e1|1_0|10.|.5|nan|inf|\u{661}|x";
    let radius = |radius: &str| question(&format!("WHATSAT kiwi {radius} 5"));
    [good, other].into_iter().flat_map(|text| text.split('|')).map(radius).collect()
}

fn bounds() -> Vec<Case> {
    let bounds = "1|20|005|0|21|-1|+5|1.0|5e0|1_0|0x5|\u{665}|x|99999999999999999999999";
    let bound = |bound: &str| question(&format!("WHATSAT kiwi 10.5 {bound}"));
    bounds.split('|').map(bound).collect()
}

/// About somebody who has just reported.
fn question(question: &str) -> Case {
    say(&[b"IAMAT kiwi +1-1 5", question.as_bytes()])
}
