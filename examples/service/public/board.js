// The page: asks the API and shows what it says. Text goes in by textContent alone, so that none of it is ever HTML.
const STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled']
const find = (selector, inside = document) => inside.querySelector(selector)
const copy = template => find(template).content.cloneNode(true).firstElementChild

/** Asks the API; an error has its message, and the fields it is about. */
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

/** Runs the action of a person; a failure is shown at its place. */
async function attempt(work) {
  const alert = find('#error')
  alert.hidden = true
  for (const field of find('#create').elements) field.removeAttribute('aria-invalid')
  try {
    await work()
  } catch (error) {
    alert.textContent = error.message
    alert.hidden = false
    for (const name of error.columns ?? []) find('#create').elements[name]?.setAttribute('aria-invalid', 'true')
  }
}

/** The status that is shown; nothing is all. */
let shown = ''
/** Where the next page begins. */
let next = null
/** Which list was asked for last: an answer that comes late is not shown any more. */
let asked = 0

async function showCounts() {
  const counts = new Map((await api('GET', 'counts')).map(({ status, count }) => [status, count]))
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const choices = ['', ...STATUSES].map(status => {
    const choice = copy('#choice')
    const input = find('input', choice)
    input.value = status
    input.checked = status === shown
    input.onchange = () => {
      shown = status
      attempt(showTasks)
    }
    find('span', choice).textContent = status || 'all'
    find('b', choice).textContent = status ? (counts.get(status) ?? 0) : all
    return choice
  })
  const focused = find('#filter').contains(document.activeElement)
  find('#filter').replaceChildren(find('legend'), ...choices)
  if (focused) find('#filter input:checked').focus()
}

/** The first page, or with `after` the next one. */
async function showTasks(after) {
  const query = new URLSearchParams({ ...(shown && { status: shown }), ...(after && { after }) })
  const mine = ++asked
  const page = await api('GET', `tasks?${query}`)
  if (mine !== asked) return
  const items = page.rows.map(taskItem)
  const list = find('#tasks')
  if (after) list.append(...items)
  else list.replaceChildren(...items)
  next = page.next
  find('#more').hidden = next === null
  const count = list.children.length
  find('#summary').textContent = count ? `${count} shown${next ? ', and there are more' : ''}` : 'No tasks'
}

const showAll = () => Promise.all([showCounts(), showTasks()])

/** The title of a task: its payload is any JSON. */
const titleOf = ({ payload, type }) => (typeof payload?.title === 'string' ? payload.title : type)

function taskItem(task) {
  const item = copy('#task')
  const title = titleOf(task)
  find('h2', item).textContent = title
  find('.about', item).textContent =
    `${task.type} · priority ${task.priority} · ${new Date(task.createdAt).toLocaleString()}`
  const select = find('select', item)
  select.setAttribute('aria-label', `Status of ${title}`)
  select.dataset.status = task.status
  select.append(...STATUSES.map(status => new Option(status, status, false, status === task.status)))
  select.onchange = () =>
    attempt(async () => {
      try {
        await api('PATCH', `tasks/${task.id}`, { status: select.value, from: task.status })
      } finally {
        // Also when somebody else was quicker: then this is what they did.
        await showAll()
      }
    })
  find('summary b', item).textContent = task._count.events
  const details = find('details', item)
  details.ontoggle = () => details.open && attempt(() => showEvents(task, find('ol', item)))
  return item
}

async function showEvents(task, list) {
  list.setAttribute('aria-label', `Events of ${titleOf(task)}`)
  const events = await api('GET', `tasks/${task.id}/events`)
  list.replaceChildren(
    ...events.map(event => {
      const line = document.createElement('li')
      const what = event.fromStatus ? `${event.fromStatus} → ${event.toStatus}` : event.kind
      line.textContent = `${what}, ${new Date(event.createdAt).toLocaleString()}`
      return line
    }),
  )
}

find('#create').onsubmit = event => {
  event.preventDefault()
  const form = event.target
  const { title, type, priority } = Object.fromEntries(new FormData(form))
  attempt(async () => {
    await api('POST', 'tasks', { title, type, priority: priority === '' ? 0 : Number(priority) })
    form.reset()
    await showAll()
    form.elements.title.focus()
  })
}
find('#more').onclick = () => attempt(() => showTasks(next))
attempt(showAll)
