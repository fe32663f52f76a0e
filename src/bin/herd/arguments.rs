//! What is typed behind `herd`.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand};
use herd::command::{Invalid, Location, Query, Timestamp};
use herd::config::{Config, ConfigError, Environment, Hint, Problem};

use crate::Failure;
use crate::bench::BenchArguments;
use crate::keys::KeysArguments;
use crate::places::PlacesArguments;
use crate::simulate::SimulateArguments;
use crate::stdio::say;

/// The application server herd: location reports from mobile clients, flooded among five servers.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, subcommand_precedence_over_arg = true)]
#[command(override_usage = "herd [OPTIONS] <SERVER>\n       herd [OPTIONS] <COMMAND>")]
#[command(after_help = "Examples:
  herd Welsh                                      one server, until Ctrl-C
  herd all                                        all of them
  herd iamat Welsh kiwi +34.068930-118.445127     tells Welsh where kiwi is
  herd whatsat Ball kiwi 10 5                     asks Ball for five places within 10 km of kiwi
  herd --set servers.Welsh.client_port=7000 check  the configuration that this gives")]
pub(crate) struct Arguments {
    /// The server to run: Alford, Ball, Hamilton, Holiday or Welsh, unless configured otherwise
    #[arg(value_name = "SERVER")]
    pub(crate) server: Option<String>,

    /// The process of the `herd all` that starts this server, which ends with it
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..), hide = true, requires = "server")]
    pub(crate) parent: Option<i32>,

    #[command(flatten)]
    pub(crate) config: ConfigArguments,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs all servers, each as a process of its own; Ctrl-C ends them
    All,
    /// Tells a server where a client is, and prints the reply
    Iamat(IamatArguments),
    /// Asks a server what is near a client, and prints the reply
    Whatsat(WhatsatArguments),
    /// Reads the configuration, says what is wrong or what is in effect, starts nothing
    Check {
        /// The server whose own files are read as well: keys, certificates, places [default: those that are here]
        server: Option<String>,
    },
    /// Runs the configured servers on a simulated network, once per seed, and says what went wrong
    Simulate(SimulateArguments),
    /// Loads servers with lines, checks every reply, and says how long they took
    Bench(Box<BenchArguments>),
    /// Makes and lists certificates: of servers for each other (peers.auth = "tls"), and for clients (clients.tls)
    Keys(KeysArguments),
    /// Makes the gazetteer that the places provider "file" answers from
    Places(PlacesArguments),
}

#[derive(Args)]
#[command(after_help = "Examples:
  herd iamat Welsh kiwi.cs.ucla.edu +34.068930-118.445127
  herd iamat Ball kiwi.cs.ucla.edu -33.8568+151.2153 --time 1479413884.392014450")]
pub(crate) struct IamatArguments {
    /// The server to tell
    pub(crate) server: String,

    /// The client: any word
    #[arg(value_parser = field())]
    pub(crate) id: Field,

    /// Where it is: degrees north and east, each with its sign
    #[arg(value_name = "+LAT-LON", allow_hyphen_values = true, value_parser = location())]
    pub(crate) location: Field,

    /// When it was there, in POSIX seconds [default: now]
    #[arg(long, value_parser = time())]
    pub(crate) time: Option<Field>,
}

#[derive(Args)]
#[command(after_help = "Example:
  herd whatsat Ball kiwi.cs.ucla.edu 10 5")]
pub(crate) struct WhatsatArguments {
    /// The server to ask; any of them knows every client
    pub(crate) server: String,

    /// The client
    #[arg(value_parser = field())]
    pub(crate) id: Field,

    /// How far around it to look, in km: at most 50
    #[arg(value_parser = radius())]
    pub(crate) radius: Field,

    /// The most places to answer with: from 1 to 20
    #[arg(value_parser = bound())]
    pub(crate) bound: Field,
}

/// One word of a command, in bytes as it was typed, and found good: white space would make it two, or begin a command of
/// its own.
#[derive(Clone)]
pub(crate) struct Field(pub(crate) OsString);

fn field() -> impl TypedValueParser<Value = Field> {
    OsStringValueParser::new().try_map(|text| {
        let is_white_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
        match text.as_encoded_bytes() {
            [] => Err("it must not be empty"),
            bytes if bytes.iter().any(is_white_space) => Err("it must be one word, without white space"),
            _ => Ok(Field(text)),
        }
    })
}

/// A field that is one word and good, as the servers judge it.
fn judged(problem: fn(&[u8]) -> Option<Invalid>) -> impl TypedValueParser<Value = Field> {
    field().try_map(move |field| match problem(field.0.as_encoded_bytes()) {
        None => Ok(field),
        Some(invalid) => Err(invalid),
    })
}

