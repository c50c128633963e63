//! Dropping everything in the schemas of the search path, and refusing to where something elsewhere hangs on it.

use super::text;
use crate::dialect::found::{Survey, SurveyedTable};
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;

/// How many of the objects in the way an error names.
const NAMED: usize = 5;

/// `ours`: the schemas; `whole`: what stands in them by itself. The members of an extension belong
/// to it (`e`), and a part of an object goes with it (`i`):
/// https://www.postgresql.org/docs/current/catalog-pg-depend.html
const WHOLE: &str = "
ours AS (
  SELECT oid FROM pg_namespace
  WHERE nspname = ANY (current_schemas(false)) AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'plinth_kept')
),
whole AS (
  SELECT d.classid, d.objid FROM pg_depend d
  WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid IN (SELECT oid FROM ours)
    AND d.classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass,
      'pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_collation'::regclass, 'pg_conversion'::regclass,
      'pg_ts_config'::regclass, 'pg_ts_dict'::regclass, 'pg_ts_parser'::regclass, 'pg_ts_template'::regclass,
      'pg_statistic_ext'::regclass)
    AND NOT EXISTS (SELECT FROM pg_depend p
      WHERE p.classid = d.classid AND p.objid = d.objid AND p.objsubid = 0 AND p.deptype IN ('i', 'e'))
)";

/// The objects that would go with `whole` and are not in `ours`. `doomed` follows the rules by
/// which CASCADE drops: what depends on something, and where that is a part, its owner. `placed`
/// finds the schema of each, through the relation that it is on. Casts and memberships in
/// publications have none, and are nothing without ours. An object that depends on another of them
/// is left out.
const ELSEWHERE: &str = "
doomed AS (
  SELECT classid, objid FROM whole
  UNION
  SELECT n.classid, n.objid FROM doomed x CROSS JOIN LATERAL (
    SELECT classid, objid FROM pg_depend WHERE refclassid = x.classid AND refobjid = x.objid AND deptype <> 'e'
    UNION ALL
    SELECT refclassid, refobjid FROM pg_depend WHERE classid = x.classid AND objid = x.objid AND deptype IN ('i', 'e')
  ) n
),
placed AS (
  SELECT d.classid, d.objid, i.type, i.identity, coalesce(
    (SELECT relnamespace FROM pg_class WHERE oid = CASE d.classid
      WHEN 'pg_class'::regclass THEN d.objid
      WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = d.objid)
      WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = d.objid)
      WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite WHERE oid = d.objid)
      WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = d.objid) END),
    (SELECT opfnamespace FROM pg_opfamily WHERE oid = CASE d.classid
      WHEN 'pg_amop'::regclass THEN (SELECT amopfamily FROM pg_amop WHERE oid = d.objid)
      WHEN 'pg_amproc'::regclass THEN (SELECT amprocfamily FROM pg_amproc WHERE oid = d.objid) END),
    (SELECT connamespace FROM pg_constraint WHERE d.classid = 'pg_constraint'::regclass AND oid = d.objid),
    (SELECT oid FROM pg_namespace WHERE nspname = i.schema)) AS namespace
  FROM doomed d CROSS JOIN pg_identify_object(d.classid, d.objid, 0) i
),
elsewhere AS (
  SELECT * FROM placed p
  WHERE (namespace IS NULL OR namespace NOT IN (SELECT oid FROM ours UNION ALL SELECT 'pg_toast'::regnamespace))
    AND classid NOT IN ('pg_cast'::regclass, 'pg_publication_rel'::regclass)
    AND NOT EXISTS (SELECT FROM pg_depend o
      WHERE o.classid = p.classid AND o.objid = p.objid AND o.objsubid = 0 AND o.deptype = 'i')
)
SELECT e.type || ' ' || e.identity FROM elsewhere e
WHERE NOT EXISTS (SELECT FROM pg_depend o JOIN elsewhere r ON r.classid = o.refclassid AND r.objid = o.refobjid
  WHERE o.classid = e.classid AND o.objid = e.objid AND o.deptype NOT IN ('n', 'e'))
UNION ALL
SELECT 'table ' || c.inhparent::regclass || ', which has rows in ' || c.inhrelid::regclass FROM pg_inherits c
JOIN pg_class p ON p.oid = c.inhparent
WHERE ('pg_class'::regclass, c.inhrelid) IN (SELECT classid, objid FROM whole)
  AND p.relkind IN ('r', 'p', 'f') AND p.relnamespace NOT IN (SELECT oid FROM ours)
ORDER BY 1";

/// Tables and views: identity, name, kind, whether the rows can be counted. Partitions are their table, and another
/// server is not asked.
const RELATIONS: &str = "
SELECT i.identity, CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE i.schema || '.' || c.relname END,
  c.relkind::text,
  has_table_privilege(c.oid, 'SELECT') AND c.relkind <> 'f' AND NOT (c.relkind = 'p' AND EXISTS (
    SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class f ON f.oid = t.relid WHERE f.relkind = 'f'))
FROM whole w
JOIN pg_class c ON w.classid = 'pg_class'::regclass AND c.oid = w.objid
CROSS JOIN pg_identify_object(w.classid, w.objid, 0) i
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
ORDER BY c.oid";

