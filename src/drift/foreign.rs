//! Foreign objects: which objects of the database are listed, but are not drift. Pure.

use super::basis::{Basis, Live};
use super::definition::{is_named_as_ours, valid_index};
use super::finding::ForeignThing;
use crate::dialect::name::Name;
use crate::dialect::shape::{Shape, TableShape};
use crate::dialect::Dialect;
use crate::schema::names::fold;

/// Whose table has this name, in any case. A name that ends in `_` is the beginning of all names of a tool; a name that
/// several tools use says no tool.
const OWNERS: [(&str, &str); 32] = [
    ("plinth_", "of Plinth"),
    ("__diesel_", "of Diesel"),
    ("_litestream_", "of Litestream"),
    ("_prisma_migrations", "of Prisma"),
    ("knex_migrations", "of Knex"),
    ("alembic_version", "of Alembic"),
    ("__drizzle_migrations", "of Drizzle"),
    ("ar_internal_metadata", "of Rails"),
    ("flyway_schema_history", "of Flyway"),
    ("goose_db_version", "of goose"),
    ("databasechangelog", "of Liquibase"),
    ("sequelizemeta", "of Sequelize"),
    ("sequelizedata", "of Sequelize"),
    ("mikro_orm_migrations", "of MikroORM"),
    ("kysely_migration", "of Kysely"),
    ("typeorm_metadata", "of TypeORM"),
    ("pgmigrations", "of node-pg-migrate"),
    ("django_migrations", "of Django"),
    ("_sqlx_migrations", "of SQLx"),
    ("refinery_schema_history", "of Refinery"),
    ("seaql_migrations", "of SeaORM"),
    ("atlas_schema_revisions", "of Atlas"),
    ("__efmigrationshistory", "of Entity Framework"),
    ("doctrine_migration_versions", "of Doctrine"),
    ("phinxlog", "of Phinx"),
    ("d1_migrations", "of Cloudflare D1"),
    ("graphile_migrate", "of Graphile Migrate"),
    ("gorp_migrations", "of sql-migrate"),
    ("schema_version", "of another migration tool"),
    ("schema_migration", "of another migration tool"),
    ("sqitch_", "of Sqitch"),
    ("migrations", "of another migration tool"),
];

/// The endings that tools add to these names.
const ENDINGS: [&str; 5] = ["", "s", "_lock", "_history", "lock"];

/// The tool that keeps its records in the table; `None` if the table is not known as a tool's.
pub(super) fn owner(table: &Name) -> Option<&'static str> {
    let folded = fold(table.spelled());
    let is = |name: &str| match folded.strip_prefix(name) {
        Some(rest) => name.ends_with('_') || ENDINGS.contains(&rest),
        None => false,
    };
    OWNERS.iter().find(|(name, _)| is(name)).map(|(_, owner)| *owner)
}

/// Parts the live content: objects that a comparison looks at, and foreign ones.
pub(super) fn part(dialect: &dyn Dialect, basis: &Basis<'_>, live: &Live) -> (Shape, Vec<ForeignThing>) {
    let mut ours = Shape::default();
    let mut foreign: Vec<ForeignThing> = Vec::new();
    for (name, table) in &live.shape.tables {
        let Some(expected) = basis.expected.tables.get(name) else {
            foreign.push(foreign_table(name));
            continue;
        };
        let (table, indexes) = part_indexes(dialect, name, expected, table);
        foreign.extend(indexes);
        ours.tables.insert(name.clone(), table);
    }
    foreign.extend(live.shape.foreign.iter().map(|thing| ForeignThing {
        what: thing.what.clone(),
        name: thing.name.spelled().to_owned(),
        table: thing.table.as_ref().map(|table| table.spelled().to_owned()),
    }));
    let names = live.inventory.tables.iter().map(|table| dialect.naming().name(&table.name));
    let own = names.filter(|name| is_of_plinth(name) && !live.shape.tables.contains_key(name));
    foreign.extend(own.map(|name| foreign_table(&name)));
    foreign.sort();
    foreign.dedup();
    (ours, foreign)
}

fn is_of_plinth(name: &Name) -> bool {
    matches!(owner(name), Some("of Plinth" | "of Diesel"))
}

fn foreign_table(name: &Name) -> ForeignThing {
    let what = owner(name).map_or("a table".to_owned(), |owner| format!("a table {owner}"));
    ForeignThing { what, name: name.spelled().to_owned(), table: None }
}

/// Separates foreign indexes from those that are compared. An index is foreign if it is valid, not unique, and neither declared
/// nor named as ours: such an index refuses no row.
fn part_indexes(
    dialect: &dyn Dialect,
    name: &Name,
    expected: &TableShape,
    found: &TableShape,
) -> (TableShape, Vec<ForeignThing>) {
    let mut table = found.clone();
    table.indexes.retain(|index, definition| {
        expected.indexes.contains_key(index)
            || definition.starts_with("UNIQUE ")
            || valid_index(definition).1
            || is_named_as_ours(dialect.naming(), name, index, definition)
    });
    let others = found.indexes.keys().filter(|index| !table.indexes.contains_key(index));
    let foreign = others.map(|index| ForeignThing {
        what: "an index".into(),
        name: index.spelled().to_owned(),
        table: Some(name.spelled().to_owned()),
    });
    let foreign = foreign.collect();
    (table, foreign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::name::Naming;

    #[test]
    fn tools_are_told_by_the_names_of_their_tables() {
        let owner = |name: &str| owner(&Naming::Exact.name(name)).unwrap_or_default();
        assert_eq!(owner("_litestream_seq"), "of Litestream");
        assert_eq!(owner("_litestream_lock"), "of Litestream");
        assert_eq!(owner("knex_migrations_lock"), "of Knex");
        assert_eq!(owner("DATABASECHANGELOGLOCK"), "of Liquibase");
        assert_eq!(owner("schema_migrations"), "of another migration tool");
        assert_eq!(owner("plinth_history"), "of Plinth");
        for name in ["users", "migrations_of_birds", "pgmigrations_notes", "alembic_versions_of_mine"] {
            assert_eq!(owner(name), "", "{name}");
        }
    }
}
