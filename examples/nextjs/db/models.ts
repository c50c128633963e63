// The tables: books, and the reviews of them.
import { c, model, schema } from 'plinth'

const books = model('books', {
  id: c.id(),
  isbn: c.text({ max: 13 }).unique(),
  title: c.text({ max: 200 }),
})
const reviews = model('reviews', {
  id: c.id(),
  bookId: c.integer().references('books.id', { onDelete: 'cascade' }),
  stars: c.integer().check('stars BETWEEN 1 AND 5'),
  text: c.text({ max: 2000 }).default(''),
})

const models = schema({ books, reviews }, { books: r => ({ reviews: r.many('reviews', 'bookId') }) })
export default models
export type Models = typeof models
