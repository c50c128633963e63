//! How the values of one kind become those of another. SQLite's CAST never fails, it guesses: so what could change a value
//! unseen has a condition beside it, which every row must meet first.

use super::ddl::text_literal;
use crate::dialect::parts::constraint;
use crate::dialect::quote;
use crate::diff::{self, effective_map, Conversion as Class, ValueMap};
use crate::schema::defaults::MAX_SAFE_INTEGER;
use crate::schema::names::default_name;
use crate::schema::{Column, Kind};

/// A value on its way.
#[derive(Debug, PartialEq)]
pub(super) struct Conversion {
    /// The condition for every value, if it is neither for the new column's own CHECK nor for the
    /// runner, which reads JSON itself.
    pub fits: Option<String>,
    /// The expression that makes the new value.
    pub value: String,
}

/// The largest whole number up to which a double holds each.
const EXACT: i64 = 9_007_199_254_740_992;

/// How many digits a double holds of any decimal.
const DIGITS: u8 = 15;

const MOMENT: &str = "%Y-%m-%dT%H:%M:%fZ";

/// How the value `x`, of the kind `from`, becomes one of `to`; None if that is impossible.
pub(super) fn conversion(from: &Kind, to: &Kind, x: &str) -> Option<Conversion> {
    use Kind::*;
    if diff::conversion(from, to) == Class::Impossible {
        return None;
    }
    let sure = |value: String| Conversion { fits: None, value };
    let plain = || sure(x.to_owned());
    let checked = |fits: String, value: String| Conversion { fits: Some(fits), value };
    Some(match (from, to) {
        (from, to) if whole(from) && whole(to) => match diff::conversion(from, to) {
            Class::Checked => Conversion { fits: range(to, x), value: x.to_owned() },
            _ => plain(),
        },
        (Int32, Real) => sure(format!("CAST({x} AS REAL)")),
        (from, Real) if whole(from) => {
            checked(format!("{x} BETWEEN -{EXACT} AND {EXACT}"), format!("CAST({x} AS REAL)"))
        }
        (Real, to) if whole(to) => {
            let range = range(to, x).unwrap_or_else(|| format!("{x} BETWEEN -{EXACT} AND {EXACT}"));
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
            conditions.extend(range(to, &value).filter(|_| diff::conversion(from, to) == Class::Checked));
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
        // More digits than a double holds would be rounded twice by a division.
        (Decimal { precision, .. }, Real) if *precision > DIGITS => sure(format!("CAST({} AS REAL)", to_text(from, x))),
        (Decimal { scale, .. }, Real) => sure(format!("{x} / {}.0", power(*scale))),
        (Real, Decimal { precision, scale }) => real_to_decimal(*precision, *scale, x),
        (Boolean, to) if whole(to) => plain(),
        (from, Boolean) if whole(from) => checked(format!("{x} IN (0, 1)"), x.to_owned()),
        (Timestamp, Date) => sure(format!("substr({x}, 1, 10)")),
        (Date, Timestamp) => sure(format!("{x} || 'T00:00:00.000Z'")),
        (Text { .. }, to) => return Some(from_text(to, x)),
        (from, Text { max }) => {
            let value = to_text(from, x);
            let shorter = |max: u32| format!("length({value}) <= {max}");
            let fits = max.filter(|_| diff::conversion(from, to) == Class::Checked).map(shorter);
            Conversion { fits, value }
        }
        _ => plain(),
    })
}

/// The decimal of at most fifteen digits that reads back as the same double, of which there is one at most; or the whole
/// number that the double is. With many digits after the point fifteen do not reach to the last: then the last are zeros.
fn real_to_decimal(precision: u8, scale: u8, x: &str) -> Conversion {
    let most = power(precision) - 1;
    let whole = format!("{x} = CAST({x} AS INTEGER) AND {x} BETWEEN -{EXACT} AND {EXACT}");
    let integer = format!("CAST({x} AS INTEGER)");
    // By the places after the point that are left for so many before it.
    let mut cases = vec![(whole, times(&integer, scale), integer.clone())];
    for missing in 0..=precision.saturating_sub(DIGITS).min(scale) {
        let places = scale - missing;
        let digits = format!("CAST(round({x} * {}.0) AS INTEGER)", power(places));
        let few = format!("abs({x}) < 1e{}", i32::from(DIGITS) - i32::from(places));
        cases.push((few, times(&digits, missing), format!("{digits} / {}.0", power(places))));
    }
    let choose = |of: &dyn Fn(&(String, String, String)) -> &String| {
        let written: Vec<String> = cases.iter().map(|case| format!("WHEN {} THEN {}", case.0, of(case))).collect();
        format!("CASE {} END", written.join(" "))
    };
    let (value, back) = (choose(&|case| &case.1), choose(&|case| &case.2));
    let limit = power(precision - scale);
    let fits =
        format!("coalesce(abs({x}) < {limit}.0 AND {back} = {x} AND {value} BETWEEN -{most} AND {most}, {x} IS NULL)");
    Conversion { fits: Some(fits), value }
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
        to if whole(to) => match range(to, &number) {
            Some(range) => checked(format!("{canonical} AND {range}"), number),
            None => checked(canonical, number),
        },
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
        Kind::Timestamp => {
            let value = format!("strftime('{MOMENT}', {x})");
            let fraction = format!("substr({x}, 20)");
            let digits = ["Z", ".[0-9]Z", ".[0-9][0-9]Z", ".[0-9][0-9][0-9]Z"];
            let written = digits.map(|form| format!("{fraction} GLOB '{form}'")).join(" OR ");
            let fits = format!(
                "substr({value}, 1, 19) IS substr({x}, 1, 19) AND ({written}) AND {x} NOT GLOB '0000*' AND {x} NOT GLOB '*T24*'"
            );
            checked(fits, value)
        }
        Kind::Date => checked(format!("strftime('%Y-%m-%d', {x}) IS {x} AND {x} NOT GLOB '0000*'"), x.to_owned()),
        // As JavaScript writes it.
        Kind::Json => Conversion { fits: None, value: format!("json({x})") },
        // Lengths and words are the new column's own CHECK's.
        _ => Conversion { fits: None, value: x.to_owned() },
    }
}

