// Keys that are equal to the database without being alike, in tables that others made: what a foreign key joins, includes, filters and counts join too.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { c, model, open, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 15)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

const modelsOf = key =>
  schema(
    {
      people: model('people', {
        name: key().primaryKey(),
        n: c.integer(),
        chief: key().nullable().references('people.name'),
      }),
      pets: model('pets', { id: c.id(), owner: key().references('people.name'), kind: c.text() }),
      clubs: model('clubs', { title: key().primaryKey(), n: c.integer() }),
      members: model('members', {
        id: c.id(),
        club: key().references('clubs.title'),
        person: key().references('people.name'),
      }),
      cards: model('cards', { id: c.id(), holder: key().unique().references('people.name') }),
    },
    {
      people: r => ({
        pets: r.many('pets', 'owner'),
        boss: r.one('people', 'chief'),
        card: r.has('cards', 'holder'),
        clubs: r.many('clubs', { through: 'members' }),
      }),
      pets: r => ({ person: r.one('people', 'owner') }),
      clubs: r => ({ people: r.many('people', { through: 'members' }) }),
      cards: r => ({ person: r.one('people', 'holder') }),
    },
  )

const cased = {
  key: () => c.text(),
  words: ['ada', 'bob', 'éa'],
  spell: [w => w, w => w.toUpperCase(), w => w[0].toUpperCase() + w.slice(1)],
}
/** SQLite folds the case of ASCII letters alone. */
const ascii = { ...cased, words: ['ada', 'bob', 'cid'] }
const padded = { key: () => c.text(), words: ['ada', 'bob', 'a b'], spell: [w => w, w => `${w} `, w => `${w}   `] }
/** Words that are alike to one of two types and not to the other; each is written in one way. */
const two = { key: () => c.text(), words: ['ada', 'Ada', 'bob'], spell: [w => w] }
const ICU = `CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`

/** Types of a key and of what refers to it. */
const KINDS = {
  sqlite: {
    'a key in NOCASE': { ...ascii, one: 'TEXT COLLATE NOCASE', other: 'TEXT' },
    'all in NOCASE': { ...ascii, one: 'TEXT COLLATE NOCASE', other: 'TEXT COLLATE NOCASE' },
    'a key in RTRIM': { ...padded, one: 'VARCHAR(9) COLLATE RTRIM', other: 'VARCHAR(9)' },
  },
  postgres: {
    'an ICU collation': { ...cased, one: 'text COLLATE no_case', other: 'text COLLATE no_case', before: ICU },
    citext: { ...cased, one: 'citext', other: 'citext', before: 'CREATE EXTENSION citext' },
    'citext without prepared statements': {
      ...cased,
      one: 'citext',
      other: 'citext',
      before: 'CREATE EXTENSION citext',
      options: '?prepare=false',
    },
    // PostgreSQL 18 refuses a foreign key between such columns; the relation holds all the same.
    'an ICU collation of the key alone': {
      ...cased,
      one: 'text COLLATE no_case',
      other: 'text',
      before: ICU,
      refers: false,
    },
    'an ICU collation of what refers to the key': {
      ...cased,
      one: 'text',
      other: 'text COLLATE no_case',
      before: ICU,
      refers: false,
    },
    'citext refers to text': { ...two, one: 'text', other: 'citext', before: 'CREATE EXTENSION citext' },
    // PostgreSQL makes no foreign key of these either: it compares them as text.
    'text refers to citext': {
      ...two,
      words: ['ada', 'bob', 'cid'],
      one: 'citext',
      other: 'text',
      before: 'CREATE EXTENSION citext',
      refers: false,
    },
    'char(n) refers to varchar': { ...two, one: 'varchar', other: 'char(9)' },
    'varchar refers to char(n)': { ...two, one: 'char(9)', other: 'varchar' },
    'varchar refers to char(n), without prepared statements': {
      ...two,
      one: 'char(9)',
      other: 'varchar',
      options: '?prepare=false',
    },
    'char(n)': { ...padded, words: ['ada', 'bob', 'cid'], one: 'char(9)', other: 'char(7)' },
    'numeric of another scale': {
      key: () => c.decimal(9, 4),
      words: ['1.5', '2', '-3.25'],
      spell: [w => w],
      one: 'numeric(9, 2)',
      other: 'numeric(9, 4)',
    },
    'numeric of no scale': {
      key: () => c.decimal(9, 4),
      words: ['1.5', '2', '-3.25'],
      spell: [w => w, w => Number(w).toFixed(4)],
      one: 'numeric',
      other: 'numeric',
    },
    timestamptz: {
      key: () => c.timestamp(),
      words: ['2026-11-20T10:00:00.123456Z', '2026-11-20T10:00:00.123457Z', '2026-11-20T10:00:01Z'],
      spell: [w => w],
      one: 'timestamptz',
      other: 'timestamptz',
    },
  },
}

