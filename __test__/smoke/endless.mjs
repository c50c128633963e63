// The worker thread of the smoke suite that is terminated: it writes and reads without end.
import { parentPort, workerData } from 'node:worker_threads'
import { open } from 'plinth'
import models from './models.mjs'

const db = open({ models, url: workerData.url })
await db.users.count()
for (let n = 0; n < 20; n++) again(n)
parentPort.postMessage('running')

async function again(n) {
  for (;;) {
    if (n % 2) await db.users.list({ limit: 10 })
    else await db.users.updateMany({ where: { email: `nobody${n}` } }, { name: 'x' })
  }
}
