/**
 * Turning packed rows into objects. For each shape of row a function is generated once: one object literal, so one hidden class. If code must not be
 * generated, the columns are gone through for each row.
 */

import { jsonNull } from '../base/json-null.js'
import type { Wire } from '../models/metadata.js'
import { generated } from './generated.js'
import { BIG, bigints, DATA, floats, ints, NULL } from './memory.js'

/** A column of a result. */
export interface ResultColumn {
  readonly name: string
  readonly wire: Wire
  /** Whether its values are no part of the rows, but go beside them. */
  readonly beside?: true
}

/**
 * Decodes `rows` rows and appends them to `out`. `narrow` and `wide` are the chunk's strings.
 * Values beside the rows are appended to `beside`, as many for each row as there are such columns:
 * a plan that has some needs the array.
 */
export type Decode = (
  rows: number,
  narrow: string,
  wide: string,
  bytes: Uint8Array,
  out: unknown[],
  beside?: unknown[],
) => void

const cache = new Map<string, Decode>()

/**
 * A real number `v`, as a small integer of V8 if it is one. V8's optimizing compiler makes small integers of whole doubles by
 * itself, its interpreter does not (seen in Node 20). Rows that mostly have fractions get a hidden class without small integers.
 * Then each whole number throws away the compiled code, and the interpreter learns nothing new from it: the same code is
 * compiled again and again.
 */
const REAL = '(t=v|0)===v&&(t!==0||1/v>0)?t:v'

/** In place of a value that is not JSON, where rows are decoded to find it. */
export const NOT_JSON = Symbol('not JSON')

/** The decoder of rows with these columns. `finds`: text that is not JSON becomes NOT_JSON, instead of an error. */
export function decoder(columns: readonly ResultColumn[], finds = false): Decode {
  const key = JSON.stringify([finds, columns])
  let decode = cache.get(key)
  if (!decode) {
    if (cache.size > 1000) cache.clear()
    const read = finds ? found : parse
    decode = generate(columns, read) ?? interpret(columns, read)
    cache.set(key, decode)
  }
  return decode
}

function generate(columns: readonly ResultColumn[], read: (text: string) => unknown): Decode | undefined {
  let i = 0
  let f = 0
  const text = 't>=0?s.substring(o,o+=t):w.substring(x,x-=t+2)'
  const values = columns.map(({ wire }) => {
    const int = `I[p+${i}]`
    const float = `F[q+${f}]`
    const big = `B[q+${f}]`
    const [ni, nf] = slots(wire)
    const any = `any(${int},I[p+${i + 1}],${float},${big})`
    i += ni
    f += nf
    return expression(wire, int, float, big, text, any)
  })
  // The core puts what goes beside the rows behind their columns, and text is read in order.
  const own = columns.filter(column => !column.beside)
  const fields = own.map(({ name }, at) => `[${JSON.stringify(name)}]:${values[at]}`)
  const rest = values.slice(own.length)
  const beside = rest.length ? `;beside.push(${rest.join(',')})` : ''
  // Names come from the models, and pass through JSON.stringify: no text of a user becomes code.
  const literal = `{${fields.map(field => field.replace(/^\["(?!__proto__)([A-Za-z_$][\w$]*)"\]/, '$1')).join(',')}}`
  const body = `return function(n,s,w,u,out,beside){
let o=0,x=0,b=0,t=0,v=0,p=${DATA},q=${DATA};
function any(tag,l,d,g){switch(tag){case 1:v=d;return ${REAL};case 2:t=l;return ${text};case 3:return u.slice(b,b+=l);case 4:return g;default:return null}}
for(let r=0;r<n;r++){out.push(${literal})${beside};p+=${i};q+=${f}}}`
  return generated<Decode>(body, { I: ints, F: floats, B: bigints, parse: read })
}

/**
 * The places of the next value of each sort: strings of both widths, bytes, and the first slots of
 * the row.
 */
interface Place {
  readonly narrow: string
  readonly wide: string
  readonly bytes: Uint8Array
  atNarrow: number
  atWide: number
  atBytes: number
  int: number
  float: number
}

