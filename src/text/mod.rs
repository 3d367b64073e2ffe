//! Formats numbers and lists for messages, sentences and pictures.

/// A number with all its digits: "0.001", "1e-5".
pub fn exact(value: f64) -> String {
    if value != 0.0 && !(1e-4..1e7).contains(&value.abs()) { format!("{value:e}") } else { format!("{value}") }
}

/// A number with `digits` significant digits, including trailing zeros: "20.20". It has thousands separators; very small and
/// very large numbers are in scientific notation.
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    let rounded = rounded(value, digits);
    let magnitude = libm::floor(libm::log10(rounded.abs())) as i32;
    if !(-4..9).contains(&magnitude) {
        return scientific(rounded, digits);
    }
    decimals(rounded, (digits as i32 - 1 - magnitude).max(0) as usize)
}

/// A number with at most `digits` significant digits, without trailing zeros: "0.01", "3.45e-5". Integers keep all digits: "12,345".
pub fn short(value: f64, digits: usize) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return whole(value);
    }
    let rounded = rounded(value, digits);
    match rounded.abs() {
        size if !(1e-3..1e6).contains(&size) => scientific(rounded, digits),
        size if size >= 1e3 => whole(rounded.round()),
        _ => format!("{rounded}"),
    }
}

/// A number with a fixed number of decimals and thousands separators: "1,234.50".
pub fn decimals(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    format!("{}{}{rest}", if value < 0.0 && !is_zero { "-" } else { "" }, with_separators(whole))
}

fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.max(1) - 1).parse().unwrap_or(value)
}

/// A mantissa without trailing zeros, and a power of ten: "3.45e-5".
fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.*e}", digits.max(1) - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    format!("{mantissa}e{exponent}")
}

/// The significant digits of a loss.
const LOSS_DIGITS: usize = 4;

/// A loss, with four significant digits.
pub fn loss(value: f64) -> String {
    significant(value, LOSS_DIGITS)
}

/// A loss rounded to the digits of [`loss`]. Two losses are printed alike exactly if these numbers are equal.
pub fn rounded_loss(value: f64) -> f64 {
    rounded(value, LOSS_DIGITS)
}

/// A ratio: "2.2", "34", "1.03".
pub fn ratio(value: f64) -> String {
    match value {
        value if value < 1.095 => format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_string(),
        value if value < 9.95 => format!("{value:.1}"),
        value if value < 1e6 => whole(value.round()),
        value => format!("{value:.0e}"),
    }
}

/// A condition number: its integer part, or three significant digits below 1,000.
pub fn condition(value: f64) -> String {
    if (1e3..1e15).contains(&value) { whole(value.trunc()) } else { significant(value, 3) }
}

/// An integer with thousands separators.
fn whole(value: f64) -> String {
    format!("{}{}", if value < 0.0 { "-" } else { "" }, with_separators(&format!("{:.0}", value.abs())))
}

/// A count with thousands separators: "1,000,000".
pub fn grouped(count: impl Into<u128>) -> String {
    with_separators(&count.into().to_string())
}

fn with_separators(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Text that came from a file, safe to print: control characters and characters that change the direction of writing are replaced by their escapes,
/// such as `\u{1b}`. Line breaks stay.
pub fn printable(text: &str) -> String {
    let is_unsafe =
        |c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}'));
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A text, or its first `longest` characters and two points if it is longer.
pub fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.into(),
    }
}

/// A count with its noun: "1 run", "2 runs".
pub fn count(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count as u64), if count == 1 { "" } else { "s" })
}

/// A list in words: "a", "a and b", "a, b and c".
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().into(),
        [first @ .., last] => format!("{} and {}", first.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "), last.as_ref()),
    }
}

/// An argument as a POSIX shell reads it.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+,:@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) { word.into() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, text) in [("a.toml", "a.toml"), ("my sweep", "'my sweep'"), ("it's", "'it'\\''s'"), ("", "''"), ("[1,2]", "'[1,2]'")] {
            assert_eq!(shell_word(word), text);
        }
    }
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn losses_are_printed_alike_exactly_if_their_rounded_values_are_equal(
            value in -2.0_f64..2.0,
            exponent in -30..30,
            step in -2e-4_f64..2e-4,
        ) {
            let value = value * libm::pow(10.0, f64::from(exponent));
            let other = value * (1.0 + step);
            prop_assert_eq!(loss(value) == loss(other), rounded_loss(value) == rounded_loss(other), "{} and {}", value, other);
        }
    }

    #[test]
    fn significant_digits_are_kept() {
        let cases = [
            (20.1984, 4, "20.20"),
            (8.9981, 4, "8.998"),
            (109_618.3, 6, "109,618"),
            (109_618.3, 3, "110,000"),
            (3.453_48e-5, 3, "3.45e-5"),
            (9.9999, 3, "10.0"),
            (-1234.5, 5, "-1,234.5"),
            (0.0, 3, "0"),
            (1e12, 3, "1e12"),
            (0.000_123_4, 3, "0.000123"),
        ];
        for (value, digits, text) in cases {
            assert_eq!(significant(value, digits), text, "{value}");
        }
        assert_eq!([20.2, 8.997_89, 1234.56, 0.0, 1e-7].map(loss), ["20.20", "8.998", "1,235", "0", "1e-7"]);
    }

    #[test]
    fn short_numbers_end_without_zeros() {
        let cases = [
            (0.001, "0.001"),
            (1e-4, "1e-4"),
            (0.316_227_766, "0.316"),
            (10.0, "10"),
            (0.0, "0"),
            (3.16e-5, "3.16e-5"),
            (12_345.0, "12,345"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value, 3), text);
        }
        assert_eq!([0.4249, 28.96, 1.04, 9.96e-6].map(|value| short(value, 2)), ["0.42", "29", "1", "1e-5"]);
        assert_eq!([1e-5, 0.25, -2.0].map(exact), ["1e-5", "0.25", "-2"]);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("a\u{1b}[31mRED \u{202e}x\u{9b}\r\n\u{1}é κ"), "a\\u{1b}[31mRED \\u{202e}x\\u{9b}\\u{d}\n\\u{1}é κ");
    }

    #[test]
    fn counts_ratios_and_lists_read_well() {
        assert_eq!([0_u64, 999, 1_000_000].map(grouped), ["0", "999", "1,000,000"]);
        assert_eq!([count(1, "run"), count(2000, "run")], ["1 run", "2,000 runs"]);
        assert_eq!([1.0, 1.0312, 2.245, 34.4, 12_345.6].map(ratio), ["1", "1.031", "2.2", "34", "12,346"]);
        assert_eq!([1.0, 18.96, 109_618.7].map(condition), ["1.00", "19.0", "109,618"]);
        assert_eq!([&["a"][..], &["a", "b"], &["a", "b", "c"]].map(list), ["a", "a and b", "a, b and c"]);
    }
}
