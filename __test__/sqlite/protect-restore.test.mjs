// A protected SQLite file: a backup takes its place by the word alone, and it stays protected by its own word.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { backup, protect, resetDb, restore } from 'plinth'
import { bare, filled, held } from '../support/backup.mjs'
import { everything, fails } from '../support/db.mjs'
import { cliPath, folder, run } from '../support/project.mjs'

const word = 'correct horse'
const confirm = () => word
const hidden = error => assert.doesNotMatch(everything(error), /horse|mule/)

/** A backup beside a protected database; the backup is protected by another word, or not at all. */
async function shop(t, other) {
  const from = await filled(t, 'new', 20)
  if (other) await protect({ ...bare, url: from.url, word: other })
  const file = join(folder(t), 'copy.db')
  await backup({ ...bare, url: from.url, file })
  const { url, path } = await filled(t, 'old', 10)
  await protect({ ...bare, url, word })
  return { url, path, file, options: { ...bare, url, file } }
}

for (const other of [undefined, 'other mule']) {
  test(`a backup ${other ? 'with another word' : 'without protection'} takes its place by the word, which stays`, async t => {
    const { url, path, options } = await shop(t, other)
    const refused = await fails(() => restore({ ...options, force: true }), { code: 'PROTECTED' })
    assert.match(refused.message, /the restore would destroy data: .*replaces the table/)
    assert.ok(refused.lost.some(({ rows }) => rows === 10))
    hidden(await fails(() => restore({ ...options, confirm: () => 'other mule' }), { code: 'PROTECTED' }))
    assert.equal(await held(path), 'old 10')
    assert.deepEqual(
      readdirSync(dirname(path)).filter(name => name.includes('before-restore') || name.endsWith('.part')),
      [],
    )
    await restore({ ...options, confirm })
    assert.equal(await held(path), 'new 20')
    await fails(() => resetDb({ ...bare, url }), { code: 'PROTECTED' })
    await fails(() => protect({ ...bare, url, word: 'other mule', off: true }), { code: 'PROTECTED' })
    assert.equal((await protect({ ...bare, url, word, off: true })).changed, true)
  })
}

test('on the command line --force does not take the place of the word', async t => {
  const { url, path, file } = await shop(t)
  const typed = input =>
    run(folder(t), process.execPath, [cliPath, 'restore', '--file', file, '--force', '--url', url], { input })
  const refused = typed('')
  assert.deepEqual([refused.code, /PROTECTED/.test(refused.stderr)], [1, true], refused.stderr)
  assert.equal(await held(path), 'old 10')
  const done = typed(`${word}\n`)
  assert.equal(done.code, 0, done.stderr)
  assert.equal(await held(path), 'new 20')
})
