// The tables that each tenant has.
import { c, model, schema } from 'plinth'

const customers = model('customers', { id: c.id(), email: c.text({ max: 320 }).lowercase().unique() })
const invoices = model('invoices', {
  id: c.id(),
  customerId: c.integer().references('customers.id', { onDelete: 'restrict' }),
  total: c.decimal(12, 2),
  issuedAt: c.timestamp().defaultNow(),
})

export default schema({ customers, invoices }, { invoices: r => ({ customer: r.one('customers', 'customerId') }) })
