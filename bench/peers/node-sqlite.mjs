// node:sqlite, the SQLite of Node itself, used by hand; Node 20 has none.
import { DatabaseSync } from 'node:sqlite'
import { byHand } from './sqlite-by-hand.mjs'

export const open = place => byHand(new DatabaseSync(place.file), place)
