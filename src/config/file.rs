//! The configuration file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Value};

use super::environment::Environment;
use super::error::{ConfigError, Origin, Problem};
use super::setting::{Given, Key, Setting};

/// The file that is read where none is named, if there is one.
const DEFAULT: &str = "herd.toml";

/// A configuration file: its text, and its path for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    path: PathBuf,
    text: String,
}

impl ConfigFile {
    /// A file that has been read already.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> ConfigFile {
        ConfigFile { path: path.into(), text: text.into() }
    }

    /// Reads the file that is meant: `named` (`--config`), else `HERD_CONFIG`, else `herd.toml` in the
    /// current folder if there is one.
    ///
    /// # Errors
    ///
    /// If it cannot be read; a named one must exist.
    pub fn find(named: Option<&Path>, environment: &Environment) -> Result<Option<ConfigFile>, ConfigError> {
        match named.or(environment.config_file()) {
            Some(path) => Self::read(path).map(Some),
            None => match Self::read(Path::new(DEFAULT)) {
                Err(error) if is_missing(&error) => Ok(None),
                file => file.map(Some),
            },
        }
    }

    fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(ConfigFile::new(path, text)),
            Err(error) => {
                let origin = Origin::File { path: path.to_owned(), line: 0 };
                Err(ConfigError::general(Some(origin), Problem::Unreadable(error)))
            }
        }
    }

    /// What the file says, key by key.
    pub(super) fn settings(&self) -> Result<Vec<Setting>, ConfigError> {
        let reader = Reader { path: &self.path, ends: line_ends(&self.text) };
        let table = DeTable::parse(&self.text).map_err(|error| reader.syntax(&error))?;
        let mut settings = Vec::new();
        reader.collect(&Key::default(), table.into_inner(), &mut settings)?;
        Ok(settings)
    }
}

/// Takes the parsed file apart and remembers on which line everything was.
struct Reader<'a> {
    path: &'a Path,
    ends: Vec<usize>,
}

impl Reader<'_> {
    fn collect(&self, at: &Key, table: DeTable<'_>, settings: &mut Vec<Setting>) -> Result<(), ConfigError> {
        for (part, value) in table {
            let (key, span) = (at.join(part.get_ref()), value.span());
            match value.into_inner() {
                DeValue::Table(inner) if !inner.is_empty() => self.collect(&key, inner, settings)?,
                value => {
                    let given = Given::Toml(self.value(Spanned::new(span, value))?);
                    settings.push(Setting { key, given, origin: self.origin(part.span().start) });
                }
            }
        }
        Ok(())
    }

    fn value(&self, value: Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        Value::deserialize(ValueDeserializer::from(value)).map_err(|error| self.syntax(&error))
    }

    fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        let offset = error.span().map_or(0, |span| span.start);
        ConfigError::general(Some(self.origin(offset)), Problem::Syntax(error.message().to_owned()))
    }

    fn origin(&self, offset: usize) -> Origin {
        let line = 1 + self.ends.partition_point(|end| *end < offset);
        Origin::File { path: self.path.to_owned(), line }
    }
}

/// Where the lines of a text end.
fn line_ends(text: &str) -> Vec<usize> {
    text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset).collect()
}

fn is_missing(error: &ConfigError) -> bool {
    matches!(error.problem(), Problem::Unreadable(error) if error.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::read;
    use super::*;

    #[test]
    fn what_is_not_toml_is_refused_with_its_line() {
        assert_eq!(
            read("[log]\ntraffic true").unwrap_err(),
            "herd.toml:2: not TOML: key with no value, expected `=`"
        );
        assert_eq!(
            read("[log]\n\ntraffic = true\ntraffic = true").unwrap_err(),
            "herd.toml:4: not TOML: duplicate key"
        );
    }

    #[test]
    fn a_named_file_must_exist() {
        let message = "missing.toml: cannot be read: No such file or directory (os error 2)";
        let none = Environment::default();
        let error = ConfigFile::find(Some(Path::new("missing.toml")), &none).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(std::error::Error::source(&error).is_some());
        let variable = [("HERD_CONFIG".to_owned(), "missing.toml".to_owned())].into_iter().collect();
        assert_eq!(ConfigFile::find(None, &variable).unwrap_err().to_string(), message);
    }

    #[test]
    fn the_flag_wins_over_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(&path, "limits.line = 1").unwrap();
        let variable = [("HERD_CONFIG".to_owned(), "missing.toml".to_owned())].into_iter().collect();
        let file = ConfigFile::find(Some(&path), &variable).unwrap();
        assert_eq!(file, Some(ConfigFile::new(path, "limits.line = 1")));
    }

    /// Scraps of TOML.
    const SCRAPS: &str = "(\\[?[a-zA-Z.\"]{1,9}\\]?[ =\n]{0,2}[0-9\"a-z{}\\[\\],]{0,5}\n?){0,9}";

    proptest! {
        #[test]
        fn any_text_gives_a_configuration_or_an_error_of_one_line(text in SCRAPS) {
            if let Err(message) = read(&text) {
                prop_assert!(message.starts_with("herd.toml:"), "{}", message);
                prop_assert_eq!(message.lines().count(), 1);
            }
        }
    }
}
