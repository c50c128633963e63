// The worker thread of the smoke suite: opens the database, writes and reads, says what it saw, and ends without closing.
import { parentPort, workerData } from 'node:worker_threads'
import { open } from 'plinth'
import models from './models.mjs'

const db = open({ models, url: workerData.url })
const made = await Promise.all(Array.from({ length: 50 }, (_, n) => db.users.create({ email: `worker${n}@x` })))
const { email } = await db.users.get(made[0].id)
parentPort.postMessage({ made: made.length, read: email })
