//! The values of a column when its kind changes.

use crate::schema::Kind;

/// The effect of a change of kind on existing values.
///
/// A value that fits keeps its meaning: numbers keep their value, moments and days become their
/// canonical text and come only from it (the milliseconds of a moment may have fewer digits, or be
/// missing), `true` and `false` are these words or 1 and 0, JSON is read from its text, text
/// becomes a whole number only if that number is written so (`007` is refused), and a decimal if it
/// has no more digits than the column. A double becomes the whole number that it is, or the decimal
/// of at most fifteen digits that reads back as the same double: of all decimals a double holds no
/// more. A column that a model reads as a number of JavaScript takes only whole numbers that
/// JavaScript holds exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// They are stored alike on every database: nothing happens to them.
    Same,
    /// Every value fits.
    Sure,
    /// Each value must fit, or the change fails.
    Checked,
    /// Every value fits, except for this part, which is lost.
    Lossy(&'static str),
    /// There is no way that says what should be meant.
    Impossible,
}

/// Letters of the longest whole number of 64 bits, and of 32.
const LONGEST: u32 = 20;
const LONGEST_32: u32 = 11;

/// The effect of a change from one kind to another. Each possible change has a way back.
pub fn conversion(from: &Kind, to: &Kind) -> Conversion {
    use Conversion::{Checked, Impossible, Lossy, Same, Sure};
    if from == to {
        return Same;
    }
    match (from, to) {
        (Kind::Id, Kind::BigId) | (Kind::Integer, Kind::Bigint) => Same,
        (from, to) if wide(from) && wide(to) => sure_if(from.is_safe() || !to.is_safe()),
        (Kind::Int32, to) if wide(to) => Sure,
        (from, Kind::Int32) if wide(from) => Checked,
        (Kind::Int32, Kind::Real) => Sure,
        (from, Kind::Real) if wide(from) => Checked,
        (Kind::Real, to) if whole(to) => Checked,
        (Kind::Int32, Kind::Decimal { precision, scale }) => sure_if(precision - scale >= 10),
        (from, Kind::Decimal { .. }) if wide(from) => Checked,
        (Kind::Decimal { precision, scale }, Kind::Int32) => sure_if(*scale == 0 && *precision <= 9),
        (Kind::Decimal { precision, scale }, to) if wide(to) => {
            sure_if(*scale == 0 && (*precision <= 15 || !to.is_safe()))
        }
        (Kind::Decimal { precision: p, scale: s }, Kind::Decimal { precision, scale }) => {
            sure_if(scale >= s && precision - scale >= p - s)
        }
        // Fifteen digits is what a double holds of any decimal.
        (Kind::Decimal { precision, .. }, Kind::Real) if *precision > 15 => Lossy("the digits after the fifteenth"),
        (Kind::Decimal { .. }, Kind::Real) => Sure,
        (Kind::Real, Kind::Decimal { .. }) => Checked,
        (Kind::Boolean, to) if whole(to) && !identity(to) => Sure,
        (from, Kind::Boolean) if whole(from) && !identity(from) => Checked,
        (Kind::Timestamp, Kind::Date) => Lossy("the time of day"),
        (Kind::Date, Kind::Timestamp) => Sure,
        (Kind::Enum { values: before, .. }, Kind::Enum { values, .. }) if before == values => Same,
        (Kind::Enum { values: before, .. }, Kind::Enum { values, .. }) => {
            sure_if(before.iter().all(|word| values.contains(word)))
        }
        (Kind::Text { .. }, to) => from_text(from, to),
        (from, Kind::Text { max }) => match longest(from) {
            Some(longest) => sure_if(max.is_none_or(|max| max >= longest)),
            None if *from == Kind::Json => sure_if(max.is_none()),
            None => Impossible,
        },
        _ => Impossible,
    }
}

fn from_text(from: &Kind, to: &Kind) -> Conversion {
    match (from, to) {
        (Kind::Text { max: before }, Kind::Text { max }) => match (before, max) {
            (_, None) => Conversion::Sure,
            (Some(before), Some(max)) => sure_if(max >= before),
            (None, Some(_)) => Conversion::Checked,
        },
        (_, Kind::Json) => Conversion::Checked,
        (_, to) if longest(to).is_some() => Conversion::Checked,
        _ => Conversion::Impossible,
    }
}

/// The most characters that a value of this kind has as text; None if it has no text, or one of any
/// length.
fn longest(kind: &Kind) -> Option<u32> {
    Some(match kind {
        kind if wide(kind) => LONGEST,
        Kind::Int32 => LONGEST_32,
        // A sign, a zero before the point, and the point.
        Kind::Decimal { precision, .. } => u32::from(*precision) + 3,
        Kind::Boolean => 5,
        Kind::Uuid => 36,
        Kind::Timestamp => 24,
        Kind::Date => 10,
        Kind::Enum { values, .. } => {
            values.iter().map(|word| u32::try_from(word.chars().count()).unwrap_or(u32::MAX)).max().unwrap_or(0)
        }
        _ => return None,
    })
}

