/** SQL that a person writes, as a tagged template: what stands between the pieces is always bound, never text. */

import { PlinthError, ValidationError } from '../base/errors.js'
import { isBytes, millisOf } from '../base/instances.js'
import { shown } from '../base/shown.js'
import { Call } from '../bridge/call.js'
import { FIRST_MOMENT, LAST_MOMENT } from '../bridge/check-value.js'
import { decoder } from '../bridge/decode.js'
import { Head, ints } from '../bridge/memory.js'
import type { Answer } from '../bridge/request.js'
import { QueryWriter } from '../query/query-writer.js'
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
      hint: 'A value in a placeholder of the template is bound, never put into the text.',
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
  const query = new QueryWriter('sql')
  query.entry(`"pieces":${JSON.stringify(pieces)}`)
  query.open('"params":[')
  for (let at = 0; at < values.length; at++) writeParam(query, values[at], at)
  query.close(']')
  const plan = channel.database.client.plans.of(query.json)
  const read = (answer: Answer, narrow: string) => {
    if (ints[Head.columns] === 0) return []
    // The columns are asked for first: reading further chunks overwrites nothing of them, but their number.
    const columns = answer.columns()
    const nodes = [{ columns, decode: decoder(columns), link: null, of: null, key: [] }]
    return answer.rows({ ...plan, nodes }, narrow)
  }
  return channel.send(new Call(plan, query.values, read))
}

/** Writes one value of the template as the kind that it is. */
function writeParam(query: QueryWriter, value: unknown, at: number): void {
  switch (typeof value) {
    case 'string':
      return query.bind('"text"', value)
    case 'boolean':
      return query.bind('"bool"', value)
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return query.bind('"int"', value)
      if (Number.isFinite(value)) return query.bind('"real"', value)
      break
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return query.bind('"bigint"', value)
      break
    case 'object':
      if (value === null) return query.bind('"text"', null)
      if (isBytes(value)) return query.bind('"bytes"', value)
      if (millisOf(value) >= FIRST_MOMENT && millisOf(value) <= LAST_MOMENT) {
        return query.bind('"time"', millisOf(value))
      }
  }
  throw new ValidationError(`Value ${at + 1} of the SQL cannot be bound: ${shown(value)}.`, {
    expected: 'null, a boolean, a finite number, a bigint of 64 bits, text, a valid Date or a Uint8Array',
    found: shown(value),
    hint: 'Write JSON as JSON.stringify(value).',
  })
}
