// The work of the program with its database: each function takes a database, a transaction or a session.

/** Adds a task to a list, which is created if it is new. Both or neither. */
export function add(db, listName, title) {
  return db.transaction(async tx => {
    const list = await tx.lists.upsert({ name: listName }, { on: ['name'] })
    return tx.tasks.create({ listId: list.id, title })
  })
}

/** The open tasks with their lists, the oldest first. */
export function open(db) {
  return db.tasks.list({ where: { done: false }, orderBy: { createdAt: 'asc', id: 'asc' }, include: { list: true } })
}

/** Marks a task as done. Fails with NOT_FOUND if there is no such task. */
export function finish(db, id) {
  return db.tasks.update(id, { done: true })
}
