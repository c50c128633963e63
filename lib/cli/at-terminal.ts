/** A conversation at the terminal: questions on stderr, answers from standard input, and an end by Ctrl+C or Ctrl+D. */

import { createInterface } from 'node:readline/promises'

/** Asks one question. */
export type Ask = (text: string) => Promise<string>

/** Writes a line to stderr. */
export const say = (text: string) => process.stderr.write(`${text}\n`)

/**
 * Asks questions; undefined if the person ends it. `output` is what the interface writes to, which shows what is typed: stderr
 * without it.
 */
export async function atTerminal<T>(
  questions: (ask: Ask) => Promise<T>,
  output: NodeJS.WritableStream = process.stderr,
): Promise<T | undefined> {
  const terminal = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 })
  const ended = new AbortController()
  terminal.on('SIGINT', () => ended.abort())
  terminal.on('close', () => ended.abort())
  try {
    return await questions(text => terminal.question(text, { signal: ended.signal }))
  } catch (thrown) {
    if ((thrown as { name?: unknown } | null)?.name !== 'AbortError') throw thrown
    say('')
    return undefined
  } finally {
    terminal.close()
  }
}
