//! The scripts as a reviewer reads them: a header in plain words, then the SQL. Pure.

/// The lines of the header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The version.
    pub version: String,
    /// The message of the person who wrote the revision.
    pub message: String,
    /// The changes, in plain words.
    pub operations: Vec<String>,
    /// What is lost.
    pub destructive: Vec<String>,
    /// The data that the other direction has lost, and that this one does not bring back.
    pub lost: Vec<String>,
    /// The parts of the earlier state that the other direction does not bring back, although no row loses a value.
    pub forgotten: Vec<String>,
    /// The statements that block other sessions, a sentence each.
    pub blocks: Vec<String>,
    /// Why they may.
    pub blocking_because: Option<String>,
    /// The database, and whether the revision was proven on it; `None` if there was nothing to prove.
    pub proven: Option<(String, bool)>,
}

/// The placeholders of a template, in the order of `Header::lines`.
const PLACEHOLDERS: [&str; 5] = ["{version}", "{message}", "{operations}", "{destructive}", "{proven}"];

impl Header {
    /// The header: our own, or the one that a template of the user's makes of it.
    ///
    /// A placeholder of a template becomes as many lines as it has, each with what stands around
    /// it; a line of which a placeholder has nothing to say is left out. The losses, and a missing
    /// proof, are written below if the template has no place for them: a reviewer must not miss
    /// either.
    pub fn write(&self, template: Option<&str>) -> String {
        match template {
            Some(template) => self.fill(template),
            None => self.plain(),
        }
    }

    fn plain(&self) -> String {
        let mut lines = vec![self.version.clone(), self.message.clone(), String::new()];
        lines.extend(self.operations.iter().cloned());
        lines.extend(self.losses());
        lines.extend(self.unproven());
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.iter().map(|line| comment(line) + "\n").collect()
    }

    fn losses(&self) -> Vec<String> {
        let destructive = self.destructive.iter().map(|line| format!("DESTRUCTIVE: {line}"));
        let lost = self.lost.iter().map(|line| format!("NOT RESTORED, lost by the up: {line}"));
        let forgotten = self.forgotten.iter().map(|line| format!("NOT RESTORED by the down: {line}"));
        let blocks = self.blocks.iter().map(|line| format!("BLOCKS: {line}"));
        let because = self.blocking_because.iter().map(|why| format!("plinth: blocking because {why}"));
        destructive.chain(lost).chain(forgotten).chain(blocks).chain(because).collect()
    }

    fn unproven(&self) -> Option<String> {
        self.proven.as_ref().filter(|(_, proven)| !proven).map(|(dialect, _)| format!("NOT PROVEN on {dialect}"))
    }

    /// The lines of each placeholder.
    fn lines(&self) -> [Vec<String>; 5] {
        let proven =
            self.proven.as_ref().filter(|(_, proven)| *proven).map(|(dialect, _)| format!("Proven on {dialect}"));
        [
            vec![self.version.clone()],
            vec![self.message.clone()],
            self.operations.clone(),
            self.losses(),
            self.unproven().or(proven).into_iter().collect(),
        ]
    }

    fn fill(&self, template: &str) -> String {
        let values = self.lines();
        let mut text = String::new();
        let mut said = [false; 5];
        for line in template.lines() {
            let named: Vec<&Vec<String>> = PLACEHOLDERS
                .iter()
                .zip(&values)
                .filter(|(name, _)| line.contains(*name))
                .map(|(_, values)| values)
                .collect();
            let times = if named.iter().any(|values| values.is_empty()) {
                0
            } else {
                named.iter().map(|v| v.len()).max().unwrap_or(1)
            };
            for (name, said) in PLACEHOLDERS.iter().zip(&mut said) {
                *said |= times > 0 && line.contains(name);
            }
            // A placeholder that stands alone on its line is not SQL.
            let bare = PLACEHOLDERS.iter().any(|name| line.starts_with(name));
            for time in 0..times {
                let filled = fill_line(line, &values, time);
                text.push_str(&if bare { comment(&filled) } else { filled });
                text.push('\n');
            }
        }
        let [.., losses, proven] = said;
        let unsaid = [(losses, self.losses()), (proven, self.unproven().into_iter().collect())];
        for line in unsaid.iter().filter(|(said, _)| !said).flat_map(|(_, lines)| lines) {
            text.push_str(&comment(line));
            text.push('\n');
        }
        text
    }
}

