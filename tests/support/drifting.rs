//! A database with the tables of a schema, changed by hand, and what drift tells of it.

use super::Database;
use plinth::dialect::found::SequenceReading;
use plinth::dialect::name::Name;
use plinth::dialect::shape::Shape;
use plinth::dialect::{Dialect, DialectName};
use plinth::drift::{findings, Basis, Finding, Findings, Grade, Known, Live};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::repair::plan::{key, plan, Wish};
use plinth::repair::refused::Refusals;
use plinth::repair::steps::Orders;
use plinth::repair::{Decisions, Wanted};
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
        let live = self.live();
        let basis = Basis { schema: Some(&self.schema), expected: &self.expected, known, of_revisions };
        findings(self.dialect, &basis, &live)
    }

    /// The live content, sequences too.
    fn live(&mut self) -> Live {
        let mut live = Live::read(self.dialect, self.connection.as_mut()).unwrap();
        let tables: Vec<Name> = self.expected.tables.keys().cloned().collect();
        let reading = SequenceReading { rows: false, in_transaction: false };
        live.behind = self.dialect.sequences_behind(self.connection.as_mut(), &tables, reading).unwrap();
        live
    }

    /// After this SQL there are these differences and no others. A repair ends them, except for
    /// those that a person has to decide.
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
            assert!(!finding.why.is_empty() && !finding.fix.is_empty(), "{finding:#?}");
            assert!(finding.message.starts_with(&finding.table) && finding.message.ends_with('.'), "{finding:#?}");
        }
        self.mends(sql, &found);
        found
    }

    /// What was decided: that all that may have been renamed was.
    fn renamed(&mut self, found: &Findings) -> Decisions {
        let rename = |finding: &Finding| {
            let (other, is_missing) = (finding.alike.first()?, finding.found.is_none());
            match (finding.object, &finding.name) {
                ("table", _) => Some((other.clone(), finding.table.clone())),
                ("column", Some(name)) if is_missing => {
                    Some((format!("{}.{other}", finding.table), format!("{}.{name}", finding.table)))
                }
                _ => None,
            }
        };
        let wanted = Wanted { rename: found.differences.iter().filter_map(rename).collect(), recreate: Vec::new() };
        let live = self.live();
        let basis = Basis { schema: Some(&self.schema), expected: &self.expected, known: &NOTHING, of_revisions: true };
        Decisions::of(self.dialect.naming(), &basis, &live, &wanted).unwrap()
    }

    /// Repairs, and compares with what the plan says.
    #[track_caller]
    pub fn mends(&mut self, sql: &str, found: &Findings) {
        let decisions = self.renamed(found);
        let live = self.live();
        let basis = Basis { schema: Some(&self.schema), expected: &self.expected, known: &NOTHING, of_revisions: true };
        let refused = Refusals::default();
        let wish = Wish { decisions: &decisions, destructive: true, large: None, refused: &refused };
        let orders = orders(self.dialect, self.connection.as_mut(), &live);
        let plan = plan(self.dialect, (&basis, &live), found, wish, &orders);
        let tables: Vec<String> = plan.tables.iter().map(|name| name.spelled().to_owned()).collect();
        let (dialect, steps) = (self.dialect, &plan.steps);
        let repaired = dialect.repair_transaction(self.connection.as_mut(), &tables, false, &mut |connection| {
            for step in steps {
                dialect.run_statement(connection, &step.sql, &mut |_, _| {})?;
            }
            connection.settle()
        });
        assert_eq!(repaired, Ok(()), "{sql}\n{steps:#?}");
        let left = self.find(&NOTHING, true).differences;
        let is_same = left.len() == plan.remains.len() && left.iter().zip(&plan.remains).all(|(a, b)| key(a) == key(b));
        assert!(is_same, "{sql}\n{steps:#?}\n{left:#?}\n{:#?}", plan.remains);
        let waits = |finding: &Finding| finding.why.ends_with("It waits until the objects that it names are repaired.");
        let is_left = plan.remains.iter().all(|it| it.grade == Grade::Blocked || waits(it));
        assert!(is_left, "{sql}\n{steps:#?}\n{left:#?}");
    }
}

/// The columns of all tables, in their order.
pub fn orders(dialect: &dyn Dialect, connection: &mut dyn Execute, live: &Live) -> Orders {
    let columns = |name: &Name, connection: &mut dyn Execute| {
        let columns = dialect.columns(connection, name.spelled()).unwrap();
        columns.iter().map(|column| dialect.naming().name(&column.name)).collect()
    };
    live.shape.tables.keys().map(|name| (name.clone(), columns(name, connection))).collect()
}
