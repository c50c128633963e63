// Writes of every kind to a new database file: one after the other, many at once, after the file was closed and opened. Each promise is a line
// of the file `promises`, which is recorded among the other writes.
import { openSync, writeSync } from 'node:fs'
import { initDb, open } from 'plinth'
import { numbers } from '../../__test__/support/histories.mjs'
import { pick } from '../support/campaign.mjs'
import { models, WAYS, write } from '../support/ledger.mjs'

const { url, promises, seed } = JSON.parse(process.argv[2])
const file = openSync(promises, 'a')
const promise = line => writeSync(file, `${JSON.stringify(line)}\n`)

const below = numbers(seed)
const ways = Object.keys(WAYS)
const tables = await initDb({ models, url, migrations: false, seed: { one: tx => tx.users.create({ email: 'seed' }) } })
promise({ key: 'seed', way: 'create', promise: tables.seeded.length === 1 ? 'done' : 'not' })
let next = 0

async function writes(db, count) {
  for (let i = 0; i < count; i++) promise(await write(db, `k${next++}`, pick(below, ways), 'x'.repeat(below(1500))))
}

for (let opened = 0; opened < 3; opened++) {
  const db = open({ models, url })
  await writes(db, 30)
  await Promise.all(Array.from({ length: 32 }, () => writes(db, 5)))
  db.sync.users.create({ email: `sync${opened}` })
  promise({ key: `sync${opened}`, way: 'create', promise: 'done' })
  await db.close()
}
