//! Which servers a load reaches.

use std::str::FromStr;

use clap::Args;
use herd::bench::Target;
use herd::config::Config;
use reactor::Endpoint;

use crate::Failure;
use crate::ask::trusted_servers;

#[derive(Args)]
pub(super) struct TargetArguments {
    /// A server, by its address; may be repeated
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "servers")]
    to: Vec<Address>,

    /// Servers of the configuration, as in Alford,Ball [default: all of them]
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    servers: Vec<String>,
}

impl TargetArguments {
    /// They speak TLS if the configuration says that clients do.
    pub(super) fn find(&self, config: &Config) -> Result<Vec<Target>, Failure> {
        let tls = trusted_servers(config)?;
        let target = |Address { host, port }: Address| {
            let at = Endpoint::new(&host, port);
            let name = at.to_string();
            Target { at: tls.iter().fold(at, Endpoint::tls), name }
        };
        let addresses = if self.to.is_empty() { self.configured(config)? } else { self.to.clone() };
        Ok(addresses.into_iter().map(target).collect())
    }

    fn configured(&self, config: &Config) -> Result<Vec<Address>, Failure> {
        let all: Vec<String> = config.servers.keys().cloned().collect();
        let names = if self.servers.is_empty() { &all } else { &self.servers };
        let address = |name: &String| {
            let entry = config.entry(name).map_err(Failure::usage)?;
            Ok(Address { host: entry.host.clone(), port: entry.client_port })
        };
        names.iter().map(address).collect()
    }
}

/// `HOST:PORT`; an IPv6 address stands in brackets.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Address {
    host: String,
    port: u16,
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Address, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or("an address is HOST:PORT")?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or("a port is from 1 to 65535")?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match bare.unwrap_or(host) {
            "" => Err("an address is HOST:PORT"),
            host if bare.is_none() && host.contains(':') => Err("an IPv6 address stands in brackets"),
            host => Ok(Address { host: host.to_owned(), port }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let parsed = |host: &str, port| Ok(Address { host: host.to_owned(), port });
        assert_eq!("127.0.0.1:12000".parse(), parsed("127.0.0.1", 12_000));
        assert_eq!("[::1]:12000".parse(), parsed("::1", 12_000));
        assert_eq!("localhost:1".parse(), parsed("localhost", 1));
        for text in
            ["", "localhost", ":12000", "localhost:", "localhost:0", "localhost:65536", "::1:5", "[]:5"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
