/** The calls that Prisma has and Plinth has not: an error with the call that does the same here. */

import { PlinthError } from '../base/errors.js'

const OF_TABLES: Readonly<Record<string, string>> = {
  createManyAndReturn: 'createMany([{ ... }]) gives the rows that it made',
  findFirst: 'find({ where }) gives the first row, or null',
  findFirstOrThrow: 'find({ where }) gives the first row, or null',
  findMany: 'list({ where, orderBy, limit }) gives rows',
  findUnique: 'get(key) gives the row with this key, or null; find({ where }) the first that a filter meets',
  findUniqueOrThrow: 'get(key) gives the row with this key, or null',
  groupBy: 'aggregate({ groupBy, count: true }) gives groups',
  updateManyAndReturn: 'updateMany({ where, returning: true }, { ... }) gives the rows that it changed',
}

const OF_DATABASES: Readonly<Record<string, string>> = {
  $connect: 'open() needs no other call: it connects with its first call',
  $disconnect: 'close() ends the connections',
  $executeRaw: 'sql`...` runs SQL and gives rows',
  $queryRaw: 'sql`...` runs SQL and gives rows',
  $transaction: 'transaction(async tx => { ... }) runs calls as one',
}

/** Makes the calls of a table by Prisma's names throw QUERY_INVALID. Behind its own calls: only names that no table has are asked for. */
export function refusePrismaCalls(tables: object): void {
  const get = (object: object, name: string | symbol) => refusing(OF_TABLES, name) ?? Reflect.get(object, name)
  Object.setPrototypeOf(tables, new Proxy({}, { get }))
}

/** The same of a database. */
export const prismaCallOfDatabase = (name: unknown) => refusing(OF_DATABASES, name)

function refusing(calls: Readonly<Record<string, string>>, name: unknown): (() => never) | undefined {
  if (typeof name !== 'string' || !Object.hasOwn(calls, name)) return undefined
  return () => {
    throw new PlinthError('QUERY_INVALID', `There is no call ${name} here: it is Prisma's.`, {
      found: name,
      hint: `${calls[name]}.`,
    })
  }
}
