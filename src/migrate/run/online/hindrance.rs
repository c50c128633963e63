//! Hindrances of steps: tables of the revision that others have made such that it cannot run so. Found before the first step.

use crate::dialect::name::Name;
use crate::dialect::online::{OnlineStep, OnlineWay};
use crate::dialect::postgres::online_tables::{identity, may_hide_rows, named_columns, no_updates, relatives};
use crate::dialect::{quote, Dialect};
use crate::error::{Code, Error, Result};
use crate::migrate::run::running::Script;
use crate::migrate::run::touched::Touched;
use crate::schema::Table;
use crate::statement::Execute;

/// Why a revision does not run in steps.
pub(super) struct Hindrance {
    /// The table, by its name before the revision.
    table: String,
    /// The reason, as a sentence.
    pub sentence: String,
    /// The way out, if one transaction would break the same.
    way_out: Option<&'static str>,
}

impl Hindrance {
    /// Whether one transaction does what the steps cannot.
    pub fn leaves_one_transaction(&self) -> bool {
        self.way_out.is_none()
    }

    /// The error of a revision that cannot run so.
    pub fn error(&self, path: &str) -> Error {
        let hint = self.way_out.unwrap_or(
            "Run it without --online: it runs as one transaction, which blocks these tables as long as it takes.",
        );
        Error::new(Code::OnlineRefused, format!("{path} cannot run in steps: {}", self.sentence))
            .table(self.table.as_str())
            .hint(format!("{hint} The revision has not begun."))
    }
}

/// The way out of policies.
const SEE_ALL: &str = "Run it as a role with BYPASSRLS, or as the owner of the table without FORCE ROW LEVEL SECURITY.";
/// The ways out of a publication that would break.
const CHANGE_IT: &str = "Change the publication first: the server refuses that in one transaction, too.";
const IDENTIFY: &str =
    "Give the table a replica identity, or leave it out of the publication, until the revision is applied.";
const KEEP_IDENTITY: &str = "Give the table another replica identity first (ALTER TABLE ... REPLICA IDENTITY).";

/// Looks at the tables that a revision touches, as the database has them.
pub(super) fn hindrance(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    (script, steps): (&Script<'_>, &[OnlineStep]),
) -> Result<Option<Hindrance>> {
    let step = script.step;
    let touched = Touched::of(dialect.naming(), &step.from, &step.operations);
    let names = touched.names_before();
    let tables: Vec<&Table> = names.iter().filter_map(|name| step.from.table(name.spelled())).collect();
    for table in &tables {
        if let Some(sentence) = relatives(connection, &table.name)? {
            return Ok(Some(Hindrance { table: table.name.clone(), sentence, way_out: None }));
        }
    }
    for table in tables {
        let look = Look { dialect, touched: &touched, script, table };
        // With the table its place in publications goes.
        let Some(after) = touched.table_after(&look.name()) else { continue };
        let found = match look.named(connection, &after)? {
            None if look.is_filled(steps) => look.updates(connection)?,
            found => found,
        };
        let found = match found {
            None => look.identity(connection)?,
            found => found,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// A look at the publications of one table.
struct Look<'l, 's> {
    dialect: &'l dyn Dialect,
    touched: &'l Touched,
    script: &'l Script<'s>,
    table: &'l Table,
}

impl Look<'_, '_> {
    fn name(&self) -> Name {
        self.dialect.naming().name(&self.table.name)
    }

    fn found(&self, sentence: String, way_out: Option<&'static str>) -> Option<Hindrance> {
        Some(Hindrance { table: self.table.name.clone(), sentence, way_out })
    }

    /// Columns that a publication names and the revision changes.
    fn named(&self, connection: &mut dyn Execute, after: &Name) -> Result<Option<Hindrance>> {
        let Look { dialect, touched, script, table } = *self;
        let of = self.name();
        let to = script.step.to.table(after.spelled());
        for (publication, column) in named_columns(connection, &table.name)? {
            let name = dialect.naming().name(&column);
            let place =
                format!("The publication {} names {}.{}", quote(&publication), quote(&table.name), quote(&column));
            if touched.drops_column(&of, &name) {
                return Ok(self.found(format!("{place}, which the revision drops."), Some(CHANGE_IT)));
            }
            let new = touched.column_after(&of, &name).spelled();
            let declared = |column: Option<&crate::schema::Column>| column.map(|it| dialect.declared_type(&it.kind));
            let changed = to.and_then(|to| to.column(new));
            if changed.is_some() && declared(changed) != declared(table.column(&column)) {
                return Ok(self.found(format!("{place}, whose type the revision changes."), Some(CHANGE_IT)));
            }
            if new != column {
                let sentence = format!("{place}, which the revision renames: subscribers are to see that at once.");
                return Ok(self.found(sentence, None));
            }
        }
        Ok(None)
    }

    /// Whether rows of the table get values in batches.
    fn is_filled(&self, steps: &[OnlineStep]) -> bool {
        let naming = self.dialect.naming();
        steps.iter().any(|step| match &step.way {
            OnlineWay::Batches { table, .. } => {
                let name = naming.name(table);
                self.touched.table_before(&name).is_some_and(|before| before == self.name())
            }
            OnlineWay::Transaction | OnlineWay::Statement => false,
        })
    }

    /// Policies that hide rows which are to get values, or a publication that lets none be updated.
    fn updates(&self, connection: &mut dyn Execute) -> Result<Option<Hindrance>> {
        if may_hide_rows(connection, &self.table.name)? {
            let of = quote(&self.table.name);
            let sentence = format!("A policy may hide rows of {of} from this role, and all its rows get values.");
            return Ok(self.found(sentence, Some(SEE_ALL)));
        }
        Ok(no_updates(connection, self.table)?.and_then(|(publication, error)| {
            let (of, by) = (quote(&self.table.name), quote(&publication));
            let sentence =
                format!("No row of {of} can be updated, which the publication {by} sends: {}", error.message);
            self.found(sentence, Some(IDENTIFY))
        }))
    }

    /// The replica identity, if the revision drops it.
    fn identity(&self, connection: &mut dyn Execute) -> Result<Option<Hindrance>> {
        let of = self.name();
        let Some((index, publication)) = identity(connection, &self.table.name)? else { return Ok(None) };
        if !self.touched.drops_object(&of, &self.dialect.naming().name(&index)) {
            return Ok(None);
        }
        let sentence = format!(
            "The revision drops {}, by which subscribers of the publication {} find the rows of {}.",
            quote(&index),
            quote(&publication),
            quote(&self.table.name)
        );
        Ok(self.found(sentence, Some(KEEP_IDENTITY)))
    }
}
