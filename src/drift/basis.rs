//! The two sides of a comparison: the expected content, with the knowledge of earlier content, and
//! the live content.

use crate::dialect::found::{Inventory, SequenceBehind};
use crate::dialect::name::Name;
use crate::dialect::shape::Shape;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::schema::Schema;
use crate::statement::Execute;

/// What was known of the database when it was last as it should be.
pub trait Known {
    /// Whether it had this table.
    fn had_table(&self, table: &Name) -> bool;
    /// Whether the table had this column.
    fn had_column(&self, table: &Name, column: &Name) -> bool;
}

/// What should be there.
pub struct Basis<'a> {
    /// The schema behind `expected`, if it is known: tables that are missing are written as it declares them.
    pub schema: Option<&'a Schema>,
    /// What should be there: the tables of the project, and no others.
    pub expected: &'a Shape,
    /// The earlier content.
    pub known: &'a dyn Known,
    /// Whether revisions made the tables; else the models are what the database is compared with.
    pub of_revisions: bool,
}

/// The live content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// All tables that a model could declare, and what is foreign.
    pub shape: Shape,
    /// All names: Plinth's own tables are in no shape.
    pub inventory: Inventory,
    /// Sequences that are behind their columns, once they were read.
    pub behind: Vec<SequenceBehind>,
}

impl Live {
    /// Reads catalogs, in which no sequence says where it stands.
    pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Live> {
        let shape = dialect.introspect(connection, None)?;
        Ok(Live { shape, inventory: dialect.inventory(connection)?, behind: Vec::new() })
    }
}
