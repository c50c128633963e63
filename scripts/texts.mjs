// The texts of source files: the comments and the string literals of Rust, TypeScript and JavaScript, each with its place.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './run.mjs'

/**
 * @typedef {object} Text
 * @property {'comment' | 'literal'} kind
 * @property {number} start its first character in the file
 * @property {number} end the character behind it
 * @property {string} text its words: without `//`, `*` or quotes, and a placeholder as `{}`
 */

/** A string or comment of Rust, in the order in which one can hide another. */
const RUST = new RegExp(
  [
    /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)/,
    /b?r(?<hashes>#*)"(?<raw>[\s\S]*?)"\k<hashes>/,
    /b?"(?<plain>(?:[^"\\]|\\[\s\S])*)"/,
    /b?'(?:[^'\\\n]|\\[^\n]+?)'/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

/** The words of a literal of Rust: a line that ends in a backslash goes on, and `{name:?}` is `{}`. */
const ofRust = literal =>
  literal
    .replaceAll(/\\\r?\n\s*/g, '')
    .replaceAll(/\\n/g, '\n')
    .replaceAll(/\\(["'\\])/g, '$1')
    .replaceAll(/\{\{|\}\}|\{[^{}\n ]*\}/g, found => (found === '{{' || found === '}}' ? found[0] : '{}'))

/** @returns {Text[]} */
function rustTexts(source) {
  return [...source.matchAll(RUST)].flatMap(({ index: start, 0: { length }, groups }) => {
    const { comment, raw, plain } = groups
    const literal = raw ?? plain
    if (comment !== undefined) return [{ kind: 'comment', start, end: start + length, text: comment }]
    return literal === undefined ? [] : [{ kind: 'literal', start, end: start + length, text: ofRust(literal) }]
  })
}

/** @returns {Text[]} */
function scriptTexts(source, name) {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true)
  const texts = []
  const comments = new Map()
  const comment = ({ pos, end }) =>
    comments.set(pos, { kind: 'comment', start: pos, end, text: source.slice(pos, end) })
  const literal = (node, text) => texts.push({ kind: 'literal', start: node.getStart(file), end: node.end, text })
  const visit = node => {
    if (node.kind >= ts.SyntaxKind.FirstToken && node.kind <= ts.SyntaxKind.LastToken) {
      if (node.kind !== ts.SyntaxKind.JsxText) {
        for (const found of ts.getLeadingCommentRanges(source, node.pos) ?? []) comment(found)
        for (const found of ts.getTrailingCommentRanges(source, node.end) ?? []) comment(found)
      }
    }
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) literal(node, node.text)
    if (ts.isTemplateExpression(node))
      literal(node, node.head.text + node.templateSpans.map(span => `{}${span.literal.text}`).join(''))
    for (const child of node.getChildren(file)) if (!ts.isJSDoc(child)) visit(child)
  }
  visit(file)
  return [...comments.values(), ...texts].sort((a, b) => a.start - b.start)
}

/** The text of a comment without its marks, line by line. */
const bare = comment =>
  comment
    .replace(/\*\/$/, '')
    .split('\n')
    .map(line => line.replace(/^\s*(\/\/[/!]?|\/\*\*?|\*)? ?/, ''))
    .join('\n')

/** Comments of one line each, one below the other, are one text. */
function joined(texts, source) {
  const all = []
  for (const text of texts) {
    const last = all.at(-1)
    const between = last && source.slice(last.end, text.start)
    const follows = text.kind === 'comment' && last?.kind === 'comment' && /^\n[ \t]*$/.test(between)
    const alone = last && /^[ \t]*$/.test(source.slice(source.lastIndexOf('\n', last.start - 1) + 1, last.start))
    const marks = [last?.text, text.text].map(each => each && /^(\/\/[/!]?|\/\*)/.exec(each)?.[0])
    if (follows && alone && marks[0] === marks[1] && marks[0] !== '/*') {
      last.end = text.end
      last.text += `\n${text.text}`
    } else all.push({ ...text })
  }
  return all.map(text => (text.kind === 'comment' ? { ...text, text: bare(text.text) } : text))
}

/** The comments and literals of a source file, in their order. @returns {Text[]} */
export function textsOf(name) {
  const source = readFileSync(join(root, name), 'utf8')
  const texts = name.endsWith('.rs') ? rustTexts(source) : scriptTexts(source, name)
  return joined(texts, source).map(text => ({ ...text, line: source.slice(0, text.start).split('\n').length }))
}
