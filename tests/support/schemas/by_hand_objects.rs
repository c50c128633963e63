//! Changes by hand of indexes and constraints, and what others add.

use super::by_hand::{pick, ByHand, Made, Scene, What, BY_HAND};
use plinth::dialect::quote;
use plinth::schema::names::{default_name, primary_key_name};
use plinth::schema::{Action, Check, Column, ForeignKey, Index, Unique};
use What::*;

impl Scene<'_> {
    pub(super) fn add_index(&self, column: &Column, variant: usize) -> Option<Made> {
        let (on, quoted) = (self.on(), quote(&column.name));
        let create = |name: &str, parts: &str| Made::sql(format!("CREATE INDEX {} ON {on} {parts}", quote(name)));
        let foreign = |parts: &str| Some(create(BY_HAND, parts)?.foreign("an index", BY_HAND));
        match (variant, self.sqlite()) {
            (0, _) => {
                let ours = default_name(&self.table.name, &[&column.name], "idx");
                Some(create(&ours, &format!("({quoted})"))?.differs([self.told("index", &ours)]))
            }
            (1, _) => {
                let made = Made::sql(format!("CREATE UNIQUE INDEX \"{BY_HAND}\" ON {on} ({quoted})"))?;
                Some(made.differs([self.told("index", BY_HAND)]))
            }
            (2, _) => foreign(&format!("({quoted}) WHERE {quoted} IS NOT NULL")),
            (3, _) => foreign(&format!("(({quoted} IS NULL))")),
            (4, _) => foreign(&format!("({quoted} DESC)")),
            (5, false) => foreign(&format!("USING hash ({quoted})")),
            (6, false) => foreign(&format!("({quoted}) INCLUDE ({quoted})")),
            _ => foreign(&format!("({quoted})")),
        }
    }

    pub(super) fn index(&self, by_hand: &ByHand) -> Option<Made> {
        let index = pick(&self.table.indexes, by_hand.at)?;
        let drop = format!("DROP INDEX {}", quote(&index.name));
        let differs = self.told("index", &index.name);
        let create = |index: &Index| self.dialect.create_index(self.table, index);
        match by_hand.what {
            DropIndex => Some(Made::sql(drop)?.differs([differs])),
            ChangeIndex => {
                let mut changed = index.clone();
                match by_hand.variant % 3 {
                    0 => changed.unique = !changed.unique,
                    1 => changed.parts[0].desc = !changed.parts[0].desc,
                    _ => changed.filter = Some("1 = 2".into()),
                }
                Some(Made::sql(format!("{drop}; {}", create(&changed)))?.differs([differs]))
            }
            _ => {
                let made = match self.sqlite() {
                    true => Made::sql(format!("{drop}; {}", create(&Index { name: BY_HAND.into(), ..index.clone() }))),
                    false => Made::sql(format!("ALTER INDEX {} RENAME TO \"{BY_HAND}\"", quote(&index.name))),
                };
                let made = made?.differs([differs]);
                Some(match index.unique {
                    true => made.differs([self.told("index", BY_HAND)]),
                    false => made.foreign("an index", BY_HAND),
                })
            }
        }
    }

    pub(super) fn unique(&self, by_hand: &ByHand, column: &Column) -> Option<Made> {
        if by_hand.what == AddUnique {
            let unique = Unique { name: BY_HAND.into(), columns: vec![column.name.clone()] };
            let add = format!("ADD CONSTRAINT \"{BY_HAND}\" UNIQUE ({})", quote(&column.name));
            return Some(self.alter(&add, |table| table.uniques.push(unique))?.differs([self.told("unique", BY_HAND)]));
        }
        let name = &pick(&self.table.uniques, by_hand.at)?.name;
        let made = self.alter(&drop_constraint(name), |table| table.uniques.retain(|it| it.name != *name));
        Some(made?.differs([self.told("unique", name)]))
    }

    pub(super) fn check(&self, by_hand: &ByHand, column: &Column) -> Option<Made> {
        let sql = format!("{0} IS NULL OR {0} IS NOT NULL OR 1 = 2", quote(&column.name));
        let add = |name: &str| format!("ADD CONSTRAINT {} CHECK ({sql})", quote(name));
        if by_hand.what == AddCheck {
            let check = Check { name: BY_HAND.into(), sql: sql.clone() };
            let made = self.alter(&add(BY_HAND), |table| table.checks.push(check));
            return Some(made?.differs([self.told("check", BY_HAND)]));
        }
        let name = &pick(&self.table.checks, by_hand.at)?.name;
        let made = match by_hand.what {
            DropCheck => self.alter(&drop_constraint(name), |table| table.checks.retain(|it| it.name != *name)),
            _ => self.alter(&format!("{}, {}", drop_constraint(name), add(name)), |table| {
                let edited = table.checks.iter_mut().find(|it| it.name == *name);
                edited.into_iter().for_each(|it| it.sql.clone_from(&sql));
            }),
        };
        Some(made?.differs([self.told("check", name)]))
    }

    pub(super) fn foreign_key(&self, by_hand: &ByHand) -> Option<Made> {
        if by_hand.what == AddForeignKey {
            let (columns, table) = (self.table.primary_key.clone(), self.table.name.clone());
            let (references, action) = (columns.clone(), Action::NoAction);
            let key =
                ForeignKey { name: BY_HAND.into(), columns, table, references, on_delete: action, on_update: action };
            let made = self.alter(&self.add_key(&key), |table| table.foreign_keys.push(key.clone()));
            return Some(made?.differs([self.told("foreign key", BY_HAND)]));
        }
        let key = pick(&self.table.foreign_keys, by_hand.at)?;
        let made = if by_hand.what == DropForeignKey {
            self.alter(&drop_constraint(&key.name), |table| table.foreign_keys.retain(|it| it.name != key.name))
        } else {
            let mut changed = key.clone();
            let cascade = |action: Action| match action {
                Action::Cascade => Action::NoAction,
                _ => Action::Cascade,
            };
            match by_hand.variant % 2 {
                0 => changed.on_delete = cascade(key.on_delete),
                _ => changed.on_update = cascade(key.on_update),
            }
            self.alter(&format!("{}, {}", drop_constraint(&key.name), self.add_key(&changed)), |table| {
                let edited = table.foreign_keys.iter_mut().find(|it| it.name == key.name);
                edited.into_iter().for_each(|it| it.clone_from(&changed));
            })
        };
        Some(made?.differs([self.key(key)]))
    }

    /// The clause that adds a foreign key; empty on SQLite.
    fn add_key(&self, key: &ForeignKey) -> String {
        let sql = self.dialect.add_foreign_key(&self.table.name, key).unwrap_or_default();
        sql.find(" ADD CONSTRAINT ").map_or(String::new(), |at| sql[at + 1..].to_owned())
    }

    pub(super) fn not_valid(&self, by_hand: &ByHand) -> Option<Made> {
        (!self.sqlite()).then_some(())?;
        let (object, name, add) = match by_hand.variant % 2 {
            0 => {
                let key = pick(&self.table.foreign_keys, by_hand.at)?;
                ("foreign key", &key.name, self.add_key(key))
            }
            _ => {
                let check = pick(&self.table.checks, by_hand.at)?;
                ("check", &check.name, format!("ADD CONSTRAINT {} CHECK ({})", quote(&check.name), check.sql))
            }
        };
        let made = Made::sql(format!("ALTER TABLE {} {}, {add} NOT VALID", self.on(), drop_constraint(name)))?;
        Some(made.differs([self.told(object, name)]))
    }

    pub(super) fn rename_constraint(&self, by_hand: &ByHand) -> Option<Made> {
        let table = self.table;
        let uniques = table.uniques.iter().map(|it| ("unique", it.name.clone()));
        let checks = table.checks.iter().map(|it| ("check", it.name.clone()));
        let keys = table.foreign_keys.iter().map(|it| ("foreign key", it.name.clone()));
        let primary = (!self.sqlite()).then(|| ("primary key", primary_key_name(&table.name)));
        let all: Vec<(&str, String)> = uniques.chain(checks).chain(keys).chain(primary).collect();
        let (object, name) = pick(&all, by_hand.at)?;
        let made = self.alter(&format!("RENAME CONSTRAINT {} TO \"{BY_HAND}\"", quote(name)), |table| {
            let uniques = table.uniques.iter_mut().map(|it| &mut it.name);
            let checks = table.checks.iter_mut().map(|it| &mut it.name);
            let names = uniques.chain(checks).chain(table.foreign_keys.iter_mut().map(|it| &mut it.name));
            names.filter(|it| *it == name).for_each(|it| *it = BY_HAND.into());
        });
        let made = made?.differs([self.told(object, name)]);
        // One finding tells of both keys.
        Some(if *object == "primary key" { made } else { made.differs([self.told(object, BY_HAND)]) })
    }

    pub(super) fn add_foreign(&self, by_hand: &ByHand) -> Option<Made> {
        let on = self.on();
        let name = format!("\"{BY_HAND}\"");
        let function = "CREATE FUNCTION of_others() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";
        match (by_hand.variant, self.sqlite()) {
            (0, _) => Some(Made::sql(format!("CREATE TABLE {name} (a int)"))?.foreign("a table", BY_HAND)),
            (1, _) => Some(Made::sql(format!("CREATE VIEW {name} AS SELECT * FROM {on}"))?.foreign("a view", BY_HAND)),
            (_, true) => {
                let sql = format!("CREATE TRIGGER {name} AFTER DELETE ON {on} BEGIN SELECT 1; END");
                Some(Made::sql(sql)?.foreign("a trigger", BY_HAND))
            }
            (2, _) => {
                let trigger =
                    format!("CREATE TRIGGER {name} AFTER DELETE ON {on} FOR EACH ROW EXECUTE FUNCTION of_others()");
                let made = Made::sql(format!("{function}; {trigger}"))?.foreign("a function", "of_others()");
                Some(made.foreign("a trigger", BY_HAND))
            }
            (3, _) => Some(Made::sql(format!("CREATE POLICY {name} ON {on}"))?.foreign("a policy", BY_HAND)),
            (4, _) => {
                let [one, other, ..] = &self.table.columns[..] else { return None };
                let columns = format!("{}, {}", quote(&one.name), quote(&other.name));
                let made = Made::sql(format!("CREATE STATISTICS {name} ON {columns} FROM {on}"))?;
                Some(made.foreign("a statistics object", BY_HAND))
            }
            (5, _) => Some(Made::sql(format!("CREATE SEQUENCE {name}"))?.foreign("a sequence", BY_HAND)),
            (6, _) => Some(Made::sql(format!("CREATE TYPE {name} AS ENUM ('a')"))?.foreign("a type", BY_HAND)),
            _ => {
                let rule = format!("CREATE RULE {name} AS ON DELETE TO {on} DO INSTEAD NOTHING");
                Some(Made::sql(rule)?.foreign("a rule", BY_HAND))
            }
        }
    }
}

fn drop_constraint(name: &str) -> String {
    format!("DROP CONSTRAINT {}", quote(name))
}