async function setUp(t, { key, one, other, before, options = '', refers = true }) {
  const models = modelsOf(key)
  const db = open({ models, url: (await newUrl(t)) + options })
  t.after(() => db.close())
  if (before) await raw(db, before)
  const id = dialect === 'sqlite' ? 'INTEGER PRIMARY KEY' : 'bigserial PRIMARY KEY'
  const to = key => (refers ? `REFERENCES ${key}` : '')
  for (const sql of [
    `CREATE TABLE people (name ${one} PRIMARY KEY, n BIGINT, chief ${other} ${to('people (name)')})`,
    `CREATE TABLE pets (id ${id}, owner ${other} NOT NULL ${to('people (name)')}, kind TEXT NOT NULL)`,
    `CREATE TABLE clubs (title ${one} PRIMARY KEY, n BIGINT)`,
    `CREATE TABLE members (id ${id}, club ${other} NOT NULL ${to('clubs (title)')}, person ${other} NOT NULL ${to('people (name)')})`,
    `CREATE TABLE cards (id ${id}, holder ${other} NOT NULL UNIQUE ${to('people (name)')})`,
  ])
    await raw(db, sql)
  const TYPES = {
    name: one,
    title: one,
    n: 'bigint',
    kind: 'text',
    chief: other,
    owner: other,
    club: other,
    person: other,
    holder: other,
  }
  /** A value as others write it: text that the database reads as its column's. */
  const typed = name => (dialect === 'sqlite' ? '' : `::text::${TYPES[name].replace(/ COLLATE.*/, '')}`)
  const add = async (table, rows) => {
    for (const row of rows) {
      const names = Object.keys(row)
      const pieces = names.slice(1).map((_, i) => `${typed(names[i])}, `)
      const values = names.map(name => (dialect === 'sqlite' ? row[name] : String(row[name])))
      await raw(
        db,
        [`INSERT INTO ${table} (${names.join(', ')}) VALUES (`, ...pieces, `${typed(names.at(-1))})`],
        ...values,
      )
    }
  }
  const appoint = (chief, name) =>
    raw(db, ['UPDATE people SET chief = ', `${typed('chief')} WHERE name = `, typed('name')], chief, name)
  return { db, add, appoint }
}

