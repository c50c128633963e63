-- 20261130083810
-- first tables
--
-- Create the table books, 3 columns
-- Create the table reviews, 4 columns

CREATE TABLE "books" (
  "id" INTEGER CONSTRAINT "books_pkey" PRIMARY KEY AUTOINCREMENT,
  "isbn" VARCHAR(13) NOT NULL,
  "title" VARCHAR(200) NOT NULL,
  CONSTRAINT "books_isbn_key" UNIQUE ("isbn"),
  CONSTRAINT "books_isbn_length_check" CHECK (length("isbn") <= 13),
  CONSTRAINT "books_title_length_check" CHECK (length("title") <= 200)
);

CREATE TABLE "reviews" (
  "id" INTEGER CONSTRAINT "reviews_pkey" PRIMARY KEY AUTOINCREMENT,
  "book_id" INTEGER NOT NULL,
  "stars" INTEGER NOT NULL,
  "text" VARCHAR(2000) NOT NULL DEFAULT '',
  CONSTRAINT "reviews_text_length_check" CHECK (length("text") <= 2000),
  CONSTRAINT "reviews_stars_check" CHECK (stars BETWEEN 1 AND 5),
  CONSTRAINT "reviews_book_id_fkey" FOREIGN KEY ("book_id") REFERENCES "books" ("id") ON DELETE CASCADE
);
