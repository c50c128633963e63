// The peers by database, each in the forms that are measured; and opening them, or the reason why one is absent.

/** The forms of dates beside the habit of a library. */
const integers = variant => ({ ...variant, name: `${variant.name}, dates as integers`, dates: 'integer' })
const asStored = variant => ({ ...variant, name: `${variant.name}, as stored`, stored: true })

const better = { peer: 'better-sqlite3', name: 'better-sqlite3', dates: 'text' }
const node = { peer: 'node-sqlite', name: 'node:sqlite', dates: 'text' }
const kysely = { peer: 'kysely', name: 'kysely', dates: 'text' }
const typeorm = { peer: 'typeorm', name: 'typeorm', dates: 'spaced' }
const prisma = { peer: 'prisma', name: 'prisma', dates: 'text' }
const pg = { peer: 'pg', name: 'pg' }
const postgres = { peer: 'postgres-js', name: 'postgres.js' }
const drizzle = { peer: 'drizzle', name: 'drizzle' }
const prepared = { ...drizzle, name: 'drizzle prepared', prepared: true }
const mikro = { peer: 'mikro-orm', name: 'mikro-orm' }

/** `dates` is how the library stores them by habit: text in ISO's form, text with a space, or integers. */
export const VARIANTS = {
  sqlite: [
    { peer: 'plinth', name: 'plinth', dates: 'native' },
    { peer: 'plinth', name: 'plinth sync', dates: 'native', sync: true },
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
    { peer: 'plinth', name: 'plinth sync', sync: true },
    pg,
    asStored(pg),
    { ...pg, name: 'pg, pipelined', pipelined: true },
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
const isAbsence = ({ code, message }) =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE', 'ERR_DLOPEN_FAILED'].includes(code) ||
  /Could not locate the bindings file|Cannot find module|package has not been found installed/.test(message)

const reason = ({ message }) =>
  message
    .split('\n')[0]
    .replaceAll(/ imported from .*|'?file:\/\/\S+/g, '')
    .trim()
