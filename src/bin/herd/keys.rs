//! `herd keys`: the certificates by which servers know each other, and what to do with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use herd::certificate::Moment;
use herd::config::{Config, PeerFiles};
use herd::keys::{KeyFolder, KeysError, Lifetime, Shown};
use reactor::mio_net::MioNet;
use reactor::{Net as _, WallTime};

use crate::Failure;
use crate::arguments::ConfigArguments;
use crate::serve::cannot;
use crate::stdio::print;

#[derive(Args)]
pub(crate) struct KeysArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the herd's authority, once, on the machine that keeps its key
    Init {
        /// How long it is good [default: 3650]
        #[arg(long, value_parser = days())]
        days: Option<u32>,
    },
    /// Makes key and certificate of a server; again renews them
    Server {
        /// The server
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,

        /// All servers of the configuration
        #[arg(long)]
        all: bool,

        /// How long they are good [default: 365]
        #[arg(long, value_parser = days())]
        days: Option<u32>,
    },
    /// Makes key and certificate of the listeners for clients (clients.tls); again renews them
    Clients {
        /// The names and addresses by which clients reach the servers, as in localhost 127.0.0.1 herd.example
        #[arg(required = true, value_name = "HOST")]
        hosts: Vec<String>,

        /// How long they are good [default: 365]
        #[arg(long, value_parser = days())]
        days: Option<u32>,
    },
    /// Lists the certificates that are here or in the configuration, the first to end first
    List,
    /// Shows the certificates that are here: names, ends, fingerprints
    Show,
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(Lifetime::MOST_DAYS))
}

pub(crate) fn run(config: &ConfigArguments, arguments: KeysArguments) -> Result<(), Failure> {
    let config = config.load_and_warn()?;
    let keys = KeyFolder::new(config.keys_dir());
    let now = MioNet::new().map_err(Failure::other)?.wall_clock();
    let text = match arguments.command {
        Command::Init { days } => {
            init(&config, &keys.init(now, days.map_or(Lifetime::AUTHORITY, Lifetime::days)).map_err(failed)?)
        }
        Command::Server { name, days, .. } => {
            servers(&config, &keys, name, now, days.map_or(Lifetime::SERVER, Lifetime::days))?
        }
        Command::Clients { hosts, days } => {
            clients(&config, &keys, &hosts, now, days.map_or(Lifetime::SERVER, Lifetime::days))?
        }
        Command::List => list(&config, &keys, now)?,
        Command::Show => show(&keys.list().map_err(failed)?, now),
    };
    print(text.as_bytes())
}

fn failed(error: KeysError) -> Failure {
    match error {
        KeysError::BadName(_) | KeysError::BadHost(_) => Failure::usage(error),
        KeysError::Io { path, source } => cannot("use", &path, &source),
        _ => Failure::other(error),
    }
}

fn init(config: &Config, authority: &Shown) -> String {
    let dir = config.keys_dir();
    let dir = dir.display();
    format!(
        "{authority}\n\
         made {dir}/ca.pem, the authority's certificate, which every machine of the herd gets\n\
         made {dir}/ca.key, its private key: it stays here, and no other machine needs it\n\
         Next: herd keys server --all, or herd keys server NAME for one server.\n"
    )
}

/// One server or all of them, each name one of the configuration.
fn servers(
    config: &Config,
    keys: &KeyFolder,
    name: Option<String>,
    now: WallTime,
    lifetime: Lifetime,
) -> Result<String, Failure> {
    let names = match name {
        Some(name) => vec![name],
        None => config.servers.keys().cloned().collect(),
    };
    names.iter().try_for_each(|name| config.entry(name).map(drop)).map_err(Failure::usage)?;
    let made = names.iter().map(|name| keys.server(name, now, lifetime).map_err(failed));
    let made: Vec<Shown> = made.collect::<Result<_, _>>()?;
    let dir = config.keys_dir();
    let dir = dir.display();
    Ok(show(&made, now)
        + &format!(
            "made NAME.pem and NAME.key in {dir} for {}\n\
             Next: set peers.auth = \"tls\" in the configuration. A server on another machine needs three files in \
             the folder keys of its herd.dir there: ca.pem, NAME.pem, and NAME.key (chmod 600); never ca.key.\n\
             A server that runs takes new files over on SIGHUP.\n",
            names.join(", ")
        ))
}

/// A certificate for whoever dials these hosts. A server's name is none of them: to its neighbours the certificate would
/// be as good as the server's own.
fn clients(
    config: &Config,
    keys: &KeyFolder,
    hosts: &[String],
    now: WallTime,
    lifetime: Lifetime,
) -> Result<String, Failure> {
    let is_server = |host: &&String| config.servers.keys().any(|name| name.eq_ignore_ascii_case(host));
    if let Some(host) = hosts.iter().find(is_server) {
        return Err(Failure::usage(format!("{host} is a server's name; say the host that clients dial")));
    }
    let made = keys.clients(hosts, now, lifetime).map_err(failed)?;
    let PeerFiles { cert, key, ca, .. } = keys.client_files();
    let dialled: BTreeSet<&str> = config.servers.values().map(|server| server.host.as_str()).collect();
    let missing: Vec<&str> = dialled.into_iter().filter(|host| !hosts.iter().any(|h| h == host)).collect();
    let missing = match missing.as_slice() {
        [] => String::new(),
        hosts => format!("Not for {}, which herd iamat and herd whatsat dial.\n", hosts.join(", ")),
    };
    Ok(format!(
        "{made}\n\
         {missing}\
         Next, in the configuration:\n\
         [clients]\n\
         tls = true\n\
         cert = {cert:?}\n\
         key = {key:?}\n\
         ca_file = {ca:?}\n\
         Clients need ca.pem alone; a server on another machine needs clients.pem and clients.key (chmod 600) too.\n\
         A server that runs takes new files over on SIGHUP.\n"
    ))
}

/// All that have an end, the first to end first: those in the folder, and those that the configuration names.
fn list(config: &Config, keys: &KeyFolder, now: WallTime) -> Result<String, Failure> {
    let mut ends: BTreeMap<PathBuf, Moment> = BTreeMap::new();
    if config.keys_dir().exists() {
        let here = keys.list().map_err(failed)?;
        let file = |shown: &Shown| config.keys_dir().join(format!("{}.pem", shown.name()));
        ends.extend(here.iter().map(|shown| (file(shown), shown.until())));
    }
    for date in config.servers.keys().filter_map(|name| config.certificate_dates(name).ok()).flatten() {
        ends.entry(date.path).or_insert(date.validity.until);
    }
    let mut ends: Vec<(PathBuf, Moment)> = ends.into_iter().collect();
    ends.sort_by_key(|(_, until)| *until);
    let width = ends.iter().map(|(path, _)| path.display().to_string().len()).max().unwrap_or_default();
    let line = |(path, until): &(PathBuf, Moment)| {
        let left = match until.days_from(Moment::of(now)) {
            days if days < 0 => "expired".to_owned(),
            1 => "1 day left".to_owned(),
            days => format!("{days} days left"),
        };
        format!("{:width$}  until {until}  {left}\n", path.display().to_string())
    };
    match ends.as_slice() {
        [] => Ok("no certificates\n".to_owned()),
        ends => Ok(ends.iter().map(line).collect()),
    }
}

fn show(certificates: &[Shown], now: WallTime) -> String {
    let line = |shown: &Shown| match shown.is_over(now) {
        true => format!("{shown} (expired)\n"),
        false => format!("{shown}\n"),
    };
    certificates.iter().map(line).collect()
}
