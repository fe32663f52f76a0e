//! The environment variables of the herd.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use super::error::{ConfigError, Origin, Problem};
use super::hint::Hint;
use super::setting::{Given, Key, Setting};

/// What the variables of the herd begin with.
const PREFIX: &str = "HERD_";

/// The variable that names the configuration file; it sets no key.
const CONFIG: &str = "HERD_CONFIG";

/// What an unknown variable is told of that is like no other.
const EXAMPLES: &str = "limits.line is HERD_LIMITS_LINE, herd.dir is HERD_DIR";

/// And those that are not meant for us.
const KUBERNETES: &str = "Kubernetes sets them for a service called herd";

/// The variables whose names begin with `HERD_`, and the way to one other by its name: a provider's key.
///
/// A key's variable is `HERD_` and the key in capitals, with `_` for what is no letter or digit:
/// `limits.line` is `HERD_LIMITS_LINE`, `servers.Alford.client_port` is `HERD_SERVERS_ALFORD_CLIENT_PORT`.
/// The herd's own section is not named twice: `herd.dir` is `HERD_DIR`. `HERD_CONFIG` names the file.
///
/// Variables can only set keys that exist: a new server needs the file or a flag. Those that set none are passed over,
/// with a warning: Kubernetes gives every container a `HERD_PORT` when a service is called herd.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    herd: Vec<(String, String)>,
    others: Others,
}

/// Where the other variables are. Those of the process stay where they are: they are nobody's business, and
/// may be secrets.
#[derive(Clone, PartialEq, Eq)]
enum Others {
    Process,
    Given(BTreeMap<String, String>),
}

impl Default for Others {
    fn default() -> Others {
        Others::Given(BTreeMap::new())
    }
}

impl fmt::Debug for Environment {
    /// The variables of the herd, which hold no secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Environment").field(&self.herd).finish()
    }
}

impl FromIterator<(String, String)> for Environment {
    /// An environment of these variables and no others.
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Environment {
        let (herd, others) = variables.into_iter().partition(|(name, _)| name.starts_with(PREFIX));
        let others: Vec<_> = others;
        Environment { herd, others: Others::Given(others.into_iter().collect()) }
    }
}

impl Environment {
    /// The environment of this process. What is not UTF-8 is read with replacement characters.
    pub fn of_process() -> Environment {
        let variables = std::env::vars_os().map(|(name, value)| (text(&name), text(&value)));
        let herd = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        Environment { herd, others: Others::Process }
    }

    /// The value of a variable that is not the herd's own.
    pub(super) fn other(&self, name: &str) -> Option<String> {
        match &self.others {
            Others::Given(variables) => variables.get(name).cloned(),
            // A name that no variable can have is one that is not set; std would panic.
            Others::Process if name.is_empty() || name.contains(['=', '\0']) => None,
            Others::Process => std::env::var_os(name).map(|value| text(&value)),
        }
    }

    /// The configuration file that `HERD_CONFIG` names.
    pub(super) fn config_file(&self) -> Option<&Path> {
        self.herd.iter().find(|(name, _)| name == CONFIG).map(|(_, path)| Path::new(path))
    }

    /// What the variables say of the `known` keys, and a warning for each that says nothing.
    pub(super) fn settings(&self, known: &[Key]) -> Result<(Vec<Setting>, Vec<String>), ConfigError> {
        let known: Vec<(String, &Key)> = known.iter().map(|key| (variable(key), key)).collect();
        let (mut settings, mut unknown) = (Vec::new(), Vec::new());
        for (name, text) in self.herd.iter().filter(|(name, _)| name != CONFIG) {
            let origin = Origin::Variable(name.to_owned());
            let mut meant = known.iter().filter(|(variable, _)| variable == name).map(|(_, key)| *key);
            match (meant.next(), meant.next()) {
                (None, _) => unknown.push(name.as_str()),
                (Some(key), None) => {
                    settings.push(Setting { key: key.clone(), given: Given::Text(text.to_owned()), origin });
                }
                (Some(one), Some(other)) => {
                    let problem = Problem::AmbiguousVariable(one.to_string(), other.to_string());
                    return Err(ConfigError::general(Some(origin), problem));
                }
            }
        }
        Ok((settings, warnings(unknown, &known)))
    }
}

