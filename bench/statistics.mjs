// Medians, quantiles, and ratios of pairs with their spread.

/** The value below which this part of the list lies. */
export function quantile(list, part) {
  const sorted = Float64Array.from(list).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
}

/** The ratios round by round, other to own: the median, and the quartiles as its spread. */
export function ratios(own, other) {
  const pairs = other.map((time, round) => time / own[round])
  return { median: quantile(pairs, 0.5), low: quantile(pairs, 0.25), high: quantile(pairs, 0.75) }
}

/**
 * An interval that holds the true median of the ratios in at least 95 of 100 runs: two of the
 * sorted values, whose ranks come from the binomial distribution. With fewer than six it is unbounded.
 */
export function interval(pairs) {
  const sorted = Float64Array.from(pairs).sort()
  const n = sorted.length
  let rank = -1
  let below = 0
  let chance = 0.5 ** n
  for (let k = 0; k < n / 2; k++) {
    below += chance
    if (below > 0.025) break
    rank = k
    chance *= (n - k) / (k + 1)
  }
  return rank < 0 ? { low: 0, high: Number.POSITIVE_INFINITY } : { low: sorted[rank], high: sorted[n - 1 - rank] }
}
