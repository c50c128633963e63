// The table: short links, found by their code.
import { c, model, schema } from 'plinth'

const links = model('links', {
  code: c.text({ max: 32 }).primaryKey(),
  target: c.text({ max: 2000 }),
  visits: c.integer().default(0),
  createdAt: c.timestamp().defaultNow(),
})

const models = schema({ links })
export default models
export type Models = typeof models
