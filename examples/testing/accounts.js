// The application under test.

/** Moves an amount from one account to another; fails with CHECK_VIOLATION if there is not enough. `db` is a database or a session. */
export function transfer(db, fromId, toId, amount) {
  return db.transaction(
    async tx => {
      // The lower id first: two transfers between the same accounts wait for each other, and do not block each other.
      for (const id of [fromId, toId].sort((a, b) => a - b)) {
        const { balance } = await tx.accounts.get(id)
        await tx.accounts.update(id, { balance: balance + (id === toId ? amount : -amount) })
      }
      return tx.transfers.create({ fromId, toId, amount })
    },
    // A transaction that another one overtook is run again.
    db.commit ? {} : { isolation: 'repeatable read', retries: 10 },
  )
}
