//! The search path: which schemas are ours, and which one new tables go to.

use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};

/// Creates the schema that the search path wants tables in, where it is missing.
///
/// `"$user", public`, the default, does not mean that every role wants a schema of its own: the first other name counts,
/// unless the role has one.
pub(super) fn create_schema(connection: &mut dyn Execute) -> Result<()> {
    let rows = connection
        .query(&Statement::new("SELECT current_setting('search_path'), current_schema()::text, current_user::text"))?;
    let value = |column: usize| rows.first().and_then(|row| row[column].as_str()).unwrap_or_default().to_owned();
    let (path, current, user) = (value(0), value(1), value(2));
    let schemas = split(&path);
    let own = schemas.first().is_some_and(|first| first == "$user") && current == user;
    let Some(wanted) = schemas.iter().find(|name| *name != "$user").filter(|name| !own && **name != current) else {
        return match current.is_empty() {
            true => Err(nowhere(&path)),
            false => Ok(()),
        };
    };
    let statement = Statement::new("SELECT 1 FROM pg_namespace WHERE nspname = $1").bind(wanted.as_str());
    if !connection.query(&statement)?.is_empty() {
        // It is there and yet not the current one: PostgreSQL leaves out what the role may not use.
        return Err(Error::new(
            Code::PermissionDenied,
            format!("The role `{user}` may not use the schema `{wanted}`."),
        )
        .hint(format!("GRANT USAGE, CREATE ON SCHEMA {} TO {}", quote(wanted), quote(&user))));
    }
    connection.batch(&format!("CREATE SCHEMA {}", quote(wanted)))
}

fn nowhere(path: &str) -> Error {
    Error::new(Code::SqlFailed, format!("The search path `{path}` names no schema in which tables could be created."))
        .hint("Name one in the URL: ?search_path=public")
}

/// The names of a search path as the server writes it: separated by commas, quoted or in lower case.
fn split(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut letters = path.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        let name = names.last_mut().expect("there is always one");
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => quoted = !quoted,
            _ if quoted => name.push(letter),
            ',' => names.push(String::new()),
            _ if letter.is_whitespace() => {}
            _ => name.push(letter.to_ascii_lowercase()),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn search_paths() {
        for (path, names) in [
            ("\"$user\", public", vec!["$user", "public"]),
            ("public", vec!["public"]),
            ("App,\"My, \"\"App\"\"\" , x", vec!["app", "My, \"App\"", "x"]),
            ("", vec![]),
            ("\"\"", vec![]),
        ] {
            assert_eq!(split(path), names, "{path}");
        }
    }
}
