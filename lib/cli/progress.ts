/** How far an upgrade, a scan of rows or a copy has come, on stderr: a bar on a terminal, else a line now and then if it takes long. */

import type { CopyProgress, Progress, ScanProgress } from '../index.js'

/** A listener for progress, and its end. */
export interface Heard<P> {
  hear?: (progress: P) => void
  end(): void
}

/** How progress of one sort is shown. */
interface Shown<P> {
  /** As a line. */
  text(progress: P): string
  /** Which part of all is done, from 0 to 1. */
  part(progress: P): number
  /** Whether a step begins or ends: that is drawn in any case. */
  isStep(progress: P): boolean
  /** What is written in a line of its own, at once; undefined if there is nothing to say. */
  notice?(progress: P): string | undefined
}

/** What is quicker is not worth a line. */
const QUICK = 1000
const BAR = 24

/** Progress on a stream; none if only the report is wanted. */
export function progressOn<P>(
  stream: NodeJS.WriteStream,
  { json, quiet }: { json?: boolean; quiet?: boolean },
  shown: Shown<P>,
): Heard<P> {
  if (json || quiet) return { end() {} }
  const { hear, end } = stream.isTTY && process.env.TERM !== 'dumb' ? bar(stream, shown) : lines(stream, shown)
  return {
    hear(progress) {
      const notice = shown.notice?.(progress)
      if (notice) stream.write(`${notice}\n`)
      hear?.(progress)
    },
    end,
  }
}

/** One line that is written over and over; it goes when the work ends. */
function bar<P>(stream: NodeJS.WriteStream, shown: Shown<P>): Heard<P> {
  let drawn = 0
  return {
    hear(progress) {
      const now = Date.now()
      // A terminal shows no more than that, and each line costs a system call.
      if (!shown.isStep(progress) && now - drawn < 50) return
      drawn = now
      stream.write(`\r${barText(progress, shown).slice(0, Math.max(20, (stream.columns || 80) - 1))}\u001b[K`)
    },
    end() {
      if (drawn > 0) stream.write('\r\u001b[K')
    },
  }
}

function barText<P>(progress: P, shown: Shown<P>): string {
  const full = Math.round(shown.part(progress) * BAR)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${shown.text(progress)}`
}

/** A line each second at most, and only if there is news. */
function lines<P>(stream: NodeJS.WriteStream, shown: Shown<P>): Heard<P> {
  let latest: P | undefined
  const timer = setInterval(() => {
    if (latest) stream.write(`${shown.text(latest)}\n`)
    latest = undefined
  }, QUICK).unref()
  return {
    hear(progress) {
      latest = progress
    },
    end() {
      clearInterval(timer)
    },
  }
}

const number = (n: number) => n.toLocaleString('en-US')

/** Revisions that run: `20261120101500_add_phone up: statement 3 of 7, 1,000 of 5,000 rows: INSERT INTO ...` */
export const RUNNING: Shown<Progress> = {
  text({ revision, name, direction, statement, statements, text, rows, of }) {
    const copied = rows === undefined ? '' : `, ${number(rows)}${of === undefined ? '' : ` of ${number(of)}`} rows`
    const said = text.length > 72 ? `${text.slice(0, 71)}…` : text
    return `${revision}_${name} ${direction}: statement ${statement} of ${statements}${copied}: ${said}`
  },
  part({ rows = 0, of = 0, statement, statements }) {
    return (statement - 1 + (of > 0 ? Math.min(1, rows / of) : 0)) / Math.max(1, statements)
  },
  isStep: ({ rows, of }) => rows === undefined || rows === of,
  notice({ revision, name, direction, estimatedMs = 0, notOnline }) {
    if (notOnline) return `${revision}_${name} ${direction}: as one transaction, not in steps: ${notOnline}`
    if (estimatedMs < QUICK) return undefined
    const seconds = number(Math.round(estimatedMs / 1000))
    return `${revision}_${name} ${direction}: writes wait for about ${seconds} s while tables are made anew; reads go on`
  },
}

/** Rows that are read: `step 3 of 7: users` */
export const SCANNING: Shown<ScanProgress> = {
  text: ({ table, done, of }) => `step ${Math.min(done + 1, of)} of ${of}: ${table ?? 'the database file'}`,
  part: ({ done, of }) => (of > 0 ? done / of : 1),
  isStep: () => true,
}

/** Pages that are copied: `12,000 of 250,000 pages` */
export const COPYING: Shown<CopyProgress> = {
  text: ({ pages, of }) => `${number(pages)} of ${number(of)} pages`,
  part: ({ pages, of }) => (of > 0 ? pages / of : 1),
  isStep: ({ pages, of }) => pages === of,
}
