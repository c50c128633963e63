// The requests on node:sqlite.
import { DatabaseSync } from 'node:sqlite'
import { byHand } from './sqlite-by-hand-http.mjs'

export const open = ({ file }) => byHand(new DatabaseSync(file))
