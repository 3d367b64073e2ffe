//! Numbers and lists in sentences.

/// As short as four digits allow: `0.01`, `3.453e-5`, `160`.
pub fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if value.fract() == 0.0 && value.abs() < 1e15 {
        grouped(value)
    } else if (1e-4..1e6).contains(&rounded.abs()) {
        format!("{rounded}")
    } else {
        format!("{rounded:e}")
    }
}

/// `digits` significant digits, trailing zeros kept: a loss of 20.20 is known to four.
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent: i32 = scientific.rsplit('e').next().and_then(|exponent| exponent.parse().ok()).unwrap_or(0);
    if !(-4..7).contains(&exponent) {
        return scientific;
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    format!("{value:.decimals$}")
}

/// A loss.
pub fn loss(value: f64) -> String {
    significant(value, 4)
}

/// Two digits: `0.42`, `29`, `1e-5`.
pub fn short(value: f64) -> String {
    number(format!("{value:.1e}").parse().unwrap_or(value))
}

/// How many times as large: `2.2`, `34`, `1.03`.
pub fn ratio(value: f64) -> String {
    match value {
        value if value < 1.095 => format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_string(),
        value if value < 9.95 => format!("{value:.1}"),
        value if value < 1e6 => grouped(value.round()),
        value => format!("{value:.0e}"),
    }
}

/// A condition number: its whole part with thousands apart, or three digits where it is small.
pub fn condition(value: f64) -> String {
    if (1e3..1e15).contains(&value) { grouped(value.trunc()) } else { significant(value, 3) }
}

/// A whole number, thousands apart from five digits on.
pub fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let sign = if value < 0.0 { "-" } else { "" };
    if digits.len() < 5 {
        return format!("{sign}{digits}");
    }
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{sign}{}", groups.join(","))
}

/// `1 run`, `2 runs`.
pub fn count(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count as f64), if count == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().into(),
        [first @ .., last] => format!("{} and {}", first.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "), last.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_losses_keep_their_zeros() {
        assert_eq!(
            [0.01, 160.0, 3.45348e-5, 1e-6, 12_345.0, 0.123_456_7].map(number),
            ["0.01", "160", "3.453e-5", "1e-6", "12,345", "0.1235"]
        );
        assert_eq!([20.2, 8.99789, 1234.56, 0.0, 1e-7, 9.9999].map(loss), ["20.20", "8.998", "1235", "0", "1.000e-7", "10.00"]);
        assert_eq!([1.0, 1.0312, 2.245, 34.4, 12_345.6].map(ratio), ["1", "1.031", "2.2", "34", "12,346"]);
        assert_eq!([1.0, 18.96, 109_618.7].map(condition), ["1.00", "19.0", "109,618"]);
    }

    #[test]
    fn shares_have_two_digits() {
        assert_eq!([0.4249, 28.96, 1.04, 9.96e-6].map(short), ["0.42", "29", "1", "1e-5"]);
    }

    #[test]
    fn lists_end_in_and() {
        assert_eq!([&["a"][..], &["a", "b"], &["a", "b", "c"]].map(list), ["a", "a and b", "a, b and c"]);
    }
}
