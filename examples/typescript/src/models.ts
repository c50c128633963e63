// The tables of a shop: products, orders, and the lines of an order.
import { c, model, schema } from 'plinth'

export const products = model('products', {
  id: c.id(),
  name: c.text({ max: 120 }).unique(),
  price: c.decimal(10, 2),
  stock: c.integer().default(0),
})

export const orders = model('orders', {
  id: c.id(),
  email: c.text({ max: 320 }).lowercase(),
  status: c.enum('order_status', ['placed', 'sent', 'cancelled']).default('placed'),
  placedAt: c.timestamp().defaultNow(),
})

export const lines = model('order_lines', {
  id: c.id(),
  orderId: c.integer().references('orders.id', { onDelete: 'cascade' }),
  productId: c.integer().references('products.id', { onDelete: 'restrict' }),
  quantity: c.integer(),
  price: c.decimal(10, 2), // of one, when it was ordered
})

const models = schema(
  { products, orders, lines },
  {
    orders: r => ({ lines: r.many('lines', 'orderId') }),
    lines: r => ({ order: r.one('orders', 'orderId'), product: r.one('products', 'productId') }),
  },
)
export default models
export type Models = typeof models
