// The tables: lists, and the tasks on them.
import { c, index, model, schema } from 'plinth'

const lists = model('lists', {
  id: c.id(),
  name: c.text({ max: 80 }).unique(),
})
const tasks = model(
  'tasks',
  {
    id: c.id(),
    listId: c.integer().references('lists.id', { onDelete: 'cascade' }),
    title: c.text({ max: 200 }),
    done: c.boolean().default(false),
    createdAt: c.timestamp().defaultNow(),
  },
  t => [index(t.listId, t.done)],
)

export default schema(
  { lists, tasks },
  {
    lists: r => ({ tasks: r.many('tasks', 'listId') }),
    tasks: r => ({ list: r.one('lists', 'listId') }),
  },
)
