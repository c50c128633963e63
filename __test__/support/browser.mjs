// The browser of the tests: a Chromium of this machine, driven by playwright-core, which brings none.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The path of this machine's Chromium: what PLINTH_TEST_CHROMIUM names, else one in PATH. */
function installed() {
  const given = process.env.PLINTH_TEST_CHROMIUM
  if (given) return given
  const paths = (process.env.PATH ?? '').split(delimiter).flatMap(folder => NAMES.map(name => join(folder, name)))
  return paths.find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Debian's package, where this is root on such a machine. */
function install() {
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { status } = spawnSync('apt-get', args, {
      stdio: 'ignore',
      timeout: 600_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (status !== 0) return undefined
  }
  return installed()
}

/** The path of a Chromium; where there is none, undefined. In CI it is installed, and where that fails so does the test. */
export function browserPath() {
  const path = installed() ?? (process.env.CI ? install() : undefined)
  if (!path && process.env.CI)
    throw new Error('No Chromium to test with: install it, or name it in PLINTH_TEST_CHROMIUM.')
  return path
}

/** A browser that ends with the test. */
export async function browser(t, executablePath) {
  const started = await chromium.launch({
    executablePath,
    // Its sandbox cannot be had by root, nor in most containers.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
  t.after(() => started.close())
  return started
}
