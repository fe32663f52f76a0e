//! The command line that the servers of the study have in common.

use std::env;

use clap::Parser;
use herd::places::ApiKey;

use crate::places::Places;
use crate::server::Server;

/// Where each server listens, if nothing else is said.
const ADDRESSES: [(&str, &str); 5] = [
    ("Alford", "127.0.0.1:12000"),
    ("Ball", "127.0.0.1:12001"),
    ("Hamilton", "127.0.0.1:12002"),
    ("Holiday", "127.0.0.1:12003"),
    ("Welsh", "127.0.0.1:12004"),
];
const RING: &str = "Alford-Hamilton,Alford-Welsh,Ball-Holiday,Ball-Welsh,Hamilton-Holiday";
/// The key is a secret: a command line can be read by anybody on the machine.
const KEY: &str = "GOOGLE_PLACES_API_KEY";

/// One server of the herd, with a thread for each connection.
#[derive(Parser)]
#[command(name = "threads", version)]
pub(crate) struct Arguments {
    /// The server to run
    pub(crate) name: String,
    /// Where a server listens for clients and servers alike; may be given for each
    #[arg(long = "address", value_name = "NAME=HOST:PORT", value_parser = named_address)]
    addresses: Vec<(String, String)>,
    /// Who tells whom, A-B,C-D; or none
    #[arg(long, default_value = RING)]
    links: String,
    /// The service that knows places
    #[arg(long, value_name = "BASE_URL", default_value = "https://maps.googleapis.com")]
    places: String,
}

impl Arguments {
    /// # Errors
    ///
    /// If nobody has said where the server is.
    pub(crate) fn address_of(&self, name: &str) -> Result<String, String> {
        let given = self.addresses.iter().map(|(name, address)| (name.as_str(), address.as_str()));
        let mut all = given.chain(ADDRESSES);
        let address = all.find_map(|(other, address)| (other == name).then_some(address));
        address.map(str::to_owned).ok_or_else(|| format!("where is {name}? Say --address {name}=HOST:PORT"))
    }

    /// # Errors
    ///
    /// If a link is none, or a neighbour has no address.
    pub(crate) fn server(&self) -> Result<Server, String> {
        let neighbours = self.neighbours()?.into_iter().map(|name| self.address_of(name));
        let neighbours = neighbours.collect::<Result<_, _>>()?;
        let places = api_key()?.map(|key| Places::new(&self.places, key));
        Ok(Server::new(&self.name, neighbours, places))
    }

    fn neighbours(&self) -> Result<Vec<&str>, String> {
        let links = self.links.split(',').filter(|_| self.links != "none");
        let links = links.map(|link| link.split_once('-').ok_or_else(|| format!("{link:?} is no link A-B")));
        let links: Vec<(&str, &str)> = links.collect::<Result<_, _>>()?;
        let other_end = |(a, b)| match (a == self.name, b == self.name) {
            (true, false) => Some(b),
            (false, true) => Some(a),
            _ => None,
        };
        Ok(links.into_iter().filter_map(other_end).collect())
    }
}

fn named_address(text: &str) -> Result<(String, String), String> {
    let (name, address) = text.split_once('=').ok_or("NAME=HOST:PORT is wanted")?;
    Ok((name.to_owned(), address.to_owned()))
}

/// Without a key there are no places.
fn api_key() -> Result<Option<ApiKey>, String> {
    let Some(key) = env::var_os(KEY) else { return Ok(None) };
    let key = ApiKey::read(key.as_encoded_bytes()).map_err(|error| format!("{KEY}: {error}"))?;
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbours(arguments: &[&str]) -> Vec<String> {
        let arguments = Arguments::try_parse_from([&["threads"], arguments].concat()).unwrap();
        let mut neighbours = arguments.neighbours().unwrap();
        neighbours.sort_unstable();
        neighbours.into_iter().map(|name| arguments.address_of(name).unwrap()).collect()
    }

    #[test]
    fn the_ring_of_five_is_the_default() {
        assert_eq!(neighbours(&["Ball"]), ["127.0.0.1:12003", "127.0.0.1:12004"]);
    }

    #[test]
    fn links_and_addresses_can_be_given() {
        let links = ["A", "--links", "A-B,C-A,B-C"];
        let addresses = ["--address", "B=localhost:1", "--address", "C=[::1]:2"];
        assert_eq!(neighbours(&[&links[..], &addresses].concat()), ["localhost:1", "[::1]:2"]);
        assert!(neighbours(&["A", "--links", "none"]).is_empty());
    }
}
