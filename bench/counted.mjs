// A process whose instructions are counted: so many blocking calls of one kind, on one thread.
import { asked as asks } from './data.mjs'
import { open } from './peers/plinth.mjs'

const [library, url, task, calls] = process.argv.slice(2)
const it = await open({ library, url, sync: true })
const asked = asks(it.count())
const call = {
  get: i => it.get(asked.nth(i)),
  'list-100': i => it.list(asked.after(i, 100), 100),
  create: i => it.create(asked.fresh(i)),
}[task]
for (let i = 0; i < Number(calls); i++) call(i)
await it.close()
