//! The scratch schema of a proof on PostgreSQL, in which a revision is tried; it is dropped
//! afterwards in any case.

use super::ddl::text_literal;
use super::transaction::shared;
use crate::dialect::{quote, Work};
use crate::error::{Code, Error, Result};
use crate::schema::expression::Call;
use crate::statement::{Execute, Statement};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How the names of scratch schemas begin; a version 7 UUID follows, which tells when.
const PREFIX: &str = "plinth_proof_";

/// The age at which a scratch schema counts as left over.
const LEFTOVER: Duration = Duration::from_secs(3600);

/// See `Dialect::scratch`. Everything in one transaction that is never committed leaves nothing
/// behind, even if the process dies; statements that cannot run in one get a real schema, which the
/// next proof drops if this one could not.
pub(super) fn scratch(connection: &mut dyn Execute, transactional: bool, name: &str, work: Work<'_>) -> Result<()> {
    drop_leftovers(connection)?;
    let schema = quote(&format!("{PREFIX}{name}"));
    if transactional {
        return within_transaction(connection, &schema, work);
    }
    let path = connection.query(&Statement::new("SELECT current_setting('search_path')"))?;
    let path = path.first().and_then(|row| row[0].as_str()).unwrap_or_default().to_owned();
    connection.batch(&format!("CREATE SCHEMA {schema}"))?;
    let result = connection.batch(&format!("SET search_path = {schema}")).and_then(|()| work(connection));
    // A statement that failed may have left a transaction open, in which nothing else runs.
    let _ = connection.batch("ROLLBACK");
    let dropped = connection.batch(&format!(
        "DROP SCHEMA IF EXISTS {schema} CASCADE; SELECT set_config('search_path', {}, false)",
        text_literal(&path)
    ));
    result.and(dropped)
}

fn within_transaction(connection: &mut dyn Execute, schema: &str, work: Work<'_>) -> Result<()> {
    let mut result = Ok(());
    let never = Error::new(Code::Internal, "a proof is never committed");
    let rolled_back = shared(connection, &mut |connection| {
        connection.batch(&format!(
            "CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}; SET LOCAL lock_timeout = '10s'"
        ))?;
        result = work(connection);
        Err(never.clone())
    });
    match rolled_back {
        Err(error) if error != never => Err(error),
        _ => result,
    }
}

/// Drops the scratch schemas of proofs that died. One that this role may not drop is another's.
fn drop_leftovers(connection: &mut dyn Execute) -> Result<()> {
    let sql = "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, $1) \
               AND pg_has_role(nspowner, 'USAGE')";
    let rows = connection.query(&Statement::new(sql).bind(PREFIX))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    for name in rows.iter().filter_map(|row| row[0].as_str()) {
        if made(name).is_some_and(|made| now.saturating_sub(made) > LEFTOVER) {
            connection.batch(&format!("DROP SCHEMA IF EXISTS {} CASCADE", quote(name)))?;
        }
    }
    Ok(())
}

/// When a scratch schema was made: the first 48 bits of its UUID, in milliseconds.
fn made(name: &str) -> Option<Duration> {
    let uuid = name.strip_prefix(PREFIX)?;
    u64::from_str_radix(uuid.get(..12)?, 16).ok().map(Duration::from_millis)
}

/// See `Dialect::rehearse`.
pub(super) fn rehearse(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    connection.batch("SAVEPOINT plinth_revision")?;
    match work(connection) {
        Ok(()) => connection.batch("RELEASE plinth_revision"),
        Err(error) => {
            // The failure matters, not the connection that is gone.
            let _ = connection.batch("ROLLBACK TO plinth_revision; RELEASE plinth_revision");
            Err(error)
        }
    }
}

/// See `Dialect::watch`.
pub(super) fn watch(name: &str, table: &str, log: &str) -> String {
    format!(
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS \
         $plinth$ BEGIN INSERT INTO {log} (entry) VALUES (TG_NAME); RETURN NULL; END $plinth$; \
         CREATE TRIGGER {name} AFTER UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        name = quote(name),
        table = quote(table),
        log = quote(log),
    )
}

/// See `Dialect::counter`.
pub(super) fn counter(connection: &mut dyn Execute, table: &str, column: &str) -> Result<Option<i64>> {
    let sql = "SELECT pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass)";
    let rows = connection.query(&Statement::new(sql).bind(quote(table).as_str()).bind(column))?;
    Ok(rows.first().and_then(|row| row[0].as_int()))
}

/// The calls, as pairs of a schema and a name, whose function does not exist. The words are grammar that looks like a call; a
/// type before a bracket is not a call either.
const MISSING: &str = "
SELECT c.at FROM (SELECT ordinality - 1 AS at, value->>0 AS schema, value->>1 AS name
  FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY) c
WHERE NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname = c.name AND CASE WHEN c.schema IS NULL THEN pg_function_is_visible(p.oid) ELSE n.nspname = c.schema END)
  AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typname = c.name)
  AND c.name NOT IN ('coalesce', 'nullif', 'greatest', 'least', 'trim', 'row', 'treat', 'filter', 'over', 'within',
    'char', 'character', 'decimal', 'dec', 'varying', 'json', 'json_scalar', 'json_serialize', 'json_exists', 'json_query',
    'json_value', 'json_object', 'json_array', 'xmlelement', 'xmlforest', 'xmlparse', 'xmlroot', 'xmlserialize', 'xmlexists')
ORDER BY c.at LIMIT 1";

/// See `Dialect::missing_function`.
pub(super) fn missing_function(connection: &mut dyn Execute, calls: &[Call]) -> Result<Option<(Call, String)>> {
    let pairs: Vec<_> = calls.iter().map(|call| serde_json::json!([call.schema, call.name])).collect();
    let rows = connection.query(&Statement::new(MISSING).bind(serde_json::json!(pairs).to_string().as_str()))?;
    let at = rows.first().and_then(|row| row[0].as_int()).and_then(|at| usize::try_from(at).ok());
    let Some(call) = at.and_then(|at| calls.get(at)) else { return Ok(None) };
    let place = match call.schema {
        Some(_) => "Create the function in the database of the proof, or name a database that has it",
        None => {
            "The proof has an empty schema of its own: call the function with its own schema (such as `public.`), in a \
             database that has it"
        }
    };
    let hint = format!("{place}: --prove-url, or else DATABASE_URL. Or write the revision unproven: --no-prove.");
    Ok(Some((call.clone(), hint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_schemas_tell_when_they_were_made() {
        let made_at = made("plinth_proof_01890a5dac96774bbcceb302099a8057").unwrap();
        assert_eq!(made_at, Duration::from_millis(0x0189_0a5d_ac96));
        assert_eq!(made("plinth_proof_mine"), None);
        assert_eq!(made("plinth_scratch_01890a5dac96774bbcceb302099a8057"), None);
    }
}
