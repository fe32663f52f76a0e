//! The herd's command line: see `herd --help`, and the specification, section 9.

mod all;
mod arguments;
mod ask;
mod bench;
mod check;
mod keys;
mod parent;
mod places;
mod reload;
mod serve;
mod signals;
mod simulate;
mod stdio;

use std::fmt::Display;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command, ConfigArguments};

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
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            stdio::say(format_args!("herd: {}", failure.message));
            ExitCode::from(failure.code)
        }
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
        (None, Some(Command::Check)) => check::check(&config),
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
    serve::serve(config, name)
}
