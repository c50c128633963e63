//! Rows that are kept in PostgreSQL: in the schema `plinth_kept`, as text, bytes and whole numbers,
//! readable by their owner alone.

use super::text;
use crate::dialect::keep::{Source, SourceColumn};
use crate::dialect::{quote, Work};
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// The schema of what is kept.
pub(super) const SCHEMA: &str = "plinth_kept";

/// The list of what is kept.
pub(super) const LIST: &str = "plinth_kept.list";

/// The numbers come from a sequence: that of an entry that is dropped is never given again.
const CREATE_LIST: &str = "CREATE TABLE plinth_kept.list (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  what text NOT NULL,
  \"schema\" text NOT NULL,
  \"table\" text NOT NULL,
  \"rows\" bigint NOT NULL,
  bytes bigint NOT NULL,
  kept_at text NOT NULL,
  \"by\" text NOT NULL,
  why text NOT NULL,
  definition text NOT NULL,
  details text NOT NULL
)";

/// How values are written and read: the shortest text that is exact, names with their schemas, no row left out by a policy.
const SETTINGS: [(&str, &str); 9] = [
    ("search_path", "pg_catalog"),
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "3"),
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),
    ("xmloption", "content"),
    ("row_security", "off"),
];

/// The setting that holds the search path of the session meanwhile.
const PATH: &str = "plinth.search_path";

/// Publications that publish every table, including those of others. The catalog of schemas came
/// with PostgreSQL 15.
const PUBLISHING: &str = "SELECT pubname::text FROM pg_publication WHERE puballtables ORDER BY 1";
const PUBLISHING_SCHEMA: &str = "SELECT p.pubname::text FROM pg_publication p \
    JOIN pg_publication_namespace s ON s.pnpubid = p.oid JOIN pg_namespace n ON n.oid = s.pnnspid \
    WHERE n.nspname = 'plinth_kept' ORDER BY 1";

/// See `Keeps::with_text_settings`.
pub(super) fn with_settings(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    let before = SETTINGS.map(|(name, _)| format!("current_setting('{name}')")).join(", ");
    let before = connection.query(&Statement::new(format!("SELECT {before}")))?;
    let set = |connection: &mut dyn Execute, values: Vec<String>| -> Result<()> {
        let mut statement = Statement::new("");
        let calls = SETTINGS.iter().zip(values).enumerate().map(|(at, ((name, _), value))| {
            statement.binds.push(Value::Text(value));
            format!("set_config('{name}', ${}, true)", at + 1)
        });
        let calls: Vec<String> = calls.collect();
        statement.sql = format!("SELECT {}", calls.join(", "));
        connection.query(&statement).map(drop)
    };
    let path = before.first().map(|row| text(row, 0)).unwrap_or_default();
    // Within these settings already, the path of the session is known.
    if path != SETTINGS[0].1 {
        connection.query(&Statement::new(format!("SELECT set_config('{PATH}', $1, true)")).bind(path.as_str()))?;
    }
    set(connection, SETTINGS.iter().map(|(_, value)| (*value).to_owned()).collect())?;
    // If it fails, the transaction does, and the settings go with it.
    work(connection)?;
    let before = before.first().map(|row| (0..SETTINGS.len()).map(|at| text(row, at)).collect());
    set(connection, before.unwrap_or_default())
}

/// See `Keeps::write`.
pub(super) fn write(connection: &mut dyn Execute, statement: &Statement) -> Result<usize> {
    let find = |connection: &mut dyn Execute, path: &str| -> Result<()> {
        connection.query(&Statement::new(format!("SELECT set_config('search_path', {path}, true)")))?;
        Ok(())
    };
    find(connection, &format!("coalesce(nullif(current_setting('{PATH}', true), ''), 'pg_catalog')"))?;
    // If it fails, the transaction does, and the path goes with it.
    let rows = connection.execute(statement)?;
    find(connection, &format!("'{}'", SETTINGS[0].1))?;
    Ok(rows)
}

/// See `Keeps::has_kept`.
pub(super) fn has(connection: &mut dyn Execute) -> Result<bool> {
    // The catalogs, and not to_regclass, which wants the right to look into the schema.
    let found = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = 'plinth_kept' AND c.relname = 'list'";
    Ok(!connection.query(&Statement::new(found))?.is_empty())
}

/// See `Keeps::owns_kept`.
pub(super) fn owns(connection: &mut dyn Execute) -> Result<bool> {
    let found = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = 'plinth_kept' AND c.relname = 'list' AND pg_has_role(c.relowner, 'USAGE')";
    Ok(!connection.query(&Statement::new(found))?.is_empty())
}

/// See `Keeps::prepare_kept`.
pub(super) fn prepare(connection: &mut dyn Execute) -> Result<()> {
    refuse_publications(connection)?;
    refuse_another_owner(connection)?;
    if has(connection)? {
        return Ok(());
    }
    let found = Statement::new("SELECT 1 FROM pg_namespace WHERE nspname = $1").bind(SCHEMA);
    if connection.query(&found)?.is_empty() {
        connection.batch(&format!("CREATE SCHEMA {SCHEMA}"))?;
        for_owner_alone(
            connection,
            "SCHEMA",
            SCHEMA,
            "SELECT nspacl AS acl, nspowner AS owner FROM pg_namespace WHERE nspname = 'plinth_kept'",
        )?;
    }
    connection.batch(CREATE_LIST)?;
    table_for_owner_alone(connection, LIST)
}

