//! One server of the herd with a thread for each connection: what the paper's section 4 measures a loop against.
//! See the README.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "threads, blocking sockets and the system's clock are what this program is for"
)]

mod arguments;
mod connection;
mod places;
mod server;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use arguments::Arguments;

/// As the other originals ask for; the standard library's 128 makes a crowd that comes at once wait for SYNs to be sent
/// again. Linux cuts it down to net.core.somaxconn.
const BACKLOG: i32 = 4096;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", arguments.name);
            ExitCode::FAILURE
        }
    }
}

/// SIGTERM ends the process as the system sees fit: there is nothing to save.
fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    allow_descriptors();
    let address = arguments.address_of(&arguments.name)?;
    let listener = TcpListener::bind(&address).map_err(|error| format!("{address}: {error}"))?;
    rustix::net::listen(&listener, BACKLOG)?;
    let server = arguments.server()?;
    eprintln!("{}: ready on {}", server.name(), listener.local_addr()?);
    server.run(&listener);
    Ok(())
}

/// As many connections as the system lets this process have; the herd's own server asks for the same.
fn allow_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
