// Values that no call expects: of every kind of JavaScript, hostile ones among them, and near misses: the right shape with one thing wrong.
import { jsonNull } from 'plinth'
import { pick } from './campaign.mjs'

/** The message of the errors that hostile values throw: these are the caller's own. */
export const EVIL = 'evil value'

const evil = () => {
  throw new Error(EVIL)
}

const NAMES = [
  'id',
  'email',
  'name',
  'n',
  'data',
  'raw',
  'at',
  'posts',
  'user',
  'userId',
  'big',
  'dec',
  'kind',
  'secret',
  'where',
  'select',
  'include',
  'orderBy',
  'limit',
  'offset',
  'after',
  'distinct',
  'groupBy',
  'having',
  'all',
  'on',
  'update',
  'eq',
  'ne',
  'in',
  'notIn',
  'lt',
  'gt',
  'contains',
  'like',
  'startsWith',
  'path',
  'isNull',
  'some',
  'none',
  'every',
  'is',
  'isNot',
  'and',
  'or',
  'not',
  '_count',
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'countDistinct',
  'direction',
  'nulls',
  'asc',
  'desc',
  'signal',
  'timeout',
  'timeoutMs',
  'isolation',
  'readOnly',
  'retries',
  'lock',
  'batch',
  'onProgress',
  'through',
  'version',
  'cwd',
  'env',
  'models',
  'url',
  'pool',
  'log',
  'durability',
  'migrations',
  'seed',
  'db',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  '',
  '\0',
  '\ud800',
  '$',
  '*',
  "'",
  '"; DROP TABLE users; --',
]

/** The leaves; `n` is a random number below its argument. */
const LEAVES = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => Number.NEGATIVE_INFINITY,
  () => -0,
  () => 0,
  () => 1,
  () => -1,
  () => 1.5,
  () => 2 ** 53,
  () => 2 ** 64,
  () => 1e308,
  () => 5e-324,
  () => 10n,
  () => 2n ** 63n,
  () => -(2n ** 63n),
  () => 2n ** 200n,
  n => 'x'.repeat(n(5000)),
  () => 'a\0b',
  () => '\ud800',
  () => '2026-01-01',
  () => '12.50',
  () => '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f',
  () => 'admin',
  () => true,
  () => false,
  () => Symbol('x'),
  () => Symbol.iterator,
  () => () => 1,
  () => async () => 1,
  () => evil,
  () => class A {},
  () => new Date(Number.NaN),
  () => new Date(0),
  () => new Date(8.64e15),
  n => Object.create(pick(n, [Date, Uint8Array, AbortSignal, Promise, Map, Error]).prototype),
  () => /x/,
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => new WeakMap(),
  n => new Uint8Array(n(300)),
  () => new Uint8Array(new SharedArrayBuffer(8)),
  () => new Float64Array(2),
  () => new DataView(new ArrayBuffer(4)),
  () => new ArrayBuffer(4),
  () => Buffer.from('x'),
  () => new Error('x'),
  () => Promise.resolve(1),
  () => Object.create(null),
  () => Object.create({ where: { id: 1 } }),
  () => Object.freeze({}),
  () => Object(1n),
  () => new String('x'),
  () => jsonNull,
  () => JSON.parse('{"__proto__":{"polluted":1}}'),
  () => AbortSignal.abort(),
  () => AbortSignal.timeout(1),
  () => ({ aborted: false }),
  () => Array(5),
  () => new Proxy([], {}),
  () => new Proxy(() => {}, {}),
  () => revoked(),
  () => circle(),
  n => throwing(n),
  n => pretending(n),
]

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function circle() {
  const object = { a: 1 }
  return Object.assign(object, { self: object, and: [object], include: object, where: object })
}

/** An object with a property that throws. */
function throwing(n) {
  return Object.defineProperty({}, pick(n, NAMES), { enumerable: true, get: evil })
}

/** A proxy that has every property by name, each with a value of any kind, or throws. Its values stay the same, and it has no symbols. */
function pretending(n) {
  const orEvil = value => (n(3) === 0 ? evil() : value)
  const values = new Map()
  const answerTo = key => {
    if (!values.has(key)) values.set(key, pick(n, [undefined, 1, 'x', {}, () => 1]))
    return values.get(key)
  }
  return new Proxy(
    {},
    {
      get: (_, key) => (typeof key === 'symbol' ? undefined : orEvil(answerTo(key))),
      ownKeys: () => orEvil(pick(n, [['email'], ['where'], []])),
      has: (_, key) => typeof key !== 'symbol',
      getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true, writable: true }),
    },
  )
}

const leaf = n => pick(n, LEAVES)(n)

/** An object with one property, whatever its name means. */
const single = (name, value) =>
  Object.defineProperty({}, name, { value, enumerable: true, configurable: true, writable: true })

/** Any value, to some depth. */
function value(n, depth = 0) {
  const form = n(10)
  if (depth > 3 || form < 4) return leaf(n)
  if (form >= 8) return Array.from({ length: n(4) }, () => value(n, depth + 1))
  const parts = Array.from({ length: 1 + n(4) }, () => single(pick(n, NAMES), value(n, depth + 1)))
  const object = n(8) === 0 ? Object.create(null) : {}
  for (const part of parts) Object.defineProperties(object, Object.getOwnPropertyDescriptors(part))
  return object
}

const name = n => pick(n, NAMES)
const odd = (n, depth = 2) => value(n, depth)

/** The right shape with one thing wrong. */
const NEAR = [
  n => ({ where: single(name(n), odd(n)) }),
  n => ({ where: { email: single(name(n), odd(n)) } }),
  n => ({
    where: {
      data: { path: pick(n, [['a'], [odd(n)], odd(n), ['__proto__'], [-1], ['"'], ['$']]), ...single(name(n), odd(n)) },
    },
  }),
  n => ({ where: { posts: single(pick(n, ['some', 'none', 'every', 'is']), odd(n, 1)) } }),
  n => ({ orderBy: odd(n, 1) }),
  n => ({ orderBy: single(name(n), pick(n, ['asc', 'desc', odd(n)])) }),
  n => ({ select: [name(n), odd(n, 3)] }),
  n => ({ include: single(name(n), odd(n, 1)) }),
  n => ({ include: { posts: odd(n, 1) } }),
  n => ({ include: { _count: odd(n, 1) } }),
  n => ({ limit: leaf(n), offset: leaf(n) }),
  n => ({ distinct: odd(n, 1) }),
  n => ({ after: leaf(n), limit: 2, orderBy: { id: 'asc' } }),
  n => ({ groupBy: [name(n)], count: leaf(n), sum: odd(n), having: odd(n, 1), orderBy: odd(n, 1) }),
  n => ({ all: leaf(n) }),
  n => ({ where: {}, signal: leaf(n), timeout: leaf(n), lock: leaf(n) }),
  n => ({ email: `e${n(1e9)}`, ...single(name(n), odd(n, 1)) }),
  n => ({ email: `e${n(1e9)}`, data: odd(n, 0) }),
  n => ({ email: `e${n(1e9)}`, raw: leaf(n), at: leaf(n), n: leaf(n), big: leaf(n), dec: leaf(n), kind: leaf(n) }),
]

/** An argument that no call expects. */
export const garbage = n => (n(3) === 0 ? value(n) : pick(n, NEAR)(n))

/** Whether an error is one that a hostile value has thrown. */
export const isEvil = error =>
  error instanceof Error && (error.message === EVIL || (error instanceof TypeError && /revoked/.test(error.message)))
