//! The rows of an insert: how many a call has, the parameters of each, and what makes several statements one.

use super::wire::COMMIT;
use crate::engine::packed::{Cursor, ParamChunk};
use crate::engine::postgres::codec::encode::{parameters, Parameter};
use crate::engine::task::Run;
use crate::error::{Code, Error, Result};
use crate::plan::Param;

/// How many rows a call inserts.
pub fn rows(run: &Run) -> usize {
    run.params.chunks.iter().map(|chunk| chunk.rows).sum()
}

/// The statements that make several statements one.
#[derive(Default)]
pub struct Bracket {
    /// Before them.
    pub begin: &'static str,
    /// Behind them, where all is well.
    pub commit: &'static str,
    /// Behind them, where it is not.
    pub undo: &'static str,
}

impl Bracket {
    /// A transaction of their own, or a savepoint `within` one that is open.
    pub fn of(within: bool) -> Self {
        match within {
            true => Bracket {
                begin: "SAVEPOINT plinth_rows",
                commit: "RELEASE SAVEPOINT plinth_rows",
                undo: "ROLLBACK TO SAVEPOINT plinth_rows; RELEASE SAVEPOINT plinth_rows",
            },
            false => Bracket { begin: "BEGIN", commit: COMMIT, undo: "ROLLBACK" },
        }
    }
}

/// Walks through the parameters of all rows.
pub struct RowReader<'a> {
    chunks: &'a [ParamChunk],
    params: &'a [Param],
    cursor: Option<Cursor<'a>>,
    /// Rows left of the chunk of the cursor.
    left: usize,
    /// The row that comes next.
    row: usize,
}

impl<'a> RowReader<'a> {
    /// At this row.
    pub fn at(chunks: &'a [ParamChunk], params: &'a [Param], row: usize) -> Self {
        let mut reader = RowReader { chunks, params, cursor: None, left: 0, row: 0 };
        while reader.row < row {
            match reader.chunks.split_first() {
                // Chunks that are passed over whole need not be read.
                Some((chunk, rest)) if reader.left == 0 && reader.row + chunk.rows <= row => {
                    reader.row += chunk.rows;
                    reader.chunks = rest;
                }
                _ => {
                    if let Some(cursor) = reader.advance() {
                        cursor.skip(params);
                    }
                }
            }
        }
        reader
    }

    /// The cursor at the next row.
    fn advance(&mut self) -> Option<&mut Cursor<'a>> {
        while self.left == 0 {
            let (chunk, rest) = self.chunks.split_first()?;
            self.chunks = rest;
            self.left = chunk.rows;
            self.cursor = Some(Cursor::new(chunk));
        }
        self.left -= 1;
        self.row += 1;
        self.cursor.as_mut()
    }

    /// The parameters of the next rows.
    pub fn rows(&mut self, count: usize) -> Result<Vec<Parameter<'a>>> {
        let params = self.params;
        let mut all = Vec::with_capacity(count * params.len());
        for _ in 0..count {
            let row = self.row;
            let cursor =
                self.advance().ok_or_else(|| Error::new(Code::Internal, "An insert has fewer rows than it says."))?;
            let values = parameters(params, cursor).map_err(|error| {
                let param = error.param.map(|at| row * params.len() + at);
                Error { param, ..error.row(row) }
            })?;
            all.extend(values);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Form, Wire};

    #[test]
    fn rows_are_read_from_anywhere() {
        let chunk = |numbers: &[i32]| ParamChunk {
            rows: numbers.len(),
            ints: numbers.to_vec(),
            floats: vec![0.0; numbers.len()],
            ..ParamChunk::default()
        };
        let chunks = [chunk(&[0, 1, 2]), chunk(&[3, 4]), chunk(&[5])];
        let params = [Param { wire: Wire::Int, form: Form::Plain }];
        for from in 0..6 {
            let mut reader = RowReader::at(&chunks, &params, from);
            assert_eq!(reader.rows(6 - from).unwrap().len(), 6 - from);
            assert_eq!(reader.rows(1).unwrap_err().code, Code::Internal);
        }
    }
}
