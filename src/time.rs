//! Moments as text: `YYYY-MM-DDTHH:MM:SS.sssZ`, the form in which databases without a type for them store moments.

use std::time::{SystemTime, UNIX_EPOCH};

/// The first moment of the year 0001.
pub const FIRST: i64 = -62_135_596_800_000;
/// The last millisecond of the year 9999.
pub const LAST: i64 = 253_402_300_799_999;

/// Writes a moment, in milliseconds since 1970 UTC, years 0001 to 9999.
pub fn write(millis: i64) -> [u8; 24] {
    let days = millis.div_euclid(86_400_000);
    let (year, month, day) = civil(days);
    let within = millis.rem_euclid(86_400_000);
    let mut out = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, width: usize, mut n: i64| {
        for i in (at..at + width).rev() {
            out[i] = b'0' + (n % 10) as u8;
            n /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month);
    put(8, 2, day);
    put(11, 2, within / 3_600_000);
    put(14, 2, within / 60_000 % 60);
    put(17, 2, within / 1000 % 60);
    put(20, 3, within % 1000);
    out
}

/// Now, as `write` writes it.
pub fn now() -> String {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    String::from_utf8_lossy(&write(millis.clamp(FIRST, LAST))).into_owned()
}

/// Writes a moment with microseconds within its millisecond, if there are any.
pub fn write_micros(millis: i64, micros: i64, mut put: impl FnMut(&[u8])) {
    let text = write(millis);
    if micros == 0 {
        return put(&text);
    }
    put(&text[..23]);
    put(format!("{micros:03}Z").as_bytes());
}

/// Whether a moment is in the form in which `write` writes it: the only one whose order as text is that of time.
pub fn is_written_as_ours(text: &[u8]) -> bool {
    matches!(text, [_, _, _, _, b'-', _, _, b'-', _, _, b'T', .., b'.', _, _, _, b'Z'] if text.len() == 24)
}

/// Reads a moment; also `YYYY-MM-DD HH:MM:SS`, with any number of digits after the second and with
/// or without the Z, as SQLite's own functions write it. `None` if the text is not a moment.
pub fn read(text: &[u8]) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let mut n = 0;
        for b in text.get(range)? {
            if !b.is_ascii_digit() {
                return None;
            }
            n = n * 10 + i64::from(b - b'0');
        }
        Some(n)
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let shaped =
        text[4] == b'-' && text[7] == b'-' && matches!(text[10], b'T' | b' ') && text[13] == b':' && text[16] == b':';
    let exists = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    if !shaped || !exists || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut millis = 0;
    let mut at = 19;
    if text.get(at) == Some(&b'.') {
        at += 1;
        let mut weight = 100;
        while let Some(digit) = text.get(at).filter(|b| b.is_ascii_digit()) {
            millis += i64::from(digit - b'0') * weight;
            weight /= 10;
            at += 1;
        }
    }
    if !(at == text.len() || (text[at] == b'Z' && at + 1 == text.len())) {
        return None;
    }
    let days = days(year, month, day);
    Some(days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis)
}

/// Whether a text is a day of the years 0001 to 9999: `YYYY-MM-DD`.
pub fn is_date(text: &[u8]) -> bool {
    let Ok(text) = <[u8; 10]>::try_from(text) else { return false };
    let mut moment = *b"0000-00-00T00:00:00";
    moment[..10].copy_from_slice(&text);
    read(&moment).is_some_and(|millis| millis >= FIRST)
}

/// How many days a month has.
fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970 of a date of the proleptic Gregorian calendar.
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a number of days since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * day_of_year + 2) / 153;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * m + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_of_other_forms_are_told_from_ours() {
        assert!(is_written_as_ours(b"2000-02-29T12:34:56.789Z"));
        for other in [
            "2000-02-29 12:34:56.789Z",
            "2000-02-29T12:34:56.7890",
            "2000-02-29T12:34:56.789",
            "2000-02-29T12:34:56.789123Z",
            "2000-02-29T12:34:56Z",
            "2000-02-29 12:34:56",
            "",
        ] {
            assert!(!is_written_as_ours(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn known_moments() {
        assert_eq!(&write(0), b"1970-01-01T00:00:00.000Z");
        assert_eq!(&write(-1), b"1969-12-31T23:59:59.999Z");
        assert_eq!(&write(951_827_696_789), b"2000-02-29T12:34:56.789Z");
        assert_eq!(&write(-62_135_596_800_000), b"0001-01-01T00:00:00.000Z");
        assert_eq!(&write(253_402_300_799_999), b"9999-12-31T23:59:59.999Z");
        assert_eq!(read(b"2000-02-29 12:34:56"), Some(951_827_696_000));
        assert_eq!(read(b"2000-02-29T12:34:56.7"), Some(951_827_696_700));
        for bad in ["", "2000-02-30T00:00:00.000Z", "2001-02-29T00:00:00Z", "2000-13-01T00:00:00Z", "2000-01-01", "x"] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn every_month_has_its_days() {
        for (year, month) in (0..=9999).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            let last = days_of(year, month);
            assert_eq!(civil(days(year, month, last)), (year, month, last));
            assert_ne!(civil(days(year, month, last + 1)), (year, month, last + 1));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(millis in -62_135_596_800_000i64..=253_402_300_799_999) {
            prop_assert_eq!(read(&write(millis)), Some(millis));
        }
    }
}
