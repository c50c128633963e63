// The documents for users, README.md and docs/: their text, code blocks, tables and words in code.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './project.mjs'

/** The documents by path: the README, and the pages of docs/. */
export const documents = new Map(
  [
    'README.md',
    ...readdirSync(join(root, 'docs'), { recursive: true }).map(name => `docs/${name.replaceAll('\\', '/')}`),
  ]
    .filter(path => path.endsWith('.md'))
    .map(path => [path, readFileSync(join(root, path), 'utf8')]),
)
/** The text of a page of docs/reference/. */
export const reference = name => documents.get(`docs/reference/${name}.md`)

/** The blocks of a text in order: language, file name where it has one, text. `text` blocks are not for a user's project. */
export const blocks = text =>
  [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)]
    .map(([, language, name, body]) => ({ language, name, text: body }))
    .filter(({ language }) => language !== 'text')

/** A text after a diff: lines with `-` go, those with `+` come, the others are around them. */
export function patched(text, diff) {
  const side = sign =>
    [...diff.matchAll(/^([ +-])(.*\n)/gm)].flatMap(([, first, line]) => (first === ' ' || first === sign ? [line] : []))
  const before = side('-').join('')
  if (text.split(before).length !== 2) throw new Error(`The diff does not fit once:\n${diff}`)
  return text.replace(before, () => side('+').join(''))
}

const withoutBlocks = text => text.replaceAll(/^```[\s\S]*?^```$/gm, '')

/** Every table: the document and section it is in, its head, its rows as arrays of cells. */
const allTables = [...documents].flatMap(([document, text]) =>
  withoutBlocks(text)
    .split(/^#+ /m)
    .flatMap(section => {
      const title = section.split('\n', 1)[0]
      const cells = line =>
        line
          .slice(1, -1)
          .replaceAll('\\|', '')
          .split('|')
          .map(cell => cell.trim())
      return [...section.matchAll(/^\|.*\|\n\|[-|]+\|\n(?:\|.*\|\n)+/gm)].map(([table]) => {
        const [head, , ...rows] = table.trim().split('\n').map(cells)
        return { document, title, head, rows }
      })
    }),
)
const isOfOptions = ({ head }) => head[0] === 'option' && head[1] === 'of'

/** The rows whose first cell is code in the tables of a page, or of one section of it. Tables of options are left out. */
export function tables(document, title) {
  const inSection = allTables.filter(table => table.document === document && (title ?? table.title) === table.title)
  if (inSection.length === 0) throw new Error(`${document} has no table${title ? ` in a section "${title}"` : ''}.`)
  return inSection
    .filter(table => !isOfOptions(table))
    .flatMap(({ rows }) => rows)
    .filter(([first]) => first.startsWith('`'))
}
/** The first cells of these rows. */
export const heads = (document, title) => tables(document, title).map(([first]) => first)

/** The matches of a pattern in texts, once each and in order. */
export const found = (texts, pattern) =>
  [...new Set([texts].flat().flatMap(text => [...text.matchAll(pattern)].map(([, name]) => name)))].toSorted()

/** The words that a document has in code, outside of its blocks. */
export function words(document) {
  const spans = withoutBlocks(documents.get(document)).matchAll(/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g)
  return new Set(
    found(
      [...spans].map(([, , code]) => code),
      /(\w+)/g,
    ),
  )
}

/**
 * The options that are documented, as `list where`: in tables `| option | of | |`, whose second cell names calls, and in first cells like
 * `text({ max? })`. `* signal` where the second cell is `every call`.
 */
export function documentedOptions() {
  const pairs = new Set()
  for (const table of allTables) {
    for (const [first, second] of table.rows) {
      if (isOfOptions(table)) {
        for (const option of found(first, /`(\w+)`/g)) {
          for (const call of found(second, /`(\w+)`/g)) pairs.add(`${call} ${option}`)
          if (second === 'every call') pairs.add(`* ${option}`)
        }
      } else {
        for (const [, call, args] of first.matchAll(/(\w+)\(([^`]*\{[^`]*)\)/g))
          for (const option of found(args.slice(args.indexOf('{')), /(\w+)\?? ?(?=[,}:])/g))
            pairs.add(`${call} ${option}`)
      }
    }
  }
  return pairs
}