/// A line with the values of its placeholders, for its nth time.
fn fill_line(line: &str, values: &[Vec<String>; 5], time: usize) -> String {
    let mut filled = String::new();
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        match PLACEHOLDERS.iter().zip(values).find(|(name, _)| rest.starts_with(**name)) {
            Some((name, values)) => {
                let value = values.get(time).or(values.last()).map(|value| one_line(value));
                filled.push_str(&value.unwrap_or_default());
                rest = &rest[name.len()..];
            }
            None => {
                filled.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    filled
}

/// A script: the header, an empty line, the statements. Those of several lines stand apart.
pub fn compose(header: &str, statements: &[String]) -> String {
    let mut script = header.to_owned();
    let mut apart = !header.is_empty();
    for (place, statement) in statements.iter().enumerate() {
        let wide = statement.contains('\n');
        if apart || (wide && place > 0) {
            script.push('\n');
        }
        script.push_str(statement);
        script.push_str(";\n");
        apart = wide;
    }
    script
}

/// The scripts that a person is to fill in.
pub fn empty(header: &str) -> String {
    format!("{header}\n-- The SQL goes here.\n")
}

fn comment(line: &str) -> String {
    format!("-- {}", one_line(line)).trim_end().to_owned()
}

/// A text that cannot end its line, nor what is a comment.
fn one_line(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_control() || letter.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Header {
            version: "20261120101500".into(),
            message: "Add phone;\r\nDROP TABLE users".into(),
            operations: lines(&["Add the column users.phone: text", "Drop the table old"]),
            destructive: lines(&["All rows of old"]),
            lost: lines(&[]),
            forgotten: lines(&[]),
            blocks: lines(&[]),
            blocking_because: None,
            proven: Some(("postgres".into(), false)),
        }
    }

    #[test]
    fn the_header_is_comments() {
        let expected = "-- 20261120101500\n-- Add phone; DROP TABLE users\n--\n-- Add the column users.phone: text\n\
                        -- Drop the table old\n-- DESTRUCTIVE: All rows of old\n-- NOT PROVEN on postgres\n";
        assert_eq!(header().write(None), expected);
        let proven = Header { proven: Some(("sqlite".into(), true)), destructive: vec![], ..header() };
        assert!(proven.write(None).ends_with("-- Drop the table old\n"));
        let bare = Header { version: "1".into(), message: "m".into(), ..Header::default() };
        assert_eq!(bare.write(None), "-- 1\n-- m\n");
        let up = Header { forgotten: vec!["which rows were NULL".into()], ..bare.clone() };
        assert!(up.write(None).ends_with("-- NOT RESTORED by the down: which rows were NULL\n"));
        let blocks = Header {
            blocks: vec!["users is written anew".into()],
            blocking_because: Some("few\nwork".into()),
            ..bare.clone()
        };
        let expected = "-- BLOCKS: users is written anew\n-- plinth: blocking because few work\n";
        assert!(blocks.write(None).ends_with(expected) && blocks.write(Some("-- {message}")).ends_with(expected));
        let down = Header { lost: vec!["The rows of old".into()], ..bare };
        assert!(down.write(None).ends_with("-- NOT RESTORED, lost by the up: The rows of old\n"));
    }

    #[test]
    fn templates_repeat_a_line_for_each_thing() {
        let template =
            "-- {message} ({version}) by us\n-- * {operations}\n-- !! {destructive} !!\n\nSET x = '{y}';\n{proven}";
        let expected = "-- Add phone; DROP TABLE users (20261120101500) by us\n-- * Add the column users.phone: text\n\
                        -- * Drop the table old\n-- !! DESTRUCTIVE: All rows of old !!\n\nSET x = '{y}';\n\
                        -- NOT PROVEN on postgres\n";
        assert_eq!(header().write(Some(template)), expected);
        let plain = header().write(Some("-- Property of Ada\n"));
        assert_eq!(plain, "-- Property of Ada\n-- DESTRUCTIVE: All rows of old\n-- NOT PROVEN on postgres\n");
        let pair = Header { operations: vec![], ..header() }.write(Some("-- {operations}: {destructive}"));
        assert_eq!(pair, "-- DESTRUCTIVE: All rows of old\n-- NOT PROVEN on postgres\n");
        let harmless = Header { destructive: vec![], proven: Some(("sqlite".into(), true)), ..header() };
        let filled = harmless.write(Some("-- {destructive}\n{proven}\n{operations}\n"));
        assert_eq!(filled, "-- Proven on sqlite\n-- Add the column users.phone: text\n-- Drop the table old\n");
    }

    #[test]
    fn placeholders_in_values_are_no_placeholders_of_ours() {
        let odd = Header { version: "{message}".into(), message: "{version}".into(), ..Header::default() };
        assert_eq!(odd.write(Some("-- {message} {version}")), "-- {version} {message}\n");
    }

    #[test]
    fn statements_of_several_lines_stand_apart() {
        let statements: Vec<String> = ["a", "b", "c (\n  d\n)", "e", "f"].map(String::from).into();
        assert_eq!(compose("-- h\n", &statements), "-- h\n\na;\nb;\n\nc (\n  d\n);\n\ne;\nf;\n");
        assert_eq!(compose("", &statements[..1]), "a;\n");
        assert_eq!(compose("-- h\n", &[]), "-- h\n");
        assert_eq!(empty("-- h\n"), "-- h\n\n-- The SQL goes here.\n");
    }
}
