// The program: node todo.js add <list> <title>, node todo.js done <id>, node todo.js
import { initDb, open as openDatabase, PlinthError } from 'plinth'
import models from './models.js'
import { add, finish, open } from './tasks.js'

const [verb = 'open', ...words] = process.argv.slice(2)
const db = openDatabase({ models }) // DATABASE_URL, else the file app.db
try {
  await initDb({ db }) // applies pending revisions: safe at every start
  if (verb === 'add') await add(db, words[0], words.slice(1).join(' '))
  if (verb === 'done') await finish(db, Number(words[0]))
  for (const { id, title, list } of await open(db)) console.log(`${id}  ${title} (${list.name})`)
} catch (error) {
  if (!(error instanceof PlinthError)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
} finally {
  await db.close()
}
