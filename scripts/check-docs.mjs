// The documents read easily: short sentences, lines of at most 100 columns, no habits of words that readers stumble over.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root, script } from './run.mjs'
import { habitsIn } from './words.mjs'

/** The average number of words in a sentence that a document may have. */
const WORDS = 20
/** The number of columns that a line of prose may have. */
const COLUMNS = 100

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true }).map(name => `docs/${name.replaceAll('\\', '/')}`),
].filter(name => name.endsWith('.md'))

/** A document's lines of prose; lines of code, tables and headings are empty. */
function prose(text) {
  let code = false
  return text.split('\n').map(line => {
    if (line.startsWith('```')) code = !code
    return code || /^(```|\||#)/.test(line) ? '' : line
  })
}

/** The sentences of lines of prose. An item of a list begins a new one. A link counts as its words, code as one word. */
function sentences(lines) {
  return lines
    .map(line => line.replace(/^\s*([-*]|\d+\.) /, '\n\n'))
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap(paragraph =>
      paragraph
        .replaceAll(/(`+)[\s\S]*?\1/g, 'code')
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .split(/[.?!]["*)]*\s+(?=[A-Z*"([]|code)/),
    )
    .map(sentence => sentence.split(/\s+/).filter(word => /\w/.test(word)).length)
    .filter(words => words > 0)
}

/** What is wrong with a document, a line each. */
function faultsOf(name) {
  const lines = prose(readFileSync(join(root, name), 'utf8'))
  const lengths = sentences(lines)
  const average = lengths.reduce((sum, words) => sum + words, 0) / (lengths.length || 1)
  const faults = []
  if (average > WORDS) faults.push(`${name}: ${average.toFixed(1)} words a sentence, expected at most ${WORDS}`)
  for (const [at, line] of lines.entries()) {
    if (line.length > COLUMNS && line.trim().includes(' '))
      faults.push(`${name}:${at + 1}: ${line.length} columns, expected at most ${COLUMNS}`)
    for (const { found, plain } of habitsIn(line)) faults.push(`${name}:${at + 1}: "${found}": write ${plain}`)
  }
  return faults
}

await script(() => {
  const faults = documents.flatMap(faultsOf)
  if (faults.length) throw new Failure(faults.join('\n'))
})
