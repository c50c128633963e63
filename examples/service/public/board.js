// The page: asks the API and shows its answers. Text goes in by textContent alone, so that none of it is ever HTML.
const STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled']
const find = (selector, inside = document) => inside.querySelector(selector)
const copy = template => find(template).content.cloneNode(true).firstElementChild
const [form, search, list] = ['#create', '#search', '#tasks'].map(selector => find(selector))

/** The choice of tasks that is shown, as in the address of the page: a status, and a text in the title. Empty is all. */
const view = { status: '', q: '' }
/** The rows of the list by the ids of their tasks. A change of one leaves the others, the scroll and the focus alone. */
const rows = new Map()
/** Where the next page begins; null if there is none. */
let next = null
/** The number of the newest question for the list, and for the counts: an older answer that comes later is dropped. */
const newest = { list: 0, counts: 0 }

/** Asks the API; an error has words for people, and the names of the fields that it is about. */
async function api(method, path, body) {
  const init = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`api/${path}`, { method, ...init }).catch(() => {
    throw new Error('The service does not answer.')
  })
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  const { message = `The service answered ${response.status}.`, columns = [] } = answer.error ?? {}
  throw Object.assign(new Error(message), { columns })
}

/** The view as the query of a URL, with more. */
const query = more => new URLSearchParams(Object.entries({ ...view, ...more }).filter(([, value]) => value))

/* What happens, in words. */

/** Runs the action of a person. A failure is shown at its fields, else in a note, from where `again` repeats it. */
async function attempt(work, again) {
  closeNote()
  try {
    await work()
  } catch (error) {
    const faulty = [...form.elements].filter(field => error.columns?.includes(field.name))
    for (const field of faulty) mark(field, error.message)
    if (faulty.length) return faulty[0].focus()
    say('')
    focused = document.activeElement
    find('#error').hidden = false
    find('#error p').textContent = error.message
    find('#again').hidden = !again
    find('#again').onclick = () => attempt(again, again)
  }
}

/** The element that had the focus when the note of a failure opened. */
let focused = null

function closeNote() {
  const note = find('#error')
  if (note.contains(document.activeElement)) focused?.focus()
  note.hidden = true
}

/** Shows what is wrong with a field; nothing is wrong if there are no words. */
function mark(field, words) {
  if (!field.name) return
  find(`#${field.name}-fault`).textContent = words
  if (words) field.setAttribute('aria-invalid', 'true')
  else field.removeAttribute('aria-invalid')
}

let quiet
/** A note about what happened, for some seconds. */
function say(words) {
  find('#news').textContent = words
  clearTimeout(quiet)
  quiet = setTimeout(() => say(''), 8000)
}

/* The list. */

const load = () => Promise.all([loadTasks(), loadCounts()])

/** Whether the first page is on its way. */
let startsAnew = false

/** Loads the first page, or with `after` the next one behind the rows that are shown. */
async function loadTasks(after) {
  const mine = ++newest.list
  list.ariaBusy = 'true'
  startsAnew = !after
  // The next page is one of the rows that are shown: of others, if this load fails.
  if (!after) {
    next = null
    find('#more').hidden = true
  }
  const page = await api('GET', `tasks?${query({ after })}`).finally(() => {
    if (mine !== newest.list) return
    list.ariaBusy = 'false'
    startsAnew = false
  })
  if (mine !== newest.list) return
  if (!after) {
    rows.clear()
    list.replaceChildren()
  }
  const added = page.rows.filter(task => !rows.has(task.id)).map(rowOf)
  list.append(...added.map(row => row.item))
  next = page.next
  summarize()
  // The button that had the focus is gone with the last page.
  if (after && !next) find('select', added[0]?.item ?? list.lastElementChild).focus()
}

async function loadCounts() {
  const mine = ++newest.counts
  const answer = await api('GET', `counts?${query({ status: '' })}`)
  if (mine !== newest.counts) return
  const counts = new Map(answer.map(({ status, count }) => [status, count]))
  counts.set(
    '',
    [...counts.values()].reduce((sum, count) => sum + count, 0),
  )
  for (const choice of find('#filter').querySelectorAll('label'))
    find('b', choice).textContent = counts.get(find('input', choice).value) ?? 0
}

/** Says how many rows are shown. An empty list says why, and offers the way on. */
function summarize() {
  const narrowed = view.status !== '' || view.q !== ''
  const asked = [view.status && `the status ${view.status}`, view.q && `“${view.q}” in the title`].filter(Boolean)
  const none = narrowed ? `No tasks with ${asked.join(' and ')}.` : 'The board is empty.'
  find('#summary').textContent = rows.size ? `${rows.size} shown${next ? ', and there are more' : ''}` : none
  find('#more').hidden = next === null
  find('#clear').hidden = rows.size > 0 || !narrowed
  find('#first').hidden = rows.size > 0 || narrowed
}

/* One task. */

/** The title of a task: its payload is any JSON. */
const titleOf = ({ payload, type }) => (typeof payload?.title === 'string' ? payload.title : type)
const momentOf = text => new Date(text).toLocaleString()

