//! Many rows of one insert by COPY, which costs the server half as much: it gives no keys back, so they are taken from
//! the table's sequence before.

use super::insert_rows::{rows, Bracket, RowReader};
use super::statements::{Binary, CopyStatements};
use super::wire::{Connection, Ran};
use crate::engine::packed::Outcome;
use crate::engine::postgres::codec::encode::Parameter;
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::task::Run;
use crate::engine::unreadable::check_generated;
use crate::error::Code;
use crate::plan::Target;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::join;
use futures_util::SinkExt;
use std::pin::pin;
use tokio_postgres::types::{IsNull, ToSql, Type};
use tokio_postgres::Statement;

/// With fewer rows the round trips cost more than they save.
const FEWEST: usize = 200;
/// Bytes that are sent at once.
const PIECE: usize = 64 * 1024;

/// Whether a table can be copied to as if its rows were inserted, and so many keys from its sequence, `$3` of them. No row
/// where it cannot: a view, a rule, row security, a trigger that may change a row, a sequence that is not ours to move.
const ADMIT: &str = "
    WITH t AS (
        SELECT CASE WHEN $2 <> '' THEN pg_get_serial_sequence($1, $2)::regclass END AS keys
        FROM pg_class c
        WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT row_security_active(c.oid)
        AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgtype & 7 = 7)
    )
    SELECT (SELECT array_agg(nextval((SELECT keys FROM t))) FROM generate_series(1, $3))
    FROM t WHERE $2 = '' OR has_sequence_privilege(keys, 'USAGE')";

/// The types of a table's columns.
const TYPES: &str = "
    SELECT array_agg(a.atttypid ORDER BY a.attnum) FROM pg_attribute a
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";

/// The statements of COPY to the table of an insert; `None` if statements do not stay prepared.
async fn prepared(connection: &Connection, run: &Run, target: &Target) -> Ran<Option<CopyStatements>> {
    let Some(statements) = connection.kept(run) else { return Ok(None) };
    statements.copy.get_or_try_init(|| prepare(connection, run, target)).await.cloned().map(Some)
}

async fn prepare(connection: &Connection, run: &Run, target: &Target) -> Ran<CopyStatements> {
    let (client, plan) = (connection.client(), &run.plan);
    let failed = |error| connection.failure(&error);
    let ask = client.prepare_typed(TYPES, &[Type::TEXT]).await.map_err(failed)?;
    // Asked before: types that change in between differ from this answer ever after.
    let answer = types_of(connection, &ask, target).await?;
    let single = client.prepare(&plan.nodes[0].sql).await.map_err(failed)?;
    let types = single.params();
    let known = plan.params.iter().zip(types).all(|(param, ty)| Parameter::is_sent_in_binary(param.wire, ty));
    let binary = known.then(|| Binary { types: types.to_vec(), ask, answer });
    let format = if binary.is_some() { " (FORMAT binary)" } else { "" };
    let sql = format!("COPY {} ({}) FROM STDIN{format}", target.table, target.columns);
    let (admit, copy) =
        join(client.prepare_typed(ADMIT, &[Type::TEXT, Type::TEXT, Type::INT8]), client.prepare(&sql)).await;
    Ok(CopyStatements { admit: admit.map_err(failed)?, copy: copy.map_err(failed)?, binary })
}

