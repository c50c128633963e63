// TypeORM with many models: the process that opens them, and the project that uses them.
import 'reflect-metadata'
import { DataSource, EntitySchema } from 'typeorm'
import { importsOf, inFiles, nameOf, numbersOf, READ, USE_OF_ROW, USED } from './shape.mjs'

const m = i => `m${i}`
const M = name => name.toUpperCase()

const NUMBER = { transformer: { to: value => value, from: value => (value === null ? null : Number(value)) } }

function entities({ key, real, asNumber }, n) {
  return numbersOf(n).map(
    i =>
      new EntitySchema({
        name: m(i),
        columns: {
          id: { type: key, primary: true, generated: 'increment', ...asNumber },
          parentId: { name: 'parent_id', type: key, nullable: true, ...asNumber },
          title: { type: 'text' },
          body: { type: 'text', nullable: true },
          status: { type: 'text' },
          price: { type: real },
          active: { type: 'boolean' },
          amount: { type: key, ...asNumber },
        },
        relations: {
          parent: {
            type: 'many-to-one',
            target: nameOf(i + 1, n),
            inverseSide: 'children',
            joinColumn: { name: 'parent_id' },
          },
          children: { type: 'one-to-many', target: nameOf(i - 1, n), inverseSide: 'parent' },
        },
      }),
  )
}

export async function open({ database, file, url }, n) {
  const source = await new DataSource(
    database === 'sqlite'
      ? { type: 'better-sqlite3', database: file, entities: entities({ key: 'integer', real: 'real' }, n) }
      : {
          type: 'postgres',
          url,
          entities: entities({ key: 'bigint', real: 'double precision', asNumber: NUMBER }, n),
        },
  ).initialize()
  return { first: () => source.getRepository(m(READ)).findOneBy({ id: 1 }), close: () => source.destroy() }
}

/** Entities of one file are imported by others that import it again: types alone, and targets by name. */
export function sources(n) {
  const files = inFiles(n, (own, file) => {
    const others = new Set(own.flatMap(i => [nameOf(i + 1, n), nameOf(i - 1, n)]))
    for (const i of own) others.delete(m(i))
    return [
      `models${file}.ts`,
      `import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm'
${[...others].map(name => `import { ${M(name)} } from './models${Math.floor(Number(name.slice(1)) / 10)}.js'`).join('\n')}
${own
  .map(
    i => `@Entity('${m(i)}')
export class ${M(m(i))} {
  @PrimaryGeneratedColumn() id!: number
  @Column('integer', { name: 'parent_id', nullable: true }) parentId!: number | null
  @ManyToOne(() => ${M(nameOf(i + 1, n))}, other => other.children) @JoinColumn({ name: 'parent_id' }) parent!: Relation<${M(nameOf(i + 1, n))}> | null
  @OneToMany(() => ${M(nameOf(i - 1, n))}, other => other.parent) children!: Relation<${M(nameOf(i - 1, n))}>[]
  @Column('text') title!: string
  @Column('text', { nullable: true }) body!: string | null
  @Column('text') status!: string
  @Column('real') price!: number
  @Column('boolean') active!: boolean
  @Column('integer') amount!: number
}`,
  )
  .join('\n')}
`,
    ]
  })
  return {
    ...Object.fromEntries(files),
    // Entities are found by a pattern, as is usual in a large project; the types of all are reached through relations.
    'service.ts': `import { DataSource, MoreThan } from 'typeorm'
${importsOf(n, i => M(m(i)))}
const source = await new DataSource({ type: 'better-sqlite3', database: 'file.db', entities: ['models*.js'] }).initialize()
${USED.map(
  i => `for (const row of await source.getRepository(${M(m(i))}).find({ where: { title: 'a', amount: MoreThan(1) }, relations: { parent: true, children: true } })) {
${USE_OF_ROW}
  await source.getRepository(${M(m(i))}).update(row.id, { title: text })
}`,
).join('\n')}
`,
  }
}

/** Decorators of this library are those that TypeScript had before the standard. */
export const compilerOptions = { experimentalDecorators: true }
