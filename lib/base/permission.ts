/** The files that Node lets this process read (`--permission`). */

/** Whether the process may read a file or a folder, be it there or not. */
export function mayRead(path: string): boolean {
  // Node has it only if permissions are limited.
  return process.permission?.has('fs.read', path) ?? true
}
