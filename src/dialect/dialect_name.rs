//! The databases that there are dialects of, by their names.

use super::postgres::syntax::Postgres;
use super::sqlite::syntax::Sqlite;
use super::{postgres, sqlite, Dialect};
use crate::schema::SystemColumns;
use crate::sql::Rules;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A database: `sqlite` or `postgres` in options, reports and names of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectName {
    /// SQLite, which is the default.
    #[default]
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl DialectName {
    /// All of them.
    pub const ALL: [DialectName; 2] = [DialectName::Sqlite, DialectName::Postgres];

    /// The name as options, reports and names of files have it.
    pub fn as_str(self) -> &'static str {
        match self {
            DialectName::Sqlite => "sqlite",
            DialectName::Postgres => "postgres",
        }
    }

    /// The dialect itself.
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            DialectName::Sqlite => &Sqlite,
            DialectName::Postgres => &Postgres,
        }
    }

    /// The columns that every table has by itself.
    pub fn system_columns(self) -> SystemColumns {
        match self {
            DialectName::Sqlite => sqlite::ddl::SYSTEM_COLUMNS,
            DialectName::Postgres => postgres::ddl::SYSTEM_COLUMNS,
        }
    }

    /// How its SQL is read.
    pub fn rules(self) -> Rules {
        match self {
            DialectName::Sqlite => Rules::Sqlite,
            DialectName::Postgres => Rules::Postgres,
        }
    }
}

impl fmt::Display for DialectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
