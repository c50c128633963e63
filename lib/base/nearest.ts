/** Which of some names was meant by one that is not among them. */

/** The name that differs least, where it differs little: in case, or in one letter of four, two of seven. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const allowed = given.length >= 7 ? 2 : given.length >= 4 ? 1 : 0
  let best: string | undefined
  let least = allowed + 1
  for (const name of names) {
    const distance = edits(given.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      best = name
      least = distance
    }
  }
  return best
}

/** Letters inserted, deleted or changed to get from one text to the other (Levenshtein). */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}
