//! One change of a schema. It carries both sides, so that reversing it needs nothing else.

use super::RowValue;
use crate::schema::{Check, Column, ForeignKey, Index, Table, Unique};
use serde::{Deserialize, Serialize};

/// One change of a schema. Names are those at its place in the list: what an earlier operation renamed has its new name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Operation {
    /// A new table, whole: with its constraints and indexes, except the foreign keys that later
    /// `AddConstraint`s bring if tables refer to each other.
    CreateTable {
        /// The table.
        table: Table,
    },
    /// A table goes, with what is in it.
    DropTable {
        /// The table as it was.
        table: Table,
    },
    /// A table gets another name; foreign keys of all tables follow.
    RenameTable {
        /// The name until now.
        from: String,
        /// The name from now on.
        to: String,
    },
    /// The comment of a table.
    CommentTable {
        /// The table.
        table: String,
        /// The comment until now.
        from: Option<String>,
        /// The comment from now on.
        to: Option<String>,
    },
    /// A new column.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: Column,
        /// The value that rows get, if it is not the column's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<RowValue>,
    },
    /// A column goes, with what is in it. Objects that name it (constraints, indexes) go before, by
    /// operations of their own.
    DropColumn {
        /// The table.
        table: String,
        /// The column as it was.
        column: Column,
        /// The `backfill` of the reverse.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<RowValue>,
    },
    /// A column gets another name; the primary key, constraints, indexes, foreign keys that point to it and the SQL of the
    /// table's checks and indexes follow.
    RenameColumn {
        /// The table.
        table: String,
        /// The name until now.
        from: String,
        /// The name from now on.
        to: String,
    },
    /// Another kind, nullability, default or comment.
    AlterColumn {
        /// The table.
        table: String,
        /// The column as it was.
        from: Column,
        /// The column as it is to be, of the same name.
        to: Column,
        /// The words that replace those which the enum does not have any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        map: Vec<ValueMap>,
        /// The value of rows that are NULL when NULL becomes forbidden.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<RowValue>,
        /// The `backfill` of the reverse.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restore: Option<RowValue>,
    },
    /// Another primary key.
    AlterPrimaryKey {
        /// The table.
        table: String,
        /// Its columns until now.
        from: Vec<String>,
        /// Its columns from now on.
        to: Vec<String>,
    },
    /// A new constraint.
    AddConstraint {
        /// The table.
        table: String,
        /// The constraint.
        constraint: Constraint,
    },
    /// A constraint goes.
    DropConstraint {
        /// The table.
        table: String,
        /// The constraint as it was.
        constraint: Constraint,
    },
    /// A constraint gets another name.
    RenameConstraint {
        /// The table.
        table: String,
        /// The name until now.
        from: String,
        /// The name from now on.
        to: String,
    },
    /// A new index.
    AddIndex {
        /// The table.
        table: String,
        /// The index.
        index: Index,
    },
    /// An index goes.
    DropIndex {
        /// The table.
        table: String,
        /// The index as it was.
        index: Index,
    },
    /// An index gets another name.
    RenameIndex {
        /// The table.
        table: String,
        /// The name until now.
        from: String,
        /// The name from now on.
        to: String,
    },
}

/// A constraint of a table, the primary key and what kinds bring with them apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Constraint {
    /// UNIQUE.
    Unique(Unique),
    /// CHECK.
    Check(Check),
    /// FOREIGN KEY.
    ForeignKey(ForeignKey),
}

/// The word that replaces another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueMap {
    /// The word that rows hold.
    pub from: String,
    /// The word that they get.
    pub to: String,
}

impl Constraint {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Constraint::Unique(unique) => &unique.name,
            Constraint::Check(check) => &check.name,
            Constraint::ForeignKey(key) => &key.name,
        }
    }
}

impl Operation {
    /// The operation that leads back.
    pub fn reverse(&self) -> Operation {
        use Operation::*;
        match self.clone() {
            CreateTable { table } => DropTable { table },
            DropTable { table } => CreateTable { table },
            RenameTable { from, to } => RenameTable { from: to, to: from },
            CommentTable { table, from, to } => CommentTable { table, from: to, to: from },
            AddColumn { table, column, backfill } => DropColumn { table, column, backfill },
            DropColumn { table, column, backfill } => AddColumn { table, column, backfill },
            RenameColumn { table, from, to } => RenameColumn { table, from: to, to: from },
            AlterColumn { table, from, to, map, backfill, restore } => {
                let back = |m: ValueMap| ValueMap { from: m.to, to: m.from };
                let map = map.into_iter().map(back).collect();
                AlterColumn { table, from: to, to: from, map, backfill: restore, restore: backfill }
            }
            AlterPrimaryKey { table, from, to } => AlterPrimaryKey { table, from: to, to: from },
            AddConstraint { table, constraint } => DropConstraint { table, constraint },
            DropConstraint { table, constraint } => AddConstraint { table, constraint },
            RenameConstraint { table, from, to } => RenameConstraint { table, from: to, to: from },
            AddIndex { table, index } => DropIndex { table, index },
            DropIndex { table, index } => AddIndex { table, index },
            RenameIndex { table, from, to } => RenameIndex { table, from: to, to: from },
        }
    }
}
