// Whether the recorded score of a mutated file is still that of its code: a fingerprint of the file and of the tests that reach it.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * A fingerprint of a mutated file, of the tests that reach it and of everything that these import, such as builders and money. Other
 * mutated files are left out: a change of one of them is a matter of its own score.
 * @returns 16 hexadecimal digits
 */
export function fingerprintOf(file: string, tests: readonly string[], mutated: readonly string[]): string {
  const others = new Set(mutated.filter((other) => other !== file))
  const reached = new Set<string>([file])
  for (const test of tests) {
    const imports = importedBy(test)
    if (imports.has(file)) for (const module of imports) if (!others.has(module)) reached.add(module)
  }
  const texts = [...reached].sort().map((module) => [module, readFileSync(module, 'utf8')])
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16)
}

const known = new Map<string, ReadonlySet<string>>()

/** A module and all that it imports, directly or not. Types are left out: they do not run. */
function importedBy(module: string): ReadonlySet<string> {
  const before = known.get(module)
  if (before) return before
  const reached = new Set([module])
  for (const each of reached) {
    for (const [, path] of readFileSync(each, 'utf8').matchAll(IMPORT)) {
      const imported = join(dirname(each), path as string)
      if (existsSync(imported)) reached.add(imported)
    }
  }
  known.set(module, reached)
  return reached
}

const IMPORT = /^(?:import|export) (?!type )[^']*from '(\.[^']+)'/gm
