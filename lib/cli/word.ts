/** Asking for the word of a protected database: at a terminal without showing it, else on the first line of standard input. */

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { ConfirmOptions, Loss } from '../index.js'
import { atTerminal, say } from './at-terminal.js'

/** Without the word on standard input after so many milliseconds, a line says what is waited for. */
const PATIENCE = 1000

/** `confirm` of the calls that may destroy data: says at a terminal what would be destroyed, and asks for the word. */
export const asksForWord = (): ConfirmOptions => ({
  confirm: ({ message }: Loss) => {
    if (process.stdin.isTTY) say(message)
    return readWord(['Word'])
  },
})

/** The word that a person enters; undefined if none comes. At a terminal once for each prompt, until all are the same. */
export async function readWord(prompts: readonly string[]): Promise<string | undefined> {
  if (!process.stdin.isTTY) return firstLine()
  for (;;) {
    const words = await hidden(prompts)
    if (words === undefined || new Set(words).size === 1) return words?.[0]
    say('The two words differ. Enter the word again:')
  }
}

/** One line for each prompt, which the terminal does not show; undefined if the person ends it (Ctrl+C, Ctrl+D). */
function hidden(prompts: readonly string[]): Promise<string[] | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  return atTerminal(async ask => {
    const lines: string[] = []
    for (const prompt of prompts) {
      process.stderr.write(`${prompt}: `)
      lines.push(await ask(''))
      say('')
    }
    return lines
  }, nowhere)
}

/** The first line of standard input; undefined if it is empty. */
async function firstLine(): Promise<string | undefined> {
  const input = createInterface({ input: process.stdin })
  const late = setTimeout(() => say('plinth waits for the word on standard input'), PATIENCE)
  const line = new Promise<string>(resolve => {
    input.once('line', resolve)
    input.once('close', () => resolve(''))
  })
  try {
    return (await line) || undefined
  } finally {
    clearTimeout(late)
    input.close()
  }
}
