// Databases whose warnings are heard, and programs that run as handlers do.
import diagnostics from 'node:diagnostics_channel'
import { setImmediate as turn } from 'node:timers/promises'
import { initDb, open } from 'plinth'
import { newUrl } from './dialect.mjs'

/**
 * A new database with the rows that `fill` writes, opened again with these options, and the warnings that come of it: those of `code`, or
 * all.
 * @returns {Promise<{ db: any, warnings: any[] }>}
 */
export async function warned(t, { models, fill, code, log, env = { NODE_ENV: 'test' } }) {
  const url = await newUrl(t)
  const first = open({ models, url })
  await initDb({ db: first })
  await fill(first)
  await first.close()
  const db = open({ models, url, env, ...(log && { log }) })
  t.after(() => db.close())
  const warnings = []
  const hear = event => {
    if (code === undefined || event.code === code) warnings.push(event)
  }
  diagnostics.subscribe('plinth:warning', hear)
  t.after(() => diagnostics.unsubscribe('plinth:warning', hear))
  return { db, warnings }
}

/** Runs this as a function of its own, from a turn of its own: as a handler is run. */
export async function apart(work) {
  await turn()
  return await work()
}
