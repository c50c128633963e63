//! An UPDATE for some rows of a table at a time, in the order of its primary key. Pure.

use crate::dialect::online::BATCH;
use crate::dialect::quote;

/// The settings of a batch's transaction: rows are found by the primary key, whatever the planner knows of the table.
pub const SETTINGS: &str = "SET LOCAL enable_seqscan = off";

/// Some rows of a table: those after one key, up to another.
pub struct RowBatch<'a> {
    /// The table.
    pub table: &'a str,
    /// The columns of its primary key.
    pub key: &'a [String],
    /// The key before the first row, as texts; `None` from the first row of the table on.
    pub after: Option<&'a [String]>,
    /// The key of the last row; `None` to the last row of the table.
    pub upto: Option<&'a [String]>,
    /// Whether rows that others have locked are left out.
    pub skips_locked: bool,
}

impl RowBatch<'_> {
    /// The query for the key, as texts, at which a batch of so many rows ends; no row if fewer are left.
    pub fn end(&self, rows: u64) -> String {
        let texts: Vec<String> = self.key.iter().map(|column| format!("{}::text", quote(column))).collect();
        let filter = self.range(self.after, None).map(|range| format!(" WHERE {range}")).unwrap_or_default();
        format!(
            "SELECT {} FROM {}{filter} ORDER BY {} LIMIT 1 OFFSET {}",
            texts.join(", "),
            quote(self.table),
            // A bare name would be that of the text.
            self.key
                .iter()
                .map(|column| format!("{}.{}", quote(self.table), quote(column)))
                .collect::<Vec<_>>()
                .join(", "),
            rows.saturating_sub(1),
        )
    }

    /// The UPDATE of the batch as a query: how many rows it has changed, how many of these still meet its condition, and the
    /// keys of `most` of them, one a row. `None` if the UPDATE has no place for a batch.
    pub fn update(&self, update: &str, most: usize) -> Option<String> {
        let (before, condition) = update.split_once(BATCH)?;
        // In brackets, whatever its author wrote: it must not reach beyond the batch.
        let condition = format!("({condition}\n)");
        let (table, key) = (quote(self.table), self.columns());
        let range = self.range(self.after, self.upto).map(|range| format!("{range} AND ")).unwrap_or_default();
        let skip = if self.skips_locked { " SKIP LOCKED" } else { "" };
        Some(format!(
            "WITH plinth_batch AS (\n{before}{range}({key}) IN (\n  SELECT {key} FROM {table} WHERE {range}{condition}\n  \
             ORDER BY {key} FOR NO KEY UPDATE{skip}) AND {condition}\n\
             RETURNING {key}, {condition} IS TRUE AS plinth_left)\n\
             SELECT plinth_all.*, plinth_keys.* FROM (SELECT count(*), count(*) FILTER (WHERE plinth_left) \
             FROM plinth_batch) AS plinth_all\n\
             LEFT JOIN LATERAL (SELECT {key} FROM plinth_batch WHERE plinth_left LIMIT {most}) AS plinth_keys ON true"
        ))
    }

    fn columns(&self) -> String {
        self.key.iter().map(|column| quote(column).to_string()).collect::<Vec<_>>().join(", ")
    }

    /// The condition of rows after one key, and not after another.
    fn range(&self, after: Option<&[String]>, upto: Option<&[String]>) -> Option<String> {
        let bound = |sign: &str, key: &[String]| {
            let key: Vec<String> = key.iter().map(|text| literal(text)).collect();
            format!("({}) {sign} ({})", self.columns(), key.join(", "))
        };
        let bounds: Vec<String> =
            after.map(|key| bound(">", key)).into_iter().chain(upto.map(|key| bound("<=", key))).collect();
        (!bounds.is_empty()).then(|| bounds.join(" AND "))
    }
}

/// A text as a literal without a type: it becomes what it is compared with.
fn literal(text: &str) -> String {
    match text.contains('\\') {
        true => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_between_two_keys() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let key = texts(&["team", "no"]);
        let (after, upto) = (texts(&["it's", "1"]), texts(&["a\\b", "2"]));
        let batch = RowBatch { table: "t", key: &key, after: Some(&after), upto: Some(&upto), skips_locked: true };
        assert_eq!(
            batch.end(10),
            "SELECT \"team\"::text, \"no\"::text FROM \"t\" WHERE (\"team\", \"no\") > ('it''s', '1') \
             ORDER BY \"t\".\"team\", \"t\".\"no\" LIMIT 1 OFFSET 9"
        );
        let sql = batch.update(&format!("UPDATE \"t\" SET \"a\" = 1 WHERE {BATCH} (\"a\" IS NULL)"), 5).unwrap();
        assert!(sql.contains("<= (E'a\\\\b', '2')") && sql.contains("FOR NO KEY UPDATE SKIP LOCKED"), "{sql}");
        assert_eq!(batch.update("UPDATE t SET a = 1", 5), None);
        let all = RowBatch { after: None, upto: None, skips_locked: false, ..batch };
        assert!(!all.update(&format!("UPDATE t SET a = 1 WHERE {BATCH} (a IS NULL)"), 5).unwrap().contains("SKIP"));
    }
}
