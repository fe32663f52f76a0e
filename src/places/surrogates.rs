//! Halves of surrogate pairs in JSON.
//!
//! RFC 8259, 8.2 allows the escape of one half without the other, as is left where a text in UTF-16 was cut. No
//! `str` can hold it, so serde_json refuses the whole text for it.

use std::borrow::Cow;

use memchr::memchr;

/// The length of an escape `\uXXXX`.
const ESCAPE: usize = 6;
/// The escape of the replacement character.
const REPLACEMENT: &[u8; ESCAPE] = br"\ufffd";

/// A JSON text in which every half of a pair is U+FFFD; every other byte is as it was, and where it was.
pub(super) fn replaced(text: &[u8]) -> Cow<'_, [u8]> {
    let mut whole = Cow::Borrowed(text);
    let mut at = 0;
    while let Some(before) = memchr(b'\\', text.get(at..).unwrap_or_default()) {
        at += before;
        at += match (unit(text, at), unit(text, at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                whole.to_mut()[at..at + ESCAPE].copy_from_slice(REPLACEMENT);
                ESCAPE
            }
            (Some(_), _) => ESCAPE,
            (None, _) => 2,
        };
    }
    whole
}

/// The UTF-16 code unit whose escape begins at `at`, if one does.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix(br"\u")?;
    let digit = |digit: &u8| char::from(*digit).to_digit(16);
    let value = digits.iter().try_fold(0, |value, hex| Some(value * 16 + digit(hex)?))?;
    u16::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        serde_json::from_slice(&replaced(text.as_bytes())).unwrap()
    }

    #[test]
    fn every_half_becomes_one_replacement_character() {
        for (text, expected) in [
            (r#""Cut \ud83d""#, "Cut \u{fffd}"),
            (r#""\uDE00 cut""#, "\u{fffd} cut"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\n\ude00""#, "\u{fffd}\n\u{fffd}"),
            (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
            (r#""\ud83d ude00""#, "\u{fffd} ude00"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_without_halves_is_not_copied() {
        for text in
            ["", "{}", r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e9 \" \\""#, r"\", r"\ud83", r"\u+83d"]
        {
            assert!(matches!(replaced(text.as_bytes()), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_string_of_any_code_units_is_read_as_utf_16_is(units in prop::collection::vec(
            prop_oneof![any::<u16>(), 0xd800..0xe000_u16], 0..8,
        )) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            prop_assert_eq!(read(&format!("\"{escapes}\"")), String::from_utf16_lossy(&units));
        }

        #[test]
        fn nothing_else_is_changed(text in r#"([{}",a]|\\u?[0-9d]{0,5}|\\\\|é){0,8}"#) {
            let whole = replaced(text.as_bytes());
            prop_assert_eq!(whole.len(), text.len());
            prop_assert!(str::from_utf8(&whole).is_ok());
            let again = replaced(&whole);
            prop_assert_eq!(&again, &whole);
        }
    }
}
