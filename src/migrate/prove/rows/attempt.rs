//! SQL that the database may refuse, run so that a refusal undoes it.

use crate::error::{Code, Error, Result};
use crate::statement::Execute;

/// Runs SQL that the database may refuse, and that then has done nothing; gives the refusal.
pub(super) fn refused(connection: &mut dyn Execute, sql: &str) -> Result<Option<Error>> {
    let attempt = connection.batch(&format!("SAVEPOINT plinth_try;\n{sql};\nRELEASE plinth_try"));
    match attempt {
        Ok(()) => Ok(None),
        Err(error) => {
            undo(connection, "plinth_try", &error)?;
            Ok(Some(error))
        }
    }
}

/// Goes back to a savepoint after a refusal. An error that is none, a broken connection or a full disk, is passed on.
fn undo(connection: &mut dyn Execute, savepoint: &str, error: &Error) -> Result<()> {
    let fatal = matches!(
        error.code,
        Code::ConnectionLost | Code::ServerUnavailable | Code::DiskFull | Code::IoFailed | Code::Corrupt | Code::Busy
    );
    if fatal {
        return Err(error.clone());
    }
    connection.batch(&format!("ROLLBACK TO {savepoint}; RELEASE {savepoint}"))
}
