// MikroORM with many models: the process that opens them, and the project that uses them.
import { BigIntType, EntitySchema } from '@mikro-orm/core'
import { importsOf, inFiles, nameOf, numbersOf, READ, USE_OF_ROW, USED } from './shape.mjs'

const m = i => `m${i}`
const M = name => name.toUpperCase()

function entitiesOf(key, n) {
  const all = numbersOf(n).map(
    i =>
      new EntitySchema({
        name: M(m(i)),
        tableName: m(i),
        properties: {
          id: { type: key, primary: true, autoincrement: true },
          parent: { kind: 'm:1', entity: () => all[(i + 1) % n], fieldName: 'parent_id', nullable: true },
          children: { kind: '1:m', entity: () => all[(i - 1 + n) % n], mappedBy: 'parent' },
          title: { type: 'text' },
          body: { type: 'text', nullable: true },
          status: { type: 'text' },
          price: { type: 'double' },
          active: { type: 'boolean' },
          amount: { type: key },
        },
      }),
  )
  return all
}

export async function open({ database, file, url }, n) {
  const entities = entitiesOf(database === 'sqlite' ? 'integer' : new BigIntType('number'), n)
  const { MikroORM } = await import(`@mikro-orm/${database === 'sqlite' ? 'sqlite' : 'postgresql'}`)
  const orm = await MikroORM.init({ ...(database === 'sqlite' ? { dbName: file } : { clientUrl: url }), entities })
  const first = async () => {
    const { id, parent, title, body, status, price, active, amount } = await orm.em.fork().findOne(entities[READ], 1)
    return { id, parentId: parent?.id ?? null, title, body, status, price, active, amount }
  }
  return { first, close: () => orm.close(true) }
}

export function sources(n) {
  const files = inFiles(n, (own, file) => {
    const others = new Set(own.flatMap(i => [nameOf(i + 1, n), nameOf(i - 1, n)]))
    for (const i of own) others.delete(m(i))
    const imports = [...others].map(name => [name, Math.floor(Number(name.slice(1)) / 10)])
    return [
      `models${file}.ts`,
      `import { type Collection, EntitySchema } from '@mikro-orm/core'
${imports.map(([name, at]) => `import { type ${M(name)}, ${name} } from './models${at}.js'`).join('\n')}
${own
  .map(
    i => `export interface ${M(m(i))} { id: number; parent: ${M(nameOf(i + 1, n))} | null; children: Collection<${M(nameOf(i - 1, n))}>;
  title: string; body: string | null; status: string; price: number; active: boolean; amount: number }
export const ${m(i)}: EntitySchema<${M(m(i))}> = new EntitySchema<${M(m(i))}>({ name: '${M(m(i))}', tableName: '${m(i)}', properties: {
  id: { type: 'integer', primary: true, autoincrement: true }, parent: { kind: 'm:1', entity: () => ${nameOf(i + 1, n)}, nullable: true },
  children: { kind: '1:m', entity: () => ${nameOf(i - 1, n)}, mappedBy: 'parent' }, title: { type: 'text' }, body: { type: 'text', nullable: true },
  status: { type: 'text' }, price: { type: 'double' }, active: { type: 'boolean' }, amount: { type: 'integer' } } })`,
  )
  .join('\n')}
`,
    ]
  })
  return {
    ...Object.fromEntries(files),
    // Entities are found by a pattern, as is usual in a large project; the types of all are reached through relations.
    'service.ts': `import { MikroORM } from '@mikro-orm/sqlite'
${importsOf(n, m)}
const orm = await MikroORM.init({ dbName: 'file.db', entities: ['models*.js'] })
const em = orm.em.fork()
${USED.map(
  i => `for (const row of await em.find(${m(i)}, { title: 'a', amount: { $gt: 1 } }, { populate: ['parent', 'children'] })) {
${USE_OF_ROW}
  await em.nativeUpdate(${m(i)}, { id: row.id }, { title: text })
}`,
).join('\n')}
`,
  }
}
