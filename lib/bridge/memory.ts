/** The arrays shared with the Rust core, and how single values are put into them. The codes are those of src/engine/packed.rs. */

import { PlinthError } from '../base/errors.js'
import type { Wire } from '../models/metadata.js'
import { native } from './addon.js'

/** Where the data of a call begins in both arrays. */
export const DATA = 64

/** The code of a null among the integers. */
export const NULL = -2147483648

/** The code among the integers of a number that is among the doubles. */
export const BIG = -2147483647

/** Slots of parameters or of a chunk of rows at most. */
export const SLOTS = 1 << 16

/** The places in `ints` of the numbers that every call has. */
export const Head = {
  ticket: 0,
  plan: 1,
  session: 2,
  rows: 3,
  more: 4,
  failed: 5,
  wide: 6,
  bytes: 7,
  node: 8,
  keys: 9,
  columns: 10,
  watched: 11,
  stream: 12,
  batch: 13,
  open: 14,
  skipped: 15,
} as const

export const ints = new Int32Array(DATA + SLOTS)
export const floats = new Float64Array(DATA + SLOTS)

/** The same memory as `floats`, as 64-bit integers. */
export const bigints = new BigInt64Array(floats.buffer)

/** What does not fit into numbers: the text of all parameters as one string, and their bytes one after the other. */
export const loose = {
  text: '',
  bytes: undefined as Uint8Array[] | undefined,
  /** The last JSON value that was made ready, as a read will give it. */
  copy: undefined as unknown,
}

let busy = false

/** Puts the parameters of a call, from row `from`; gives how many rows. A getter among the values that made a call of its own would overwrite them. */
export function pack(call: { put(from: number): number }, from: number): number {
  if (busy) {
    throw new PlinthError('QUERY_INVALID', 'A call was made by a getter of the values of another call.', {
      hint: 'Read such values first, then make the call with plain ones.',
    })
  }
  loose.text = ''
  loose.bytes = undefined
  busy = true
  try {
    return call.put(from)
  } finally {
    busy = false
  }
}

/** A value ready to cross: a number for int, real and time, the rest as it is. */
export type Ready = null | number | bigint | boolean | string | Uint8Array

/** Puts the next parameter. */
export function put(slot: number, wire: Wire, value: Ready): void {
  const at = DATA + slot
  switch (wire) {
    case 'int':
      return putInt(at, value as number | null)
    case 'bool':
      ints[at] = value === null ? NULL : value ? 1 : 0
      return
    case 'bigint':
      ints[at] = value === null ? -1 : 0
      if (value !== null) bigints[at] = value as bigint
      return
    case 'real':
    case 'time':
      floats[at] = value === null ? Number.NaN : (value as number)
      return
    case 'bytes':
      ints[at] = value === null ? -1 : (value as Uint8Array).length
      if (value !== null) putBytes(value as Uint8Array)
      return
    default:
      if (value === null) ints[at] = -1
      else {
        ints[at] = (value as string).length
        loose.text += value as string
      }
  }
}

function putInt(at: number, value: number | null): void {
  if (value === null) ints[at] = NULL
  else if ((value | 0) === value && value > BIG) ints[at] = value
  else {
    ints[at] = BIG
    floats[at] = value
  }
}

/** Adds the bytes of the next parameter. */
export function putBytes(value: Uint8Array): void {
  loose.bytes ??= []
  loose.bytes.push(value)
}

/** The one number of an answer such as a count: its integer, or a real number where the integer has the mark of one. */
export function firstNumber(): number {
  if (ints[Head.rows] === 0) return 0
  const narrow = ints[DATA] as number
  return narrow > BIG ? narrow : (floats[DATA] as number)
}

/** All bytes of the call, and none for the next. */
export function takeBytes(): Uint8Array | undefined {
  const list = loose.bytes
  if (list === undefined) return undefined
  loose.bytes = undefined
  return list.length === 1 ? list[0] : Buffer.concat(list)
}

/** All text of the call, and none for the next. */
export function takeText(): string {
  const text = loose.text
  loose.text = ''
  return text
}

/** A new UUID of version 7, later than those before it. */
export function uuid(): string {
  return native().uuid()
}

/** Rows of parameters that cross at once. */
export const rowsAtOnce = (params: number): number => Math.max(1, Math.min(64, Math.floor(SLOTS / Math.max(params, 1))))
