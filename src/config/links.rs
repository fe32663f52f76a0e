//! Who talks to whom: two servers a link, and no server out of reach of the others.

use std::collections::BTreeSet;

use super::error::{ConfigError, Problem};
use super::hint::Hint;
use super::{Config, Origin, default_servers};

impl Config {
    /// Refuses links that join no two servers, and links that leave the herd in pieces.
    pub(super) fn check_links(&self) -> Result<(), ConfigError> {
        let refuse = |problem| Err(self.refuse("herd.links", problem));
        for (index, [a, b]) in self.herd.links.iter().enumerate() {
            if let Some(unknown) = [a, b].into_iter().find(|name| !self.servers.contains_key(*name)) {
                let hint = Hint::new(unknown, self.servers.keys().map(String::as_str));
                return refuse(Problem::UnknownServer(unknown.clone(), hint));
            }
            if a == b {
                return refuse(Problem::SelfLink(a.clone()));
            }
            let same = |[c, d]: &[String; 2]| (a, b) == (c, d) || (a, b) == (d, c);
            if self.herd.links.iter().take(index).any(same) {
                return refuse(Problem::DuplicateLink(a.clone(), b.clone()));
            }
        }
        self.check_connected()
    }

    fn check_connected(&self) -> Result<(), ConfigError> {
        let groups = self.groups();
        if groups.len() < 2 {
            return Ok(());
        }
        let origin = self.origin("herd.links").or_else(|| self.origin("servers")).cloned();
        let problem = match self.origin("herd.links") {
            Some(_) => Problem::Disconnected(groups),
            None => Problem::NoLinks(groups),
        };
        Err(ConfigError::new(origin, "herd.links".to_owned(), problem))
    }

    /// The names of the servers, those in one group between which news can travel.
    fn groups(&self) -> Vec<Vec<String>> {
        let mut left: BTreeSet<&str> = self.servers.keys().map(String::as_str).collect();
        let mut groups = Vec::new();
        while let Some(first) = left.first() {
            let group = self.reached_from(first);
            left.retain(|name| !group.contains(name));
            groups.push(group.into_iter().map(str::to_owned).collect());
        }
        groups
    }

    fn reached_from<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let (mut reached, mut next) = (BTreeSet::from([name]), vec![name]);
        while let Some(name) = next.pop() {
            next.extend(self.linked_with(name).filter(|other| reached.insert(other)));
        }
        reached
    }

    /// The names at the other ends of the links of the server `name`.
    pub(super) fn linked_with(&self, name: &str) -> impl Iterator<Item = &str> {
        self.herd.links.iter().filter_map(move |[a, b]| match (a == name, b == name) {
            (true, false) => Some(b.as_str()),
            (false, true) => Some(a.as_str()),
            _ => None,
        })
    }

    /// Takes the default servers that nothing names out of a herd whose own servers are named: by links that a flag or a
    /// variable sets, or by a table each. Returns their names.
    pub(super) fn drop_unnamed(&mut self) -> Vec<String> {
        let has_table = |name: &String| self.origin(&format!("servers.{name}")).is_some();
        let is_linked = |name: &String| self.herd.links.iter().flatten().any(|linked| linked == name);
        let names_the_herd = match self.origin("herd.links") {
            None => false,
            Some(Origin::Flag(_) | Origin::Variable(_)) => true,
            Some(_) => self.herd.links.iter().flatten().all(has_table),
        };
        let is_in = |name: &String| has_table(name) || is_linked(name);
        let (named, unnamed): (Vec<String>, Vec<String>) = self.servers.keys().cloned().partition(is_in);
        if named.is_empty() || !names_the_herd {
            return Vec::new();
        }
        unnamed.iter().for_each(|name| drop(self.servers.remove(name)));
        unnamed
    }

    /// The default servers that are not in the herd since nothing names them.
    pub(super) fn unnamed_notice(&self) -> Option<String> {
        let names = self.unnamed.join(", ");
        (!names.is_empty())
            .then(|| format!("herd.links: {names}: not in this herd, for no setting names them"))
    }

    /// A name that may be a slip for that of a default server which is not in the herd.
    pub(super) fn slip_notice(&self) -> Option<String> {
        let default = default_servers();
        let missing = || default.keys().filter(|name| !self.servers.contains_key(*name)).map(String::as_str);
        let hint = |name: &String| Some(format!("servers.{name}: {}", near(name, missing())?));
        self.servers.keys().filter(|name| !default.contains_key(*name)).find_map(hint)
    }
}

fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let hint = Hint::new(name, known);
    hint.near().map(|_| format!("{hint} The default servers are not in this herd"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{layered, read, refused};

    #[test]
    fn links_join_two_known_servers_once() {
        refused(&[
            (
                "herd.links = [[\"Alford\", \"welsh\"]]",
                "herd.toml:1: herd.links: no server \"welsh\" among Alford, Ball, Hamilton, Holiday, Welsh; \
                 did you mean \"Welsh\"?",
            ),
            ("herd.links = [[\"Ball\", \"Ball\"]]", "herd.toml:1: herd.links: Ball is linked to itself"),
            (
                "herd.links = [[\"Ball\", \"Welsh\"], [\"Welsh\", \"Ball\"]]",
                "herd.toml:1: herd.links: Welsh and Ball are linked twice",
            ),
        ]);
    }

    #[test]
    fn a_herd_in_pieces_is_refused() {
        refused(&[
            (
                "\nherd.links = [[\"Ball\", \"Welsh\"]]",
                "herd.toml:2: herd.links: no news can get between Alford and Ball, Welsh and Hamilton and Holiday",
            ),
            (
                "herd.links = []",
                "herd.toml:1: herd.links: no news can get between Alford and Ball and Hamilton and Holiday and Welsh",
            ),
            (
                "herd.links = [[\"Alford\", \"Ball\"], [\"Hamilton\", \"Holiday\"], [\"Holiday\", \"Welsh\"]]",
                "herd.toml:1: herd.links: no news can get between Alford, Ball and Hamilton, Holiday, Welsh",
            ),
            (
                "servers.A = { client_port = 1, peer_port = 2 }\nservers.B = { client_port = 3, peer_port = 4 }",
                "herd.toml:1: herd.links: no news can get between A and B: servers of other names than the default \
                 ones need their own links, as in herd.links = [[\"A\", \"B\"]]",
            ),
        ]);
        let by_flag = layered("", &[], &["servers.New={client_port=1, peer_port=2}"]).unwrap_err();
        assert!(
            by_flag.starts_with("--set servers.New: herd.links: no news can get between Alford, Ball"),
            "{by_flag}"
        );
    }

    #[test]
    fn links_of_a_flag_or_a_variable_name_the_herd() {
        let names = |text, variables: &[(&str, &str)], flags: &[&str]| {
            layered(text, variables, flags)
                .map(|config| config.servers.into_keys().collect::<Vec<_>>().join(" "))
        };
        let two = "[[\"Alford\", \"Ball\"]]";
        let flag = format!("herd.links={two}");
        assert_eq!(names("", &[], &[&flag]), Ok("Alford Ball".into()));
        assert_eq!(names("", &[("HERD_LINKS", two)], &[]), Ok("Alford Ball".into()));
        assert_eq!(names("", &[], &["herd.links=[]", "servers.Ball.client_port=1"]), Ok("Ball".into()));
        let pieces = "no news can get between Alford, Ball and Welsh";
        assert_eq!(
            names("servers.Welsh.client_port = 1", &[], &[&flag]),
            Err(format!("--set herd.links: {pieces}")),
            "the file names Welsh"
        );
        assert!(names("", &[], &["herd.links=[]"]).is_err(), "nobody is named");
        assert!(read(&format!("herd.links = {two}")).is_err(), "a slip in a file");
        let with_tables = format!("herd.links = {two}\n[servers.Alford]\n[servers.Ball]");
        assert_eq!(names(&with_tables, &[], &[]), Ok("Alford Ball".into()), "as `herd check` prints it");
        let note = "herd.links: Hamilton, Holiday, Welsh: not in this herd, for no setting names them";
        let notices = layered("", &[], &[&flag]).unwrap().notices();
        assert!(notices.iter().any(|notice| notice == note), "{notices:?}");
    }
}
