// The example's page in a real browser: what a person does on the task board, by the roles and labels that assistive technology sees.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTask, setTaskStatus } from 'plinth/models'
import { board, create, item, many, shows, skip } from './support/board.mjs'

test('create a task, filter, change its status, see its events', { skip }, async t => {
  const { db, page, wrong } = await board(t)
  await shows(page, [])
  await create(page, 'Write the notes', { type: 'report' })
  await shows(page, ['Write the notes'])
  assert.equal(await page.getByLabel('Title').inputValue(), '', 'the form is ready for the next')
  await create(page, 'Call Ada', { priority: '5' })
  await shows(page, ['Call Ada', 'Write the notes'])

  await page.getByLabel('Status of Write the notes').selectOption('running')
  const running = page.getByRole('radio', { name: /running 1/ })
  await running.check()
  await shows(page, ['Write the notes'])
  await page.getByRole('radio', { name: /failed 0/ }).check()
  await shows(page, [])
  assert.equal(await page.getByRole('status').filter({ hasText: 'No tasks' }).count(), 1)
  await page.getByRole('radio', { name: /all 2/ }).check()
  await shows(page, ['Call Ada', 'Write the notes'])

  const notes = item(page, 'Write the notes')
  await notes.getByText('Events 2').click()
  const events = notes.getByRole('list', { name: 'Events of Write the notes' }).getByRole('listitem')
  await events.nth(1).waitFor()
  assert.deepEqual(
    (await events.allTextContents()).map(text => text.split(',')[0]),
    ['created', 'pending → running'],
  )
  const stored = await db.tasks.list({ orderBy: { priority: 'asc' } })
  assert.deepEqual(
    stored.map(task => [task.payload.title, task.type, task.status, task.priority]),
    [
      ['Write the notes', 'report', 'running', 0],
      ['Call Ada', 'todo', 'pending', 5],
    ],
  )
  assert.deepEqual(wrong, [])
})

test('a task that another user has changed shows its status, with an error', { skip }, async t => {
  const { db, page, wrong } = await board(t, db => createTask(db, { type: 'todo', payload: { title: 'Whole' } }))
  const alert = page.getByRole('alert')
  const [task] = await db.tasks.list()
  await setTaskStatus(db, task.id, 'cancelled')
  await page.getByLabel('Status of Whole').selectOption('running')
  await alert.filter({ hasText: 'The task is cancelled by now.' }).waitFor()
  await page.getByRole('radio', { name: /cancelled 1/ }).waitFor()
  assert.equal(await page.getByLabel('Status of Whole').inputValue(), 'cancelled')
  await page.getByLabel('Status of Whole').selectOption('running')
  await page.getByRole('radio', { name: /running 1/ }).waitFor()
  assert.equal(await alert.isHidden(), true)
  assert.deepEqual(wrong, [])
})

test('text that looks like HTML stays text', { skip }, async t => {
  const title = `<img src=x onerror="alert('title')"><script>alert('script')</script>`
  const type = `"><svg onload=alert('type')>`
  const { page, wrong, items } = await board(t, async db => {
    await createTask(db, { type, payload: { title: `${title} of before` } })
    await createTask(db, { type, payload: {} })
    await createTask(db, { type: 'todo', payload: { title: { toString: 1 } } })
    await createTask(db, { type: 'todo', payload: [null] })
  })
  await create(page, title, { type })
  await items.nth(4).waitFor()
  assert.equal(await items.filter({ hasText: title }).count(), 2)
  assert.equal(await items.filter({ hasText: type }).count(), 3)
  await items.first().getByText('Events').click()
  await items.first().getByRole('list').getByRole('listitem').first().waitFor()
  assert.equal(await page.locator('main img, main svg, main script').count(), 0)
  assert.deepEqual(wrong, [])
})

test('many tasks come a page at a time', { skip }, async t => {
  const { page, wrong, items } = await board(t, db => many(db, 45))
  const more = page.getByRole('button', { name: 'More' })
  assert.equal(await items.count(), 20)
  await more.click()
  await page.getByText('40 shown, and there are more').waitFor()
  await more.click()
  await page.getByText('45 shown').waitFor()
  assert.equal(await more.isHidden(), true)
  const titles = await page.getByRole('heading', { level: 2 }).allTextContents()
  assert.equal(new Set(titles).size, 45)
  const focused = await page.evaluate(() => document.activeElement.getAttribute('aria-label'))
  assert.equal(focused, 'Status of task 5', 'the button is gone: the first row of the last page has the focus')
  assert.deepEqual(wrong, [])
})

test('by keyboard alone, and every control has a name', { skip }, async t => {
  const { page, wrong, items } = await board(t)
  await page.keyboard.press('Tab')
  await page.keyboard.type('By keyboard')
  await page.keyboard.press('Enter')
  await shows(page, ['By keyboard'])
  for (let n = 0; n < 3; n++) await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowRight')
  await shows(page, ['By keyboard'])
  assert.equal(await page.getByRole('radio', { name: /pending 1/ }).isChecked(), true)
  for (const role of ['textbox', 'spinbutton', 'button', 'radio', 'combobox']) {
    const controls = page.getByRole(role)
    const named = page.getByRole(role, { name: /\w/ })
    assert.ok((await controls.count()) > 0, role)
    assert.equal(await named.count(), await controls.count(), `every ${role} has a name`)
  }
  assert.equal(await items.count(), 1)
  assert.deepEqual(wrong, [])
})
