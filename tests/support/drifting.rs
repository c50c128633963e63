//! A database with the tables of a schema, changed by hand, and what drift tells of it.

use super::Database;
use plinth::dialect::name::Name;
use plinth::dialect::shape::Shape;
use plinth::dialect::{Dialect, DialectName};
use plinth::drift::{add_sequences, findings, Basis, Findings, Grade, Known, Live};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::schema::order::creation_order;
use plinth::schema::Schema;
use plinth::statement::Execute;

/// What was known: tables, and columns as `users.email`.
pub struct Knows(pub &'static [&'static str]);

impl Known for Knows {
    fn had_table(&self, table: &Name) -> bool {
        self.0.contains(&table.spelled())
    }

    fn had_column(&self, table: &Name, column: &Name) -> bool {
        self.0.contains(&format!("{table}.{column}").as_str())
    }
}

pub const NOTHING: Knows = Knows(&[]);

/// A database with the tables of a schema, and what should be there.
pub struct Place {
    pub dialect: &'static dyn Dialect,
    connection: Box<dyn Execute>,
    pub schema: Schema,
    expected: Shape,
    // Dropped after the connection.
    _database: Option<Database>,
}

impl Place {
    pub fn sqlite(schema: Schema) -> Self {
        let connection = Box::new(AdminConnection::open(":memory:", 1000).unwrap());
        Place::with(DialectName::Sqlite, connection, schema, None)
    }

    pub fn postgres(schema: Schema) -> Option<Self> {
        let database = Database::new()?;
        let connection = Box::new(database.open());
        Some(Place::with(DialectName::Postgres, connection, schema, Some(database)))
    }

    fn with(name: DialectName, mut connection: Box<dyn Execute>, schema: Schema, database: Option<Database>) -> Self {
        let dialect = name.dialect();
        let expected = dialect.normalize(connection.as_mut(), &schema).unwrap();
        let mut place = Place { dialect, connection, schema, expected, _database: database };
        place.create();
        place
    }

    fn create(&mut self) {
        for at in creation_order(&self.schema.tables).tables {
            let table = self.schema.tables[at].clone();
            self.run(&self.dialect.create_table(&table));
            for index in &table.indexes {
                self.run(&self.dialect.create_index(&table, index));
            }
        }
    }

    /// The tables as they should be again.
    pub fn start_over(&mut self) {
        match self.dialect.name() {
            DialectName::Sqlite => self.connection = Box::new(AdminConnection::open(":memory:", 1000).unwrap()),
            DialectName::Postgres => self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public"),
        }
        self.create();
    }

    #[track_caller]
    pub fn run(&mut self, sql: &str) {
        self.connection.batch(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    pub fn find(&mut self, known: &dyn Known, of_revisions: bool) -> Findings {
        let live = Live::read(self.dialect, self.connection.as_mut()).unwrap();
        let basis = Basis { schema: Some(&self.schema), expected: &self.expected, known, of_revisions };
        let mut found = findings(self.dialect, &basis, &live);
        let tables: Vec<Name> = self.expected.tables.keys().cloned().collect();
        let behind = self.dialect.sequences_behind(self.connection.as_mut(), &tables, false).unwrap();
        add_sequences(self.dialect, (&basis, &live), &behind, &mut found);
        found
    }

    /// After this SQL there are these differences and no others. What the fixes tell to run ends them.
    #[track_caller]
    pub fn differs(&mut self, sql: &str, expected: &[(&str, &str, &str, Grade)]) -> Findings {
        self.start_over();
        assert_eq!(self.find(&NOTHING, true).differences, [], "before {sql}");
        self.run(sql);
        let found = self.find(&NOTHING, true);
        let told: Vec<(&str, &str, &str, Grade)> = found
            .differences
            .iter()
            .map(|it| (it.table.as_str(), it.object, it.name.as_deref().unwrap_or_default(), it.grade))
            .collect();
        assert_eq!(told, expected, "{sql}\n{:#?}", found.differences);
        for finding in &found.differences {
            assert!(!finding.why.is_empty() && !finding.fix.contains("repair"), "{finding:#?}");
            assert!(finding.message.starts_with(&finding.table) && finding.message.ends_with('.'), "{finding:#?}");
        }
        self.mends(sql, &found);
        found
    }

    /// Runs what the fixes tell, where all of them tell SQL.
    #[track_caller]
    fn mends(&mut self, sql: &str, found: &Findings) {
        let fix = |fix: &String| {
            let (_, run) = fix.split_once("Run: ")?;
            Some(run.split(" If it was not: ").next().unwrap_or_default().to_owned())
        };
        let scripts: Option<Vec<String>> = found.differences.iter().map(|finding| fix(&finding.fix)).collect();
        let Some(mut scripts) = scripts else { return };
        // Both sides of a renaming tell to mend it.
        let renamed = found.differences.iter().any(|finding| !finding.alike.is_empty() && finding.expected.is_some());
        if renamed {
            scripts.truncate(1);
        }
        for script in scripts {
            self.run(&script);
        }
        let left = self.find(&NOTHING, true).differences;
        let left: Vec<_> = left.iter().filter(|it| !renamed || it.expected.is_none() && it.alike.is_empty()).collect();
        assert!(left.is_empty(), "{sql}\n{:#?}\n{left:#?}", found.differences);
    }
}
