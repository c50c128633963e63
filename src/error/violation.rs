//! Rows that a constraint refused: their messages are made of their names, so that an error can be
//! built with other names.

use super::{Code, Error};

impl Error {
    /// A second row with the same values of these columns.
    pub fn unique(table: &str, columns: &[String]) -> Self {
        let message = format!("A row of {table} with the same {} already exists.", columns.join(", "));
        Error::new(Code::UniqueViolation, message).table(table).columns(columns)
    }

    /// A second row with the same values of an index over expressions.
    pub fn unique_by(name: &str) -> Self {
        let message = format!("A row with the same values of {name} already exists.");
        Error::new(Code::UniqueViolation, message).constraint(name)
    }

    /// A null in these columns.
    pub fn not_null(table: &str, columns: &[String]) -> Self {
        let message = format!("{table}.{} may not be null.", columns.join(", "));
        Error::new(Code::NotNullViolation, message).table(table).columns(columns)
    }

    /// A row that a check refuses.
    pub fn check(name: &str) -> Self {
        Error::new(Code::CheckViolation, format!("A row does not meet the check {name}.")).constraint(name)
    }

    /// A row that names no row of another table.
    pub fn points_nowhere(table: &str, columns: &[String]) -> Self {
        let message = format!("{table}.{} references a row that does not exist.", columns.join(", "));
        Error::new(Code::ForeignKeyViolation, message).table(table).columns(columns)
    }

    /// A row that others still name, by these columns of theirs.
    pub fn still_pointed_to(table: &str, columns: &[String]) -> Self {
        let message = match columns {
            [] => format!("Rows of {table} still reference it."),
            _ => format!("Rows of {table} still reference it by {}.", columns.join(", ")),
        };
        Error::new(Code::ForeignKeyViolation, message).table(table).columns(columns)
    }

    /// The same violation with other names of its table and its columns.
    pub fn of(self, table: &str, columns: &[String]) -> Self {
        let told = match self.code {
            Code::ForeignKeyViolation => match self.direction() {
                Some(told) => told(table, columns),
                None => return self.table(table).columns(columns),
            },
            Code::UniqueViolation if !columns.is_empty() => Error::unique(table, columns),
            Code::NotNullViolation => Error::not_null(table, columns),
            _ => return self.table(table).columns(columns),
        };
        Error { message: told.message, table: told.table, columns: told.columns, ..self }
    }

    /// The function that makes the message of this violation of a foreign key: its row references
    /// none, or others reference its row. None if that is not known.
    fn direction(&self) -> Option<fn(&str, &[String]) -> Error> {
        let table = self.table.as_deref()?;
        let both: [fn(&str, &[String]) -> Error; 2] = [Error::points_nowhere, Error::still_pointed_to];
        both.into_iter().find(|told| told(table, &self.columns).message == self.message)
    }

    /// The same violation with another name of its constraint.
    pub fn by(self, name: &str) -> Self {
        match self.code {
            Code::UniqueViolation if self.columns.is_empty() => {
                self.says(Error::unique_by(name).message).constraint(name)
            }
            Code::CheckViolation if self.constraint.is_some() => self.says(Error::check(name).message).constraint(name),
            _ => self.constraint(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_told_with_other_names() {
        let columns = ["email".to_owned()];
        let of = |error: Error| error.of("users", &columns);
        assert_eq!(of(Error::unique("plinth_new_users", &["EMAIL".into()])), Error::unique("users", &columns));
        assert_eq!(of(Error::not_null("plinth_new_users", &columns)), Error::not_null("users", &columns));
        assert_eq!(of(Error::points_nowhere("people", &["e_mail".into()])), Error::points_nowhere("users", &columns));
        assert_eq!(of(Error::still_pointed_to("people", &[])), Error::still_pointed_to("users", &columns));
        let unknown = Error::new(Code::ForeignKeyViolation, "A foreign key references a row that does not exist.");
        assert_eq!(of(unknown.clone()).message, unknown.message);
        assert_eq!(Error::check("scratch_check").by("users_check"), Error::check("users_check"));
        assert_eq!(Error::unique_by("scratch_index").by("users_index"), Error::unique_by("users_index"));
    }

    #[test]
    fn what_else_an_error_says_stays_with_other_names() {
        let error = Error::unique("scratch", &["email".into()]).constraint("key").row(3).hint("Do it.");
        let told = error.of("users", &["email".into()]);
        assert_eq!(
            (told.row, told.constraint.as_deref(), told.hint.as_deref()),
            (Some(3), Some("key"), Some("Do it."))
        );
        let refused = Error::new(Code::CheckViolation, "A trigger refused the statement: no.");
        assert_eq!(refused.clone().by("key").message, refused.message);
    }
}