fn text(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// One line for each variable that may be a slip, and one for all those that Kubernetes sets.
fn warnings(mut unknown: Vec<&str>, known: &[(String, &Key)]) -> Vec<String> {
    unknown.sort_unstable();
    let (of_services, others): (Vec<&str>, Vec<&str>) =
        unknown.into_iter().partition(|name| is_of_a_service(name));
    let names = || known.iter().map(|(variable, _)| variable.as_str()).chain([CONFIG]);
    let warning = |name: &str| {
        let hint = Hint::new(name, names());
        let hint = hint.near().map_or_else(|| EXAMPLES.to_owned(), |_| hint.to_string());
        format!("{}: unknown variable; {hint}", name.escape_debug())
    };
    let of_services = of_services.first().map(|first| match of_services.len() - 1 {
        0 => format!("{first}: unknown variable; {KUBERNETES}"),
        more => format!("{first} and {more} more: unknown variables; {KUBERNETES}"),
    });
    others.into_iter().map(warning).chain(of_services).collect()
}

/// Whether Kubernetes sets such a variable in every container, for a service that is called herd, or herd-something:
/// `HERD_PORT`, `HERD_SERVICE_HOST`, `HERD_SERVICE_PORT_CLIENTS`, `HERD_PORT_12004_TCP_ADDR`. No key has one like it.
fn is_of_a_service(name: &str) -> bool {
    let is_of_port = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    name == "HERD_PORT"
        || name.contains("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.split("_PORT_").skip(1).any(is_of_port)
}

/// The variable of a key.
fn variable(key: &Key) -> String {
    let parts = match key.0.as_slice() {
        [section, rest @ ..] if section == "herd" => rest,
        parts => parts,
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{PREFIX}{}", parts.join("_").chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::super::tests::layered;
    use super::*;

    fn refused(variables: &[(&str, &str)]) -> String {
        layered("", variables, &[]).unwrap_err()
    }

    #[test]
    fn every_key_has_a_variable() {
        let variables = [
            ("HERD_LOG_TRAFFIC", "false"),
            ("HERD_DIR", "/var/herd"),
            ("HERD_LINKS", "[[\"Ball\", \"Alford\"]]"),
            ("HERD_SERVERS_ALFORD_CLIENT_PORT", "13000"),
            ("HERD_LIMITS_IDLE", "1h"),
            ("HERD_CONFIG", "not a key"),
            ("HOME", "/nowhere"),
        ];
        let config = layered("", &variables, &[]).unwrap();
        assert!(!config.log.traffic);
        assert_eq!(config.peers.key_file, Path::new("/var/herd/herd.key"));
        assert_eq!(config.herd.links, [["Ball", "Alford"]]);
        assert_eq!(config.servers["Alford"].client_port, 13_000);
        assert_eq!(config.limits.idle.as_secs(), 3600);
    }

    #[test]
    fn servers_of_the_file_have_variables_too() {
        let file = "[servers.new-one]\nclient_port = 1\npeer_port = 2";
        let config = layered(file, &[("HERD_SERVERS_NEW_ONE_CLIENT_PORT", "3")], &[]).unwrap();
        assert_eq!(config.servers["new-one"].client_port, 3);
    }

    #[test]
    fn unknown_variables_are_passed_over_with_a_hint() {
        let warnings = |variables: &[(&str, &str)]| {
            let config = layered("", variables, &[]).unwrap();
            assert_eq!(config.effective().unwrap(), Config::default().effective().unwrap());
            config.warnings().to_vec()
        };
        let slip = "HERD_LIMITS_LINES: unknown variable; did you mean \"HERD_LIMITS_LINE\"?";
        let other = "HERD_COLOUR_OF_THE_WEB_PAGE: unknown variable; limits.line is HERD_LIMITS_LINE, herd.dir is HERD_DIR";
        assert_eq!(
            warnings(&[("HERD_LIMITS_LINES", "1"), ("HERD_COLOUR_OF_THE_WEB_PAGE", "1")]),
            [other, slip]
        );
        assert_eq!(warnings(&[("HERD_a\nb", "1")])[0].lines().count(), 1);
        let port = "HERD_SERVERS_ALFORD_PORT: unknown variable; did you mean ";
        assert!(warnings(&[("HERD_SERVERS_ALFORD_PORT", "1")])[0].starts_with(port));
        assert_eq!(warnings(&[("HERD_LINE", "1")]).len(), 1);
        assert_eq!(warnings(&[("HERD_CONFIG", "a"), ("OTHER", "b")]), [""; 0]);
    }

    #[test]
    fn what_kubernetes_sets_is_one_warning() {
        let at = "tcp://10.0.0.11:12004";
        let variables = [
            ("HERD_SERVICE_HOST", "10.0.0.11"),
            ("HERD_SERVICE_PORT", "12004"),
            ("HERD_SERVICE_PORT_CLIENTS", "12004"),
            ("HERD_PORT", at),
            ("HERD_PORT_12004_TCP", at),
            ("HERD_PORT_12004_TCP_PROTO", "tcp"),
            ("HERD_PORT_12004_TCP_PORT", "12004"),
            ("HERD_PORT_12004_TCP_ADDR", "10.0.0.11"),
            ("HERD_LIMITS_LINE", "4096"),
        ];
        let config = layered("", &variables, &[]).unwrap();
        let warning =
            "HERD_PORT and 7 more: unknown variables; Kubernetes sets them for a service called herd";
        assert_eq!((config.limits.line, config.warnings()), (4096, &[warning.to_owned()][..]));
        assert!(
            layered("", &variables[3..4], &[]).unwrap().warnings()[0]
                .starts_with("HERD_PORT: unknown variable; ")
        );
    }

    #[test]
    fn another_variable_is_looked_up_by_its_name_and_never_shown() {
        let given = [("HERD_DIR", "d"), ("KEY", "secret")].map(|(name, value)| (name.into(), value.into()));
        let environment = Environment::from_iter(given);
        assert_eq!(environment.other("KEY").as_deref(), Some("secret"));
        assert_eq!((environment.other("HOME"), environment.other("")), (None, None));
        assert_eq!(format!("{environment:?}"), "Environment([(\"HERD_DIR\", \"d\")])");
        let process = Environment::of_process();
        assert!(process.other("PATH").is_some());
        assert_eq!(["", "a=b", "no variable"].map(|name| process.other(name)), [None, None, None]);
    }

    #[test]
    fn bad_values_name_variable_and_key() {
        assert_eq!(
            refused(&[("HERD_LIMITS_LINE", "0")]),
            "HERD_LIMITS_LINE: limits.line: must be greater than zero"
        );
        assert_eq!(
            refused(&[("HERD_LOG_TRAFFIC", "yes")]),
            "HERD_LOG_TRAFFIC: log.traffic: expected true or false, not \"yes\""
        );
    }

    #[test]
    fn a_variable_of_two_keys_is_refused() {
        let file =
            "servers.A = { client_port = 1, peer_port = 2 }\nservers.a = { client_port = 3, peer_port = 4 }";
        assert_eq!(
            layered(file, &[("HERD_SERVERS_A_HOST", "::1")], &[]).unwrap_err(),
            "HERD_SERVERS_A_HOST: may mean servers.A.host or servers.a.host; \
             set the one that is meant by file or flag"
        );
    }
}
