/**
 * The holder of a connection of the pool, or of SQLite's writer: an open transaction or stream, its
 * owner, its start, and how long it has idled.
 */

import { unref } from '../base/unref.js'
import type { Holding } from '../bridge/holding.js'
import type { Plan } from '../bridge/plans.js'

/** A transaction or a stream that is open. */
export class Holder implements Holding {
  /** When its beginning was answered, as Date.now() has it; undefined before that. */
  since: number | undefined
  /** Whether it is a snapshot that only reads. */
  reads = false
  /** The last call that was made in it. */
  last: Plan | undefined
  #running = 0
  #idleSince = 0
  #limits: IdleLimit[] = []

  readonly #owner: () => string

  /** `owner`: names whom it is for: a route, or the call that began it. */
  constructor(owner: () => string) {
    this.#owner = owner
  }

  /** Whom it is for. A request of a framework may not know its route any more, and then throw. */
  get owner(): string {
    try {
      return this.#owner()
    } catch {
      return 'a request of an unknown route'
    }
  }

  get isIdle(): boolean {
    return this.#running === 0
  }

  /** A call in it is sent, or a stream in it begins. */
  begins(plan: Plan | undefined): void {
    this.#running++
    if (plan) this.last = plan
  }

  /** A call in it was answered, or the last row of a stream in it was taken. */
  ends(): void {
    this.#running--
    if (this.#limits.length > 0) this.#idleSince = performance.now()
  }

  /** Its beginning was answered. */
  begun(): void {
    this.since = Date.now()
  }

  /** How many milliseconds no call has run in it, and no stream been open. */
  idleFor(): number {
    return this.isIdle ? performance.now() - this.#idleSince : 0
  }

  /** Calls this once, when it has idled for so many milliseconds. `awaited`: the process stays alive for that. */
  whenIdle(ms: number, reached: () => void, awaited = false): void {
    this.#idleSince = performance.now()
    this.#limits.push(new IdleLimit(this, ms, reached, awaited))
  }

  /** It is over. */
  end(): void {
    for (const limit of this.#limits) limit.end()
  }
}

/** How long a holder may idle. Its timer looks again if a call has run meanwhile, so that calls need not set one. */
class IdleLimit {
  #timer: NodeJS.Timeout | undefined

  constructor(
    readonly holder: Holder,
    readonly ms: number,
    readonly reached: () => void,
    readonly awaited: boolean,
  ) {
    this.#wait(ms)
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), ms)
    if (!this.awaited) unref(this.#timer)
  }

  #look(): void {
    const left = this.ms - this.holder.idleFor()
    if (left > 0) this.#wait(left)
    else this.reached()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/**
 * Calls that stand alone, as a sentence without its full stop: their kinds, and how many; undefined
 * if there is none.
 */
export function describeCalls(plans: Iterable<Plan>): string | undefined {
  const calls = new Map<string, number>()
  for (const plan of plans) {
    const call = describeCall(plan)
    calls.set(call, (calls.get(call) ?? 0) + 1)
  }
  if (calls.size === 0) return undefined
  const all = [...calls].sort(([, one], [, other]) => other - one)
  return `calls that run or wait: ${all.map(([call, n]) => `${n} ${call}`).join(', ')}`
}

/**
 * The holders, as a sentence without its full stop: by owner, the most first; undefined if there is
 * none.
 */
export function describeHolders(holders: Iterable<Holder>): string | undefined {
  const owners = new Map<string, Holder[]>()
  for (const holder of holders) {
    if (holder.since === undefined) continue
    const { owner } = holder
    const others = owners.get(owner)
    if (others) others.push(holder)
    else owners.set(owner, [holder])
  }
  const all = [...owners].sort(([, one], [, other]) => other.length - one.length)
  return all.length === 0 ? undefined : all.map(([owner, of]) => describeOwner(owner, of)).join('; ')
}

function describeOwner(owner: string, holders: readonly Holder[]): string {
  const oldest = holders.reduce((one, other) => ((other.since ?? 0) < (one.since ?? 0) ? other : one))
  const since = oldest.since ?? 0
  const seconds = ((Date.now() - since) / 1000).toFixed(1)
  const last = oldest.last ? `, last call: ${describeCall(oldest.last)}` : ''
  const many = holders.length > 1
  return `${owner} holds ${holders.length}, ${many ? 'the oldest ' : ''}since ${new Date(since).toISOString()} (${seconds} s${last})`
}

/** The descriptions of calls, by their plans: many calls that fail at once have few. */
const described = new WeakMap<Plan, string>()

/** A call as errors and warnings name it: `users insert`, `sql`. */
export function describeCall(plan: Plan): string {
  const { action, query } = plan
  if (action === 'raw') return 'sql'
  let call = described.get(plan)
  if (call === undefined) {
    const { model } = JSON.parse(query) as { model?: string }
    call = model === undefined ? action : `${model} ${action}`
    described.set(plan, call)
  }
  return call
}
