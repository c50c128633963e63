//! How the values of one kind become those of another: no cast that rounds, cuts or guesses, so that nothing changes unseen.

use super::ddl::declared_type;
use crate::schema::Kind;

/// What ALTER COLUMN TYPE needs beyond the type.
#[derive(Debug, PartialEq)]
pub(super) struct Conversion {
    /// What every value must meet, since the server would else make it fit.
    pub fits: Option<String>,
    /// The expression that makes the new value, where the server would not or not so.
    pub using: Option<String>,
}

/// The largest whole number up to which a double holds each.
const EXACT: &str = "9007199254740992";

/// A moment as Plinth writes it in text.
const MOMENT: &str = "YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"";

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

/// How values of `from` become values of `to`, whose column is written `column`; None where they cannot.
pub(super) fn conversion(from: &Kind, to: &Kind, column: &str) -> Option<Conversion> {
    use Kind::*;
    let plain = Conversion { fits: None, using: None };
    let fits = |condition: String| Conversion { fits: Some(condition), using: None };
    if stored_type(from) == stored_type(to) {
        return Some(plain);
    }
    Some(match (from, to) {
        (Text { .. } | Enum { .. }, to) => return from_text(from, to, column),
        // Digits and words are cast as they are; too many for the new length fail.
        (Id | BigId | Integer | Bigint | Int32 | Decimal { .. } | Boolean | Uuid | Json, Text { .. }) => plain,
        (Timestamp, Text { .. }) => {
            Conversion { using: Some(format!("to_char({column} AT TIME ZONE 'UTC', '{MOMENT}')")), ..plain }
        }
        (Date, Text { .. }) => Conversion { using: Some(format!("to_char({column}, 'YYYY-MM-DD')")), ..plain },
        // The server refuses what is out of range.
        (Id | BigId | Integer | Bigint | Int32, Id | BigId | Integer | Bigint | Int32 | Decimal { .. }) => plain,
        (Int32, Real) => plain,
        (Id | BigId | Integer | Bigint, Real) => fits(format!("{column} BETWEEN -{EXACT} AND {EXACT}")),
        // It rounds, where it is not stopped.
        (Real, Id | BigId | Integer | Bigint | Int32) => {
            fits(format!("{column} = trunc({column}) AND {column} BETWEEN -{EXACT} AND {EXACT}"))
        }
        (Decimal { .. }, Id | BigId | Integer | Bigint | Int32) => fits(format!("{column} = trunc({column})")),
        (Decimal { scale, .. }, Decimal { scale: less, .. }) if less < scale => {
            fits(format!("{column} = round({column}, {less})"))
        }
        (Decimal { .. }, Decimal { .. } | Real) => plain,
        // By the digits that tell a double from all others: a cast keeps no more than fifteen.
        (Real, Decimal { .. }) => {
            let exact = format!("{column}::text::{}", bare(to));
            Conversion { fits: Some(format!("{column} = {exact}::double precision")), using: Some(exact) }
        }
        (Id | BigId | Integer | Bigint | Int32, Boolean) => {
            Conversion { fits: Some(format!("{column} IN (0, 1)")), using: Some(format!("{column} = 1")) }
        }
        (Boolean, Id | BigId | Integer | Bigint | Int32) => {
            Conversion { using: Some(format!("{column}::integer")), ..plain }
        }
        (Timestamp, Date) => Conversion { using: Some(format!("({column} AT TIME ZONE 'UTC')::date")), ..plain },
        (Date, Timestamp) => Conversion { using: Some(format!("{column}::timestamp AT TIME ZONE 'UTC'")), ..plain },
        _ => return None,
    })
}

/// Only the form in which the new kind's values are written as text: what else the server would read (spaces, leading
/// zeros, `yes`) would not come back as it was.
fn from_text(from: &Kind, to: &Kind, column: &str) -> Option<Conversion> {
    use Kind::*;
    // No backslash in a pattern: how the server reads one depends on its settings.
    let matching = |pattern: &str| Some(format!("{column} ~ '^{pattern}$'"));
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
        Id | BigId | Integer | Bigint | Int32 => Conversion { fits: matching("(0|-?[1-9][0-9]*)"), using },
        Decimal { precision, scale } => {
            let whole = match precision - scale {
                0 => "-?0".to_owned(),
                1 => "-?[0-9]".to_owned(),
                more => format!("-?(0|[1-9][0-9]{{0,{}}})", more - 1),
            };
            let fraction = if *scale > 0 { format!("([.][0-9]{{1,{scale}}})?") } else { String::new() };
            Conversion { fits: matching(&(whole + &fraction)), using }
        }
        Boolean => Conversion { fits: Some(format!("{column} IN ('true', 'false')")), using },
        Uuid => Conversion { fits: matching("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), using },
        Timestamp => {
            let fits = matching("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,3})?Z");
            Conversion { fits, using }
        }
        Date => Conversion { fits: matching("[0-9]{4}-[0-9]{2}-[0-9]{2}"), using },
        Json => Conversion { fits: None, using },
        Real | Bytes => return None,
    })
}

/// The type as a cast names it.
fn bare(kind: &Kind) -> String {
    let declared = stored_type(kind);
    declared.strip_suffix(" COLLATE \"C\"").map_or(declared.clone(), str::to_owned)
}
