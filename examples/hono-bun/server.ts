// The service as a process: applies pending revisions, listens on PORT (3000 without it), and ends after the running requests.
import { initDb, open } from 'plinth'
import { service } from './app.ts'
import models from './models.ts'

const db = open({ models })
await initDb({ db })
const server = Bun.serve({ fetch: service(db).fetch, port: Number(process.env.PORT ?? 3000) })
console.log(`listening on port ${server.port}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await server.stop()
    await db.close()
  })
}
