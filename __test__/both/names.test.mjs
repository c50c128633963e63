// Names that need quotes (capitals, letters beyond ASCII, quotes, keywords) in adoption and in edited revisions.
import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, check, index, model, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const NAMES = ['People', 'GRÖSSE', 'Select', 'Two "Words"', "It's"]

/** A table whose every name is odd. */
const base = name => ({ id: c.id(), email: c.text().name(`${name} E`) })

for (const name of NAMES) {
  test(`an edited revision of ${name} that leads to the same place is applied`, async t => {
    const shop = await workshop(t)
    const models = more => schema({ people: model('people', { ...base(name), ...more }).table(name) })
    await shop.write(models(), 'first')
    await shop.upgrade()
    const next = models({ age: c.integer().name(`${name} Age`).nullable() })
    const [{ folder }] = (await shop.write(next, 'second')).revisions
    appendFileSync(join(folder, `up.${dialect}.sql`), '\n-- edited\n')
    const report = await shop.check(next)
    assert.deepEqual([report.upToDate, report.edited.map(({ ok }) => ok)], [true, [true]])
    assert.equal((await shop.upgrade()).applied.length, 1)
    await shop.using(next, db => db.people.create({ email: 'a', age: 3 }))
    assert.equal((await shop.downgrade()).reverted.length, 1)
  })

  test(`a database with ${name} is adopted if only adding is missing`, async t => {
    const shop = await workshop(t)
    const whole = schema({
      people: model('people', { ...base(name), age: c.integer().name(`${name} Age`).nullable() }, t => [
        index(t.age).name(`${name} By Age`),
        unique(t.email).name(`${name} Emails`),
        check('id > 0').name(`${name} Checked`),
      ]).table(name),
      pets: model('pets', { id: c.id(), ownerId: c.integer().name(`${name} Owner`).references('people.id') }).table(
        `${name} Pets`,
      ),
    })
    await shop.write(whole, 'first')
    const part = schema({ people: model('people', base(name)).table(name) })
    await shop.init(part, { migrations: false })
    await shop.using(part, db => db.people.create({ email: 'a' }))
    const report = await shop.init(whole)
    assert.deepEqual([report.adopted, report.pending], [true, []])
    await shop.using(whole, async db => {
      assert.deepEqual(await db.people.list(), [{ id: 1, email: 'a', age: null }])
      await db.pets.create({ ownerId: 1 })
      await fails(() => db.people.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION' })
      await fails(() => db.people.create({ id: -1, email: 'b' }), { code: 'CHECK_VIOLATION' })
    })
  })
}
