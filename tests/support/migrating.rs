//! Operations carried out on a real PostgreSQL server, there and back, each time compared with what should be there.

use super::Database;
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::shape::compare;
use plinth::dialect::{Contents, Definitions, Transactions};
use plinth::diff::{apply, reverse, Constraint, Operation};
use plinth::engine::postgres::admin::AdminConnection;
use plinth::error::Result;
use plinth::schema::order::creation_order;
use plinth::schema::Schema;
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use serde_json::{json, Value as Json};

/// The operations that make a schema.
pub fn creation(schema: &Schema) -> Vec<Operation> {
    let order = creation_order(&schema.tables);
    let mut operations = Vec::new();
    for at in &order.tables {
        let mut table = schema.tables[*at].clone();
        let mut keys = 0..;
        table.foreign_keys.retain(|_| keys.next().is_some_and(|key| !order.forward.contains(&(*at, key))));
        operations.push(Operation::CreateTable { table });
    }
    operations.extend(order.forward.iter().map(|(at, key)| {
        let table = &schema.tables[*at];
        let constraint = Constraint::ForeignKey(table.foreign_keys[*key].clone());
        Operation::AddConstraint { table: table.name.clone(), constraint }
    }));
    operations
}

/// A schema on a server, and the operations that lead on from it.
pub struct Walk {
    pub database: Database,
    pub connection: AdminConnection,
    pub from: Schema,
    pub to: Schema,
    pub operations: Vec<Operation>,
}

impl Walk {
    /// A database at `from`.
    pub fn new(from: &Schema, operations: Vec<Operation>) -> Option<Self> {
        let database = Database::new()?;
        let mut connection = database.open();
        execute(&mut connection, &Schema::default(), &creation(from)).unwrap();
        let to = apply(from, &operations).unwrap();
        let walk = Walk { database, connection, from: from.clone(), to, operations };
        Some(walk).map(|mut walk| {
            assert_at(&mut walk.connection, &from.clone(), "at the beginning");
            walk
        })
    }

    /// To the new schema; gives the statements.
    pub fn up(&mut self) -> Vec<String> {
        let statements = execute(&mut self.connection, &self.from, &self.operations).unwrap();
        assert_at(&mut self.connection, &self.to, &format!("after\n{}", statements.join(";\n")));
        statements
    }

    /// And back.
    pub fn down(&mut self) -> Vec<String> {
        let back = reverse(&self.operations);
        let statements = execute(&mut self.connection, &self.to, &back).unwrap();
        assert_at(&mut self.connection, &self.from, &format!("after\n{}", statements.join(";\n")));
        statements
    }

    /// There, back and there again: with rows, what went once goes again.
    pub fn there_and_back(&mut self) -> (Vec<String>, Vec<String>) {
        let up = self.up();
        let down = self.down();
        self.up();
        self.down();
        (up, down)
    }

    pub fn run(&mut self, sql: &str) {
        self.connection.batch(sql).unwrap();
    }

    /// Rows as JSON, by the server.
    pub fn rows(&mut self, sql: &str) -> Vec<String> {
        let rows = self.connection.query(&Statement::new(format!("SELECT to_jsonb(q)::text FROM ({sql}) q"))).unwrap();
        rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
    }

    pub fn int(&mut self, sql: &str) -> Option<i64> {
        match self.connection.query(&Statement::new(sql)).unwrap()[0][0] {
            Value::Int(n) => Some(n),
            _ => None,
        }
    }
}

/// Renders and runs, as a revision does; gives the statements.
pub fn execute(connection: &mut dyn Execute, from: &Schema, operations: &[Operation]) -> Result<Vec<String>> {
    let statements = Postgres.render(from, operations)?;
    assert_eq!(statements, Postgres.render(from, operations)?, "the same input, another answer");
    Postgres.revision_transaction(connection, &[], &mut |connection| {
        for statement in &statements {
            assert!(!statement.trim_end().ends_with(';'), "{statement}");
            connection.batch(statement).map_err(|mut error| {
                error.message = format!("{}\n{statement}\nof\n{}", error.message, statements.join(";\n"));
                error
            })?;
        }
        Ok(())
    })?;
    Ok(statements)
}

/// The database is what the schema says.
pub fn assert_at(connection: &mut dyn Execute, schema: &Schema, when: &str) {
    let expected = Postgres.normalize(connection, schema).unwrap();
    let found = Postgres.introspect(connection, None).unwrap();
    let differences = compare(&expected, &found);
    assert!(differences.is_empty(), "{differences:#?}\n{when}");
    assert_eq!(expected.tables, found.tables, "{when}");
}

/// A schema of these tables.
pub fn schema(tables: Json) -> Schema {
    serde_json::from_value(json!({ "tables": tables })).unwrap()
}

/// Operations as operations.json writes them.
pub fn operations(list: Json) -> Vec<Operation> {
    serde_json::from_value(list).unwrap()
}

/// A table with an `id` and these columns.
pub fn table(name: &str, columns: Json, more: Json) -> Json {
    let mut all = vec![json!({ "name": "id", "kind": "id" })];
    all.extend(columns.as_array().unwrap().iter().cloned());
    let mut table = json!({ "name": name, "columns": all, "primaryKey": ["id"] });
    table.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    table
}

/// One change of a column of the table `t`.
pub fn altered(from: &Json, to: &Json, more: Json) -> Json {
    let mut operation = json!({ "op": "alterColumn", "table": "t", "from": from, "to": to });
    operation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    operation
}

/// A database with these tables, and changes to make.
pub fn walk(tables: Json, changes: Json) -> Option<Walk> {
    Walk::new(&schema(tables), operations(changes))
}

/// These are the statements, to the letter.
#[track_caller]
pub fn assert_sql(found: &[String], expected: &[&str]) {
    assert_eq!(found, expected, "\n{}", found.join(";\n"));
}
