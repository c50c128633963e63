// Comments, docstrings and messages read easily: none of the habits of words.mjs in the sources, the tests and the scripts.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root, script } from './run.mjs'
import { textsOf } from './texts.mjs'
import { habitsIn } from './words.mjs'

const FOLDERS = ['src', 'lib', 'models', 'scripts', 'tests', '__test__', 'examples', 'bench', 'campaigns']
/** The list of habits itself, and folders that npm, the build or a tool has made. */
const LEFT_OUT = /^scripts\/words\.mjs$|(^|\/)(node_modules|dist|target|\.next)\//

const files = FOLDERS.flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true }).map(name => `${folder}/${name.replaceAll('\\', '/')}`),
).filter(name => /\.(rs|ts|mts|js|mjs|cjs)$/.test(name) && !LEFT_OUT.test(name))

/** The sentences of a comment or a literal as one line, without examples and blocks of code. */
const prose = text =>
  text
    .replaceAll(/```[\s\S]*?```/g, '')
    .replaceAll(/^@example[\s\S]*?(?=^@|$(?![\s\S]))/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** SQL and names of two words; in tests also the programs that they run. */
const isData = (name, text) =>
  /^\s*(SELECT|INSERT|UPDATE|CREATE|ALTER|--)\b/.test(text) ||
  !/\S \S+ \S/.test(text) ||
  (/test/.test(name) && /[;{]\n|=> /.test(text))

/** The habits of a file, a line each. */
const faultsOf = name =>
  textsOf(name)
    .filter(({ kind, text }) => kind === 'comment' || !isData(name, text))
    .map(({ line, text }) => ({ line, words: prose(text) }))
    .flatMap(({ line, words }) =>
      habitsIn(words).map(({ found, plain }) => `${name}:${line}: "${found}": write ${plain}`),
    )

await script(() => {
  const faults = files.flatMap(faultsOf)
  if (faults.length) throw new Failure(faults.join('\n'))
})
