// The example service for tests: on a database of its own, listening on a port of its own.
import { once } from 'node:events'
import { initDb, open } from 'plinth'
import models from 'plinth/models'
import { service } from '../../examples/service/app.mjs'
import { newUrl } from './dialect.mjs'

/** The service on an empty database; both end with the test. */
export async function running(t) {
  const db = open({ models, url: await newUrl(t) })
  await initDb({ db })
  return serving(t, db)
}

/** The service on this database; both end with the test. */
export async function serving(t, db) {
  t.after(() => db.close())
  const server = service(db).listen(0)
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { db, url: `http://127.0.0.1:${server.address().port}` }
}
