//! Which of a server's certificates ends when.

use std::fmt;
use std::path::{Path, PathBuf};

use reactor::WallTime;

use super::error::{ConfigError, Problem};
use super::{Config, PeerMode};
use crate::certificate::{Certificate, Moment, Validity};

/// A certificate that ends within so many days is worth a warning.
const SOON: i64 = 30;

/// The certificates of one server, with their dates. Those whose dates cannot be read are not among them: TLS judges
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateDates(Vec<CertificateDate>);

/// A certificate and its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateDate {
    /// The key that names its file.
    pub key: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// Its dates.
    pub validity: Validity,
    /// Nothing works without it: expired, it is refused. Others are those that lead to an authority, and authorities
    /// that are trusted beside the public ones.
    is_needed: bool,
}

/// How a certificate stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Standing {
    Valid,
    EndsSoon,
    NotYetValid,
    Expired,
}

impl CertificateDate {
    fn standing(&self, now: Moment) -> Standing {
        let Validity { from, until } = self.validity;
        match () {
            () if until < now => Standing::Expired,
            () if from > now => Standing::NotYetValid,
            () if until.days_from(now) < SOON => Standing::EndsSoon,
            () => Standing::Valid,
        }
    }

    fn warning(&self, now: Moment) -> Option<String> {
        let (CertificateDate { key, path, .. }, Validity { from, until }) = (self, self.validity);
        let path = path.display();
        match self.standing(now) {
            Standing::Valid => None,
            Standing::EndsSoon => {
                let days = until.days_from(now);
                let unit = if days == 1 { "day" } else { "days" };
                Some(format!("{key}: {path} expires in {days} {unit}, on {until}"))
            }
            Standing::NotYetValid => {
                Some(format!("{key}: {path} is not valid before {from}; is the clock of this machine right?"))
            }
            Standing::Expired => Some(format!("{key}: {path} has expired on {until}")),
        }
    }
}

impl CertificateDates {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One line for each that has expired, ends within 30 days, or is not valid yet.
    pub fn warnings(&self, clock: WallTime) -> Vec<String> {
        let now = Moment::of(clock);
        self.0.iter().filter_map(|date| date.warning(now)).collect()
    }

    /// How many are worth a warning, and how many of these have expired; what changes this is worth one at once.
    pub(crate) fn troubles(&self, clock: WallTime) -> (usize, usize) {
        let now = Moment::of(clock);
        let worse_than = |least| self.0.iter().filter(|date| date.standing(now) > least).count();
        (worse_than(Standing::Valid), worse_than(Standing::NotYetValid))
    }

    /// A server's own certificate, and those that lead to its authority.
    fn add_chain(&mut self, key: &'static str, path: &Path, pem: &[u8]) {
        for (place, validity) in validities(pem).into_iter().enumerate() {
            self.0.push(CertificateDate { key, path: path.to_owned(), validity, is_needed: place == 0 });
        }
    }

    /// Authorities, of which one is enough: the last to end.
    fn add_authorities(&mut self, key: &'static str, path: &Path, pem: &[u8], is_needed: bool) {
        let last = validities(pem).into_iter().max_by_key(|validity| validity.until);
        let date = |validity| CertificateDate { key, path: path.to_owned(), validity, is_needed };
        self.0.extend(last.map(date));
    }
}

#[cfg(test)]
impl CertificateDates {
    /// One that ends so many seconds after the Unix epoch.
    pub(crate) fn until(seconds: i64) -> CertificateDates {
        let validity = Validity { from: Moment(0), until: Moment(seconds) };
        CertificateDates(vec![CertificateDate {
            key: "peers.cert",
            path: "a.pem".into(),
            validity,
            is_needed: true,
        }])
    }
}

