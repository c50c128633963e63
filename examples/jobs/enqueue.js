// `node enqueue.js 5`: places orders, each in one transaction with the job that writes its invoice.
import { initDb, open } from 'plinth'
import { enqueue } from 'plinth/models'
import models from './models.js'

const count = Number(process.argv[2] ?? 1)
const db = open({ models })
await initDb({ db })
for (let n = 0; n < count; n++) {
  const job = await db.transaction(async tx => {
    const order = await tx.orders.create({ amount: 10 + n })
    return enqueue(tx, { queue: 'invoices', payload: { orderId: order.id }, uniqueKey: `invoice ${order.id}` })
  })
  console.log(`enqueued job ${job.id}`)
}
await db.close()
