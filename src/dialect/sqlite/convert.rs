//! How the values of one kind become those of another. SQLite's CAST never fails, it guesses: so what could change a value
//! unseen has a condition beside it, which every row must meet first.

use crate::diff::{self, Conversion as Class};
use crate::schema::Kind;

/// A value on its way.
#[derive(Debug, PartialEq)]
pub(super) struct Conversion {
    /// What every value must meet, where the new column's own CHECK does not say it.
    pub fits: Option<String>,
    /// The expression that makes the new value.
    pub value: String,
}

/// The largest whole number up to which a double holds each.
const EXACT: i64 = 9_007_199_254_740_992;

const MOMENT: &str = "%Y-%m-%dT%H:%M:%fZ";

/// How the value `x`, of the kind `from`, becomes one of `to`; None where there is no way.
pub(super) fn conversion(from: &Kind, to: &Kind, x: &str) -> Option<Conversion> {
    use Kind::*;
    if diff::conversion(from, to) == Class::Impossible {
        return None;
    }
    let sure = |value: String| Conversion { fits: None, value };
    let plain = || sure(x.to_owned());
    let checked = |fits: String, value: String| Conversion { fits: Some(fits), value };
    Some(match (from, to) {
        (from, Int32) if wide(from) => checked(within_32(x), x.to_owned()),
        (from, to) if whole(from) && whole(to) => plain(),
        (Int32, Real) => sure(format!("CAST({x} AS REAL)")),
        (from, Real) if whole(from) => {
            checked(format!("{x} BETWEEN -{EXACT} AND {EXACT}"), format!("CAST({x} AS REAL)"))
        }
        (Real, to) if whole(to) => {
            let range = if *to == Int32 { within_32(x) } else { format!("{x} BETWEEN -{EXACT} AND {EXACT}") };
            checked(format!("{range} AND {x} = CAST({x} AS INTEGER)"), format!("CAST({x} AS INTEGER)"))
        }
        (from, Decimal { precision, scale }) if whole(from) => {
            let most = power(precision - scale) - 1;
            let value = times(x, *scale);
            match diff::conversion(from, to) {
                Class::Sure => sure(value),
                _ => checked(format!("{x} BETWEEN -{most} AND {most}"), value),
            }
        }
        (Decimal { scale, .. }, to) if whole(to) => {
            let value = over(x, *scale);
            let mut conditions = Vec::new();
            conditions.extend((*scale > 0).then(|| format!("{x} % {} = 0", power(*scale))));
            conditions.extend((*to == Int32).then(|| within_32(&value)));
            let fits = Some(conditions.join(" AND ")).filter(|text| !text.is_empty());
            Conversion { fits, value }
        }
        (Decimal { scale: before, .. }, Decimal { precision, scale }) if scale >= before => {
            let more = scale - before;
            match diff::conversion(from, to) {
                Class::Sure => sure(times(x, more)),
                _ => {
                    let most = (power(*precision) - 1) / power(more);
                    checked(format!("{x} BETWEEN -{most} AND {most}"), times(x, more))
                }
            }
        }
        (Decimal { scale: before, .. }, Decimal { precision, scale }) => {
            let (fewer, most) = (power(before - scale), power(*precision) - 1);
            checked(format!("{x} % {fewer} = 0 AND {x} / {fewer} BETWEEN -{most} AND {most}"), format!("{x} / {fewer}"))
        }
        (Decimal { scale, .. }, Real) => sure(format!("{x} / {}.0", power(*scale))),
        // Only the decimal that reads back as the same double.
        (Real, Decimal { precision, scale }) => {
            let (unit, most) = (power(*scale), power(*precision) - 1);
            let value = format!("CAST(round({x} * {unit}.0) AS INTEGER)");
            checked(format!("{value} / {unit}.0 = {x} AND {value} BETWEEN -{most} AND {most}"), value)
        }
        (Boolean, to) if whole(to) => plain(),
        (from, Boolean) if whole(from) => plain(),
        (Timestamp, Date) => sure(format!("substr({x}, 1, 10)")),
        (Date, Timestamp) => sure(format!("{x} || 'T00:00:00.000Z'")),
        (Text { .. }, to) => return Some(from_text(to, x)),
        (from, Text { .. }) => sure(to_text(from, x)),
        _ => plain(),
    })
}

