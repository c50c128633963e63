//! The effect of a dump and its restoring on the tables of a PostgreSQL database: the server's own
//! texts are run again.

/// Makes each check, each index that no constraint and no foreign key needs and each default by the text that the server has of it.
pub const RESTORE: &str = "
DO $$ DECLARE it record; BEGIN
  FOR it IN SELECT conrelid::regclass AS of, conname AS name, pg_get_constraintdef(oid) AS text
    FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype = 'c' AND conrelid <> 0
  LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', it.of, it.name, it.name, it.text); END LOOP;
  FOR it IN SELECT x.indexrelid::regclass AS name, pg_get_indexdef(x.indexrelid) AS text
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE i.relnamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)
  LOOP EXECUTE format('DROP INDEX %s', it.name); EXECUTE it.text; END LOOP;
  FOR it IN SELECT d.adrelid::regclass AS of, a.attname AS name, pg_get_expr(d.adbin, d.adrelid) AS text
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = ''
    JOIN pg_class c ON c.oid = d.adrelid AND c.relnamespace = current_schema()::regnamespace
  LOOP EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', it.of, it.name, it.text); END LOOP;
END $$";
