/** The flags of `plinth revision` that decide: `--rename users.phone:users.mobile` and the like, as the choices of revision(). */

import { type Choices, type Dialect, PlinthError } from '../index.js'

/** The flags as they were given, each as often as it was. */
export interface ChoiceFlags {
  rename?: string[]
  drop?: string[]
  backfill?: string[]
  map?: string[]
}

/** The value for existing rows: for all databases, or for each. */
type Backfill = string | Partial<Record<Dialect, string>>

/** Gathers a flag that may be given several times. */
export const several = (value: string, before: string[] = []): string[] => [...before, value]

/** A number of milliseconds; any other text as it was typed, so that the error shows it. */
export const milliseconds = (text: string) => (Number.isNaN(Number(text)) ? text : Number(text)) as number

/** The choices that flags say. */
export function choicesOf({ rename = [], drop = [], backfill = [], map = [] }: ChoiceFlags): Required<Choices> {
  const choices = { rename: {}, drop, backfill: {}, map: {} } as Required<Choices> & {
    rename: Record<string, string>
    backfill: Record<string, Backfill>
    map: Record<string, Record<string, string>>
  }
  for (const text of rename) {
    const [from, to] = halves('--rename', text, ':', 'users.phone:users.mobile')
    once('--rename', text, choices.rename, from, to)
  }
  for (const text of backfill) {
    const [column, sql] = halves('--backfill', text, '=', "users.country='XX'")
    addBackfill(text, choices.backfill, column, sql)
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

/** A value that begins with a database and a colon is for that one. `postgres::text` is a cast, and no expression begins with `a:`. */
function addBackfill(text: string, backfills: Record<string, Backfill>, column: string, value: string): void {
  const [, database, sql = ''] = /^(\w+)\s*:(?!:)\s*(.*)$/s.exec(value) ?? []
  const before = backfills[column]
  if (database === undefined) {
    if (before !== undefined && before !== value) throw contradicted('--backfill', text)
    backfills[column] = value
    return
  }
  if (!(DATABASES as readonly string[]).includes(database) || sql === '') {
    const hint = `Write --backfill "${column}=sqlite:..." and --backfill "${column}=postgres:...", or one SQL expression for all databases.`
    throw invalid(`--backfill ${JSON.stringify(text)} is not understood.`, hint)
  }
  if (typeof before === 'string') throw contradicted('--backfill', text)
  const each: Record<string, string> = before ?? {}
  once('--backfill', text, each, database, sql)
  backfills[column] = each
}

const DATABASES: readonly Dialect[] = ['sqlite', 'postgres']

function halves(flag: string, text: string, between: string, example: string, whole = text): [string, string] {
  const at = text.indexOf(between)
  const [one, two] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (at > 0 && one !== '' && two !== '') return [one, two]
  throw invalid(`${flag} ${JSON.stringify(whole)} is not understood.`, `Write ${flag} "${example}".`)
}

function once(flag: string, text: string, choices: Record<string, string>, name: string, value: string): void {
  const before = choices[name]
  if (before !== undefined && before !== value) throw contradicted(flag, text)
  choices[name] = value
}

const contradicted = (flag: string, text: string) =>
  invalid(`${flag} ${JSON.stringify(text)} contradicts another ${flag}.`, 'Pass it once.')

const invalid = (message: string, hint: string) => new PlinthError('CHOICE_INVALID', message, { hint })
