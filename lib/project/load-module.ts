/** Loading a user's module, whatever its form, at once; and saying where in the user's files it failed. Knows nothing of its content. */

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, type PlinthError } from '../base/errors.js'
import { mayRead } from '../base/permission.js'

/**
 * The exports of a module, or the content of a JSON file. Throws CONFIG_INVALID with the user's file and line.
 *
 * @param isModulePackage whether `.js` files in a folder are ES modules
 */
export function loadModule(path: string, isModulePackage: (dir: string) => boolean): unknown {
  // Without an extension jiti looks for the file.
  if (extname(path) !== '' && !isThere(path)) {
    throw new ConfigError('CONFIG_INVALID', `${shownPath(path)} does not exist.`, {
      hint: 'Correct the path in the configuration: it is relative to the file that holds it.',
    })
  }
  const isModule = extname(path) === '.js' && isModulePackage(dirname(path))
  try {
    return load(path, isModule)
  } catch (error) {
    throw failed(path, error)
  }
}

/** Whether a file or a folder is there. Throws CONFIG_INVALID if Node may not look for it. */
export function isThere(path: string): boolean {
  if (mayRead(path)) return existsSync(path)
  throw new ConfigError('CONFIG_INVALID', `Node may not look for ${shownPath(path)}.`, { hint: DENIED })
}

const DENIED =
  'Allow the process to read it: --allow-fs-read=<path>. If models and url are passed, no file of the project is looked for.'

/** A module's default export, however it was compiled; a module without one is its own. */
export function defaultExport(exports: unknown): unknown {
  let value = exports
  // Twice: an ES module compiled to CommonJS and loaded by an ES module's rules has `default.default`.
  for (let i = 0; i < 2; i++) {
    if (typeof value !== 'object' || value === null || !('default' in value)) break
    value = value.default
  }
  return value
}

/** A path as a person at the terminal would write it. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near === '' || near.startsWith('..') ? path : near
}

function load(path: string, isModule: boolean): unknown {
  switch (extname(path)) {
    case '.json':
      return parseJson(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
    case '.cjs':
      return plainRequire(path)
    case '.mjs':
      return loadEsm(path)
    case '.js':
      if (isModule) return loadEsm(path)
      return hasEsmSyntax(readFileSync(path, 'utf8')) ? transformed(path) : plainRequire(path)
    default:
      return transformed(path)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new JsonFault(text, error as SyntaxError)
  }
}

/** A fault in a JSON file, with its line. */
class JsonFault extends SyntaxError {
  readonly line: number

  constructor(text: string, cause: SyntaxError) {
    super(cause.message, { cause })
    // Node says the position, and only later versions the line.
    const position = /at position (\d+)/.exec(cause.message)?.[1]
    this.line = text.slice(0, position === undefined ? text.length : Number(position)).split('\n').length
  }
}

/**
 * The name of the caller matters: Node warns of every ES module that is required, except from
 * node_modules, and users can do nothing about the warning here.
 */
function plainRequire(path: string): unknown {
  return createRequire(join(dirname(path), 'node_modules', 'plinth.js'))(path)
}

/**
 * If Node can require ES modules (20.19, 22.12) the module is the one that the service imports too;
 * else it is compiled.
 */
function loadEsm(path: string): unknown {
  if (!(process.features as { require_module?: boolean }).require_module) return transformed(path)
  try {
    return plainRequire(path)
  } catch (error) {
    // A .js module that imports .ts ones.
    if ((error as { code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION') return transformed(path)
    throw error
  }
}

/** TypeScript, and ES modules where Node cannot require them. jiti is loaded only here: it costs more than all of Plinth. */
function transformed(path: string): unknown {
  const { createJiti } = require('jiti') as typeof import('jiti')
  // No cache on the disk: it would be written into the user's folders, by several processes at once.
  const jiti = createJiti(path, { fsCache: false, nativeModules: ['plinth'] })
  return jiti(path)
}

/** A guess from the statements at the beginnings of lines; what it misses, Node names in its error. */
function hasEsmSyntax(source: string): boolean {
  return /^[ \t]*(?:import\s*(?:[\w*{$"']|type\b)|export\s*(?:[*{]|(?:default|const|let|var|class|function|async)\b))/m.test(
    source,
  )
}

function failed(path: string, error: unknown): ConfigError {
  const place = error instanceof JsonFault ? `${shownPath(path)}:${error.line}` : placeOf(path, error)
  const said = error instanceof Error ? error.message : String(error)
  // jiti's parser puts the place into its message; it is reported once.
  const lines = said
    .split('\n')
    .filter(line => line.trim() !== '' && !/^(Require stack:|- )|:\d+:\d+$/.test(line.trim()))
  const message = (lines.join('\n') || String(error)).replace(/^ParseError:\s*/, '').trim()
  const { problems, hint } = error instanceof Error ? (error as Partial<PlinthError>) : {}
  return new ConfigError('CONFIG_INVALID', `${place}: ${message}`, {
    ...(problems !== undefined && { problems }),
    hint: hint ?? hintFor(error),
    cause: error,
  })
}

/** Fields that an error of Node or jiti may carry. */
interface LoadError extends Partial<Error> {
  readonly code?: unknown
  /** Of ERR_ACCESS_DENIED: what is not permitted, and of what. */
  readonly permission?: string
  readonly resource?: string
}

function hintFor(error: unknown): string {
  const { code, name, message, permission, resource } = (error ?? {}) as LoadError
  if (code === 'ERR_REQUIRE_ASYNC_MODULE' || /await is only valid/.test(message ?? '')) {
    return 'Models are loaded at once: a model file cannot have await at its top level, nor import a module that has.'
  }
  if (code === 'ERR_ACCESS_DENIED') {
    const missing = [permission, resource].filter(Boolean).join(' of ')
    return `Grant the process the permission that the file needs (${missing}), or import another module.`
  }
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return 'Correct the import, or install the package.'
  }
  if (name === 'SyntaxError' || /^ParseError/.test(message ?? '')) return 'Correct the syntax of the file.'
  return 'The file must load without an error: correct the line named; the original error is the cause of this one.'
}

/** `file:line` of the first frame of the stack in a user's file; the loaded file if the stack has no such frame. */
function placeOf(path: string, error: unknown): string {
  const stack = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : ''
  const places = stack.split('\n').map(place)
  const found = places.find(at => at !== undefined && isUsers(at.file))
  return found === undefined ? shownPath(path) : `${shownPath(found.file)}:${found.line}`
}

/** `at name (file:line:column)`, `at file:line:column`, and the `file:line` above a syntax error's code. */
function place(text: string): { file: string; line: string } | undefined {
  const match = /(?:^|\(|\s)((?:file:\/\/|[A-Za-z]:[\\/]|\/)[^()]*?):(\d+)(?::\d+)?\)?\s*$/.exec(text)
  if (match === null) return undefined
  const [, file = '', line = ''] = match
  return { file: file.startsWith('file://') ? fileURLToPath(file) : file, line }
}

function isUsers(file: string): boolean {
  const ours = [__filename, join(__dirname, 'index.js'), join(__dirname, 'cli.js')]
  return !/[\\/]node_modules[\\/]/.test(file) && !ours.includes(file)
}
