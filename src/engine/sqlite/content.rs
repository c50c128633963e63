//! The content of the main file of an open database, as far as it can be known: only checkpoints
//! write to it, and their changes are in the log until that begins anew. All else is written by
//! somebody else, over the database.

use super::disk::{find, Checkpoints, Found, Header, Log, OpenFiles, Stat};
use foldhash::quality::FixedState;
use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::time::SystemTime;

/// Frames at the end of what a checkpoint has moved whose pages are compared.
const FRAMES: u32 = 64;
/// Blocks of the file that a sample reads, evenly spread; a file of so many blocks or fewer is read whole.
const BLOCKS: u64 = 64;
/// Bytes of a block.
const BLOCK: usize = 16_384;

/// What is wrong with the content of the main file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is shorter than what was written to it.
    Cut,
    /// It holds what no checkpoint has written.
    Overwritten,
}

/// The content of the main file when it was looked at, while no checkpoint was running.
#[derive(Debug)]
pub struct Content {
    size: u64,
    modified: Option<SystemTime>,
    header: Header,
    checkpoints: Checkpoints,
    /// The places of the pages that the last checkpoint is known to have written, and their
    /// lengths.
    recent: Vec<(u64, usize)>,
    sample: u64,
}

impl Content {
    /// Its present content; `None` if it cannot be read, or while a checkpoint is running.
    pub fn of(files: &OpenFiles<'_>, path: &Path) -> Option<Self> {
        let _alone = files.no_checkpoints()?;
        Self::read(files, path, &[])
    }

    /// Reads it while no checkpoint runs. If the log does not tell what was written last, `recent`
    /// does.
    fn read(files: &OpenFiles<'_>, path: &Path, recent: &[(u64, usize)]) -> Option<Self> {
        let Found::File(Stat { size, modified, .. }) = find(path) else { return None };
        let (header, log) = (files.header()?, files.log()?);
        let mut pages = pages(files, &log);
        if pages.is_empty() {
            pages = recent.to_vec();
        }
        let sample = sample(files, size, &pages)?;
        Some(Content { size, modified, header, checkpoints: log.checkpoints, recent: pages, sample })
    }

    /// Whether no checkpoint was killed half-way, nor a log taken over of which it is not known how far it is in the file.
    pub fn is_settled(&self) -> bool {
        self.checkpoints.is_complete()
    }

    /// Whether the file looks written to since.
    pub fn is_touched(&self, main: &Stat) -> bool {
        (main.size, main.modified) != (self.size, self.modified)
    }

    /// Whether all is as it was: also the log's counters, which a checkpoint changes.
    pub fn is_current(&self, main: &Stat, checkpoints: Checkpoints) -> bool {
        !self.is_touched(main) && self.is_at(checkpoints)
    }

    /// Whether the log's counters are as they were.
    pub fn is_at(&self, checkpoints: Checkpoints) -> bool {
        checkpoints == self.checkpoints
    }

    /// Whether it certainly holds what it held, and no checkpoint is running.
    pub fn is_untouched(&self, files: &OpenFiles<'_>, path: &Path) -> bool {
        let Some(_alone) = files.no_checkpoints() else { return false };
        matches!(find(path), Found::File(main) if !self.is_touched(&main))
            && files.header().as_ref() == Some(&self.header)
            && sample(files, self.size, &self.recent) == Some(self.sample)
    }

    /// Looks at a file that seems to be written to, which only a checkpoint may have done. While one is running, the next
    /// look tells; and one that was killed may have left anything.
    pub fn check(&mut self, files: &OpenFiles<'_>, path: &Path) -> Result<(), Damage> {
        if files.header().is_some_and(|header| !header.is_sqlite()) {
            return Err(Damage::Overwritten);
        }
        let Some(_alone) = files.no_checkpoints() else { return Ok(()) };
        let Some(now) = Content::read(files, path, &self.recent) else { return Ok(()) };
        if now.is_settled() {
            match now.checkpoints == self.checkpoints {
                true => now.check_unchanged(files, self)?,
                false => now.check_written(files, self)?,
            }
        }
        *self = now;
        Ok(())
    }

