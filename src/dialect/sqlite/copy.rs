//! The copy of a rebuild, carried out in pieces, so that one hears how far it is.

use super::rebuild::Copy;
use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};

/// How many rowids a piece spans.
const PIECE: i64 = 50_000;

/// Copies, and tells how many rows of how many are there.
pub(super) fn copied(connection: &mut dyn Execute, copy: &Copy, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    let (source, rowid) = (quote(&copy.source), copy.rowid);
    let sql = format!("SELECT count(*), min({rowid}), max({rowid}) FROM main.{source}");
    let rows = connection.query(&Statement::new(sql))?;
    let number = |at: usize| rows.first().and_then(|row| row[at].as_int());
    let of = number(0).unwrap_or_default();
    let (Some(least), Some(most)) = (number(1), number(2)) else { return connection.batch(&copy.sql) };
    // If rowids are far apart, pieces by rowid would be many and empty.
    let dense = most.checked_sub(least).is_some_and(|span| span / 4 <= of);
    if of <= PIECE || !dense {
        connection.batch(&copy.sql)?;
        progress(of.unsigned_abs(), of.unsigned_abs());
        return Ok(());
    }
    let (mut done, mut from) = (0, least);
    while from <= most {
        let to = from.saturating_add(PIECE - 1).min(most);
        let piece = format!("{} WHERE {source}.{rowid} BETWEEN {from} AND {to}", copy.sql);
        done += connection.execute(&Statement::new(piece))? as i64;
        progress(done.unsigned_abs(), of.unsigned_abs());
        let Some(next) = to.checked_add(1) else { break };
        from = next;
    }
    if done != of {
        let message = format!("{done} of {of} rows of `{}` were copied.", copy.source);
        return Err(Error::new(Code::Internal, message).table(&copy.source));
    }
    Ok(())
}