impl IntoIterator for CertificateDates {
    type Item = CertificateDate;
    type IntoIter = std::vec::IntoIter<CertificateDate>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn validities(pem: &[u8]) -> Vec<Validity> {
    let all = Certificate::all(&String::from_utf8_lossy(pem)).unwrap_or_default();
    all.iter().filter_map(Certificate::validity).collect()
}

impl Config {
    /// The dates of the certificates that the server `name` reads: those that it shows and those of the authorities
    /// that it trusts.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read.
    pub fn certificate_dates(&self, name: &str) -> Result<CertificateDates, ConfigError> {
        let mut dates = CertificateDates::default();
        if let (Some(shown), Some(path)) = (self.client_certificate()?, &self.clients.cert) {
            dates.add_chain("clients.cert", path, &shown.chain);
        }
        if let Some(shown) = self.peer_identity(name)?.filter(|_| self.peers.mode == PeerMode::Links) {
            let (files, identity) = (self.peer_files(name), shown.identity());
            dates.add_chain("peers.cert", &files.cert, identity.chain);
            dates.add_authorities("peers.ca", &files.ca, identity.authority, true);
        }
        if let Some(path) = &self.places.ca_file {
            dates.add_authorities("places.ca_file", path, &self.places_authorities()?, false);
        }
        Ok(dates)
    }

    /// The same, unless one of them has expired by now that the server needs.
    ///
    /// # Errors
    ///
    /// That it has; or that one cannot be read.
    pub fn valid_certificates(&self, name: &str, clock: WallTime) -> Result<CertificateDates, ConfigError> {
        let (dates, now) = (self.certificate_dates(name)?, Moment::of(clock));
        let is_over = |date: &&CertificateDate| date.is_needed && date.standing(now) == Standing::Expired;
        match dates.0.iter().find(is_over) {
            None => Ok(dates),
            Some(CertificateDate { key, path, validity, .. }) => {
                let renewal = Renewal { key, name: name.to_owned() };
                let problem = Problem::Expired(path.clone(), validity.until, renewal);
                let origin = self.origin(key).or_else(|| self.origin(asker_of(key))).cloned();
                Err(ConfigError::new(origin, (*key).to_owned(), problem))
            }
        }
    }
}

/// What asks for certificates where no file is named.
fn asker_of(key: &str) -> &'static str {
    if key.starts_with("peers.") { "peers.auth" } else { "clients.tls" }
}

/// How to get another certificate in the place of one that has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    key: &'static str,
    name: String,
}

impl fmt::Display for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            "peers.cert" => write!(f, "run: herd keys server {}", self.name),
            "peers.ca" => f.write_str("see \"Another authority\" in docs/security.md"),
            _ => f.write_str("renew it, or run: herd keys clients HOST"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::super::tests::read;
    use super::*;

    /// Noon of the 1st of January 2030.
    const NOW: i64 = 1_893_499_200;

    fn clock(days: i64) -> WallTime {
        WallTime::from_unix_nanos((NOW + days * 24 * 3600) * 1_000_000_000)
    }

    /// A configuration whose clients are shown a certificate with these dates.
    fn config(from: (i32, u8, u8), until: (i32, u8, u8)) -> (tempfile::TempDir, Config) {
        let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let date = |(year, month, day)| date_time_ymd(year, month, day);
        (params.not_before, params.not_after) = (date(from), date(until));
        let [cert, private] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
        fs::write(&cert, params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&private, key.serialize_pem()).unwrap();
        fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
        let config =
            read(&format!("clients = {{ tls = true, cert = {cert:?}, key = {private:?} }}")).unwrap();
        (folder, config)
    }

    #[test]
    fn what_has_expired_is_refused_and_what_ends_soon_is_warned_of() {
        let (folder, config) = config((2029, 1, 1), (2030, 3, 1));
        let path = folder.path().join("cert.pem").display().to_string();
        let dates = |days| config.valid_certificates("Ball", clock(days)).map_err(|error| error.to_string());
        let warnings = |days| dates(days).unwrap().warnings(clock(days));
        assert_eq!(warnings(0), [""; 0]);
        assert_eq!(warnings(28), [""; 0], "31 days");
        let soon = |days, unit| {
            vec![format!("clients.cert: {path} expires in {days} {unit}, on 2030-03-01 00:00 UTC")]
        };
        assert_eq!((warnings(29), warnings(57)), (soon(29, "days"), soon(1, "day")));
        let expired = format!(
            "herd.toml:1: clients.cert: {path} has expired on 2030-03-01 00:00 UTC; renew it, or run: herd keys clients HOST"
        );
        assert_eq!(dates(59), Err(expired));
        let early = config.valid_certificates("Ball", clock(-400)).unwrap().warnings(clock(-400));
        assert!(early[0].contains("is not valid before 2029-01-01 00:00 UTC"), "{early:?}");
    }

    #[test]
    fn without_tls_there_is_nothing_to_end() {
        assert!(read("").unwrap().certificate_dates("Ball").unwrap().is_empty());
    }
}
