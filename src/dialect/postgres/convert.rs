//! How the values of one kind become those of another: no cast that rounds, cuts or guesses, so that nothing changes unseen.

use super::ddl::{declared_type, text_literal};
use crate::diff::{self, Conversion as Class};
use crate::schema::defaults::MAX_SAFE_INTEGER;
use crate::schema::Kind;

/// The parts of ALTER COLUMN TYPE beyond the type.
#[derive(Debug, PartialEq)]
pub(super) struct Conversion {
    /// The condition for every value, since the server would otherwise make it fit.
    pub fits: Option<String>,
    /// The expression that makes the new value, where the server would not or not so.
    pub using: Option<String>,
}

/// The largest whole number up to which a double holds each.
const EXACT: &str = "9007199254740992";

/// A moment as Plinth writes it in text.
const MOMENT: &str = "YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"";

/// A day of the calendar: with as many days as its month has, and the 29th of February in leap years. The year 0000, which
/// this takes, is asked for apart.
const DAY: &str = "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|\
    02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";

/// The type with which the values of this kind are stored, without what numbers them.
pub(super) fn stored_type(kind: &Kind) -> String {
    match kind {
        Kind::Id | Kind::BigId => declared_type(&Kind::Bigint),
        other => declared_type(other),
    }
}

/// The same without a length, a precision or a collation.
pub(super) fn base_type(kind: &Kind) -> String {
    let stored = stored_type(kind);
    stored.split(['(', '"']).next().unwrap_or_default().trim_end_matches(" COLLATE ").trim_end().to_owned()
}

/// SQL as a value of this kind; a cast to a length or a precision would cut or round it.
pub(super) fn typed(kind: &Kind, sql: &str) -> String {
    let collation = if stored_type(kind).ends_with(" COLLATE \"C\"") { " COLLATE \"C\"" } else { "" };
    format!("CAST({sql} AS {}){collation}", base_type(kind))
}

/// Whether PostgreSQL compares values of the two as one type, so that a foreign key may lead from one to the other.
pub(super) fn comparable(one: &Kind, other: &Kind) -> bool {
    let family = |kind: &Kind| match kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint | Kind::Int32 => "integer".to_owned(),
        Kind::Text { .. } | Kind::Enum { .. } => "text".to_owned(),
        Kind::Decimal { .. } => "numeric".to_owned(),
        other => declared_type(other),
    };
    family(one) == family(other)
}

/// How values of `from` become values of `to`, whose column is written `column`; None if they
/// cannot.
pub(super) fn conversion(from: &Kind, to: &Kind, column: &str) -> Option<Conversion> {
    use Kind::*;
    let class = diff::conversion(from, to);
    if class == Class::Impossible {
        return None;
    }
    let checked = class == Class::Checked;
    let plain = Conversion { fits: None, using: None };
    let using = |sql: String| Conversion { fits: None, using: Some(sql) };
    let fits = |conditions: Vec<String>| Conversion {
        fits: Some(conditions.join(" AND ")).filter(|_| !conditions.is_empty()),
        using: None,
    };
    Some(match (from, to) {
        (Text { .. } | Enum { .. }, to) => return from_text(from, to, column),
        (Json, Text { max }) => {
            let text = compact(column);
            let fits = max.map(|max| format!("length({text}) <= {max}"));
            Conversion { fits, using: Some(text) }
        }
        // Digits and words are cast as they are.
        (from, Text { max }) => {
            let text = match from {
                Timestamp => format!("to_char({column} AT TIME ZONE 'UTC', '{MOMENT}')"),
                Date => format!("to_char({column}, 'YYYY-MM-DD')"),
                _ => format!("{column}::text"),
            };
            let fits = max.filter(|_| checked).map(|max| format!("length({text}) <= {max}"));
            Conversion { fits, using: matches!(from, Timestamp | Date).then_some(text) }
        }
        (from, to) if whole(from) && whole(to) => fits(range(to, column).filter(|_| checked).into_iter().collect()),
        (from, Decimal { precision, scale }) if whole(from) => {
            fits(below(column, precision - scale).filter(|_| checked).into_iter().collect())
        }
        (Int32, Real) => plain,
        (from, Real) if whole(from) => fits(vec![format!("{column} BETWEEN -{EXACT} AND {EXACT}")]),
        // It rounds, where it is not stopped.
        (Real, to) if whole(to) => {
            let range = range(to, column).unwrap_or_else(|| format!("{column} BETWEEN -{EXACT} AND {EXACT}"));
            fits(vec![format!("{column} = trunc({column})"), range])
        }
        (Decimal { scale, .. }, to) if whole(to) => {
            let mut conditions = Vec::new();
            conditions.extend((*scale > 0).then(|| format!("{column} = trunc({column})")));
            conditions.extend(range(to, column).filter(|_| checked));
            fits(conditions)
        }
        (Decimal { precision: p, scale: s }, Decimal { precision, scale }) => {
            let mut conditions = Vec::new();
            conditions.extend((scale < s).then(|| format!("{column} = round({column}, {scale})")));
            let narrower = precision - scale < p - s;
            conditions.extend(below(column, precision - scale).filter(|_| narrower));
            fits(conditions)
        }
        (Real, Decimal { precision, scale }) => real_to_decimal(*precision, *scale, column),
        (from, Boolean) if whole(from) => {
            Conversion { fits: Some(format!("{column} IN (0, 1)")), using: Some(format!("{column} = 1")) }
        }
        (Boolean, to) if whole(to) => using(format!("{column}::integer")),
        (Timestamp, Date) => using(format!("({column} AT TIME ZONE 'UTC')::date")),
        (Date, Timestamp) => using(format!("{column}::timestamp AT TIME ZONE 'UTC'")),
        _ => plain,
    })
}

