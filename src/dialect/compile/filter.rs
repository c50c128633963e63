//! Writes filters as SQL. A condition is true or false there too, never unknown.

use super::{quote, Compiler};
use crate::plan::{Form, Param, Wire};
use crate::query::{Filter, Matching, Operator};
use crate::schema::{Kind, RelationKind};

impl Compiler<'_> {
    pub(super) fn filter_clause(&mut self, rows: &Matching, prefix: &str) -> String {
        match &rows.filter {
            Filter::And(all) if all.is_empty() => String::new(),
            filter => format!(" WHERE {}", self.filter(rows.model, filter, prefix)),
        }
    }

    /// A condition; `prefix` names the table where more than one is in scope.
    pub(in crate::dialect) fn filter(&mut self, model: usize, filter: &Filter, prefix: &str) -> String {
        let mut several = |list: &[Filter], word: &str, none: &str| match list.is_empty() {
            true => none.to_owned(),
            false => {
                let parts: Vec<String> = list.iter().map(|f| self.filter(model, f, prefix)).collect();
                format!("({})", balanced(&parts, word))
            }
        };
        match filter {
            Filter::And(all) => several(all, " AND ", "1 = 1"),
            Filter::Or(any) => several(any, " OR ", "1 = 0"),
            Filter::Not(inner) => {
                let condition = self.filter(model, inner, prefix);
                match **inner {
                    // It is never unknown, and databases make a join of it in these words only.
                    Filter::Related(..) => format!("NOT {condition}"),
                    // SQL's third truth value ends here: what is not true is false.
                    _ => format!("({condition}) IS NOT TRUE"),
                }
            }
            Filter::Compare(column, operator) => {
                let from = self.params.len();
                let condition = self.compare(model, *column, *operator, prefix);
                self.hide(model, *column, from);
                condition
            }
            Filter::At(column, reading, operator) => {
                let from = self.params.len();
                let name = format!("{prefix}{}", quote(&self.models.table(model).columns[*column].name));
                let condition = self.at_path(&name, *reading, *operator);
                self.hide(model, *column, from);
                condition
            }
            Filter::Behind(parts) => self.behind(model, parts, prefix),
            Filter::Related(relation, filter) => self.related_to(model, *relation, filter, prefix),
        }
    }

    /// Whether a row of a relation meets a filter: a subquery, its tables under aliases of their own.
    fn related_to(&mut self, owner: usize, relation: usize, filter: &Filter, prefix: &str) -> String {
        let models = self.models;
        let relation = &models.models[owner].relations[relation];
        let name = |model: usize, column: usize| quote(&models.table(model).columns[column].name);
        let outer = match prefix {
            "" => format!("{}.", self.table(owner)),
            alias => alias.to_owned(),
        };
        let ours = format!("{outer}{}", name(owner, relation.from));
        let target = self.alias();
        let (table, to) = (self.table(relation.target), format!("{target}.{}", name(relation.target, relation.to)));
        // The column that a foreign key refers to stands first: SQLite compares by the collation of
        // the left, as the key itself does.
        let mut sql = match &relation.through {
            None if relation.kind == RelationKind::One => format!("SELECT 1 FROM {table} {target} WHERE {to} = {ours}"),
            None => format!("SELECT 1 FROM {table} {target} WHERE {ours} = {to}"),
            Some(through) => {
                let between = self.alias();
                let (near, far) = (name(through.model, through.near), name(through.model, through.far));
                let association = self.table(through.model);
                format!(
                    "SELECT 1 FROM {association} {between} JOIN {table} {target} ON {to} = {between}.{far} \
                     WHERE {ours} = {between}.{near}"
                )
            }
        };
        if *filter != Filter::And(Vec::new()) {
            sql += " AND ";
            sql += &self.filter(relation.target, filter, &format!("{target}."));
        }
        format!("EXISTS ({sql})")
    }

    /// A name for a table of a subquery, which no table has.
    pub(super) fn alias(&mut self) -> String {
        loop {
            self.aliases += 1;
            let alias = format!("r{}", self.aliases);
            if !self.models.schema.tables.iter().any(|t| t.name.eq_ignore_ascii_case(&alias)) {
                return alias;
            }
        }
    }

    fn compare(&mut self, model: usize, column: usize, op: Operator, prefix: &str) -> String {
        let stored = &self.models.table(model).columns[column];
        let (kind, nullable) = (stored.kind.clone(), stored.nullable);
        let name = format!("{prefix}{}", quote(&stored.name));
        if op == Operator::Key && kind == Kind::Timestamp && self.syntax.holds_more_than_milliseconds() {
            return self.only_moment(model, column);
        }
        self.compare_value(&name, &kind, nullable, op)
    }

    /// A comparison of any value of this kind: `name` is its SQL.
    pub(super) fn compare_value(&mut self, name: &str, kind: &Kind, nullable: bool, op: Operator) -> String {
        let syntax = self.syntax;
        if *kind == Kind::Timestamp {
            return self.compare_moment(name, nullable, op);
        }
        let mut next = || self.param(Param { wire: kind.wire(), form: kind.form() });
        let json = matches!(kind, Kind::Json);
        match op {
            Operator::IsNull => format!("{name} IS NULL"),
            Operator::NotNull => format!("{name} IS NOT NULL"),
            Operator::Eq | Operator::Key if json => syntax.json_equal(name, &next()),
            Operator::Ne if json => format!("({}) IS NOT TRUE", syntax.json_equal(name, &next())),
            Operator::Eq | Operator::Key => format!("{name} = {}", next()),
            Operator::Ne if nullable => syntax.distinct(name, &next()),
            Operator::Ne => format!("{name} <> {}", next()),
            Operator::Lt => format!("{name} < {}", next()),
            Operator::Lte => format!("{name} <= {}", next()),
            Operator::Gt => format!("{name} > {}", next()),
            Operator::Gte => format!("{name} >= {}", next()),
            Operator::Like => syntax.like(name, &next()),
            Operator::Prefix => {
                let text = syntax.by_code_point(name);
                format!("({text} >= {} AND {text} < {})", next(), next())
            }
            Operator::In | Operator::NotIn => {
                let form = match kind.form() {
                    Form::Decimal(scale) => Form::DecimalList(scale),
                    _ => Form::List,
                };
                let list = self.param(Param { wire: Wire::Text, form });
                let inside = syntax.in_list(name, &list, kind);
                match op {
                    Operator::In => inside,
                    _ => format!("({inside}) IS NOT TRUE"),
                }
            }
        }
    }
}

/// Conditions joined by a word. Long lists are nested in halves: databases bound how deep an expression is, and read
/// `a OR b OR c` as one level more for each.
pub(super) fn balanced(parts: &[String], word: &str) -> String {
    if parts.len() <= 64 {
        return parts.join(word);
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    format!("({}){word}({})", balanced(left, word), balanced(right, word))
}
