// Random damage: of bytes, of JSON, and the models of the file that is damaged.
import { c, index, model, schema } from 'plinth'
import { pick } from './campaign.mjs'

/** Users with an index, and values of several kinds. */
export const models = schema({
  users: model(
    'users',
    {
      id: c.id(),
      email: c.text().unique(),
      name: c.text().nullable(),
      at: c.timestamp().nullable(),
      data: c.json().nullable(),
    },
    t => [index(t.name)],
  ),
})

/** Flips so many bits of the bytes from one place to another. */
export function flip(bytes, below, times, from = 0, to = bytes.length) {
  for (let i = 0; i < times; i++) bytes[from + below(to - from)] ^= 1 << below(8)
}

const LEAVES = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  'x',
  'users',
  "a'b",
  '"',
  '\0',
  '../..',
  '__proto__',
  'constructor',
  [],
  {},
  [[]],
  'id',
  'text',
  'integer',
  '"; DROP TABLE users; --',
  'x'.repeat(3000),
]

/** Every place in a JSON value, as a path. */
function placesIn(value, path = []) {
  const below = value && typeof value === 'object' ? Object.keys(value) : []
  return [path, ...below.flatMap(key => placesIn(value[key], [...path, key]))]
}

const at = (value, path) => path.reduce((inner, key) => inner?.[key], value)

function setOwn(object, key, value) {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

/** A copy of a JSON value with one or two changes. */
export function mutated(source, below) {
  const value = structuredClone(source)
  for (let changes = 1 + below(2); changes > 0; changes--) {
    const places = placesIn(value).filter(path => path.length > 0)
    if (places.length === 0) return pick(below, LEAVES)
    const path = pick(below, places)
    const [holder, key] = [at(value, path.slice(0, -1)), path.at(-1)]
    const leaf = pick(below, LEAVES)
    switch (below(6)) {
      case 0:
        if (Array.isArray(holder)) holder.splice(Number(key), 1)
        else delete holder[key]
        break
      case 1:
        setOwn(holder, key, leaf)
        break
      case 2:
        if (Array.isArray(holder)) holder.push(leaf)
        else setOwn(holder, pick(below, ['x', '__proto__', 'kind', 'name', 'op', 'table', 'default']), leaf)
        break
      case 3:
        setOwn(holder, key, structuredClone(at(value, pick(below, places)) ?? null))
        break
      default:
        if (typeof holder[key] === 'string') {
          const kept = holder[key].slice(0, below(holder[key].length + 1))
          holder[key] = kept + pick(below, ['', "'", '"', '\0', 'é', ' ', ';'])
        } else
          setOwn(holder, key, typeof holder[key] === 'number' ? holder[key] + pick(below, [1, -1, 0.5, 1e15]) : leaf)
    }
  }
  return value
}
