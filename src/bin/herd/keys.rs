//! `herd keys`: the certificates by which servers know each other, and what to do with them.

use clap::{Args, Subcommand};
use herd::config::Config;
use herd::keys::{KeyFolder, KeysError, Lifetime, Shown};
use reactor::mio_net::MioNet;
use reactor::{Net as _, WallTime};

use crate::Failure;
use crate::arguments::ConfigArguments;
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
    /// Shows the certificates that are here: names, ends, fingerprints
    Show,
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(Lifetime::MOST_DAYS))
}

pub(crate) fn run(config: &ConfigArguments, arguments: KeysArguments) -> Result<(), Failure> {
    let config = config.load()?;
    let keys = KeyFolder::new(config.keys_dir());
    let now = MioNet::new().map_err(Failure::other)?.wall_clock();
    let text = match arguments.command {
        Command::Init { days } => {
            init(&config, &keys.init(now, days.map_or(Lifetime::AUTHORITY, Lifetime::days)).map_err(failed)?)
        }
        Command::Server { name, days, .. } => {
            servers(&config, &keys, name, now, days.map_or(Lifetime::SERVER, Lifetime::days))?
        }
        Command::Show => show(&keys.list().map_err(failed)?, now),
    };
    print(text.as_bytes())
}

fn failed(error: KeysError) -> Failure {
    match error {
        KeysError::BadName(_) => Failure::usage(error),
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

fn show(certificates: &[Shown], now: WallTime) -> String {
    let line = |shown: &Shown| match shown.is_over(now) {
        true => format!("{shown} (expired)\n"),
        false => format!("{shown}\n"),
    };
    certificates.iter().map(line).collect()
}