fn sure_if(sure: bool) -> Conversion {
    if sure {
        Conversion::Sure
    } else {
        Conversion::Checked
    }
}

fn identity(kind: &Kind) -> bool {
    matches!(kind, Kind::Id | Kind::BigId)
}

fn wide(kind: &Kind) -> bool {
    identity(kind) || matches!(kind, Kind::Integer | Kind::Bigint)
}

fn whole(kind: &Kind) -> bool {
    wide(kind) || *kind == Kind::Int32
}

#[cfg(test)]
mod tests {
    use super::Conversion::{Checked, Impossible, Lossy, Same, Sure};
    use super::*;

    fn text(max: u32) -> Kind {
        Kind::Text { max: Some(max) }
    }

    fn decimal(precision: u8, scale: u8) -> Kind {
        Kind::Decimal { precision, scale }
    }

    fn words(name: &str, values: &[&str]) -> Kind {
        Kind::Enum { name: name.into(), values: values.iter().map(|word| (*word).to_owned()).collect() }
    }

    const TEXT: Kind = Kind::Text { max: None };

    fn kinds() -> Vec<Kind> {
        use Kind::*;
        let plain =
            [Id, BigId, Integer, Bigint, Int32, Real, TEXT, Boolean, Uuid, Timestamp, Date, Json, Bytes].into_iter();
        let more = [decimal(10, 2), decimal(18, 0), decimal(18, 18), text(1), text(50), words("a", &["b", "c"])];
        plain.chain(more).collect()
    }

    #[test]
    fn kept_or_lost() {
        let cases = [
            (Kind::Id, Kind::BigId, Same),
            (Kind::Integer, Kind::Bigint, Same),
            (Kind::Bigint, Kind::Integer, Checked),
            (Kind::BigId, Kind::Id, Checked),
            (Kind::Bigint, Kind::Id, Checked),
            (Kind::Id, Kind::Bigint, Sure),
            (Kind::Id, Kind::Integer, Sure),
            (Kind::Int32, Kind::Bigint, Sure),
            (Kind::Bigint, Kind::Int32, Checked),
            (Kind::Integer, Kind::Real, Checked),
            (Kind::Int32, decimal(12, 2), Sure),
            (Kind::Int32, decimal(11, 2), Checked),
            (decimal(15, 0), Kind::Integer, Sure),
            (decimal(16, 0), Kind::Integer, Checked),
            (decimal(18, 0), Kind::Bigint, Sure),
            (decimal(10, 2), Kind::Integer, Checked),
            (decimal(10, 2), decimal(12, 4), Sure),
            (decimal(10, 2), decimal(12, 5), Checked),
            (decimal(10, 2), decimal(10, 1), Checked),
            (decimal(15, 2), Kind::Real, Sure),
            (decimal(16, 2), Kind::Real, Lossy("the digits after the fifteenth")),
            (Kind::Boolean, Kind::Integer, Sure),
            (Kind::Integer, Kind::Boolean, Checked),
            (Kind::Timestamp, Kind::Date, Lossy("the time of day")),
            (Kind::Date, Kind::Timestamp, Sure),
            (TEXT, text(50), Checked),
            (text(50), TEXT, Sure),
            (text(50), text(49), Checked),
            (TEXT, Kind::Integer, Checked),
            (Kind::Integer, TEXT, Sure),
            (Kind::Integer, text(19), Checked),
            (Kind::Uuid, text(36), Sure),
            (words("a", &["b"]), words("z", &["b"]), Same),
            (words("a", &["b", "c"]), words("a", &["c", "b"]), Sure),
            (words("a", &["b"]), words("a", &["b", "c"]), Sure),
            (words("a", &["b", "c"]), words("a", &["b"]), Checked),
            (words("a", &["b", "éé"]), text(2), Sure),
            (words("a", &["b", "ééé"]), text(2), Checked),
            (TEXT, words("a", &["b"]), Checked),
            (Kind::Json, TEXT, Sure),
            (Kind::Real, TEXT, Impossible),
            (Kind::Bytes, TEXT, Impossible),
            (Kind::Boolean, Kind::Id, Impossible),
            (words("a", &["b"]), Kind::Integer, Impossible),
        ];
        for (from, to, expected) in cases {
            assert_eq!(conversion(&from, &to), expected, "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn where_there_is_a_way_there_is_a_way_back() {
        for one in kinds() {
            assert_eq!(conversion(&one, &one), Same);
            for other in kinds() {
                let (there, back) = (conversion(&one, &other), conversion(&other, &one));
                assert_eq!(there == Impossible, back == Impossible, "{one:?} {other:?}: {there:?}, {back:?}");
            }
        }
    }
}
