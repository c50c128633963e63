/** Text to look for: what `like`, `contains`, `startsWith` and `endsWith` of a filter become. */

import { invalid, text } from '../bridge/check-value.js'
import type { ColumnMeta } from '../models/metadata.js'

/** Text to search for: in the column's case, of any length. */
export function sought(column: ColumnMeta, value: unknown): string {
  return text(column, value, Number.POSITIVE_INFINITY)
}

/** The LIKE pattern of an operator with its text. */
export function textPattern(
  column: ColumnMeta,
  operator: 'like' | 'contains' | 'startsWith' | 'endsWith',
  value: unknown,
): string {
  const wanted = sought(column, value)
  if (operator !== 'like') {
    const [before, after] = [operator === 'startsWith' ? '' : '%', operator === 'endsWith' ? '' : '%']
    return `${before}${escaped(wanted)}${after}`
  }
  // Databases do not agree on a backslash that escapes nothing.
  if (!/(^|[^\\])(\\\\)*\\$/.test(wanted)) return wanted
  throw invalid(
    column,
    'a pattern that does not end with a single backslash',
    value,
    'Write \\\\ for a backslash itself.',
  )
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/**
 * Beginning with a text is a range, so that an index serves: from the text to the first one after all that begin with it.
 * There is no end where all text from there on begins with it.
 */
export function startsWith(column: ColumnMeta, value: unknown): string[] {
  const start = sought(column, value)
  const points = Array.from(start, c => c.codePointAt(0) as number)
  while (points.length && points[points.length - 1] === 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return [start]
  return [start, String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)]
}
