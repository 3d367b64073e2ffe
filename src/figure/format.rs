//! Numbers as people read them, in pictures and on stdout.

/// `value` with so many significant digits: "20.20", "8.998", "109,618"; as a power of ten where it is very small or very large.
pub fn number(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    let rounded: f64 = format!("{value:.*e}", digits.max(1) - 1).parse().unwrap_or(value);
    let magnitude = libm::floor(libm::log10(rounded.abs())) as i32;
    if !(-4..9).contains(&magnitude) {
        return power(rounded, digits);
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    let text = format!("{:.decimals$}", rounded.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    format!("{}{}{rest}", if rounded < 0.0 { "-" } else { "" }, grouped(whole))
}

/// A mantissa without trailing zeros, and a power of ten: "3.45e-5".
fn power(value: f64, digits: usize) -> String {
    let text = format!("{value:.*e}", digits.max(1) - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    format!("{mantissa}e{exponent}")
}

/// A setting such as a learning rate: three digits, no trailing zeros: "0.001", "0.32", "1e-4".
pub fn rate(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    if rounded != 0.0 && !(1e-3..1e6).contains(&rounded.abs()) {
        return power(rounded, 3);
    }
    format!("{rounded}")
}

/// A count with thousands separators: "1,000,000".
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
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
            assert_eq!(number(value, digits), text, "{value}");
        }
    }

    #[test]
    fn rates_are_short() {
        let cases =
            [(0.001, "0.001"), (1e-4, "1e-4"), (0.316_227_766, "0.316"), (10.0, "10"), (0.0, "0"), (1.0, "1"), (3.16e-5, "3.16e-5")];
        for (value, text) in cases {
            assert_eq!(rate(value), text);
        }
        assert_eq!((count(0), count(999), count(1_000_000)), ("0".into(), "999".into(), "1,000,000".into()));
    }
}
