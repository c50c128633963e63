// The words and options of `npm run bench`.
import { parseArgs } from 'node:util'
import { Failure } from '../scripts/run.mjs'
import { ROWS } from './data.mjs'
import { CHANGES } from './online-changes.mjs'
import { chosenVariants, PEERS } from './peers/list.mjs'
import { WORKLOADS } from './workloads/list.mjs'

export const DATABASES = ['sqlite', 'postgres']
/** The benchmarks that need no peers, and judge by limits. */
export const LIMITED = ['migrations', 'drift', 'backup', 'completion', 'online']

export const HELP = `npm run bench [-- [sqlite] [postgres] [${LIMITED.join('] [')}] [options]]

  --only get,list-100    these workloads: ${WORKLOADS.map(({ name }) => name).join(', ')};
                         of online alone these changes: ${Object.keys(CHANGES).join(', ')}
  --peer pg,kysely       Plinth against these: ${PEERS.filter(name => name !== 'plinth').join('; ')}
  --rows ${ROWS}           rows of the table, 1,000 to 10,000,000
  --rounds 11            measured rounds; online has 5
  --ms 30                milliseconds of a round of one peer
  --node 24.21.0         in this version of Node, which npm installs apart
  --check                compares the results of all peers, and measures nothing
  --compare <git ref>    Plinth against its own build of that commit; ends with 1 on a loss
  --json                 the report as JSON, on standard output
  --write                writes the table and the chart of docs/guide/performance.md; online writes its table into docs/guide/online-migrations.md
  --install              installs the peers, and ends
  --installed            installs nothing: measures the peers that are installed`

/** The names in a list that are separated by semicolons or commas; a name may hold a comma itself. */
function names(text, known, what) {
  if (text === undefined) return []
  if (known.includes(text)) return [text]
  const list = text.split(text.includes(';') ? ';' : ',').map(name => name.trim())
  const unknown = list.find(name => !known.includes(name))
  if (unknown !== undefined) throw new Failure(`bench: "${unknown}" is not a ${what}: ${known.join(', ')}`)
  return list
}

function count(name, text, least, most) {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least || value > (most ?? value)) {
    const range = most === undefined ? `from ${least} on` : `from ${least} to ${most}`
    throw new Failure(`bench: --${name} expects a whole number ${range}, found "${text}"`)
  }
  return value
}

/** Throws for a peer that none of these databases has: without it Plinth would be measured alone. */
function checkPeers(peers, databases) {
  const isOn = (peer, database) => chosenVariants(database, [peer]).some(it => it.peer === peer || it.name === peer)
  const nowhere = peers.find(peer => !databases.some(database => isOn(peer, database)))
  if (databases.length && nowhere !== undefined)
    throw new Failure(`bench: the peer "${nowhere}" does not run on ${databases.join(' or ')}`)
}

const OPTIONS = {
  only: { type: 'string' },
  peer: { type: 'string' },
  rows: { type: 'string' },
  rounds: { type: 'string' },
  ms: { type: 'string', default: '30' },
  node: { type: 'string' },
  compare: { type: 'string' },
  check: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  install: { type: 'boolean', default: false },
  installed: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

/** The values and words of a command line, with a failure for an option that does not exist. */
function parsed(args) {
  const { tokens } = parseArgs({ args, allowPositionals: true, options: OPTIONS, strict: false, tokens: true })
  const unknown = tokens.find(({ kind, name }) => kind === 'option' && !Object.hasOwn(OPTIONS, name))
  if (unknown) {
    const known = Object.keys(OPTIONS).map(name => `--${name}`)
    throw new Failure(`bench: "${unknown.rawName}" is not an option: ${known.join(', ')}`)
  }
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw new Failure(`bench: ${error.message}`)
  }
}

/** The run that a command line asks for. */
export function read(args) {
  const { values, positionals: words } = parsed(args)
  const benchmarks = [...DATABASES, ...LIMITED]
  const unknown = words.find(word => !benchmarks.includes(word))
  if (unknown !== undefined) throw new Failure(`bench: "${unknown}" is not a benchmark: ${benchmarks.join(', ')}`)
  const peers = names(values.peer, PEERS, 'peer')
  const databases = DATABASES.filter(word => words.includes(word))
  const limited = LIMITED.filter(word => words.includes(word))
  const isOnline = limited.includes('online') && !databases.length
  const changes = isOnline ? names(values.only, Object.keys(CHANGES), 'change') : []
  const known = WORKLOADS.map(({ name }) => name)
  const workloads = isOnline ? [] : names(values.only, known, 'workload')
  // Without words everything runs, without those that need no peers if an option is for peers alone.
  const chosen = databases.length || limited.length ? databases : DATABASES
  checkPeers(peers, chosen)
  const special = values.check || values.compare || values.write || values.json || workloads.length || peers.length
  return {
    ...values,
    workloads,
    changes,
    peers,
    rowsGiven: values.rows !== undefined,
    rows: count('rows', values.rows ?? (values.check ? '2000' : `${ROWS}`), 1_000, 10_000_000),
    roundsGiven: values.rounds !== undefined,
    rounds: count('rounds', values.rounds ?? '11', 1),
    milliseconds: count('ms', values.ms, 1),
    databases: chosen,
    limited: words.length || special ? limited : LIMITED,
  }
}
