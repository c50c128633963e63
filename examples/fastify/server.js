// The service as a process: applies pending revisions, listens on PORT (3000 without it), and closes all of it when the process has to stop.
import { initDb, open } from 'plinth'
import { service } from './app.js'
import models from './models.js'

const db = open({ models })
await initDb({ db })
const app = service(db, { logger: true })
app.addHook('onClose', () => db.close()) // after the running requests
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000), host: '0.0.0.0' })