/// The whole numbers that a kind holds, where these are not all of 64 bits.
fn range(kind: &Kind, x: &str) -> Option<String> {
    match kind {
        Kind::Int32 => Some(format!("{x} BETWEEN {} AND {}", i32::MIN, i32::MAX)),
        kind if kind.is_safe() => Some(format!("{x} BETWEEN -{MAX_SAFE_INTEGER} AND {MAX_SAFE_INTEGER}")),
        _ => None,
    }
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

fn whole(kind: &Kind) -> bool {
    matches!(kind, Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint | Kind::Int32)
}

/// The statement that fails where a value would not stay what it is in another kind, and the name of the CHECK that it adds.
pub(super) fn fitting(table: &str, (from, to): (&Column, &Column), value: &str, condition: &str) -> (String, String) {
    // A condition that ADD CONSTRAINT asks of existing rows must be true: NULL is not enough.
    let condition = if from.nullable { format!("{value} IS NULL OR {condition}") } else { condition.to_owned() };
    let name = default_name(table, &[&to.name], "fits");
    let check = constraint(&name, &format!("CHECK ({condition})"));
    let why = "-- A value that would not stay what it is fails here.";
    (format!("{why}\nALTER TABLE {} ADD {check}", quote(table)), name)
}

/// The words that the enum does not have any more become others, all at once: two may change places.
pub(super) fn mapped(value: &str, kind: &Kind, map: &[ValueMap]) -> Option<String> {
    let gone = effective_map(kind, map);
    let cases: Vec<String> =
        gone.iter().map(|m| format!("WHEN {} THEN {}", text_literal(&m.from), text_literal(&m.to))).collect();
    (!cases.is_empty()).then(|| format!("CASE {value} {} ELSE {value} END", cases.join(" ")))
}
