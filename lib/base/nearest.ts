/** Which of some names was meant by one that is not among them. */

/** The name that differs least, where it differs little: in case, in two letters swapped, in one letter of four, two of seven. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const allowed = given.length >= 7 ? 2 : given.length >= 4 ? 1 : SWAP
  let best: string | undefined
  let least = allowed + SWAP
  for (const name of names) {
    const distance = edits(given.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      best = name
      least = distance
    }
  }
  return best
}

/** Words of Prisma, and what Plinth calls the same. */
const PRISMA: Readonly<Record<string, string>> = {
  _avg: 'avg',
  _count: 'count',
  _max: 'max',
  _min: 'min',
  _sum: 'sum',
  by: 'groupBy',
  cursor: 'after',
  equals: 'eq',
  not: 'ne',
  skip: 'offset',
  take: 'limit',
}

/** `Did you mean max? `, to stand before what else a hint says; empty if no name is near, nor what Prisma has another word for. */
export function didYouMean(given: string, names: Iterable<string>): string {
  const list = [...names]
  const word = Object.hasOwn(PRISMA, given) ? PRISMA[given] : undefined
  const meant = word !== undefined && list.includes(word) ? word : nearest(given, list)
  return meant === undefined ? '' : `Did you mean ${meant}? `
}

/**
 * The cost of two neighbouring letters that were swapped: less than that of one wrong letter, so
 * that short names may have a swap.
 */
const SWAP = 0.5

/** Letters inserted, deleted, changed or swapped to get from one text to the other. */
function edits(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, i) => i)]
  for (let i = 1; i <= from.length; i++) {
    const [above, twoAbove] = [rows[i - 1] as number[], rows[i - 2]]
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = (above[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const swapped =
        twoAbove && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
          ? (twoAbove[j - 2] as number) + SWAP
          : changed
      next.push(Math.min(changed, swapped, (above[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    rows.push(next)
  }
  return rows[from.length]?.[to.length] as number
}
