// GET and DELETE /api/books/<id>. A book without reviews is found as well; deleting it deletes its reviews.
import { handler } from '../../../../db/handler'

export const GET = handler<{ id: string }>(async (session, _request, { id }) => {
  const book = await session.books.get(Number(id), { include: { reviews: true } })
  return book ? Response.json(book) : Response.json({ code: 'NOT_FOUND' }, { status: 404 })
})

export const DELETE = handler<{ id: string }>(async (session, _request, { id }) => {
  await session.books.delete(Number(id)) // NOT_FOUND is 404, see db/handler.ts
  return new Response(null, { status: 204 })
})
