// A database with given models on the database of this run, and what tests say of errors.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { initDb, open, PlinthError } from 'plinth'
import { newUrl } from './dialect.mjs'

/** An open database with these models; closed and removed when the test ends. */
export async function database(t, models, options = {}) {
  const db = open({ models, url: await newUrl(t), ...options })
  t.after(() => db.close({ timeout: 0 }))
  await initDb({ db })
  return db
}

/** Runs SQL that is put together as text. */
export const raw = (db, text, ...values) => {
  const pieces = Array.isArray(text) ? text : [text]
  return db.sql(Object.assign(pieces, { raw: pieces }), ...values)
}

/** The error of a call, which must be one of Plinth with these fields; a regular expression stands for any text it matches. */
export async function fails(call, fields) {
  let error
  try {
    const result = await call()
    assert.fail(`nothing was thrown, but given: ${inspect(result)}`)
  } catch (thrown) {
    error = thrown
  }
  if (!(error instanceof PlinthError)) throw error
  for (const [name, expected] of Object.entries(fields)) {
    const where = `${name} of ${inspect(error)}`
    if (expected instanceof RegExp) assert.match(String(error[name]), expected, where)
    else assert.deepEqual(error[name], expected, where)
  }
  return error
}

/** Everything that a log could show of an error. */
export const everything = error =>
  [String(error), error.stack, JSON.stringify(error), inspect(error, { depth: null, showHidden: true })].join('\n')

/** The ids of rows, for short. */
export const ids = rows => rows.map(row => row.id)
