// The database that this run is about: how tests make new ones, and what they ask in its own SQL.
import { basename, dirname } from 'node:path'

const folder = basename(dirname(process.argv[1] ?? ''))

/** Files of __test__/sqlite and __test__/postgres are about theirs; for all others PLINTH_TEST_DIALECT says it. */
export const dialect = ['sqlite', 'postgres'].includes(folder) ? folder : process.env.PLINTH_TEST_DIALECT || 'sqlite'
if (!['sqlite', 'postgres'].includes(dialect))
  throw new Error(`PLINTH_TEST_DIALECT is sqlite or postgres, not ${dialect}.`)

const own = await import(`./dialect-${dialect}.mjs`)

export const {
  /** The kinds of places a database can be in, for tests that hold for each; the first is the usual one. */
  PLACES,
  /** Makes an empty database: its URL, and what removes it. */
  fresh,
  /**
   * A URL that fits, of a database that does not exist; a database that the test creates goes when
   * it ends.
   */
  noDatabase,
  /** The URL as reports show it. */
  shown,
  /** Whether there is a database at a URL. */
  exists,
  /** The names of the tables and views, in order, including those of others. */
  objects,
  /** Fails when the database is damaged. */
  checkIntegrity,
  /** Makes what others make: tables that point at each other, views on views, triggers. Answers what a reset says of them. */
  makeForeignObjects,
  /** A trigger that refuses users whose email begins with "no". */
  refuseNo,
  /** The database's own words for a missing table and column. */
  words,
  /**
   * The configuration in a project's files for a database that does not exist yet; the URL in them;
   * and a URL with the code that it fails with.
   */
  projectFiles,
  projectUrl,
  brokenUrl,
  /** Parameters as the database itself writes them: one for a statement without values, one beside a value. */
  ownParameters,
  /** A statement that takes some seconds. */
  slow,
  /** The description of the process that holds the lock on the tables. */
  holder,
  /** The URL whose connections have a name; whether there is one of this name; those that wait for a row of another. */
  named,
  isConnected,
  rowWaits,
} = own

/** The URL of a new, empty database that goes when the test ends. */
export async function newUrl(t, place = PLACES[0]) {
  const { url, drop } = await fresh(place)
  t.after(drop)
  return url
}
