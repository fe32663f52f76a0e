//! A configuration is accepted or refused with one line that names whoever wrote what is wrong; what is
//! accepted prints, and reads back as the same.
//!
//! The input: the text of a file; behind each NUL a flag, or behind `HERD_` a variable.

use herd::config::{Config, ConfigError, ConfigFile, Environment, Origin};

const FILE: &str = "herd.toml";

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let mut parts = text.split('\0');
    let file = parts.next().unwrap_or_default();
    let (variables, flags): (Vec<&str>, Vec<&str>) =
        parts.take(8).partition(|part| part.starts_with("HERD_"));
    let variables = variables.iter().filter_map(|variable| variable.split_once('='));
    let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let flags: Vec<String> = flags.into_iter().map(str::to_owned).collect();
    match read(file, &environment, &flags) {
        Ok(config) => check_accepted(&config),
        Err(error) => check_refused(&error, file),
    }
}

fn read(text: &str, environment: &Environment, flags: &[String]) -> Result<Config, ConfigError> {
    Config::layered(Some(&ConfigFile::new(FILE, text)), environment, flags)
}

fn check_accepted(config: &Config) {
    let effective = match config.effective() {
        Ok(effective) => effective,
        Err(error) => panic!("accepted, and cannot be printed: {error}"),
    };
    let again = match read(&effective, &Environment::default(), &[]) {
        Ok(config) => config,
        Err(error) => panic!("{error} in\n{effective}"),
    };
    let [before, after] = [config, &again].map(|config| format!("{config:?}"));
    assert_eq!(without_origins(&before), without_origins(&after));
    assert!(config.notices().iter().all(|notice| is_one_line(notice)));
}

/// All of it, but for who set what.
fn without_origins(debug: &str) -> &str {
    debug.rsplit_once(", origins: ").map_or(debug, |(before, _)| before)
}

fn check_refused(error: &ConfigError, file: &str) {
    let message = error.to_string();
    assert!(is_one_line(&message), "{message:?}");
    match error.origin() {
        Some(Origin::File { path, line }) => {
            assert_eq!(path.to_str(), Some(FILE));
            assert!((1..=file.split('\n').count()).contains(line), "there is no such line: {message}");
            assert!(message.starts_with(&format!("{FILE}:{line}: ")), "{message}");
        }
        Some(Origin::Variable(name)) => {
            assert!(message.starts_with(&name.escape_debug().to_string()), "{message}");
        }
        Some(Origin::Flag(key)) => assert!(message.starts_with(&format!("--set {key}: ")), "{message}"),
        _ => panic!("nobody has written what is wrong: {message}"),
    }
}

fn is_one_line(text: &str) -> bool {
    !text.contains(['\n', '\r'])
}
