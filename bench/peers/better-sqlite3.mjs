// better-sqlite3, used by hand.
import Database from 'better-sqlite3'
import { byHand } from './sqlite-by-hand.mjs'

export const open = place => byHand(new Database(place.file), place)
