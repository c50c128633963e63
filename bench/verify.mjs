// The results of all peers are compared with the rows that were made, before anything is measured.
import assert from 'node:assert/strict'
import { Failure } from '../scripts/run.mjs'

/** The calls of a workload that are compared. */
const CALLS = [0, 5, 11]

/** The members of a result that the expected value has, as plain objects: some libraries give entities or collections. */
function plain(value, like) {
  if (Array.isArray(like)) return Array.from(value ?? [], (item, i) => plain(item, like[Math.min(i, like.length - 1)]))
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  if (like === null || typeof like !== 'object') return value
  return Object.fromEntries(Object.keys(like).map(key => [key, plain(value[key], like[key])]))
}

const same = (given, wanted) => assert.deepEqual(plain(given, wanted), wanted)

/** A result in the form of the expected one, for peers that give another. */
function converted(it, result) {
  if (!it.convert || result === null || typeof result !== 'object') return result
  return Array.isArray(result) ? Array.from(result, it.convert) : it.convert(result)
}

const list = async (it, after, limit) => converted(it, await it.list(after, limit))

/** Whether a variant offers the calls of a workload; a workload with databases of its own names its variants. */
export const offers = (variant, { needs, offeredBy }) =>
  offeredBy ? offeredBy(variant) : needs.every(method => variant.it[method])

/** Removes the rows that writes have added. */
export const clear = (it, asked) => it.run(`DELETE FROM events WHERE id > ${asked.rows}`)

/** SQLite's `synchronous = FULL`, which Plinth has by default. */
const FULL = 2
/** Lines of a difference that are shown. */
const SHOWN = 60

/**
 * Compares the results of all workloads of all variants; a failure lists every difference. A
 * workload with databases of its own compares when it makes them: here with `places` alone. Returns
 * the variants that are absent from one of these, with the name of the workload.
 */
export async function verifyAll(workloads, opened, asked, places) {
  const faults = []
  const missing = []
  for (const workload of places ? workloads.filter(({ arrange }) => arrange) : []) {
    const able = opened.filter(variant => offers(variant, workload))
    const { absent, close } = await workload.arrange(able, places, asked)
    await close?.()
    missing.push(...absent.map(each => ({ workload: workload.name, ...each })))
  }
  for (const variant of opened) {
    faults.push(...(await carelessness(variant)))
    for (const workload of workloads) {
      if (workload.arrange || !offers(variant, workload)) continue
      try {
        await verify(variant, workload, asked)
      } catch (error) {
        const lines = `${error.message}`.split('\n').slice(0, SHOWN)
        faults.push(`bench: ${workload.name} of ${variant.name}: ${lines.join('\n')}`)
      }
    }
  }
  if (faults.length) throw new Failure(faults.join('\n\n'))
  return missing
}

/** Fails if no other library could be loaded: Plinth alone has been compared with nothing. */
export function assertCompared({ databases }) {
  const alone = databases.filter(({ absent, equal }) => absent.length && equal.every(name => name.startsWith('plinth')))
  if (alone.length)
    throw new Failure(
      `bench: no other library could be loaded on ${alone.map(({ database }) => database).join(' and ')}: nothing was compared`,
    )
}

/** A fault if a connection to SQLite does not wait for the disk: a driver may be compiled with another default. */
async function carelessness({ name, it }) {
  const level = Number((await it.synchronous?.()) ?? FULL)
  return level === FULL ? [] : [`bench: ${name}: expected synchronous ${FULL}, found ${level}`]
}

async function verify({ it }, workload, asked) {
  const added = async (peer, n) => {
    const rows = await list(peer, asked.rows, n + 1)
    await clear(peer, asked)
    // The database makes the keys, which are others after each write.
    return rows.map(row => ({ ...plain(row, asked.fresh(0)) }))
  }
  if (workload.verify) return await workload.verify(it, { asked, same, list, added })
  if (!workload.wanted) return
  const state = {}
  for (const i of workload.verified ?? CALLS) {
    const result = converted(it, await workload.call(it, i, asked, state))
    same(workload.comparable?.(result) ?? result, workload.wanted(i, asked))
  }
}
