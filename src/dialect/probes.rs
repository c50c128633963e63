//! Queries that find out which foreign key a failed statement violated, for databases that do not say.

use super::compile::{quote, Compiler, Syntax};
use crate::plan::Probe;
use crate::query::{Matching, Query};
use crate::schema::{Action, ForeignKey, Models, Table};

/// The probes of a query, the likeliest first. The parameters of each are those of the query's plan, by index.
pub(super) fn probes(syntax: &dyn Syntax, models: &Models, query: &Query) -> Vec<Probe> {
    match query {
        Query::Insert(insert) => missing_parents(syntax, models, insert.model, &insert.columns, 0),
        Query::Upsert { insert, set, .. } => {
            let mut all = missing_parents(syntax, models, insert.model, &insert.columns, 0);
            all.extend(missing_parents(syntax, models, insert.model, set, insert.columns.len()));
            all
        }
        Query::Update { rows, set, .. } => {
            let mut all = missing_parents(syntax, models, rows.model, set, 0);
            all.extend(half_given_parents(syntax, models, rows, set));
            let table = models.table(rows.model);
            let changes = |key: &ForeignKey| {
                key.references.iter().any(|r| set.iter().any(|c| table.columns[*c].name == *r))
                    && refuses(key.on_update)
            };
            all.extend(left_children(syntax, models, rows, set.len(), changes));
            all
        }
        Query::Delete(rows) => left_children(syntax, models, rows, 0, |key| refuses(key.on_delete)),
        _ => Vec::new(),
    }
}

fn refuses(action: Action) -> bool {
    matches!(action, Action::NoAction | Action::Restrict)
}

fn probe(key: &ForeignKey, table: &Table, sql: String, params: Vec<usize>) -> Probe {
    Probe { constraint: key.name.clone(), table: table.name.clone(), columns: key.columns.clone(), sql, params }
}

/// Foreign keys of the row written whose parent does not exist. `first` is where the parameters of
/// `columns` begin.
fn missing_parents(syntax: &dyn Syntax, models: &Models, model: usize, columns: &[usize], first: usize) -> Vec<Probe> {
    let table = models.table(model);
    let mut found = Vec::new();
    for key in &table.foreign_keys {
        let at = |name: &String| columns.iter().position(|c| table.columns[*c].name == *name).map(|i| i + first);
        let Some(params) = key.columns.iter().map(at).collect::<Option<Vec<usize>>>() else { continue };
        let given: Vec<String> = (1..=params.len()).map(|n| format!("{} IS NOT NULL", syntax.placeholder(n))).collect();
        let equal = key.references.iter().enumerate();
        let equal: Vec<String> = equal.map(|(i, r)| format!("{} = {}", quote(r), syntax.placeholder(i + 1))).collect();
        let sql = format!(
            "SELECT 1 WHERE {} AND NOT EXISTS (SELECT 1 FROM {} WHERE {})",
            given.join(" AND "),
            quote(&key.table),
            equal.join(" AND ")
        );
        found.push(probe(key, table, sql, params));
    }
    found
}

/// Foreign keys of which an update sets some columns: the others are in the rows that it changes.
fn half_given_parents(syntax: &dyn Syntax, models: &Models, rows: &Matching, set: &[usize]) -> Vec<Probe> {
    let table = models.table(rows.model);
    let position = |name: &String| set.iter().position(|c| table.columns[*c].name == *name);
    let half = |key: &&ForeignKey| {
        key.columns.iter().any(|c| position(c).is_some()) && key.columns.iter().any(|c| position(c).is_none())
    };
    let mut found = Vec::new();
    for key in table.foreign_keys.iter().filter(half) {
        let mut compiler = Compiler::new(syntax, models);
        let filter = compiler.filter(rows.model, &rows.filter, "p.");
        let mut params: Vec<usize> = (set.len()..set.len() + compiler.params.len()).collect();
        let mut values = Vec::new();
        for column in &key.columns {
            values.push(match position(column) {
                Some(at) => {
                    params.push(at);
                    syntax.placeholder(params.len())
                }
                None => format!("p.{}", quote(column)),
            });
        }
        let given: Vec<String> = values.iter().map(|v| format!("{v} IS NOT NULL")).collect();
        let equal: Vec<String> =
            key.references.iter().zip(&values).map(|(r, v)| format!("r.{} = {v}", quote(r))).collect();
        let sql = format!(
            "SELECT 1 FROM {} p WHERE {filter} AND {} AND NOT EXISTS (SELECT 1 FROM {} r WHERE {}) LIMIT 1",
            quote(&table.name),
            given.join(" AND "),
            quote(&key.table),
            equal.join(" AND ")
        );
        found.push(probe(key, table, sql, params));
    }
    found
}

/// Foreign keys of other rows, which still point to these rows. `first` is where the parameters of their filter begin.
fn left_children(
    syntax: &dyn Syntax,
    models: &Models,
    rows: &Matching,
    first: usize,
    concerns: impl Fn(&ForeignKey) -> bool,
) -> Vec<Probe> {
    let name = &models.table(rows.model).name;
    let mut found = Vec::new();
    for child in &models.schema.tables {
        for key in child.foreign_keys.iter().filter(|k| k.table == *name && concerns(k)) {
            let mut compiler = Compiler::new(syntax, models);
            let filter = compiler.filter(rows.model, &rows.filter, "p.");
            let pairs = key.references.iter().zip(&key.columns);
            let joined: Vec<String> = pairs.map(|(r, c)| format!("p.{} = c.{}", quote(r), quote(c))).collect();
            let sql = format!(
                "SELECT 1 FROM {} p JOIN {} c ON {} WHERE {filter} LIMIT 1",
                quote(name),
                quote(&child.name),
                joined.join(" AND ")
            );
            let params = (first..first + compiler.params.len()).collect();
            found.push(probe(key, child, sql, params));
        }
    }
    found
}
