// Projects of many models: a process that opens them until its first row, and the check of a file's types.
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import * as plinth from '../../dist/index.js'
import { Failure } from '../../scripts/run.mjs'
import { reportOf } from '../workloads/processes.mjs'
import { modelsOf } from './plinth-many.mjs'
import { numbersOf, ROW } from './shape.mjs'
import { checkTypes, writeProject } from './type-check.mjs'

const child = fileURLToPath(new URL('./child-of-many.mjs', import.meta.url))
const SIZES = [10, 100, 1_000]
const PEERS = ['plinth', 'drizzle', 'kysely', 'typeorm', 'mikro-orm', 'prisma']

const offeredBy = ({ peer, form }) => !form && PEERS.includes(peer)

const NOTE = 'kysely has none, only types'

/** A database with all tables, and a row in each. */
async function fill(url, n) {
  const models = modelsOf(plinth, n)
  await plinth.initDb({ models, url, migrations: false })
  const db = plinth.open({ models, url })
  const { id: _, ...values } = ROW
  await db.transaction(async tx => {
    for (const i of numbersOf(n)) await tx[`m${i}`].create(values)
  })
  await db.close()
}

/** Calls `make(variant)` for each, and splits them into those that can be measured and those that are absent. */
async function prepared(variants, make) {
  const able = []
  const absent = []
  for (const variant of variants) {
    try {
      able.push(await make(variant))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      absent.push({ name: variant.name, reason: error.message })
    }
  }
  return { variants: able, absent }
}

/** Makes the peer's client for so many models, if it needs one; its module. */
async function moduleOf({ peer }, database, n) {
  const module = await import(`./${peer}-many.mjs`)
  module.make?.(database, n)
  return module
}

const start = n => ({
  name: `models-${n}`,
  title: `a new process with ${n.toLocaleString('en-US')} models until its first row`,
  note: NOTE,
  unit: 'ms',
  alone: true,
  offeredBy,
  arrange: (opened, places) =>
    prepared(opened, async variant => {
      const place = await places.other(`models-${n}`, url => fill(url, n))
      await moduleOf(variant, place.database, n)
      const own = { ...variant, ...place, models: n }
      const { row } = await reportOf(child, own, {}, `${n} models of ${variant.name}`)
      const same = Object.fromEntries(Object.keys(ROW).map(key => [key, row[key]]))
      assert.deepEqual(same, ROW, `${n} models of ${variant.name}`)
      return own
    }),
  sample: variant => reportOf(child, variant, {}, `${variant.models} models of ${variant.name}`),
})

const types = n => ({
  name: `types-${n}`,
  title: `type check of a file that uses ${n.toLocaleString('en-US')} models`,
  unit: 'ms',
  alone: true,
  most: 3,
  on: 'sqlite',
  offeredBy,
  arrange: opened =>
    prepared(opened, async variant => {
      const { sources, compilerOptions } = await moduleOf(variant, 'sqlite', n)
      const project = writeProject(`${variant.peer}-${n}`, sources(n), compilerOptions)
      checkTypes(project)
      return { ...variant, project }
    }),
  sample: ({ project }) => checkTypes(project),
})

export const many = [...SIZES.map(start), ...SIZES.map(types)]
