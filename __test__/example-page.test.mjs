// The example's page behaves as people expect: what they look at and type stays, faults stand at their fields, all can be read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTask } from 'plinth/models'
import { becomes, board, create, item, many, shows, skip } from './support/board.mjs'

const WIDTHS = [320, 768, 1280]

/** The name of the element that has the focus. */
const focused = page =>
  page.evaluate(() => {
    const { labels, ariaLabel, textContent } = document.activeElement
    return labels?.[0]?.textContent ?? ariaLabel ?? textContent.trim()
  })

/** The words that describe a field; null if it is not marked as faulty. */
const fault = field =>
  field.evaluate(it =>
    it.getAttribute('aria-invalid') === 'true'
      ? document.getElementById(it.getAttribute('aria-describedby')).textContent
      : null,
  )

test('after a status changes at row 250 rows, scroll and focus are those of before', { skip }, async t => {
  const { db, page, wrong, items } = await board(t, db => many(db, 300))
  const more = page.getByRole('button', { name: 'More' })
  for (let shown = 40; shown <= 260; shown += 20) {
    await more.click()
    await page.getByText(`${shown} shown`).waitFor()
  }
  const select = items.nth(249).getByRole('combobox')
  await select.focus()
  const before = await page.evaluate(() => {
    window.rowsOfBefore = [...document.querySelectorAll('#tasks > li')]
    return window.scrollY
  })
  assert.ok(before > 5000, 'the page is scrolled')
  await select.selectOption('running')
  await page.getByRole('radio', { name: /running 1/ }).waitFor()
  await page.getByText('“task 51” is running now.').waitFor()
  const after = await page.evaluate(() => ({
    scroll: window.scrollY,
    same: [...document.querySelectorAll('#tasks > li')].every((row, n) => row === window.rowsOfBefore[n]),
    rows: document.querySelectorAll('#tasks > li').length,
    focus: document.activeElement.ariaLabel,
  }))
  assert.deepEqual(after, { scroll: before, same: true, rows: 260, focus: 'Status of task 51' })
  await items.nth(249).getByText('Events 1').waitFor()
  assert.equal(await db.tasks.count({ where: { status: 'running' } }), 1)
  await more.click()
  await page.getByText('280 shown').waitFor()
  assert.equal(await more.evaluate(it => it === document.activeElement), true, 'the button keeps the focus')
  assert.deepEqual(wrong, [])
})

test('a row that leaves the filter stays in its place until the list is loaded again', { skip }, async t => {
  const { page, wrong } = await board(t, db => many(db, 3))
  await page.getByRole('radio', { name: /pending 3/ }).check()
  await page.locator('#tasks[aria-busy=false]').waitFor()
  await page.getByLabel('Status of task 2').selectOption('failed')
  await item(page, 'task 2').getByText('not pending any more').waitFor()
  await page.getByRole('radio', { name: /pending 2/ }).waitFor()
  await shows(page, ['task 3', 'task 2', 'task 1'])
  await page.reload()
  await shows(page, ['task 3', 'task 1'])
  assert.deepEqual(wrong, [])
})

test('a status that changes while the list is loaded is that of the list', { skip }, async t => {
  const { page, wrong } = await board(t, db => many(db, 3))
  let first = true
  await page.route('**/api/tasks?*', async route => {
    if (!first) return route.continue()
    first = false
    // The list of before the change, which comes after it.
    const response = await route.fetch()
    await new Promise(resolve => setTimeout(resolve, 500))
    await route.fulfill({ response }).catch(() => {})
  })
  await page.getByRole('radio', { name: /pending 3/ }).check()
  await page.getByLabel('Status of task 2').selectOption('failed')
  await shows(page, ['task 3', 'task 1'])
  await new Promise(resolve => setTimeout(resolve, 700))
  await shows(page, ['task 3', 'task 1'])
  assert.deepEqual(wrong, [])
})

