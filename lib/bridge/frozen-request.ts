/** A call that must wait before it is sent: its parameters are read when it is made, so that later changes do not reach it. */

import { DATA, floats, ints, loose, pack } from './memory.js'
import type { Request } from './request.js'

interface Piece {
  readonly rows: number
  readonly ints: Int32Array
  readonly floats: Float64Array
  readonly text: string
  readonly bytes: Uint8Array[] | undefined
}

/** The same call with its parameters read. Throws what their check throws. */
export function keep<T>(request: Request<T>): Request<T> {
  const pieces: Piece[] = []
  for (let done = 0; done < request.rows; ) {
    const rows = pack(request, done)
    const end = DATA + rows * request.plan.params.length
    pieces.push({
      rows,
      ints: ints.slice(DATA, end),
      floats: floats.slice(DATA, end),
      text: loose.text,
      bytes: loose.bytes?.map(bytes => bytes.slice()),
    })
    done += rows
  }
  loose.text = ''
  loose.bytes = undefined
  let next = 0
  const put = (from: number) => {
    // It may be sent again.
    if (from === 0) next = 0
    const piece = pieces[next++] as Piece
    ints.set(piece.ints, DATA)
    floats.set(piece.floats, DATA)
    loose.text = piece.text
    loose.bytes = piece.bytes?.slice()
    return piece.rows
  }
  return {
    plan: request.plan,
    rows: request.rows,
    put,
    read: (answer, narrow) => request.read(answer, narrow),
    explain: failure => request.explain(failure),
    ...(request.refusal && { refusal: request.refusal }),
    ...(request.columns && { columns: request.columns }),
    ...(request.first && { first: request.first }),
    ...(request.stream && { stream: request.stream }),
  }
}
