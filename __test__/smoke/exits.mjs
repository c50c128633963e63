// The program of the smoke suite that leaves while its calls are running: with 7, at once.
import { open } from 'plinth'
import models from './models.mjs'

const db = open({ models, url: process.argv[2] })
await db.users.count()
for (let n = 0; n < 1000; n++) db.users.create({ email: `leaving${n}@x` })
db.transaction(tx => tx.users.count())
setTimeout(() => {
  console.log('exits')
  process.exit(7)
}, 20)
