// Histories of transactions that read lists and append to them, and a checker that finds what an isolation level must rule out.
//
// Each value is appended once. So the list that is read last tells the order of all versions, and each read tells which version it
// saw: from that follows which transaction depends on which (Adya's graph; the checker Elle works in the same way).

/** How a transaction ended: its changes exist, do not exist, or may exist (the connection broke at the commit). */
export const COMMITTED = 'committed'
export const FAILED = 'failed'
export const UNCLEAR = 'unclear'

/** Whole numbers from 0 to below `n`, the same for the same seed. */
export function numbers(seed) {
  let state = seed >>> 0
  return n => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n
  }
}

/** Random transactions: each reads some of `keys` lists and appends its values to some. */
export function randomTransactions(seed, { count, keys, most = 4 }) {
  const below = numbers(seed)
  let value = 0
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(most) }, () => {
      const key = 1 + below(keys)
      return below(2) ? { read: key } : { append: key, value: ++value }
    }),
  )
}

/**
 * What was wrong with a history, by its name.
 *
 * `history` has for each transaction `{ outcome, steps }`; a step is `{ read: key, list }` or `{ append: key, value }`, and of a
 * transaction that did not commit `steps` are those that it came to. `last` has the lists as they are afterwards, by key.
 *
 * - `lost`: an acknowledged value that no list has. `kept`: a value of a transaction that failed. `twice`: a value in two places.
 *   `torn`: some values of a transaction are in the lists and others are not.
 * - `dirty read`: a read of a value of a transaction that failed, or of a version that its transaction then changed again.
 * - `divergent read`: a list that is no beginning of the last one.
 * - `dirty write`, `circular reads`, `single anti-dependency`, `write skew`: a cycle of transactions of writes alone; of writes and
 *   what was read of them; with one read of what another then overwrote (a lost update, a read skew); with several of these.
 */
export function anomalies(history, last) {
  const found = new Map()
  const note = (name, detail) => found.set(name, [...(found.get(name) ?? []), detail])
  const writer = new Map()
  history.forEach((transaction, at) => {
    for (const { append: key, value } of transaction.steps) if (key !== undefined) writer.set(value, { at, key })
  })
  // The values of an unclear one show whether it was committed.
  const present = new Set([...last.values()].flat())
  const outcomes = history.map(({ outcome, steps }) =>
    outcome !== UNCLEAR ? outcome : steps.some(({ value }) => present.has(value)) ? COMMITTED : FAILED,
  )
  const outcome = value => outcomes[writer.get(value)?.at]
  checkLast(history, last, { note, outcome })
  const committed = at => outcomes[at] === COMMITTED
  const edges = history.map(() => new Map())
  const edge = (from, to, kind) => {
    if (from === to || from === undefined || to === undefined || !committed(from) || !committed(to)) return
    const kinds = edges[from].get(to) ?? new Set()
    edges[from].set(to, kinds.add(kind))
  }
  const author = (key, at) => writer.get(last.get(key)?.[at])?.at
  for (const [key, list] of last)
    for (let at = 1; at < list.length; at++) edge(author(key, at - 1), author(key, at), 'ww')
  history.forEach((transaction, at) => {
    const own = new Set(transaction.steps.map(({ value }) => value))
    for (const { read: key, list } of transaction.steps) {
      if (key === undefined) continue
      if (list.some(value => !own.has(value) && outcome(value) === FAILED)) note('dirty read', { at, key, list })
      if (!committed(at)) continue
      const whole = last.get(key) ?? []
      if (list.some((value, i) => whole[i] !== value)) {
        note('divergent read', { at, key, list })
        continue
      }
      const [seen, next] = [author(key, list.length - 1), author(key, list.length)]
      // A version that its own transaction has changed once more was never committed.
      if (seen !== at && seen !== undefined && seen === next) note('dirty read', { at, key, list })
      edge(seen, at, 'wr')
      edge(at, next, 'rw')
    }
  })
  cycles(edges, note)
  return found
}

function checkLast(history, last, { note, outcome }) {
  const places = new Map()
  for (const [key, list] of last) for (const value of list) places.set(value, [...(places.get(value) ?? []), key])
  for (const [value, keys] of places) {
    if (keys.length > 1) note('twice', { value, keys })
    if (outcome(value) === FAILED) note('kept', { value, keys })
  }
  for (const { outcome, steps } of history) {
    if (outcome !== COMMITTED) continue
    for (const { append: key, value } of steps)
      if (key !== undefined && !places.get(value)?.includes(key)) note('lost', { key, value })
  }
  for (const transaction of history.filter(({ outcome }) => outcome === UNCLEAR)) {
    const values = transaction.steps.flatMap(({ value = [] }) => value)
    const there = values.filter(value => places.has(value))
    if (there.length > 0 && there.length < values.length) note('torn', transaction)
  }
}

/** Cycles of dependencies, named by the kinds of edges in them. */
function cycles(edges, note) {
  const only = (...kinds) =>
    edges.map(to => [...to].filter(([, has]) => kinds.some(kind => has.has(kind))).map(([other]) => other))
  const writes = components(only('ww'))
  for (const group of writes.filter(group => group.length > 1)) note('dirty write', group)
  const reads = only('ww', 'wr')
  for (const group of components(reads).filter(group => group.length > 1))
    if (!writes.some(other => other.length > 1 && group.includes(other[0]))) note('circular reads', group)
  for (const group of components(only('ww', 'wr', 'rw')).filter(group => group.length > 1)) {
    const within = new Set(group)
    const antis = group.flatMap(from =>
      [...edges[from]].filter(([to, has]) => has.has('rw') && within.has(to)).map(([to]) => [from, to]),
    )
    if (antis.length === 0) continue
    // One of them, and a way back without another.
    note(antis.some(([from, to]) => reaches(reads, to, from)) ? 'single anti-dependency' : 'write skew', group)
  }
}

function reaches(graph, from, to) {
  const seen = new Set([from])
  for (const at of seen) {
    if (at === to) return true
    for (const next of graph[at]) seen.add(next)
  }
  return false
}

/** The strongly connected components of a graph (Tarjan), without recursion. */
function components(graph) {
  const index = new Int32Array(graph.length).fill(-1)
  const low = new Int32Array(graph.length)
  const onStack = new Uint8Array(graph.length)
  const [stack, groups] = [[], []]
  let counter = 0
  const enter = at => {
    index[at] = low[at] = counter++
    stack.push(at)
    onStack[at] = 1
    return { at, next: 0 }
  }
  for (let root = 0; root < graph.length; root++) {
    if (index[root] >= 0) continue
    const path = [enter(root)]
    while (path.length > 0) {
      const frame = path.at(-1)
      const { at } = frame
      const to = graph[at][frame.next++]
      if (to === undefined) {
        path.pop()
        const parent = path.at(-1)
        if (parent) low[parent.at] = Math.min(low[parent.at], low[at])
        if (low[at] === index[at]) groups.push(popped(stack, onStack, at))
      } else if (index[to] < 0) path.push(enter(to))
      else if (onStack[to]) low[at] = Math.min(low[at], index[to])
    }
  }
  return groups
}

function popped(stack, onStack, until) {
  const group = []
  for (let at = -1; at !== until; ) {
    at = stack.pop()
    onStack[at] = 0
    group.push(at)
  }
  return group
}