test('arrow keys may choose faster than the service answers', { skip }, async t => {
  const { db, page, wrong } = await board(t, db => many(db, 1))
  await page.route('**/api/tasks/*', async route => {
    await new Promise(resolve => setTimeout(resolve, 100))
    await route.continue()
  })
  await page.getByLabel('Status of task 1').focus()
  for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowDown')
  await page.getByRole('radio', { name: /failed 1/ }).waitFor()
  assert.equal(await page.getByLabel('Status of task 1').inputValue(), 'failed')
  assert.equal(await page.getByRole('alert').count(), 0)
  assert.deepEqual(
    (await db.taskEvents.list({ orderBy: { id: 'asc' } })).map(event => event.toStatus),
    ['running', 'succeeded', 'failed'],
  )
  assert.deepEqual(wrong, [])
})

test('a new task comes to its place, and the loaded rows stay', { skip }, async t => {
  const { page, wrong, items } = await board(t, db => many(db, 50))
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('40 shown').waitFor()
  await create(page, 'Later', { priority: '-1' })
  await page.getByText('“Later” is created. It comes further down in the list.').waitFor()
  await create(page, 'Urgent', { priority: '5' })
  await create(page, 'Newest', { priority: '0' })
  await page.getByText('42 shown').waitFor()
  assert.deepEqual((await page.getByRole('heading', { level: 2 }).allTextContents()).slice(0, 3), [
    'Urgent',
    'Newest',
    'task 50',
  ])
  assert.equal(await focused(page), 'Title')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('53 shown').waitFor()
  assert.equal(await items.last().getByRole('heading').textContent(), 'Later')
  await page.getByRole('radio', { name: /running 0/ }).check()
  await page.getByText('No tasks').waitFor()
  await create(page, 'Hidden')
  await page.getByText('“Hidden” is created. This filter or search does not show it.').waitFor()
  assert.equal(await items.count(), 0)
  assert.deepEqual(wrong, [])
})

test('the faulty field has the focus, and words for people', { skip }, async t => {
  const { db, page, wrong } = await board(t)
  const [title, type, priority] = ['Title', 'Type', 'Priority'].map(name => page.getByLabel(name))
  const faults = async () => [await fault(title), await fault(type), await fault(priority)]
  await create(page, '   ')
  await becomes(page, ['A task needs a title.', null, null], faults)
  assert.equal(await focused(page), 'Title')
  await page.keyboard.type('Half')
  assert.deepEqual(await faults(), [null, null, null], 'a field that is being corrected is not faulty any more')
  const whole = 'Use a whole number of at most 15 digits, such as 5.'
  await create(page, 'Half', { priority: '1.5' })
  await becomes(page, [null, null, whole], faults)
  assert.equal(await focused(page), 'Priority')
  assert.equal(await title.inputValue(), 'Half', 'the typed text stays')
  await create(page, 'Half', { priority: '1', type: 'x'.repeat(101) })
  await becomes(page, [null, 'Use at most 100 characters.', null], faults)
  assert.equal(await focused(page), 'Type')
  // No number at all: the browser has no value of it.
  await type.fill('todo')
  await priority.fill('')
  await priority.pressSequentially('1e')
  await page.keyboard.press('Enter')
  await becomes(page, [null, null, whole], faults)
  assert.equal(await db.tasks.count(), 0)
  await create(page, 'Whole', { priority: '1' })
  await shows(page, ['Whole'])
  assert.equal(await page.getByRole('alert').count(), 0)
  assert.deepEqual(wrong, [])
})

test('a form that is sent twice at once makes one task', { skip }, async t => {
  const { db, page } = await board(t)
  await page.route('**/api/tasks', async route => {
    await new Promise(resolve => setTimeout(resolve, 200))
    await route.continue()
  })
  await page.getByLabel('Title').fill('Once')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await shows(page, ['Once'])
  await page.waitForTimeout(300)
  assert.equal(await db.tasks.count(), 1)
})

