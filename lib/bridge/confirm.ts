/** Calls that may destroy data: where the database is protected, they are made again with the word that `confirm` gives. */

import { PlinthError } from '../base/errors.js'
import { aFunction, isText, type OptionTable } from '../base/option-kinds.js'
import type { ConfirmOptions } from '../types/index.js'

/** The option of the calls that may destroy data. */
export const CONFIRM: OptionTable<keyof ConfirmOptions> = { confirm: aFunction() }

/** Does work that may destroy data; where the database is protected, again with the word that `confirm` gives. */
export async function confirmed<T>(
  call: string,
  url: string,
  { confirm }: ConfirmOptions,
  work: (word?: string) => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (confirm === undefined || !isRefusal(thrown)) throw thrown
    const { message, lost = [] } = thrown
    const word = await confirm({ url, message, lost })
    if (word === undefined) throw thrown
    if (!isText(word)) throw notText(call, word)
    return work(spelled(word))
  }
}

/** One spelling of letters that keyboards write in several. */
export const spelled = (word: string) => word.normalize('NFC')

const isRefusal = (thrown: unknown): thrown is PlinthError =>
  thrown instanceof PlinthError && thrown.code === 'PROTECTED'

function notText(call: string, word: unknown): PlinthError {
  const expected = 'a text, or undefined'
  // Its kind alone: it may be the word all the same.
  const found = `a value of the type ${typeof word}`
  return new PlinthError('QUERY_INVALID', `${call}(): confirm must give ${expected}, found ${found}.`, {
    expected,
    found,
  })
}