/// The decimal of at most fifteen digits that reads back as the same double, which is what a cast gives; or the whole number
/// that the double is.
fn real_to_decimal(precision: u8, scale: u8, column: &str) -> Conversion {
    let whole = format!("{column} = trunc({column}) AND {column} BETWEEN -{EXACT} AND {EXACT}");
    let value = format!("CASE WHEN {whole} THEN {column}::bigint::numeric ELSE {column}::numeric END");
    let mut conditions = vec![
        format!("{column} BETWEEN -{EXACT} AND {EXACT}"),
        format!("({value})::double precision = {column}"),
        format!("({value}) = round({value}, {scale})"),
    ];
    conditions.extend(below(&format!("({value})"), precision - scale));
    Conversion { fits: Some(conditions.join(" AND ")), using: Some(value) }
}

/// JSON as JavaScript writes it, without the blanks that the server puts between; those within texts stay.
fn compact(column: &str) -> String {
    format!(
        "regexp_replace({column}::text, {}, {}, 'g')",
        text_literal(r#"("([^"\\]|\\.)*")|[ ]"#),
        text_literal(r"\1")
    )
}

/// Only the form in which the new kind's values are written as text: what else the server would read (spaces, leading
/// zeros, `yes`) would not come back as it was. Whether a text is JSON is for the runner to see: the server has no
/// condition for it before version 16.
fn from_text(from: &Kind, to: &Kind, column: &str) -> Option<Conversion> {
    use Kind::*;
    // No backslash in a pattern: how the server reads one depends on its settings.
    let matching = |pattern: &str| format!("{column} ~ '^{pattern}$'");
    let using = Some(format!("{column}::{}", bare(to)));
    Some(match to {
        Text { max: Some(max) } => {
            // A cast to a shorter text cuts spaces at its end.
            let fits = match from {
                Text { max: Some(before) } if before <= max => None,
                _ => Some(format!("length({column}) <= {max}")),
            };
            Conversion { fits, using: None }
        }
        Text { max: None } | Enum { .. } => Conversion { fits: None, using: None },
        to if whole(to) => {
            // As many digits as 64 bits have; read as a number only if it is one, in whatever order
            // the server evaluates.
            let written = matching("(0|-?[1-9][0-9]{0,18})");
            let (least, most) = (i64::MIN, i64::MAX);
            let number = format!("{column}::numeric");
            let range = range(to, &number).unwrap_or_else(|| format!("{number} BETWEEN {least} AND {most}"));
            Conversion { fits: Some(format!("CASE WHEN {written} THEN {range} ELSE {column} IS NULL END")), using }
        }
        Decimal { precision, scale } => {
            let whole = match (precision - scale, scale) {
                (more, 0) => format!("(0|-?[1-9][0-9]{{0,{}}})", more - 1),
                (0, _) => "-?0".to_owned(),
                (1, _) => "-?[0-9]".to_owned(),
                (more, _) => format!("-?(0|[1-9][0-9]{{0,{}}})", more - 1),
            };
            let fraction = if *scale > 0 { format!("([.][0-9]{{1,{scale}}})?") } else { String::new() };
            Conversion { fits: Some(matching(&(whole + &fraction))), using }
        }
        Boolean => Conversion { fits: Some(format!("{column} IN ('true', 'false')")), using },
        Uuid => Conversion { fits: Some(matching("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")), using },
        Timestamp => {
            let time = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,3})?Z";
            Conversion { fits: Some(format!("{} AND {column} !~ '^0000'", matching(&format!("{DAY}{time}")))), using }
        }
        Date => Conversion { fits: Some(format!("{} AND {column} !~ '^0000'", matching(DAY))), using },
        Json => Conversion { fits: None, using },
        _ => return None,
    })
}

/// The whole numbers that a kind holds, where these are not all of 64 bits.
fn range(kind: &Kind, value: &str) -> Option<String> {
    match kind {
        Kind::Int32 => Some(format!("{value} BETWEEN {} AND {}", i32::MIN, i32::MAX)),
        kind if kind.is_safe() => Some(format!("{value} BETWEEN -{MAX_SAFE_INTEGER} AND {MAX_SAFE_INTEGER}")),
        _ => None,
    }
}

/// Whether a number has so many digits before its point, at most; `None` if every number of 64 bits
/// has.
fn below(value: &str, digits: u8) -> Option<String> {
    let limit = 10_i64.checked_pow(u32::from(digits))?;
    Some(format!("{value} > -{limit} AND {value} < {limit}"))
}

fn whole(kind: &Kind) -> bool {
    matches!(kind, Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint | Kind::Int32)
}

/// The type as a cast names it.
fn bare(kind: &Kind) -> String {
    let declared = stored_type(kind);
    declared.strip_suffix(" COLLATE \"C\"").map_or(declared.clone(), str::to_owned)
}
