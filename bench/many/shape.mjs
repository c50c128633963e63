// The models of a large project: so many tables of eight columns, each with a relation to the next one and from the one before.

/** The number of the model whose row is read. */
export const READ = 7

/** The name of the model with this number of so many; the numbers are those of a ring. */
export const nameOf = (number, n) => `m${(number + n) % n}`

export const numbersOf = n => Array.from({ length: n }, (_, i) => i)

/** The row of each table. */
export const ROW = {
  id: 1,
  parentId: null,
  title: 'The title of a row',
  body: null,
  status: 'open',
  price: 1.5,
  active: true,
  amount: 3,
}

/** Models in a file of a project: a file of thousands is not written by hand. */
const IN_A_FILE = 10

/** Calls `make(numbers, file)` for each file of a project. */
export const inFiles = (n, make) =>
  numbersOf(Math.ceil(n / IN_A_FILE)).map(file =>
    make(
      numbersOf(n).filter(i => Math.floor(i / IN_A_FILE) === file),
      file,
    ),
  )

/** Import lines of the names that the files of a project export; `named(i)` is that of a number. */
export const importsOf = (n, named) =>
  inFiles(n, (numbers, file) => `import { ${numbers.map(named).join(', ')} } from './models${file}.js'`).join('\n')

/** The names of all models, with a comma between. */
export const listOf = (n, named) => numbersOf(n).map(named).join(', ')

/** The numbers of the models that the file with the queries uses. */
export const USED = [1, 3, 5, 7, 9]

/** The use of a row with its relations, the same for all. Types that know no columns would leave the directive unused. */
export const USE_OF_ROW = `  const text: string = row.title + (row.parent?.title ?? '') + row.children.map(child => child.status).join()
  // @ts-expect-error: a column that does not exist
  row.nothing`
