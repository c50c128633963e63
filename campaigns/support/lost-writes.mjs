// The content of files after a loss of the page cache, from a record of all writes: what was synced is there; of what was not, none, all,
// or some of its sectors.
import { dirname } from 'node:path'

const HEAD = 19
const SECTOR = 512

/** How much of what was not synced is there after the loss. */
export const LOSSES = ['none', 'some', 'all']

/** The records of shims/recorded-calls.c. */
export function recordsOf(bytes) {
  const records = []
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const kind = String.fromCharCode(bytes[at])
    const pathLength = bytes.readUInt16LE(at + 1)
    const place = Number(bytes.readBigInt64LE(at + 3))
    const length = Number(bytes.readBigInt64LE(at + 11))
    const path = bytes.toString('utf8', at + HEAD, at + HEAD + pathLength)
    at += HEAD + pathLength
    const data = kind === 'W' ? bytes.subarray(at, at + length) : undefined
    if (data) at += length
    records.push({ kind, path, place, data })
  }
  return records
}

/** The bytes of a file, which grow with what is written. */
class Content {
  #bytes = Buffer.alloc(0)
  #length = 0

  constructor(other) {
    if (other) {
      this.#bytes = Buffer.from(other.bytes)
      this.#length = this.#bytes.length
    }
  }

  get bytes() {
    return this.#bytes.subarray(0, this.#length)
  }

  #reach(length) {
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(2 * length)
      this.bytes.copy(larger)
      this.#bytes = larger
    }
    this.#length = Math.max(this.#length, length)
  }

  /** Takes over a record: a write, or a cut, which also makes a file longer. */
  take({ kind, place, data }) {
    if (kind === 'W') {
      this.#reach(place + data.length)
      data.copy(this.#bytes, place)
    } else if (place >= this.#length) this.#reach(place)
    else {
      this.#bytes.fill(0, place, this.#length)
      this.#length = place
    }
  }
}

/** Files as they are on the disk: what is synced of each, what is not, and whether it was deleted. */
export class Disk {
  #files = new Map()

  #file(path) {
    let file = this.#files.get(path)
    if (!file) {
      file = { synced: new Content(), pending: [], isDeleted: false }
      this.#files.set(path, file)
    }
    return file
  }

  take(record) {
    const { kind, path } = record
    switch (kind) {
      case 'C':
        if (this.#files.get(path)?.isDeleted) this.#files.delete(path)
        this.#file(path)
        break
      case 'W':
      case 'T':
        this.#file(path).pending.push(record)
        break
      case 'U':
        this.#file(path).isDeleted = true
        break
      case 'S': {
        // A sync of a folder makes its deletions last.
        for (const [other, { isDeleted }] of this.#files)
          if (isDeleted && dirname(other) === path) this.#files.delete(other)
        const file = this.#files.get(path)
        for (const pending of file?.pending.splice(0) ?? []) file.synced.take(pending)
      }
    }
  }

  /** The files after a loss, path to bytes. */
  lost(loss, below) {
    const survives = () => loss === 'all' || (loss === 'some' && below(2) === 0)
    const files = new Map()
    for (const [path, { synced, pending, isDeleted }] of this.#files) {
      if (isDeleted && survives()) continue
      const content = new Content(synced)
      for (const record of pending) {
        if (record.kind === 'T') {
          if (survives()) content.take(record)
          continue
        }
        for (let at = 0; at < record.data.length; at += SECTOR) {
          const data = record.data.subarray(at, at + SECTOR)
          if (survives()) content.take({ kind: 'W', place: record.place + at, data })
        }
      }
      files.set(path, content.bytes)
    }
    return files
  }
}
