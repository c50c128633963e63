// The check that a Linux binary passes before it is published: small libraries, each with one fault, which the message names.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { lowestGlibc, platforms, thisTriple } from '../scripts/platforms.mjs'
import { installFromPypi } from '../scripts/pypi.mjs'
import { folder, root, run, write } from './support/project.mjs'

const { os, libc } = platforms[thisTriple()] ?? {}
const noBinary = !os && 'no binary is published for this platform'
const skip = os !== 'linux' && 'the check reads the binaries of Linux'

const SOURCE = `
#include <stdio.h>
#include <string.h>
int tiny(const char *text) { char copy[64]; strcpy(copy, text); return puts(copy); }
`
const SOUND = ['-O1', '-fstack-protector-strong', '-Wl,-z,relro,-z,now,-z,noexecstack']

/** A library that is linked by the compiler which Rust links with too. */
function library(t, { source = '', flags = [], name = 'tiny.so', symbols = '-s' } = {}) {
  const cwd = folder(t)
  write(cwd, { 'tiny.c': SOURCE + source })
  const { code, stderr } = run(cwd, 'cc', ['-shared', '-fPIC', symbols, ...SOUND, 'tiny.c', '-o', name, ...flags])
  assert.equal(code, 0, stderr)
  return join(cwd, name)
}

/** The faults that the check prints for a file, without its path; none if it ends with 0. */
function faults(path) {
  const { code, stdout, stderr } = run(root, process.execPath, ['scripts/pack-platform.mjs', '--check', path])
  if (code === 0) assert.deepEqual([stdout, stderr], [`${path}: no faults\n`, ''])
  else assert.deepEqual([code, stdout], [1, ''])
  const lines = stderr.split('\n').filter(Boolean)
  for (const line of lines) assert.ok(line.startsWith(`${path}: `), line)
  return lines.map(line => line.slice(path.length + 2))
}

describe('a binary that is published', { skip }, () => {
  test('has no faults if it is stripped, hardened and asks for an old system', t => {
    assert.deepEqual(faults(library(t)), [])
  })

  test('is for the processor of its platform', t => {
    const path = library(t)
    const found = process.arch
    const other = found === 'x64' ? 'arm64' : 'x64'
    const check = ['scripts/pack-platform.mjs', '--target', thisTriple().replace(found, other), '--check', path]
    const { code, stderr } = run(root, process.execPath, check)
    assert.deepEqual([code, stderr], [1, `${path}: expected a binary for ${other}, found one for ${found}.\n`])

    const file = readFileSync(path)
    // The number of another processor: RISC-V.
    file.writeUInt16LE(243, 18)
    writeFileSync(path, file)
    assert.deepEqual(faults(path), [`expected a binary for ${found}, found one for machine 243.`])
  })

  test('asks for no symbols of a newer glibc', { skip: libc !== 'glibc' && 'musl has no versions' }, t => {
    // getrandom is of 2.25, renameat2 of 2.28.
    const source =
      '#include <sys/random.h>\nint more(char *to) { return getrandom(to, 8, 0) + renameat2(0, to, 0, to, 0); }'
    assert.deepEqual(faults(library(t, { source, flags: ['-D_GNU_SOURCE'] })), [
      `expected symbols of GLIBC_${lowestGlibc} at most, found GLIBC_2.25, GLIBC_2.28.`,
    ])
  })

  test('needs no other libraries, and looks for none elsewhere', { skip: libc !== 'glibc' && 'for glibc alone' }, t => {
    const other = library(t, { flags: ['-Wl,-soname,libother.so.1'], name: 'libother.so' })
    assert.deepEqual(faults(library(t, { flags: ['-Wl,--no-as-needed', other] })), [
      'expected only libraries of glibc, found libother.so.1.',
    ])
    assert.deepEqual(faults(library(t, { flags: ['-Wl,-rpath,/opt/lib'] })), [
      'expected no search path of libraries, found /opt/lib.',
    ])
  })

  test('names no folder of the machine that built it', t => {
    const source = `const char *built_in = "${join(homedir(), 'project', 'file.c')}";`
    assert.deepEqual(faults(library(t, { source })), [
      `expected no paths of this machine, found ${join(homedir(), '/')}.`,
    ])
    const cloned = `const char *built_in = "${join(root, 'target', 'release', 'file.c')}";`
    assert.ok(faults(library(t, { source: cloned }))[0].includes(join(root, 'target', '/')))
  })

  for (const [name, more, expected] of [
    ['has no symbol table', { symbols: '-g' }, 'expected no symbol table, found one.'],
    [
      'has a stack without code',
      { flags: ['-Wl,-z,execstack'] },
      'expected a stack without code (NX), found an executable one.',
    ],
    [
      'has code that is read-only',
      { source: '__asm__(".section .both,\\"awx\\",@progbits\\n nop\\n .text");' },
      'expected code that is read-only, found code that can be written.',
    ],
    ['has RELRO', { flags: ['-Wl,-z,norelro'] }, 'expected full RELRO, found none, or one that binds lazily.'],
    ['binds at once', { flags: ['-Wl,-z,lazy'] }, 'expected full RELRO, found none, or one that binds lazily.'],
    [
      'has the stack protector',
      { flags: ['-fno-stack-protector'] },
      'expected the stack protector in the C code, found none.',
    ],
  ]) {
    test(name, t => assert.deepEqual(faults(library(t, more)), [expected]))
  }

  test('is a whole library', t => {
    const sound = readFileSync(library(t))
    const path = join(folder(t), 'other.node')
    for (const content of ['', 'MZ', sound.subarray(0, 60), sound.subarray(0, sound.length - 500)]) {
      writeFileSync(path, content)
      const [fault, ...more] = faults(path)
      assert.match(fault, /^expected a library for Linux of 64 bits, found another file: /)
      assert.deepEqual(more, [])
    }
  })
})

test('a binary that is not checked never comes into the folder that is published', { skip: noBinary }, t => {
  const published = join(root, 'npm', thisTriple())
  const before = existsSync(published) && statSync(published).mtimeMs
  const { code, stdout, stderr } = run(root, process.execPath, ['scripts/pack-platform.mjs', '--no-build'])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^Add --out <folder>: --no-build does not check the binary/)
  assert.equal(existsSync(published) && statSync(published).mtimeMs, before)
  const out = join(folder(t), 'other')
  const made = run(root, process.execPath, ['scripts/pack-platform.mjs', '--no-build', '--out', out])
  assert.deepEqual(made, { code: 0, stdout: `${out}\n`, stderr: '' })
})

test('a program from PyPI is not taken any more once its list has changed', t => {
  const cwd = folder(t)
  const list = join(cwd, 'list.txt')
  const ask = () => installFromPypi({ folder: join(cwd, 'tools'), list, program: 'program' })
  write(cwd, { 'list.txt': '# the first pin' })
  const first = ask()
  write(first.home, { program: '' })
  assert.deepEqual(ask(), { home: first.home, path: join(first.home, 'program') })
  write(cwd, { 'list.txt': '# a new pin' })
  assert.notEqual(ask().path, first.path)
  write(cwd, { 'list.txt': '# the first pin' })
  assert.equal(ask().path, first.path)
})

test('the documents name the lowest glibc', () => {
  for (const name of ['CONTRIBUTING.md', 'CHANGELOG.md', 'docs/guide/deploying.md', 'docs/reference/runtimes.md'])
    assert.ok(readFileSync(join(root, name), 'utf8').includes(`glibc ${lowestGlibc}`), name)
})
