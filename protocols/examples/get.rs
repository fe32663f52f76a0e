//! Prints a page: its body to standard output, whatever went wrong to standard error.
//!
//! ```sh
//! cargo run -p herd-protocols --example get -- https://example.org/
//! cargo run -p herd-protocols --example get -- --head --ca authority.pem https://localhost:8443/
//! ```
//!
//! A response is a success, whatever its status; one that says otherwise goes to standard error, beside
//! the page. `--head` shows the response's head, too; `--ca` names a file of authorities (PEM) that are
//! trusted besides the public ones. Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use http::{Request, Response};
use protocols::http::{Agent, AgentConfig, HttpResult, Proxies};
use reactor::mio_net::MioNet;
use reactor::{ClientTls, Limits, Net, Reactor};

const USAGE: &str = "usage: get [--head] [--ca FILE] URL";

/// The application: an agent, and what it brought.
pub(crate) struct Page {
    agent: Agent<Page>,
    pub(crate) result: Option<HttpResult>,
}

/// A reactor that makes one request on `net`; tests give it another net than `main` does.
pub(crate) fn client(net: &impl Net, config: AgentConfig, request: Request<Vec<u8>>) -> Reactor<Page> {
    let agent = Agent::new(config, |page: &mut Page| &mut page.agent);
    let mut reactor = Reactor::new(Page { agent, result: None }, 0, Limits::default());
    reactor.enter(net, |cx| {
        let done = cx.reactor.app_reply(|cx, result| {
            cx.app.result = Some(result);
            cx.reactor.stop();
        });
        cx.app.agent.request(&mut cx.reactor, request, Duration::from_secs(30), done);
    });
    reactor
}

/// The command line.
#[derive(Default)]
struct Options {
    url: String,
    shows_head: bool,
    authorities: Vec<u8>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
        let mut options = Options::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--head" => options.shows_head = true,
                "--ca" => options.authorities = read(&arguments.next().ok_or("--ca: which file?")?)?,
                url if options.url.is_empty() && !url.starts_with('-') => options.url = argument,
                _ => return Err(USAGE.into()),
            }
        }
        if options.url.is_empty() { Err(USAGE.into()) } else { Ok(options) }
    }

    fn config(&self) -> Result<AgentConfig, Box<dyn Error>> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let proxy = Proxies::from_environment(std::env::vars_os().filter_map(text));
        let tls = Some(ClientTls::new(&self.authorities, &[b"http/1.1"])?);
        Ok(AgentConfig { tls, proxy, ..AgentConfig::default() })
    }
}

fn read(file: &str) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{file}: {error}"))
}

fn show(response: &Response<Vec<u8>>, shows_head: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if shows_head {
        writeln!(out, "{:?} {}", response.version(), response.status())?;
        for (name, value) in response.headers() {
            writeln!(out, "{name}: {}", value.as_bytes().escape_ascii())?;
        }
        writeln!(out)?;
    }
    if !response.status().is_success() {
        eprintln!("get: {}", response.status());
    }
    out.write_all(response.body())
}

fn get() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    let request = Request::get(&options.url).body(Vec::new())?;
    let mut net = MioNet::new()?.with_signals()?;
    let mut reactor = client(&net, options.config()?, request);
    reactor.run(&mut net)?;
    let result = reactor.app.result.ok_or("stopped")?;
    Ok(show(&result?, options.shows_head)?)
}

fn main() -> ExitCode {
    match get() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("get: {error}");
            ExitCode::FAILURE
        }
    }
}
