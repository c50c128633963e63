// Titles of tasks, and the search for a text in them: whatever its case, and alike on both databases.

/** The payload of a task with this title. The search reads `search`, which is the title in one case. */
export const titled = title => ({ title, search: folded(title) })

/** The condition on tasks with this text in their title. Tasks of other programs have no `search`: their title is compared as it is. */
export const inTitle = text => ({
  or: [{ payload: { path: ['search'], contains: folded(text) } }, { payload: { path: ['title'], contains: text } }],
})

/** Upper case, since the lower case of a Greek sigma depends on its place in the word. */
const folded = text => text.normalize().toUpperCase()
