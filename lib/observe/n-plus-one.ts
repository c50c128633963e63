/**
 * Reads that are repeated for each of many rows: found as they are made, one after the other, and
 * reported with the call that reads them at once.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import type { Call } from '../bridge/call.js'
import type { Plan } from '../bridge/plans.js'
import type { Request } from '../bridge/request.js'
import type { ModelMeta } from '../models/metadata.js'
import type { SchemaJson, WarningEvent } from '../types/index.js'
import { Relations } from './relations.js'

const warnings = channel('plinth:warning')

/** Reads that a path remembers; the oldest go first. */
const REMEMBERED = 8
/** Frames of a stack that tell one place from another, and of which those of this file are not part. */
const FRAMES = 24

/** Where a read is sent. */
interface Way {
  /** The transaction or session that it belongs to; none if it stands alone. */
  readonly belongsTo?: object | undefined
  send<T>(request: Request<T>): Promise<T> | T
}

/** A read that was made, by what it is and from where. */
interface Read {
  readonly plan: Plan
  /** The lines that led to it, the innermost first. */
  readonly place: readonly string[]
  readonly values: string
  readonly count: number
}

/**
 * What was read on the way to a call: in its transaction or session, else by the functions that
 * lead to it. It never changes except for its turn: each reader has a path of its own, so that
 * requests side by side do not add up.
 */
interface Path {
  readonly reads: readonly Read[]
  /** Models whose rows were listed. */
  readonly listed: readonly string[]
  /** The turn of the event loop in which it last asked, or was answered. */
  turn: number
}

const SETTLED = Promise.resolve()
const START: Path = { reads: [], listed: [], turn: 0 }

/** The paths of calls that stand alone, of all databases: it stays enabled from the first that is watched on. */
const paths = new AsyncLocalStorage<Path>()

let current = 0
let turning = false

/** The turn of the event loop: all that happens without waiting for anything but promises that are settled. */
function now(): number {
  if (!turning) {
    turning = true
    current++
    // The first tick may come before the promises of this turn, a second one that they ask for only behind all of them.
    const end = () => {
      turning = false
    }
    process.nextTick(() => SETTLED.then(() => process.nextTick(end)))
  }
  return current
}

/** Watches the reads of one open database. */
export class NPlusOne {
  readonly #units = new WeakMap<object, Path>()
  readonly #keyed = new WeakMap<Plan, string | null>()
  readonly #warned = new Set<string>()
  readonly #relations: Relations

  constructor(
    /** How often a read may be repeated. */
    readonly most: number,
    json: SchemaJson,
  ) {
    this.#relations = new Relations(json)
  }

  /** Sends a read, and counts it. */
  send<T>(way: Way, model: ModelMeta, call: string, request: Call<T>): Promise<T> | T {
    const unit = way.belongsTo
    const before = (unit ? this.#units.get(unit) : paths.getStore()) ?? START
    const path = this.#after(before, unit !== undefined, model, call, request)
    if (unit) this.#units.set(unit, path)
    else paths.enterWith(path)
    const result = way.send(request)
    return unit && result instanceof Promise ? this.#followed(path, result) : result
  }

  /** A call that stands alone: what follows its answer goes on from what led to it. */
  follow<T>(call: Promise<T>): Promise<T> {
    const path = paths.getStore()
    return path?.turn === now() ? this.#followed(path, call) : call
  }

  #followed<T>(path: Path, call: Promise<T>): Promise<T> {
    return call.then(
      value => {
        path.turn = now()
        return value
      },
      error => {
        path.turn = now()
        throw error
      },
    )
  }

  #after(before: Path, within: boolean, model: ModelMeta, call: string, request: Call<unknown>): Path {
    const turn = now()
    const column = this.#key(model, request.plan)
    const lists = call === 'list' && !before.listed.includes(model.name)
    const listed = lists ? [...before.listed, model.name].slice(-REMEMBERED) : before.listed
    if (column === null) return { reads: before.reads, listed, turn }
    const place = frames()
    const values = request.values.join()
    const same = before.reads.find(read => read.plan === request.plan && isSame(read.place, place))
    // After a pause it is another round: a loop that waits for something. In a transaction other values tell that it is not.
    const goesOn = same && (before.turn === turn || (within && same.values !== values))
    const read = { plan: request.plan, place, values, count: goesOn ? same.count + 1 : 1 }
    if (read.count > this.most) this.#warn(model, call, column, read, listed)
    const others = before.reads.filter(other => other !== same)
    return { reads: [...others, read].slice(-REMEMBERED), listed, turn }
  }

  /** The column by which a read finds the rows of another one; null for a read of any other kind. */
  #key(model: ModelMeta, plan: Plan): string | null {
    let key = this.#keyed.get(plan)
    if (key === undefined) {
      const { where = [] } = JSON.parse(plan.query) as { where?: unknown[][] }
      const compared = where.filter(part => part[1] === 'eq' || part[1] === 'key').map(part => String(part[0]))
      key = compared.find(column => this.#relations.isKey(model.name, column)) ?? null
      this.#keyed.set(plan, key)
    }
    return key
  }

  #warn(model: ModelMeta, call: string, column: string, { plan, place, count }: Read, listed: readonly string[]): void {
    const [line = ''] = place
    const once = `${plan.query} ${line}`
    if (this.#warned.has(once)) return
    this.#warned.add(once)
    const event: WarningEvent = {
      code: 'PLINTH_N_PLUS_ONE',
      message: `${model.name}.${call}() ran ${count} times one after the other${line && `, at ${line}`}.`,
      model: model.name,
      call,
      count,
      place: line,
      hint: this.#relations.remedy(model.name, call, column, listed),
    }
    process.emitWarning(event.message, { type: 'PlinthWarning', code: event.code, detail: event.hint })
    if (warnings.hasSubscribers) warnings.publish(event)
  }
}

/**
 * Whether two stacks are of one place: what the shorter one tells, the longer one tells too. The first round of a loop has
 * callers that did not wait, which later rounds have left behind.
 */
function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one[0] !== other[0]) return false
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  let at = 0
  for (const line of long) if (line === short[at]) at++
  return at === short.length
}

/**
 * The lines of the user's code that lead here, the innermost first; none if the runtime does not
 * report them.
 */
function frames(): string[] {
  const before = Error.stackTraceLimit
  // It may be frozen.
  Reflect.set(Error, 'stackTraceLimit', FRAMES)
  let stack: unknown
  try {
    stack = new Error().stack
  } catch {
    // The user's own way of writing stacks failed.
  }
  Reflect.set(Error, 'stackTraceLimit', before)
  if (typeof stack !== 'string') return []
  const lines = stack.split('\n').filter(line => line.startsWith('    at '))
  const first = lines.findIndex(line => !line.includes(__filename))
  const theirs = first < 0 ? [] : lines.slice(first)
  const places = theirs.map(placeOf).filter(place => place !== '')
  // Of callers the line is enough: before they wait the line of the call is reported, later that of
  // the await.
  return places.map((place, i) => (i === 0 ? place : place.replace(/:\d+$/, '')))
}

/** `file:line:column` of a frame; empty if it is not in a file. */
function placeOf(frame: string): string {
  const at = /(?:\(|at (?:async )?)((?:file:|\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/.exec(frame)?.[1]
  if (at === undefined || at.includes(__filename)) return ''
  const path = at.replace(/^file:\/\//, '')
  const folder = `${process.cwd()}/`
  return path.startsWith(folder) ? path.slice(folder.length) : path
}