fn to_text(from: &Kind, x: &str) -> String {
    match from {
        from if whole(from) => format!("CAST({x} AS TEXT)"),
        Kind::Decimal { scale: 0, .. } => format!("CAST({x} AS TEXT)"),
        Kind::Decimal { scale, .. } => {
            let unit = power(*scale);
            let digits =
                format!("printf('%s%d.%0{scale}d', iif({x} < 0, '-', ''), abs({x}) / {unit}, abs({x}) % {unit})");
            format!("CASE WHEN {x} IS NOT NULL THEN {digits} END")
        }
        Kind::Boolean => format!("CASE {x} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"),
        _ => x.to_owned(),
    }
}

/// Only from the form in which the kind's values are written as text: what else could be read (spaces, leading zeros,
/// `yes`) would not come back as it was.
fn from_text(to: &Kind, x: &str) -> Conversion {
    let checked = |fits: String, value: String| Conversion { fits: Some(fits), value };
    let number = format!("CAST({x} AS INTEGER)");
    let canonical = format!("CAST({number} AS TEXT) = {x}");
    match to {
        Kind::Int32 => checked(format!("{canonical} AND {}", within_32(&number)), number),
        to if whole(to) => checked(canonical, number),
        Kind::Decimal { precision, scale: 0 } => {
            let most = power(*precision) - 1;
            checked(format!("{canonical} AND {number} BETWEEN -{most} AND {most}"), number)
        }
        Kind::Decimal { precision, scale } => {
            let unsigned = format!("ltrim({x}, '-')");
            let point = format!("instr({unsigned} || '.', '.')");
            let before = format!("substr({unsigned}, 1, {point} - 1)");
            let after = format!("substr({unsigned}, {point} + 1)");
            let most = power(precision - scale) - 1;
            let fits = format!(
                "{x} GLOB '*[0-9]' AND {x} NOT GLOB '?*-*' AND {x} NOT GLOB '*[^-.0-9]*' AND {after} NOT GLOB '*.*' \
                 AND length({after}) <= {scale} AND CAST(CAST({before} AS INTEGER) AS TEXT) = {before} \
                 AND CAST({before} AS INTEGER) <= {most}"
            );
            let zeros = "0".repeat(usize::from(*scale));
            let value =
                format!("CAST(replace({x}, '.', '') || substr('{zeros}', 1, {scale} - length({after})) AS INTEGER)");
            checked(fits, value)
        }
        Kind::Boolean => {
            let value = format!("CASE {x} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END");
            checked(format!("{x} IN ('true', 'false')"), value)
        }
        Kind::Uuid => {
            let dashes = [9, 14, 19, 24].map(|at| format!("substr({x}, {at}, 1)")).join(" || ");
            let fits = format!(
                "length({x}) = 36 AND {x} NOT GLOB '*[^-0-9a-f]*' AND {dashes} = '----' AND length(replace({x}, '-', '')) = 32"
            );
            checked(fits, x.to_owned())
        }
        // A day that is in no calendar comes back as another; what is no moment at all, as NULL.
        Kind::Timestamp => checked(format!("strftime('{MOMENT}', {x}) IS {x}"), x.to_owned()),
        Kind::Date => checked(format!("strftime('%Y-%m-%d', {x}) IS {x}"), x.to_owned()),
        // Lengths, words and JSON are the new column's own CHECK's.
        _ => Conversion { fits: None, value: x.to_owned() },
    }
}

fn within_32(x: &str) -> String {
    format!("{x} BETWEEN {} AND {}", i32::MIN, i32::MAX)
}

fn times(x: &str, digits: u8) -> String {
    if digits == 0 {
        x.to_owned()
    } else {
        format!("{x} * {}", power(digits))
    }
}

fn over(x: &str, digits: u8) -> String {
    if digits == 0 {
        x.to_owned()
    } else {
        format!("{x} / {}", power(digits))
    }
}

/// At most eighteen digits: within 64 bits.
fn power(digits: u8) -> i64 {
    10_i64.pow(u32::from(digits))
}

fn wide(kind: &Kind) -> bool {
    matches!(kind, Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint)
}

fn whole(kind: &Kind) -> bool {
    wide(kind) || *kind == Kind::Int32
}
