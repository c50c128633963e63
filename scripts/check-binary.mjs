// The faults of a Linux binary that keep it from being published: it is for another processor, asks for too much of the
// system, shows how it was built, or is easier to attack than it has to be.
import { readFileSync } from 'node:fs'
import { buildPathsIn } from './build-paths.mjs'
import { readElf } from './elf.mjs'

/** The parts of glibc itself. Everything else may be absent in a small image. */
const GLIBC = /^(lib(c|m|dl|rt|pthread)\.so\.\d|ld-linux[\w-]*\.so\.\d)$/

/**
 * Each fault as a line. `glibc` is the lowest version that the binary has to run on; without it the binary is one for musl.
 * @param {string} path
 * @param {{ cpu: string, glibc?: string }} platform
 */
export function faultsOf(path, { cpu, glibc }) {
  const file = readFileSync(path)
  let facts
  try {
    facts = readElf(file)
  } catch (error) {
    return [`expected a library for Linux of 64 bits, found another file: ${error.message}`]
  }
  const versions = facts.versions.filter(version => version.startsWith('GLIBC_'))
  const above = versions
    .filter(version => !glibc || isAbove(version.slice('GLIBC_'.length), glibc))
    .sort((left, right) => left.localeCompare(right, 'en', { numeric: true }))
  const foreign = glibc ? facts.needed.filter(name => !GLIBC.test(name)) : []
  const paths = buildPathsIn(file)
  return [
    facts.cpu !== cpu && `expected a binary for ${cpu}, found one for ${facts.cpu}`,
    above.length && `expected symbols of ${glibc ? `GLIBC_${glibc} at most` : 'musl'}, found ${above.join(', ')}`,
    foreign.length && `expected only libraries of glibc, found ${foreign.join(', ')}`,
    facts.searched.length && `expected no search path of libraries, found ${facts.searched.join(', ')}`,
    paths.length && `expected no paths of this machine, found ${paths.join(', ')}`,
    facts.hasSymbolTable && 'expected no symbol table, found one',
    facts.hasExecutableStack && 'expected a stack without code (NX), found an executable one',
    facts.hasWritableCode && 'expected code that is read-only, found code that can be written',
    !facts.hasFullRelro && 'expected full RELRO, found none, or one that binds lazily',
    !facts.imports.includes('__stack_chk_fail') && 'expected the stack protector in the C code, found none',
  ].filter(Boolean)
}

/** Whether a version as 2.34 is above another one. */
function isAbove(version, limit) {
  const [major, minor = 0] = version.split('.').map(Number)
  const [most, least] = limit.split('.').map(Number)
  // GLIBC_PRIVATE and its like have no number: they are of one build of glibc.
  return Number.isNaN(major) || major > most || (major === most && minor > least)
}
