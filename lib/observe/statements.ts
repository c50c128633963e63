/**
 * The listeners for statements: the channel plinth:statement and the log of open(). Without a
 * listener nothing is measured.
 */

import { channel } from 'node:diagnostics_channel'
import type { Failure } from '../base/errors.js'
import { BIG, bigints, DATA, floats, ints, loose, NULL } from '../bridge/memory.js'
import type { Observer, Statements, Watched } from '../bridge/observer.js'
import type { Plan } from '../bridge/plans.js'
import type { ModelMeta } from '../models/metadata.js'
import type { Dialect, StatementAction, StatementEvent } from '../types/index.js'
import type { Log } from './logger.js'

const statements = channel('plinth:statement')

/** A statement that ran: its node or its SQL, milliseconds, rows (null: it failed), and how many keys it was given. */
type Timing = readonly [what: number | string, ms: number, rows: number | null, keys: number]

/** Characters of a text among the values, at most. */
const LONGEST = 100
const CONTROL: Watched = { of: undefined, values: undefined }

/** Reports the statements of one open database. */
export class StatementObserver implements Observer {
  readonly #plans = new WeakMap<Plan, Statements>()
  /** Whether listeners are being called: statements of a listener are not reported in turn. */
  #telling = false
  #failed = false

  constructor(
    readonly dialect: Dialect,
    readonly models: ReadonlyMap<string, ModelMeta>,
    readonly log: Log,
  ) {}

  /** Whether anybody wants to hear of the next call. */
  get listens(): boolean {
    const { log } = this
    return (log.statements || log.slowMs !== undefined || statements.hasSubscribers) && !this.#telling
  }

  /** Begins to watch a call. `describe` asks the core for the statements of the plan, as JSON; once. */
  watch(plan: Plan | undefined, describe: () => string): Watched {
    if (!plan) return CONTROL
    let of = this.#plans.get(plan)
    if (!of) {
      of = statementsOf(plan, JSON.parse(describe()), this.models)
      this.#plans.set(plan, of)
    }
    return { of, values: undefined }
  }

  /** Notes the values of a call, which have just been put into the shared arrays. */
  packed(watched: Watched, plan: Plan): void {
    if (this.log.values && !watched.values) watched.values = valuesOf(plan, watched.of?.hidden)
  }

  /** Tells of the statements of a call; `timings` is JSON, `error` is why the call failed. */
  tell(watched: Watched, timings: string, error: Failure | undefined): void {
    const all = JSON.parse(timings) as Timing[]
    // If no statement failed, the step that was to keep the rows did.
    const failed = error
      ? Math.max(
          all.findIndex(timing => timing[2] === null),
          all.length - 1,
        )
      : -1
    for (const [i, timing] of all.entries()) this.#event(this.#of(watched, timing, i === failed ? error : undefined))
  }

  #of(watched: Watched, [what, durationMs, rows, keys]: Timing, error: Failure | undefined): StatementEvent {
    const { dialect } = this
    const { slowMs, values } = this.log
    const node = typeof what === 'number' ? watched.of?.nodes[what] : undefined
    const { model } = node ?? {}
    return {
      sql: node ? node.sql : String(what),
      durationMs,
      rows: rows ?? 0,
      ...(error && { error: { code: error.code, message: error.message } }),
      ...(model !== undefined && { model }),
      action: node ? (watched.of as Statements).action : controlOf(String(what)),
      dialect,
      ...(slowMs !== undefined && durationMs >= slowMs && { slow: true as const }),
      ...(values && node && watched.values && { values: boundBy(node, watched.values, keys) }),
    }
  }

  #event(event: StatementEvent): void {
    const { log } = this
    this.#telling = true
    try {
      if (log.statements || event.slow) this.#report(event)
      if (statements.hasSubscribers) statements.publish(event)
    } finally {
      this.#telling = false
    }
  }

  /** An exception of a log function is reported once, and breaks no call. */
  #report(event: StatementEvent): void {
    const failed = (reason: unknown) => {
      if (this.#failed) return
      this.#failed = true
      const text = reason instanceof Error ? reason.message : String(reason)
      process.emitWarning(`The log function of open() fails: ${text}`, { code: 'PLINTH_LOG_FAILED' })
    }
    try {
      const result = this.log.to(event) as unknown
      if (typeof (result as PromiseLike<unknown>)?.then === 'function') Promise.resolve(result).catch(failed)
    } catch (reason) {
      failed(reason)
    }
  }
}

interface Described {
  nodes: { sql: string; from: number; to: number; linked: boolean }[]
  private: number[]
}

/** Of each statement of a plan also whose rows it reads: the first is of the query's model, others follow relations. */
function statementsOf(plan: Plan, described: Described, models: ReadonlyMap<string, ModelMeta>): Statements {
  const metas: (ModelMeta | undefined)[] = []
  const nodes = described.nodes.map((node, i) => {
    const link = plan.nodes[i]?.link
    const meta = link
      ? metas[link.parent]?.relations.get(link.relation)?.target
      : models.get((JSON.parse(plan.query) as { model?: string }).model ?? '')
    metas.push(meta)
    return { ...node, model: meta?.name }
  })
  return { nodes, action: plan.action === 'raw' ? 'sql' : plan.action, hidden: new Set(described.private) }
}

/** The values that a statement binds, in the order of its placeholders. */
function boundBy(node: Statements['nodes'][0], values: readonly unknown[], keys: number): unknown[] {
  const own = values.slice(node.from, node.to)
  return node.linked ? [`[${keys} ${keys === 1 ? 'key' : 'keys'}]`, ...own] : own
}

/** The values of the row of parameters that is in the shared arrays, as people are shown them. */
function valuesOf(plan: Plan, hidden: ReadonlySet<number> | undefined): unknown[] {
  let text = 0
  return plan.params.map((wire, i) => {
    const at = DATA + i
    const int = ints[at] as number
    const float = floats[at] as number
    const value = () => {
      switch (wire) {
        case 'int':
          return int === NULL ? null : int === BIG ? float : int
        case 'bool':
          return int === NULL ? null : int === 1
        case 'bigint':
          return int === 0 ? bigints[at] : null
        case 'real':
          return Number.isNaN(float) ? null : float
        case 'time':
          return Number.isNaN(float) ? null : new Date(float)
        case 'bytes':
          return int < 0 ? null : `[${int} ${int === 1 ? 'byte' : 'bytes'}]`
        default:
          if (int < 0) return null
          text += int
          return short(loose.text.slice(text - int, text))
      }
    }
    const read = value()
    return hidden?.has(i) ? '[private]' : read
  })
}

function short(text: string): string {
  if (text.length <= LONGEST) return text
  // Half of a surrogate pair is not a character.
  const end = /[\ud800-\udbff]/.test(text[LONGEST - 1] as string) ? LONGEST - 1 : LONGEST
  return `${text.slice(0, end)}... (${text.length.toLocaleString('en-US')} characters)`
}

/** The action of a statement that steers a transaction. */
function controlOf(sql: string): StatementAction {
  const word = sql.split(' ', 1)[0] as string
  switch (word) {
    case 'BEGIN':
      return 'begin'
    case 'COMMIT':
      return 'commit'
    case 'SAVEPOINT':
      return 'savepoint'
    case 'RELEASE':
      return 'release'
    default:
      return sql.startsWith('ROLLBACK TO') ? 'rollbackTo' : 'rollback'
  }
}
