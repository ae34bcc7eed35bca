// What mutation testing has found is kept, so that the next run tries only what is new: in a form that is the same on every machine.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const RESULTS = 'test/mutation/results.json'

/**
 * Whether everything is to be tried again. Stryker compares the mutated files and the tests with what they were, and nothing else:
 * when something changes that they build on (given, when, then; builders; money), no result can be relied on.
 */
export function areOutdated() {
  if (!existsSync(RESULTS)) return false
  const { basis, ...results } = read()
  return basis !== basisOf(results)
}

/** A reporter that is told when Stryker has written its results. */
export const strykerPlugins = [{ kind: 'Reporter', name: 'results', factory: () => ({ wrapUp: condense }) }]

/** Stryker's results without times, messages and paths of this machine, sorted, with one line for each mutant. */
function condense() {
  const { files, testFiles } = read()
  const tests = Object.entries(testFiles).flatMap(([file, { tests }]) =>
    tests.map(({ id, name }) => ({ place: `${file} ${name}`, id })),
  )
  const numbers = new Map(inOrder(tests).map(({ id }, index) => [id, String(index)]))
  const numbersOf = (ids = []) => inOrder(ids.map((id) => numbers.get(id)))

  const results = {
    files: eachOf(files, ({ source, mutants }) => ({
      source,
      mutants: inOrder(
        mutants.map(({ location, mutatorName, replacement, status, killedBy, coveredBy }) => ({
          ...{ location, mutatorName, replacement, status },
          // Which tests see a mutant matters for survivors only: it is tried again when there is a new one.
          ...(status === 'Killed' ? { killedBy: numbersOf(killedBy) } : { coveredBy: numbersOf(coveredBy) }),
        })),
      ),
    })),
    testFiles: eachOf(testFiles, ({ source, tests }) => ({
      source,
      tests: inOrder(tests.map(({ id, name }) => ({ id: numbers.get(id), name }))),
    })),
  }
  // Within a text the quote would be escaped.
  const lines = JSON.stringify({ basis: basisOf(results), ...results }).replaceAll('},{"', '},\n{"')
  writeFileSync(RESULTS, `${lines}\n`)
}

/** A fingerprint of what the mutated files and the tests import, apart from each other. */
function basisOf({ files, testFiles }) {
  const known = new Set([...Object.keys(files), ...Object.keys(testFiles)].filter(existsSync))
  const reached = new Set(known)
  for (const file of reached) {
    const imports = readFileSync(file, 'utf8').matchAll(/^import (?!type )[^']* from '(\.[^']+)'/gm)
    for (const [, module] of imports) reached.add(join(dirname(file), module))
  }
  const basis = [...reached].filter((file) => !known.has(file)).sort()
  return createHash('sha256')
    .update(JSON.stringify(basis.map((file) => [file, readFileSync(file, 'utf8')])))
    .digest('hex')
}

function read() {
  return JSON.parse(readFileSync(RESULTS, 'utf8'))
}

function eachOf(byFile, condensed) {
  return Object.fromEntries(inOrder(Object.entries(byFile)).map(([file, content]) => [file, condensed(content)]))
}

/** In the order of their JSON: any order will do that is always the same. */
function inOrder(items) {
  const text = new Map(items.map((item) => [item, JSON.stringify(item)]))
  return [...items].sort((one, other) => (text.get(one) < text.get(other) ? -1 : 1))
}
