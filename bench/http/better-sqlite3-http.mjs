// The requests on better-sqlite3.
import Database from 'better-sqlite3'
import { byHand } from './sqlite-by-hand-http.mjs'

export const open = ({ file }) => byHand(new Database(file))
