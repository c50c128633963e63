// A server component that reads the database itself. Rows are objects with types: no API between them and the page.
import { connection } from 'next/server'
import { database } from '../db/database'

export default async function Page() {
  await connection() // rendered for each request, not by `next build`
  const books = await database().books.list({ orderBy: { title: 'asc' }, include: { reviews: true } })
  return (
    <main>
      <h1>{books.length} books</h1>
      <ul>
        {books.map(({ id, title, reviews }) => (
          <li key={id}>{`${title}: ${rating(reviews)}`}</li>
        ))}
      </ul>
    </main>
  )
}

function rating(reviews: { stars: number }[]): string {
  if (reviews.length === 0) return 'no reviews'
  const sum = reviews.reduce((sum, { stars }) => sum + stars, 0)
  return `${(sum / reviews.length).toFixed(1)} of 5 stars`
}
