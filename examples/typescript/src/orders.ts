// Orders: placed and cancelled in one transaction each, and read with their products. The types follow from the models.
import type { Row, RowOf, Tx } from 'plinth'
import type { Models, orders } from './models.js'

/** The wish of a customer: products by name, with quantities. */
export interface Wish {
  product: string
  quantity: number
}

/** Not enough of a product, or no such product. */
export class OutOfStock extends Error {
  constructor(readonly product: string) {
    super(`There is not enough of ${product}.`)
  }
}

/** Places an order and takes its products from the stock, all or nothing. `db` is a database, a transaction or a session. */
export function place(db: Tx<Models>, email: string, wishes: Wish[]): Promise<Row<typeof orders>> {
  return db.transaction(async tx => {
    const order = await tx.orders.create({ email })
    for (const { product: name, quantity } of wishes) {
      const product = await tx.products.find({ where: { name, stock: { gte: quantity } } })
      if (!product) throw new OutOfStock(name)
      await tx.products.update(product.id, { stock: product.stock - quantity })
      await tx.lines.create({ orderId: order.id, productId: product.id, quantity, price: product.price })
    }
    return order
  })
}

/** Cancels an order that was not sent, and gives its products back. Says whether it did. */
export function cancel(db: Tx<Models>, id: RowOf<Models, 'orders'>['id']): Promise<boolean> {
  return db.transaction(async tx => {
    const cancelled = await tx.orders.updateMany({ where: { id, status: 'placed' } }, { status: 'cancelled' })
    if (cancelled === 0) return false
    for (const { product, quantity } of await tx.lines.list({ where: { orderId: id }, include: { product: true } }))
      await tx.products.update(product.id, { stock: product.stock + quantity })
    return true
  })
}

/** An order in words, a line for each product. */
export async function receipt(db: Tx<Models>, id: number): Promise<string[]> {
  const order = await db.orders.get(id, { include: { lines: { include: { product: true } } } })
  return order ? order.lines.map(line => `${line.quantity} x ${line.product.name} at ${line.price}`) : []
}
