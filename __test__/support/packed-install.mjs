// Plinth as npm would publish it: the package without a binary, that of this platform, and a project in which both are installed.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm, root, run, write } from './project.mjs'

const dependencies = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies)

/**
 * Packs into a folder: `main`, `platform` and `dependencies` are tarballs; `files` are those that package.json names, `manifest` is
 * that of the platform's package, which lies in the folder `unpacked`. Its binary is the existing one, or with PLINTH_TEST_PUBLISHED
 * the one of a release, which takes minutes to build.
 */
export function packPublished(folder) {
  const out = join(folder, 'platform')
  mkdirSync(out)
  const build = process.env.PLINTH_TEST_PUBLISHED ? [] : ['--no-build']
  const made = run(root, process.execPath, ['scripts/pack-platform.mjs', ...build, '--out', out], {
    timeout: 1_800_000,
  })
  assert.equal(made.code, 0, made.stderr)
  const manifest = JSON.parse(readFileSync(join(out, 'package.json'), 'utf8'))
  const { path, files } = published(folder, manifest)
  return {
    main: pack(path, folder),
    platform: { ...pack(out, folder), manifest, unpacked: out },
    dependencies: dependencies.map(name => pack(join(root, 'node_modules', name), folder).file),
    files,
  }
}

/** The folder that is published: the files of the package, with the package.json of `--publish-main`. */
function published(folder, platform) {
  const path = join(folder, 'main')
  const { code, stdout, stderr } = run(root, process.execPath, [
    'scripts/pack-platform.mjs',
    '--publish-main',
    '--dry-run',
  ])
  assert.equal(code, 0, stderr)
  write(path, { 'package.json': stdout })
  const { files } = JSON.parse(stdout)
  for (const name of ['README.md', ...files]) cpSync(join(root, name), join(path, name))
  // It is in the folder, as it is after a build, and is not packed.
  cpSync(join(root, 'dist', platform.main), join(path, 'dist', platform.main))
  return { path, files }
}

function pack(path, folder) {
  const { code, stdout, stderr } = npm(path, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
  assert.equal(code, 0, stderr)
  const report = JSON.parse(stdout)
  const [entry] = Array.isArray(report) ? report : Object.values(report)
  return { file: join(folder, entry.filename), names: entry.files.map(file => file.path) }
}

/** Installs tarballs into an empty project, from an empty cache: without the network and without install scripts. */
export function installTarballs(cwd, tarballs, cache) {
  write(cwd, { 'package.json': { name: 'empty', version: '1.0.0', private: true } })
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache]
  const { code, stderr } = npm(cwd, ['install', ...flags, ...tarballs])
  assert.equal(code, 0, stderr)
}
