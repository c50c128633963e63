//! One CREATE TABLE or CREATE INDEX as a shape: the same thing written inline or as a table constraint is one.

use super::canonical::{column, declared, Canonical};
use super::parse::{statement, unquoted};
use super::NAMING;
use crate::dialect::name::Name as ObjectName;
use crate::dialect::shape::{ColumnShape, ConstraintName, TableShape};
use sqlite3_parser::ast::*;
use std::collections::HashSet;

/// A table as its CREATE TABLE says it.
#[derive(Clone, Debug, Default)]
pub(super) struct Read {
    /// Its shape, without indexes.
    pub shape: TableShape,
    /// The columns of the primary key, as definitions write them.
    pub key: Vec<String>,
    /// Foreign keys that name no columns, which means the primary key of their table: name (or none), the part before
    /// the columns, the table, the part behind them.
    open: Vec<(Option<ObjectName>, String, ObjectName, String)>,
}

/// Reads a CREATE TABLE; `None` where the parser cannot.
pub(super) fn table(sql: &str) -> Option<Read> {
    statement(sql, |read| match read {
        Stmt::CreateTable { body: CreateTableBody::ColumnsAndConstraints { columns, constraints, flags }, .. } => {
            Some(read_table(columns, constraints.unwrap_or_default(), *flags))
        }
        _ => None,
    })
}

/// Reads a CREATE INDEX: its canonical definition, over a table of these columns; `None` where the parser cannot.
pub(super) fn index(sql: &str, columns: &HashSet<ObjectName>) -> Option<String> {
    statement(sql, |read| match read {
        Stmt::CreateIndex { unique, columns: parts, where_clause, .. } => {
            let canonical = Canonical { columns: columns.clone() };
            let mut text = if *unique { "UNIQUE " } else { "" }.to_owned();
            text.push_str(&format!("({})", sorted(&canonical, parts)));
            if let Some(filter) = where_clause {
                text.push_str(&format!(" WHERE {}", canonical.expression(filter)));
            }
            Some(text)
        }
        _ => None,
    })
}

impl Read {
    /// Completes the foreign keys that name no columns, once the other tables are known.
    pub fn close(&mut self, key_of: impl Fn(&ObjectName) -> Option<Vec<String>>) {
        for (name, before, table, behind) in std::mem::take(&mut self.open) {
            let columns = key_of(&table).map(|key| format!(" ({})", key.join(", "))).unwrap_or_default();
            note(&mut self.shape, name, format!("{before}{columns}{behind}"));
        }
    }
}

fn read_table(columns: &[ColumnDefinition<'_>], constraints: &[NamedTableConstraint<'_>], flags: TabFlags) -> Read {
    let names: HashSet<ObjectName> = columns.iter().map(|c| named(c.col_name.0)).collect();
    let mut reader = Reader { canonical: Canonical { columns: names }, read: Read::default(), alias: None };
    for definition in columns {
        reader.column(definition);
    }
    for constraint in constraints {
        reader.constraint(constraint);
    }
    let mut options = Vec::new();
    if flags.contains(TabFlags::Strict) {
        options.push("STRICT");
    }
    let keyed = flags.contains(TabFlags::WithoutRowid);
    if keyed {
        options.push("WITHOUT ROWID");
    }
    let mut read = reader.read;
    read.shape.options = options.join(", ");
    // The key of a table without rowid, and a column that is the rowid, are never NULL, whatever is written.
    let never_null = if keyed { read.key.clone() } else { reader.alias.into_iter().collect() };
    for (name, shape) in &mut read.shape.columns {
        shape.nullable &= !never_null.contains(&column(name.spelled()));
    }
    read
}

struct Reader {
    canonical: Canonical,
    read: Read,
    /// The column that is the rowid: https://www.sqlite.org/lang_createtable.html#rowid
    alias: Option<String>,
}

