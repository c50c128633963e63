//! Whether a half-done revision is in the folder as it was when it began.

use super::unfinished::Unfinished;
use crate::dialect::DialectName;
use crate::error::{Error, Result};
use crate::migrate::disk::record::{checksum, file_name, online_file_name, Direction, Revision};

/// Errors: `REVISION_UNFINISHED` if the script in steps is not the one that began.
pub fn check_script(revision: &Revision, unfinished: &Unfinished) -> Result<()> {
    let file = online_file_name(unfinished.way());
    match revision.files.get(&file) {
        Some(text) if checksum(text) == unfinished.checksum => Ok(()),
        _ => {
            let message = format!(
                "{} is not the script that began in this database: {}.",
                revision.path(&file),
                half(unfinished)
            );
            let hint = format!(
                "Restore the file from version control, as it was when it began (SHA-256 {}).",
                unfinished.checksum
            );
            Err(unfinished.cannot(message, &hint))
        }
    }
}

/// Errors: `REVISION_UNFINISHED` if the script of one transaction was edited since: its steps would lead elsewhere.
pub fn check_whole(revision: &Revision, unfinished: &Unfinished) -> Result<()> {
    let now = whole_checksum(revision, unfinished.way());
    if unfinished.whole.is_none() || now == unfinished.whole {
        return Ok(());
    }
    let whole = revision.path(&file_name(DialectName::Postgres, unfinished.way()));
    let file = online_file_name(unfinished.way());
    let message =
        format!("{whole} was edited, and the steps of {file} began beside it as it was: {}.", half(unfinished));
    Err(unfinished.cannot(message, &format!("Restore {whole} from version control.")))
}

/// The SHA-256 of the script of one transaction beside the steps, over text with LF.
pub fn whole_checksum(revision: &Revision, way: Direction) -> Option<String> {
    revision.files.get(&file_name(DialectName::Postgres, way)).map(|text| checksum(text))
}

/// How far it has come, within a sentence.
fn half(unfinished: &Unfinished) -> String {
    unfinished.told(None).replacen("The", "the", 1)
}

impl Unfinished {
    /// The direction in which it leads.
    pub fn way(&self) -> Direction {
        if self.leads(Direction::Up) {
            Direction::Up
        } else {
            Direction::Down
        }
    }

    /// The error of a step that cannot be undone, or of a script that is not what began.
    pub fn cannot(&self, message: String, hint: &str) -> Error {
        self.refusal(message, format!("{hint} {}", self.ways()))
    }
}
