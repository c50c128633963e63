// The smoke suite as a program: `run.mjs <url> <folder>` checks what checks.mjs lists on the empty database at the URL. It prints which runtime it
// runs on, `ok <name>` or `not ok <name>` for each check and `end`, and ends by itself, with 1 when one failed. The folder is for its files, and can import
// Plinth.
import { open } from 'plinth'
import { checks } from './checks.mjs'
import models from './models.mjs'

const { bun, deno, node } = process.versions
console.log(bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`)

const [url, folder] = process.argv.slice(2)
const db = open({ models, url })
const at = { db, url, folder, sqlite: url.startsWith('sqlite') }
for (const [name, check] of Object.entries(checks)) {
  try {
    await check(at)
    console.log(`ok ${name}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`not ok ${name}\n${String(error?.stack ?? error).replace(/^/gm, '    ')}`)
  }
}
// Left open on purpose: what is idle must not keep the process.
await db.users.count()
console.log('end')
