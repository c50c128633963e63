// The campaign of URLs: database URLs with a password that are wrong in many ways. Whatever is opened, called, reported or thrown, the password
// is never shown, and each error has a stable code.
import { inspect } from 'node:util'
import { c, initDb, model, open, schema } from 'plinth'
import { folder } from '../__test__/support/project.mjs'
import { pick, within } from './support/campaign.mjs'
import { faultOf } from './support/ledger.mjs'

const models = schema({ users: model('users', { id: c.id() }) })
const PASSWORD = 'Zq9secret'

const SCHEMES = [
  'postgres://',
  'postgresql://',
  'postgresql://',
  'postgresql+psycopg://',
  'POSTGRES://',
  'mysql://',
  'http://',
  'redis://',
  'postgres:/',
  'postgres:',
  'postgresql:/',
  'sqlite://',
  'pg://',
  '//',
  'jdbc:postgresql://',
]
const USERS = ['u:', ':', 'u%40:', 'u:']
const PASSWORDS = [
  PASSWORD,
  `${PASSWORD}@`,
  `${PASSWORD}:x`,
  `${PASSWORD}/`,
  `${PASSWORD}?`,
  `${PASSWORD}#`,
  `${PASSWORD}%`,
  `%zz${PASSWORD}`,
  `${PASSWORD}%00`,
  `${PASSWORD} `,
  `${PASSWORD}\n`,
  `${PASSWORD}@@`,
  `${PASSWORD}[`,
  `:${PASSWORD}`,
  `${PASSWORD}\ud800`,
  `${PASSWORD}é`,
  `${PASSWORD}&a=b`,
  `${PASSWORD}\0`,
  `${PASSWORD},`,
  `${PASSWORD}%2`,
]
const HOSTS = [
  '127.0.0.1:1',
  '127.0.0.1:1',
  '127.0.0.1:x',
  '[::1]:1',
  '[::1',
  'localhost:1,127.0.0.1:1',
  '127.0.0.1:99999999',
  '',
  '%2Ftmp',
  'h h',
  '127.0.0.1:-1',
  '127.0.0.1:1:2',
  '@',
  'h%00',
  'nö.invalid',
]
const PATHS = ['', '/d', '/', '/d/e', '//', '/%00']
const QUERIES = [
  '',
  '',
  '?',
  '?sslmode=',
  '?sslmode=zz',
  `?password=${PASSWORD}`,
  `?password=${PASSWORD}&nope=1`,
  `?nope=1&password=${PASSWORD}`,
  `?sslpassword=${PASSWORD}`,
  '?sslmode=require',
  '?connect_timeout=x',
  '?pool_size=-1',
  '?%ff=1',
  '?a=%zz',
  '?port=x',
  '?target_session_attrs=read-write',
  '?options=-c',
  `?password=${PASSWORD}%00`,
  `?password=${PASSWORD}%`,
  `?password=${PASSWORD}&password=${PASSWORD}`,
  `?PASSWORD=${PASSWORD}`,
  `?passwd=${PASSWORD}`,
  `?pwd=${PASSWORD}`,
  `?user=a&password=${PASSWORD}%zz`,
]

/** Everything that a log could show of a value. */
const everything = value =>
  [String(value), value?.stack, JSON.stringify(value), inspect(value, { depth: null, showHidden: true })].join('\n')

export async function urls(campaign) {
  // Words that are not URLs are names of files.
  const cwd = folder(campaign)
  const warnings = []
  const warned = warning => warnings.push(warning)
  process.on('warning', warned)
  campaign.after(() => process.off('warning', warned))
  await campaign.repeat(async below => {
    const parts = [SCHEMES, USERS, PASSWORDS].map(list => pick(below, list))
    const url = `${parts.join('')}@${[HOSTS, PATHS, QUERIES].map(list => pick(below, list)).join('')}`
    campaign.faults++
    const see = (what, value) => {
      const line = everything(value)
        .split('\n')
        .find(text => text.includes(PASSWORD))
      if (line) campaign.lose(`${what} of ${JSON.stringify(url)} shows the password: ${line.slice(0, 300)}`)
    }
    const attempt = async (what, call) => {
      try {
        const result = await within(10_000, call(), what)
        see(what, result)
        return result
      } catch (error) {
        see(what, error)
        const fault = faultOf(error)
        if (fault) campaign.lose(`${what} of ${JSON.stringify(url)}: ${fault}`)
      }
    }
    const db = await attempt('open()', async () => ({ db: open({ models, url, cwd, env: {} }) }))
    if (db) {
      campaign.count('opened')
      await attempt('count()', () => db.db.users.count({ timeout: 2_000 }))
      await attempt('health()', () => db.db.health({ timeoutMs: 500 }))
      await attempt('initDb()', () => initDb({ models, url, cwd, env: {}, migrations: false }))
      await attempt('close()', () => db.db.close({ timeout: 0 }))
    }
    for (const warning of warnings.splice(0)) see('a warning', warning)
  })
}
