// Counts the files that a program asks for by node:fs, if it requires this file before Plinth. The files of Node itself and of the TypeScript loader
// are left out.
const fs = require('node:fs')

let asked = []

/** The caller of a function: the third line of a stack, behind the message and the wrapper. */
const callerOf = stack => stack.split('\n')[2] ?? ''
const isLoader = caller => /\(?node:|[\\/]node_modules[\\/]jiti[\\/]/.test(caller)

function counted(name, original) {
  function wrapper(path, ...rest) {
    const isPath = typeof path === 'string' || path instanceof URL || Buffer.isBuffer(path)
    if (isPath && !isLoader(callerOf(new Error().stack))) asked.push([name, String(path)])
    return original.call(this, path, ...rest)
  }
  return Object.assign(wrapper, original)
}

for (const module of [fs, fs.promises]) {
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === 'function' && /^[a-z]/.test(name)) module[name] = counted(name, value)
  }
}

/** What was asked during a piece of work: the function of node:fs and the path, of each question. */
exports.during = async work => {
  asked = []
  await work()
  return asked
}