for (const [name, kind] of Object.entries(KINDS[dialect])) {
  test(`${name}: include, relation filters and counts agree with the foreign key`, async t => {
    const { db, add, appoint } = await setUp(t, kind)
    const { words, spell } = kind
    t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
    const index = fc.nat(words.length - 1)
    const spelling = fc.constantFrom(...spell)
    const word = fc.tuple(index, spelling)
    const property = fc.asyncProperty(
      fc.tuple(...words.map(() => spelling)),
      fc.array(fc.tuple(word, fc.constantFrom('cat', 'dog')), { maxLength: 8 }),
      fc.tuple(...words.map(() => spelling)),
      fc.array(fc.tuple(word, word), { maxLength: 8 }),
      // Unique for citext too.
      fc.uniqueArray(word, { selector: ([at]) => words[at].toLowerCase(), maxLength: words.length }),
      fc.array(fc.option(word), { minLength: words.length, maxLength: words.length }),
      fc.integer({ min: 1, max: 3 }),
      async (names, pets, titles, members, cards, chosen, few) => {
        // SQLite's own check of a row that refers to itself goes by bytes.
        const bosses = chosen.map((boss, at) => (boss?.[0] === at ? null : boss))
        for (const table of ['pets', 'members', 'cards', 'people', 'clubs']) await raw(db, `DELETE FROM ${table}`)
        const say = ([at, how]) => how(words[at])
        await add(
          'people',
          names.map((how, n) => ({ name: how(words[n]), n })),
        )
        await add(
          'clubs',
          titles.map((how, n) => ({ title: how(words[n]), n })),
        )
        for (const [at, boss] of bosses.entries()) if (boss) await appoint(say(boss), names[at](words[at]))
        await add(
          'pets',
          pets.map(([owner, kind]) => ({ owner: say(owner), kind })),
        )
        await add(
          'members',
          members.map(([club, person]) => ({ club: say(club), person: say(person) })),
        )
        await add(
          'cards',
          cards.map(holder => ({ holder: say(holder) })),
        )

        // The numbers of the words show which rows belong together, in every spelling.
        const people = await db.people.list()
        const clubs = await db.clubs.list()
        const stored = await db.pets.list({ orderBy: { id: 'asc' } })
        const petsOf = person => stored.filter((_, i) => pets[i][0][0] === person.n)
        const byName = (a, b) => a.n - b.n
        const plain = rows => rows.toSorted(byName)

        const withAll = await db.people.list({
          include: {
            pets: { orderBy: { id: 'asc' } },
            card: true,
            boss: { include: { pets: { orderBy: { id: 'asc' } } } },
            clubs: true,
            _count: { pets: { where: { kind: 'cat' } }, clubs: true },
          },
        })
        assert.equal(withAll.length, words.length)
        for (const person of withAll) {
          const place = person.n
          const own = petsOf(person)
          assert.deepEqual(person.pets, own)
          assert.equal(person._count.pets, own.filter(pet => pet.kind === 'cat').length)
          const joined = members.filter(([, [who]]) => who === place).map(([[club]]) => club)
          assert.deepEqual(person.clubs.map(club => club.n).toSorted(), joined.toSorted())
          assert.equal(person._count.clubs, joined.length)
          const card = cards.findIndex(([who]) => who === place)
          assert.equal(person.card !== null, card >= 0)
          if (bosses[place]) {
            assert.equal(person.boss.n, bosses[place][0])
            assert.deepEqual(person.boss.pets, petsOf(person.boss))
          } else assert.equal(person.boss, null)
        }
        // So many of each parent.
        for (const person of await db.people.list({ include: { pets: { orderBy: { id: 'desc' }, limit: few } } }))
          assert.deepEqual(person.pets, petsOf(person).toReversed().slice(0, few))
        // The other way, streamed too.
        const owned = await db.pets.list({ include: { person: true }, orderBy: { id: 'asc' } })
        const streamed = []
        for await (const pet of db.pets.stream({ include: { person: true }, orderBy: { id: 'asc' }, batch: 2 }))
          streamed.push(pet)
        assert.deepEqual(streamed, owned)
        for (const [i, pet] of owned.entries()) assert.equal(pet.person.n, pets[i][0][0])
        for (const club of await db.clubs.list({
          include: { people: { include: { pets: { orderBy: { id: 'asc' } } } } },
        })) {
          const place = club.n
          const joined = members.filter(([[which]]) => which === place).map(([, [who]]) => who)
          assert.deepEqual(club.people.map(person => person.n).toSorted(), joined.toSorted())
          for (const person of club.people) assert.deepEqual(person.pets, petsOf(person))
        }
        // Filters by relations.
        const some = await db.people.list({ where: { pets: { some: { kind: 'cat' } } } })
        assert.deepEqual(plain(some), plain(people.filter(person => petsOf(person).some(pet => pet.kind === 'cat'))))
        const none = await db.people.list({ where: { clubs: { none: {} } } })
        const joined = new Set(members.map(([, [who]]) => who))
        assert.deepEqual(plain(none), plain(people.filter(person => !joined.has(person.n))))
        assert.equal(await db.pets.count({ where: { person: { is: {} } } }), pets.length)
        assert.equal(
          await db.clubs.count({ where: { people: { some: {} } } }),
          new Set(members.map(([[club]]) => club)).size,
        )
        assert.equal(clubs.length, words.length)
      },
    )
    await fc.assert(property, { numRuns, seed })
  })
}

test('two collations of one relation are an error that names them', { skip: dialect === 'sqlite' }, async t => {
  const types = { one: 'text COLLATE no_case', other: 'text COLLATE "C"', before: ICU, refers: false }
  const { db, add } = await setUp(t, { ...cased, ...types })
  await add('people', [{ name: 'ada', n: 1 }])
  await add('pets', [{ owner: 'ada', kind: 'cat' }])
  for (const call of [
    () => db.pets.list({ include: { person: true } }),
    () => db.people.list({ include: { pets: true } }),
    () => db.people.count({ where: { pets: { some: {} } } }),
  ])
    await assert.rejects(call, error => error.code === 'SQL_FAILED' && /the same one with ALTER TABLE/.test(error.hint))
})
