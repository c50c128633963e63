// `npm run messages`: writes __test__/messages.txt, every message, hint and line of output in the sources of Rust and TypeScript.
//   --check   writes nothing: fails if the file is not what the sources say
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root, script } from './run.mjs'
import { textsOf } from './texts.mjs'

const FILE = '__test__/messages.txt'
const HEAD = '# Written by `npm run messages`, checked by `npm run lint`: a change of words is seen in review.'

/** Statements and fragments of SQL; and code that is generated. */
const SQL = [
  /^\s*\(*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA|WITH|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|LOCK)\b/,
  /^\s*\(*(ATTACH|DETACH|ANALYZE|VACUUM|DECLARE|FETCH|CLOSE|COPY|GRANT|COMMENT|VALUES|EXPLAIN|REINDEX|CASE|CAST|EXISTS)\b/,
  /^\s*\(*(ADD|RENAME|RETURNING|GENERATED|COLLATE|REFERENCES|FOREIGN|ON|CHECK|CONSTRAINT|UNIQUE|AND|OR|ORDER|GROUP|FROM)\b/,
  /^\s*\(*(WHERE|JOIN|LEFT|UNION|IS|NOT|USING|DEFAULT|PRIMARY|AS|OVERRIDING|LIMIT|FOR|TRUNCATE|NULLS|OWNED) /,
  /\b(FROM|JOIN|OVER|ORDER BY|LATERAL|INTO) [\w("{]/,
  /^(double precision|character varying|timestamp\(|bigint |text COLLATE|interval |date '|timestamptz )/,
  /^[\w(){}.:' ]+(::| = )[\w(){}.:' ]+$/,
  /jsonpath|^ add all alter |^coalesce\(|^application\//,
]
const CODE = /;return |\breturn (true|function)|if\(typeof|typeof \{\}|===/
/** Before a text for the developers of Plinth, which no user is to see. */
const INVARIANT = /(\.expect|panic!|unreachable!|assert(_eq|_ne)?!)\([^"]*$/
/** Before a label of the command line's reports. */
const LABEL = /\b(line|sentence)\(\s*$/
/** Before a text that is a type or a module. */
const NO_VALUE = /(\bfrom|\bimport|\bimport\(|: |\| |extends |<|type \w+ =)\s*$/
const PROSE = /[a-z`)}'"][,:;]? [a-z]{2,}/

function isMessage(name, before, text) {
  if (name.startsWith('lib/cli/') && (LABEL.test(before) || /^[A-Z][a-z]+$/.test(text))) return text !== ''
  if (!/\S \S/.test(text) || !PROSE.test(text) || INVARIANT.test(before) || CODE.test(text)) return false
  if (/\.ts$/.test(name) && /^[a-z]+( [a-z]+)?$/.test(text) && NO_VALUE.test(before)) return false
  return !SQL.some(pattern => pattern.test(text))
}

/** The messages of a file, each once, in the order of their words. */
function messagesOf(name) {
  const source = readFileSync(join(root, name), 'utf8')
  const tests = source.indexOf('#[cfg(test)]')
  const all = textsOf(name)
    .filter(({ kind, start }) => kind === 'literal' && (tests < 0 || start < tests))
    .filter(({ start, text }) => isMessage(name, source.slice(Math.max(0, start - 80), start), text))
    .map(({ text }) => text.trim().replaceAll('\n', '\\n'))
  return [...new Set(all)].toSorted()
}

const files = ['lib', 'models', 'src']
  .flatMap(folder => readdirSync(join(root, folder), { recursive: true }).map(name => join(folder, name)))
  .map(name => name.replaceAll('\\', '/'))
  .filter(name => /\.(rs|ts)$/.test(name) && !/\/tests?(\.rs$|\/)/.test(name))
  .toSorted()

/** The lines of `some` that `others` lacks, each after a sign. */
const missing = (sign, some, others) => {
  const known = new Set(others)
  return some.filter(line => !known.has(line)).map(line => `${sign} ${line}`)
}

await script(() => {
  const sections = files.map(name => [name, messagesOf(name)]).filter(([, messages]) => messages.length)
  const text = [HEAD, ...sections.flatMap(([name, messages]) => ['', name, ...messages.map(each => `  ${each}`)]), '']
  const path = join(root, FILE)
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text.join('\n'))
    return
  }
  const old = readFileSync(path, 'utf8').split('\n')
  if (old.join('\n') === text.join('\n')) return
  const changes = [...missing('-', old, text), ...missing('+', text, old)]
  throw new Failure(
    [...changes, `${FILE} is not what the sources say: run npm run messages, and commit it.`].join('\n'),
  )
})
