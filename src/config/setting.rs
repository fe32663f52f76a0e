//! A setting: what one line of the file, one variable or one flag says.

use std::fmt;

use toml::Value;

use super::error::{ConfigError, Origin, Problem};

/// A dotted key, part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key(pub(super) Vec<String>);

impl Key {
    /// The key of `dotted`, whose parts need no quotes.
    pub(super) fn new(dotted: &str) -> Key {
        Key(dotted.split('.').map(|part| part.trim().to_owned()).collect())
    }

    /// The key of `part` in the table that this key names.
    pub(super) fn join(&self, part: &str) -> Key {
        Key(self.0.iter().cloned().chain([part.to_owned()]).collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        };
        for (index, part) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            if bare(part) { write!(f, "{dot}{part}")? } else { write!(f, "{dot}{part:?}")? }
        }
        Ok(())
    }
}

/// What a key is set to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    /// As the file says it.
    Toml(Value),
    /// As a variable or a flag says it: the key decides what it is.
    Text(String),
}

impl Given {
    /// The value for a key that holds something like `like`: text where text belongs, so that no quotes are
    /// needed; else TOML if it is that; else text again.
    pub(super) fn value(self, like: &Value) -> Value {
        let text = match self {
            Given::Toml(value) => return value,
            Given::Text(text) => text,
        };
        match text.parse::<Value>() {
            Ok(value) if value.is_str() || !like.is_str() => value,
            _ => Value::String(text),
        }
    }
}

/// A key, what it is set to, and by whom.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    pub(super) key: Key,
    pub(super) given: Given,
    pub(super) origin: Origin,
}

impl Setting {
    /// The server that it is about.
    pub(super) fn server(&self) -> Option<&str> {
        match self.key.0.as_slice() {
            [section, name, ..] if section == "servers" => Some(name),
            _ => None,
        }
    }

    /// The setting of a flag, `key=value`.
    pub(super) fn of_flag(flag: &str) -> Result<Setting, ConfigError> {
        let (key, given) = match flag.split_once('=') {
            Some((key, text)) => (Key::new(key), Given::Text(text.trim().to_owned())),
            None => {
                let origin = Origin::Flag(Key::new(flag).to_string());
                return Err(ConfigError::general(Some(origin), Problem::NotAnAssignment));
            }
        };
        let origin = Origin::Flag(key.to_string());
        Ok(Setting { key, given, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, like: impl Into<Value>) -> Value {
        Given::Text(text.to_owned()).value(&like.into())
    }

    #[test]
    fn text_needs_no_quotes_where_text_belongs() {
        assert_eq!(value("2024", "herd-data"), Value::from("2024"));
        assert_eq!(value("\"2024\"", "herd-data"), Value::from("2024"));
        assert_eq!(value("10m", "5s"), Value::from("10m"));
    }

    #[test]
    fn elsewhere_toml_comes_first() {
        assert_eq!(value("4_096", 1), Value::from(4096));
        assert_eq!(value("false", true), Value::from(false));
        assert_eq!(value("[]", Value::Array(vec![])), Value::Array(vec![]));
        assert_eq!(value("4KiB", 1), Value::from("4KiB"));
    }

    #[test]
    fn a_key_prints_on_one_line() {
        assert_eq!(Key::new("limits.line").to_string(), "limits.line");
        assert_eq!(Key(vec!["a\nb".into(), "c.d".into()]).to_string(), "\"a\\nb\".\"c.d\"");
    }
}
