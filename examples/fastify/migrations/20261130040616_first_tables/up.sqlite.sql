-- 20261130040616
-- first tables
--
-- Create the table notes, 4 columns
-- Create the table tags, 3 columns

CREATE TABLE "notes" (
  "id" INTEGER CONSTRAINT "notes_pkey" PRIMARY KEY AUTOINCREMENT,
  "title" VARCHAR(120) NOT NULL,
  "text" TEXT NOT NULL DEFAULT '',
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "notes_title_length_check" CHECK (length("title") <= 120)
);

CREATE TABLE "tags" (
  "id" INTEGER CONSTRAINT "tags_pkey" PRIMARY KEY AUTOINCREMENT,
  "note_id" INTEGER NOT NULL,
  "name" VARCHAR(40) NOT NULL,
  CONSTRAINT "tags_note_id_name_key" UNIQUE ("note_id", "name"),
  CONSTRAINT "tags_name_length_check" CHECK (length("name") <= 40),
  CONSTRAINT "tags_note_id_fkey" FOREIGN KEY ("note_id") REFERENCES "notes" ("id") ON DELETE CASCADE
);
