//! Writing a revision: the revisions' schema against the models', the difference as SQL for each database, proven and then
//! written.

use super::dialects::{all_dialects, check_choices, check_dialects};
use super::old_release::{OldRelease, ReleaseWarning};
use super::renames::still_to_do;
use super::step_files::{self, StepFile};
use super::trial::{verify_edited, Open, Scratch};
use crate::dialect::DialectName;
use crate::diff::{apply, diff, reverse, same, Choices, Operation, Outcome, Question};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::folder;
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{checksum, file_name, online_file_name, Direction, Record, FORMAT};
use crate::migrate::disk::script::{compose, empty, Header};
use crate::migrate::disk::version;
use crate::migrate::prove::proof::Proof;
use crate::migrate::prove::restored::questions;
use crate::migrate::prove::rows::Unseeded;
use crate::migrate::steps::fold::head;
use crate::schema::Schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// The options of a new revision.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// The folder of all revisions.
    pub dir: PathBuf,
    /// Its subject, in a few words.
    pub message: String,
    /// Whether its SQL is to be written by hand.
    #[serde(default)]
    pub empty: bool,
    /// Whether to give the files instead of writing them.
    #[serde(default)]
    pub print: bool,
    /// The databases for which it has SQL.
    #[serde(default = "all_dialects")]
    pub dialects: Vec<DialectName>,
    /// What was decided.
    #[serde(default)]
    pub choices: Choices,
    /// The header of the SQL, instead of our own.
    #[serde(default)]
    pub template: Option<String>,
    /// Whether it is proven before it is written.
    #[serde(default = "yes")]
    pub prove: bool,
    /// Whether it has to be decided first if it loses data.
    #[serde(default)]
    pub ask_before_loss: bool,
    /// Why it may block other sessions of PostgreSQL; without it that has to be decided if a table has rows.
    #[serde(default)]
    pub allow_blocking: Option<String>,
}

fn yes() -> bool {
    true
}

/// The result of writing a revision.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Revised {
    /// The revisions lead to the models already.
    Nothing,
    /// Something has to be decided first.
    Questions {
        /// What.
        questions: Vec<Question>,
    },
    /// It is written.
    Written {
        /// What was written.
        revisions: Vec<Written>,
    },
    /// This would be written.
    Printed {
        /// The revisions that would be written.
        revisions: Vec<Written>,
    },
}

/// A revision as it was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Written {
    /// Its version.
    pub version: String,
    /// The rest of its folder's name.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// Its changes, in plain words.
    pub operations: Vec<String>,
    /// Its losses.
    pub destructive: Vec<String>,
    /// Its changes that the running release cannot live with.
    pub warnings: Vec<ReleaseWarning>,
    /// Its files, by name.
    pub files: BTreeMap<String, String>,
    /// Whether it was proven, for each database for which it has SQL that was generated.
    pub proven: BTreeMap<String, bool>,
    /// Tables that had no rows in the proof.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseeded: Vec<Unseeded>,
}

/// Writes the revision that leads from the existing ones to the models, and proves it before: on
/// SQLite in memory, on PostgreSQL if it can be opened.
///
/// Fails with `ProofFailed` where it, or an edited one before it, does not lead where it should; with what `folder::read`,
/// `fold`, `diff` and `render` fail with. After an error nothing was written.
pub fn revise(models: &Schema, options: &Options, postgres: Option<Open<'_>>) -> Result<Revised> {
    check_options(options)?;
    let revisions = folder::read(&options.dir)?;
    let graph = Graph::new(&revisions);
    let from = head(&graph)?;
    let mut scratch = Scratch::new(postgres);
    if options.prove {
        for edited in verify_edited(&graph, &options.dialects, &mut scratch)? {
            edited.into_result()?;
        }
    }
    let operations = match options.empty {
        true => Vec::new(),
        false => match diff(&from, &still_to_do(models, &from), &options.choices)? {
            Outcome::Questions(questions) => return Ok(Revised::Questions { questions }),
            Outcome::Operations(operations) if operations.is_empty() => return Ok(Revised::Nothing),
            Outcome::Operations(operations) => operations,
        },
    };
    if options.ask_before_loss && !options.print {
        let losses: Vec<String> = operations.iter().filter_map(Operation::loses).collect();
        if !losses.is_empty() {
            return Ok(Revised::Questions { questions: vec![Question::Loss { losses }] });
        }
    }
    let to = apply(&from, &operations)?;
    if !options.empty && !same(&to, models) {
        return Err(Error::new(Code::Internal, "The operations that were found do not lead to the models."));
    }
    let version = version::next(now(), graph.head().map(|head| head.version.as_str()))?;
    let draft = Draft { options, version, from, to, operations };
    let (written, record) = match draft.write(graph.leaves(), &mut scratch)? {
        Ok(drafted) => drafted,
        Err(questions) => return Ok(Revised::Questions { questions }),
    };
    if options.print {
        return Ok(Revised::Printed { revisions: vec![written] });
    }
    let id = format!("{}_{}", written.version, written.name);
    folder::write(&options.dir, &id, &record, &written.files)?;
    Ok(Revised::Written { revisions: vec![written] })
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

fn check_options(options: &Options) -> Result<()> {
    if options.message.trim().is_empty() {
        return Err(Error::new(Code::UnknownOption, "A revision needs a message.")
            .expected("a few words on the change")
            .found("no words")
            .hint("plinth revision \"add phone\""));
    }
    check_dialects(&options.dialects)?;
    check_choices(&options.choices, &options.dialects)
}

const WAYS: [Direction; 2] = [Direction::Up, Direction::Down];

/// A revision that is being made.
struct Draft<'a> {
    options: &'a Options,
    version: String,
    from: Schema,
    to: Schema,
    operations: Vec<Operation>,
}

