//! How far: what `head`, `base`, `+2`, `-1` and versions mean to an upgrade, a downgrade and a stamp. Pure.

use crate::error::Result;
use crate::migrate::disk::graph::{unknown, Graph};
use crate::migrate::disk::record::Revision;
use std::collections::BTreeSet;

/// The meaning of a word.
enum Target<'a> {
    Head,
    Base,
    Current,
    Forward(usize),
    Back(usize),
    At(&'a Revision),
}

impl<'a> Target<'a> {
    fn of(graph: &Graph<'a>, word: &str) -> Result<Self> {
        let number = |digits: &str| {
            digits.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(|| {
                unknown(format!("`{word}` does not say how many revisions."))
                    .expected("+1, -2, ...")
                    .found(word)
                    .hint("After the sign comes a number from 1 on.")
            })
        };
        Ok(match word {
            "head" => Target::Head,
            "base" => Target::Base,
            "current" => Target::Current,
            _ => match (word.strip_prefix('+'), word.strip_prefix('-')) {
                (Some(digits), _) => Target::Forward(number(digits)?),
                (_, Some(digits)) => Target::Back(number(digits)?),
                _ => Target::At(graph.find(word)?),
            },
        })
    }
}

/// The revisions that an upgrade applies, in order. `head` is everything; `+n` the next n; a
/// version what it comes after, and itself. Fails with `RevisionMissing` where something is applied
/// that has no folder, with `RevisionUnknown` where the word means nothing here.
pub fn upgrade<'a>(graph: &Graph<'a>, applied: &BTreeSet<String>, to: &str) -> Result<Vec<&'a Revision>> {
    graph.check_applied(applied)?;
    let target = Target::of(graph, to)?;
    let pending: Vec<&Revision> =
        graph.revisions().iter().filter(|revision| !applied.contains(&revision.version)).collect();
    match target {
        Target::Head => Ok(pending),
        Target::Current => Ok(Vec::new()),
        Target::At(revision) => {
            let on_the_way =
                |other: &&Revision| other.version == revision.version || graph.knows(&revision.version, &other.version);
            Ok(pending.into_iter().filter(on_the_way).collect())
        }
        Target::Forward(n) if n > pending.len() => {
            let left = counted(pending.len(), "pending");
            Err(unknown(format!("`{to}` leads past the head: {left}."))
                .expected("no more than there is")
                .found(left)
                .hint("`plinth upgrade` applies all that is pending."))
        }
        Target::Forward(n) => Ok(pending.into_iter().take(n).collect()),
        Target::Back(_) | Target::Base => Err(unknown(format!("`{to}` leads back, and an upgrade leads forward."))
            .expected("head, +n or a version")
            .found(to)
            .hint(format!("`plinth downgrade {to}` reverts revisions."))),
    }
}

/// The revisions that a downgrade reverts, in order: the last applied first. `applied` is in the
/// order in which it was applied. `-n` is the last n; a version what was applied after it; `base`
/// all. Fails like `upgrade`.
pub fn downgrade<'a>(graph: &Graph<'a>, applied: &[String], to: &str) -> Result<Vec<&'a Revision>> {
    graph.check_applied(applied)?;
    let count = match Target::of(graph, to)? {
        Target::Base => applied.len(),
        Target::Current => 0,
        Target::Back(n) if n > applied.len() => {
            let there = counted(applied.len(), "applied");
            return Err(unknown(format!("`{to}` leads past the base: {there}."))
                .expected("no more than there is")
                .found(there)
                .hint("`plinth downgrade base` reverts all of them."));
        }
        Target::Back(n) => n,
        Target::At(revision) => match applied.iter().position(|version| *version == revision.version) {
            Some(place) => applied.len() - place - 1,
            None => {
                return Err(unknown(format!("{} is not applied: a downgrade does not lead there.", revision.id()))
                    .expected("a revision that is applied")
                    .found(revision.id())
                    .hint("`plinth history` lists the applied revisions, in order; `plinth upgrade` leads forward."))
            }
        },
        Target::Forward(_) | Target::Head => {
            return Err(unknown(format!("`{to}` leads forward, and a downgrade leads back."))
                .expected("-n, base or a version")
                .found(to)
                .hint(format!("`plinth upgrade {to}` applies revisions.")))
        }
    };
    Ok(applied.iter().rev().take(count).filter_map(|version| graph.get(version)).collect())
}

/// The revisions that count as applied at a target: `head`, `base`, or a version with all that it
/// comes after. Fails with `RevisionUnknown`.
pub fn stamp<'a>(graph: &Graph<'a>, to: &str) -> Result<Vec<&'a Revision>> {
    match Target::of(graph, to)? {
        Target::Head => Ok(graph.revisions().iter().collect()),
        Target::Base => Ok(Vec::new()),
        Target::At(revision) => {
            let mut revisions = graph.ancestors(&revision.version);
            revisions.push(revision);
            Ok(revisions)
        }
        _ => Err(unknown(format!("`{to}` is not a target for a stamp."))
            .expected("head, base or a version")
            .found(to)
            .hint("A stamp needs the revision of the database, not a number of steps.")),
    }
}

/// `no revision is applied`, `one revision is applied`, `3 revisions are applied`.
fn counted(number: usize, what: &str) -> String {
    match number {
        0 => format!("no revision is {what}"),
        1 => format!("one revision is {what}"),
        n => format!("{n} revisions are {what}"),
    }
}
