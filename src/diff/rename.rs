//! Which names of one place (the tables, the columns of a table) are the same thing under another name, and in which order
//! they can be renamed.

use crate::schema::names::fold;
use crate::schema::MAX_NAME;
use std::collections::{HashMap, HashSet};

/// The renames of one place; numbers are positions among the old and among the new.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pairing {
    /// The same thing, before and after, in the order of the new.
    pub pairs: Vec<(usize, usize)>,
    /// What is gone.
    pub gone: Vec<usize>,
    /// What is new.
    pub new: Vec<usize>,
    /// What is gone, and what says that it was it, but also was there before, or is not alone in saying so.
    pub contested: Vec<(usize, Vec<usize>)>,
}

/// Pairs old names with new ones: those that `chosen` says, those that `renamed_from` says, those that are equal.
///
/// A `renamed_from` outlives its rename: it holds where its old name is gone and its new one is
/// new. A chain (`a` -> `b`, `b` -> `c`) differs from one that was carried out; two names that
/// change places do not: that takes a choice.
pub(super) fn pair(from: &[&str], to: &[(&str, Option<&str>)], chosen: &[(usize, usize)]) -> Pairing {
    let old: HashMap<&str, usize> = from.iter().enumerate().map(|(i, name)| (*name, i)).collect();
    let new: HashMap<&str, usize> = to.iter().enumerate().map(|(i, (name, _))| (*name, i)).collect();
    let mut into: HashMap<usize, usize> = chosen.iter().copied().collect();
    let mut out_of: HashMap<usize, usize> = chosen.iter().map(|(a, b)| (*b, *a)).collect();
    let marked = |to_at: usize| to[to_at].1.and_then(|former| old.get(former).copied());
    let marks: Vec<(usize, usize)> = (0..to.len()).filter_map(|b| Some((marked(b)?, b))).collect();
    let free = |(a, b): &(usize, usize)| !into.contains_key(a) && !out_of.contains_key(b) && from[*a] != to[*b].0;
    let marks: Vec<(usize, usize)> = marks.into_iter().filter(free).collect();
    let (valid, contested) = valid_marks(from, to, &old, &new, &marks);
    for (a, b) in valid {
        into.insert(a, b);
        out_of.insert(b, a);
    }
    for (b, (name, _)) in to.iter().enumerate() {
        if let Some(a) = old.get(name).filter(|a| !into.contains_key(a) && !out_of.contains_key(&b)) {
            into.insert(*a, b);
            out_of.insert(b, *a);
        }
    }
    Pairing {
        pairs: (0..to.len()).filter_map(|b| Some((*out_of.get(&b)?, b))).collect(),
        gone: (0..from.len()).filter(|a| !into.contains_key(a)).collect(),
        new: (0..to.len()).filter(|b| !out_of.contains_key(b)).collect(),
        contested: contested.into_iter().filter(|(a, _)| !into.contains_key(a)).collect(),
    }
}

type Marks = Vec<(usize, usize)>;

/// Those that hold, and for what is gone those that could.
fn valid_marks(
    from: &[&str],
    to: &[(&str, Option<&str>)],
    old: &HashMap<&str, usize>,
    new: &HashMap<&str, usize>,
    marks: &[(usize, usize)],
) -> (Marks, Vec<(usize, Vec<usize>)>) {
    let mut sources: HashMap<usize, usize> = HashMap::new();
    for (a, _) in marks {
        *sources.entry(*a).or_default() += 1;
    }
    let mut left: HashMap<usize, usize> = marks.iter().filter(|(a, _)| sources[a] == 1).copied().collect();
    loop {
        let targets: HashSet<usize> = left.values().copied().collect();
        let vacated = |b: usize| old.get(to[b].0).is_none_or(|a| left.contains_key(a));
        let refilled = |a: usize| new.get(from[a]).is_none_or(|b| targets.contains(b));
        let stale: Vec<usize> =
            left.iter().filter(|(a, b)| !(vacated(**b) && refilled(**a))).map(|(a, _)| *a).collect();
        if stale.is_empty() {
            break;
        }
        left.retain(|a, _| !stale.contains(a));
    }
    let ends = |start: usize| {
        let mut at = start;
        while let Some(next) = left.get(&at).and_then(|b| old.get(to[*b].0)) {
            if *next == start {
                return false;
            }
            at = *next;
        }
        true
    };
    let valid: Marks = marks.iter().filter(|(a, b)| left.get(a) == Some(b) && ends(*a)).copied().collect();
    let mut contested: Vec<(usize, Vec<usize>)> = Vec::new();
    for (a, b) in marks.iter().filter(|(a, _)| !left.contains_key(a) && !new.contains_key(from[*a])) {
        match contested.iter_mut().find(|(other, _)| other == a) {
            Some((_, candidates)) => candidates.push(*b),
            None => contested.push((*a, vec![*b])),
        }
    }
    (valid, contested)
}