/// Copies all rows; `None` where the table is none that can be copied to.
async fn copy_rows(copy: &CopyStatements, connection: &Connection, run: &Run, target: &Target) -> Ran<Option<Outcome>> {
    let failed = |error: tokio_postgres::Error| connection.failure(&error);
    let (client, total) = (connection.client(), rows(run));
    let wanted = if target.key.is_some() { total } else { 0 };
    let admitted = client
        .query_opt(&copy.admit, &[&target.table, &target.key.as_deref().unwrap_or(""), &(wanted as i64)])
        .await
        .map_err(failed)?;
    let Some(admitted) = admitted else { return Ok(None) };
    let keys = admitted.get::<_, Option<Vec<i64>>>(0).unwrap_or_default();
    for key in &keys {
        check_generated(&run.plan, *key).map_err(Failure::unsent)?;
    }
    let mut sink = pin!(client.copy_in::<_, Bytes>(&copy.copy).await.map_err(failed)?);
    let mut reader = RowReader::at(&run.params.chunks, &run.plan.params, 0);
    let mut out = BytesMut::with_capacity(2 * PIECE);
    if copy.binary.is_some() {
        out.put_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    }
    for row in 0..total {
        let values = reader.rows(1).map_err(Failure::unsent)?;
        match &copy.binary {
            Some(Binary { types, .. }) => put_binary(&values, types, keys.get(row), &mut out),
            None => put_text(&values, keys.get(row), &mut out),
        }
        if out.len() >= PIECE {
            sink.feed(out.split().freeze()).await.map_err(failed)?;
            out.reserve(2 * PIECE);
        }
    }
    if copy.binary.is_some() {
        out.put_i16(-1);
    }
    sink.feed(out.freeze()).await.map_err(failed)?;
    let changes = match &copy.binary {
        // The table is locked since the COPY began: what it has now are the types that the values were read by.
        Some(Binary { ask, answer, .. }) => {
            let (changes, types) = join(sink.as_mut().finish(), types_of(connection, ask, target)).await;
            let changes = changes.map_err(failed)?;
            if types? != *answer {
                return Err(connection.outdated());
            }
            changes
        }
        None => sink.as_mut().finish().await.map_err(failed)?,
    };
    Ok(Some(Outcome { changes, keys, ..Outcome::default() }))
}

async fn types_of(connection: &Connection, ask: &Statement, target: &Target) -> Ran<Vec<u32>> {
    let answer = connection.client().query_one(ask, &[&target.table]).await;
    let answer = answer.map_err(|error| connection.failure(&error))?;
    Ok(answer.get::<_, Option<Vec<u32>>>(0).unwrap_or_default())
}

/// Inserts all rows of a call by COPY, or none; `None` where it was not done, so that it is done by INSERT: that also finds
/// the row at fault.
pub async fn many(connection: &Connection, run: &Run, within: bool) -> Ran<Option<Outcome>> {
    let Some(target) = run.plan.values.as_ref().and_then(|values| values.target.as_ref()) else { return Ok(None) };
    if rows(run) < FEWEST {
        return Ok(None);
    }
    let Some(copy) = prepared(connection, run, target).await? else { return Ok(None) };
    let around = Bracket::of(within);
    match connection.begun(connection.steer(around.begin), copy_rows(&copy, connection, run, target), !within).await? {
        Ok(Some(outcome)) => connection.steer(around.commit).await.map(|()| Some(outcome)),
        // Nothing was committed: the COMMIT was not sent.
        Err(failure) if failure.is_lost() => Err(Failure { cause: Cause::Lost { certain: true }, ..failure }),
        Err(failure) if failure.cause != Cause::Refused || failure.error.code == Code::Timeout => {
            connection.steer(around.undo).await.and(Err(failure.undone()))
        }
        _ => connection.steer(around.undo).await.map(|()| None),
    }
}

/// A row of https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
fn put_binary(values: &[Parameter<'_>], types: &[Type], key: Option<&i64>, out: &mut BytesMut) {
    out.put_i16((values.len() + usize::from(key.is_some())) as i16);
    if let Some(key) = key {
        out.put_i32(8);
        out.put_i64(*key);
    }
    for (value, ty) in values.iter().zip(types) {
        let at = out.len();
        out.put_i32(-1);
        if value.put_cell(ty, out) {
            let length = (out.len() - at - 4) as i32;
            out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
}

/// A row of https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-TEXT-FORMAT
fn put_text(values: &[Parameter<'_>], key: Option<&i64>, out: &mut BytesMut) {
    if let Some(key) = key {
        out.put_slice(format!("{key}\t").as_bytes());
    }
    let mut cell = BytesMut::new();
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.put_u8(b'\t');
        }
        cell.clear();
        match value.to_sql(&Type::UNKNOWN, &mut cell) {
            Ok(IsNull::No) => escape(&cell, out),
            _ => out.put_slice(b"\\N"),
        }
    }
    out.put_u8(b'\n');
}

fn escape(mut text: &[u8], out: &mut BytesMut) {
    while let Some(at) = text.iter().position(|b| matches!(b, b'\\' | b'\t' | b'\n' | b'\r')) {
        out.put_slice(&text[..at]);
        out.put_slice(match text[at] {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => b"\\\\",
        });
        text = &text[at + 1..];
    }
    out.put_slice(text);
}
