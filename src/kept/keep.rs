//! Keeping what a step is about to destroy: measured first, then copied within the step's own transaction.

use super::expression::joined;
use super::left;
use super::list::{add, remove_oldest, Details, Kept, KeptColumn, KeptEntry};
use super::loss::{Loss, Lost};
use crate::dialect::keep::{Source, SourceColumn};
use crate::dialect::name::Naming;
use crate::dialect::{quote, Dialect};
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use crate::time;
use serde::Deserialize;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// The most bytes that a step may destroy.
    pub max_bytes: i64,
    /// How many entries of the same table and columns stay.
    pub count: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: 256 * 1024 * 1024, count: 3 }
    }
}

/// In whose name, and how much.
pub struct Keeping<'a> {
    /// The user that destroys it.
    pub by: &'a str,
    /// The step that destroys it: `upgrade 20260101000000_drop_phone`.
    pub why: &'a str,
    /// How much is kept.
    pub limits: Limits,
}

/// Columns that lose their values, and how.
type Lossy = Vec<(String, Lost)>;

/// How many lost columns an entry has at most: beside each is a column for what a step leaves in its place, and PostgreSQL has
/// 1,600 columns in a table, and 8,160 bytes in a row.
const MOST_COLUMNS: usize = 100;

/// What is about to be kept of one table.
struct Chosen {
    source: Source,
    /// The columns that are copied, in order.
    columns: Vec<String>,
    entry: KeptEntry,
}

impl Chosen {
    /// What is kept of these lost columns. `all`: those of the table.
    fn of(
        (all, key, lost): (&[String], &[String], &[(String, Lost)]),
        loss: &Loss,
        source: &Source,
        keeping: &Keeping<'_>,
    ) -> Self {
        let is_wanted = |name: &&String| {
            lost.is_empty() || key.is_empty() || key.contains(name) || lost.iter().any(|(lost, _)| lost == *name)
        };
        let columns: Vec<String> = all.iter().filter(is_wanted).cloned().collect();
        let kept_column = |name: &String| {
            let lost = lost.iter().find(|(lost, _)| lost == name).map(|(_, how)| *how);
            let column = source.column(name);
            let declared = column.map(|column| column.declared.clone()).unwrap_or_default();
            let added = column.filter(|_| lost.is_some()).map(|column| column.added.clone());
            KeptColumn { name: name.clone(), declared, added, lost }
        };
        let names: Vec<String> = lost.iter().map(|(name, _)| format!("{}.{name}", source.name)).collect();
        let (what, definition) = match names.is_empty() {
            true => (source.name.clone(), whole_definition(source)),
            false => (names.join(", "), column_definition(source, lost)),
        };
        let details = Details {
            columns: columns.iter().map(kept_column).collect(),
            key: key.to_vec(),
            renamed: loss.renamed.clone(),
            definition: source.definition.clone().filter(|_| names.is_empty()),
        };
        let entry = KeptEntry {
            number: 0,
            what,
            table: source.name.clone(),
            columns: Vec::new(),
            rows: 0,
            bytes: 0,
            kept_at: time::now(),
            by: keeping.by.to_owned(),
            why: keeping.why.to_owned(),
            definition,
            details,
            schema: source.schema.clone(),
        };
        Chosen { source: source.clone(), columns, entry }
    }

    /// The rows that are kept. Whole rows of tables that inherit are kept as theirs; a lost column is lost there too.
    fn place(&self) -> &str {
        match self.entry.details.columns.iter().any(|column| column.lost.is_some()) {
            true => &self.source.place,
            false => &self.source.alone,
        }
    }
}

