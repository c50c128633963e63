// The checker of histories finds each anomaly in a history made by hand, and none if transactions ran one after the other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anomalies, COMMITTED, FAILED, randomTransactions, UNCLEAR } from './support/histories.mjs'

const append = (key, value) => ({ append: key, value })
const read = (key, ...list) => ({ read: key, list })
const done = (...steps) => ({ outcome: COMMITTED, steps })
const failed = (...steps) => ({ outcome: FAILED, steps })
const unclear = (...steps) => ({ outcome: UNCLEAR, steps })

/** The names of what is wrong with a history. */
const names = (history, last) => [...anomalies(history, new Map(Object.entries(last).map(([k, v]) => [+k, v]))).keys()]

test('each anomaly is found, and named', () => {
  for (const [expected, history, last] of [
    [[], [done(append(1, 1)), done(read(1, 1), append(1, 2), read(1, 1, 2)), done(read(1, 1, 2))], { 1: [1, 2] }],
    [[], [done(append(1, 1)), failed(append(1, 2)), unclear(append(1, 3)), unclear(append(1, 4))], { 1: [1, 3] }],
    [['lost'], [done(append(1, 1))], { 1: [] }],
    [['kept'], [failed(append(1, 1))], { 1: [1] }],
    [['torn'], [unclear(append(1, 1), append(2, 2))], { 1: [1], 2: [] }],
    [[], [unclear(append(1, 1), read(1, 1)), unclear(append(1, 2), read(1, 2))], { 1: [2] }],
    [['twice'], [done(append(1, 1))], { 1: [1], 2: [1] }],
    [['dirty read'], [failed(append(1, 1)), failed(read(1, 1))], { 1: [] }],
    [['dirty read', 'single anti-dependency'], [done(append(1, 1), append(1, 2)), done(read(1, 1))], { 1: [1, 2] }],
    [['divergent read'], [done(append(1, 1)), done(append(1, 2)), done(read(1, 2))], { 1: [1, 2] }],
    [['dirty write'], [done(append(1, 1), append(2, 3)), done(append(1, 2), append(2, 4))], { 1: [1, 2], 2: [4, 3] }],
    [['circular reads'], [done(append(1, 1), read(2, 2)), done(append(2, 2), read(1, 1))], { 1: [1], 2: [2] }],
    // A lost update by two that have read the same, and a read of two lists at two moments.
    [['single anti-dependency'], [done(read(1), append(1, 1)), done(read(1), append(1, 2))], { 1: [1, 2] }],
    [['single anti-dependency'], [done(append(1, 1), append(2, 2)), done(read(1), read(2, 2))], { 1: [1], 2: [2] }],
    [['write skew'], [done(read(1), append(2, 2)), done(read(2), append(1, 1))], { 1: [1], 2: [2] }],
  ])
    assert.deepEqual(names(history, last), expected, JSON.stringify(history))
})

test('transactions that run one after the other have no anomaly; two of them moved apart have one', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const lists = new Map()
    const history = randomTransactions(seed, { count: 300, keys: 6 }).map(steps => ({
      outcome: COMMITTED,
      steps: steps.map(step => {
        const key = step.read ?? step.append
        const list = lists.get(key) ?? []
        if (step.read !== undefined) return { read: key, list: [...list] }
        lists.set(key, [...list, step.value])
        return step
      }),
    }))
    assert.deepEqual([...anomalies(history, lists)], [])
    // A transaction that reads all lists, one of them as it was earlier than the others.
    const keys = [...lists.keys()]
    const steps = keys.map((key, at) => ({ read: key, list: at ? lists.get(key) : [] }))
    const all = { outcome: COMMITTED, steps: [...steps, { append: keys[0], value: 1e6 }] }
    const after = new Map(lists).set(keys[0], [...lists.get(keys[0]), 1e6])
    assert.deepEqual([...anomalies([...history, all], after).keys()], ['single anti-dependency'])
  }
})
