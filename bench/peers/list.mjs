// The peers by database, each in the forms that are measured; and opening them, or the reason why one is absent.

/** The forms beside the usual one of a library. */
const inForm = (variant, form, more) => ({ ...variant, name: `${variant.name}, ${form}`, form, ...more })
const integers = variant => inForm(variant, 'dates as integers', { dates: 'integer' })
const asStored = variant => inForm(variant, 'as stored', { stored: true })

const better = { peer: 'better-sqlite3', name: 'better-sqlite3', dates: 'text' }
const node = { peer: 'node-sqlite', name: 'node:sqlite', dates: 'text' }
const kysely = { peer: 'kysely', name: 'kysely', dates: 'text' }
const typeorm = { peer: 'typeorm', name: 'typeorm', dates: 'spaced' }
const prisma = { peer: 'prisma', name: 'prisma', dates: 'text' }
const pg = { peer: 'pg', name: 'pg' }
const postgres = { peer: 'postgres-js', name: 'postgres.js' }
const drizzle = { peer: 'drizzle', name: 'drizzle' }
const prepared = { ...drizzle, name: 'drizzle prepared', form: 'prepared', prepared: true }
const blocking = { peer: 'plinth', name: 'plinth sync', form: 'sync', sync: true }
const mikro = { peer: 'mikro-orm', name: 'mikro-orm' }

/** `dates` is how the library stores them by habit: text in ISO's form, text with a space, or integers. */
export const VARIANTS = {
  sqlite: [
    { peer: 'plinth', name: 'plinth', dates: 'native' },
    { ...blocking, dates: 'native' },
    better,
    integers(better),
    asStored(better),
    node,
    integers(node),
    asStored(node),
    { ...drizzle, dates: 'integer' },
    { ...prepared, dates: 'integer' },
    kysely,
    integers(kysely),
    typeorm,
    integers(typeorm),
    { ...mikro, dates: 'integer' },
    prisma,
    integers(prisma),
  ],
  postgres: [
    { peer: 'plinth', name: 'plinth' },
    blocking,
    pg,
    asStored(pg),
    inForm(pg, 'pipelined', { pipelined: true }),
    postgres,
    asStored(postgres),
    drizzle,
    prepared,
    kysely,
    typeorm,
    mikro,
    prisma,
  ].map(variant => ({ ...variant, dates: 'native' })),
}

/** The names that `--peer` takes: peers, and single forms of them. */
export const PEERS = [...new Set(Object.values(VARIANTS).flatMap(all => all.flatMap(({ peer, name }) => [peer, name])))]

/** The variants of a database that were asked for; Plinth always, since all are compared with it. */
export const chosenVariants = (database, asked) =>
  VARIANTS[database].filter(
    ({ peer, name }) => !asked.length || name === 'plinth' || asked.includes(peer) || asked.includes(name),
  )

/** Opens a variant on its database: `{ it }`, or `{ absent }` with the reason if this machine does not have the library. */
export async function openVariant(variant, place) {
  let peer
  try {
    peer = await import(`./${variant.peer}.mjs`)
    return { it: await peer.open({ ...variant, ...place }) }
  } catch (error) {
    if (variant.peer === 'plinth' || !isAbsence(error)) throw error
    return { absent: reason(error) }
  }
}

/** Whether an error means that a library, or its native part, cannot be loaded by this Node. */
export const isAbsence = ({ code, message }) =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE', 'ERR_DLOPEN_FAILED'].includes(code) ||
  /Could not locate the bindings file|Cannot find module|package has not been found installed/.test(message)

export const reason = ({ message }) =>
  message
    .split('\n')[0]
    .replaceAll(/ imported from .*|'?file:\/\/\S+/g, '')
    .trim()
