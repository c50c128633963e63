// GET /api/books: all of them. POST /api/books { isbn, title, reviews? }: a book and its reviews, or nothing.
import { bodyOf, handler } from '../../../db/handler'

export const GET = handler(async session =>
  Response.json(await session.books.list({ orderBy: { title: 'asc' }, include: { reviews: true } })),
)

export const POST = handler(async (session, request) => {
  const { isbn, title, reviews } = await bodyOf(request)
  const book = await session.books.create({ isbn, title })
  for (const review of [reviews ?? []].flat())
    await session.reviews.create({ bookId: book.id, stars: review?.stars, text: review?.text ?? '' })
  return Response.json(book, { status: 201 })
})