/// Triggers that somebody made; those of partitions are their table's.
const TRIGGERS: &str = "
SELECT t.tgname || ' on ' || c.relname FROM whole w
JOIN pg_class c ON w.classid = 'pg_class'::regclass AND c.oid = w.objid
JOIN pg_trigger t ON t.tgrelid = c.oid
WHERE NOT t.tgisinternal AND NOT c.relispartition
ORDER BY t.oid";

/// All else; the sequence of a column is its table's.
const OTHERS: &str = "
SELECT i.type || ' ' || i.identity FROM whole w CROSS JOIN pg_identify_object(w.classid, w.objid, 0) i
WHERE NOT EXISTS (SELECT FROM pg_class c WHERE w.classid = 'pg_class'::regclass AND c.oid = w.objid AND (c.relkind <> 'S'
  OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = w.classid AND d.objid = w.objid AND d.deptype = 'a')))
ORDER BY w.objid";

/// The room of all tables with their indexes; partitions have their own.
const SIZE: &str = "
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM whole w
JOIN pg_class c ON w.classid = 'pg_class'::regclass AND c.oid = w.objid
WHERE c.relkind IN ('r', 'm')";

/// The objects that a reset would destroy.
pub(super) fn survey(connection: &mut dyn Execute) -> Result<Survey> {
    let mut survey = Survey::default();
    for row in select(connection, RELATIONS)? {
        let name = text(&row, 1);
        let kind = text(&row, 2);
        if kind == "v" || kind == "m" {
            survey.views.push(name);
            continue;
        }
        // A parent counts only its own rows: those of its children are counted with them.
        let only = if kind == "r" { "ONLY " } else { "" };
        let rows = match row[3] {
            Value::Bool(true) => count(connection, &format!("{only}{}", text(&row, 0)))?,
            _ => None,
        };
        survey.tables.push(SurveyedTable { name, rows });
    }
    survey.triggers = column(connection, TRIGGERS)?;
    survey.others = column(connection, OTHERS)?;
    survey.bytes = select(connection, SIZE)?.first().and_then(|row| row[0].as_int());
    Ok(survey)
}

/// See `Keeps::standing_tables`. Rows of another server stay there.
pub(super) fn standing_tables(connection: &mut dyn Execute) -> Result<Vec<(String, String)>> {
    let rows = select(
        connection,
        " SELECT n.nspname::text, c.relname::text FROM whole w \
         JOIN pg_class c ON w.classid = 'pg_class'::regclass AND c.oid = w.objid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname !~ '^(plinth_|__diesel_)' AND NOT (c.relkind = 'p' \
           AND EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class f ON f.oid = t.relid WHERE f.relkind = 'f')) \
         ORDER BY c.oid",
    )?;
    Ok(rows.iter().map(|row| (text(row, 0), text(row, 1))).collect())
}

/// Keeps everybody else from the tables: nothing comes to hang on them any more, and what is counted is what is dropped.
pub(super) fn lock(connection: &mut dyn Execute) -> Result<()> {
    let tables = column(
        connection,
        "SELECT i.identity FROM whole w JOIN pg_class c ON w.classid = 'pg_class'::regclass AND c.oid = w.objid \
         CROSS JOIN pg_identify_object(w.classid, w.objid, 0) i WHERE c.relkind IN ('r', 'p') ORDER BY c.oid",
    )?;
    match tables.is_empty() {
        true => Ok(()),
        false => connection.batch(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "))),
    }
}

/// Drops it.
pub(super) fn drop_all(connection: &mut dyn Execute) -> Result<()> {
    let elsewhere = column(connection, &format!(", {ELSEWHERE}"))?;
    if !elsewhere.is_empty() {
        return Err(refused(&elsewhere));
    }
    // CASCADE reaches nothing but what is dropped anyway, in any order; each may have gone with another.
    let drops = column(
        connection,
        "SELECT format('DROP %s IF EXISTS %s CASCADE', CASE \
           WHEN w.classid = 'pg_proc'::regclass THEN 'ROUTINE' \
           WHEN w.classid = 'pg_statistic_ext'::regclass THEN 'STATISTICS' ELSE upper(i.type) END, i.identity) \
         FROM whole w CROSS JOIN pg_identify_object(w.classid, w.objid, 0) i ORDER BY w.objid DESC",
    )?;
    match drops.is_empty() {
        true => Ok(()),
        false => connection.batch(&drops.join(";\n")),
    }
}

fn refused(elsewhere: &[String]) -> Error {
    let named = elsewhere.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = match elsewhere.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Error::new(
        Code::ResetRefused,
        format!("The reset would reach beyond the schemas of the search path: {named}{more}."),
    )
    .hint("Drop these first, or add their schemas to the search path, so that the reset takes them too.")
}

fn count(connection: &mut dyn Execute, table: &str) -> Result<Option<i64>> {
    let rows = connection.query(&Statement::new(format!("SELECT count(*) FROM {table}")))?;
    Ok(rows.first().and_then(|row| row[0].as_int()))
}

fn select(connection: &mut dyn Execute, sql: &str) -> Result<Vec<Row>> {
    connection.query(&Statement::new(format!("WITH RECURSIVE {WHOLE}{sql}")))
}

fn column(connection: &mut dyn Execute, sql: &str) -> Result<Vec<String>> {
    Ok(select(connection, sql)?.iter().map(|row| text(row, 0)).collect())
}
