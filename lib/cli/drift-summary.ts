/** How many differences have which grade, in one line. */

import { count } from '../base/terminal.js'
import type { DriftGrades } from '../index.js'

/** `3 differences: 2 safe, 1 destructive`. */
export function driftSummary({ safe, missingData, destructive, blocked }: DriftGrades): string {
  const parts = [
    [safe, 'safe'],
    [missingData, 'with data missing'],
    [destructive, 'destructive'],
    [blocked, 'blocked'],
  ] as const
  const all = safe + missingData + destructive + blocked
  return `${count(all, 'difference')}: ${parts
    .filter(([n]) => n > 0)
    .map(([n, word]) => `${n} ${word}`)
    .join(', ')}`
}