fn location() -> impl TypedValueParser<Value = Field> {
    judged(|text| Location::parse(text).is_none().then_some(Invalid::Location))
}

fn time() -> impl TypedValueParser<Value = Field> {
    judged(|text| Timestamp::parse(text).is_none().then_some(Invalid::Time))
}

fn radius() -> impl TypedValueParser<Value = Field> {
    judged(|text| Query::parse([b"id", text, b"1"]).err())
}

fn bound() -> impl TypedValueParser<Value = Field> {
    judged(|text| Query::parse([b"id", b"1", text]).err())
}

/// Neither a server nor a command: which is meant?
pub(crate) fn unknown_word(word: &str, config: &Config, error: ConfigError) -> Failure {
    let is_like_no_server =
        matches!(error.problem(), Problem::UnknownServer(_, hint) if hint.near().is_none());
    match near_command(word) {
        Some(command) if is_like_no_server => {
            let servers = config.servers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            Failure::usage(format!("no server {word:?} among {servers}; did you mean \"{command}\"?"))
        }
        _ => Failure::usage(error),
    }
}

/// What is said of a word that is nearly a command, and none.
pub(crate) fn slip_for_command(word: &str) -> Option<String> {
    near_command(word).map(|command| format!("no command {word:?}; did you mean \"{command}\"?"))
}

/// The command that this word, which is none, may be a slip for.
fn near_command(word: &str) -> Option<String> {
    let arguments = Arguments::command();
    let names: Vec<&str> = arguments.get_subcommands().map(clap::Command::get_name).collect();
    let hint = Hint::new(word, names.iter().copied());
    hint.near().filter(|_| !names.contains(&word)).map(str::to_owned)
}

/// Where the configuration comes from: flags win over environment over file.
#[derive(Args, Clone)]
pub(crate) struct ConfigArguments {
    /// The configuration file [default: herd.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,

    /// Sets one key, as in --set log.traffic=false; may be repeated
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub(crate) set: Vec<String>,

    /// Where logs, records and keys are kept (the key herd.dir)
    #[arg(long, value_name = "FOLDER", global = true)]
    pub(crate) dir: Option<String>,
}

impl ConfigArguments {
    /// As [`ConfigArguments::load`]; what may not be meant is said on standard error.
    pub(crate) fn load_and_warn(&self) -> Result<Config, Failure> {
        let config = self.load()?;
        config.warnings().iter().for_each(|warning| say(format_args!("herd: warning: {warning}")));
        Ok(config)
    }

    pub(crate) fn load(&self) -> Result<Config, Failure> {
        let dir = self.dir.iter().map(|dir| format!("herd.dir={dir}"));
        let flags: Vec<String> = self.set.iter().cloned().chain(dir).collect();
        Config::load(self.config.as_deref(), &Environment::of_process(), &flags).map_err(Failure::usage)
    }

    /// As they were typed, for a command that is to be repeated: else a server might come back with less
    /// durability than it had. Each with a space before it.
    pub(crate) fn again(&self) -> String {
        let config = self.config.iter().map(|path| ("--config", path.to_string_lossy()));
        let set = self.set.iter().map(|setting| ("--set", Cow::from(setting)));
        let dir = self.dir.iter().map(|dir| ("--dir", Cow::from(dir)));
        config.chain(set).chain(dir).map(|(flag, value)| format!(" {flag} {}", quoted(&value))).collect()
    }
}

/// The program as it was called, as a shell reads it.
pub(crate) fn program() -> String {
    let name = std::env::args_os().next().unwrap_or_else(|| "herd".into());
    quoted(&name.to_string_lossy()).into_owned()
}

/// One word of a POSIX shell (2.2.2: nothing is special between single quotes but their end).
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,+@%".contains(&byte);
    match word {
        "" => "''".into(),
        _ if word.bytes().all(is_plain) => word.into(),
        _ => format!("'{}'", word.replace('\'', r"'\''")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_repeated_with_its_options_and_a_shell_reads_them_as_they_were() {
        let arguments = ConfigArguments {
            config: Some("my herd.toml".into()),
            set: vec!["store.durability=\"always\"".into(), "log.traffic=false".into(), "a='b' c".into()],
            dir: Some(String::new()),
        };
        let again = r#" --config 'my herd.toml' --set 'store.durability="always"' --set log.traffic=false"#;
        assert_eq!(arguments.again(), format!(r"{again} --set 'a='\''b'\'' c' --dir ''"));
    }

    #[test]
    fn without_options_there_is_nothing_to_repeat() {
        assert_eq!(ConfigArguments { config: None, set: Vec::new(), dir: None }.again(), "");
    }
}
