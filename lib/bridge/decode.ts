/** Turning packed rows into objects. For each shape of row a function is generated once: one object literal, so one hidden class. */

import { jsonNull } from '../base/json-null.js'
import type { Wire } from '../models/metadata.js'
import { BIG, bigints, DATA, floats, ints, NULL } from './memory.js'

/** A column of a result. */
export interface ResultColumn {
  readonly name: string
  readonly wire: Wire
  /** Whether its values are no part of the rows, but go beside them. */
  readonly beside?: true
}

/**
 * Decodes `rows` rows and appends them to `out`. `narrow` and `wide` are the chunk's strings. What goes beside the rows is
 * appended to `beside`, as many values for each row as there are such columns: a plan that has some needs the array.
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

/** In place of a value that is not JSON, where rows are decoded to find it. */
export const NOT_JSON = Symbol('not JSON')

/** The decoder of rows with these columns. `finds`: text that is not JSON becomes NOT_JSON, instead of an error. */
export function decoder(columns: readonly ResultColumn[], finds = false): Decode {
  const key = JSON.stringify([finds, columns])
  let decode = cache.get(key)
  if (!decode) {
    if (cache.size > 1000) cache.clear()
    decode = generate(columns, finds ? found : parse)
    cache.set(key, decode)
  }
  return decode
}

function generate(columns: readonly ResultColumn[], read: (text: string) => unknown): Decode {
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
function any(tag,l,d,g){switch(tag){case 1:return d;case 2:t=l;return ${text};case 3:return u.slice(b,b+=l);case 4:return g;default:return null}}
for(let r=0;r<n;r++){out.push(${literal})${beside};p+=${i};q+=${f}}}`
  return new Function('I', 'F', 'B', 'parse', body)(ints, floats, bigints, read) as Decode
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
      return `(v=${float})===v?v:null`
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

/** What parse() throws: it says nothing of the text. */
export class NotJson extends Error {}

function found(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return NOT_JSON
  }
}
