//! A connection as Diesel's migration harness wants one, over tokio-postgres.
//!
//! Statements have no names, so that they need no connection of their own behind a pooler, and take one round trip. Errors
//! keep their SQLSTATE, which Diesel's own have no room for.

use super::lookout::Lookout;
use super::rows::Raw;
use crate::engine::postgres::connect::pooler::stands_between;
use crate::engine::postgres::error::sqlstate::from_postgres;
use crate::engine::stop::Why;
use crate::error::{Error, Result};
use crate::statement::{Blocker, Patience, Sight};
use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, Instrumentation, LoadConnection, SimpleConnection,
};
use diesel::expression::QueryMetadata;
use diesel::migration::{MigrationConnection, CREATE_MIGRATIONS_TABLE};
use diesel::pg::{GetPgMetadataCache, Pg, PgMetadataCache, PgQueryBuilder, PgValue};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{Query, QueryBuilder, QueryFragment, QueryId};
use diesel::result::Error as DieselError;
use diesel::row::{Field, PartialRow, Row, RowIndex, RowSealed};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use std::error::Error as StdError;
use std::future::Future;
use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Instant;
use std::vec::IntoIter;
use tokio::runtime::Runtime;
use tokio::time::timeout_at;
use tokio_postgres::types::{IsNull, ToSql, Type};
use tokio_postgres::Client;

/// A PostgreSQL connection that waits for its answers. Another thread moves its bytes.
pub struct PgConnection {
    client: Client,
    /// Until when answers are waited for; `None`: as long as it takes.
    until: Option<Instant>,
    /// Looks at the connection while it waits; `None` with a limit, and behind a pooler, which gives each transaction a session.
    lookout: Option<Lookout>,
    patience: Patience,
    runtime: Runtime,
    transactions: AnsiTransactionManager,
    types: PgMetadataCache,
    instrumentation: Option<Box<dyn Instrumentation>>,
}

/// A parameter and its type; `UNKNOWN` where the server is to find that out.
pub type Bound<'a> = (&'a (dyn ToSql + Sync), Type);

/// How a connection waits for an answer.
struct Waiting<'a> {
    runtime: &'a Runtime,
    until: Option<Instant>,
    lookout: Option<&'a mut Lookout>,
}

impl PgConnection {
    /// A connection that has just been made. `runtime` needs time alone. `until`: when a server that does not answer is given up.
    pub fn new(client: Client, runtime: Runtime, until: Option<Instant>) -> Self {
        let (transactions, types) = (AnsiTransactionManager::default(), PgMetadataCache::new());
        PgConnection {
            client,
            until,
            lookout: None,
            patience: Patience::default(),
            runtime,
            transactions,
            types,
            instrumentation: None,
        }
    }

    /// Has a second connection look at this one while it waits, from now on. Behind a pooler nothing looks: that says `false`.
    pub fn look_out(&mut self, lookout: Lookout) -> bool {
        let is_direct = !stands_between(&self.client, Some(lookout.pid()));
        self.lookout = is_direct.then_some(lookout);
        is_direct
    }

    /// Has the lookout tell whom the connection waits for.
    pub fn set_sight(&mut self, sight: Sight) {
        if let Some(lookout) = &mut self.lookout {
            lookout.set_sight(sight);
        }
    }

    /// How long it waits for others that change the tables, and whom the lookout tells.
    pub fn set_patience(&mut self, patience: Patience) {
        if let Some(lookout) = &mut self.lookout {
            lookout.set_patience(patience.clone());
        }
        self.patience = patience;
    }

    /// How long it waits for others that change the tables.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// See `Execute`.
    pub fn look_at_once(&mut self, at_once: bool) {
        if let Some(lookout) = &mut self.lookout {
            self.runtime.block_on(lookout.look_at_once(at_once));
        }
    }

    /// See `Execute`.
    pub fn blocker(&mut self) -> Option<Blocker> {
        self.lookout.as_mut()?.blocker()
    }

    /// Whether the server was given up since it does not answer.
    pub fn is_given_up(&self) -> bool {
        self.lookout.as_ref().is_some_and(Lookout::is_given_up)
    }

    /// Until when answers are waited for.
    pub fn set_until(&mut self, until: Option<Instant>) {
        self.until = until;
    }

    /// Runs statements without parameters.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        let (client, waiting) = self.waiting();
        waiting.wait(client.batch_execute(sql))
    }

    /// Runs one statement; gives the number of rows it changed.
    pub fn change(&mut self, sql: &str, params: &[Bound<'_>]) -> Result<usize> {
        let (client, waiting) = self.waiting();
        waiting.wait(client.execute_typed(sql, params)).map(|count| count as usize)
    }

    /// Runs one statement; gives its rows.
    pub fn rows(&mut self, sql: &str, params: &[Bound<'_>]) -> Result<Vec<tokio_postgres::Row>> {
        let (client, waiting) = self.waiting();
        waiting.wait(client.query_typed(sql, params))
    }

    fn waiting(&mut self) -> (&Client, Waiting<'_>) {
        let PgConnection { client, until, lookout, runtime, .. } = self;
        (client, Waiting { runtime, until: *until, lookout: lookout.as_mut() })
    }

    /// The SQL of a query of Diesel's, and its parameters.
    fn written(&mut self, query: &impl QueryFragment<Pg>) -> QueryResult<(String, Vec<(Value, Type)>)> {
        let mut sql = PgQueryBuilder::default();
        query.to_sql(&mut sql, &Pg)?;
        let mut binds = RawBytesBindCollector::<Pg>::new();
        query.collect_binds(&mut binds, self, &Pg)?;
        let typed = binds.metadata.into_iter().zip(binds.binds).map(|(metadata, value)| {
            let oid = metadata.oid().map_err(|error| DieselError::SerializationError(Box::new(error)))?;
            Ok((Value(value), Type::from_oid(oid).unwrap_or(Type::UNKNOWN)))
        });
        Ok((sql.finish(), typed.collect::<QueryResult<_>>()?))
    }
}

impl Waiting<'_> {
    /// Waits for an answer. Errors: those of the server; `TIMEOUT` if there is none in time; `CONNECTION_LOST` if the server
    /// answers no question.
    fn wait<T>(self, answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>) -> Result<T> {
        let answer = within(self.until, answer);
        let answered = match self.lookout {
            Some(lookout) => {
                let answered = self.runtime.block_on(lookout.beside(answer))?;
                if matches!(answered, Some(Ok(_))) {
                    lookout.succeeded();
                }
                answered
            }
            None => self.runtime.block_on(answer),
        };
        match answered {
            Some(answer) => answer.map_err(|error| from_postgres(&error)),
            None => Err(Why::Late.error()),
        }
    }
}

