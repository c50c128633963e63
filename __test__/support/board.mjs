// The page of the example service in a real browser, for tests: by the roles and labels that assistive technology sees.
import assert from 'node:assert/strict'
import { browser, browserPath } from './browser.mjs'
import { running } from './example.mjs'

const path = browserPath()

/** Why the tests of the page are skipped; false if there is a browser. */
export const skip = path
  ? false
  : 'no Chromium is installed here: apt-get install chromium, or name one in PLINTH_TEST_CHROMIUM'

/**
 * The board on a service of its own. `before` fills the database, `options` are those of the
 * browser's page. An error that the page throws, or a violation of its policy, fails the test.
 */
export async function board(t, before = async () => {}, options = {}) {
  const { db, url } = await running(t)
  await before(db)
  const page = await (await browser(t, path)).newPage(options)
  const wrong = []
  page.on('pageerror', error => wrong.push(String(error)))
  page.on('dialog', dialog => {
    wrong.push(`a dialog: ${dialog.message()}`)
    dialog.dismiss()
  })
  page.on('console', line => {
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) wrong.push(line.text())
  })
  page.setDefaultTimeout(30_000)
  await page.goto(url)
  await page.getByRole('status').filter({ hasText: /./ }).waitFor()
  return { db, url, page, wrong, items: page.getByRole('list', { name: 'Tasks' }).getByRole('listitem') }
}

/** The task of this title, as an item of the list. */
export const item = (page, title) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title }) })

/** Waits until a question to the page has this answer. */
export async function becomes(page, expected, ask) {
  for (let tries = 0; ; tries++) {
    const found = await ask()
    if (JSON.stringify(found) === JSON.stringify(expected)) return
    if (tries === 100) assert.deepEqual(found, expected)
    await page.waitForTimeout(50)
  }
}

/** Waits until the list shows these titles, in this order. */
export const shows = (page, titles) =>
  becomes(page, titles, () => page.getByRole('heading', { level: 2 }).allTextContents())

/** Fills the form of a new task, and sends it. */
export async function create(page, title, { type, priority } = {}) {
  const form = page.getByRole('form', { name: 'New task' })
  await form.getByLabel('Title').fill(title)
  if (type !== undefined) await form.getByLabel('Type').fill(type)
  if (priority !== undefined) await form.getByLabel('Priority').fill(priority)
  await form.getByRole('button', { name: 'Create' }).click()
}

/** So many tasks in a database, titled by their numbers; the list begins with the last. */
export function many(db, count) {
  const first = Date.UTC(2026, 0, 1)
  return db.tasks.createMany(
    Array.from({ length: count }, (_, n) => ({
      type: 'todo',
      payload: { title: `task ${n + 1}` },
      createdAt: new Date(first + n * 1000),
    })),
  )
}
