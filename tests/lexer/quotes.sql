SELECT 'a', 'it''s', '', '\', 'a;b -- c /* d */', "b", "b""c;", `d`, `e``f;`, [g], [h;]]
FROM "open