test('an empty board invites, an empty filter or search names itself and can be cleared', { skip }, async t => {
  const { page, wrong } = await board(t)
  const status = page.getByRole('status')
  const clear = page.getByRole('button', { name: 'Show all tasks' })
  assert.equal(await status.textContent(), 'The board is empty.')
  assert.equal(await clear.isHidden(), true)
  await page.getByRole('button', { name: 'Write the first task' }).click()
  assert.equal(await focused(page), 'Title')
  await create(page, 'Call Ada')
  await shows(page, ['Call Ada'])
  assert.equal(await page.getByRole('button', { name: 'Write the first task' }).isHidden(), true)

  await page.getByRole('radio', { name: /failed 0/ }).check()
  await status.getByText('No tasks with the status failed.').waitFor()
  await clear.click()
  await shows(page, ['Call Ada'])
  assert.match(await focused(page), /all 1/)

  await page.getByLabel('Search').fill('Grace')
  await status.getByText('No tasks with “Grace” in the title.').waitFor()
  await page.getByRole('radio', { name: /failed 0/ }).check()
  await status.getByText('No tasks with the status failed and “Grace” in the title.').waitFor()
  await clear.click()
  await shows(page, ['Call Ada'])
  assert.equal(await focused(page), 'Search')
  assert.equal(new URL(page.url()).search, '')
  assert.deepEqual(wrong, [])
})

test('a search is in the address: it survives a reload, and the way back', { skip }, async t => {
  const { page, wrong } = await board(t)
  for (const title of ['Water the plants', 'Call Ada', 'CALLED already']) {
    await create(page, title)
    await item(page, title).waitFor()
  }
  const asked = []
  page.on('request', request => {
    if (request.url().includes('/api/tasks?')) asked.push(new URL(request.url()).searchParams.get('q'))
  })
  await page.getByLabel('Search').pressSequentially('call', { delay: 20 })
  await shows(page, ['CALLED already', 'Call Ada'])
  assert.deepEqual(asked, ['call'], 'one question, not one for each letter')
  assert.equal(await focused(page), 'Search')
  await page.getByRole('radio', { name: /all 2/ }).waitFor()
  await page.reload()
  await shows(page, ['CALLED already', 'Call Ada'])
  assert.equal(await page.getByLabel('Search').inputValue(), 'call')

  await page.getByLabel('Status of Call Ada').selectOption('running')
  await page.getByRole('radio', { name: /running 1/ }).check()
  await shows(page, ['Call Ada'])
  assert.equal(new URL(page.url()).search, '?status=running&q=call')
  await page.goto('about:blank')
  await page.goBack()
  await shows(page, ['Call Ada'])
  assert.equal(await page.getByRole('radio', { name: /running/ }).isChecked(), true)
  await page.goBack()
  await shows(page, ['CALLED already', 'Call Ada'])
  assert.equal(await page.getByRole('radio', { name: /all/ }).isChecked(), true)
  await page.goBack()
  await shows(page, ['CALLED already', 'Call Ada', 'Water the plants'])
  assert.equal(await page.getByLabel('Search').inputValue(), '')
  await page.goForward()
  await shows(page, ['CALLED already', 'Call Ada'])
  assert.deepEqual(wrong, [])
})

