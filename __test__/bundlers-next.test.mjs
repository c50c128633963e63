// The example of Next.js on Plinth as npm publishes it, with both bundlers of `next build`. Downloads Next.js: PLINTH_TEST_NEXT=1.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { packPublished } from './support/packed-install.mjs'
import { environment, npm, root, run } from './support/project.mjs'

const skip = process.env.PLINTH_TEST_NEXT ? false : 'PLINTH_TEST_NEXT is not set'
const LINE = "serverExternalPackages: ['plinth']"

describe('next build with standalone output', { skip }, () => {
  let temporary
  let cwd
  let platform

  before(() => {
    temporary = mkdtempSync(join(tmpdir(), 'plinth-next-'))
    cwd = join(temporary, 'nextjs')
    cpSync(join(root, 'examples/nextjs'), cwd, {
      recursive: true,
      filter: path => !/[\\/](node_modules|\.next)$/.test(path),
    })
    const packed = join(temporary, 'packed')
    mkdirSync(packed)
    const tarballs = packPublished(packed)
    platform = tarballs.platform.manifest
    copyFileSync(tarballs.main.file, join(temporary, 'plinth.tgz'))
    const { code, stderr } = npm(cwd, ['ci', '--prefer-offline', '--no-audit', '--no-fund'])
    assert.equal(code, 0, stderr)
    cpSync(tarballs.platform.unpacked, join(cwd, 'node_modules', platform.name), { recursive: true })
  })
  after(() => rmSync(temporary, { recursive: true, force: true }))

  /** Builds, with the option that chooses the bundler. */
  function build(bundler) {
    rmSync(join(cwd, '.next'), { recursive: true, force: true })
    const env = { NEXT_TELEMETRY_DISABLED: '1' }
    const { code, stdout, stderr } = run(cwd, 'npx', ['next', 'build', bundler], { env, timeout: 600_000 })
    assert.equal(code, 0, stdout + stderr)
  }

  /** Starts the service; what it has printed up to the end of the line that contains a text. */
  async function outputUntil(t, folder, text) {
    const variables = { PORT: '0', HOSTNAME: '127.0.0.1', NODE_ENV: 'production', DATABASE_URL: 'sqlite::memory:' }
    const child = spawn(process.execPath, ['server.js'], { cwd: folder, env: environment(folder, variables) })
    t.after(() => child.kill('SIGKILL'))
    let output = ''
    const enough = new Promise(resolve => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', chunk => {
          output += chunk
          if (output.slice(output.indexOf(text) >>> 0).includes('\n')) resolve()
        })
      }
    })
    await Promise.race([enough, once(child, 'close'), delay(60_000, undefined, { ref: false })])
    return output
  }

  for (const bundler of ['--turbopack', '--webpack']) {
    test(`${bundler}: the binary is in the output, and the tests of the example pass`, () => {
      build(bundler)
      const { code, stdout, stderr } = run(cwd, process.execPath, ['--test'])
      assert.equal(code, 0, stdout + stderr)
      assert.match(stdout, /\b(pass|tests) [1-9]/)
    })

    test(`${bundler}: without its line in the configuration, the error says it`, async t => {
      const path = join(cwd, 'next.config.mjs')
      const configuration = readFileSync(path, 'utf8')
      t.after(() => writeFileSync(path, configuration))
      assert.ok(configuration.includes(LINE))
      writeFileSync(path, configuration.replace(`${LINE},`, ''))
      build(bundler)
      const alone = join(temporary, 'alone')
      t.after(() => rmSync(alone, { recursive: true }))
      cpSync(join(cwd, '.next/standalone'), alone, { recursive: true, verbatimSymlinks: true })
      const output = await outputUntil(t, alone, 'hint: ')
      assert.match(output, /NATIVE_MISSING/)
      assert.ok(output.includes(`of Next.js: ${LINE}`), output)
    })
  }
})
