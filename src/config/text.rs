//! How durations, sizes, links and optional paths are written in TOML (`#[serde(with = ...)]`).

/// Durations as text: `"24h"`, `"10m"`, `"1m 30s"`.
pub(super) mod duration {
    use std::time::Duration;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;
    use toml::Value;

    pub(in crate::config) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*duration))
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        match Value::deserialize(from)? {
            Value::String(text) => humantime::parse_duration(&text)
                .map_err(|error| D::Error::custom(format_args!("{text:?} is not a duration: {error}"))),
            other => Err(D::Error::custom(format_args!(
                "expected a duration such as \"10m\" or \"5s\", not {other}"
            ))),
        }
    }
}

/// Sizes in bytes, as an integer or as text: `16384`, `"100MB"` (powers of 1000), `"16KiB"` (of 1024).
pub(super) mod size {
    use bytesize::ByteSize;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;
    use toml::Value;

    /// The shortest form that is exact.
    pub(in crate::config) fn serialize<S, N>(size: &N, to: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
        N: Copy + TryInto<u64>,
    {
        match (*size).try_into().unwrap_or(u64::MAX) {
            0 => to.serialize_u64(0),
            n if n % bytesize::MB == 0 => to.collect_str(&format_args!("{}MB", n / bytesize::MB)),
            n if n % bytesize::KB == 0 => to.collect_str(&format_args!("{}kB", n / bytesize::KB)),
            n => to.serialize_u64(n),
        }
    }

    pub(in crate::config) fn deserialize<'de, D, N>(from: D) -> Result<N, D::Error>
    where
        D: Deserializer<'de>,
        N: TryFrom<u64>,
    {
        let value = Value::deserialize(from)?;
        let bytes = bytes(&value).filter(|bytes| i64::try_from(*bytes).is_ok()); // TOML's largest integer
        bytes.and_then(|bytes| N::try_from(bytes).ok()).ok_or_else(|| {
            D::Error::custom(format_args!("expected a size such as \"100MB\" or 16384, not {value}"))
        })
    }

    fn bytes(value: &Value) -> Option<u64> {
        match value {
            Value::Integer(bytes) => u64::try_from(*bytes).ok(),
            Value::String(text) => text.parse::<ByteSize>().ok().map(|size| size.as_u64()),
            _ => None,
        }
    }
}

/// Links: pairs of names.
pub(super) mod links {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};
    use toml::Value;

    type Links = Vec<[String; 2]>;

    pub(in crate::config) fn serialize<S: Serializer>(links: &Links, to: S) -> Result<S::Ok, S::Error> {
        links.serialize(to)
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Links, D::Error> {
        let value = Value::deserialize(from)?;
        value.clone().try_into().map_err(|_| {
            let example = "[[\"Alford\", \"Ball\"], [\"Ball\", \"Welsh\"]]";
            D::Error::custom(format_args!("expected pairs of servers, as in {example}, not {value}"))
        })
    }
}

/// A path that may be absent: TOML has no null, so the empty text stands for none.
pub(super) mod optional_path {
    use std::path::{Path, PathBuf};

    use serde::de::{Deserialize, Deserializer};
    use serde::ser::Serializer;

    pub(in crate::config) fn serialize<S: Serializer>(
        path: &Option<PathBuf>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&path.as_deref().unwrap_or(Path::new("")).display())
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<PathBuf>, D::Error> {
        let path = PathBuf::deserialize(from)?;
        Ok(Some(path).filter(|path| !path.as_os_str().is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(deny_unknown_fields)]
    struct Texts {
        #[serde(with = "super::duration", default)]
        duration: Duration,
        #[serde(with = "super::size", default)]
        size: u64,
        #[serde(with = "super::optional_path", default)]
        path: Option<PathBuf>,
    }

    fn read(text: &str) -> Result<Texts, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    #[test]
    fn durations_are_text_with_a_unit() {
        assert_eq!(read("duration = \"1m 30s\"").unwrap().duration, Duration::from_secs(90));
        let refused = [
            ("duration = 5", "expected a duration such as \"10m\" or \"5s\", not 5"),
            ("duration = \"5\"", "\"5\" is not a duration: time unit needed, for example 5sec or 5ms"),
            ("duration = \"\"", "\"\" is not a duration: value was empty"),
        ];
        for (text, message) in refused {
            assert_eq!(read(text).unwrap_err(), message);
        }
    }

    #[test]
    fn sizes_are_integers_or_text() {
        let sizes = [("4096", 4096), ("\"4096\"", 4096), ("\"4KiB\"", 4096), ("\"100MB\"", 100_000_000)];
        for (text, size) in sizes {
            assert_eq!(read(&format!("size = {text}")).unwrap().size, size, "{text}");
        }
        for text in ["-1", "1.5", "\"much\"", "\"-1MB\"", "\"99999999EB\"", "true"] {
            let message = format!("expected a size such as \"100MB\" or 16384, not {text}");
            assert_eq!(read(&format!("size = {text}")).unwrap_err(), message);
        }
    }

    #[test]
    fn an_empty_path_is_none() {
        assert_eq!(read("path = \"\"").unwrap().path, None);
        assert_eq!(read("path = \"ca.pem\"").unwrap().path, Some("ca.pem".into()));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(
            nanos: u64,
            bytes in 0..=i64::MAX as u64,
            path in "[a-z]{0,3}",
        ) {
            let duration = Duration::from_nanos(nanos);
            let path = Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty());
            for size in [bytes, bytes % 1_000_000 * 1000] {
                let texts = Texts { duration, size, path: path.clone() };
                prop_assert_eq!(read(&toml::to_string(&texts).unwrap()).unwrap(), texts);
            }
        }
    }
}
