// Orders and their invoices, beside the job queue of plinth/models.
import { c, index, model, schema } from 'plinth'
import { jobQueue } from 'plinth/models'

const orders = model('orders', { id: c.id(), amount: c.integer(), placedAt: c.timestamp().defaultNow() })
const invoices = model(
  'invoices',
  {
    id: c.id(),
    // Two invoices of one order are allowed here, so that the test would see them.
    orderId: c.integer().references('orders.id', { onDelete: 'cascade' }),
    text: c.text(),
  },
  t => [index(t.orderId)],
)

export default schema({ orders, invoices, jobQueue }, { orders: r => ({ invoices: r.many('invoices', 'orderId') }) })
