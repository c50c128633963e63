/** SQL that a person writes, as a tagged template: what stands between the pieces is always bound, never text. */

import { PlinthError, ValidationError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { FIRST_MOMENT, LAST_MOMENT } from '../bridge/check-value.js'
import { decoder } from '../bridge/decode.js'
import { Head, ints, put, type Ready } from '../bridge/memory.js'
import type { Request } from '../bridge/request.js'
import type { Wire } from '../models/metadata.js'
import type { Channel } from '../unit/channel.js'

/** The call db.sql`...`. */
export function sqlCall(channel: Channel) {
  return (pieces: TemplateStringsArray, ...values: unknown[]) => {
    if (channel.blocking) return run(channel, pieces, values)
    try {
      return run(channel, pieces, values)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

function run(channel: Channel, pieces: TemplateStringsArray, values: unknown[]): Promise<unknown[]> | unknown[] {
  if (!Array.isArray(pieces) || !Array.isArray(pieces.raw)) {
    throw new PlinthError('SQL_REFUSED', 'sql is a template tag: write db.sql`SELECT ...`, not db.sql(...).', {
      hint: 'What stands in the template as a placeholder is bound, never put into the text.',
    })
  }
  if (pieces.includes(undefined as never)) {
    throw new PlinthError('SQL_REFUSED', 'The SQL has an escape that JavaScript does not know.', {
      hint: 'Write a backslash in a template as \\\\.',
    })
  }
  if (pieces.some(piece => piece.includes('\0'))) {
    throw new PlinthError('SQL_REFUSED', 'The SQL has a NUL character, where databases stop reading.', {
      hint: 'Put text that holds one into the template as a value.',
    })
  }
  const bound = values.map(bind)
  const query = `{"op":"sql","pieces":${JSON.stringify(pieces)},"params":${JSON.stringify(bound.map(b => b.wire))}}`
  const plan = channel.database.client.plans.of(query)
  const request: Request<unknown[]> = {
    plan,
    rows: 1,
    put: () => {
      bound.forEach((b, i) => {
        put(i, b.wire, b.value)
      })
      return 1
    },
    read: (answer, narrow) => {
      if (ints[Head.columns] === 0) return []
      // The columns are asked for first: reading further chunks overwrites nothing of them, but their number.
      const columns = answer.columns()
      return answer.rows(
        { ...plan, nodes: [{ columns, decode: decoder(columns), link: null, of: null, key: [] }] },
        narrow,
      )
    },
    explain: failure => failure,
  }
  return channel.send(request)
}

function bind(value: unknown, at: number): { wire: Wire; value: Ready } {
  switch (typeof value) {
    case 'string':
      return { wire: 'text', value }
    case 'boolean':
      return { wire: 'bool', value }
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { wire: 'int', value }
      if (Number.isFinite(value)) return { wire: 'real', value }
      break
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return { wire: 'bigint', value }
      break
    case 'object':
      if (value === null) return { wire: 'text', value: null }
      if (value instanceof Uint8Array) return { wire: 'bytes', value }
      if (value instanceof Date && value.getTime() >= FIRST_MOMENT && value.getTime() <= LAST_MOMENT) {
        return { wire: 'time', value: value.getTime() }
      }
  }
  throw new ValidationError(`Value ${at + 1} of the SQL cannot be bound: ${shown(value)}.`, {
    expected: 'null, a boolean, a finite number, a bigint of 64 bits, text, a valid Date or a Uint8Array',
    found: shown(value),
    hint: 'Write JSON as JSON.stringify(value).',
  })
}
