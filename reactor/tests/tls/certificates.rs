//! Every wrong certificate is refused, and every right one accepted. The clock is the net's (law 8).

use std::time::Duration;

use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, date_time_ymd};
use reactor::{ClientTls, Endpoint, ServerTls, TlsConfigError, WallTime};

use crate::certs::{Authority, Identity, params};
use crate::support::Probe;
use crate::{AUTHORITY, Serving, Talk, Version};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What the client hears that dials `host` in this year, where somebody shows this.
fn verdict(host: &str, years: u32, identity: &Identity) -> String {
    let mut world = crate::world();
    let now = (YEAR * years).as_nanos().try_into().unwrap();
    world.net.set_wall_clock(WallTime::from_unix_nanos(now));
    world.net.set_addresses(host, ["192.0.2.1".parse().unwrap()]);
    world.net.answer_dials(true);
    world.dial(Endpoint::new(host, 443).tls(&AUTHORITY.client(&[])), Probe::new("a"));
    world.settle();
    let remote = world.net.dialled()[0].remote;
    let peer = Serving::new(identity, Version::Tls13, &[]).peer();
    let mut talk = Talk { world, remote, peer };
    talk.carry();
    assert!(talk.peer.heard.is_empty());
    talk.log().concat()
}

#[track_caller]
fn assert_refused(host: &str, years: u32, identity: &Identity, why: &str) {
    let verdict = verdict(host, years, identity);
    let begin = "a failed: cannot agree on TLS: invalid peer certificate: ";
    assert!(verdict.starts_with(begin) && verdict.contains(why), "{verdict}");
}

#[track_caller]
fn assert_accepted(host: &str, identity: &Identity) {
    assert_eq!(verdict(host, 10, identity), "a made");
}

#[test]
fn a_certificate_is_good_between_its_dates() {
    let mut params = params(&["server.test"]);
    (params.not_before, params.not_after) = (date_time_ymd(1980, 1, 1), date_time_ymd(1990, 1, 1));
    let identity = AUTHORITY.sign(&params);
    assert_refused("server.test", 9, &identity, "not valid yet");
    assert_eq!(verdict("server.test", 15, &identity), "a made");
    assert_refused("server.test", 21, &identity, "expired");
}

#[test]
fn a_certificate_is_good_for_its_names_alone() {
    let names = ["server.test", "*.wild.test", "192.0.2.7", "2001:db8::7"];
    let identity = AUTHORITY.sign(&params(&names));
    for host in ["server.test", "SERVER.test", "a.wild.test", "192.0.2.7", "2001:db8::7"] {
        assert_accepted(host, &identity);
    }
    for host in ["other.test", "wild.test", "a.b.wild.test", "192.0.2.8", "2001:db8::8", "server.test.test"] {
        assert_refused(host, 10, &identity, "not valid for name");
    }
}

#[test]
fn a_common_name_is_no_name() {
    let mut params = params(&[]);
    params.distinguished_name.push(rcgen::DnType::CommonName, "server.test");
    assert_refused("server.test", 10, &AUTHORITY.sign(&params), "not valid for name");
}

#[test]
fn whoever_signs_himself_is_nobody() {
    assert_refused("server.test", 10, &Identity::self_signed(&["server.test"]), "UnknownIssuer");
}

#[test]
fn an_authority_is_known_by_its_key_not_by_its_name() {
    let impostor = Authority::new("the authority").sign(&params(&["server.test"]));
    assert_refused("server.test", 10, &impostor, "");
}

#[test]
fn a_chain_is_followed_if_all_of_it_is_shown() {
    let middle = AUTHORITY.delegate("the middle", IsCa::Ca(BasicConstraints::Unconstrained));
    let server = || middle.sign(&params(&["server.test"]));
    assert_accepted("server.test", &server().with(&middle));
    assert_refused("server.test", 10, &server(), "UnknownIssuer");
}

#[test]
fn whoever_may_not_sign_has_signed_nothing() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let middle = AUTHORITY.delegate("no authority", is_ca);
        let identity = middle.sign(&params(&["server.test"])).with(&middle);
        assert_refused("server.test", 10, &identity, "");
    }
}

#[test]
fn a_chain_may_not_be_longer_than_its_authority_allows() {
    let short = AUTHORITY.delegate("no further", IsCa::Ca(BasicConstraints::Constrained(0)));
    let further = short.delegate("further", IsCa::Ca(BasicConstraints::Unconstrained));
    let identity = further.sign(&params(&["server.test"])).with(&further).with(&short);
    assert_refused("server.test", 10, &identity, "");
}

#[test]
fn a_certificate_for_clients_is_none_for_servers() {
    let mut params = params(&["server.test"]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_refused("server.test", 10, &AUTHORITY.sign(&params), "");
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let (good, other) = (&crate::IDENTITY, AUTHORITY.sign(&params(&["server.test"])));
    let server = |chain: &str, key: &str| ServerTls::new(chain.as_bytes(), key.as_bytes(), &[]).unwrap_err();
    assert_eq!(server("", &good.key), TlsConfigError::NoCertificate);
    assert_eq!(server(&good.chain, ""), TlsConfigError::NoKey);
    assert_eq!(server(&good.key, &good.key), TlsConfigError::NoCertificate);
    assert!(matches!(server(&good.chain, &other.key), TlsConfigError::Unusable(_)));
    let cut = &good.chain[..good.chain.len() / 2];
    assert_eq!(server(cut, &good.key), TlsConfigError::NoCertificate);
    assert_eq!(ClientTls::new(b"no PEM", &[]), Err(TlsConfigError::NoCertificate));
    assert!(ClientTls::new(b"", &[]).is_ok(), "the public authorities are always there");
}
