// The task board as a process: creates its database, listens on PORT (3000 without it), and ends
// its work on a signal.
import { once } from 'node:events'
import { initDb, open } from 'plinth'
import models, { createTask } from 'plinth/models'
import { service } from './app.mjs'
import { titled } from './titles.mjs'

process.env.DATABASE_URL ||= 'sqlite:///./example.db'

const db = open({
  models,
  log: { slowMs: 200 }, // statements that took longer, on stderr
})

// Safe at every start: applies the revisions in migrations/ that are pending. The seed runs once in the life of the database.
await initDb({
  db,
  seed: {
    tasks: async tx => {
      for (const title of ['Read the example', 'Create a task', 'Change its status']) {
        await createTask(tx, { type: 'todo', payload: titled(title) })
      }
    },
  },
})

const server = service(db).listen(process.env.PORT || 3000)
await once(server, 'listening')
console.log(`http://localhost:${server.address().port}`)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    // Requests that are running are answered first.
    server.close(() => db.close())
    server.closeIdleConnections()
  })
}