/// Refuses to keep rows where they would be another role's: the owner of the schema or of the list.
fn refuse_another_owner(connection: &mut dyn Execute) -> Result<()> {
    let owners = "SELECT o.what, pg_get_userbyid(o.owner)::text FROM ( \
                    SELECT 'schema plinth_kept' AS what, nspowner AS owner FROM pg_namespace WHERE nspname = 'plinth_kept' \
                    UNION ALL SELECT 'table plinth_kept.list', c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                      WHERE n.nspname = 'plinth_kept' AND c.relname = 'list') o \
                  WHERE NOT pg_has_role(o.owner, 'USAGE') ORDER BY 1";
    let found = connection.query(&Statement::new(owners))?;
    let Some(first) = found.first() else { return Ok(()) };
    let (what, owner) = (text(first, 0), text(first, 1));
    Err(Error::new(
        Code::KeepRefused,
        format!("The {what} belongs to the role {owner}, which could read the rows that are kept there."),
    )
    .expected("a schema plinth_kept of the role that keeps")
    .found(format!("the owner {owner}"))
    .hint(format!(
        "Nothing was changed. Run it as {owner}, give this role the schema and its tables (ALTER ... OWNER TO), or \
         use --no-keep (keep: false) after a backup."
    )))
}

fn refuse_publications(connection: &mut dyn Execute) -> Result<()> {
    let mut found = connection.query(&Statement::new(PUBLISHING))?;
    let by_schema =
        Statement::new("SELECT 1 FROM pg_class WHERE oid = to_regclass('pg_catalog.pg_publication_namespace')");
    if !connection.query(&by_schema)?.is_empty() {
        found.extend(connection.query(&Statement::new(PUBLISHING_SCHEMA))?);
    }
    let Some(first) = found.first() else { return Ok(()) };
    let name = text(first, 0);
    Err(Error::new(
        Code::KeepRefused,
        format!("The publication `{name}` would publish the rows that are kept: it publishes every table."),
    )
    .expected("no publication FOR ALL TABLES")
    .found(format!("the publication {name}"))
    .hint(
        "Nothing was changed. Use --no-keep (keep: false) after `plinth backup`, or have the publication name its \
           tables.",
    ))
}

/// Takes away what default privileges give to others.
fn for_owner_alone(connection: &mut dyn Execute, what: &str, place: &str, acl: &str) -> Result<()> {
    let grantees = format!(
        "SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END \
         FROM ({acl}) t CROSS JOIN LATERAL aclexplode(t.acl) a WHERE a.grantee <> t.owner"
    );
    for row in connection.query(&Statement::new(grantees))? {
        connection.batch(&format!("REVOKE ALL ON {what} {place} FROM {} CASCADE", text(&row, 0)))?;
    }
    Ok(())
}

fn table_for_owner_alone(connection: &mut dyn Execute, place: &str) -> Result<()> {
    let acl = format!(
        "SELECT relacl AS acl, relowner AS owner FROM pg_class WHERE oid = {}::regclass",
        super::ddl::text_literal(place)
    );
    for_owner_alone(connection, "TABLE", place, &acl)
}

/// See `Keeps::kept_table`. Names end after 63 bytes; the number stands first.
pub(super) fn table(number: i64, table: &str) -> String {
    let mut name = format!("{number}_{table}");
    let end = (0..=63).rev().find(|at| name.is_char_boundary(*at)).unwrap_or_default();
    name.truncate(end);
    format!("{SCHEMA}.{}", quote(&name))
}

/// See `Keeps::has_kept_table`.
pub(super) fn has_table(connection: &mut dyn Execute, place: &str) -> Result<bool> {
    let found = Statement::new("SELECT 1 WHERE to_regclass($1) IS NOT NULL").bind(place);
    Ok(!connection.query(&found)?.is_empty())
}

/// See `Keeps::create_kept`.
pub(super) fn create(
    connection: &mut dyn Execute,
    place: &str,
    columns: &[&SourceColumn],
    left: &[String],
) -> Result<()> {
    let kept = columns.iter().map(|column| format!("{} {}", quote(&column.name), column.stored));
    let left = left.iter().map(|name| format!("{} text", quote(name)));
    let columns: Vec<String> = kept.chain(left).collect();
    connection.batch(&format!("CREATE TABLE {place} ({})", columns.join(", ")))?;
    table_for_owner_alone(connection, place)
}

/// See `Keeps::lock_rows`. The strongest lock at once: a transaction that takes a weaker one first
/// waits for those that do the same.
pub(super) fn lock(connection: &mut dyn Execute, source: &Source) -> Result<()> {
    connection.batch(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", source.place))
}

/// See `Keeps::is_kept`.
pub(super) fn is_kept(value: &str, kept: &str) -> String {
    format!("(({value})::text IS NOT DISTINCT FROM ({kept})::text)")
}

/// See `Keeps::move_counters`.
pub(super) fn move_counters(connection: &mut dyn Execute, source: &Source) -> Result<()> {
    for column in &source.columns {
        let owned = Statement::new("SELECT pg_get_serial_sequence($1, $2)")
            .bind(source.place.as_str())
            .bind(column.name.as_str());
        let Some(sequence) = connection.query(&owned)?.first().and_then(|row| row[0].as_str().map(str::to_owned))
        else {
            continue;
        };
        let (place, column) = (&source.place, quote(&column.name));
        connection.query(&Statement::new(format!(
            "SELECT setval({}::regclass, m.highest) FROM (SELECT max({column}) AS highest FROM {place}) m \
             CROSS JOIN {sequence} s WHERE m.highest >= s.last_value",
            super::ddl::text_literal(&sequence),
        )))?;
    }
    Ok(())
}