/// The result of work that may take until then; `None` if it takes longer.
pub async fn within<T>(until: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match until {
        Some(until) => timeout_at(until.into(), work).await.ok(),
        None => Some(work.await),
    }
}

fn borrowed(values: &[(Value, Type)]) -> Vec<Bound<'_>> {
    values.iter().map(|(value, ty)| (value as &(dyn ToSql + Sync), ty.clone())).collect()
}

/// An error of ours on its way through Diesel, which hands it on as it is.
fn wrapped(error: Error) -> DieselError {
    DieselError::QueryBuilderError(Box::new(error))
}

/// The error of ours that came through Diesel; else Diesel's.
pub fn unwrapped(error: DieselError) -> std::result::Result<Error, DieselError> {
    match error {
        DieselError::QueryBuilderError(inner) => match inner.downcast::<Error>() {
            Ok(ours) => Ok(*ours),
            Err(inner) => Err(DieselError::QueryBuilderError(inner)),
        },
        error => Err(error),
    }
}

impl SimpleConnection for PgConnection {
    fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        self.batch(sql).map_err(wrapped)
    }
}

impl ConnectionSealed for PgConnection {}

impl Connection for PgConnection {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::InvalidConnectionUrl("connections are made by AdminConnection::open".into()))
    }

    fn execute_returning_count<T: QueryFragment<Pg> + QueryId>(&mut self, source: &T) -> QueryResult<usize> {
        let (sql, values) = self.written(source)?;
        self.change(&sql, &borrowed(&values)).map_err(wrapped)
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transactions
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = Some(Box::new(instrumentation));
    }

    fn set_prepared_statement_cache_size(&mut self, _: CacheSize) {}
}

impl LoadConnection for PgConnection {
    type Cursor<'conn, 'query> = IntoIter<QueryResult<Loaded>>;
    type Row<'conn, 'query> = Loaded;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        let (sql, values) = self.written(&source)?;
        let rows = self.rows(&sql, &borrowed(&values)).map_err(wrapped)?;
        Ok(rows.into_iter().map(|row| Ok(Loaded::of(row))).collect::<Vec<_>>().into_iter())
    }
}

impl GetPgMetadataCache for PgConnection {
    fn get_metadata_cache(&mut self) -> &mut PgMetadataCache {
        &mut self.types
    }
}

impl MigrationConnection for PgConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        self.batch_execute(CREATE_MIGRATIONS_TABLE).map(|()| 0)
    }
}

/// A parameter that Diesel has encoded.
#[derive(Debug)]
struct Value(Option<Vec<u8>>);

impl ToSql for Value {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut bytes::BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        Ok(match &self.0 {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A row as Diesel reads it.
pub struct Loaded {
    row: tokio_postgres::Row,
    /// The number of each column's type.
    types: Vec<NonZeroU32>,
}

impl Loaded {
    fn of(row: tokio_postgres::Row) -> Self {
        let types = row.columns().iter().map(|column| NonZeroU32::new(column.type_().oid()).unwrap_or(NonZeroU32::MIN));
        Loaded { types: types.collect(), row }
    }
}

impl RowSealed for Loaded {}

impl<'a> Row<'a, Pg> for Loaded {
    type Field<'f>
        = LoadedField<'f>
    where
        'a: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.row.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<Self::Field<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        self.idx(index).map(|at| LoadedField { row: self, at })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for Loaded {
    fn idx(&self, at: usize) -> Option<usize> {
        (at < self.row.len()).then_some(at)
    }
}

impl<'a> RowIndex<&'a str> for Loaded {
    fn idx(&self, name: &'a str) -> Option<usize> {
        self.row.columns().iter().position(|column| column.name() == name)
    }
}

/// A value as Diesel reads it.
pub struct LoadedField<'a> {
    row: &'a Loaded,
    at: usize,
}

impl<'a> Field<'a, Pg> for LoadedField<'a> {
    fn field_name(&self) -> Option<&str> {
        self.row.row.columns().get(self.at).map(|column| column.name())
    }

    fn value(&self) -> Option<PgValue<'_>> {
        let value: Option<Raw<'_>> = self.row.row.try_get(self.at).ok()?;
        Some(PgValue::new(value?.0, self.row.types.get(self.at)?))
    }
}
