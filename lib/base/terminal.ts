/** How words look on a terminal: colours where it shows them, lists broken at its width, times a person reads. */

/** The styles used. Without a terminal each returns its text unchanged. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** The styles of a stream: colours only on a terminal, and never against NO_COLOR (no-color.org). */
export function styleOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Style {
  const colours = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  const code = (on: number, off: number) => (text: string) => (colours ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39) }
}

/** `4 ms`, `1.2 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `1 table`, `3 tables`, `1,000 rows`. */
export function count(n: number, one: string, many = one.endsWith('x') ? `${one}es` : `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`
}

/** Words with commas, broken into lines no longer than `width`. */
export function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const [i, word] of words.entries()) {
    const piece = i < words.length - 1 ? `${word},` : word
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + piece.length <= width) lines[lines.length - 1] = `${last} ${piece}`
    else lines.push(piece)
  }
  return lines
}

/** `plinth waits for the session 4711 of ada: 1.0 s so far, 12 tries` */
export function waitText({ holder, waitedMs, tries }: { holder?: string; waitedMs: number; tries?: number }): string {
  const others = tries === undefined ? 'another process that changes the tables' : 'the lock of a table'
  const tried = tries === undefined ? '' : `, ${count(tries, 'try', 'tries')}`
  return `plinth waits for ${holder ?? others}: ${duration(waitedMs)} so far${tried}`
}
