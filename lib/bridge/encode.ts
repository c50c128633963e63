/**
 * Putting rows to insert: for each model a function is generated once that checks, defaults and packs a row, and makes what create() returns. If code must
 * not be generated, interpreted-encoder.ts does the same.
 */

import { type PlinthError, ValidationError } from '../base/errors.js'
import { millisOf } from '../base/instances.js'
import { kindOf, shown } from '../base/shown.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import { counted, FIRST_MOMENT, json, LAST_MOMENT, present, ready } from './check-value.js'
import { parse } from './decode.js'
import { generated } from './generated.js'
import { type Encode, interpretedEncoder } from './interpreted-encoder.js'
import { BIG, bigints, DATA, floats, ints, loose, NULL, putBytes, type Ready, uuid } from './memory.js'

export type { Encode }

/** The encoder of a model's rows: it puts the values of these columns, in their order. */
export function encoder(model: ModelMeta, columns: readonly ColumnMeta[]): Encode {
  const lines: string[] = []
  const fields: string[] = []
  columns.forEach((column, k) => {
    const name = JSON.stringify(column.property)
    // A column called toString is not given by what every object inherits.
    const get =
      column.property in Object.prototype ? `(x=Object.hasOwn(o,${name})?o[${name}]:undefined)` : `(x=o[${name}])`
    lines.push(line(column, k, get))
  })
  for (const column of model.columns) {
    if (column.private) continue
    const k = columns.indexOf(column)
    // The key that the database makes is set when it is known.
    const value = k < 0 ? (column.kind === 'bigId' ? '0n' : '0') : field(column, k)
    fields.push(`${JSON.stringify(column.property)}:${value}`)
  }
  const known = `{__proto__:null,${model.columns.map(c => `${JSON.stringify(c.property)}:1`).join(',')}}`
  const body = `const K=${known};return function(o,slot,now){
for(const k in o)if(K[k]!==1)unknown(k);
let x,s='';const at=slot+${DATA};let ${columns.map((_, k) => `v${k}`).join(',') || '_'};
${lines.join('\n')}
if(s!=='')L.text+=s;
return {${fields.join(',')}}}`
  const unknown = (key: string) => columnOf(model, key)
  const slow = (k: number, value: unknown, now: number) => readyOrDefault(columns[k] as ColumnMeta, value, now)
  const scope = { I: ints, F: floats, B: bigints, L: loose, slow, unknown, bytes: putBytes, millis: millisOf }
  return generated<Encode>(body, scope) ?? interpretedEncoder(model, columns, readyOrDefault)
}

/** The columns that an insert gives: all but the identity, unless it is given too. */
export function inserted(model: ModelMeta, withKey: boolean): readonly ColumnMeta[] {
  return withKey ? model.columns : model.columns.filter(c => !c.identity)
}

/** Checks and packs one column; `v<k>` is its value ready to cross. */
function line(column: ColumnMeta, k: number, get: string): string {
  const int = `I[at+${k}]`
  const float = `F[at+${k}]`
  const slow = `v${k}=slow(${k},x,now)`
  // Always 1: a value that is given is refused.
  if (column.version) return `${get};${slow};${int}=v${k}`
  switch (column.kind) {
    case 'id':
    case 'integer':
    case 'int32': {
      const fits = column.kind === 'int32' ? '(x|0)===x' : 'Number.isSafeInteger(x)'
      return `if(typeof ${get}==='number'&&${fits}){v${k}=x===0?0:x}else ${slow};
if(v${k}===null)${int}=${NULL};else if((v${k}|0)===v${k}&&v${k}>${BIG})${int}=v${k};else{${int}=${BIG};${float}=v${k}}`
    }
    case 'bigId':
    case 'bigint':
      return `${get};${slow};if(v${k}===null)${int}=-1;else{${int}=0;B[at+${k}]=v${k}}`
    case 'real':
      return `if(typeof ${get}==='number'&&x-x===0)v${k}=x;else ${slow};${float}=v${k}===null?NaN:v${k};`
    case 'boolean':
      return `if(typeof ${get}==='boolean')v${k}=x;else ${slow};${int}=v${k}===null?${NULL}:v${k}?1:0;`
    case 'timestamp':
      return `${get};if(!((v${k}=millis(x))>=${FIRST_MOMENT}&&v${k}<=${LAST_MOMENT}))${slow};${float}=v${k}===null?NaN:v${k};`
    case 'bytes':
      return `${get};${slow};if(v${k}===null)${int}=-1;else{${int}=v${k}.length;bytes(v${k})}`
    case 'text': {
      const plain = !column.lowercase && column.max === undefined ? `typeof ${get}==='string'` : fitting(column, get)
      return `if(${plain})v${k}=x;else ${slow};${putText(k, int)}`
    }
    case 'json':
      return `${get};${slow};const c${k}=L.copy;${putText(k, int)}`
    default:
      return `${get};${slow};${putText(k, int)}`
  }
}