/** The row of a task. `changes` is the number of statuses that were chosen, and wait for their turn. */
function rowOf(task) {
  const item = copy('#task')
  const select = find('select', item)
  select.append(...STATUSES.map(status => new Option(status)))
  const row = { item, changes: 0 }
  item.dataset.id = task.id
  rows.set(task.id, row)
  show(row, task)
  let before = Promise.resolve()
  select.onchange = () => {
    // One after the other: arrow keys choose faster than the service answers.
    const status = select.value
    row.changes++
    before = before.then(() => attempt(() => change(row, status)))
  }
  const details = find('details', item)
  details.ontoggle = () => details.open && attempt(() => showEvents(row))
  return row
}

/** Puts the newest state of its task into a row. */
function show(row, task) {
  row.task = task
  const title = titleOf(task)
  find('h2', row.item).textContent = title
  const left = view.status && task.status !== view.status ? [`not ${view.status} any more`] : []
  find('.about', row.item).textContent = [
    task.type,
    `priority ${task.priority}`,
    momentOf(task.createdAt),
    ...left,
  ].join(' · ')
  const select = find('select', row.item)
  select.setAttribute('aria-label', `Status of ${title}`)
  // A choice that waits for its turn stays as it is.
  if (row.changes === 0) select.value = task.status
  find('summary b', row.item).textContent = task._count.events
}

/** Changes the status of a task. The row stays in its place, whatever the filter, until the list is loaded again. */
async function change(row, status) {
  const { id, status: from } = row.task
  row.changes--
  try {
    show(row, status === from ? row.task : await api('PATCH', `tasks/${id}`, { status, from }))
    say(`“${titleOf(row.task)}” is ${status} now.`)
  } catch (error) {
    // Somebody else was quicker, or the service does not answer: the row shows the stored status.
    show(row, await api('GET', `tasks/${id}`).catch(() => row.task))
    throw error
  } finally {
    // A list that was asked for before the change may not know it.
    await Promise.all([loadCounts(), startsAnew && loadTasks()])
  }
  if (find('details', row.item).open) await showEvents(row)
}

async function showEvents({ item, task }) {
  const events = await api('GET', `tasks/${task.id}/events`)
  const lines = find('ol', item)
  lines.setAttribute('aria-label', `Events of ${titleOf(task)}`)
  lines.replaceChildren(
    ...events.map(event => {
      const line = document.createElement('li')
      const what = event.fromStatus ? `${event.fromStatus} → ${event.toStatus}` : event.kind
      line.textContent = `${what}, ${momentOf(event.createdAt)}`
      return line
    }),
  )
}

/** Puts a new task in its place: the most urgent first, of equal priority the newest. */
function place(task) {
  const title = titleOf(task)
  const upper = text => text.normalize().toUpperCase()
  if ((view.status && view.status !== task.status) || !upper(title).includes(upper(view.q)))
    return say(`“${title}” is created. This filter or search does not show it.`)
  const behind = [...list.children].find(item => rows.get(item.dataset.id).task.priority <= task.priority)
  if (!behind && next) return say(`“${title}” is created. It comes further down in the list.`)
  list.insertBefore(rowOf(task).item, behind ?? null)
  summarize()
  say(`“${title}” is created.`)
}

/* The controls. */

let creating = false
form.onsubmit = event => {
  event.preventDefault()
  if (creating) return
  const { title, type, priority } = form.elements
  for (const field of form.elements) mark(field, '')
  // A priority that is not a number is not a priority either; only an empty one is 0.
  const body = {
    title: title.value,
    type: type.value.trim() || undefined,
    priority: priority.validity.badInput ? null : Number(priority.value),
  }
  attempt(async () => {
    creating = true
    const task = await api('POST', 'tasks', body).finally(() => {
      creating = false
    })
    // After a slow answer the next title may be typed already.
    if (title.value === body.title) form.reset()
    title.focus()
    place(task)
    await loadCounts()
  })
}
form.oninput = ({ target }) => mark(target, '')

/** Shows what the controls ask for, and has it in the address: for a reload, a bookmark and the way back. */
function go({ typed = false } = {}) {
  clearTimeout(typing)
  const status = find('#filter :checked').value
  const q = search.value.trim()
  if (status === view.status && q === view.q) return
  Object.assign(view, { status, q })
  const url = new URL(location.href)
  url.search = query()
  // The letters of one search are one step of the way back.
  if (typed && history.state?.typed) history.replaceState({ typed }, '', url)
  else history.pushState({ typed }, '', url)
  attempt(load, load)
}

let typing
search.oninput = () => {
  clearTimeout(typing)
  typing = setTimeout(() => go({ typed: true }), 250)
}
find('#filter').onchange = () => go()
find('#find').onsubmit = event => {
  event.preventDefault()
  go({ typed: true })
}
find('#clear').onclick = () => {
  const back = view.q ? search : find('#filter input')
  search.value = ''
  find('#filter input').checked = true
  back.focus()
  go()
}
find('#first').onclick = () => form.elements.title.focus()
find('#more').onclick = () => {
  if (list.ariaBusy !== 'true') attempt(() => loadTasks(next))
}
find('#close').onclick = closeNote

for (const status of ['', ...STATUSES]) {
  const choice = copy('#choice')
  find('input', choice).value = status
  find('span', choice).textContent = status || 'all'
  find('#filter').append(choice)
}

/** Shows what the address asks for. */
function start() {
  clearTimeout(typing)
  const given = new URLSearchParams(location.search)
  view.status = STATUSES.find(status => status === given.get('status')) ?? ''
  view.q = given.get('q')?.trim() ?? ''
  search.value = view.q
  find(`#filter input[value="${view.status}"]`).checked = true
  attempt(load, load)
}
window.onpopstate = start
start()
