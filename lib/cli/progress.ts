/** How far an upgrade has come, on stderr: a bar on a terminal, else a line now and then where it takes long. */

import type { Progress } from '../index.js'

/** What hears of progress, and what ends it. */
export interface Heard {
  hear?: (progress: Progress) => void
  end(): void
}

/** What is quicker is not worth a line. */
const QUICK = 1000
const BAR = 24

/** Progress on a stream; none where nothing but the report is wanted. */
export function progressOn(stream: NodeJS.WriteStream, { json, quiet }: { json?: boolean; quiet?: boolean }): Heard {
  if (json || quiet) return { end() {} }
  return stream.isTTY && process.env.TERM !== 'dumb' ? bar(stream) : lines(stream)
}

/** One line that is written over and over; it goes when the work ends. */
function bar(stream: NodeJS.WriteStream): Heard {
  let drawn = 0
  return {
    hear(progress) {
      const now = Date.now()
      const begins = progress.rows === undefined || progress.rows === progress.of
      // A terminal shows no more than that, and each line costs a system call.
      if (!begins && now - drawn < 50) return
      drawn = now
      stream.write(`\r${barText(progress).slice(0, Math.max(20, (stream.columns || 80) - 1))}\u001b[K`)
    },
    end() {
      if (drawn > 0) stream.write('\r\u001b[K')
    },
  }
}

function barText(progress: Progress): string {
  const { rows = 0, of = 0, statement, statements } = progress
  const part = (statement - 1 + (of > 0 ? Math.min(1, rows / of) : 0)) / Math.max(1, statements)
  const full = Math.round(part * BAR)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${told(progress)}`
}

/** A line each second at most, and only where there is news. */
function lines(stream: NodeJS.WriteStream): Heard {
  let latest: Progress | undefined
  const timer = setInterval(() => {
    if (latest) stream.write(`${told(latest)}\n`)
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

/** `20261120101500_add_phone up: statement 3 of 7, 1,000 of 5,000 rows: INSERT INTO ...` */
function told({ revision, name, direction, statement, statements, text, rows, of }: Progress): string {
  const number = (n: number) => n.toLocaleString('en-US')
  const copied = rows === undefined ? '' : `, ${number(rows)}${of === undefined ? '' : ` of ${number(of)}`} rows`
  const said = text.length > 72 ? `${text.slice(0, 71)}…` : text
  return `${revision}_${name} ${direction}: statement ${statement} of ${statements}${copied}: ${said}`
}
