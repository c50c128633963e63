//! The transaction of one revision on SQLite: foreign keys off, and nothing lost that the revision did not mean to lose.

use super::kept::{Kept, Watched};
use super::references;
use super::transaction::without_foreign_keys;
use crate::dialect::{ByHand, Work};
use crate::error::Result;
use crate::statement::Execute;

/// See `Dialect::revision_transaction`.
///
/// A table that is rebuilt is dropped on the way, and with foreign keys on that would delete every
/// row that points to it and cascades. Off they check nothing, so what the work left is checked
/// here. Triggers, and indexes that no model declares, go with a dropped table: they come back
/// where the table does. A script that means to drop an index or a trigger of a table that it
/// rebuilds drops it before the rebuild. `legacy_alter_table` is the script's to set, since a RENAME
/// that is meant wants the opposite of one that ends a rebuild.
pub(super) fn transaction(connection: &mut dyn Execute, tables: &[String], work: Work<'_>) -> Result<()> {
    without_foreign_keys(connection, "A change of tables", &mut |connection| {
        let dangling = references::dangling(connection, tables)?;
        let kept = Kept::read(connection, tables)?;
        let mut watched = Watched::new(connection);
        let worked = work(&mut watched);
        let dropped = watched.dropped();
        // The setting is the connection's, and outlives a script that failed half-way.
        let restored = connection.batch("PRAGMA legacy_alter_table = OFF");
        worked.and(restored)?;
        dropped.restore(connection)?;
        references::check(connection, tables, &dangling)?;
        kept.check(connection)
    })
}

/// See `Dialect::by_hand`. Objects that `transaction` brings back by itself are left to the person.
pub(super) fn by_hand() -> ByHand {
    ByHand {
        first: "-- By hand, triggers and indexes that no model declares go with a table that is made anew: `plinth upgrade` keeps them.\n\
                -- With foreign keys on, a table that is dropped on the way takes the rows that point to it along.\n\
                PRAGMA foreign_keys = OFF;",
        begin: "BEGIN IMMEDIATE;".into(),
        end: "-- Each row that this shows references a row that does not exist: then ROLLBACK.\nPRAGMA foreign_key_check;\nCOMMIT;",
        last: "PRAGMA foreign_keys = ON;",
        now: super::ddl::NOW,
    }
}
