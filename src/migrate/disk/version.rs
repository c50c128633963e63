//! Versions and names of revisions: what the clock and a message become. Pure.

use crate::error::Result;
use crate::time;

use super::record::invalid;

/// The most characters of a name.
const MAX_SLUG: usize = 60;
/// The most bytes of a name: a folder's may have 255, with the version and what is before it while it is written.
const MAX_BYTES: usize = 200;

/// The moment of a version, in milliseconds since 1970 UTC; `None` if it is not in the form
/// `YYYYMMDDHHMMSS`.
pub fn moment(version: &str) -> Option<i64> {
    if version.len() != 14 || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| &version[from..to];
    let text =
        format!("{}-{}-{} {}:{}:{}", part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14));
    time::read(text.as_bytes())
}

/// The version of a revision that is written now, in milliseconds since 1970 UTC: later than the
/// latest existing one, whose clock may have been ahead of ours.
pub fn next(now: i64, latest: Option<&str>) -> Result<String> {
    let earliest = latest.and_then(moment).map_or(time::FIRST, |latest| latest + 1000);
    let moment = now.max(earliest);
    if moment > time::LAST {
        let latest = latest.unwrap_or_default();
        return Err(invalid(format!("No version comes after {latest}."))
            .hint("Rename the folder of that revision to the moment at which it was written."));
    }
    Ok(time::write(moment).iter().take(19).filter(|byte| byte.is_ascii_digit()).map(|byte| *byte as char).collect())
}

/// A message as the end of a folder's name: letters of any script in lower case and digits, words separated by `_`, at most
/// 60 characters.
pub fn slug(message: &str) -> String {
    let mut slug = String::new();
    for letter in message.chars() {
        if letter.is_alphanumeric() {
            slug.extend(letter.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let cut = slug
        .char_indices()
        .enumerate()
        .find(|(number, (at, letter))| *number == MAX_SLUG || at + letter.len_utf8() > MAX_BYTES);
    if let Some((_, (at, _))) = cut {
        slug.truncate(at);
    }
    match slug.trim_end_matches('_') {
        "" => "revision".into(),
        slug => slug.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn versions_are_moments() {
        assert_eq!(moment("19700101000001"), Some(1000));
        assert_eq!(moment("20261120101500").map(|at| next(at, None).unwrap()), Some("20261120101500".into()));
        for bad in [
            "",
            "2026112010150",
            "202611201015000",
            "20261320101500",
            "20260230000000",
            "2026112010150x",
            "é26112010150",
        ] {
            assert_eq!(moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_next_version_is_later_than_any() {
        let now = moment("20261120101500").unwrap();
        assert_eq!(next(now, Some("20261120101459")).unwrap(), "20261120101500");
        assert_eq!(next(now, Some("20261120101500")).unwrap(), "20261120101501");
        assert_eq!(next(now, Some("20261231235959")).unwrap(), "20270101000000");
        assert_eq!(next(now, Some("99991231235959")).unwrap_err().code, Code::RevisionInvalid);
    }

    #[test]
    fn slugs() {
        for (message, expected) in [
            ("Add phone", "add_phone"),
            ("  users.phone -> mobile!  ", "users_phone_mobile"),
            ("__x__", "x"),
            ("Größe der Straße", "größe_der_straße"),
            ("Телефон", "телефон"),
            ("電話を追加", "電話を追加"),
            ("→ ☎", "revision"),
            ("", "revision"),
        ] {
            assert_eq!(slug(message), expected, "{message}");
        }
        assert_eq!(slug(&"ab ".repeat(40)), "ab_".repeat(20).trim_end_matches('_'));
        assert_eq!(slug(&"é".repeat(80)), "é".repeat(60));
        assert_eq!(slug(&"𝒶".repeat(80)), "𝒶".repeat(50));
    }
}
