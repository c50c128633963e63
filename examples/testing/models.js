// The tables of the application under test: accounts, and what was moved between them.
import { c, check, model, schema } from 'plinth'

const accounts = model(
  'accounts',
  { id: c.id(), owner: c.text({ max: 80 }).unique(), balance: c.integer().default(0) },
  () => [check('balance >= 0')],
)
const transfers = model('transfers', {
  id: c.id(),
  fromId: c.integer().references('accounts.id'),
  toId: c.integer().references('accounts.id'),
  amount: c.integer(),
  madeAt: c.timestamp().defaultNow(),
})

export default schema({ accounts, transfers })
