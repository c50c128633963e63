//! Revisions of two branches, written side by side: what is out of order, what is made anew, what cannot be.

mod support;

use plinth::error::Code;
use plinth::schema::Schema;
use serde_json::{json, Value as Json};
use std::fs;
use support::revisions::{Draft, Place};

on_both!(
    branches_that_touch_different_tables,
    branches_that_touch_one_table,
    branches_that_contradict_each_other,
    what_was_edited_is_not_made_anew,
    a_stricter_column_beside_a_new_one,
);

const A: &str = "20260101000000";
const B: &str = "20260102000000";
const C: &str = "20260103000000";

fn text(name: &str, nullable: bool) -> Json {
    json!({ "name": name, "kind": "text", "nullable": nullable })
}

fn table(name: &str, columns: &[Json]) -> Json {
    let mut all = vec![json!({ "name": "id", "kind": "id" })];
    all.extend_from_slice(columns);
    json!({ "name": name, "primaryKey": ["id"], "columns": all })
}

fn schema(tables: &[Json]) -> Schema {
    serde_json::from_value(json!({ "tables": tables })).unwrap()
}

fn users(more: &[Json]) -> Json {
    let mut columns = vec![text("email", true)];
    columns.extend_from_slice(more);
    table("users", &columns)
}

/// A is applied, then C, which was written beside B: B comes last.
fn out_of_order(place: &Place, first: &Schema, earlier: &Schema, later: &Schema) {
    place.generate(Draft::of(A, "first", &[]), &Schema::default(), first);
    place.generate(Draft::of(C, "later", &[A]), first, later);
    place.upgrade("head").unwrap();
    place.run("INSERT INTO users (email) VALUES ('ada'), ('bob')");
    place.generate(Draft::of(B, "earlier", &[A]), first, earlier);
    let status = place.status();
    assert_eq!(status.pending.len(), 1);
    assert!(status.pending[0].out_of_order && status.pending[0].version == B);
    assert_eq!((status.current.as_deref(), status.head.as_deref()), (Some(C), Some(C)));
    assert!(place.history().revisions[1].out_of_order);
}

fn is_at(place: &Place, expected: &Schema) {
    let mut connection = place.open();
    let expected = place.dialect.normalize(connection.as_mut(), expected).unwrap();
    let found = place.dialect.introspect(connection.as_mut(), None).unwrap();
    assert_eq!(plinth::dialect::shape::compare(&expected, &found), []);
}

fn branches_that_touch_different_tables(place: &Place) {
    let first = schema(&[users(&[])]);
    let (tags, notes) = (table("tags", &[text("name", true)]), table("notes", &[]));
    out_of_order(place, &first, &schema(&[users(&[]), tags.clone()]), &schema(&[users(&[]), notes.clone()]));
    let report = place.upgrade("head").unwrap();
    assert_eq!((report.applied.len(), report.applied[0].rendered), (1, false));
    is_at(place, &schema(&[users(&[]), tags, notes.clone()]));
    // Back goes what was applied last.
    assert_eq!(place.downgrade("-1").unwrap().reverted[0].version, B);
    is_at(place, &schema(&[users(&[]), notes]));
    assert_eq!(place.downgrade("base").unwrap().reverted.len(), 2);
}

fn branches_that_touch_one_table(place: &Place) {
    let first = schema(&[users(&[])]);
    let (phone, age) = (text("phone", true), text("age", true));
    let earlier = schema(&[users(std::slice::from_ref(&phone))]);
    out_of_order(place, &first, &earlier, &schema(&[users(std::slice::from_ref(&age))]));
    assert_eq!(place.status().problems, []);
    let report = place.upgrade("head").unwrap();
    assert_eq!((report.applied.len(), report.applied[0].rendered), (1, true));
    is_at(place, &schema(&[users(&[phone, age])]));
    assert_eq!(place.number("SELECT count(*) FROM users WHERE phone IS NULL"), 2);
    // Made anew, it is not edited.
    assert_eq!(place.status().problems, []);
    assert_eq!(place.downgrade("base").unwrap().reverted.len(), 3);
    let again = place.upgrade("head").unwrap();
    assert_eq!(again.applied.iter().map(|ran| ran.rendered).collect::<Vec<_>>(), [false, false, true]);
}

fn branches_that_contradict_each_other(place: &Place) {
    let first = schema(&[users(&[])]);
    let both = schema(&[users(&[text("phone", true)])]);
    out_of_order(place, &first, &both, &both);
    let error = place.refuses();
    assert_eq!((error.code, error.table.as_deref()), (Code::RevisionConflict, Some("users")));
    assert!(
        error.message.contains("20260102000000_earlier") && error.message.contains("20260103000000_later"),
        "{error:?}"
    );
    assert_eq!(place.status().problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::RevisionConflict]);
}

fn what_was_edited_is_not_made_anew(place: &Place) {
    let first = schema(&[users(&[])]);
    let (phone, age) = (text("phone", true), text("age", true));
    out_of_order(place, &first, &schema(&[users(&[phone])]), &schema(&[users(&[age])]));
    let file = place.file("20260102000000_earlier", "up");
    let sql = fs::read_to_string(&file).unwrap();
    fs::write(&file, sql + "UPDATE users SET phone = 'none';\n").unwrap();
    let error = place.refuses();
    assert!(error.code == Code::RevisionConflict && error.message.contains("up."), "{error:?}");
}

/// On SQLite the one makes the table anew, which must not lose the other's column.
fn a_stricter_column_beside_a_new_one(place: &Place) {
    let first = schema(&[users(&[text("name", true)])]);
    let strict = |more: &[Json]| {
        let mut columns =
            vec![json!({ "name": "name", "kind": "text", "nullable": true, "default": { "value": "none" } })];
        columns.extend_from_slice(more);
        schema(&[users(&columns)])
    };
    let age = text("age", true);
    out_of_order(place, &first, &strict(&[]), &schema(&[users(&[text("name", true), age.clone()])]));
    place.run("UPDATE users SET age = 'old'");
    assert!(place.upgrade("head").unwrap().applied[0].rendered);
    is_at(place, &strict(&[age]));
    assert_eq!(place.number("SELECT count(*) FROM users WHERE age = 'old'"), 2);
}