impl Reader {
    fn column(&mut self, definition: &ColumnDefinition<'_>) {
        let name = column(definition.col_name.0);
        let mut shape = ColumnShape {
            declared: declared(definition.col_type.as_ref()),
            nullable: true,
            default: None,
            comment: None,
        };
        let (mut collation, mut generated, mut conflict) = (String::new(), String::new(), String::new());
        let mut keys: Vec<(Option<ObjectName>, &ForeignKeyClause<'_>, Option<DeferSubclause>)> = Vec::new();
        for NamedColumnConstraint { name: named, constraint } in definition.constraints {
            let named = named.as_ref().map(|name| self::named(name.0));
            match constraint {
                ColumnConstraint::PrimaryKey { order, conflict_clause, auto_increment } => {
                    let desc = matches!(order, Some(SortOrder::Desc));
                    // A quirk: DESC on the column keeps it from being the rowid.
                    if shape.declared == "INTEGER" && !desc {
                        self.alias = Some(name.clone());
                    }
                    let part = if desc { format!("{name} DESC") } else { name.clone() };
                    let word = if desc && shape.declared == "INTEGER" { "PRIMARY KEY INLINE" } else { "PRIMARY KEY" };
                    let auto = if *auto_increment { " AUTOINCREMENT" } else { "" };
                    self.read.key = vec![name.clone()];
                    self.note(named, format!("{word} ({part}){auto}{}", on_conflict(*conflict_clause)));
                }
                ColumnConstraint::NotNull { nullable: false, conflict_clause } => {
                    shape.nullable = false;
                    conflict = on_conflict(*conflict_clause);
                }
                ColumnConstraint::NotNull { .. } => {}
                ColumnConstraint::Unique(clause) => {
                    self.note(named, format!("UNIQUE ({name}){}", on_conflict(*clause)))
                }
                ColumnConstraint::Check(condition) => {
                    let condition = self.canonical.expression(condition);
                    self.note(named, format!("CHECK ({condition})"));
                }
                ColumnConstraint::Default(value) => shape.default = Some(self.canonical.expression(value)),
                ColumnConstraint::Defer(clause) => {
                    if let Some(last) = keys.last_mut() {
                        last.2 = Some(clause.clone());
                    }
                }
                ColumnConstraint::Collate { collation_name } => {
                    collation = unquoted(collation_name.0).to_ascii_uppercase();
                }
                ColumnConstraint::ForeignKey { clause, defer_clause } => {
                    keys.push((named, clause, defer_clause.clone()))
                }
                ColumnConstraint::Generated { expr, typ } => {
                    let stored = typ.as_ref().is_some_and(|word| word.0.eq_ignore_ascii_case("stored"));
                    let word = if stored { "STORED" } else { "VIRTUAL" };
                    generated = format!(" GENERATED ALWAYS AS ({}) {word}", self.canonical.expression(expr));
                }
            }
        }
        for (named, clause, defer) in keys {
            self.foreign_key(named, std::slice::from_ref(&name), clause, defer.as_ref());
        }
        if !collation.is_empty() && collation != "BINARY" {
            shape.declared.push_str(&format!(" COLLATE {collation}"));
        }
        shape.declared.push_str(&generated);
        if !conflict.is_empty() {
            shape.declared.push_str(&format!(" NOT NULL{conflict}"));
        }
        let shape = ColumnShape { declared: shape.declared.trim_start().to_owned(), ..shape };
        self.read.shape.columns.insert(named(definition.col_name.0), shape);
    }

    fn constraint(&mut self, written: &NamedTableConstraint<'_>) {
        let named = written.name.as_ref().map(|name| self::named(name.0));
        match &written.constraint {
            TableConstraint::PrimaryKey { columns, auto_increment, conflict_clause } => {
                let key: Vec<String> = columns.iter().map(|part| self.canonical.part(&part.expr)).collect();
                if let [only] = key.as_slice() {
                    let of = |(name, _): &(&ObjectName, &ColumnShape)| column(name.spelled()) == *only;
                    let shape = self.read.shape.columns.iter().find(of);
                    let declared = shape.map(|(_, shape)| shape.declared.as_str()).unwrap_or_default();
                    if declared.split(" COLLATE ").next() == Some("INTEGER") {
                        self.alias = Some(only.clone());
                    }
                }
                let auto = if *auto_increment { " AUTOINCREMENT" } else { "" };
                let parts = sorted(&self.canonical, columns);
                self.read.key = key;
                self.note(named, format!("PRIMARY KEY ({parts}){auto}{}", on_conflict(*conflict_clause)));
            }
            TableConstraint::Unique { columns, conflict_clause } => {
                let parts = sorted(&self.canonical, columns);
                self.note(named, format!("UNIQUE ({parts}){}", on_conflict(*conflict_clause)));
            }
            TableConstraint::Check(condition, clause) => {
                let condition = self.canonical.expression(condition);
                self.note(named, format!("CHECK ({condition}){}", on_conflict(*clause)));
            }
            TableConstraint::ForeignKey { columns, clause, defer_clause } => {
                let columns: Vec<String> = columns.iter().map(|part| column(part.col_name.0)).collect();
                self.foreign_key(named, &columns, clause, defer_clause.as_ref());
            }
        }
    }

    fn foreign_key(
        &mut self,
        named: Option<ObjectName>,
        columns: &[String],
        clause: &ForeignKeyClause<'_>,
        defer: Option<&DeferSubclause>,
    ) {
        let table = self::named(clause.tbl_name.0);
        let mut behind = String::new();
        for (event, action) in [("DELETE", action(clause, true)), ("UPDATE", action(clause, false))] {
            if let Some(word) = action {
                behind.push_str(&format!(" ON {event} {word}"));
            }
        }
        for argument in clause.args {
            // SQLite reads MATCH and does nothing about it: https://www.sqlite.org/foreignkeys.html#fk_unsupported
            if let RefArg::Match(word) = argument {
                let word = unquoted(word.0).to_ascii_uppercase();
                behind.push_str(&if word == "SIMPLE" { String::new() } else { format!(" MATCH {word}") });
            }
        }
        // All other words mean what no words mean: https://www.sqlite.org/foreignkeys.html#fk_deferred
        if defer.is_some_and(|d| d.deferrable && matches!(d.init_deferred, Some(InitDeferredPred::InitiallyDeferred))) {
            behind.push_str(" DEFERRABLE INITIALLY DEFERRED");
        }
        let before = format!("FOREIGN KEY ({}) REFERENCES {}", columns.join(", "), column(clause.tbl_name.0));
        match clause.columns {
            None => self.read.open.push((named, before, table, behind)),
            Some(references) => {
                let references: Vec<String> = references.iter().map(|part| column(part.col_name.0)).collect();
                self.note(named, format!("{before} ({}){behind}", references.join(", ")));
            }
        }
    }

    fn note(&mut self, name: Option<ObjectName>, definition: String) {
        note(&mut self.read.shape, name, definition);
    }
}

/// SQLite lets several constraints have one name: a number distinguishes the next from the first.
fn note(shape: &mut TableShape, name: Option<ObjectName>, definition: String) {
    let Some(name) = name else {
        shape.constraints.insert(ConstraintName::Unnamed(definition.clone()), definition);
        return;
    };
    let mut key = ConstraintName::Named(name.clone());
    let mut number = 1;
    while shape.constraints.get(&key).is_some_and(|there| *there != definition) {
        number += 1;
        key = ConstraintName::Named(NAMING.name(&format!("{name} ({number})")));
    }
    shape.constraints.insert(key, definition);
}

/// The name that is written like this.
fn named(written: &str) -> ObjectName {
    NAMING.name(&unquoted(written))
}

fn sorted(canonical: &Canonical, parts: &[SortedColumn<'_>]) -> String {
    let mut words = Vec::new();
    for part in parts {
        let desc = if matches!(part.order, Some(SortOrder::Desc)) { " DESC" } else { "" };
        words.push(canonical.part(&part.expr) + desc);
    }
    words.join(", ")
}

/// The handling of a row that a constraint refuses; ABORT is the default.
fn on_conflict(clause: Option<ResolveType>) -> String {
    match clause {
        None | Some(ResolveType::Abort) => String::new(),
        Some(ResolveType::Rollback) => " ON CONFLICT ROLLBACK".into(),
        Some(ResolveType::Fail) => " ON CONFLICT FAIL".into(),
        Some(ResolveType::Ignore) => " ON CONFLICT IGNORE".into(),
        Some(ResolveType::Replace) => " ON CONFLICT REPLACE".into(),
    }
}

/// The last one written counts.
fn action(clause: &ForeignKeyClause<'_>, delete: bool) -> Option<&'static str> {
    let mut actions = clause.args.iter().filter_map(|argument| match (argument, delete) {
        (RefArg::OnDelete(action), true) | (RefArg::OnUpdate(action), false) => Some(*action),
        _ => None,
    });
    match actions.next_back()? {
        RefAct::NoAction => None,
        RefAct::Restrict => Some("RESTRICT"),
        RefAct::Cascade => Some("CASCADE"),
        RefAct::SetNull => Some("SET NULL"),
        RefAct::SetDefault => Some("SET DEFAULT"),
    }
}
