// The SQL that Alembic and Prisma Migrate write for the changes of bench/online-changes.mjs, kept as data, and how each tool runs it.
import pg from 'pg'

/**
 * Written by `alembic revision --autogenerate` and printed by `alembic upgrade head --sql`, of Alembic 1.20.1 with SQLAlchemy
 * 2.1.9 on PostgreSQL 15, without the statements for Alembic's own table. Edited before as its documentation says: a new
 * NOT NULL column is added as nullable, filled by `op.execute` and altered; a rename is `op.alter_column(new_column_name=...)`.
 */
const ALEMBIC = {
  'two columns with defaults': [
    `ALTER TABLE users ADD COLUMN plan TEXT DEFAULT 'free' NOT NULL`,
    'ALTER TABLE users ADD COLUMN score BIGINT DEFAULT 0 NOT NULL',
  ],
  'a NOT NULL column with a backfill': [
    'ALTER TABLE users ADD COLUMN slug TEXT',
    'UPDATE users SET slug = lower(email)',
    'ALTER TABLE users ALTER COLUMN slug SET NOT NULL',
  ],
  'a nullable foreign key': [
    'ALTER TABLE users ADD COLUMN team_id BIGINT',
    'ALTER TABLE users ADD CONSTRAINT users_team_id_fkey FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE SET NULL',
  ],
  'an index': ['CREATE INDEX ix_users_name ON users (name)'],
  'a unique': ['ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)'],
  'a rename': ['ALTER TABLE users RENAME name TO full_name'],
  'all of these': [
    'ALTER TABLE users RENAME name TO full_name',
    `ALTER TABLE users ADD COLUMN plan TEXT DEFAULT 'free' NOT NULL`,
    'ALTER TABLE users ADD COLUMN score BIGINT DEFAULT 0 NOT NULL',
    'ALTER TABLE users ADD COLUMN slug TEXT',
    'UPDATE users SET slug = lower(email)',
    'ALTER TABLE users ALTER COLUMN slug SET NOT NULL',
    'ALTER TABLE users ADD COLUMN team_id BIGINT',
    'CREATE INDEX ix_users_full_name ON users (full_name)',
    'ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email)',
    'ALTER TABLE users ADD CONSTRAINT users_team_id_fkey FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE SET NULL',
  ],
}

const PRISMA_KEY = `-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams"("id") ON DELETE SET NULL ON UPDATE CASCADE;
`
const PRISMA_FILL = `UPDATE "users" SET "slug" = lower("email");
ALTER TABLE "users" ALTER COLUMN "slug" SET NOT NULL;
`

/**
 * Written by the `diff` of Prisma's schema engine 7.10.0 (0edf323e, its build for WebAssembly), which `prisma migrate diff
 * --script` calls, for the two schemas. Edited as its page "Customizing migrations" says: a rename is RENAME COLUMN instead of
 * DROP and ADD; a new required column is added as optional, filled by an UPDATE, and SET NOT NULL.
 */
const PRISMA = {
  'two columns with defaults': `-- AlterTable
ALTER TABLE "users" ADD COLUMN     "plan" TEXT NOT NULL DEFAULT 'free',
ADD COLUMN     "score" BIGINT NOT NULL DEFAULT 0;
`,
  'a NOT NULL column with a backfill': `-- AlterTable
ALTER TABLE "users" ADD COLUMN     "slug" TEXT;
${PRISMA_FILL}`,
  'a nullable foreign key': `-- AlterTable
ALTER TABLE "users" ADD COLUMN     "team_id" BIGINT;

${PRISMA_KEY}`,
  'an index': `-- CreateIndex
CREATE INDEX "users_name_idx" ON "users"("name");
`,
  'a unique': `-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");
`,
  'a rename': `-- AlterTable
ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";
`,
  'all of these': `-- AlterTable
ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";
ALTER TABLE "users" ADD COLUMN     "plan" TEXT NOT NULL DEFAULT 'free',
ADD COLUMN     "score" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "slug" TEXT,
ADD COLUMN     "team_id" BIGINT;
${PRISMA_FILL}
-- CreateIndex
CREATE INDEX "users_full_name_idx" ON "users"("full_name");

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

${PRISMA_KEY}`,
}

/** Runs a change as Alembic does: its statements one by one in one transaction, without a limit for locks. */
export const alembic = name => url => inSession(url, ['BEGIN', ...ALEMBIC[name], 'COMMIT'])

/** Runs a change as Prisma Migrate does: the script as one simple query, which is one transaction. */
export const prisma = name => url => inSession(url, [PRISMA[name]])

async function inSession(url, texts) {
  const session = new pg.Client({ connectionString: url })
  await session.connect()
  try {
    // A text without values is a simple query: several statements of it are one transaction.
    for (const text of texts) await session.query(text)
  } finally {
    await session.end()
  }
}