function interpret(columns: readonly ResultColumn[], read: (text: string) => unknown): Decode {
  let i = 0
  let f = 0
  const cells = columns.map(({ name, wire, beside }) => {
    const cell = { name, beside, value: reader(wire, i, f, read) }
    const [ni, nf] = slots(wire)
    i += ni
    f += nf
    return cell
  })
  return (rows, narrow, wide, bytes, out, beside) => {
    const place = { narrow, wide, bytes, atNarrow: 0, atWide: 0, atBytes: 0, int: DATA, float: DATA }
    for (let r = 0; r < rows; r++) {
      const row = {}
      for (const cell of cells) {
        const value = cell.value(place)
        if (cell.beside) beside?.push(value)
        else Object.defineProperty(row, cell.name, { value, enumerable: true, configurable: true, writable: true })
      }
      out.push(row)
      place.int += i
      place.float += f
    }
  }
}

/** Reads the value of a column, whose first slots are `i` and `f`, of a row. */
function reader(wire: Wire, i: number, f: number, read: (text: string) => unknown): (place: Place) => unknown {
  const int = (place: Place) => ints[place.int + i] as number
  const float = (place: Place) => floats[place.float + f] as number
  const big = (place: Place) => bigints[place.float + f]
  switch (wire) {
    case 'int':
      return place => (int(place) > BIG ? int(place) : int(place) === BIG ? float(place) : null)
    case 'bool':
      return place => (int(place) === NULL ? null : int(place) !== 0)
    case 'bigint':
      return place => (int(place) === 0 ? big(place) : null)
    case 'real':
      return place => (Number.isNaN(float(place)) ? null : float(place))
    case 'time':
      return place => (Number.isNaN(float(place)) ? null : new Date(float(place)))
    case 'text':
      return place => (int(place) === -1 ? null : nextText(place, int(place)))
    case 'json':
      return place => (int(place) === -1 ? null : read(nextText(place, int(place))))
    case 'bytes':
      return place => (int(place) < 0 ? null : nextBytes(place, int(place)))
    case 'any':
      return place => anything(place, int(place), ints[place.int + i + 1] as number, float(place), big(place))
  }
}

/** A value whose kind stands beside it, as SQLite has them. */
function anything(place: Place, tag: number, length: number, float: number, big: unknown): unknown {
  switch (tag) {
    case 1:
      return float
    case 2:
      return nextText(place, length)
    case 3:
      return nextBytes(place, length)
    case 4:
      return big
    default:
      return null
  }
}

/** A length from 0 is of narrow text; of wide text it is stored as -2 less the length. */
function nextText(place: Place, length: number): string {
  if (length >= 0) {
    const from = place.atNarrow
    place.atNarrow += length
    return place.narrow.substring(from, place.atNarrow)
  }
  const from = place.atWide
  place.atWide -= length + 2
  return place.wide.substring(from, place.atWide)
}

function nextBytes(place: Place, length: number): Uint8Array {
  const from = place.atBytes
  place.atBytes += length
  return place.bytes.slice(from, place.atBytes)
}

function expression(wire: Wire, int: string, float: string, big: string, text: string, any: string): string {
  switch (wire) {
    case 'int':
      return `(t=${int})>${BIG}?t:t===${BIG}?${float}:null`
    case 'bool':
      return `(t=${int})===${NULL}?null:t!==0`
    case 'bigint':
      return `${int}===0?${big}:null`
    case 'real':
      return `(v=${float})===v?${REAL}:null`
    case 'time':
      return `(v=${float})===v?new Date(v):null`
    case 'text':
      return `(t=${int})===-1?null:${text}`
    case 'json':
      return `(t=${int})===-1?null:parse(${text})`
    case 'bytes':
      return `(t=${int})<0?null:u.slice(b,b+=t)`
    case 'any':
      return any
  }
}

/** Slots of a column in the integers and in the doubles, as src/engine/packed.rs has them. */
function slots(wire: Wire): [number, number] {
  switch (wire) {
    case 'int':
    case 'bigint':
      return [1, 1]
    case 'real':
    case 'time':
      return [0, 1]
    case 'any':
      return [2, 1]
    default:
      return [1, 0]
  }
}

/** JSON as its column gives it: `null` is a value of its own. Throws NotJson. */
export function parse(text: string): unknown {
  if (text === 'null') return jsonNull
  try {
    return JSON.parse(text)
  } catch {
    // The error of JSON.parse quotes the text, which may be private.
    throw new NotJson()
  }
}

/** The error for text that parse() cannot read; it does not repeat the text. */
export class NotJson extends Error {}

function found(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return NOT_JSON
  }
}
