//! One JSON object from a web service, read strictly (RFC 8259).

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use super::surrogates;

/// How deep an answer may be nested. Places need six; whoever reads our replies may recurse.
pub(super) const DEPTH: usize = 64;

/// The text of one JSON object, in which half a surrogate pair stands for U+FFFD.
pub(super) struct ObjectText<'a>(Cow<'a, [u8]>);

impl<'a> ObjectText<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> ObjectText<'a> {
        ObjectText(surrogates::replaced(bytes))
    }

    /// Reads it as a `T` that borrows from it. Keys that `T` names stand in it once.
    pub(super) fn read<'t, T: Deserialize<'t>>(&'t self) -> Result<T, NotAnObject> {
        let text = str::from_utf8(&self.0).map_err(|_| NotAnObject::NotUtf8)?;
        // serde would take a list for a struct, too.
        if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
            return Err(NotAnObject::OtherJson);
        }
        if depth(text) > DEPTH {
            return Err(NotAnObject::TooDeep);
        }
        serde_json::from_str(text)
            .map_err(|error| NotAnObject::Json { line: error.line(), column: error.column() })
    }

    /// Where `part`, which was read from it, ends in the bytes that it was made of.
    pub(super) fn end_of(&self, part: &RawValue) -> usize {
        part.get().as_ptr().addr() - self.0.as_ptr().addr() + part.get().len()
    }
}

/// How deep the brackets outside strings are nested at most, be it JSON or not.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Goes on to the end of a string whose quotation mark was read.
fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return,
            _ => {}
        }
    }
}

/// Why a text is not the object that was looked for. It holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAnObject {
    /// Its bytes are not UTF-8.
    NotUtf8,
    /// It is not an object.
    OtherJson,
    /// It is nested too deep.
    TooDeep,
    /// It is not JSON, or not of the form that was looked for.
    Json {
        /// Where that was seen, from 1.
        line: usize,
        /// The byte of that line, from 1.
        column: usize,
    },
}

impl fmt::Display for NotAnObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAnObject::NotUtf8 => f.write_str("it is not UTF-8"),
            NotAnObject::OtherJson => f.write_str("it is not a JSON object"),
            NotAnObject::TooDeep => write!(f, "it is nested deeper than {DEPTH}"),
            NotAnObject::Json { line, column } => {
                write!(f, "it is not the JSON that was asked for (line {line}, column {column})")
            }
        }
    }
}

impl Error for NotAnObject {}

/// A number with its digits as they came: 4.50 stays 4.50, and no digit is lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number<'a>(&'a str);

impl Number<'_> {
    /// What proto3 JSON leaves out.
    pub(super) const ZERO: Number<'static> = Number("0");

    /// The nearest `f64`.
    pub(super) fn value(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN) // never: every JSON number is one
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Number<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        is_number.then_some(Number(text)).ok_or_else(|| de::Error::custom("not a number"))
    }
}

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn judge(text: &[u8]) -> Result<(), NotAnObject> {
        ObjectText::new(text).read::<IgnoredAny>().map(drop)
    }

    #[test]
    fn only_one_whole_object_will_do() {
        for good in ["{}", " \r\n\t{\"a\" : [1, -0.5e+3, \"\\u00e9é\\\"\"]}\n", "{\"a\":{\"a\":null}}"] {
            assert_eq!(judge(good.as_bytes()), Ok(()), "{good}");
        }
        for other in ["", " ", "[]", "[{}]", "1", "\"{}\"", "\u{feff}{}", "\u{a0}{}"] {
            assert_eq!(judge(other.as_bytes()), Err(NotAnObject::OtherJson), "{other}");
        }
        for bad in ["{", "{}}", "{} {}", "{\"a\"}", "{\"a\":01}", "{\"a\":1,}", "{'a':1}", "{\"a\":\"\n\"}"] {
            assert!(matches!(judge(bad.as_bytes()), Err(NotAnObject::Json { .. })), "{bad}");
        }
        assert_eq!(judge(b"{\"a\":\"\xff\"}"), Err(NotAnObject::NotUtf8));
    }

    #[test]
    fn a_hundred_thousand_brackets_are_refused_closed_or_not() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert_eq!(judge(nested(DEPTH).as_bytes()), Ok(()));
        assert_eq!(judge(nested(DEPTH + 1).as_bytes()), Err(NotAnObject::TooDeep));
        assert_eq!(judge(nested(100_000).as_bytes()), Err(NotAnObject::TooDeep));
        let open = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(judge(open.as_bytes()), Err(NotAnObject::TooDeep));
    }

    #[test]
    fn brackets_in_strings_are_not_counted() {
        let text = format!("{{\"a\":\"\\\\\\\"{}\"}}", "[".repeat(1_000));
        assert_eq!(judge(text.as_bytes()), Ok(()));
    }

    #[test]
    fn a_number_keeps_its_digits_and_is_nothing_else() {
        for digits in ["4.50", "-0", "34.0689301234567890123", "1e400", "0"] {
            let number: Number<'_> = serde_json::from_str(digits).unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), digits);
        }
        for other in ["\"1\"", "null", "true", "[1]", "{}"] {
            assert!(serde_json::from_str::<Number<'_>>(other).is_err(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_judged_as_serde_json_judges_them(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..64),
                "[{}\\[\\]:,\"\\\\ a0-9eu.-]{0,40}".prop_map(String::into_bytes),
            ],
        ) {
            let is_object = serde_json::from_slice::<IgnoredAny>(&bytes).is_ok()
                && str::from_utf8(&bytes).is_ok_and(|text| text.trim_ascii_start().starts_with('{'));
            prop_assert_eq!(judge(&bytes).is_ok(), is_object);
        }
    }
}
