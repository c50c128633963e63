//! The values of rows in steps: a trigger fills the rows that are written meanwhile, an UPDATE in batches those before them.

use super::online_plan::{Brief, Fill, Plan};
use crate::dialect::online::{BATCH, FILL};
use crate::dialect::quote;
use crate::error::Result;
use crate::schema::names::default_name;
use crate::schema::Table;
use crate::sql::{significant, Kind, Rules, Token};

/// Rows that get a value in a column if it is NULL.
pub(super) struct Filling<'a> {
    pub table: &'a Table,
    pub column: &'a str,
    /// The value, as SQL over the row.
    pub value: &'a str,
    /// Whether rows may have NULL afterwards.
    pub nullable: bool,
    /// Whether the column was there before: its new values stay when the steps are taken back.
    pub is_kept: bool,
    /// Statements before the trigger, in the first step, and those that undo them.
    pub before: (Vec<String>, Vec<String>),
}

impl Plan {
    /// Fills rows, those that are written meanwhile among them. Blocks if the table has no key.
    pub(super) fn fill(&mut self, filling: Filling<'_>) -> Result<()> {
        let Filling { table, column, value, nullable, is_kept, before } = filling;
        let (of, set) = (quote(&table.name), quote(column));
        if table.primary_key.is_empty() {
            self.block(&table.name, format!("{of} has no primary key by which its rows could be filled in batches."));
            return Ok(());
        }
        if table.primary_key.iter().chain([&table.name]).any(|name| name.contains(char::is_control)) {
            self.block(&table.name, format!("{of} or its primary key has a name with a control character."));
            return Ok(());
        }
        let name = default_name(FILL, &[table.name.as_str(), column], "rows");
        let trigger = quote(&name);
        let (mut up, undo_before) = before;
        up.push(function(&name, table, column, value));
        up.push(format!(
            "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {of}\n  FOR EACH ROW EXECUTE FUNCTION {trigger}()"
        ));
        let helpers = [format!("DROP TRIGGER {trigger} ON {of}"), format!("DROP FUNCTION {trigger}()")];
        let undo = helpers.iter().cloned().chain(undo_before).collect();
        self.expand.push(Brief { table: table.name.clone(), up, undo });
        // Rows whose value is NULL would stay among those to fill.
        let rest = if nullable { format!(" AND ({value}) IS NOT NULL") } else { String::new() };
        let update = format!("UPDATE {of} SET {set} = {value}\n  WHERE {BATCH} ({set} IS NULL{rest})");
        let key = table.primary_key.clone();
        self.fills.push(Fill { table: table.name.clone(), key, column: column.to_owned(), update, is_kept });
        self.defer(&table.name, helpers);
        Ok(())
    }
}

/// The function of the trigger. The row is a table of its name, so that the value may name its columns in any way.
fn function(name: &str, table: &Table, column: &str, value: &str) -> String {
    let (of, set) = (quote(&table.name), quote(column));
    let body = format!(
        "#variable_conflict use_column\nBEGIN\n  IF NEW.{set} IS NULL THEN\n    \
         NEW.{set} := (SELECT {value} FROM (SELECT NEW.*) AS {of});\n  END IF;\n  RETURN NEW;\nEND"
    );
    let mut tag = "$plinth$".to_owned();
    while body.contains(&tag) {
        tag = tag.replace("$p", "$p_");
    }
    let name = quote(name);
    format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS {tag}\n{body}\n{tag}")
}

/// Whether SQL is a literal: the same value for each row, whenever it is read.
pub(super) fn is_constant(sql: &str) -> bool {
    let tokens: Vec<Token> = significant(sql, Rules::Postgres).collect();
    let number = |tokens: &[Token]| matches!(tokens, [one] if one.kind == Kind::Number);
    match tokens.as_slice() {
        [one] => match one.kind {
            Kind::Number | Kind::Text => true,
            Kind::Word => matches!(sql[one.at.clone()].to_ascii_lowercase().as_str(), "true" | "false"),
            _ => false,
        },
        [sign, rest @ ..] if sign.kind == Kind::Sign('-') => number(rest),
        _ => false,
    }
}