/// Keeps what is lost, within the transaction that destroys it. Nothing is kept of tables without rows.
///
/// Errors: `KEEP_REFUSED` where it is more than the limit, or where a publication would publish it.
pub fn keep(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    losses: &[Loss],
    keeping: &Keeping<'_>,
) -> Result<Vec<Kept>> {
    let mut chosen = Vec::new();
    for loss in losses {
        let Some(source) = dialect.source(connection, loss.schema.as_deref(), &loss.table)? else { continue };
        dialect.lock_rows(connection, &source)?;
        chosen.extend(choose(dialect.naming(), loss, &source, keeping));
    }
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let mut kept = Vec::new();
    dialect.with_text_settings(connection, &mut |connection| {
        for chosen in &mut chosen {
            measure(dialect, connection, chosen)?;
        }
        chosen.retain(|chosen| chosen.entry.rows > 0);
        if chosen.is_empty() {
            return Ok(());
        }
        check_size(&chosen, keeping)?;
        dialect.prepare_kept(connection).map_err(unkept)?;
        for chosen in &chosen {
            kept.push(copy(dialect, connection, chosen, keeping)?);
        }
        Ok(())
    })?;
    Ok(kept)
}

/// What is kept of a table: an entry, several if many columns are lost; empty if nothing is lost that it holds.
fn choose(naming: Naming, loss: &Loss, source: &Source, keeping: &Keeping<'_>) -> Vec<Chosen> {
    let real = |column: &&SourceColumn| !column.generated;
    let all: Vec<String> = source.columns.iter().filter(real).map(|column| column.name.clone()).collect();
    let named = |name: &String| all.iter().find(|column| naming.same(column, name)).cloned();
    let lost: Lossy = loss.columns.iter().filter_map(|(name, how)| Some((named(name)?, *how))).collect();
    if !loss.columns.is_empty() && lost.is_empty() || all.is_empty() {
        return Vec::new();
    }
    let key = key_of(&lost, source);
    // Without a key there is one entry, since it has all columns in any case.
    let parts: Vec<&[(String, Lost)]> =
        if lost.is_empty() || key.is_empty() { vec![&lost] } else { lost.chunks(MOST_COLUMNS).collect() };
    let entry = |lost| Chosen::of((&all, &key, lost), loss, source, keeping);
    parts.into_iter().map(entry).collect()
}

/// The key by which values come back: one whose columns the step leaves alone, if it exists.
fn key_of(lost: &[(String, Lost)], source: &Source) -> Vec<String> {
    let stays = |key: &&Vec<String>| !key.iter().any(|name| lost.iter().any(|(lost, _)| lost == name));
    let ordinary =
        |key: &&Vec<String>| key.iter().all(|name| source.column(name).is_some_and(|column| !column.generated));
    let mut keys = source.keys.iter().filter(ordinary);
    keys.clone().find(stays).or_else(|| keys.next()).cloned().unwrap_or_default()
}

fn whole_definition(source: &Source) -> String {
    match &source.definition {
        Some(definition) => {
            let links = definition.link.iter().map(|link| &link.sql);
            let all = definition.make.iter().chain(links).chain(&definition.then);
            all.map(String::as_str).collect::<Vec<_>>().join(";\n")
        }
        None => source.columns.iter().map(|column| column.definition.as_str()).collect::<Vec<_>>().join(",\n"),
    }
}

fn column_definition(source: &Source, lost: &[(String, Lost)]) -> String {
    let lost = lost.iter().filter_map(|(name, _)| source.column(name));
    lost.map(|column| column.definition.as_str()).collect::<Vec<_>>().join(",\n")
}

fn measure(dialect: &dyn Dialect, connection: &mut dyn Execute, chosen: &mut Chosen) -> Result<()> {
    let sizes = chosen.columns.iter().map(|name| format!("coalesce({}, 0)", dialect.kept_size(&quote(name))));
    let sizes = joined(&sizes.collect::<Vec<_>>(), "+");
    let sql = format!("SELECT count(*), CAST(coalesce(sum({sizes}), 0) AS bigint) FROM {}", chosen.place());
    let rows = connection.query(&Statement::new(sql))?;
    let int = |at: usize| rows.first().and_then(|row| row[at].as_int()).unwrap_or_default();
    (chosen.entry.rows, chosen.entry.bytes) = (int(0), int(1));
    Ok(())
}

