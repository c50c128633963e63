// Running other programs from the scripts: where the repository is, and a child process whose failure is a sentence.
import { spawnSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** A failure that is reported in one sentence, without a stack. */
export class Failure extends Error {}

/**
 * Runs a program from the root, its output going to the terminal; returns its exit code (127 if the
 * program does not exist).
 */
export function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error?.code === 'ENOENT') return 127
  if (error) throw error
  return signal ? 1 : status
}

/** A development dependency's JavaScript entry point, run by this Node: no shell, no .cmd, the same on every platform. */
export const bin = (name, path) => [process.execPath, resolve(root, 'node_modules', name, path)]

/** Runs `main` and turns a Failure into its sentence and exit code 1. */
export async function script(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
