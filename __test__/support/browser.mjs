// The browser of the tests: a Chromium of this machine, driven by playwright-core, which brings none.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import { foundOrInstalled } from './debian.mjs'

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

/**
 * The path of a Chromium; undefined if there is none. In CI it is installed, and where that fails
 * so does the test.
 */
export function browserPath() {
  const path = foundOrInstalled(installed, 'chromium')
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
