// The measured models and their rows, the same for all peers. Each row is made from its number alone, so that no table has to fit in memory.

/** Rows of `events` without `--rows`. */
export const ROWS = 20_000
/** Parents and children of the reads with relations. */
export const USERS = 200
export const POSTS_PER_USER = 10
export const COMMENTS_PER_POST = 3

/** The columns of `events` except `id`, in the order of the table. */
export const COLUMNS = [
  'created_at',
  'updated_at',
  'payload',
  'active',
  'note',
  'score',
  'title',
  'email',
  'city',
  'kind',
  'token',
]
export const FIELDS = COLUMNS.map(column => column.replace(/_(.)/, (_, letter) => letter.toUpperCase()))

/**
 * The models, built by a library's own builder (that of this build or of another one). `dates`
 * other than `native` gives columns for a peer that stores dates in a form of its own.
 */
export function modelsOf({ c, index, model, schema }, dates = 'native') {
  const date = { native: () => c.timestamp(), integer: () => c.integer() }[dates] ?? (() => c.text())
  const events = model('events', {
    id: c.id(),
    createdAt: date(),
    updatedAt: date(),
    payload: c.json(),
    active: c.boolean(),
    note: c.text().nullable(),
    score: c.real(),
    title: c.text(),
    email: c.text().unique(),
    city: c.text(),
    kind: c.text(),
    token: c.text(),
  })
  const users = model('users', { id: c.id(), name: c.text(), email: c.text() })
  const posts = model(
    'posts',
    {
      id: c.id(),
      userId: c.integer().references('users.id'),
      title: c.text(),
      published: c.boolean(),
      createdAt: date(),
    },
    t => [index(t.userId)],
  )
  const comments = model(
    'comments',
    { id: c.id(), postId: c.integer().references('posts.id'), body: c.text(), createdAt: date() },
    t => [index(t.postId)],
  )
  return schema(
    { events, users, posts, comments },
    {
      users: r => ({ posts: r.many('posts', 'userId') }),
      posts: r => ({ comments: r.many('comments', 'postId') }),
    },
  )
}

const CITIES = ['Berlin', 'Paris', 'São Paulo', 'Zürich', 'Osaka', 'New York', 'Lagos', 'Kraków']
const KINDS = ['signup', 'login', 'purchase']

/** Numbers from a seed: `random(n)` is below n. */
export function randomFrom(seed) {
  let state = Math.imul(seed + 1, 2654435761) >>> 0
  return n => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n
  }
}

const hex = random =>
  Array.from({ length: 2 }, () =>
    random(2 ** 31)
      .toString(16)
      .padStart(8, '0'),
  ).join('')

/** The values of the event with this number, from 1 on; its key is not among them. */
export function event(number) {
  const random = randomFrom(number)
  const at = new Date(1_750_000_000_000 + random(2 ** 30))
  return {
    createdAt: at,
    updatedAt: new Date(at.getTime() + random(1_000_000)),
    payload: { theme: random(2) ? 'dark' : 'light', size: random(100), tags: ['a', 'b'] },
    active: random(2) === 1,
    note: random(4) ? `note number ${random(10_000)}` : null,
    score: random(1_000_000) / 100,
    title: `The title of event ${random(100_000)}`,
    email: `user${number}@example.com`,
    city: CITIES[random(CITIES.length)],
    kind: KINDS[random(3)],
    token: hex(random),
  }
}

/** The event as a read gives it: the first of a new table has the key 1. */
export const storedEvent = number => ({ id: number, ...event(number) })

const user = id => ({ id, name: `User ${id}`, email: `person${id}@example.com` })
const post = id => ({
  id,
  userId: Math.ceil(id / POSTS_PER_USER),
  title: `Post ${id}`,
  published: id % 3 !== 0,
  createdAt: new Date(1_750_000_000_000 + id * 1000),
})
const comment = id => ({
  id,
  postId: Math.ceil(id / COMMENTS_PER_POST),
  body: `The text of comment ${id}`,
  createdAt: new Date(1_750_000_000_000 + id * 2000),
})

/** The numbers of the n children of the parent with this number. */
const children = (parent, n) => Array.from({ length: n }, (_, i) => (parent - 1) * n + i + 1)

/** A user with all posts. */
export const userWithPosts = id => ({ ...user(id), posts: children(id, POSTS_PER_USER).map(post) })
/** ... and the comments of each. */
export const userWithComments = id => ({
  ...user(id),
  posts: children(id, POSTS_PER_USER).map(at => ({
    ...post(at),
    comments: children(at, COMMENTS_PER_POST).map(comment),
  })),
})

const numbered = (n, make) => Array.from({ length: n }, (_, i) => make(i + 1))

/** The rows of the tables with relations, parents first. */
export const related = () => ({
  users: numbered(USERS, user),
  posts: numbered(USERS * POSTS_PER_USER, post),
  comments: numbered(USERS * POSTS_PER_USER * COMMENTS_PER_POST, comment),
})

/** The count and the sum of scores of each city among the first `rows` events, in order. */
export function groupsOf(rows) {
  const groups = new Map(CITIES.map(city => [city, { city, count: 0, sum: 0 }]))
  for (let number = 1; number <= rows; number++) {
    const { city, score } = event(number)
    const group = groups.get(city)
    group.count++
    group.sum += score
  }
  return [...groups.values()].filter(group => group.count).sort((a, b) => (a.city < b.city ? -1 : 1))
}

/** The keys and rows that the calls of a run ask for, in a table of so many rows. Rows are made once, so that no call pays for them. */
export function asked(rows) {
  const made = new Map()
  const row = number => made.get(number) ?? made.set(number, event(number)).get(number)
  const nth = i => ((i * 31) % rows) + 1
  return {
    rows,
    /** The key of the i-th get. */
    nth,
    /** The key that the i-th list of `limit` rows comes after. */
    after: (i, limit) => (i * 7919) % Math.max(1, rows - limit),
    /** The key that the i-th read of `limit` users comes after. */
    afterUser: (i, limit) => (i * limit) % Math.max(1, USERS - limit),
    /** The values of the row that the i-th get gives, as they are at first. */
    known: i => row(nth(i)),
    /** The i-th event that is not in the table yet. */
    fresh: i => row(rows + 1 + i),
  }
}
