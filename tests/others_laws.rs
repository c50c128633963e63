//! Objects that others added to the tables of random schemas outlive random changes, or the change
//! is refused and nothing changes: under names in capitals, beyond ASCII, with quotes, like
//! keywords, and on SQLite in any spelling.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::dialect::quote;
use plinth::dialect::DialectName;
use plinth::diff::{apply, diff, Choices, Operation, Outcome};
use plinth::error::Code;
use plinth::schema::names::fold;
use plinth::schema::{Schema, Table};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schemas::{change, check, odd_name, Care, Change};
use std::fs;
use support::revisions::{Draft, Place};

const A: &str = "20260101000000";
const B: &str = "20260102000000";

/// The objects that others add.
#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Column,
    Check,
    UnnamedCheck,
    ForeignKey,
    Index,
    UniqueIndex,
    Trigger,
    View,
}

/// Something of others; the numbers pick a table and a column of it.
#[derive(Clone, Debug)]
struct Addition {
    what: What,
    name: String,
    table: usize,
    column: usize,
    /// Which letters of its names are spelled in the other case.
    spelling: u64,
}

fn addition() -> impl Strategy<Value = Addition> {
    use What::*;
    let what = prop::sample::select(vec![Column, Check, UnnamedCheck, ForeignKey, Index, UniqueIndex, Trigger, View]);
    (what, odd_name(), 0..8usize, 0..8usize, any::<u64>()).prop_map(|(what, name, table, column, spelling)| Addition {
        what,
        name,
        table,
        column,
        spelling,
    })
}

/// The letters of ASCII in the case that these bits say.
fn respelled(name: &str, spelling: u64) -> String {
    let letter = |(at, letter): (usize, char)| match spelling >> (at % 64) & 1 {
        0 => letter,
        _ if letter.is_ascii_lowercase() => letter.to_ascii_uppercase(),
        _ => letter.to_ascii_lowercase(),
    };
    name.chars().enumerate().map(letter).collect()
}

/// What was added, and how to find it again.
struct Added {
    addition: Addition,
    /// Its name, which nothing else has.
    name: String,
    /// Its table, as the schema names it.
    table: String,
}

impl Added {
    fn place(place: &Place, schema: &Schema, number: usize, addition: &Addition) -> Result<Added, TestCaseError> {
        let table = &schema.tables[addition.table % schema.tables.len()];
        let end = format!(" {number}");
        let mut cut = addition.name.len().min(50);
        while !addition.name.is_char_boundary(cut) {
            cut -= 1;
        }
        let name = format!("{}{end}", &addition.name[..cut]);
        let added = Added { addition: addition.clone(), name, table: table.name.clone() };
        added.make(place, table).map_err(|error| TestCaseError::fail(format!("{addition:?}: {error:?}")))?;
        Ok(added)
    }

    fn make(&self, place: &Place, table: &Table) -> plinth::error::Result<()> {
        let sqlite = place.dialect.name() == DialectName::Sqlite;
        let spelled = |name: &str| quote(&if sqlite { respelled(name, self.addition.spelling) } else { name.into() });
        let column = spelled(&table.columns[self.addition.column % table.columns.len()].name);
        let (name, on) = (quote(&self.name), spelled(&table.name));
        let mut connection = place.open();
        let check = format!("CHECK ({column} IS NULL OR {column} IS NOT NULL OR {} IS NULL)", text(&self.name));
        let constraint = match self.addition.what {
            What::Column => return connection.batch(&format!("ALTER TABLE {on} ADD COLUMN {name} TEXT DEFAULT 'kept'")),
            What::Index => return connection.batch(&format!("CREATE INDEX {name} ON {on} ({column})")),
            What::UniqueIndex => return connection.batch(&format!("CREATE UNIQUE INDEX {name} ON {on} ({column})")),
            What::View => return connection.batch(&format!("CREATE VIEW {name} AS SELECT count(*) AS n FROM {on}")),
            What::Trigger => {
                return connection.batch(&match sqlite {
                    true => format!("CREATE TRIGGER {name} AFTER DELETE ON {on} BEGIN SELECT {}; END", text(&self.name)),
                    false => format!(
                        "CREATE OR REPLACE FUNCTION of_others() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
                         CREATE TRIGGER {name} AFTER DELETE ON {on} FOR EACH ROW EXECUTE FUNCTION of_others()"
                    ),
                })
            }
            What::Check => format!("CONSTRAINT {name} {check}"),
            What::UnnamedCheck => check,
            What::ForeignKey => {
                let parents = quote(&format!("Parents of {}", self.name));
                let kind = "SELECT * FROM";
                connection.batch(&format!("CREATE TABLE {parents} AS {kind} (SELECT {column} AS k FROM {on} WHERE 1 = 0) s"))?;
                connection.batch(&format!("CREATE UNIQUE INDEX {} ON {parents} (k)", quote(&format!("k of {}", self.name))))?;
                format!("CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {parents} (k)")
            }
        };
        if !sqlite {
            return connection.batch(&format!("ALTER TABLE {on} ADD {constraint}"));
        }
        // SQLite adds no constraint to a table, but takes it in its text.
        connection.batch(&format!(
            "PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = substr(rtrim(sql), 1, length(rtrim(sql)) - 1) || {} || ')' \
             WHERE type = 'table' AND name = {}; PRAGMA writable_schema = RESET",
            text(&format!(", {constraint}")),
            text(&table.name),
        ))
    }