/** Text that surely fits its length: code points are never more than units. */
function fitting(column: ColumnMeta, get: string): string {
  return column.lowercase ? `(${get},false)` : `typeof ${get}==='string'&&x.length<=${column.max}`
}

const putText = (k: number, int: string) => `if(v${k}===null)${int}=-1;else{${int}=v${k}.length;s+=v${k}}`

/** The value as a read gives it, from the value ready to cross. */
function field(column: ColumnMeta, k: number): string {
  const v = `v${k}`
  switch (column.kind) {
    case 'timestamp':
      return `${v}===null?null:new Date(${v})`
    case 'json':
      return `${v}===null?null:c${k}`
    case 'bytes':
      return `${v}===null?null:new Uint8Array(${v})`
    default:
      return v
  }
}

/** A value ready to cross, or what its column has instead if it is absent. `now`: the moment of the call, in milliseconds. */
export function readyOrDefault(column: ColumnMeta, value: unknown, now: number): Ready {
  if (value !== undefined) {
    if (column.version) throw counted(column, value)
    return ready(column, value)
  }
  const fallback = column.default
  if (fallback === 'now') return column.kind === 'date' ? new Date(now).toISOString().slice(0, 10) : now
  if (fallback === 'random') return uuid()
  if (fallback !== undefined) return constant(column, fallback.value)
  // A change of this value is seen from the start.
  if (column.touch) return column.kind === 'date' ? new Date(now).toISOString().slice(0, 10) : now
  if (column.nullable) return null
  throw required(column)
}

const constants = new WeakMap<ColumnMeta, Ready>()

/** A default value, from its JSON, ready to cross. */
function constant(column: ColumnMeta, value: unknown): Ready {
  let it = constants.get(column)
  if (it === undefined) {
    it = fromJson(column, value)
    constants.set(column, it)
  }
  // Every row has a value of its own, that its owner may change.
  if (column.kind === 'json') loose.copy = parse(it as string)
  return it
}

function fromJson(column: ColumnMeta, value: unknown): Ready {
  if (value === null && column.kind !== 'json') return null
  switch (column.kind) {
    case 'bigint':
      return BigInt(value as string)
    case 'timestamp':
      return Date.parse(value as string)
    case 'bytes':
      return new Uint8Array(Buffer.from(value as string, 'hex'))
    case 'real':
      // A text for -0, which JSON does not have.
      return Number(value)
    case 'json':
      return value === null ? 'null' : json(column, value)
    default:
      return present(column, value)
  }
}

function required(column: ColumnMeta): PlinthError {
  const path = `${column.model.name}.${column.property}`
  return new ValidationError(`${path} is required.`, {
    table: column.model.table,
    columns: [column.property],
    expected: 'a value',
    found: 'nothing',
    hint: 'Give it a value, or declare the column .nullable() or with a default.',
  })
}

/** A value that is no row at all. */
export function noRow(model: ModelMeta, value: unknown): ValidationError {
  const found = model.columns[0]?.private ? kindOf(value) : shown(value)
  return new ValidationError(`${model.name}: expected an object of columns, found ${found}.`, { table: model.table })
}