test('a service that does not answer: the row shows its status, the list is asked again', { skip }, async t => {
  const { page, wrong } = await board(t, db => many(db, 2))
  const alert = page.getByRole('alert').filter({ hasText: 'The service does not answer.' })
  await page.route('**/api/**', route => route.abort())
  await page.getByLabel('Status of task 1').selectOption('failed')
  await alert.waitFor()
  assert.equal(await page.getByLabel('Status of task 1').inputValue(), 'pending')
  await page.getByRole('button', { name: 'Close' }).click()
  assert.equal(await alert.count(), 0)
  await page.getByRole('radio', { name: /failed 0/ }).check()
  await alert.waitFor()
  await shows(page, ['task 2', 'task 1'])
  await page.unroute('**/api/**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('No tasks with the status failed.').waitFor()
  assert.equal(await alert.count(), 0)
  assert.match(await focused(page), /failed 0/)
  assert.deepEqual(wrong, [])
})

test('after a filter whose list fails there is no next page, and the list is that of the filter', { skip }, async t => {
  const { page, wrong, items } = await board(t, async db => {
    await many(db, 30)
    await db.tasks.createMany(
      Array.from({ length: 30 }, (_, n) => ({ type: 'todo', status: 'failed', payload: { title: `lost ${n}` } })),
    )
  })
  const more = page.getByRole('button', { name: 'More' })
  await more.waitFor()
  await page.route('**/api/tasks?*', route => route.abort())
  await page.getByRole('radio', { name: /pending 30/ }).check()
  await page.getByRole('alert').filter({ hasText: 'The service does not answer.' }).waitFor()
  assert.equal(await more.isVisible(), false)
  await page.unroute('**/api/tasks?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await more.click()
  await page.getByText('30 shown').waitFor()
  const titles = await items.getByRole('heading').allTextContents()
  assert.deepEqual(
    titles,
    Array.from({ length: 30 }, (_, n) => `task ${30 - n}`),
  )
  assert.deepEqual(wrong, [])
})

/** Long words, a fault, a note of a failure and open events: all that may be too wide or too pale. */
async function crowded(t, options) {
  const made = await board(
    t,
    async db => {
      await createTask(db, { type: 'x'.repeat(100), payload: { title: 'W'.repeat(200) } })
      await createTask(db, { type: 'todo', payload: { title: 'Call Ada' } })
    },
    options,
  )
  const { page, items } = made
  await items.first().getByText('Events 1').click()
  await items.first().getByRole('list').getByRole('listitem').waitFor()
  await create(page, ' ')
  await page.getByRole('alert').filter({ hasText: 'A task needs a title.' }).waitFor()
  await page.route('**/api/tasks/*', route => route.abort())
  await page.getByLabel('Status of Call Ada').selectOption('failed')
  await page.getByRole('button', { name: 'Close' }).waitFor()
  return made
}

test('nothing is wider than the window', { skip }, async t => {
  const { page } = await crowded(t, { viewport: { width: 320, height: 640 } })
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 640 })
    const wider = await page.evaluate(() => {
      const end = document.documentElement.clientWidth
      const seen = [...document.querySelectorAll('body *')].filter(it => it.checkVisibility())
      const over = seen.filter(
        it => it.getBoundingClientRect().right > end + 0.5 || it.scrollWidth > it.clientWidth + 1,
      )
      // Text in a field scrolls within it, and inline elements have no width of their own.
      const faulty = over.filter(it => !['INPUT', 'SELECT', 'OPTION'].includes(it.tagName) && it.clientWidth > 0)
      return [document.documentElement.scrollWidth - end, ...faulty.map(it => it.outerHTML.slice(0, 100))]
    })
    assert.deepEqual(wider, [0], `${width} pixels`)
  }
})

/** The text of a page whose contrast is less than 4.5 to 1, and the edges of its controls of less than 3 to 1: WCAG, level AA. */
function pale() {
  const channels = colour => colour.match(/[\d.]+/g).map(Number)
  const part = it => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)
  const light = ([r, g, b]) => 0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255)
  const contrast = (one, other) => {
    const [less, greater] = [light(one), light(other)].toSorted((a, b) => a - b)
    return (greater + 0.05) / (less + 0.05)
  }
  const isOpaque = ([, , , alpha = 1]) => alpha === 1
  const behind = it => {
    if (!it) return channels(getComputedStyle(document.documentElement).backgroundColor)
    const colour = channels(getComputedStyle(it).backgroundColor)
    return isOpaque(colour) ? colour : behind(it.parentElement)
  }
  const found = { texts: 0, edges: 0, pale: [] }
  for (const it of document.querySelectorAll('body, body *')) {
    if (!it.checkVisibility()) continue
    const { color, borderColor } = getComputedStyle(it)
    const hasText = [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    const check = (kind, colour, ground, least) => {
      found[kind]++
      const ratio = contrast(channels(colour), ground)
      if (ratio < least) found.pale.push(`${it.outerHTML.slice(0, 80)}: ${ratio.toFixed(2)}`)
    }
    if (hasText || it.matches('input')) check('texts', color, behind(it), 4.5)
    if (it.matches('input:not([type="radio"]), select, fieldset label'))
      check('edges', borderColor, behind(it.parentElement), 3)
  }
  return found
}

for (const colorScheme of ['light', 'dark']) {
  test(`all can be read: contrast of at least level AA, ${colorScheme}`, { skip }, async t => {
    const { page } = await crowded(t, { colorScheme })
    const { texts, edges, pale: faulty } = await page.evaluate(pale)
    assert.deepEqual(faulty, [])
    assert.ok(texts > 30 && edges > 10, `${texts} texts, ${edges} edges`)
  })
}
