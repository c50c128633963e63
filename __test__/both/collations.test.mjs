// Text under collations that others chose: what is equal and in which order, the column says; what a text holds goes by code points.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { ids, raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'

const models = schema({ words: model('words', { id: c.id(), word: c.text() }) })
const ICU = (name, locale, more = '') => `CREATE COLLATION ${name} (provider = icu, locale = '${locale}'${more})`

/** The type of a column; whether it takes upper and lower case for equal; what makes it. */
const TYPES = {
  sqlite: [
    ['TEXT COLLATE NOCASE', true],
    ['TEXT', false],
  ],
  postgres: [
    ['text COLLATE no_case', true, ICU('no_case', 'und-u-ks-level2', ', deterministic = false')],
    ['citext', true, 'CREATE EXTENSION citext'],
    // In this order blanks and hyphens count for less than letters: 'a-z' comes behind 'ab'.
    ['text COLLATE shifted', false, ICU('shifted', 'en-u-ka-shifted')],
    ['varchar(9)', false],
    ['text COLLATE "C"', false],
  ],
}

async function setUp(t, type, before, words) {
  const url = await newUrl(t)
  const db = open({ models, url })
  t.after(() => db.close())
  if (before) await raw(db, before)
  const id = dialect === 'sqlite' ? 'INTEGER PRIMARY KEY' : 'bigserial PRIMARY KEY'
  await raw(db, `CREATE TABLE words (id ${id}, word ${type} NOT NULL)`)
  await raw(db, 'CREATE INDEX by_word ON words (word)')
  await db.words.createMany(words.map(word => ({ word })))
  return db
}

const WORDS = ['Ada', 'ada', 'ADA', 'adam', 'a-z', 'a z', 'az', 'a%', 'b', 'Bob', 'é', '\u{10ffff}', '\u{10ffff}x', '']

for (const [type, folds, before] of TYPES[dialect]) {
  test(`${type}: equal as the column has it, by code points what is in a text`, async t => {
    const db = await setUp(t, type, before, WORDS)
    const words = async where => (await db.words.list({ where, orderBy: { id: 'asc' } })).map(row => row.word)
    const same = folds ? (a, b) => a.toLowerCase() === b.toLowerCase() : (a, b) => a === b
    for (const word of [...WORDS, 'aDa', 'A', 'zz']) {
      const equal = WORDS.filter(it => same(it, word))
      const rest = WORDS.filter(it => !same(it, word))
      assert.deepEqual(await words({ word }), equal)
      assert.deepEqual(await words({ word: { in: [word] } }), equal)
      assert.deepEqual(await words({ word: { gte: word, lte: word } }), equal)
      assert.deepEqual(await words({ word: { ne: word } }), rest)
      assert.deepEqual(await words({ word: { notIn: [word] } }), rest)
      assert.deepEqual(await words({ or: [{ word: { lt: word } }, { word: { gt: word } }] }), rest)
      assert.deepEqual(
        await words({ word: { startsWith: word } }),
        WORDS.filter(it => it.startsWith(word)),
        word,
      )
      assert.deepEqual(
        await words({ word: { endsWith: word } }),
        WORDS.filter(it => it.endsWith(word)),
        word,
      )
      assert.deepEqual(
        await words({ word: { contains: word } }),
        WORDS.filter(it => it.includes(word)),
        word,
      )
    }
    assert.deepEqual(await words({ word: { like: 'A%' } }), ['Ada', 'ADA'])
    assert.deepEqual(
      await words({ not: { word: { startsWith: 'a' } } }),
      WORDS.filter(it => !it.startsWith('a')),
    )
    const distinct = WORDS.filter((word, i) => WORDS.findIndex(it => same(it, word)) === i)
    assert.equal(await db.words.count({ distinct: ['word'] }), distinct.length)
    assert.equal((await db.words.aggregate({ groupBy: ['word'], count: true })).length, distinct.length)
  })

  test(`${type}: pages have every row once, in the order of a list`, async t => {
    const db = await setUp(t, type, before, [...WORDS, ...WORDS])
    for (const orderBy of [{ word: 'asc' }, [{ word: 'desc' }], [{ word: 'asc' }, { id: 'desc' }]]) {
      const order = [orderBy].flat()
      const last = Object.values(order.at(-1))[0]
      const listed = ids(
        await db.words.list({ orderBy: order.some(part => part.id) ? order : [...order, { id: last }] }),
      )
      for (const limit of [1, 3, 50]) {
        const found = []
        for (let after = null; ; ) {
          const page = await db.words.page({ orderBy, limit, after })
          found.push(...ids(page.rows))
          if (page.next === null) break
          after = page.next
        }
        assert.deepEqual(found, listed)
      }
    }
  })
}

test('an index serves startsWith on a column of ours, and an exact text of another', async t => {
  const url = await newUrl(t)
  const own = schema({
    words: model('words', { id: c.id(), word: c.text({ max: 20 }).unique(), plain: c.text().unique() }),
  })
  const statements = []
  const db = open({ models: own, url, log: statement => statements.push(statement) })
  t.after(() => db.close())
  await initDb({ db })
  await db.words.createMany(Array.from({ length: 5000 }, (_, i) => ({ word: `w${i}`, plain: `p${i}` })))
  if (dialect === 'postgres') await raw(db, 'ANALYZE words')
  for (const [column, text] of [
    ['word', 'w77'],
    ['plain', 'p77'],
  ]) {
    statements.length = 0
    assert.equal((await db.words.list({ where: { [column]: { startsWith: text } } })).length, 11)
    const { sql } = statements.find(statement => /SELECT/.test(statement.sql))
    const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'
    const pieces = `${explain} ${sql}`.split(/[$?]\d/)
    const plan = JSON.stringify(await raw(db, pieces, text, `${text.slice(0, -1)}8`))
    assert.match(plan, dialect === 'sqlite' ? /SEARCH words USING INDEX.*>\? AND.*<\?/ : /Index Cond/)
  }
})
