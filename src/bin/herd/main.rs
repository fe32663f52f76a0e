//! The herd's command line: see `herd --help`, and the specification, section 9.

mod all;
mod arguments;
mod ask;
mod bench;
mod check;
mod counters;
mod keys;
mod parent;
mod places;
mod reload;
mod serve;
mod signals;
mod simulate;
mod stderr;
mod stdio;
mod welcome;

use std::fmt::Display;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use arguments::{Arguments, Command, ConfigArguments, slip_for_command};

/// What a wrong command line or configuration ends with; clap uses the same.
const USAGE: u8 = 2;

/// Why a command ends without success.
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The command line or the configuration is wrong; nothing was started.
    fn usage(error: impl Display) -> Failure {
        Failure { code: USAGE, message: error.to_string() }
    }

    /// Anything else.
    fn other(error: impl Display) -> Failure {
        Failure { code: 1, message: error.to_string() }
    }

    /// The same, said of a server: five of them may share a terminal.
    fn of(self, server: &str) -> Failure {
        match self.code {
            USAGE => self,
            _ => Failure { message: format!("{server}: {}", self.message), ..self },
        }
    }
}

fn main() -> ExitCode {
    let _last_lines = stderr::Finish; // also those of a panic
    match Arguments::try_parse().map_err(|error| wrong(&error)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            stdio::say(format_args!("herd: {}", failure.message));
            ExitCode::from(failure.code)
        }
    }
}

/// What clap says; but where the first word is taken for a server, and what follows it for a command, it may be the
/// first that is meant for a command. Ends the process with help or version.
fn wrong(error: &clap::Error) -> Failure {
    let words = || std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let first = || words().find(|word| !word.starts_with('-'));
    let slip = || first().and_then(|word| slip_for_command(&word));
    match error.kind() {
        ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument => {
            slip().map_or_else(|| error.exit(), Failure::usage)
        }
        _ => error.exit(),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    signals::prepare().map_err(Failure::other)?;
    let Arguments { server, parent, config, command } = arguments;
    match (server, command) {
        (Some(name), None) => server_alone(&config, &name, parent).map_err(|failure| failure.of(&name)),
        (None, Some(Command::All)) => all::all(&config),
        (None, Some(Command::Iamat(report))) => ask::iamat(&config, report),
        (None, Some(Command::Whatsat(query))) => ask::whatsat(&config, query),
        (None, Some(Command::Check { server })) => check::check(&config, server.as_deref()),
        (None, Some(Command::Simulate(arguments))) => simulate::run(&config, &arguments),
        (None, Some(Command::Bench(arguments))) => bench::run(&config, *arguments),
        (None, Some(Command::Keys(arguments))) => keys::run(&config, arguments),
        (None, Some(Command::Places(arguments))) => places::run(&config, arguments),
        (Some(name), Some(_)) => {
            Err(Failure::usage(format!("{name:?} is followed by a command; try herd --help")))
        }
        (None, None) => Err(Failure::usage("which server? Try herd --help")),
    }
}

fn server_alone(config: &ConfigArguments, name: &str, parent: Option<i32>) -> Result<(), Failure> {
    signals::prepare_server().map_err(Failure::other)?;
    parent.map_or(Ok(()), parent::end_with)?;
    serve::serve(config, name, parent.is_some())
}
