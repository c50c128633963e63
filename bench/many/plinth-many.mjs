// Plinth with many models: the process that opens them, and the project that uses them.
import { importsOf, inFiles, listOf, nameOf, numbersOf, READ, USE_OF_ROW, USED } from './shape.mjs'

const m = i => `m${i}`

/** The schema of so many models, built by this build or by another one. */
export function modelsOf({ c, model, schema }, n) {
  const models = {}
  const relations = {}
  for (const i of numbersOf(n)) {
    models[m(i)] = model(m(i), {
      id: c.id(),
      parentId: c
        .integer()
        .nullable()
        .references(`${nameOf(i + 1, n)}.id`),
      title: c.text(),
      body: c.text().nullable(),
      status: c.text(),
      price: c.real(),
      active: c.boolean(),
      amount: c.integer(),
    })
    relations[m(i)] = r => ({
      parent: r.one(nameOf(i + 1, n), 'parentId'),
      children: r.many(nameOf(i - 1, n), 'parentId'),
    })
  }
  return schema(models, relations)
}

export async function open({ url, library = new URL('../../dist/index.js', import.meta.url).href }, n) {
  const plinth = await import(library)
  const db = plinth.open({ models: modelsOf(plinth.default ?? plinth, n), url })
  return { first: () => db[m(READ)].get(1), close: () => db.close() }
}

export function sources(n) {
  const files = inFiles(n, (numbers, file) => [
    `models${file}.ts`,
    `import { c, model } from 'plinth'
${numbers
  .map(
    i => `export const ${m(i)} = model('${m(i)}', { id: c.id(),
  parentId: c.integer().nullable().references('${nameOf(i + 1, n)}.id'), title: c.text(), body: c.text().nullable(),
  status: c.text(), price: c.real(), active: c.boolean(), amount: c.integer() })`,
  )
  .join('\n')}
`,
  ])
  return {
    ...Object.fromEntries(files),
    'models.ts': `import { schema } from 'plinth'
${importsOf(n, m)}
export const models = schema({ ${listOf(n, m)} }, {
${numbersOf(n)
  .map(
    i =>
      `  ${m(i)}: r => ({ parent: r.one('${nameOf(i + 1, n)}', 'parentId'), children: r.many('${nameOf(i - 1, n)}', 'parentId') }),`,
  )
  .join('\n')}
})
type Models = typeof models
export interface App extends Models {}
`,
    'service.ts': `import { open } from 'plinth'
import { type App, models } from './models.js'
const db = open<App>({ models })
${USED.map(
  i => `for (const row of await db.${m(i)}.list({ where: { title: 'a', amount: { gt: 1 } }, include: { parent: true, children: true } })) {
${USE_OF_ROW}
  await db.${m(i)}.update(row.id, { title: text })
}`,
).join('\n')}
`,
  }
}
