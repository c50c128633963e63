// The tables: notes, and the tags on them.
import { c, model, schema, unique } from 'plinth'

const notes = model('notes', {
  id: c.id(),
  title: c.text({ max: 120 }),
  text: c.text().default(''),
  updatedAt: c.timestamp().defaultNow().touch(),
})
const tags = model(
  'tags',
  {
    id: c.id(),
    noteId: c.integer().references('notes.id', { onDelete: 'cascade' }),
    name: c.text({ max: 40 }).lowercase(),
  },
  t => [unique(t.noteId, t.name)],
)

export default schema({ notes, tags }, { notes: r => ({ tags: r.many('tags', 'noteId') }) })
