// Reading a Linux library (ELF of 64 bits, little-endian): its processor, needed libraries, symbol versions, imports, and the flags
// that the loader obeys.

const SECTION = { symbols: 2, dynamic: 6, importsAndExports: 11, versions: 0x6ffffffe }
const SEGMENT = { load: 1, stack: 0x6474e551, relro: 0x6474e552 }
const TAG = { needed: 1, rpath: 15, textRelocations: 22, bindNow: 24, runpath: 29, flags: 30, flags1: 0x6ffffffb }
/** The machines by their numbers in the header, in the words of Node. */
const MACHINES = { 62: 'x64', 183: 'arm64' }
const EXECUTABLE = 1
const WRITABLE = 2

/**
 * The facts of a library.
 * @param {Buffer} file
 */
export function readElf(file) {
  if (file.subarray(0, 6).toString('latin1') !== '\x7fELF\x02\x01')
    throw new Error('its first bytes are not those of ELF')
  const segments = table(file, { offset: 32, size: 54, count: 56 }).map(at => ({
    type: file.readUInt32LE(at),
    flags: file.readUInt32LE(at + 4),
  }))
  const sections = table(file, { offset: 40, size: 58, count: 60 }).map(at => ({
    type: file.readUInt32LE(at + 4),
    offset: number(file, at + 24),
    size: number(file, at + 32),
    link: file.readUInt32LE(at + 40),
    count: file.readUInt32LE(at + 44),
  }))
  const found = type => sections.find(section => section.type === type)
  const dynamic = found(SECTION.dynamic)
  const imported = found(SECTION.importsAndExports)
  if (!dynamic || !imported) throw new Error('it has no table of sections, or is not a shared library')

  const entries = dynamicEntries(file, dynamic)
  const names = tag =>
    entries.filter(entry => entry.tag === tag).map(({ value }) => text(file, sections[dynamic.link], value))
  const has = (tag, bits = 0) => entries.some(entry => entry.tag === tag && (entry.value & bits) === bits)
  const stack = segments.find(({ type }) => type === SEGMENT.stack)
  const machine = file.readUInt16LE(18)
  return {
    cpu: MACHINES[machine] ?? `machine ${machine}`,
    needed: names(TAG.needed),
    searched: [...names(TAG.rpath), ...names(TAG.runpath)],
    versions: neededVersions(file, sections, found(SECTION.versions)),
    imports: importedNames(file, sections, imported),
    hasSymbolTable: found(SECTION.symbols) !== undefined,
    // Without this segment the loader makes the stack of the whole process executable.
    hasExecutableStack: !stack || (stack.flags & EXECUTABLE) !== 0,
    hasWritableCode:
      has(TAG.textRelocations) ||
      has(TAG.flags, 4) ||
      segments.some(({ type, flags }) => type === SEGMENT.load && flags & EXECUTABLE && flags & WRITABLE),
    hasFullRelro:
      segments.some(({ type }) => type === SEGMENT.relro) &&
      (has(TAG.bindNow) || has(TAG.flags, 8) || has(TAG.flags1, 1)),
  }
}

/** The places of a table's entries; its own place, the size of an entry and their number stand in the header. */
function table(file, { offset, size, count }) {
  const start = number(file, offset)
  const step = file.readUInt16LE(size)
  return Array.from({ length: file.readUInt16LE(count) }, (_, index) => start + index * step)
}

function dynamicEntries(file, { offset, size }) {
  const entries = []
  for (let at = offset; at < offset + size && number(file, at) !== 0; at += 16)
    entries.push({ tag: number(file, at), value: number(file, at + 8) })
  return entries
}

/** The versions of symbols that the library asks for, such as GLIBC_2.17. */
function neededVersions(file, sections, section) {
  const versions = []
  let library = section?.offset
  for (let left = section?.count ?? 0; left > 0; left -= 1) {
    let version = library + file.readUInt32LE(library + 8)
    for (let more = file.readUInt16LE(library + 2); more > 0; more -= 1) {
      versions.push(text(file, sections[section.link], file.readUInt32LE(version + 8)))
      version += file.readUInt32LE(version + 12)
    }
    library += file.readUInt32LE(library + 12)
  }
  return versions
}

/** The names of the symbols that another library or the program has to define. */
function importedNames(file, sections, { offset, size, link }) {
  const names = []
  for (let at = offset; at < offset + size; at += 24) {
    const isDefined = file.readUInt16LE(at + 6) !== 0
    if (!isDefined) names.push(text(file, sections[link], file.readUInt32LE(at)))
  }
  return names
}

const number = (file, at) => Number(file.readBigUInt64LE(at))

function text(file, strings, at) {
  const start = strings.offset + at
  return file.toString('latin1', start, file.indexOf(0, start))
}
