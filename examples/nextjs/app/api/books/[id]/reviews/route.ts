// POST /api/books/<id>/reviews { stars, text? }
import { bodyOf, handler } from '../../../../../db/handler'

export const POST = handler<{ id: string }>(async (session, request, { id }) => {
  const { stars, text = '' } = await bodyOf(request)
  return Response.json(await session.reviews.create({ bookId: Number(id), stars, text }), { status: 201 })
})