    /// No checkpoint was made since: the times may have changed, the content may not.
    fn check_unchanged(&self, files: &OpenFiles<'_>, before: &Content) -> Result<(), Damage> {
        if self.size < before.size {
            return Err(Damage::Cut);
        }
        let same = self.size == before.size
            && self.header == before.header
            && sample(files, self.size, &before.recent).is_none_or(|sample| sample == before.sample);
        if same {
            Ok(())
        } else {
            Err(Damage::Overwritten)
        }
    }

    /// A checkpoint was made since: what is known of its work is there.
    fn check_written(&self, files: &OpenFiles<'_>, before: &Content) -> Result<(), Damage> {
        // After VACUUM a checkpoint makes the file shorter, and its header has the new size.
        if self.size < before.size && self.size < self.header.file_size() {
            return Err(Damage::Cut);
        }
        if self.header.is_older_than(&before.header) {
            return Err(Damage::Overwritten);
        }
        let Some(log) = files.log().filter(|log| log.is_moved() && log.pages > 0) else { return Ok(()) };
        let damage = if self.size < log.main_size() {
            Some(Damage::Cut)
        } else if self.header.file_size() != log.main_size() || !is_in_main(files, &log) {
            Some(Damage::Overwritten)
        } else {
            None
        };
        match damage {
            // Unless the log was begun anew, or written to, meanwhile.
            Some(damage) if files.log() == Some(log) => Err(damage),
            _ => Ok(()),
        }
    }
}

/// The last frames that are in the main file, each page once: where the frame is, and which page it holds.
fn frames(files: &OpenFiles<'_>, log: &Log) -> Vec<(u64, u64)> {
    let last = log.checkpoints.moved();
    let mut seen = HashSet::new();
    let first = last.saturating_sub(FRAMES) + 1;
    let found = (first..=last).rev().filter_map(|frame| {
        let at = log.frame_at(frame);
        let mut header = [0; 16];
        files.read_log(&mut header, at)?;
        let [a, b, c, d, ..] = header;
        let page = u32::from_be_bytes([a, b, c, d]);
        (log.is_of_this_turn(&header) && (1..=log.pages).contains(&page) && seen.insert(page))
            .then_some((at, u64::from(page)))
    });
    found.collect()
}

/// Where the pages of these frames are in the main file.
fn pages(files: &OpenFiles<'_>, log: &Log) -> Vec<(u64, usize)> {
    frames(files, log).into_iter().map(|(_, page)| ((page - 1) * log.page_size(), log.page_size() as usize)).collect()
}

/// Whether the main file holds the last pages of a log that is wholly moved.
fn is_in_main(files: &OpenFiles<'_>, log: &Log) -> bool {
    let size = log.page_size() as usize;
    let (mut moved, mut main) = (vec![0; size], vec![0; size]);
    frames(files, log).into_iter().all(|(at, page)| {
        let read =
            files.read_log(&mut moved, at + Log::FRAME_HEADER).and(files.read(&mut main, (page - 1) * size as u64));
        read.is_none() || moved == main
    })
}

/// A digest of parts of the main file.
fn sample(files: &OpenFiles<'_>, size: u64, pages: &[(u64, usize)]) -> Option<u64> {
    let blocks = size.div_ceil(BLOCK as u64);
    let read = blocks.min(BLOCKS);
    let spread = (0..read).map(|i| match blocks <= BLOCKS {
        true => i,
        false => i * (blocks - 1) / (BLOCKS - 1),
    });
    // Quick, since it is read after each checkpoint while commits wait; it need not withstand an attacker.
    let mut digest = FixedState::default().build_hasher();
    let mut buffer = vec![0; BLOCK.max(65_536)];
    for (at, length) in spread.map(|block| (block * BLOCK as u64, BLOCK)).chain(pages.iter().copied()) {
        files.read(&mut buffer[..length], at)?;
        digest.write(&buffer[..length]);
    }
    Some(digest.finish())
}
