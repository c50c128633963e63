// The one table that all tenants share: which tenants there are.
import { c, model, schema } from 'plinth'

const tenants = model('tenants', {
  id: c.id(),
  name: c.text({ max: 30 }).unique(),
  createdAt: c.timestamp().defaultNow(),
})

export default schema({ tenants })
