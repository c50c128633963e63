/** The files of a project as one call sees them: each is read at most once. Knows nothing of what they mean. */

import { lstatSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readDotenv } from './dotenv.js'
import { isThere, loadModule } from './load-module.js'

/** The keys of a package.json that count here. */
interface Manifest {
  readonly plinth?: unknown
  readonly type?: unknown
}

/** Files and folders, read when they are first asked for and kept as long as this object. */
export class ProjectFiles {
  /** The names in folders; undefined for a folder that may not be listed. */
  readonly #names = new Map<string, ReadonlySet<string> | undefined>()
  readonly #modules = new Map<string, unknown>()
  readonly #variables = new Map<string, Readonly<Record<string, string>>>()

  /** Whether a folder has a file with this name. One listing of the folder answers for all names that it lacks. */
  has(dir: string, name: string): boolean {
    return this.#mayHave(dir, name) && isThere(join(dir, name))
  }

  #mayHave(dir: string, name: string): boolean {
    return kept(this.#names, dir, () => namesOf(dir))?.has(name) ?? true
  }

  /** The exports of a module, or the content of a JSON file. Throws CONFIG_INVALID with the user's file and line. */
  load(path: string): unknown {
    return kept(this.#modules, path, () => loadModule(path, dir => this.#isModulePackage(dir)))
  }

  /** The package.json of a folder; undefined without one. Throws CONFIG_INVALID. */
  manifest(dir: string): Manifest | undefined {
    if (!this.has(dir, 'package.json')) return undefined
    return (this.load(join(dir, 'package.json')) as Manifest | null) ?? {}
  }

  /** The variables of the .env of a folder; empty without one. Throws CONFIG_INVALID, also for a link that leads nowhere. */
  dotenv(dir: string): Readonly<Record<string, string>> {
    const path = join(dir, '.env')
    const isNamed = () => isThere(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined
    return kept(this.#variables, dir, () => (this.#mayHave(dir, '.env') && isNamed() ? readDotenv(path) : {}))
  }

  /** Whether the nearest package.json, from a folder upward, makes `.js` files ES modules. */
  #isModulePackage(dir: string): boolean {
    const manifest = this.manifest(dir)
    if (manifest !== undefined) return manifest.type === 'module'
    const parent = dirname(dir)
    return parent !== dir && this.#isModulePackage(parent)
  }
}

function namesOf(dir: string): ReadonlySet<string> | undefined {
  try {
    return new Set(readdirSync(dir))
  } catch {
    return undefined
  }
}

function kept<T>(values: Map<string, T>, key: string, make: () => T): T {
  if (!values.has(key)) values.set(key, make())
  return values.get(key) as T
}