/// The renames in an order in which no name is ever taken twice, with a name between where they
/// turn in a circle. `taken` are the existing names, folded; `avoid` says which ones must not be
/// used for that.
pub(super) fn sequence(
    renames: Vec<(String, String)>,
    taken: &mut HashSet<String>,
    avoid: &dyn Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let mut pending = renames;
    let mut ordered = Vec::with_capacity(pending.len());
    while !pending.is_empty() {
        let mut waiting = Vec::new();
        let before = pending.len();
        for (from, to) in pending {
            if fold(&from) == fold(&to) || !taken.contains(&fold(&to)) {
                taken.remove(&fold(&from));
                taken.insert(fold(&to));
                ordered.push((from, to));
            } else {
                waiting.push((from, to));
            }
        }
        if waiting.len() == before {
            let between = free_name(&waiting[0].0, |name| taken.contains(&fold(name)) || avoid(name));
            taken.remove(&fold(&waiting[0].0));
            taken.insert(fold(&between));
            ordered.push((waiting[0].0.clone(), between.clone()));
            waiting[0].0 = between;
        }
        pending = waiting;
    }
    ordered
}

/// A name like this one that nothing has.
pub(super) fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let endings = std::iter::once("_old".to_owned()).chain((2..).map(|n| format!("_old{n}")));
    let mut names = endings.map(|ending| {
        let mut end = name.len().min(MAX_NAME - ending.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name[..end].to_owned() + &ending
    });
    names.find(|name| !taken(name)).expect("the numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(from: &[&str], to: &[(&str, Option<&str>)], chosen: &[(usize, usize)]) -> Vec<String> {
        let pairing = pair(from, to, chosen);
        let mut words: Vec<String> = pairing.pairs.iter().map(|(a, b)| format!("{}-{}", from[*a], to[*b].0)).collect();
        words.extend(pairing.gone.iter().map(|a| format!("-{}", from[*a])));
        words.extend(pairing.new.iter().map(|b| format!("+{}", to[*b].0)));
        words.extend(pairing.contested.iter().map(|(a, _)| format!("?{}", from[*a])));
        words
    }

    #[test]
    fn marks_hold_where_they_are_fresh() {
        assert_eq!(renamed(&["a"], &[("b", Some("a"))], &[]), ["a-b"]);
        // Carried out long ago.
        assert_eq!(renamed(&["b"], &[("b", Some("a"))], &[]), ["b-b"]);
        // The old name stays: something new.
        assert_eq!(renamed(&["a"], &[("a", None), ("b", Some("a"))], &[]), ["a-a", "+b"]);
        // Both existed: the meaning is open.
        assert_eq!(renamed(&["a", "b"], &[("b", Some("a"))], &[]), ["b-b", "-a", "?a"]);
        assert_eq!(renamed(&["a"], &[("b", Some("a")), ("c", Some("a"))], &[]), ["-a", "+b", "+c", "?a"]);
    }

    #[test]
    fn chains_and_circles() {
        let chain = [("b", Some("a")), ("c", Some("b"))];
        assert_eq!(renamed(&["a", "b"], &chain, &[]), ["a-b", "b-c"]);
        assert_eq!(renamed(&["b", "c"], &chain, &[]), ["b-b", "c-c"]);
        let circle = [("a", Some("b")), ("b", Some("a"))];
        assert_eq!(renamed(&["a", "b"], &circle, &[]), ["a-a", "b-b"]);
        assert_eq!(renamed(&["a", "b"], &[("a", None), ("b", None)], &[(0, 1), (1, 0)]), ["b-a", "a-b"]);
    }

    #[test]
    fn a_choice_goes_before_a_mark() {
        assert_eq!(renamed(&["a", "x"], &[("b", Some("a"))], &[(1, 0)]), ["x-b", "-a"]);
    }

    fn ordered(renames: &[(&str, &str)], taken: &[&str]) -> Vec<String> {
        let renames = renames.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let mut taken = taken.iter().map(|name| (*name).to_owned()).collect();
        sequence(renames, &mut taken, &|name| name == "a_old").iter().map(|(a, b)| format!("{a}-{b}")).collect()
    }

    #[test]
    fn no_name_is_taken_twice() {
        assert_eq!(ordered(&[("a", "b"), ("b", "c")], &["a", "b"]), ["b-c", "a-b"]);
        assert_eq!(ordered(&[("a", "b"), ("b", "a")], &["a", "b"]), ["a-a_old2", "b-a", "a_old2-b"]);
        assert_eq!(ordered(&[("a", "A")], &["a"]), ["a-A"]);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(free_name(&"é".repeat(31), |_| false), "é".repeat(29) + "_old");
    }
}