impl Draft<'_> {
    /// Writes and proves it; gives questions where the proof finds that something has to be decided.
    fn write(
        self,
        after: Vec<&str>,
        scratch: &mut Scratch<'_>,
    ) -> Result<std::result::Result<(Written, Record), Vec<Question>>> {
        let mut files = BTreeMap::new();
        let mut proven = BTreeMap::new();
        let mut unseeded = Vec::new();
        for &name in &self.options.dialects {
            let will_be_proven = self.options.prove && !self.options.empty && scratch.has(name)?;
            let mut in_steps = self.in_steps(name)?;
            let [up, down] = self.scripts(name, will_be_proven, &in_steps)?;
            if !self.options.empty {
                if will_be_proven {
                    let proof = Proof { from: &self.from, operations: &self.operations, up: &up, down: &down };
                    match scratch.prove(name, &proof) {
                        Ok(proven) => unseeded.extend(proven.unseeded),
                        Err(error) if error.code == Code::DecisionRequired => {
                            return Ok(Err(questions(proof.from, proof.operations, &error)));
                        }
                        Err(error) => return Err(error),
                    }
                    step_files::prove(scratch, &proof, &mut in_steps)?;
                    if let Some(question) = self.blocking(scratch, &in_steps[0]) {
                        return Ok(Err(vec![question]));
                    }
                }
                proven.insert(name.to_string(), will_be_proven);
            }
            // With the reason, if steps were found not to hold.
            for (way, script) in WAYS.into_iter().zip(self.scripts(name, will_be_proven, &in_steps)?) {
                files.insert(file_name(name, way), script);
            }
            for (way, file) in WAYS.into_iter().zip(&in_steps) {
                let text = file.write(&self.header(name, way, will_be_proven), way);
                files.extend(text.map(|text| (online_file_name(way), text)));
            }
        }
        unseeded.sort_by(|one, other| one.table.cmp(&other.table));
        unseeded.dedup_by(|one, other| one.table == other.table);
        let record = Record {
            format: FORMAT,
            after: after.into_iter().map(str::to_owned).collect(),
            operations: self.operations,
            checksums: files.iter().map(|(name, text)| (name.clone(), checksum(text))).collect(),
        };
        let mut release = OldRelease::new(self.from);
        release.apply(Some(&self.version), &record.operations)?;
        let name = version::slug(&self.options.message);
        let written = Written {
            folder: self.options.dir.join(format!("{}_{name}", self.version)).to_string_lossy().into_owned(),
            version: self.version,
            name,
            operations: record.operations.iter().map(Operation::describe).collect(),
            destructive: record.operations.iter().filter_map(Operation::loses).collect(),
            warnings: release.into_warnings(),
            files,
            proven,
            unseeded,
        };
        Ok(Ok((written, record)))
    }

    /// The schema at the beginning of one way, and its operations.
    fn way(&self, way: Direction) -> (&Schema, Vec<Operation>) {
        match way {
            Direction::Up => (&self.from, self.operations.clone()),
            Direction::Down => (&self.to, reverse(&self.operations)),
        }
    }

    /// Both ways in steps, if they need any.
    fn in_steps(&self, name: DialectName) -> Result<[StepFile; 2]> {
        let of = |way| {
            let (schema, operations) = self.way(way);
            StepFile::render(name, schema, &operations)
        };
        Ok([of(Direction::Up)?, of(Direction::Down)?])
    }

    /// What has to be decided if it blocks tables that have rows in the database at hand.
    fn blocking(&self, scratch: &mut Scratch<'_>, up: &StepFile) -> Option<Question> {
        if self.options.print || self.options.allow_blocking.is_some() {
            return None;
        }
        let blocks = up.blocks.iter().filter(|blocking| scratch.has_rows(&blocking.table));
        let reasons: Vec<String> = blocks.map(|blocking| blocking.sentence.clone()).collect();
        (!reasons.is_empty()).then_some(Question::Blocking { reasons })
    }

    /// Both scripts.
    fn scripts(&self, name: DialectName, proven: bool, in_steps: &[StepFile; 2]) -> Result<[String; 2]> {
        let of = |way, file: &StepFile| {
            let blocks: Vec<String> = file.blocks.iter().map(|blocking| blocking.sentence.clone()).collect();
            let blocking_because = self.options.allow_blocking.clone().filter(|_| !blocks.is_empty());
            let header = Header { blocks, blocking_because, ..self.header(name, way, proven) };
            let header = header.write(self.options.template.as_deref());
            let (schema, operations) = self.way(way);
            match self.options.empty {
                true => Ok(empty(&header)),
                false => Ok(compose(&header, &name.dialect().render(schema, &operations)?)),
            }
        };
        let [up, down] = in_steps;
        Ok([of(Direction::Up, up)?, of(Direction::Down, down)?])
    }

    /// The header of one script.
    fn header(&self, name: DialectName, way: Direction, proven: bool) -> Header {
        let (_, operations) = self.way(way);
        let other = (way == Direction::Down).then_some(&self.operations);
        // A down script says it as what the up has lost.
        let forgotten = match way {
            Direction::Up => operations.iter().filter_map(Operation::forgets).collect(),
            Direction::Down => Vec::new(),
        };
        let not_restored = |operation: &Operation| operation.loses().into_iter().chain(operation.forgets());
        Header {
            version: self.version.clone(),
            message: self.options.message.trim().to_owned(),
            operations: operations.iter().map(Operation::describe).collect(),
            destructive: operations.iter().filter_map(Operation::loses).collect(),
            lost: other.into_iter().flatten().flat_map(not_restored).collect(),
            forgotten,
            proven: (!self.options.empty).then(|| (name.to_string(), proven)),
            ..Header::default()
        }
    }
}
