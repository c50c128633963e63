/** The flags of `plinth revision` that decide: `--rename users.phone:users.mobile` and the like, as the choices of revision(). */

import { type Choices, PlinthError } from '../index.js'

/** The flags as they were given, each as often as it was. */
export interface ChoiceFlags {
  rename?: string[]
  drop?: string[]
  backfill?: string[]
  map?: string[]
}

/** Gathers a flag that may be given several times. */
export const several = (value: string, before: string[] = []): string[] => [...before, value]

/** A number of milliseconds; any other text as it was typed, so that the error shows it. */
export const milliseconds = (text: string) => (Number.isNaN(Number(text)) ? text : Number(text)) as number

/** The choices that flags say. */
export function choicesOf({ rename = [], drop = [], backfill = [], map = [] }: ChoiceFlags): Required<Choices> {
  const choices = { rename: {}, drop, backfill: {}, map: {} } as Required<Choices> & {
    rename: Record<string, string>
    backfill: Record<string, string>
    map: Record<string, Record<string, string>>
  }
  for (const text of rename) {
    const [from, to] = halves('--rename', text, ':', 'users.phone:users.mobile')
    once('--rename', text, choices.rename, from, to)
  }
  for (const text of backfill) {
    const [column, sql] = halves('--backfill', text, '=', "users.country='XX'")
    once('--backfill', text, choices.backfill, column, sql)
  }
  for (const text of map) {
    const [column, words] = halves('--map', text, ':', 'tasks.status:old=new')
    const [from, to] = halves('--map', words, '=', 'tasks.status:old=new', text)
    choices.map[column] ??= {}
    once('--map', text, choices.map[column], from, to)
  }
  return choices
}

/** Two choices together; the second comes first. */
export function merged(one: Required<Choices>, two: Required<Choices>): Required<Choices> {
  return {
    rename: { ...one.rename, ...two.rename },
    drop: [...one.drop, ...two.drop],
    backfill: { ...one.backfill, ...two.backfill },
    map: { ...one.map, ...two.map },
  }
}

function halves(flag: string, text: string, between: string, example: string, whole = text): [string, string] {
  const at = text.indexOf(between)
  const [one, two] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (at > 0 && one !== '' && two !== '') return [one, two]
  throw invalid(`${flag} ${JSON.stringify(whole)} is not understood.`, `Write ${flag} "${example}".`)
}

function once(flag: string, text: string, choices: Record<string, string>, name: string, value: string): void {
  const before = choices[name]
  if (before !== undefined && before !== value)
    throw invalid(`${flag} ${JSON.stringify(text)} contradicts another ${flag}.`, 'Pass it once.')
  choices[name] = value
}

const invalid = (message: string, hint: string) => new PlinthError('CHOICE_INVALID', message, { hint })