    /// Whether it is still beside the table of this name.
    fn is_there(&self, place: &Place, table: &str) -> bool {
        let mut connection = place.open();
        let mut columns = place.dialect.columns(connection.as_mut(), table).unwrap().into_iter();
        if self.addition.what == What::Column {
            return columns.any(|column| column.name == self.name);
        }
        let name = text(&self.name);
        let marked = format!("strpos(pg_get_constraintdef(oid), {}) > 0", text(&name));
        let sql = match (place.dialect.name(), self.addition.what) {
            (DialectName::Sqlite, What::Check | What::UnnamedCheck) => {
                format!("SELECT 1 FROM sqlite_schema WHERE name = {} AND instr(sql, {}) > 0", text(table), text(&name))
            }
            (DialectName::Sqlite, What::ForeignKey) => format!(
                "SELECT 1 FROM pragma_foreign_key_list({}) WHERE \"table\" = {}",
                text(table),
                text(&format!("Parents of {}", self.name))
            ),
            (DialectName::Sqlite, What::View) => format!("SELECT 1 FROM sqlite_schema WHERE name = {name}"),
            (DialectName::Sqlite, _) => {
                let on = format!("tbl_name = {} COLLATE NOCASE", text(table));
                format!("SELECT 1 FROM sqlite_schema WHERE name = {name} AND {on}")
            }
            (_, What::Check | What::UnnamedCheck) => {
                format!("SELECT 1 FROM pg_constraint WHERE conrelid = {}::regclass AND {marked}", text(&quote(table)))
            }
            (_, What::ForeignKey) => {
                format!(
                    "SELECT 1 FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {name}",
                    text(&quote(table))
                )
            }
            (_, What::Trigger) => {
                format!(
                    "SELECT 1 FROM pg_trigger WHERE tgrelid = {}::regclass AND tgname = {name}",
                    text(&quote(table))
                )
            }
            (_, What::View) => format!("SELECT 1 FROM pg_views WHERE viewname = {name}"),
            _ => format!("SELECT 1 FROM pg_indexes WHERE tablename = {} AND indexname = {name}", text(table)),
        };
        !place.column(&sql).is_empty()
    }
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// The name of a table in the end; `None` if it goes.
fn follow<'a>(operations: &'a [Operation], name: &'a str) -> Option<&'a str> {
    operations.iter().try_fold(name, |name, operation| match operation {
        Operation::RenameTable { from, to } if from == name => Some(to.as_str()),
        Operation::DropTable { table } if table.name == name => None,
        _ => Some(name),
    })
}

fn operations(from: &Schema, to: &Schema, choices: &Choices) -> Result<Vec<Operation>, TestCaseError> {
    match diff(from, to, choices) {
        Ok(Outcome::Operations(operations)) => Ok(operations),
        other => Err(TestCaseError::fail(format!("{other:?}"))),
    }
}

fn outlives(place: &Place, change: &Change, additions: &[Addition]) -> Result<(), TestCaseError> {
    let none = Schema::default();
    let first = operations(&none, &change.from, &Choices::default())?;
    let second = operations(&change.from, &change.to, &change.choices)?;
    if change.from.tables.is_empty() || second.is_empty() {
        return Ok(());
    }
    let to = apply(&change.from, &second).unwrap();
    place.render(Draft::of(A, "first", &[]), &none, &change.from, &first);
    place.upgrade("head").map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    let mut added = Vec::new();
    for (number, addition) in additions.iter().enumerate() {
        added.push(Added::place(place, &change.from, number, addition)?);
    }
    place.render(Draft::of(B, "second", &[A]), &change.from, &to, &second);
    let before = place.snapshot();
    let gone = |place: &Place, added: &Added, operations: &[Operation]| {
        let table = follow(operations, &added.table);
        let view = added.addition.what == What::View;
        let lost = table.is_some_and(|table| !added.is_there(place, table));
        (lost && !(view && table.is_none())).then(|| format!("{:?} of {:?} is lost", added.addition, table))
    };
    if let Some(lost) = added.iter().find_map(|added| gone(place, added, &[])) {
        return Err(TestCaseError::fail(format!("before: {lost}")));
    }
    match place.upgrade("head") {
        Ok(_) => {
            if let Some(lost) = added.iter().find_map(|added| gone(place, added, &second)) {
                return Err(TestCaseError::fail(lost));
            }
        }
        Err(error) => {
            prop_assert_eq!(place.snapshot(), before, "{:?}", &error);
            prop_assert!(error.code != Code::Internal, "{:?}", error);
            // An object that no operation names blocks nothing.
            let names: Vec<String> = second.iter().flat_map(Operation::tables).map(fold).collect();
            let apart = added.iter().all(|added| !names.contains(&fold(&added.table)));
            prop_assert!(!apart, "{:?}", error);
        }
    }
    Ok(())
}

#[test]
fn on_sqlite() {
    check(40, (change(Care::Free), vec(addition(), 1..=3)), |(change, additions)| {
        outlives(&Place::sqlite().unwrap(), &change, &additions)
    });
}

#[test]
fn on_postgres() {
    let Some(place) = Place::postgres() else { return };
    check(40, (change(Care::Free), vec(addition(), 1..=3)), |(change, additions)| {
        let result = outlives(&place, &change, &additions);
        place.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        let _ = fs::remove_dir_all(place.dir());
        result
    });
}
