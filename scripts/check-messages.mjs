// No decision is taken from a message, and none is edited: an error says by its code and its fields what it is, and is built once with all it says.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root, script } from './run.mjs'

/** Files that read messages of others, which say it in no other way: databases, their drivers, and what loads a user's module. */
const READERS = [/^src\/engine\/\w+\/error(\.rs$|\/)/, /^lib\/project\/load-module\.ts$/]
/** The type of errors itself: what builds one, and its copies. */
const BUILDERS = [/^src\/error(\.rs$|\/)/, /^lib\/base\/errors\.ts$/]

const SEARCHES =
  'contains|starts_with|ends_with|find|rfind|replace|replacen|strip_prefix|strip_suffix|split_once|rsplit_once|trim_\\w+_matches|' +
  'includes|startsWith|endsWith|indexOf|match|matchAll|replaceAll|search|split|slice|substring'
const FIELDS =
  'message|stack|code|model|table|columns|key|constraint|expected|found|hint|problems|row|retryable|mayHaveCommitted|may_have_committed'

const RULES = [
  [
    new RegExp(`\\bmessage(\\(\\))?\\s*\\??\\.(${SEARCHES})\\b`, 'g'),
    'searches or edits a message',
    [...READERS, ...BUILDERS],
  ],
  [/\.(test|exec)\([^()]*\bmessage\b/g, 'searches a message', READERS],
  [new RegExp(`\\berror\\.(${FIELDS}) = `, 'g'), 'changes an error', BUILDERS],
  [/Object\.assign\((error|failure|fault|thrown|this)\b/g, 'changes an error', BUILDERS],
  [/\bmessage(: [^,{}]*)?, \.\.\w+(\.clone\(\))? \}/g, 'edits the message of an error', BUILDERS],
]

const files = folder =>
  readdirSync(join(root, folder), { recursive: true })
    .map(name => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter(name => /\.(rs|ts)$/.test(name) && !/\/tests?(\.rs$|\/)/.test(name))

/** The places that break a rule, as `file:line: what`. */
function faultsOf(name) {
  // Tests compare messages, as they should.
  const [text] = readFileSync(join(root, name), 'utf8').split('#[cfg(test)]')
  return RULES.filter(([, , allowed]) => !allowed.some(file => file.test(name))).flatMap(([pattern, what]) =>
    [...text.matchAll(pattern)].map(({ index }) => `${name}:${text.slice(0, index).split('\n').length}: ${what}`),
  )
}

await script(() => {
  const faults = [...files('src'), ...files('lib')].flatMap(faultsOf)
  if (faults.length)
    throw new Failure(`${faults.join('\n')}\nDecide by codes and fields; see src/error.rs and lib/base/errors.ts.`)
})
