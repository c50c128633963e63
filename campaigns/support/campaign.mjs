// A campaign while it runs: its tries, each with random numbers of its own and a limit, and the count of its faults and losses.
import { numbers } from '../../__test__/support/histories.mjs'

/** The number of losses after which a campaign ends, and of those that it shows. */
const [ENOUGH, SHOWN] = [5, 10]

/** The value of a promise, or an error if it takes longer than so many milliseconds. */
export async function within(limit, promise, what) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${limit} ms`)), limit)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

export class Campaign {
  tries = 0
  faults = 0
  /** What was lost, each with the seed of its try. */
  losses = []
  /** Whether it makes no faults: otherwise a campaign without any has failed. */
  isFaultless = false
  #skipped
  #counts = new Map()
  #undo = []
  #seed
  #current
  #end

  constructor(name, { seed, seconds }) {
    this.name = name
    this.#seed = seed
    this.#current = seed
    this.#end = performance.now() + seconds * 1000
  }

  /** Undoes something at the end of the campaign, as `after` of a test does. */
  after(work) {
    this.#undo.push(work)
  }

  /** Runs the campaign to its end, and undoes what it made. */
  async run(work) {
    const stray = error => this.lose(`an error that no call reported: ${error?.stack ?? error}`)
    process.on('unhandledRejection', stray).on('uncaughtException', stray)
    try {
      await work(this)
      if (this.#skipped === undefined && this.tries === 0) this.lose('nothing was tried')
      if (this.#skipped === undefined && this.faults === 0 && !this.isFaultless) this.lose('no fault was made')
    } catch (error) {
      this.lose(error.stack)
    } finally {
      for (const undo of this.#undo.reverse()) await undo()
      process.off('unhandledRejection', stray).off('uncaughtException', stray)
    }
  }

  /** Tries until the time is over. A try that fails, or takes longer than `limit` seconds, is a loss. */
  async repeat(attempt, { limit = 90 } = {}) {
    do {
      this.#current = this.#seed + this.tries++
      const what = `the try of seed ${this.#current}`
      const tried = attempt(numbers(this.#current), this.#current)
      await within(limit * 1000, tried, what).catch(error => this.lose(error.stack))
    } while (this.hasTime())
  }

  hasTime() {
    return performance.now() < this.#end && this.losses.length < ENOUGH
  }

  /** The milliseconds that are left. */
  get left() {
    return Math.max(0, this.#end - performance.now())
  }

  lose(what) {
    this.losses.push(`PLINTH_CAMPAIGN_SEED=${this.#current}: ${what}`)
  }

  /** Counts something that the report names. */
  count(what, by = 1) {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by)
  }

  /** Ends a campaign that this machine cannot run. */
  skip(reason) {
    this.#skipped = reason
  }

  /** One line, and a line for each loss. */
  report() {
    if (this.#skipped !== undefined) return `${this.name}: skipped: ${this.#skipped}`
    const counts = [...this.#counts].map(([what, n]) => `, ${n} ${what}`).join('')
    const { name, tries, faults, losses } = this
    const line = `${name}: ${tries} tries, ${faults} faults, ${losses.length} losses (seed ${this.#seed}${counts})`
    const more = losses.length > SHOWN ? [`  and ${losses.length - SHOWN} more`] : []
    return [line, ...losses.slice(0, SHOWN).map(loss => `  LOST ${loss}`), ...more].join('\n')
  }
}

/** One of a list. */
export const pick = (below, list) => list[below(list.length)]
