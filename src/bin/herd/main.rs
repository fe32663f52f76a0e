//! The herd's command line: see `herd --help`, and the specification, section 9.

mod arguments;
mod check;
mod serve;

use std::fmt::Display;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

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
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("herd: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let config = arguments.config;
    match (arguments.server, arguments.command) {
        (_, Some(Command::Check)) => check::check(&config),
        (Some(name), None) => serve::serve(&config, &name),
        (None, None) => Err(Failure::usage("which server? Try herd --help")),
    }
}