fn check_size(chosen: &[Chosen], keeping: &Keeping<'_>) -> Result<()> {
    let bytes: i64 = chosen.iter().map(|chosen| chosen.entry.bytes).sum();
    let most = keeping.limits.max_bytes;
    if bytes <= most {
        return Ok(());
    }
    let what: Vec<&str> = chosen.iter().map(|chosen| chosen.entry.what.as_str()).collect();
    let largest = chosen.iter().max_by_key(|chosen| chosen.entry.bytes);
    let table = largest.map(|chosen| chosen.source.name.clone()).unwrap_or_default();
    Err(too_much(&what.join(", "), bytes, most).table(table))
}

/// The error of what is too much to be kept.
pub fn too_much(what: &str, bytes: i64, most: i64) -> Error {
    Error::new(
        Code::KeepRefused,
        format!(
            "The part of {what} that would be destroyed is more than may be kept: {}, and keep.maxBytes is {}.",
            size(bytes),
            size(most)
        ),
    )
    .expected(format!("at most {most} bytes"))
    .found(format!("{bytes} bytes"))
    .hint(
        "Nothing was changed. Make a backup first (`plinth backup`) and use --no-keep (keep: false), or allow more: \
         keep: { maxBytes }.",
    )
}

/// Bytes in the unit that a person would use.
fn size(bytes: i64) -> String {
    let units = [("GB", 1_i64 << 30), ("MB", 1 << 20)];
    match units.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / *unit as f64).replace(".0 ", " "),
        None => format!("{bytes} bytes"),
    }
}

/// The ways out where the role may not make the place of what is kept.
fn unkept(error: Error) -> Error {
    match error.code {
        Code::PermissionDenied => error.hint(
            "Destroyed rows are kept in the schema plinth_kept: GRANT CREATE ON DATABASE to the role, or have the \
             role that owns this schema run it. Or make a backup first, and use --no-keep (keep: false). Nothing was \
             changed.",
        ),
        _ => error,
    }
}

/// Rows that cannot be written as they are kept: as texts they may be too wide for a row of PostgreSQL.
fn uncopied(entry: &KeptEntry, error: Error) -> Error {
    match error.code {
        Code::SqlFailed => error
            .recoded(Code::KeepRefused)
            .in_context(&format!("The rows of {} cannot be kept:", entry.table))
            .table(&entry.table)
            .hint("Nothing was changed. Make a backup first (`plinth backup`), then use --no-keep (keep: false)."),
        _ => error,
    }
}

fn copy(dialect: &dyn Dialect, connection: &mut dyn Execute, chosen: &Chosen, keeping: &Keeping<'_>) -> Result<Kept> {
    let Chosen { source, columns, entry } = chosen;
    let number = add(dialect, connection, entry).map_err(unkept)?;
    let place = dialect.kept_table(number, &source.name);
    let described: Vec<&SourceColumn> = columns.iter().filter_map(|name| source.column(name)).collect();
    let details = &entry.details;
    let is_left = |at: &usize| !details.key.is_empty() && details.columns[*at].lost.is_some();
    let left: Vec<String> = (0..columns.len()).filter(is_left).map(|at| left::column(&details.columns, at)).collect();
    dialect.create_kept(connection, &place, &described, &left).map_err(unkept)?;
    let names: Vec<String> = columns.iter().map(|name| quote(name)).collect();
    let values: Vec<String> = described.iter().map(|column| dialect.kept_value(column, &quote(&column.name))).collect();
    let insert =
        format!("INSERT INTO {place} ({}) SELECT {} FROM {}", names.join(", "), values.join(", "), chosen.place());
    connection.batch(&insert).map_err(|error| uncopied(entry, error))?;
    let dropped = remove_oldest(dialect, connection, entry, keeping.limits.count)?;
    Ok(Kept { number, what: entry.what.clone(), rows: entry.rows, dropped })
}
