// The work of a job. It takes WORK milliseconds, so that there is time to stop a worker in the middle of it.
import { setTimeout as sleep } from 'node:timers/promises'

export async function write(order) {
  await sleep(Number(process.env.WORK ?? 100))
  if (!order) throw new Error('The order does not exist.')
  return `Order ${order.id}: ${order.amount}`
}
